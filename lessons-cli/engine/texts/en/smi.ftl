# Texts of the lesson `smi`.

smi-runs = nvidia-smi answers
    .title = nvidia-smi answers
    .why =
        nvidia-smi is the driver's own window: when it answers, the kernel module, the libraries and the card work
        together. When it does not, its one line of text says which of them is missing, and each line has another remedy.
    .hint-1 = Read the line that it prints, to the end: "couldn't communicate", "version mismatch" and "not found" are three different things
    .hint-2 = Did the machine restart since the driver was installed or upgraded?
    .hint-3 = Type: nvidia-smi  -- and look the text up in the book's troubleshooting page
    .hint-fail-no-devices-1 = The module is loaded, so the driver is there; the card did not come up. The kernel's messages say why
    .hint-fail-no-devices-2 = Type: sudo dmesg | grep -i NVRM  -- "RmInitAdapter failed" with an RTX 50 means the closed module; otherwise look at the firmware's settings Above 4G Decoding and Resizable BAR
    .hint-fail-closed-module-1 = There are two kernel modules, an open and a closed one, and this generation of cards works with one of them only
    .hint-fail-closed-module-2 = Install the same branch with the open module{ $install ->
        [none] : a package of your distribution with "open" in its name, then sudo reboot
       *[other] : { $install }, then sudo reboot
    }
    .hint-fail-not-on-path-1 = The driver works without it: nvidia-smi is a program in a package of its own
    .hint-fail-not-on-path-2 = Install the package that holds it, for driver { $driver }: nvidia-utils-<branch> on Ubuntu, with -server at the end if the driver's package has it; nvidia-utils on Arch; xorg-x11-drv-nvidia-cuda of RPM Fusion on Fedora
    .hint-fail-container-devices-1 = It worked when the container was started. What happened on the host since then?
    .hint-fail-container-devices-2 = Restart the container: a reload of systemd on the host took its devices away
    .hint-fail-hung-1 = A program that waits for a card waits for ever: what does the kernel say of the card?
    .hint-fail-hung-2 = Type: sudo dmesg | grep -iE 'xid|nvrm'  -- number 79 means that it fell off the bus; a restart brings it back, if its power and seat are in order
    .hint-fail-nvml-hung-1 = The library waits for a card: what does the kernel say of it?
    .hint-fail-nvml-hung-2 = Type: sudo dmesg | grep -iE 'xid|nvrm'  -- number 79 means that it fell off the bus; a restart brings it back, if its power and seat are in order
    .hint-fail-no-library-1 = nvidia-smi is a small program around a library, libnvidia-ml.so.1: is that there?
    .hint-fail-no-library-2 = Type: ldconfig -p | grep nvidia-ml  -- nothing printed means that the package with the driver's libraries is not installed
    .hint-fail-mismatch-1 = Nothing is broken: the module in the kernel is the old one, the library on the disk the new one
    .hint-fail-mismatch-2 = Type: sudo reboot  -- and do not install the driver again
    .hint-fail-driver-not-loaded-1 = The library has asked the kernel, and no driver is in it: lsmod | grep nvidia
    .hint-fail-driver-not-loaded-2 = Type: sudo modprobe nvidia  -- if it complains, its words say why: "Key was rejected" is Secure Boot, "not found" means that no module was built for this kernel
    .hint-fail-permission-1 = The driver works; the devices in /dev do not let you in
    .hint-fail-permission-2 = Type: ls -l /dev/nvidia*  -- they are open to everyone unless somebody narrowed them: look for NVreg_DeviceFileMode in /etc/modprobe.d, and for a group to join
    .hint-fail-lost-1 = A GPU was there and answers no more: what does the kernel say of it?
    .hint-fail-lost-2 = Type: sudo dmesg | grep -i xid  -- number 79 means that it fell off the bus: restart, then look at its power, its heat and its seat
    .hint-fail-hardware-1 = The driver has found the card and cannot work with it
    .hint-fail-hardware-2 = Switch the machine off, look at the card's power cables and its seat, and try it alone or in another slot
    .hint-fail-code-1 = The code is the driver's own word: { $code }
    .hint-fail-code-2 = Type: nvidia-smi  -- its sentence says more; then: sudo dmesg | grep -i nvrm
    .pass = nvidia-smi answers with driver { $driver } ({ $path })
    .pass-no-version = nvidia-smi answers ({ $path }). Of which version the driver is does not show
    .fail-hung = nvidia-smi did not end within the time limit: a GPU may have fallen off the bus
    .fail-nvml-hung = The driver's library did not answer within the time limit: a GPU may have fallen off the bus
    .fail-no-devices = The driver is loaded, but it could bring up none of the GPUs
    .fail-closed-module = The driver is loaded with its closed kernel module, which cannot bring up a card of the Blackwell generation: it needs the open one
    .fail-not-on-path = The driver { $driver } works, but the program nvidia-smi is not on PATH
    .fail-no-library = The driver's library libnvidia-ml.so.1 cannot be loaded
    .fail-mismatch = The driver's module and libraries are of different versions: the machine has not been restarted since an upgrade
    .fail-driver-not-loaded = The driver's library is here, but no driver answers it in the kernel
    .fail-permission = This user may not open the driver's devices
    .fail-container-devices = The container has lost its access to the GPU devices, as happens when its host reloads systemd
    .fail-lost = A GPU is lost: it no longer answers on the bus
    .fail-hardware = The driver reports a fault of the hardware ({ $code })
    .fail-code = The driver answered with an error: { $code }
    .unknown-suspended = Every GPU is asleep, and asking the driver would wake it
    .fix-dmesg = Shows what the kernel said of the GPU; "Xid 79" means that it fell off the bus
    .fix-reboot = Restarts the machine: save your work first
    .fix-open-module = Cards of the Blackwell generation (RTX 50) work only with the open kernel module: install a driver package with open in its name, such as nvidia-driver-580-open or nvidia-open
    .fix-install-open = Installs the same driver with the open kernel module
    .fix-wake = Asks anyway, which wakes the GPU
    .fix-ls-dev = Shows who may open the devices; they are usually open to everyone
    .fix-modprobe = Loads the module now; an error here says why it was not loaded
    .fix-utils = Installs the package that holds nvidia-smi, of your driver's branch
    .fix-utils-other = Install your distribution's package that holds nvidia-smi, of your driver's version
    .fix-restart-container = Restart the container; it lost its devices when the host reloaded systemd
    .fix-hardware = Check the card's power cables and seat with the machine switched off
    .fix-run = Prints the driver's own words

smi-cuda-ceiling = Three CUDA versions told apart
    .title = Three CUDA versions told apart
    .why =
        "CUDA Version" in nvidia-smi is not what is installed. It is the newest CUDA that this driver can serve.
        nvcc shows the toolkit on PATH, if there is one, and torch brings a runtime of its own. All three may differ.
    .hint-1 = Ask three times: the driver, the compiler, and torch
    .hint-2 = nvidia-smi's first line, nvcc --version, and python -c 'import torch; print(torch.version.cuda)'
    .pass = Driver's ceiling: CUDA { $ceiling }; toolkit on PATH: { $toolkit }; torch's own: { $torch }

smi-gpus-healthy = The GPUs are healthy
    .title = The GPUs are healthy
    .why =
        A GPU that has fallen off the bus, collects memory errors or runs too hot fails in ways that look like bugs in
        your program. Look at the hardware before you look at the code.
    .hint-1 = Count: are as many GPUs in the table as in the machine?
    .hint-2 = Look for ERR!, for a number above 0 in the ECC column, and for temperatures near the limit
    .hint-3 = Type: nvidia-smi -q -d ECC,TEMPERATURE,PERFORMANCE
    .hint-fail-lost-1 = Count the GPUs: the one at { $gpu } is on the list and does not answer
    .hint-fail-lost-2 = Type: sudo dmesg | grep -i xid  -- number 79 means that it fell off the bus: look at its power, its heat and its seat
    .hint-fail-permission-1 = The card answers the kernel, and not you: compare the owners of its device with those of the others
    .hint-fail-permission-2 = Type: ls -l /dev/nvidia*
    .hint-fail-missing-1 = { $present } are on the PCI bus with NVIDIA's driver, { $answering } in the table: which is missing? Compare nvidia-smi -L with lspci -d 10de:
    .hint-fail-missing-2 = Type: sudo dmesg | grep -iE 'xid|nvrm'  -- the address in its lines is that of the one which did not come up
    .hint-fail-ecc-1 = An uncorrected error has changed data: results since then may be wrong
    .hint-fail-ecc-2 = Type: nvidia-smi -q -d ECC,ROW_REMAPPER -i { $index }  -- a restart puts faulty memory aside; a count that grows again is a reason to exchange the card
    .hint-fail-remap-1 = The card has spare rows of memory, and takes one in place of a faulty one when it starts anew
    .hint-fail-remap-2 = Restart the machine; nvidia-smi -q -d ROW_REMAPPER shows then whether it is still pending
    .hint-fail-hot-1 = { $celsius } °C is more than it should have for long: it slows down, or will
    .hint-fail-hot-2 = Type: nvidia-smi -q -d TEMPERATURE,PERFORMANCE -i { $index }  -- then look at its fans, the dust, and the air between the cards
    .pass = { $count ->
        [one] The GPU answers, without memory errors, at a good temperature
       *[other] All { $count } GPUs answer, without memory errors, at good temperatures
    }
    .fail-lost = GPU { $gpu } does not answer ({ $code }): it may have fallen off the bus
    .fail-permission = GPU { $gpu } may not be opened by this user ({ $code })
    .fail-missing = Only { $answering } of { $present } GPUs with NVIDIA's driver answer
    .fail-ecc = GPU { $index } has counted { $errors } uncorrected memory errors since the driver was loaded
    .fail-remap = GPU { $index } has a faulty memory row that is replaced at the next restart
    .fail-hot = GPU { $index } is at { $celsius } °C
    .fix-dmesg = Shows what the kernel said of the GPU; look for Xid and its number
    .fix-seat = Xid 79 means that it fell off the bus: restart the machine, and if it happens again, switch it off and check the card's power cables, its seat and its cooling
    .fix-ls-dev = Shows who may open the devices
    .fix-ecc = Shows the errors in detail; a count that grows is a reason to exchange the card
    .fix-reboot = Restarts the machine, which replaces the row: save your work first
    .fix-hot = Shows the limits of this card and why it slows down; check its fans and the air around it

smi-memory-free = GPU memory is free
    .title = GPU memory is free
    .why =
        "Out of memory" is often someone else's memory: a forgotten notebook, another user, a program that has ended only
        on the screen. The table's last box says who holds what.
    .hint-1 = Look at Memory-Usage before you start, not after it failed
    .hint-2 = The box "Processes" names who holds it; in a container that box is empty although there are processes
    .hint-3 = Type: nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv
    .pass = At most { $used } of { $total } MiB are in use (GPU { $index })
    .fail = { $used } of { $total } MiB of GPU { $index } are already in use
    .na-shared = These GPUs have no memory of their own to count
    .fix-processes = Names the processes that hold memory
    .fix-yours = End the ones that are yours, by their PID; ask before you touch someone else's
