# Texts of the lesson `driver`, keyed by step. Attributes: title, why, hint-1 …, undo, a summary for each outcome
# (pass…, fail…, na…, unknown…) and a note for each command (fix-…).

driver-gpu-visible = The GPU is visible
    .title = The GPU is visible
    .why =
        Everything later rests on one fact: the computer sees an NVIDIA GPU at all. A card that is not seated, not
        powered, switched off in the firmware, or not handed to a virtual machine stays invisible, and no driver can help.
    .hint-1 = Ask the PCI bus, not the driver: the card shows up there even when nothing is installed
    .hint-2 = Data-centre cards call themselves "3D controller", so a search for "VGA" misses them; search for NVIDIA's own number, 10de
    .hint-3 = Type: lspci -d 10de:  -- no line at all means that the computer does not see the card
    .pass = { $count ->
        [one] The driver sees 1 GPU: { $names }
       *[other] The driver sees { $count } GPUs: { $names }
    }
    .pass-pci = { $count ->
        [one] 1 NVIDIA GPU is on the PCI bus
       *[other] { $count } NVIDIA GPUs are on the PCI bus
    }
    .fail = No NVIDIA GPU is on the PCI bus of this machine
    .unknown-wsl = WSL does not show the PCI bus, and the Windows driver does not answer here
    .unknown-container = This container shows neither the PCI bus nor a driver: it may have been started without GPUs
    .fix-lspci = Lists what NVIDIA made on the PCI bus; nothing printed means that no card is visible
    .fix-elsewhere = Check that the card sits firmly and has its power cables; in a virtual machine, that it is handed through. Without a GPU, follow the book on a recorded machine: lessons check --machine ubuntu-4x4090
    .fix-wsl = Install NVIDIA's driver in Windows, never inside WSL, then run wsl --update and wsl --shutdown in Windows
    .fix-container = Start the container with GPUs: docker run --gpus all …
    .fix-nvidia-smi = Lists the GPUs that the driver sees

driver-nouveau-blacklisted = nouveau is kept out
    .title = nouveau is kept out
    .why =
        nouveau is the free driver that Linux brings along for NVIDIA cards. It cannot run CUDA, and while it holds the
        card NVIDIA's driver cannot. A line in modprobe's configuration keeps it out; the driver's packages bring that
        line themselves, and only a .run file needs it written by hand.
    .hint-1 = Look for a line that says "blacklist nouveau"
    .hint-2 = It may stand in /etc/modprobe.d, /usr/lib/modprobe.d, or on the kernel's command line; grep -r nouveau finds it in the first two
    .hint-3 = Installing the driver from your distribution's packages brings it. By hand: write "blacklist nouveau" to /etc/modprobe.d/blacklist-nouveau.conf, then build the image that the kernel starts from again (sudo update-initramfs -u on Ubuntu and Debian, sudo dracut --force on Fedora and openSUSE, sudo mkinitcpio -P on Arch) and restart
    .hint-fail-1 = Only one driver can hold the card, and nothing tells Linux to leave it to NVIDIA's
    .hint-fail-2 = The driver's packages bring the line themselves, and only a .run file needs it by hand. { $ubuntu ->
        [yes] Type: { $install }, then sudo reboot
       *[other] Install the driver from your distribution's packages, then type: sudo reboot
    }
    .undo = Delete /etc/modprobe.d/blacklist-nouveau.conf, build the image again (sudo update-initramfs -u, sudo dracut --force or sudo mkinitcpio -P) and restart.
    .pass = nouveau is kept out by { $where }
    .pass-nvidia-bound = NVIDIA's driver already serves the GPU, so nouveau cannot take it
    .pass-no-nouveau = This kernel has no nouveau that could be loaded
    .fail = Nothing keeps nouveau from taking the GPU at the next start
    .na-wsl = In WSL the driver is Windows' business; there is no nouveau
    .na-container = In a container the kernel's modules are the host's business
    .na-not-linux = nouveau exists only on Linux; this is { $os }
    .fix-package = The easy way: Ubuntu's driver package brings the line itself; restart afterwards
    .fix-by-hand = By hand, as a .run file needs it: keeps nouveau out from the next start on
    .fix-initramfs = Puts the line into the image that the kernel starts from
    .fix-dracut = Puts the line into the image that the kernel starts from
    .fix-mkinitcpio = Puts the line into the image that the kernel starts from
    .fix-initramfs-other = Build the image that the kernel starts from again, with the program that your distribution has for it
    .fix-reboot = Restarts the machine: save your work first

driver-nouveau-unloaded = nouveau is not loaded
    .title = nouveau is not loaded
    .why =
        A line in a file changes nothing while the machine runs: nouveau was loaded at the start and still holds the
        card. It leaves when the image that the kernel starts from is built again and the machine is restarted.
    .hint-1 = Look at what is loaded now, not at what is configured
    .hint-2 = lsmod | grep nouveau prints nothing when it is gone
    .hint-3 = Build the image that the kernel starts from again (sudo update-initramfs -u on Ubuntu and Debian, sudo dracut --force on Fedora and openSUSE, sudo mkinitcpio -P on Arch), then restart
    .hint-fail-1 = The line is written, but nouveau was loaded before that counted: which image did the kernel start from?
    .hint-fail-2 = Build that image again and start from it: { $initramfs } && sudo reboot
    .hint-fail-loaded-1 = A driver that holds a card cannot be replaced while the machine runs
    .hint-fail-loaded-2 = Build the image that the kernel starts from again (sudo update-initramfs -u on Ubuntu and Debian, sudo dracut --force on Fedora and openSUSE, sudo mkinitcpio -P on Arch), then restart
    .hint-fail-nova-1 = The kernel has a newer free driver, nova_core; the line against nouveau does not keep it out
    .hint-fail-nova-2 = Blacklist nova, nova_core and nova_drm in a file of /etc/modprobe.d, build the image that the kernel starts from again, then restart
    .pass = nouveau is not loaded
    .pass-idle = nouveau is loaded but does not hold the GPU: NVIDIA's driver does
    .fail = nouveau still holds the GPU at { $address }: it is configured to stay out, but the machine has not been restarted with that
    .fail-nova = Nova, the kernel's new driver for NVIDIA cards, holds the GPU at { $address }
    .fail-loaded = nouveau is still loaded, so NVIDIA's driver cannot take the GPU
    .na-wsl = In WSL the driver is Windows' business; there is no nouveau
    .na-container = In a container the kernel's modules are the host's business
    .na-not-linux = nouveau exists only on Linux; this is { $os }
    .fix-initramfs = Puts modprobe's configuration into the image that the kernel starts from
    .fix-dracut = Puts modprobe's configuration into the image that the kernel starts from
    .fix-mkinitcpio = Puts modprobe's configuration into the image that the kernel starts from
    .fix-initramfs-other = Build the image that the kernel starts from again, with the program that your distribution has for it
    .fix-reboot = Restarts the machine: save your work first

driver-recommended-known = The recommended driver is known
    .title = The recommended driver is known
    .why =
        Several driver packages fit one card. Ubuntu knows which of them it recommends for yours: a long-supported branch
        rather than the newest, and the open or the closed kernel module as the card needs it.
    .hint-1 = Ubuntu has a program that looks at your card and lists the packages that fit
    .hint-2 = In its list, look for the word "recommended" at the end of a line
    .hint-3 = Type: ubuntu-drivers devices
    .hint-fail-no-tool-1 = The program that looks at the card is in a package of its own, which small installations leave out
    .hint-fail-no-tool-2 = Type: sudo apt install ubuntu-drivers-common  -- then: ubuntu-drivers devices
    .pass = Ubuntu recommends { $package } for this card
    .pass-open = { $package } is the one for this card: Ubuntu marks { $marked } as recommended, whose closed module cannot bring up a card of the Blackwell generation
    .fail-no-tool = The program that knows, ubuntu-drivers, is not installed
    .unknown-empty = ubuntu-drivers names no recommended driver
    .unknown-no-open = Ubuntu marks { $marked }, whose closed module cannot bring up a card of the Blackwell generation, and offers none with -open
    .unknown-hung = ubuntu-drivers did not answer within the time limit
    .na-installed = A driver is already running here, so there is nothing to choose
    .na-not-ubuntu = { $distribution } has no ubuntu-drivers; its own documentation names the package
    .na-wsl = In WSL the driver is installed in Windows
    .na-container = In a container the driver is the host's business
    .na-not-linux = ubuntu-drivers exists only on Ubuntu; this is { $os }
    .fix-list = Lists the driver packages that fit; wait for it to finish
    .fix-apt-update = Fetches the list of packages, which ubuntu-drivers reads
    .fix-tool = Installs the program that knows which driver fits
    .fix-not-ubuntu = Follow your distribution's own page about the NVIDIA driver; prefer its packages to a .run file

driver-package-sources = apt can read NVIDIA's package source
    .title = apt can read NVIDIA's package source
    .why =
        NVIDIA has a package source of its own beside Ubuntu's, and signs it with a key. In 2022 it changed that key. Where
        only the old one is known, each apt update ends with "NO_PUBKEY A4B469963BF863CC", and nothing of that source can
        be installed or upgraded. The package cuda-keyring brings the key that counts, and the entry that goes with it
    .hint-1 = Read the address in apt's complaint: it is NVIDIA's source, not Ubuntu's
    .hint-2 = grep -rs developer.download.nvidia.com /etc/apt shows the file that names it; dpkg -l cuda-keyring shows whether the key's package is there
    .hint-3 = Put the old file aside, then install NVIDIA's package cuda-keyring as the chapter shows, and type: sudo apt update
    .hint-fail-no-key-1 = apt's complaint is about the source in { $file }, and about no other
    .hint-fail-no-key-2 = Put that file aside, fetch NVIDIA's package cuda-keyring, install it, and type: sudo apt update  -- lessons show driver.package-sources prints the commands
    .undo = sudo apt remove cuda-keyring takes away the key and the entry that it brought
    .pass = apt knows the key of NVIDIA's package source: { $by }
    .pass-none = NVIDIA's own package source is not set up here, and Ubuntu's packages do not need it
    .fail-no-key = { $file } names NVIDIA's package source without the package cuda-keyring, which holds its key: apt update ends with NO_PUBKEY A4B469963BF863CC
    .na-no-apt = This distribution does not use apt
    .na-container = In a container the driver's packages are the host's business
    .na-not-linux = apt exists only on Linux; this is { $os }
    .na-wsl = In WSL the driver is installed in Windows
    .fix-look = Shows which files name NVIDIA's source
    .fix-aside = Puts the old entry aside, where apt does not read it; the package brings its own
    .fix-fetch = Fetches NVIDIA's package with the key
    .fix-keyring = Installs it, and with it the right entry
    .fix-update = Reads the lists of packages again, now without a complaint

driver-installed = The driver is installed
    .title = The driver is installed
    .why =
        The driver is the only piece that must be on the host: a kernel module that talks to the card, and libraries that
        programs talk to. Take it from your distribution's packages: they fit the kernel, come signed, and are updated.
    .hint-1 = Your distribution has packages of the driver, and one command installs them
    .hint-2 = Ubuntu's ubuntu-drivers chooses modules that are signed, so that Secure Boot accepts them; Debian, Fedora and Arch have packages of their own
    .hint-3 = On Ubuntu type: sudo ubuntu-drivers install && sudo reboot  -- lessons show driver.installed prints the command for other distributions
    .hint-fail-half-1 = A driver is a kernel module and libraries, of one version: which half is missing?
    .hint-fail-half-2 = { $there } is there. Install your distribution's package of the whole driver, which brings the rest; lessons show driver.installed prints the command
    .hint-fail-wsl-1 = Inside WSL nothing is installed: Windows hands its own driver in, under /usr/lib/wsl/lib
    .hint-fail-wsl-2 = Install NVIDIA's driver in Windows, then type there: wsl --update, and wsl --shutdown
    .undo = On Ubuntu and Debian, sudo apt purge '~nnvidia.*' removes every NVIDIA package (read the list before you agree); elsewhere remove them with your package manager. Restart afterwards, and nouveau serves the screen again.
    .pass = The NVIDIA driver { $version } is installed
    .pass-package = The package { $package } { $version } is installed
    .pass-files = An NVIDIA driver is installed, and not from a package of this distribution
    .pass-origin-unknown = An NVIDIA driver is installed; which package or installer brought it cannot be read from files here
    .pass-wsl = The driver of Windows is visible in WSL
    .fail = No NVIDIA driver is installed
    .fail-half = Half of a driver is installed: { $there } is there, the rest is not
    .fail-wsl = Windows hands no NVIDIA driver into WSL
    .na-container = In a container the driver is the host's; nothing is installed here
    .unknown-not-linux = The driver on { $os } could not be asked
    .fix-install = Installs the recommended driver with signed modules
    .fix-install-debian = Installs Debian's driver; it needs contrib, non-free and non-free-firmware in the package sources
    .fix-install-fedora = Installs the driver from RPM Fusion, whose nonfree package source must be set up first (rpmfusion.org/Configuration); wait until modinfo nvidia finds the module, some minutes, before you restart
    .fix-install-arch = Installs the driver with the open module for the kernel "linux", together with the upgrades that it needs; another kernel takes nvidia-open-dkms and its own headers, and GPUs older than GTX 16 and RTX 20 a driver from the AUR
    .fix-install-other = Install the NVIDIA driver from your distribution's packages; its documentation names them
    .fix-reboot = Restarts the machine, so that the new driver takes the card
    .fix-wsl = Install NVIDIA's driver in Windows, never inside WSL, then run wsl --shutdown in Windows and open WSL again
    .fix-nvidia-smi = Shows whether the driver answers

driver-secure-boot = Secure Boot accepts the module
    .title = Secure Boot accepts the module
    .why =
        With Secure Boot on, the kernel loads only modules that are signed with a key it knows. Ubuntu's ready-made
        modules are signed by Canonical. A module that was built on this machine is signed with this machine's own key,
        which the firmware accepts only after you enrolled it once.
    .hint-1 = "Key was rejected by service" is about a signature, not about the driver
    .hint-2 = Find out whether Secure Boot is on (mokutil --sb-state) and whether the module was built here by DKMS
    .hint-3 = Enrol the key that signed it (lessons show driver.secure-boot prints the command with its file): sudo mokutil --import, restart, choose "Enroll MOK" on the blue screen and type the password that you just chose
    .hint-fail-not-enrolled-1 = The module is good and its signature is not known: it was signed on this machine, with a key that the firmware has never seen
    .hint-fail-not-enrolled-2 = Type: sudo mokutil --import { $key }, choose a password, restart, and on the blue screen choose "Enroll MOK"
    .undo = sudo mokutil --delete with the same file asks the firmware to forget the key at the next start.
    .pass-off = Secure Boot is off: any module may be loaded
    .pass-signed = Secure Boot is on and has accepted the module
    .pass-prebuilt = Secure Boot is on, and the module is one that the distribution built and signed
    .pass-nothing-to-check = Secure Boot is on; there is no module yet that it could refuse
    .pass-loaded = The module is loaded, so nothing refused it
    .fail-not-enrolled = Secure Boot refuses { $module }: it was built on this machine, and its key is not enrolled
    .na-no-efi = This machine was not started by UEFI: there is no Secure Boot
    .na-wsl = In WSL there is no Secure Boot of its own
    .na-container = In a container Secure Boot is the host's business
    .na-not-linux = This check is about Linux' kernel modules; this is { $os }
    .fix-list-new = Shows keys that wait for their enrolment; an empty list means that none was asked for
    .fix-import = Asks the firmware to accept this machine's key; choose a password, you need it once at the next start
    .fix-enroll = Restarts: on the blue screen choose "Enroll MOK", then "Continue", and type that password

driver-module-loaded = The kernel module is loaded
    .title = The kernel module is loaded
    .why =
        Installed is not loaded. The module must have been built for the very kernel that runs now, and the kernel must
        have loaded it. After an update of the kernel it is the first thing that breaks.
    .hint-1 = Compare the kernel that runs (uname -r) with the kernels that the module was built for
    .hint-2 = dkms status lists what was built; /lib/modules/<kernel>/build must exist for it to build anything
    .hint-3 = If the module is there: sudo modprobe nvidia. If it is not: install the kernel's headers, then sudo dkms autoinstall (with Fedora's akmod packages: sudo akmods --force)
    .hint-fail-not-loaded-1 = The module lies on the disk for this very kernel; it only has to be loaded, which a restart does by itself
    .hint-fail-not-loaded-2 = Type: sudo modprobe nvidia  -- if it complains, read its words: "Key was rejected" is Secure Boot, "No such device" is the card
    .hint-fail-not-loaded-or-refused-1 = The module lies on the disk for this very kernel, so loading it says what is wrong
    .hint-fail-not-loaded-or-refused-2 = Type: sudo modprobe nvidia  -- "Key was rejected" is Secure Boot, which mokutil --sb-state tells of; "No such device" is the card
    .hint-fail-no-headers-1 = The kernel is newer than the module: compare uname -r with what dkms status lists
    .hint-fail-no-headers-2 = The module is built from this kernel's headers, which are missing. { $headers ->
        [none] Install them with your package manager, in the version of uname -r, then type: { $build }
       *[other] Type: { $headers }, then { $build }
    }
    .hint-fail-not-built-1 = The headers are here and the module is not: something stopped the build, or it never began
    .hint-fail-not-built-2 = Type: { $build }  -- where it fails, the log that it names says why{ $ready ->
        [ubuntu] ; ready-made modules come with { $install }
       *[other] {""}
    }
    .hint-fail-not-for-this-kernel-1 = Nothing here builds a module: it comes ready-made, for one kernel. Compare uname -r with the folders in /lib/modules
    .hint-fail-not-for-this-kernel-2 = Upgrade everything together with your package manager, so that kernel and module fit again, and restart into that kernel  -- lessons show driver.module-loaded prints the commands
    .hint-fail-kernel-gone-1 = Compare uname -r with the folders in /lib/modules: which kernel runs, and which is installed?
    .hint-fail-kernel-gone-2 = The kernel that runs was replaced by an upgrade, and its modules with it. Type: sudo reboot
    .hint-fail-container-1 = A container sees only the devices that it was given when it was started; nothing that you install in it changes that
    .hint-fail-container-2 = On the host, start it again with: docker run --gpus all …
    .hint-fail-wsl-1 = The driver is Windows' own: ask there whether nvidia-smi answers
    .hint-fail-wsl-2 = In Windows update NVIDIA's driver, then type: wsl --shutdown
    .pass = The NVIDIA kernel module { $version } is loaded
    .pass-unknown-version = The NVIDIA kernel module is loaded
    .pass-container = The host's driver answers in this container
    .unknown-wsl-hidden = A Linux driver inside WSL answers in place of Windows' driver ({ $library }), so nothing is known of that one
    .fail-not-loaded = The module for this kernel is there, but it is not loaded
    .fail-not-loaded-or-refused = The module for this kernel is there, but it is not loaded; it was built on this machine, and whether Secure Boot refuses it could not be read
    .fail-no-headers = There is no module for kernel { $kernel }, and its headers, which building one needs, are missing
    .fail-not-built = There is no module for kernel { $kernel }, though its headers are here: it was not built, or the build failed
    .fail-not-for-this-kernel = There is no module for kernel { $kernel }: the driver's module comes ready-made, for another kernel than the one that runs
    .fail-kernel-gone = Kernel { $kernel } still runs, but an upgrade has replaced it and removed its modules: the machine was not restarted
    .fail-wsl = The driver of Windows does not answer in WSL
    .fail-container = The container was started without GPUs (without --gpus all): no NVIDIA device is in it
    .na-not-linux = This check is about Linux' kernel modules; this is { $os }
    .fix-modprobe = Loads the module now; an error here says why it was not loaded at the start
    .fix-reboot = Restarts the machine: save your work first
    .fix-headers = Installs what building a module for this kernel needs; where that version is no longer on offer, upgrade the kernel and restart into it
    .fix-headers-other = Install the headers of the running kernel with the package manager of this distribution: their version must be that of uname -r
    .fix-dkms = Builds the module for this kernel; its last lines name a log if it fails
    .fix-akmods = Builds the module for this kernel and installs it; its last lines name a log if it fails
    .fix-upgrade = Brings the kernel and the driver's module to versions that fit; read its list before you agree
    .fix-upgrade-other = Upgrade the kernel and the driver together, with the package manager of this distribution
    .fix-ready-made = Installs Ubuntu's ready-made module for the kernel that runs
    .fix-modules = Installs ready-made modules for this kernel where Ubuntu has them
    .fix-wsl = In Windows: restarts WSL, so that it takes up the driver again
    .fix-one-driver = Says which Linux driver it is, and how to remove it
    .fix-container = Start the container again with GPUs: docker run --gpus all …; on the host, lessons check cuda.container-runtime says whether it can

driver-versions-agree = Module and libraries agree
    .title = Module and libraries agree
    .why =
        The driver has a half in the kernel and a half in libraries, and both must be of one version. An automatic
        upgrade replaces the libraries at once, but the old module stays loaded until the machine restarts. Nothing is
        broken then, and nothing needs to be installed again.
    .hint-1 = The module that is loaded is not the module that is installed
    .hint-2 = Compare /sys/module/nvidia/version with the name that libnvidia-ml.so.1 points to
    .hint-3 = Type: sudo reboot
    .hint-fail-1 = Two halves of one driver, { $module } in the kernel and { $library } on the disk: nothing is broken
    .hint-fail-2 = The new module is loaded at the next start. Type: sudo reboot  -- and do not install the driver again
    .hint-fail-nvml-1 = Two halves of one driver are of different versions, one in the kernel and one on the disk: nothing is broken
    .hint-fail-nvml-2 = The new module is loaded at the next start. Type: sudo reboot  -- and do not install the driver again
    .hint-fail-no-library-1 = The module in the kernel is only one half; nvidia-smi and PyTorch talk to the libraries
    .hint-fail-no-library-2 = Install the driver's package with its libraries, of the version that cat /sys/module/nvidia/version shows
    .pass = The kernel module and the libraries are both { $version }
    .fail = The loaded module is { $module }, the libraries are { $library }: the driver was upgraded and the machine not restarted
    .fail-nvml = The loaded module and the libraries are of different versions: the driver was upgraded and the machine not restarted
    .fail-no-library = The kernel module is loaded, but its libraries are not installed
    .na-wsl = In WSL both halves come with Windows' driver
    .na-not-linux = This check is about Linux' kernel modules; this is { $os }
    .fix-reboot = Loads the module of the installed version: save your work first. Do not reinstall the driver
    .fix-install = Installs the driver with its libraries
    .fix-install-debian = Installs Debian's driver with its libraries
    .fix-install-fedora = Installs the driver with its libraries from RPM Fusion, whose nonfree package source must be set up first (rpmfusion.org/Configuration); wait until modinfo nvidia finds the module, some minutes, before you restart
    .fix-install-arch = Installs the driver, its libraries and the open module for the kernel "linux", together with the upgrades that it needs; another kernel takes nvidia-open-dkms and its own headers, and GPUs older than GTX 16 and RTX 20 a driver from the AUR
    .fix-install-other = Install the NVIDIA driver's libraries from your distribution's packages, of the module's version

driver-fabric-manager = The fabric manager runs
    .title = The fabric manager runs
    .why =
        In machines with eight data-centre GPUs, switches join the GPUs by NVLink. A service, the fabric manager, sets
        them up after each start; until it has done so, nvidia-smi looks fine and CUDA says "Error 802: system not yet
        initialized". The service must be of exactly the driver's version
    .hint-1 = nvidia-smi is fine and CUDA is not: what sets up the switches between the GPUs?
    .hint-2 = systemctl status nvidia-fabricmanager shows whether it runs; its version must be the driver's
    .hint-3 = Install nvidia-fabricmanager of the driver's version (Ubuntu's package has the branch in its name, nvidia-fabricmanager-580), then type: sudo systemctl enable --now nvidia-fabricmanager
    .hint-fail-missing-1 = nvidia-smi does not need the switches between the GPUs, and CUDA does: who sets them up?
    .hint-fail-missing-2 = Type: sudo apt install nvidia-fabricmanager-580, with your driver's branch in place of 580, then sudo systemctl enable --now nvidia-fabricmanager
    .hint-fail-no-subnet-manager-1 = The fabric manager says itself what it misses: systemctl status nvidia-fabricmanager
    .hint-fail-no-subnet-manager-2 = Install nvlsm from NVIDIA's own package source, then type: sudo systemctl enable --now nvidia-fabricmanager
    .hint-fail-stopped-1 = The service is installed; does anything start it?
    .hint-fail-stopped-2 = Type: sudo systemctl enable --now nvidia-fabricmanager, and read systemctl status nvidia-fabricmanager if it ends again
    .hint-fail-version-1 = Compare { $version } with { $driver }: an upgrade took the one and not the other
    .hint-fail-version-2 = Install the fabric manager of exactly the driver's version, then sudo systemctl restart nvidia-fabricmanager
    .undo = sudo systemctl disable --now nvidia-fabricmanager stops it; the GPUs are then of no use for CUDA
    .pass = The fabric manager runs, and the driver is { $driver }; { $switches ->
        [one] 1 switch joins
       *[other] { $switches } switches join
    } the GPUs
    .pass-newer = The fabric manager runs for { $gpus } GPUs, whose switches are not on the PCI bus
    .fail-no-subnet-manager = The fabric manager is installed without nvlsm, which sets up the switches of these { $gpus } GPUs, and does not start: CUDA answers with error 802
    .unknown-newer = { $gpus } GPUs of a kind that switches join, which are not on the PCI bus: whether they are this machine's to set up cannot be told, and nvidia-fabricmanager does not run
    .fail-missing = The GPUs are joined by NVSwitch, and the service that sets the switches up, nvidia-fabricmanager, is not installed: CUDA answers with error 802
    .fail-stopped = The GPUs are joined by NVSwitch, and the service that sets the switches up, nvidia-fabricmanager, does not run: CUDA answers with error 802
    .fail-version = The fabric manager is of version { $version } and the driver is { $driver }: with another version it does not start
    .na-no-switch = No NVSwitch joins GPUs here, so there is nothing to set up
    .na-wsl = In WSL the driver is Windows' business
    .na-container = In a container the fabric manager is the host's business
    .na-not-linux = This check is about Linux; this is { $os }
    .fix-install = Installs the fabric manager of the driver's branch
    .fix-install-other = Install NVIDIA's fabric manager, of exactly the driver's version, from where the driver came
    .fix-enable = Starts it now and at every start
    .fix-status = Shows whether it runs, and its last words
    .fix-subnet-manager = Installs NVIDIA's NVLink Subnet Manager from NVIDIA's own package source; the kernel module ib_umad must be loaded too
    .fix-subnet-manager-other = Install NVIDIA's NVLink Subnet Manager (nvlsm) from NVIDIA's own package source; the kernel module ib_umad must be loaded too
    .fix-newer = On the board itself install nvidia-fabricmanager of the driver's version and nvlsm, both from NVIDIA's own package source; in a virtual machine the host runs them
