# Texts of the lesson `cuda`, keyed by step. Attributes: title, why, hint-1 …, undo, a summary for each outcome
# (pass…, fail…, na…, unknown…) and a note for each command (fix-…).

cuda-container-runtime = Containers can use the GPU
    .title = Containers can use the GPU
    .why =
        A container brings its own CUDA and leaves the host clean. It borrows one thing: the host's driver. Docker does
        not hand that in by itself; the NVIDIA Container Toolkit is the bridge. This is one of two routes, and with
        PyTorch from a wheel you need neither.
    .hint-1 = Docker alone knows nothing of GPUs: something must tell it about them
    .hint-2 = Look for the program nvidia-ctk, and for the word "nvidia" in /etc/docker/daemon.json
    .hint-3 = Install nvidia-container-toolkit, then type: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker
    .hint-fail-no-bridge-1 = Docker by itself does not know what a GPU is; something must teach it
    .hint-fail-no-bridge-2 = Install nvidia-container-toolkit from NVIDIA's package source, then: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker
    .hint-fail-not-configured-1 = The bridge is installed; has Docker been told? Look into /etc/docker/daemon.json
    .hint-fail-not-configured-2 = Type: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker
    .hint-fail-snap-1 = Look at where docker comes from: command -v docker
    .hint-fail-snap-2 = A snap is shut off from the system, the driver's files included. Remove it and install Docker from Docker's own packages
    .hint-fail-no-cdi-1 = Podman asks no daemon about GPUs: it reads a file that describes them, in /etc/cdi or /var/run/cdi
    .hint-fail-no-cdi-2 = Write the file, and test it: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml, then nvidia-ctk cdi list
    .undo = sudo apt remove nvidia-container-toolkit, then delete the entry "nvidia" from /etc/docker/daemon.json and restart Docker.
    .pass-docker = Docker can hand GPUs into containers: { $file } names NVIDIA's runtime
    .pass-cdi = { $engine } can hand GPUs into containers: { $file } describes them; ask for them with --device nvidia.com/gpu=all
    .pass-desktop = Docker Desktop hands GPUs into containers by itself
    .fail-no-bridge = Docker is here, the NVIDIA Container Toolkit is not: containers cannot use the GPU
    .fail-not-configured = The NVIDIA Container Toolkit is installed, but Docker has not been told about it
    .fail-snap = Docker is the snap's ({ $path }), which NVIDIA's container tools do not fit
    .fail-no-cdi = Podman and the NVIDIA Container Toolkit are here, but no file describes the GPUs to Podman
    .na-container = This is a container: whether it gets a GPU is the host's business
    .na-no-engine = There is no container engine here, and PyTorch needs none
    .na-podman = Podman is here, and nothing shows that it should use GPUs
    .na-toolkit = Not needed: a CUDA toolkit is installed on this machine itself
    .na-no-gpu = This machine has no NVIDIA GPU to hand into containers
    .na-not-linux = This check is about Linux; on { $os } Docker Desktop hands in GPUs where it can
    .fix-look = Lists the runtimes that Docker knows; "nvidia" should be among them
    .fix-route = To take the container route, install Docker and the NVIDIA Container Toolkit as the chapter on CUDA shows
    .fix-bridge-key = Fetches the key with which NVIDIA signs the packages
    .fix-bridge-source = Tells apt where the packages are
    .fix-apt-update = Reads the lists of packages again
    .fix-bridge = Installs the bridge; it brings no driver
    .fix-bridge-other = Install the package nvidia-container-toolkit as NVIDIA's page on the Container Toolkit shows for your distribution
    .fix-configure = Writes NVIDIA's runtime into /etc/docker/daemon.json
    .fix-restart = Makes Docker read its settings again; running containers stop
    .fix-snap-remove = Removes the snap with its containers and images: save what you need first
    .fix-docker-own = Install Docker from Docker's own packages (docs.docker.com/engine/install), then the NVIDIA Container Toolkit
    .fix-cdi = Writes the file that describes the GPUs

cuda-toolkit-installed = A CUDA toolkit is installed
    .title = A CUDA toolkit is installed
    .why =
        The toolkit is the box of tools for people who compile CUDA programs; nvcc is the best known of them. PyTorch's
        wheel brings its own CUDA, so most people need no toolkit. You need one to compile .cu files or to build
        extensions from source, and then it may as well be in a container.
    .hint-1 = First ask yourself whether you will compile anything
    .hint-2 = NVIDIA's toolkits are in /usr/local/cuda-<version>; ls -d /usr/local/cuda* shows them
    .hint-3 = Add NVIDIA's package source as the chapter shows, then install cuda-toolkit-<version> (on Ubuntu: sudo apt install cuda-toolkit-13-0); never the package named just "cuda"
    .hint-fail-incomplete-1 = A folder called cuda is not yet a toolkit: look for { $folder }/bin/nvcc
    .hint-fail-incomplete-2 = Install the whole toolkit of that version, the package cuda-toolkit-<version> rather than its libraries only; or take the name out of your start-up files, if you need no compiler
    .undo = sudo apt remove --purge cuda-toolkit-<version>; for a .run file: sudo /usr/local/cuda-<version>/bin/cuda-uninstaller.
    .pass = { $count ->
        [one] CUDA toolkit { $version } is installed: { $nvcc }
       *[other] { $count } CUDA toolkits are installed; { $nvcc } is the one in use, of CUDA { $version }
    }
    .pass-unversioned = A CUDA toolkit is installed ({ $nvcc }); its version could not be read
    .pass-gpu-dropped = CUDA toolkit { $version } is installed ({ $nvcc }), but it no longer compiles for the { $gpu }: the last CUDA for it is { $last }
    .fail-incomplete = { $by } names { $folder }, which holds no compiler: the toolkit there is not complete
    .na-no-toolkit = No toolkit is here, and PyTorch needs none: its wheel brings its own CUDA. Choose a route when you compile or use containers
    .na-not-linux = CUDA does not exist for { $os }
    .fix-look = Shows which toolkits are on the disk
    .fix-container-route = The container route: install Docker and the NVIDIA Container Toolkit as the chapter on CUDA shows
    .fix-search = The host route: add NVIDIA's package source as the chapter on CUDA shows; this lists the toolkits that it offers
    .fix-install = Installs the newest toolkit that this driver supports fully, { $version }, without a driver; if apt does not know it, take another of the same major number
    .fix-install-rest = Installs the rest of this toolkit, with its compiler; if apt does not know it, add NVIDIA's package source first, as the chapter on CUDA shows
    .fix-install-other = The host route: install a CUDA toolkit, without a driver, as NVIDIA's installation guide shows for your system

cuda-one-driver = There is one driver, not two
    .title = There is one driver, not two
    .why =
        Older toolkits brought a driver along and offered to install it. Where the system's packages had installed one
        already, the two wrote over each other's files: the kernel had one version and the libraries another. Take the
        driver from one place only; inside WSL take none, for Windows' driver serves it.
    .hint-1 = Ask both sides: which driver packages are installed, and did a .run file leave its uninstaller
    .hint-2 = ls /usr/bin/nvidia-uninstall shows whether a .run file was used; dpkg -l, rpm -qa or pacman -Q lists the packages
    .hint-3 = With both: sudo nvidia-uninstall, then install the driver's packages again with your package manager, then sudo reboot
    .hint-fail-wsl-package-1 = Inside WSL the driver is Windows'. What brought a second one? Often the package named just "cuda"
    .hint-fail-wsl-package-2 = Remove it: sudo apt purge { $package } with its companions, then wsl --shutdown in Windows. Next time install cuda-toolkit-<version>
    .hint-fail-two-sources-1 = Compare the ends of the two version numbers: they come from different package sources
    .hint-fail-two-sources-2 = Type: apt policy nvidia-driver-580  -- then keep one source for the driver, and bring all its packages to one version
    .hint-fail-held-1 = apt-mark showhold lists what upgrades may not touch
    .hint-fail-held-2 = Type: sudo apt-mark unhold { $held }, then bring all of the driver's packages to one version
    .hint-fail-runfile-1 = Two installers have each put a driver here, and each believes that the files are its own
    .hint-fail-runfile-2 = Type: sudo nvidia-uninstall  -- then put the files of the packages back with your package manager, and restart
    .hint-fail-two-packages-1 = All parts of a driver are of one version: which of the packages stayed behind?
    .hint-fail-two-packages-2 = Bring { $one } and { $other } to one version with your package manager; a held package or a second package source is the usual reason that they parted
    .hint-fail-two-builders-1 = Both packages build a module of the same name at each new kernel, and the last one wins
    .hint-fail-two-builders-2 = Decide for one source, remove the other one's packages, those of { $one } or of { $other }, then restart
    .hint-fail-overwritten-1 = The package manager says one version, the file another: something else has written { $library }
    .hint-fail-overwritten-2 = Find out whether a .run file was used: ls /usr/bin/nvidia-uninstall  -- if so, run it, then install { $package } again
    .hint-fail-two-libraries-1 = A program takes whichever of the two libraries it finds first
    .hint-fail-two-libraries-2 = Find out which package or installer brought { $other } and { $one }, and remove the older driver; ldconfig -p | grep libcuda shows which is found
    .hint-fail-wsl-library-1 = Inside WSL the driver is Windows' own; Linux needs none, and one that is there hides it
    .hint-fail-wsl-library-2 = Remove the Linux driver that brought { $path }, keep /usr/lib/wsl/lib as it is, and type in Windows: wsl --shutdown
    .pass-packages = The driver comes from packages alone: { $package } { $version }
    .pass-runfile = The driver comes from a .run file alone
    .pass-one = There is one driver
    .pass-wsl = No Linux driver is installed inside WSL, as it should be
    .fail-runfile = A .run file installed a second driver over the packaged one ({ $package })
    .fail-two-packages = Driver packages of two versions are mixed: { $one } and { $other }
    .fail-two-sources = Driver packages from two sources, NVIDIA's and the distribution's, are mixed: { $one } and { $other }
    .fail-held = Driver packages from two sources are mixed: { $one } and { $other }; { $held } is held back and cannot follow the others
    .fail-two-builders = Two drivers build a module for each kernel, one from { $one } and one from { $other }: packages of two sources are mixed
    .fail-overwritten = { $library } is of version { $version }, not of its package { $package }: another installer wrote over it
    .fail-two-libraries = The driver's library is here twice, in two versions: { $one } and { $other }
    .fail-wsl-package = A Linux driver ({ $package }) is installed inside WSL and hides Windows' driver
    .fail-wsl-library = { $path } is from a Linux driver inside WSL and hides Windows' driver
    .unknown-packages = A .run file installed a driver; whether this distribution's packages hold another one cannot be read here
    .na-no-driver = No NVIDIA driver is installed here
    .na-container = In a container the driver is the host's business
    .na-not-linux = On { $os } one installer replaces the other, so there is one driver
    .fix-look = Lists the installed driver packages; all should be of one version
    .fix-uninstall = Takes away the .run file's driver; it asks before it does
    .fix-reinstall = Puts the packages' own files back
    .fix-reboot = Restarts the machine, so that kernel and libraries are of one version: save your work first
    .fix-policy = Shows which package source each comes from: Ubuntu's and NVIDIA's own should not be mixed
    .fix-broken = Lets apt bring the packages to versions that fit; read its list before you agree
    .fix-unhold = Lets upgrades touch it again
    .fix-together = Brings all parts of the driver to one version; read its list before you agree, and if versions still differ, switch off one of the two sources
    .fix-libraries = Find out which package or installer brought the older of the two, and remove that driver
    .fix-wsl-purge = Removes the Linux driver; the driver in Windows stays
    .fix-wsl-library = Remove the Linux driver inside WSL with the installer that brought it; the libraries in /usr/lib/wsl/lib stay
    .fix-wsl-restart = Restarts WSL, so that it takes up Windows' driver again: save your work first
    .fix-rpm = Lists this distribution's NVIDIA packages; there should be no driver among them
    .fix-rpm-both = Lists the NVIDIA packages; akmod-nvidia is RPM Fusion's, and a name with dkms in it is NVIDIA's own
    .fix-one-source = Keep one source for the driver, RPM Fusion's or NVIDIA's, and remove the other one's packages with dnf; then restart
    .fix-show-driver = Says how to install the driver

cuda-driver-new-enough = The driver is new enough for the toolkit
    .title = The driver is new enough for the toolkit
    .why =
        What a toolkit compiles runs only on a driver that is new enough. The rule goes by CUDA's major number: any CUDA
        12 program runs on driver 525.60.13 or newer, any CUDA 13 program on 580 or newer. Neither the driver that came
        with a toolkit nor the number in nvidia-smi is that minimum.
    .hint-1 = You need two numbers: the driver's version and the toolkit's major number
    .hint-2 = nvidia-smi shows the first, nvcc --version the second; the table of floors in the chapter joins them
    .hint-3 = If the driver is too old: update it with the tool that installed it (on Ubuntu: sudo ubuntu-drivers install) and restart, or take a toolkit of an older major number
    .hint-fail-container-1 = A container brings a toolkit, never a driver: that is the host's
    .hint-fail-container-2 = Take an image of an older CUDA, or have the host's driver brought to { $floor } or newer
    .hint-fail-wsl-1 = The driver that counts inside WSL is the one in Windows
    .hint-fail-wsl-2 = Install driver { $floor } or newer in Windows, then type there: wsl --shutdown
    .pass = Driver { $driver } is new enough for CUDA { $cuda }, which needs { $floor }
    .pass-floor = Driver { $driver } runs CUDA { $cuda } programs, which need { $floor }; whether it supports all of their features is not known
    .pass-minor = Driver { $driver } shows CUDA { $ceiling } and runs CUDA { $cuda } programs all the same, since { $floor } is enough; for PTX and the newest features compile with -arch for your GPU
    .pass-compat = Driver { $driver } alone is too old for CUDA { $cuda }, but a compatibility library makes up for it: it supports CUDA { $ceiling }
    .pass-shown = Driver { $driver } says itself that it supports CUDA { $ceiling }, which is enough for { $cuda }
    .fail = Driver { $driver } is too old for CUDA { $cuda }: CUDA { $family }.x needs { $floor } or newer
    .fail-container = The host's driver { $driver } is too old for this image's CUDA { $cuda }: CUDA { $family }.x needs { $floor } or newer
    .fail-wsl = The driver in Windows, { $driver }, is too old for CUDA { $cuda }: CUDA { $family }.x needs { $floor } or newer
    .unknown-toolkit = Which driver CUDA { $cuda } needs is not in the tables of this program; driver { $driver } is here
    .na-no-toolkit = There is no toolkit here that could need a driver
    .na-not-linux = There is no NVIDIA driver on { $os }
    .fix-look = Shows the driver's version, and the newest CUDA that it supports fully
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-list = Lists the drivers that fit this machine
    .fix-driver = Installs the recommended driver
    .fix-driver-other = Install a newer NVIDIA driver from your distribution's packages
    .fix-reboot = Restarts the machine with the new driver: save your work first
    .fix-older-toolkit = Or keep the driver, and install the newest toolkit that it supports; it goes beside the other
    .fix-image = Use an image of an older CUDA, or update the driver of the host
    .fix-windows = Update NVIDIA's driver in Windows, then type wsl.exe --shutdown and open WSL again

cuda-host-compiler = nvcc accepts the host compiler
    .title = nvcc accepts the host compiler
    .why =
        nvcc compiles the GPU's half of a program and hands the rest to an ordinary C++ compiler, on Linux g++. Each
        toolkit knows compilers up to a certain version and refuses newer ones. The cure is a second, older g++ that only
        nvcc uses; the system's own compiler stays as it is, since the driver's kernel module is built with it.
    .hint-1 = "unsupported GNU version" is about the compiler being too new, not about CUDA being broken
    .hint-2 = Compare gcc --version with the chapter's table of host compilers for your toolkit
    .hint-3 = Install the newest that the table allows (on Ubuntu: sudo apt install g++-13), and type: export NVCC_CCBIN=/usr/bin/g++-13
    .hint-fail-too-new-1 = CUDA { $cuda } is older than this compiler: it knows { $family } up to { $max }
    .hint-fail-too-new-2 = Install g++-{ $max } beside the system's and type: export NVCC_CCBIN=/usr/bin/g++-{ $max }
    .hint-fail-no-gcc-1 = nvcc compiles only the GPU's half; who compiles the other one?
    .hint-fail-no-gcc-2 = Install a C++ compiler: build-essential on Ubuntu and Debian, gcc-c++ on Fedora and openSUSE, gcc on Arch
    .hint-fail-no-gxx-1 = gcc compiles C; nvcc hands C++ on, which is the work of g++
    .hint-fail-no-gxx-2 = Install g++ of the same version: g++ on Ubuntu and Debian, gcc-c++ on Fedora and openSUSE
    .hint-fail-too-old-1 = This time the compiler is too old, not too new: CUDA { $cuda } begins at { $family } { $min }
    .hint-fail-too-old-2 = Install { $family } { $max } or older, but at least { $min }, and name it to nvcc with NVCC_CCBIN
    .hint-fail-chosen-missing-1 = Somebody has told nvcc which compiler to take: look at { $source }
    .hint-fail-chosen-missing-2 = Install { $compiler }, or let nvcc choose again: unset NVCC_CCBIN, and take its line out of your start-up file
    .undo = unset NVCC_CCBIN, and remove its line from your start-up file; the second compiler may stay.
    .pass = CUDA { $cuda } accepts { $compiler } as its host compiler (up to { $family } { $max })
    .pass-distribution = The distribution's own CUDA { $cuda } comes with a compiler that fits
    .fail-no-gcc = No gcc is installed, and nvcc cannot work without a host compiler
    .fail-no-gxx = gcc { $gcc } is here without its C++ half, g++, which nvcc needs
    .fail-too-new = { $compiler } is too new for CUDA { $cuda }, which accepts { $family } up to { $max }
    .fail-too-old = { $compiler } is too old for CUDA { $cuda }, which asks for { $family } { $min } to { $max }
    .fail-chosen-missing = { $source } names { $compiler }, which is not there
    .unknown-chosen = { $source } names { $compiler }, and that name does not tell its version
    .unknown-updates = Some updates of CUDA { $cuda } accept { $compiler } and others do not; which one this is could not be read
    .unknown-toolkit = Which compilers CUDA { $cuda } accepts is not in the tables of this program
    .na-no-toolkit = There is no toolkit here that could need a host compiler
    .na-not-linux = This check is about gcc on Linux; this is { $os }
    .fix-look = Shows the version
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-build-essential = Installs gcc, g++ and make
    .fix-build-other = Install your distribution's C++ compiler, g++
    .fix-second = Installs a second g++ beside the system's, which stays as it is
    .fix-second-other = Install a second, older g++ beside the system's from your distribution's packages
    .fix-ccbin = Tells nvcc, and nothing else, to use it; add the line to your start-up file to keep it
    .fix-install-chosen = Installs the compiler that the variable names
    .fix-unset = Or lets nvcc take the system's gcc again
    .fix-updates = Shows which update of the toolkit this is

cuda-env-path = The shell finds nvcc
    .title = The shell finds nvcc
    .why =
        PATH is the list of folders in which the shell looks for programs. A toolkit is in a folder of its own, so after
        the install nvcc is on the disk and the shell does not know where. With several toolkits, the first on the list
        wins.
    .hint-1 = "command not found" does not mean "not installed"
    .hint-2 = ls /usr/local/cuda*/bin/nvcc shows where nvcc is; echo $PATH shows where the shell looks
    .hint-3 = {"Type: export PATH=/usr/local/cuda/bin${PATH:+:${PATH}}"}
    .hint-fail-not-on-path-1 = It is installed: ls { $bin }/nvcc. The shell just does not look there
    .hint-fail-not-on-path-2 = {"Type: export PATH=/usr/local/cuda/bin${PATH:+:${PATH}}"}  -- and for PyTorch alone you need no nvcc at all
    .hint-fail-old-shell-1 = The line is right, and this shell has not read it
    .hint-fail-old-shell-2 = Open a new terminal; if nvcc is still not found there, your shell does not read { $file }
    .hint-fail-folder-missing-1 = PATH may name folders that do not exist, and nobody complains
    .hint-fail-folder-missing-2 = Replace { $folder } by { $bin } in the start-up file that names it; grep -n cuda ~/.bashrc ~/.profile finds the line
    .hint-fail-folder-missing-first-1 = The first folder on PATH that exists wins: which one is it?
    .hint-fail-folder-missing-first-2 = Correct { $folder } in the start-up file that names it; until then the shell takes { $nvcc }
    .hint-fail-shadowed-1 = Two toolkits are on PATH, and the shell takes the first
    .hint-fail-shadowed-2 = Put { $home }/bin before the other on PATH; type -a nvcc lists them in the order in which they are found
    .undo = Open a new terminal; if you added the line to a start-up file, delete it there.
    .pass = The shell finds { $nvcc }
    .fail-not-on-path = The toolkit is installed, but its folder { $bin } is not on PATH
    .fail-old-shell = { $file } puts the toolkit on PATH, but this shell was started before that or does not read it
    .fail-folder-missing = PATH names { $folder }, which does not exist; the toolkit is in { $bin }
    .fail-folder-missing-first = PATH names { $folder } first, which does not exist, so the shell finds { $nvcc } instead
    .fail-shadowed = The shell finds { $nvcc } of CUDA { $found } first, though { $home }, of CUDA { $wanted }, is the toolkit that is asked for
    .na-no-toolkit = There is no toolkit here that the shell could find
    .na-not-linux = This check is about Linux; on { $os } the installer sets the path
    .fix-look = Shows which nvcc the shell finds; nothing printed means none
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-path = Puts the toolkit first on PATH, in this shell
    .fix-persist = Does the same in every new shell; type it once
    .fix-list = Shows which toolkits are on the disk
    .fix-find-line = Finds the line that names the folder: correct or delete it, then open a new terminal

cuda-env-library-path = LD_LIBRARY_PATH does no harm
    .title = LD_LIBRARY_PATH does no harm
    .why =
        LD_LIBRARY_PATH names folders in which every program looks for libraries before the usual places. A toolkit from
        packages does not need it, and for one from a .run file the system's linker can be told once. In the variable, a
        folder can push wrong libraries under other programs, PyTorch first of all.
    .hint-1 = Ask whether you need the variable at all: packages have told the system where their libraries are
    .hint-2 = Type echo "$LD_LIBRARY_PATH" and look for folders that are gone, of another version, or named "compat", and for a colon at an end
    .hint-3 = With packages: unset LD_LIBRARY_PATH. With a .run file: echo /usr/local/cuda/lib64 | sudo tee /etc/ld.so.conf.d/cuda-toolkit.conf && sudo ldconfig
    .hint-fail-shadows-torch-1 = PyTorch brings its own CUDA; which library of that name is found first?
    .hint-fail-shadows-torch-2 = Type: unset LD_LIBRARY_PATH, and take the line out of ~/.bashrc: torch needs none
    .hint-fail-compat-1 = The folder compat makes an old driver run a newer CUDA, on data-centre GPUs only
    .hint-fail-compat-2 = Type: unset LD_LIBRARY_PATH  -- and where the driver is too old, update it instead
    .hint-fail-empty-1 = Look for a colon at the beginning, at the end, or for two in a row
    .hint-fail-empty-2 = {"Where a start-up file adds a folder to it, the end of the line must read ${LD_LIBRARY_PATH:+:${LD_LIBRARY_PATH}}; for CUDA's folder no such line is needed"}
    .hint-fail-needed-1 = Programs find libraries by a variable or by the system's linker. Which of the two does a .run file set up? Neither
    .hint-fail-needed-2 = Tell the linker once: echo { $folder } | sudo tee /etc/ld.so.conf.d/cuda-toolkit.conf, then sudo ldconfig
    .hint-fail-missing-1 = Folders in LD_LIBRARY_PATH may have gone with a toolkit that was removed
    .hint-fail-missing-2 = Take { $folder } out of the line in your start-up file; grep -n LD_LIBRARY_PATH ~/.bashrc ~/.profile finds it
    .hint-fail-other-version-1 = nvcc and the libraries come from two toolkits: compare the folders
    .hint-fail-other-version-2 = Let LD_LIBRARY_PATH name the libraries of CUDA { $release }, or unset it if the toolkit came in packages
    .undo = unset LD_LIBRARY_PATH, and delete its line from your start-up file.
    .pass-set = LD_LIBRARY_PATH names { $folder }, which is there
    .pass-unneeded = LD_LIBRARY_PATH names no toolkit, and does not have to
    .pass-linker = LD_LIBRARY_PATH does not have to name the toolkit: { $file } does
    .fail-empty = LD_LIBRARY_PATH has an empty entry, which means the folder that you happen to be in: programs would load libraries from anywhere
    .fail-missing = LD_LIBRARY_PATH names { $folder }, which does not exist
    .fail-other-version = LD_LIBRARY_PATH names { $folder } of CUDA { $theirs }, but { $nvcc } is of CUDA { $release }
    .fail-compat = LD_LIBRARY_PATH names { $folder }: compatibility libraries are for data-centre GPUs, and the { $gpu } here refuses them
    .fail-shadows-torch = LD_LIBRARY_PATH puts { $library } of CUDA { $theirs } before the one of CUDA { $torch } that PyTorch brings
    .fail-needed = The toolkit came from a .run file, and nothing tells programs that its libraries are in { $folder }
    .na-no-toolkit = There is no toolkit here whose libraries could be asked for
    .na-not-linux = LD_LIBRARY_PATH exists only on Linux; this is { $os }
    .fix-look = Shows the variable
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-without = Sets it without that, in this shell; correct the line in your start-up file too
    .fix-linker = Tells the system's linker where the toolkit's libraries are: programs find them, and PyTorch still takes its own
    .fix-ldconfig = Reads the linker's folders again

cuda-env-home = CUDA_HOME names the toolkit
    .title = CUDA_HOME names the toolkit
    .why =
        CUDA_HOME is a custom among build tools: PyTorch's extension builder reads it, or CUDA_PATH, to find the toolkit.
        It is one folder, not a list, and it should be the folder of the toolkit whose nvcc the shell finds.
    .hint-1 = Only tools that build CUDA code read it; it is one folder
    .hint-2 = "$CUDA_HOME/bin/nvcc" must be a file: no colon, no /bin at the end
    .hint-3 = Type: export CUDA_HOME=/usr/local/cuda
    .hint-fail-colon-1 = PATH is a list of folders; { $variable } is one folder
    .hint-fail-colon-2 = Type: export CUDA_HOME=/usr/local/cuda, and correct the line in ~/.bashrc, where it says $CUDA_HOME: before the folder
    .hint-fail-missing-1 = The variable may be older than the toolkit that it names
    .hint-fail-missing-2 = ls -d /usr/local/cuda* shows which toolkits there are; set { $variable } to one of them
    .hint-fail-no-nvcc-1 = It is the folder above bin: tools put /bin/nvcc behind it
    .hint-fail-no-nvcc-2 = Look at { $folder }: take a /bin at the end away, and of several folders with colons keep one
    .hint-fail-differs-1 = Two ways lead to two toolkits: { $variable } and PATH
    .hint-fail-differs-2 = Let both name the same folder; extensions are built with { $home }, and nvcc in the shell is { $nvcc }
    .undo = unset CUDA_HOME, and delete its line from your start-up file.
    .pass = { $variable } names the toolkit in { $folder }
    .pass-unset = CUDA_HOME is not set; build tools find { $home } by nvcc, and some ask for the variable
    .fail-colon = { $variable } is a list ({ $folder }), but it must be one folder: it has been written like a PATH line
    .fail-missing = { $variable } names { $folder }, which does not exist
    .fail-no-nvcc = { $variable } names { $folder }, in which there is no bin/nvcc: it must be the toolkit's own folder
    .fail-differs = { $variable } names { $home } of CUDA { $wanted }, but the shell finds { $nvcc } of CUDA { $found }
    .na-no-toolkit = There is no toolkit here that it could name
    .na-not-linux = This check is about Linux; this is { $os }
    .fix-look = Shows the variable
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-set = Sets it right in this shell; correct the line in your start-up file too

cuda-env-persistent = New shells find nvcc too
    .title = New shells find nvcc too
    .why =
        What you type with export is forgotten when the terminal closes. To keep it, the line must be in a file that the
        shell reads whenever it starts: for bash that is .bashrc in your home folder.
    .hint-1 = Open a new terminal and try again: does it still work?
    .hint-2 = grep -n cuda ~/.bashrc shows whether the line is there; echo $SHELL tells which shell you have
    .hint-3 = {"Type: echo 'export PATH=/usr/local/cuda/bin${PATH:+:${PATH}}' >> ~/.bashrc"}
    .hint-fail-other-shell-1 = Each shell reads files of its own: which one is yours? echo $SHELL tells
    .hint-fail-other-shell-2 = Put the line into the file of your shell: ~/.bashrc for bash, ~/.zshrc for zsh; fish wants: fish_add_path /usr/local/cuda/bin
    .undo = Delete the line from the file.
    .pass = { $file } puts the toolkit on PATH in new shells
    .pass-system = { $nvcc } is where every shell looks
    .pass-conda = The toolkit is the conda environment's: activating it puts nvcc on PATH
    .pass-module = A loaded environment module puts the toolkit on PATH
    .fail = No file that new shells read names { $bin }: the setting is gone when this shell closes
    .fail-other-shell = { $file } names the toolkit, but your shell does not read that file
    .na-container = In a container the image sets the environment
    .na-no-toolkit = There is no toolkit here that new shells could find
    .na-not-linux = This check is about Linux; on { $os } the installer sets the path
    .fix-look = Looks for the line in the usual files
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-persist = Adds the line to your shell's start-up file; type it once

cuda-nvcc-runs = nvcc runs
    .title = nvcc runs
    .why =
        The proof of the toolkit: its compiler starts and says which release it is. The number may differ from the one
        that nvidia-smi shows; the one is the toolkit's, the other the driver's.
    .hint-1 = Ask nvcc for its version
    .hint-2 = In the answer, "release 12.6" is the toolkit's version
    .hint-3 = Type: nvcc --version
    .hint-fail-hung-1 = A program that starts nowhere waits for its disk: where is nvcc?
    .hint-fail-hung-2 = df "$(type -P nvcc)" shows the file system that it is on; if that is a network's, see whether others can read it
    .hint-fail-denied-1 = A file that is there may still not be allowed to run
    .hint-fail-denied-2 = ls -lL "$(type -P nvcc)" should show an x for everybody; installed as root with a narrow umask, it may lack it
    .hint-fail-not-found-1 = Perhaps it is a link or a script whose target is gone
    .hint-fail-not-found-2 = ls -l "$(type -P nvcc)" shows where a link leads; if that is gone, install the toolkit again
    .hint-fail-wrong-architecture-1 = Toolkits come for x86_64, for ARM servers (sbsa) and for Jetson (aarch64): which is this machine?
    .hint-fail-wrong-architecture-2 = uname -m names the machine's architecture; install the toolkit that is made for it
    .hint-fail-exit-1 = nvcc has said what is wrong: read its last line
    .hint-fail-exit-2 = Its helpers stand beside it in bin and nvvm: if one is missing, install the toolkit again
    .hint-fail-signal-1 = A program that is killed at its start lacks memory, or is damaged
    .hint-fail-signal-2 = sudo dmesg | tail shows whether the kernel ended it; otherwise install the toolkit again
    .pass = nvcc runs: CUDA { $release }, compiler { $version }
    .fail-hung = nvcc did not answer within the time limit: its folder may be on a network drive that does not respond
    .fail-denied = nvcc is there, but this user may not start it
    .fail-not-found = { $nvcc } is there, but could not be started by its name
    .fail-wrong-architecture = nvcc is made for another kind of processor: the toolkit of another architecture is installed
    .fail-exit = nvcc gives up with exit status { $exit }: { $said }
    .fail-signal = nvcc was ended by a signal before it could answer
    .na-no-toolkit = There is no toolkit here whose compiler could run
    .fix-look = Asks nvcc for its version
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-where = Shows which nvcc the shell finds; install the toolkit that it belongs to again
    .fix-mode = Shows who may start it; it should end with x in each group of three
    .fix-path = Says how to put nvcc on PATH

cuda-extension-toolkit = Extensions are built with torch's CUDA
    .title = Extensions are built with torch's CUDA
    .why =
        Some packages, such as flash-attn, are compiled on your machine against the torch that is installed. Then the
        toolkit must be of the same CUDA major as torch's own CUDA, or the build stops with "The detected CUDA version
        mismatches the version that was used to compile PyTorch". Whoever compiles nothing can have any toolkit, or none
    .hint-1 = This matters only while you compile something for torch
    .hint-2 = Compare the release in nvcc --version with python -c 'import torch; print(torch.version.cuda)': the number before the dot must be the same
    .hint-3 = Install the toolkit of torch's CUDA beside the other (on Ubuntu: sudo apt install cuda-toolkit-12-6), and type: export CUDA_HOME=/usr/local/cuda-12.6
    .hint-fail-major-1 = Which CUDA was this torch built with, and which is nvcc's? Compare the numbers before the dot: { $torch } and { $toolkit }
    .hint-fail-major-2 = Install a toolkit of torch's major beside the other, and point CUDA_HOME at it: lessons show cuda.extension-toolkit prints the commands
    .undo = unset CUDA_HOME lets builds take the toolkit on PATH again
    .pass = The toolkit (CUDA { $toolkit }) and torch (CUDA { $torch }) are of one major: extensions can be built
    .pass-apart = The toolkit is of CUDA { $toolkit } and torch brings CUDA { $torch }: no error, since torch does not use the toolkit, and extensions are not built here
    .fail-major = Extensions are built here with { $nvcc } of CUDA { $toolkit }, and torch is built with CUDA { $torch }: the builder refuses another major
    .na-no-torch = There is no torch with CUDA here for which extensions could be built
    .na-no-toolkit = There is no toolkit here that could build extensions
    .na-not-linux = This check is about Linux; this is { $os }
    .fix-look = Shows the toolkit's version
    .fix-show = Says when a toolkit is needed, and how to get one
    .fix-install = Installs the toolkit of torch's CUDA beside the other, which stays; if apt does not know it, add NVIDIA's package source first, as the chapter on CUDA shows
    .fix-install-other = Install a toolkit of torch's CUDA beside the other, as NVIDIA's installation guide shows for your system
    .fix-home = Lets the builder take that one, in this shell
    .fix-path = Puts its compiler first on PATH too, so that both are of one toolkit
