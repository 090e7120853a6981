# Texts of `lessons read`: what an output is (`-what`), what is noteworthy in it (`-note`), why it failed
# (`-failed`), and what each field means.

## The command itself

read-worth-knowing = Worth knowing
read-fields = Field by field
read-annotated-hint = Point at a value, tap it, or walk from one to the next with the arrow keys, to read what it means
read-annotated-normal = Normal:
read-severity-broken = Broken:
read-severity-warning = Look out:
read-severity-remark = Good to know:
read-drawn = How they are wired
read-more-rows = { $count ->
        [one] … and one more
       *[other] … and { $count } more
    }
read-step-see = lessons show { $step }
read-paste-now = Paste the output, then press { $key } on a line of its own
read-svg-written = The drawing is in { $file }
read-table-version = version
read-table-python = Python
read-table-platform = platform
read-steps-told = What this says about the steps
read-steps-untold = { $count ->
        [0] Every step can be told from this.
        [one] One step cannot be told from this.
       *[other] { $count } steps cannot be told from this.
    } To check all of them on your own machine: lessons check
read-steps-none = No step can be told from this. To check all of them on your own machine: lessons check

## What is read, and why a text was not

read-kind-smi = nvidia-smi
read-kind-topo = nvidia-smi topo -m
read-kind-drivers = ubuntu-drivers devices
read-kind-nvcc = nvcc --version
read-kind-wheel = a wheel's file name
read-kind-index = a package index
read-kind-env = python -m torch.utils.collect_env

read-tried = tried to read { $input }: { $why }
read-tried-as = tried to read { $input } as { $kind }: { $why }
read-tried-other = tried to read { $input } as { $kind }: { $why }. It looks like { $looks }: lessons read { $name }
read-input-standard = standard input
read-input-file = the file { $file }
read-input-name = the name { $name }

read-refused-empty = The text is empty. Paste what a command printed
read-refused-not-text = This is not text
read-refused-too-long = The text is longer than { $limit } MiB, which is more than any such output has
read-refused-other-tool = This is the output of { $tool }, a tool for devices of { $vendor }. lessons reads what nvidia-smi and its relatives print
read-refused-unrecognised =
    Nothing in this text is known: looked for nvidia-smi, nvidia-smi topo -m, ubuntu-drivers devices, nvcc --version, a
    wheel's file name, a package index and python -m torch.utils.collect_env. If it is one of these, say which: lessons
    read KIND. If it is an error or a log: lessons why -
read-usage-for-cuda = --for-cuda chooses among driver packages, and there are none in this text
read-usage-svg = --svg draws a topology, and there is none in this text
read-refused-symptom = No reader is for this text, but there is a known error in it. What it is a sign of: lessons why -

read-lack-smi = Nothing in this text looks like an output of nvidia-smi
read-lack-topo = This is not the output of nvidia-smi topo -m: there is no row such as "GPU0  X  NV4" under a header "GPU0  GPU1" in it
read-lack-drivers = This is not the output of ubuntu-drivers: there is no device such as "== /sys/devices/… ==" and no driver's package in it
read-lack-nvcc = This is not the output of nvcc --version: there is no line "Cuda compilation tools, release …" in it
read-lack-env = This is not the output of torch.utils.collect_env: there are no lines "PyTorch version: …" and "CUDA used to build PyTorch: …" in it
read-lack-names = No word in it is the name of a wheel or a source archive
read-lack-known-api = This index is written by version { $api } of the simple API, and version 1 is known here
read-lack-files-among-links = This is no package index: { $links ->
        [one] its only link is neither a wheel nor a source archive
       *[other] none of its { $links } links is a wheel or a source archive
    }
read-lack-links = This is no package index: it is a page without links
read-lack-files = This page lists no wheel and no source archive
read-lack-list = This is no package index: it has no list of files
read-lack-json = Its JSON is not that of a package index: { $said }

read-wheel-fault-not-whl = "{ $name }" is not the name of a wheel: it does not end with .whl
read-wheel-fault-parts = "{ $name }" is not the name of a wheel: it has { $parts ->
        [one] one part
       *[other] { $parts } parts
    } between its dashes, and a wheel has five (project, version, Python, ABI, platform), or six with a build tag after the version
read-wheel-fault-distribution = "{ $name }" is not the name of a wheel: "{ $part }", in the place of the project, has other signs than letters, digits, "." and "_"
read-wheel-fault-version = "{ $name }" is not the name of a wheel: "{ $part }", in the place of the version, is not one such as 2.9.1 or 2.9.1+cu126
read-wheel-fault-build = "{ $name }" is not the name of a wheel: the build tag "{ $part }" does not start with a digit
read-wheel-fault-tag = "{ $name }" is not the name of a wheel: "{ $part }" is not a tag such as cp311, abi3 or manylinux_2_28_x86_64

## What no reader is for: `$detail` is what matters most in it, or "none"

read-foreign-driver-version = { $detail ->
        [none] This is /proc/driver/nvidia/version, which names the kernel module that is loaded
       *[other] This is /proc/driver/nvidia/version: the kernel module that is loaded is of driver { $detail }
    }. Whether the libraries are of the same version: lessons check driver.versions-agree
read-foreign-modinfo = { $detail ->
        [none] This is modinfo, which tells of a kernel module's file
       *[other] This is modinfo: the module's file is of version { $detail }
    }. The one that is loaded may be another: cat /proc/driver/nvidia/version, or lessons check driver
read-foreign-gpu-information = { $detail ->
        [none] This is a GPU's page below /proc/driver/nvidia/gpus
       *[other] This is a GPU's page below /proc/driver/nvidia/gpus: { $detail }
    }. It says that the kernel module has found the GPU, and no more; paste nvidia-smi to go on
read-foreign-lspci = { $detail ->
        [none] This is lspci, the list of the devices on the PCI bus
       *[other] This is lspci: on the bus there is { $detail }
    }. Which driver each needs: paste ubuntu-drivers devices, or lessons check driver
read-foreign-lsmod = This is lsmod or /proc/modules, the list of the kernel modules that are loaded. What of them matters: lessons check driver
read-foreign-modprobe-conf = This is a file of modprobe.d, which says what may load. Whether nouveau is kept out: lessons check driver.nouveau-blacklisted
read-foreign-modprobe-failed = modprobe could not load a module. Why: lessons why -
read-foreign-packages = { $detail ->
        [none] This is a list of packages
       *[other] This is a list of packages, { $detail } among them
    }. Whether they fit together: lessons check driver.installed
read-foreign-rpm = This is a list of RPM packages. Whether the driver is there and loaded: lessons check driver
read-foreign-apt = This is apt at work. If it failed: lessons why -
read-foreign-dkms = { $detail ->
        [none] This is dkms status
       *[other] This is dkms status: { $detail }
    }. Whether the module is built for the kernel that runs: lessons check driver.module-loaded
read-foreign-systemctl = { $detail ->
        [none] This is the state of a service
       *[other] This is the state of the service { $detail }
    }. What of it matters: lessons check persistence, or lessons why - for what it logged
read-foreign-kernel = These are messages of the kernel. What they are a sign of: lessons why -
read-foreign-pip-list = This is a list of Python packages. Whether they fit together: paste python -m torch.utils.collect_env, or lessons check torch
read-foreign-gcc = { $detail ->
        [none] This is a compiler's version
       *[other] This is a compiler's version: { $detail }
    }. Whether nvcc takes it: lessons check cuda.host-compiler
read-foreign-dmon = This is nvidia-smi dmon, a line a second. Paste nvidia-smi itself to have its fields explained
read-foreign-pmon = This is nvidia-smi pmon, a line a second for each process. Paste nvidia-smi itself to have its fields explained
read-foreign-vgpu = This is nvidia-smi vgpu, which lists the virtual GPUs of a host. Paste nvidia-smi itself, of the host or of a guest, to have its fields explained
read-foreign-p2p = This is nvidia-smi topo -p2p, which says what each pair of GPUs may do. Paste nvidia-smi topo -m to see how they are wired
read-foreign-mig-profiles = This is a list of MIG profiles or instances. Paste nvidia-smi or nvidia-smi -L to see the devices that were made
read-foreign-secure-boot = { $detail ->
        [none] This is the state of Secure Boot
       *[other] Secure Boot is { $detail } here
    }. Whether it keeps the driver's module out: lessons check driver.secure-boot
read-foreign-system = This tells of the system. What fits it: lessons torch plan
read-foreign-traceback = This is an error of Python's. What it is a sign of: lessons why -

## nvidia-smi

read-smi-what-table = The table of nvidia-smi, with { $gpus ->
        [0] no GPU
        [one] one GPU
       *[other] { $gpus } GPUs
    }
read-smi-what-list = The list of nvidia-smi -L, with { $gpus ->
        [one] one GPU
       *[other] { $gpus } GPUs
    }
read-smi-what-query = The answer to nvidia-smi --query-…, with { $gpus ->
        [0] no row of a GPU
        [one] one GPU
       *[other] { $gpus } GPUs
    }
read-smi-what-log = The long report of nvidia-smi -q, with { $gpus ->
        [0] no GPU
        [one] one GPU
       *[other] { $gpus } GPUs
    }
read-smi-what-xml = The report of nvidia-smi -q -x, with { $gpus ->
        [0] no GPU
        [one] one GPU
       *[other] { $gpus } GPUs
    }
read-smi-what-version = The versions of nvidia-smi --version
read-smi-what-message = A message with which nvidia-smi failed

read-smi-failed-communicate =
    No kernel module of the driver is loaded. It was never built for this kernel, Secure Boot refused it, nouveau
    holds the card, or the machine has not been restarted since the installation
read-smi-failed-mismatch =
    The kernel still runs the old module, and the libraries on disk ({ $library }) are newer: the driver was upgraded
    and the machine has not been restarted since. Restart it. There is nothing to reinstall
read-smi-failed-not-loaded = The driver's library is here, but no kernel module answers it. See why it is not loaded
read-smi-failed-unknown =
    NVML says no more than that. Inside a container it means most often that the container lost its access to the
    devices: start it again. On a machine itself, look at the kernel's messages
read-smi-failed-na = NVML does not reach a driver. Under WSL the driver belongs to Windows: update it there, and install none inside
read-smi-failed-blocked = The operating system keeps the GPU away. Under WSL, update the driver in Windows; in a sandbox or a container, let the GPU in
read-smi-failed-permissions = This user may not open the driver's devices. They are usually open to everyone; a container or a security policy may close them
read-smi-failed-no-devices =
    The driver is loaded and can bring up none of the cards. A card of the Blackwell generation (RTX 50) needs the open
    kernel modules, a package whose name ends in -open; nouveau may hold the card; or there is no NVIDIA card here
read-smi-failed-no-vgpu = This is the host of virtual GPUs, and none of its cards can be shared out
read-smi-failed-no-library = The driver's library libnvidia-ml.so.1 is not found: the driver is not installed, or only a part of it is
read-smi-failed-no-function = nvidia-smi is newer than the driver's library, which lacks a function that it asks for: two drivers are mixed
read-smi-failed-lost =
    GPU { $gpu } has stopped answering on the bus. Only a restart brings it back. If it happens again, look at power,
    cables, heat and the slot
read-smi-failed-handle =
    GPU { $gpu } is there but cannot be opened ({ $why }). Only the others can be used. The kernel's messages say why;
    look for Xid
read-smi-failed-not-found = The shell finds no nvidia-smi: the driver's tools are not installed, or their folder is not on PATH
read-smi-failed-field = This driver's nvidia-smi does not know the field "{ $field }". It can list those that it knows
read-smi-failed-other = nvidia-smi gave up, and said why: { $why }

read-smi-note-gap = { $gpus } is missing in the numbers of the GPUs: nvidia-smi leaves out a card that it cannot reach
read-smi-note-inforom = The infoROM of { $gpu } is damaged: this card's memory of itself. It may go on working; its maker's support replaces it
read-smi-note-ecc = GPU { $gpu } has counted { $errors ->
        [one] one memory error that could not be repaired
       *[other] { $errors } memory errors that could not be repaired
    } since the driver was loaded. Results may be wrong
read-smi-note-ecc-by-place = { $errors } memory errors that could not be repaired are listed, by their place
read-smi-note-err = { $count ->
        [one] GPU { $gpus } shows errors in place of values: the driver cannot read it. It may have fallen off the bus
       *[other] GPUs { $gpus } show errors in place of values: the driver cannot read them. They may have fallen off the bus
    }
read-smi-note-hot = GPU { $gpu } is at { $celsius } °C. At such a temperature a card slows itself down, or is about to
read-smi-note-power = GPU { $gpu } draws { $draw } W of the { $limit } W that it may: its power limit holds it back
read-smi-note-power-odd =
    GPU { $gpu } is said to draw { $draw } W, where its limit is { $limit } W. No card does: the driver reads one of the
    two numbers wrongly
read-smi-note-busy = { $used } of { $total } MiB of GPU { $gpu } are in use. The processes below say by whom
read-smi-note-busy-no-list = { $used } of { $total } MiB of GPU { $gpu } are in use. This output does not say by whom
read-smi-note-busy-unseen =
    { $used } of { $total } MiB of GPU { $gpu } are in use, and no process is listed for it. Inside a container or WSL
    the list stays empty although there are processes: look on the host
read-smi-note-processes = { $count ->
        [one] A process computes here
       *[other] { $count } processes compute here
    }: { $processes }. If one is not yours, talk to whose it is before you start
read-smi-note-persistence =
    Persistence mode is off on GPU { $gpus }: when no program uses the card, the driver puts it away, and the next start
    takes longer. On a desktop that is fine
read-smi-note-prohibited = No program may compute on GPU { $gpus }: its compute mode is Prohibited
read-smi-note-exclusive = Only one process at a time may compute on GPU { $gpus }: a second one fails, even if memory is free
read-smi-note-mig = MIG is on: GPU { $gpus } is split into { $devices ->
        [one] one device
       *[other] { $devices } devices
    }. Programs see those, one at a time, and memory is counted by device
read-smi-note-mig-empty = MIG is on for GPU { $gpus }, and no MIG device is listed. Without one, no program can compute there
read-smi-note-wddm = { $count ->
        [one] GPU { $gpus } runs
       *[other] GPUs { $gpus } run
    } under WDDM, Windows' driver model for displays: Windows manages its memory, so the table shows none for each process
read-smi-note-name-cut = The table cuts the name of GPU { $gpus }. The list shows it whole
read-smi-note-unified = { $count ->
        [one] GPU { $gpus } has no memory of its own: it shares the machine's.
       *[other] GPUs { $gpus } have no memory of their own: they share the machine's.
    } To see that, type: free -h
read-smi-note-ceiling =
    CUDA { $cuda } is the newest that this driver serves. It is not what is installed: no toolkit is needed for it to
    stand here, and the CUDA that PyTorch brings along may differ
read-smi-note-other-ceiling =
    Driver branch { $branch } by itself shows CUDA { $own }, and here is { $cuda }: another libcuda answers, as in a
    container that brings a compatibility package
read-smi-note-no-cuda = In place of a CUDA version stands { $shown }: nvidia-smi found no libcuda that works, so programs will not either
read-smi-note-branch-ended = Driver branch { $branch } gets no fixes any more
read-smi-note-two-versions = nvidia-smi is of version { $tool } and the driver of { $driver }. Under WSL or in a container that is normal; elsewhere two drivers are mixed
read-smi-note-last-branch = For { $name } driver branch { $branch } is the last one: a newer one does not find the card

read-smi-note-cut-header = The text ends before the first GPU
read-smi-note-cut-gpu = The text is cut at the GPU in row { $row }: what it no longer shows is left out
read-smi-note-cut-mig = The text is cut in the MIG devices
read-smi-note-cut-processes = The text is cut in the list of processes
read-smi-note-margin-lost = The left edge of the text is cut off. Where it took part of a value, the value is left out
read-smi-note-no-header = The header is not in the text: it would name the driver and the CUDA that it serves
read-smi-note-no-process-list = The driver cannot list the processes of GPU { $gpu }
read-smi-note-unnamed = The columns have no names here: only what can be told by its look is read. Ask again without noheader
read-smi-note-rows-left-out = There are more rows than are read

# The remarks in the JSON form, which are the same in every language.
read-smi-json-cut-header = the output is cut before the first GPU
read-smi-json-cut-gpu = the output is cut at the GPU in row { $row }
read-smi-json-cut-mig = the output is cut in the MIG devices
read-smi-json-cut-processes = the output is cut in the processes
read-smi-json-no-header = the header with the versions is missing
read-smi-json-margin-lost = the left edge of the text is cut off: where it took part of a value, the value is left out
read-smi-json-gap = GPU numbers are missing: { $gpus }
read-smi-json-inforom = the infoROM of { $gpu } is corrupted
read-smi-json-also-failed = another failure: { $message }
read-smi-json-no-process-list = the driver cannot list the processes of GPU { $gpu }
read-smi-json-unnamed = the columns have no names: only what can be told by its look is read
read-smi-json-ecc-by-place = { $errors } uncorrected ECC errors are listed by place
read-smi-json-more = { $outputs } more outputs follow in the text
read-smi-json-rows-left-out = there are more rows than are read

read-smi-timestamp = When the output was taken, by the clock of that machine
read-smi-version = The version of the program nvidia-smi itself
read-smi-driver =
    The version of the kernel module, which is the driver proper. Since branch 610 it is called KMD Version: the
    kernel-mode driver. Its first number is the branch
read-smi-cuda =
    The newest CUDA that this driver's library libcuda serves, not an installed toolkit. Since branch 610 it is called
    CUDA UMD Version: the user-mode driver
read-smi-index = The number of the card, counted from 0 by bus address. CUDA counts differently unless CUDA_DEVICE_ORDER=PCI_BUS_ID is set
read-smi-name = The product's name. The table cuts a long one; nvidia-smi -L shows it whole
read-smi-uuid = A name that stays with the card, whichever slot it is in. Leave it out when you post in public
read-smi-persistence = Persistence mode: whether the driver stays ready while no program uses the card. Linux only
read-smi-persistence-normal = On a server, or wherever you compute, it should be on. On a desktop off is fine
read-smi-persistence-on = On: the driver stays ready
read-smi-persistence-off = Off: when no program uses the card, the driver puts it away, and the next start has to wait for it
read-smi-persistence-na = N/A: this system has no such mode
read-smi-driver-model = How Windows drives the card
read-smi-driver-model-wddm = WDDM: as a display, with its memory managed by Windows
read-smi-driver-model-tcc = TCC: for computing alone, without a display
read-smi-driver-model-mcdm = MCDM: Microsoft's newer model for computing alone
read-smi-bus-id = The address on the PCI bus: domain, bus, device, function. lspci writes the domain with four digits, or leaves it out
read-smi-display = Display Active: whether a display is initialised on the card. It can be on although no monitor is connected
read-smi-display-normal = Off on a server, On for the card that draws your screen
read-smi-display-on = On: a display is initialised here, and takes some of the memory
read-smi-display-off = Off: none is
read-smi-ecc = How many memory errors could not be repaired since the driver was loaded. 0 is the good answer
read-smi-ecc-normal = 0 where the card has ECC, N/A or Off on a GeForce
read-smi-ecc-off = Off: the card could detect and repair memory errors, and that is switched off
read-smi-ecc-na = N/A: this card has no ECC, as most GeForce cards
read-smi-ecc-on = On: ECC is on; with MIG the errors are counted for each MIG device
read-smi-fan = The speed that the fan is asked for, in percent of the loudest that is tolerated. It may exceed 100
read-smi-fan-normal = It follows the temperature. Many cards stand still at 0 % until they are warm
read-smi-fan-na = N/A: the card has no fan of its own; the case cools it
read-smi-temperature = The temperature of the chip in degrees Celsius
read-smi-temperature-normal = It rises with work and falls again. Shortly before its limit a card slows itself down; nvidia-smi -q -d TEMPERATURE shows the limits of yours
read-smi-performance = The performance state, from P0, the fastest, to P12 and beyond, the slowest
read-smi-performance-normal = A high number when idle, P0 or P2 under load
read-smi-performance-p0 = P0 is the fastest state
read-smi-performance-p8 = P8 is what most cards show when they are idle. They are not asleep
read-smi-performance-p2 = P2 under load is how the driver runs CUDA on GeForce and RTX cards. Data-centre cards stay in P0
read-smi-power-draw = The power that the card draws now
read-smi-power-draw-normal = Little when idle, up to the limit under load
read-smi-power-draw-na = N/A: this card does not measure it
read-smi-power-limit = The power limit that is set now. It is not the most that the card could take: an administrator can change it within a range
read-smi-power-limit-normal = Unless someone has changed it, what the maker of the card has set
read-smi-power-limit-na = N/A: the limit of this card cannot be read or set
read-smi-memory-used = Memory in use, by all processes and the driver together. The driver keeps some for itself
read-smi-memory-used-normal = A little when nobody computes; more on the card that draws a screen
read-smi-memory-unified = Not Supported: the card has no memory of its own and shares the machine's
read-smi-memory-na = N/A: with MIG on, memory is counted for each MIG device below
read-smi-memory-total = All memory that programs can have. ECC makes it smaller on cards with GDDR memory
read-smi-utilization = The percent of the time, in the last second or less, in which any kernel ran. It says nothing about how much of the chip was busy
read-smi-utilization-normal = 0 % when idle, near 100 % while a job keeps the card supplied with work
read-smi-utilization-na = N/A: this is not measured here, for instance because MIG is on
read-smi-compute-mode = How many processes may compute on the card at once. It is forgotten at a restart
read-smi-compute-mode-normal = Default
read-smi-compute-mode-default = Default: any number of them
read-smi-compute-mode-exclusive = E. Process: one process only
read-smi-compute-mode-prohibited = Prohibited: none
read-smi-mig = Multi-Instance GPU: whether the card is split into several smaller ones
read-smi-mig-normal = N/A on most cards, Disabled on those that could be split
read-smi-mig-enabled = Enabled: it is. The MIG devices are listed below the GPUs
read-smi-mig-disabled = Disabled: it could be, and is not
read-smi-mig-na = N/A: this card cannot be split
read-smi-mig-device = Parts of a split GPU, each with memory and multiprocessors of its own
read-smi-mig-gpu = The card that this device is a part of
read-smi-gi = The GPU instance: which part of a split card. N/A where the card is not split
read-smi-ci = The compute instance inside the GPU instance. N/A where the card is not split
read-smi-mig-number = The number of the MIG device on its card
read-smi-mig-memory-used = Memory of this MIG device that is in use
read-smi-mig-memory-total = All memory of this MIG device
read-smi-bar1 = How much of the window through which the processor reaches the memory is in use
read-smi-bar1-total = The size of that window
read-smi-sm = How many streaming multiprocessors this MIG device has: its share of the computing power
read-smi-mig-ecc = How many memory errors of this device could not be repaired. 0 is the good answer
read-smi-ce = Shared copy engines, which move data
read-smi-enc = Shared video encoders
read-smi-dec = Shared video decoders
read-smi-ofa = Shared optical flow accelerators
read-smi-jpg = Shared JPEG decoders
read-smi-mig-profile = The size of the part: how many slices of computing, and how much memory
read-smi-process = What holds memory on a GPU
read-smi-process-none = None is listed. Inside a container the list stays empty although there are processes
read-smi-process-gpu = The card that the process uses
read-smi-process-pid = The number of the process in the system. To see whose it is: ps -o user,etime,args -p, and the number
read-smi-process-type = What the process does on the card
read-smi-process-name = The program. A long name keeps its end
read-smi-process-memory = How much of the card's memory it holds
read-smi-process-memory-na = N/A: under Windows' WDDM the system manages the memory, and the driver cannot tell
read-smi-process-c = C: it computes (CUDA)
read-smi-process-g = G: it draws (a desktop, a browser)
read-smi-process-cg = C+G: it does both; under Windows most programs show this
read-smi-process-m = M: the server of CUDA's Multi-Process Service
read-smi-process-mc = M+C: it computes through the Multi-Process Service
read-smi-value-error = { $shown }: the driver could not read this. Look at the health of the card
read-smi-value-refused = { $shown }: this card or this driver does not tell it

## nvidia-smi topo -m

read-topo-what = The wiring of { $gpus ->
        [one] one GPU
       *[other] { $gpus } GPUs
    }{ $nics ->
        [0] {""}
        [one] {" "}and one network card
       *[other] {" "}and { $nics } network cards
    }
read-topo-note-one = With one GPU there is no pair to choose
read-topo-note-best = For a job on two GPUs take { $first } and { $second }: they have the shortest way between them ({ $link })
read-topo-note-best-same-node = For a job on two GPUs take { $first } and { $second }: they have the shortest way between them ({ $link }), and both stand at one NUMA node
read-topo-note-no-nvlink = No pair has NVLink: what the GPUs tell one another goes over PCI Express
read-topo-note-state = The table says how the GPUs are wired, not whether the links work. This says it
read-topo-note-islands = NVLink joins { $islands }, and nothing beyond. A job that fits into one of these groups is faster there
read-topo-note-far = { $count ->
        [one] The way between { $pairs } leads
       *[other] The ways between { $pairs } lead
    } from one NUMA node to another, which is the slowest
read-topo-note-cores = The GPUs stand at several NUMA nodes. A program on { $gpu } is best kept on the cores and the memory of node { $node }
read-topo-note-cut = The text does not tell all of { $rows }
read-topo-x = The device itself
read-topo-nv = { $links ->
        [one] NVLink, one link: faster than any way over PCI Express
       *[other] NVLink, { $links } links bonded into one: faster than any way over PCI Express
    }
read-topo-pix = Over one PCI Express bridge at most: the shortest way that is not NVLink
read-topo-pxb = Over several PCI Express bridges, without passing the processor
read-topo-phb = Through the processor's PCI Express host bridge
read-topo-node = Through several host bridges of one NUMA node
read-topo-sys = From one NUMA node to another, over the link between processors: the longest way
read-topo-soc = From one processor socket to another: the longest way. Newer drivers call it SYS
read-topo-word = { $word } is not one of the words of the legend
read-topo-nic = For each GPU the network cards with the shortest way to it
read-topo-cpu-affinity = The processor's cores that are nearest to the GPU
read-topo-numa-affinity = The NUMA node that is nearest to the GPU
read-topo-gpu-numa-id = The NUMA node that the GPU's own memory is, on machines where it is one; elsewhere N/A

## ubuntu-drivers

read-drivers-what = The driver packages that Ubuntu offers{ $devices ->
        [0] {""}
        [one] {" "}for one device
       *[other] {" "}for { $devices } devices
    }
read-drivers-note-install = { $model ->
        [none] Install
       *[other] For { $model } install
    } { $package }
read-drivers-because-recommended = Why: Ubuntu recommends it for this card
read-drivers-because-recommended-branch = Why: it is of branch { $branch }, which Ubuntu recommends, in the flavour that is needed here
read-drivers-because-newest = Why: { $branch } is the newest branch on offer that will do
read-drivers-because-open = Why: this card works only with the open kernel modules. The others find no device
read-drivers-because-proprietary = Why: this card works only with the proprietary kernel modules
read-drivers-because-server = Why: it is the flavour for compute servers
read-drivers-because-cuda = Why: it is of branch { $branch } or later, which the CUDA that you want needs
read-drivers-because-last = Why: { $branch } is the last branch for this card
read-drivers-note-none = None of the packages on offer will do for { $model ->
        [none] this card
       *[other] { $model }
    }. Refresh the list with sudo apt update, and see below what is against each
read-drivers-note-list = This list does not name the card. A card of the Blackwell generation (RTX 50) needs a package that ends in -open
read-drivers-note-unknown-gpu = { $model } is not in the table of GPUs: whether it needs the open kernel modules is not known
read-drivers-note-no-model = The text does not name the card: whether it needs the open kernel modules is not known
read-drivers-note-by-number = The PCI database does not name this card yet. Its number, { $number }, is of the Blackwell generation or later
read-drivers-note-cuda-unknown = The table of drivers does not have CUDA { $cuda }: which branch it needs is not known
read-drivers-note-cuda-after = CUDA { $cuda } does not compile for { $model } any more: the last that does is { $last }. No driver changes that
read-drivers-note-cuda-before = CUDA { $cuda } is older than { $model }: the first CUDA that compiles for it is { $first }. No driver changes that
read-drivers-note-server = { $model } is a card for data centres. On servers and for computing Ubuntu recommends the
    -server flavour, here { $package } (Ubuntu Server documentation, "NVIDIA drivers installation")
read-drivers-note-other-device = { $device } is not an NVIDIA card, and left alone
read-drivers-note-said = ubuntu-drivers says: { $said }
read-drivers-sysfs = The device's folder in the kernel's view of the machine; it ends with the address on the PCI bus
read-drivers-modalias = The device's numbers, by which drivers are matched: v is the vendor (10DE is NVIDIA), d the device
read-drivers-vendor = Who made it
read-drivers-model = Its name in the PCI database; a new card may still be called Device
read-drivers-package = A package that is not one of NVIDIA's drivers
read-drivers-proprietary = Branch { $branch }, with NVIDIA's proprietary kernel modules
read-drivers-open = Branch { $branch }, with the open kernel modules: for Turing (RTX 20) and later
read-drivers-server = Branch { $branch } for compute servers, with the proprietary kernel modules
read-drivers-server-open = Branch { $branch } for compute servers, with the open kernel modules
read-drivers-nouveau = The free driver that the system starts with. It does not run CUDA
read-drivers-third-party = It comes from another repository than Ubuntu's, such as NVIDIA's or a PPA
read-drivers-recommended = Ubuntu recommends it
read-drivers-chosen = This is the one to install
read-drivers-against-not-open = Not this one: the card needs the open kernel modules
read-drivers-against-open = Not this one: the card needs the proprietary kernel modules
read-drivers-against-too-old = Not this one: the CUDA that you want needs branch { $branch } or later
read-drivers-against-before-gpu = Not this one: { $branch } is the first branch that knows this card
read-drivers-against-too-new = Not this one: { $branch } is the last branch for this card
read-drivers-modules-signed = Its kernel modules come built and signed by Canonical, so Secure Boot takes them
read-drivers-modules-dkms = Its kernel modules are built on this machine (DKMS), and with Secure Boot on you must enrol a key

## nvcc --version

read-nvcc-what = The compiler of CUDA toolkit { $release }
read-nvcc-what-failure = nvcc did not say its version
read-nvcc-failed-not-found =
    The shell finds no nvcc. Either no toolkit is installed, which PyTorch does not need, or its bin folder is not on
    PATH
read-nvcc-failed-permission = nvcc is there, and this user may not start it
read-nvcc-failed-execute = nvcc is for another processor or another system than this one
read-nvcc-failed-fatal = nvcc started and gave up. Its message says why
read-nvcc-note-toolkit = This is the toolkit that compiles programs. It is neither what the driver serves nor what PyTorch runs with: all three may differ
read-nvcc-note-driver = Programs built with CUDA { $cuda } run on driver { $linux } or later, as all of CUDA { $major } do (Linux)
read-nvcc-note-driver-both = Programs built with CUDA { $cuda } run on driver { $linux } or later (Windows: { $windows }), as all of CUDA { $major } do
read-nvcc-note-driver-one = Programs built with CUDA { $cuda } run on driver { $linux } or later (Linux)
read-nvcc-note-driver-one-both = Programs built with CUDA { $cuda } run on driver { $linux } or later (Windows: { $windows })
read-nvcc-note-unknown = The table does not have CUDA { $cuda }: which driver it needs is not known
read-nvcc-note-gcc = As host compiler it takes gcc { $min } to { $max }
read-nvcc-note-gcc-max = As host compiler it takes gcc up to { $max }
read-nvcc-note-clang = Or clang up to { $max }
read-nvcc-note-msvc = On Windows: Visual Studio { $from } to { $to }
read-nvcc-release = The toolkit's release: this is the CUDA version that people mean
read-nvcc-version = The compiler's own version, with its build number
read-nvcc-built = When NVIDIA built it, not when you installed it
read-nvcc-build = NVIDIA's name of the build

## Wheels

read-wheel-what = The name of a wheel: { $project } { $version }
read-wheel-note-version = { $version } is not a version by the rules of Python packages: pip and uv pass over this file
read-wheel-note-fits = As far as the system goes, it installs on this machine ({ $host })
read-wheel-note-fits-if = It installs on this machine ({ $host }) if it has { $needs } or later
read-wheel-note-installs = It installs on this machine ({ $host })
read-wheel-note-too-old = It does not install on this machine ({ $host }): it needs { $needs } or later, and here is { $has }
read-wheel-note-other-python = It does not install into the Python in use here ({ $host }): it is for { $wheel }
read-wheel-note-system = It does not install on this machine ({ $host }): it is made for another system ({ $wheel })
read-wheel-note-arch = It does not install on this machine ({ $host }): it is made for another processor ({ $wheel })
read-wheel-note-tag = It does not install on this machine ({ $host }): its platform is not known here ({ $wheel })
read-wheel-note-glibc = On Linux it needs glibc { $glibc } or later
read-wheel-note-abi3 = It needs CPython { $python } or any later one: it keeps to Python's stable interface
read-wheel-note-free-threaded = It needs CPython { $python } in the build without the global interpreter lock, and no other
read-wheel-note-python = It needs CPython { $python }, and no other: not an older one, and not a newer one
read-wheel-note-any-python = Any Python { $python } takes it
read-wheel-note-cuda = It brings CUDA { $cuda } along; driver { $driver } or later runs it (Linux). No toolkit is needed
read-wheel-note-cuda-unknown = It brings CUDA { $cuda } along; which driver that needs is not known
read-wheel-note-cpu = It is built without CUDA: it will never use a GPU
read-wheel-note-rocm = It is built for AMD's GPUs
read-wheel-note-xpu = It is built for Intel's GPUs
read-wheel-distribution = The project. A name has _ where the index writes -
read-wheel-version = The version that everyone shares
read-wheel-local = The local part of the version: which variant of this version it is. PyTorch names the CUDA here; files on pypi.org have none
read-wheel-build = A number to tell several builds of one version apart; the highest wins
read-wheel-python = The Pythons that it is for
read-wheel-python-cp = { $tag }: CPython { $python }
read-wheel-python-py = { $tag }: any Python of this major version
read-wheel-abi = The binary interface that its compiled parts need
read-wheel-abi-none = none: it needs none
read-wheel-abi-abi3 = abi3: Python's stable interface, which later versions keep
read-wheel-abi-free-threaded = { $tag }: of the build without the global interpreter lock
read-wheel-abi-own = { $tag }: of this one Python
read-wheel-platform = The systems and processors that it is for
read-wheel-platform-manylinux = { $tag }: Linux with GNU's C library (glibc); the numbers are its lowest version
read-wheel-platform-musllinux = { $tag }: Linux with musl, such as Alpine
read-wheel-platform-linux = { $tag }: Linux, without a promise about its C library
read-wheel-platform-win = { $tag }: Windows
read-wheel-platform-macos = { $tag }: macOS; the numbers are its lowest version
read-wheel-platform-any = { $tag }: any system
read-wheel-platform-other = { $tag }: another system

## Package indexes

read-index-what-html = A page of a package index: { $files } files, { $releases } versions of { $projects }
read-index-what-json = A package index as JSON: { $files } files, { $releases } versions of { $projects }
read-index-what-bucket = The list of a storage bucket: { $files } files, { $releases } versions of { $projects }
read-index-what-list = A list of files: { $files } files, { $releases } versions of { $projects }
read-index-note-incomplete = The list is cut short: the bucket has more than it names
read-index-note-yanked = { $count ->
        [one] One file was taken back by its maker: installers pass over it
       *[other] { $count } files were taken back by their makers: installers pass over them
    }
read-index-note-archives = { $count ->
        [one] One file is a source archive, not a wheel
       *[other] { $count } files are source archives, not wheels
    }
read-index-note-nightly = Versions with .dev in them are nightly builds: for trying out, not for learning
read-index-release = A version, and for each Python the platforms that it was built for

## torch.utils.collect_env

read-env-what = What PyTorch { $torch } says of itself and of its machine
read-env-note-cpu-on-gpu = This PyTorch was built without CUDA, on a machine with an NVIDIA GPU: it will never use it. Install a build with CUDA
read-env-note-cpu = This PyTorch was built without CUDA: it will never use a GPU
read-env-note-rocm = This PyTorch was built for AMD's GPUs. What it calls CUDA is AMD's counterpart
read-env-note-sees = PyTorch sees the GPU: what follows is for information
read-env-note-driver-old = The CUDA { $cuda } inside this PyTorch needs driver { $needs } or later, and here is { $driver }
read-env-note-not-available = There is a driver, and PyTorch was built with CUDA, yet torch.cuda.is_available() is False. See what the checks find on that machine
read-env-note-no-driver-line = There is a GPU, and the report names no driver for it. See whether nvidia-smi runs
read-env-note-no-driver = PyTorch was built with CUDA, and the report names neither a driver nor a GPU
read-env-note-toolkit = Toolkit { $toolkit } is installed and PyTorch runs with its own CUDA { $cuda }. That is fine: the toolkit matters only for compiling
read-env-note-companion = { $package } { $version } goes with torch{ $works }, and here is torch { $torch }
read-env-note-companion-cuda = { $package } { $version } was built for CUDA { $works }, and torch { $torch } for another
read-env-note-twice = pip lists torch { $pip } and conda lists { $conda }: two of them in one environment. Make a new environment with one
read-env-torch = PyTorch's version; after the + stands the variant
read-env-cuda-built = The CUDA that PyTorch brings along and runs with. None or Could not collect: it was built without
read-env-rocm-built = AMD's counterpart of CUDA that it was built with; N/A for NVIDIA
read-env-os = The operating system
read-env-gcc = The C compiler on PATH. PyTorch itself does not need it
read-env-python = The Python that PyTorch runs in
read-env-available = What torch.cuda.is_available() answers: whether PyTorch can use the GPU
read-env-runtime = The toolkit whose nvcc is on PATH. It is not the CUDA that PyTorch runs with
read-env-gpus = The GPUs, as nvidia-smi -L names them
read-env-driver = The version of the driver
read-env-packages = The installed packages that have to do with PyTorch, and who lists them
