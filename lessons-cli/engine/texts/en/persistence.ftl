# Texts of the lesson `persistence`.

persistence-enabled = Persistence mode is on
    .title = Persistence mode is on
    .why =
        On Linux the driver lets go of a GPU when its last program ends, and sets it up anew for the next one. On a
        machine without a screen that means seconds of waiting at every start, and now and then an error that nobody
        can explain. Persistence keeps the driver's state in place.
    .hint-1 = Look at the column Persistence-M
    .hint-2 = A daemon, nvidia-persistenced, keeps the mode; on Ubuntu it is started with an option that turns it off
    .hint-3 = For now: sudo nvidia-smi -pm 1. For good: let nvidia-persistenced start with --persistence-mode
    .hint-fail-daemon-without-mode-1 = The daemon runs, and yet the column Persistence-M says Off: look at how it is started, with systemctl cat nvidia-persistenced
    .hint-fail-daemon-without-mode-2 = Ubuntu starts it with --no-persistence-mode. Write a setting of your own with --persistence-mode: lessons show persistence.enabled prints the commands
    .undo = sudo nvidia-smi -pm 0 turns it off until the next start.
    .pass = { $count ->
        [one] Persistence mode is on
       *[other] Persistence mode is on for all { $count } GPUs
    }
    .pass-display = Persistence mode is off, and a display keeps the driver loaded anyway
    .fail = Persistence mode is off (GPU { $index }), and nothing else keeps the driver loaded
    .fail-daemon-without-mode = Persistence mode is off (GPU { $index }): the daemon runs here with --no-persistence-mode
    .na-no-mode = These GPUs have no persistence mode: their host keeps the driver loaded
    .na-container = In a container, persistence is the host's business
    .na-laptop = On a laptop the GPU is meant to sleep when nothing uses it
    .na-wsl = In WSL, Windows keeps the driver loaded
    .na-not-linux = Only Linux has persistence mode; on { $os } the driver stays loaded
    .fix-now = Turns it on until the next start
    .fix-enable = Starts the daemon now and at every start
    .fix-install-daemon = Install nvidia-persistenced: it comes with the driver's utilities of your distribution
    .fix-folder = Makes the folder for your own settings of this service
    .fix-drop-in = Writes the setting that starts the daemon with persistence mode on; the package's own file stays as it is
    .fix-daemon-reload = Lets systemd read the setting
    .fix-restart = Starts the daemon with it

persistence-survives-reboot = Persistence survives a restart
    .title = Persistence survives a restart
    .why =
        nvidia-smi -pm 1 lasts until the machine is switched off, and NVIDIA is retiring that way. What lasts is the
        daemon, started by the system with persistence mode on.
    .hint-1 = Will anything turn it on again after a restart?
    .hint-2 = systemctl cat nvidia-persistenced shows how the daemon is started; look for --no-persistence-mode
    .hint-3 = sudo systemctl edit nvidia-persistenced, with an empty ExecStart= and then one with --persistence-mode; for NVIDIA's own packages, sudo systemctl enable --now nvidia-persistenced
    .hint-fail-1 = Who will type nvidia-smi -pm 1 after the next restart?
    .hint-fail-2 = Let nvidia-persistenced do it: it comes with the driver's utilities, and starts with the system
    .hint-fail-not-started-1 = The daemon is installed: is it started with the system? systemctl is-enabled nvidia-persistenced tells
    .hint-fail-not-started-2 = Type: sudo systemctl enable --now nvidia-persistenced
    .hint-fail-daemon-without-mode-1 = The daemon will start, and its own options turn the mode off: systemctl cat nvidia-persistenced shows them
    .hint-fail-daemon-without-mode-2 = Write a setting of your own with --persistence-mode: lessons show persistence.survives-reboot prints the commands
    .hint-fail-two-commands-1 = systemd refuses a service of this kind that has two commands: systemctl status nvidia-persistenced says so
    .hint-fail-two-commands-2 = In your own setting an empty line ExecStart= has to stand before the new command: it takes the package's command away
    .undo = sudo systemctl revert nvidia-persistenced removes the setting again.
    .pass = nvidia-persistenced is started with the system and keeps persistence mode on
    .pass-script = { $path } turns persistence mode on at every start; NVIDIA recommends the daemon instead
    .fail = Persistence mode is on now, and nothing turns it on again after a restart
    .fail-not-started = nvidia-persistenced is installed, and nothing starts it with the system
    .fail-daemon-without-mode = After a restart it is off: the daemon is started with --no-persistence-mode
    .fail-two-commands = nvidia-persistenced will not start: its files name two commands, and systemd refuses such a service
    .na-no-mode = These GPUs have no persistence mode
    .na-display = A display keeps the driver loaded
    .na-container = In a container, persistence is the host's business
    .na-laptop = On a laptop the GPU is meant to sleep when nothing uses it
    .na-wsl = In WSL, Windows keeps the driver loaded
    .na-not-linux = Only Linux has persistence mode; on { $os } the driver stays loaded
    .fix-now = Turns it on until the next start
    .fix-two-commands = Write an empty line ExecStart= before the one with the command in this file, then type: sudo systemctl daemon-reload, and sudo systemctl restart nvidia-persistenced
    .fix-enable = Starts the daemon now and at every start
    .fix-install-daemon = Install nvidia-persistenced: it comes with the driver's utilities of your distribution
    .fix-folder = Makes the folder for your own settings of this service
    .fix-drop-in = Writes the setting that starts the daemon with persistence mode on; the package's own file stays as it is
    .fix-daemon-reload = Lets systemd read the setting
    .fix-restart = Starts the daemon with it
