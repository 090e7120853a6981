# Texts of the lesson `torch`, keyed by step. Attributes: title, why, hint-1 …, undo, a summary for each outcome
# (pass…, fail…, na…, unknown…) and a note for each command (fix-…).

torch-environment = An environment is active
    .title = An environment is active
    .why =
        A virtual environment is a folder with one Python and the packages of one project. What you install there cannot
        disturb the system or another project, and what goes wrong is gone when you delete the folder. Ubuntu and Debian
        refuse to install packages anywhere else.
    .hint-1 = A shell that is inside an environment shows its name in brackets before the prompt
    .hint-2 = Make one once, with uv venv or python3 -m venv; enter it in each new terminal
    .hint-3 = Type: uv venv --python 3.12 && source .venv/bin/activate
    .hint-fail-managed-1 = The system needs its own Python, and refuses what pip would put there: do not force it with --break-system-packages
    .hint-fail-managed-2 = Make an environment and enter it: uv venv --python 3.12 && source .venv/bin/activate
    .hint-fail-no-python-1 = The shell finds neither python nor python3: type -a python3 says so
    .hint-fail-no-python-2 = With uv no Python is needed before: uv venv --python 3.12 fetches one; otherwise install your distribution's python3
    .hint-fail-gone-1 = The shell remembers an environment whose folder is gone or was moved
    .hint-fail-gone-2 = Type: deactivate  -- or open a new terminal, and make the environment again in its new place; one that was moved does not work
    .hint-fail-shadowed-1 = Being in brackets before the prompt is not enough: type -a python shows which ones are found, in order
    .hint-fail-shadowed-2 = Leave and enter again, so that its folder comes first on PATH: deactivate, then source its bin/activate; an alias or a line in ~/.bashrc may put another before it
    .hint-fail-off-path-1 = The variable is set and its folder is not on PATH: a script or a new shell lost half of the environment
    .hint-fail-off-path-2 = Enter it anew with: source .venv/bin/activate  -- in the folder in which it lies
    .undo = Type deactivate to leave the environment; rm -r .venv deletes it with all that is installed in it.
    .pass = The environment { $prefix } is active
    .pass-conda = The conda environment { $prefix } is active
    .pass-conda-base = conda's own environment, base ({ $prefix }), is active: PyTorch is better kept in an environment made for it
    .pass-idle = { $prefix } is here and not active: uv uses it all the same, a plain python does not
    .pass-container = This container is the environment
    .fail = No environment is active: { $python } is the system's own Python
    .fail-managed = No environment is active, and the system's own Python, { $python }, takes no packages: pip would answer "externally-managed-environment"
    .fail-no-python = There is no Python on PATH
    .fail-gone = VIRTUAL_ENV names { $prefix }, which is not an environment any more
    .fail-shadowed = The environment { $prefix } is active, but python starts another one: { $python } comes first on PATH
    .fail-off-path = The environment { $prefix } is active, but there is no Python on PATH
    .fix-uv = With uv: makes the environment .venv here, and fetches that Python if it is missing
    .fix-venv = Or without uv: the same with the Python that is here; on Ubuntu it needs the package python3-venv
    .fix-activate = Enters it: type this in each new terminal
    .fix-activate-again = Puts the environment first on PATH again; if another one comes back in each new terminal, a line in ~/.bashrc or ~/.profile does it
    .fix-conda-create = Makes a conda environment for PyTorch
    .fix-conda-activate = Enters it

torch-python-supported = PyTorch supports this Python
    .title = PyTorch supports this Python
    .why =
        Each file of PyTorch is made for one version of Python. Where none is made for yours, pip says
        "No matching distribution found" and names no reason. A Python that has just come out is as unsupported as an old
        one, and so is a 32-bit Python.
    .hint-1 = Look at the first two numbers of python --version
    .hint-2 = PyTorch 2.15 has files for Python 3.11 to 3.15; versions 2.9 to 2.14 had them for 3.10 to 3.14
    .hint-3 = Make an environment with a Python in the middle of the range: uv venv --python 3.12
    .hint-fail-old-1 = "No matching distribution" means: none for this Python. Yours is { $python }
    .hint-fail-old-2 = Make an environment with a newer one: uv venv --python 3.12  -- or keep it and install torch { $nearest }
    .hint-fail-32-bit-1 = Ask Python how wide it is: python -c "import struct; print(8 * struct.calcsize('P'))"
    .hint-fail-32-bit-2 = Make the environment again with a 64-bit Python: uv venv --python 3.12
    .undo = Delete the environment's folder; the system's Python has not changed.
    .pass = torch { $torch } has wheels for Python { $python }
    .pass-installed = torch { $torch } is installed for Python { $python }; it is not one of the wheels in the bundled table
    .fail = No torch in the bundled table has a wheel for Python { $python }
    .fail-old = torch { $torch } has no wheel for Python { $python }; the newest that has one is { $nearest }
    .fail-32-bit = This Python is a 32-bit program, and PyTorch has wheels for 64-bit Pythons only
    .unknown-newer = Python { $python } is newer than every one in the bundled table of { $as-of }: it may be too new for PyTorch
    .unknown-other-build = torch { $torch } is installed, but PyTorch made no wheel of it for Python { $python }: it was built elsewhere
    .fix-uv = With uv: makes an environment with a Python that PyTorch supports
    .fix-venv = Or without uv, where the system's Python is one that PyTorch supports
    .fix-activate = Enters it: type this in each new terminal
    .fix-older = Or keep this Python: installs torch { $torch } ({ $tag }), the newest that supports it
    .fix-auto = Or keep this Python: lets uv choose the build by the driver. On GTX 10, V100 and older cards write --torch-backend=cu126 instead
    .fix-import = Shows whether this torch works with this Python

torch-wheel-exists = A wheel fits this machine
    .title = A wheel fits this machine
    .why =
        A build of PyTorch needs a driver of a certain age, holds code for certain GPUs, and is made for one Python and
        one system. All four must fit. The CUDA toolkit of the machine is not among them: the build brings its own CUDA.
    .hint-1 = Ask for the driver and the compute capability: nvidia-smi --query-gpu=name,compute_cap,driver_version --format=csv
    .hint-2 = CUDA 13 builds (cu130, cu132) need driver 580 and a GPU from the RTX 20 on; RTX 50 needs cu128 or newer; GTX 10 and V100 need cu126
    .hint-3 = Look for your Python on the page of the tag: https://download.pytorch.org/whl/cu130/torch/
    .hint-fail-gpu-1 = Look up the compute capability of your card; each wheel lists the ones it has code for
    .hint-fail-gpu-2 = No wheel has code for this card: it can show a desktop, and PyTorch computes on the processor
    .hint-fail-driver-1 = GPU and Python are no obstacle: only the driver is below { $floor }
    .hint-fail-driver-2 = Update the driver to { $floor } or newer with the tool that installed it, restart, and ask again: lessons torch plan
    .hint-fail-python-1 = Driver and GPU are no obstacle: only the Python is, { $python }
    .hint-fail-python-2 = Make an environment with one of these: { $pythons }. lessons check torch.wheel-exists prints the command
    .pass = torch { $torch } with tag { $tag } fits Python { $python }, the driver and every GPU: { $index }
    .pass-cpu = There is no NVIDIA GPU here; the CPU build of torch { $torch } fits Python { $python }: { $index }
    .pass-mac = torch { $torch } has a wheel for Python { $python } on macOS, which uses the CPU or Apple's GPU
    .fail = No torch in the bundled table has a wheel for Python { $python } on this system
    .fail-driver = The driver is too old: torch { $torch } ({ $tag }) would fit Python and GPU, and needs driver { $floor } or newer
    .fail-python = Python { $python } is in the way: torch { $torch } ({ $tag }) fits driver and GPU, and has wheels for Python { $pythons }
    .na-installed = No wheel of the bundled table fits this machine, and torch { $version } is installed already: the steps below judge that one
    .fail-gpu = No wheel in the bundled table has code for every GPU of this machine
    .unknown-gpu = For Python { $python } there is torch { $torch } with tags { $tags }; which of them fits depends on the GPU, and that could not be read
    .unknown-driver = For Python { $python } there is torch { $torch } with tags { $tags }; which of them fits depends on the driver, and its version could not be read
    .unknown-platform = The bundled table of { $as-of } does not know the platform { $platform }
    .unknown-table = The bundled table does not say which wheel fits: { $why }
    .fix-uv = With uv: makes an environment with a Python that this wheel is made for
    .fix-venv = Or without uv, where the system's Python is one of them
    .fix-activate = Enters it: type this in each new terminal
    .fix-driver = Installs the driver that Ubuntu recommends; restart afterwards
    .fix-driver-elsewhere = Install a newer driver, where this machine's driver comes from: your distribution's packages, Windows for WSL, the host for a container
    .fix-other-gpu = Choose the GPUs to use with CUDA_VISIBLE_DEVICES and look for a wheel for these, or build PyTorch from source
    .fix-auto = Lets uv choose by the driver; it does not look at the GPU
    .fix-check-driver = Says what is wrong with the driver; come back when it passes

torch-installed = PyTorch is installed
    .title = PyTorch is installed
    .why =
        Packages go to the environment of the pip that installs them. When it is another one than the Python that you
        start, the installation ends well and import torch still says "No module named 'torch'".
    .hint-1 = Install with the environment active, from the folder of PyTorch's index that fits your driver and GPU
    .hint-2 = python -m pip installs for the very python that you type; a plain pip may belong to another one. An environment made by uv has no pip: type uv pip
    .hint-3 = Type: python -m pip install torch torchvision --index-url https://download.pytorch.org/whl/cu130, with your own tag in place of cu130
    .hint-fail-elsewhere-1 = It is installed, in { $where }: which pip put it there?
    .hint-fail-elsewhere-2 = Install it with the environment's own: python -m pip install …, or uv pip install … where uv made the environment
    .undo = Delete the environment's folder; uninstalling torch alone leaves gigabytes of CUDA libraries behind.
    .pass = torch { $version } is installed in { $site }
    .pass-records = torch { $version } is what python imports from { $site }, but the records there say otherwise ({ $records }): pip and uv go by these and may do the wrong thing
    .pass-no-record = torch { $version } is what python imports from { $site }, and nothing there records that it was installed: it was copied, or its record was deleted, and pip and uv can neither replace nor remove it
    .pass-python-path = torch { $version } is what python imports, from { $site }: the variable PYTHONPATH puts that folder before the environment's own packages. If you did not want that: unset PYTHONPATH
    .fail-remains = There is only a part of torch in { $prefix }, { $remains }: import torch fails, and pip may say that it is installed
    .fix-remains = Takes away what is left of it
    .hint-fail-remains-1 = An installation or its removal was cut short
    .hint-fail-remains-2 = Take away what is left, then install again
    .fail-other-pip = torch is not installed in { $prefix }, and the pip that comes first on PATH, { $pip }, installs for another Python: { $python }
    .hint-fail-other-pip-1 = A plain pip is whichever comes first on PATH
    .hint-fail-other-pip-2 = Install with the environment's own: python -m pip install …
    .fail = torch is not installed in { $prefix }
    .hint-fail-pypi-1 = Nothing is installed yet, and without more words pip and uv look on PyPI alone
    .hint-fail-pypi-2 = PyPI has one build of each release. A version with a tag, such as torch==2.9.1+cu126, is only in PyTorch's own index: add --index-url https://download.pytorch.org/whl/cu126
    .hint-fail-no-index-1 = The installer finds nothing at all: which setting keeps it from looking? python -m pip config list
    .hint-fail-no-index-2 = { $source } says no-index. Take that away, and install again
    .hint-fail-cpu-index-1 = Where does the installer look? python -m pip config list
    .hint-fail-cpu-index-2 = { $source } names PyTorch's index of CPU builds. Take that line away before you install
    .fail-pypi = torch is not installed in { $prefix }, and pip and uv look on PyPI alone, which has no version with a tag such as +cu126
    .fail-no-index = torch is not installed in { $prefix }, and { $source } forbids the installer to ask any index
    .fail-cpu-index = torch is not installed in { $prefix }, and { $source } leads the installer to PyTorch's index of CPU builds
    .fix-index-on = First take no-index away, where it is set
    .fix-index = First take the index of CPU builds away, where it is set
    .fail-elsewhere = torch { $version } is installed in { $where }, which the Python of { $prefix } does not look at
    .fix-install = Installs torch { $torch } ({ $tag }), which fits this Python, driver and GPU; several gigabytes
    .fix-auto = Lets uv choose the build by the driver. On GTX 10, V100 and older cards write --torch-backend=cu126 instead

torch-cuda-build = PyTorch is built for CUDA
    .title = PyTorch is built for CUDA
    .why =
        The same version of PyTorch comes with CUDA, without, and for other makers' GPUs, and each installs without a
        word. A CPU build never sees a GPU, whatever the driver: torch.cuda.is_available() is False, and the first
        tensor on the GPU ends with "Torch not compiled with CUDA enabled".
    .hint-1 = Ask torch what it was built for: python -c "import torch; print(torch.__version__, torch.version.cuda)"
    .hint-2 = None means a CPU build. On Windows a plain pip install torch always gives that one, and so do some mirrors
    .hint-3 = Install it again from the right index: python -m pip install --force-reinstall torch torchvision --index-url https://download.pytorch.org/whl/cu130
    .hint-fail-cpu-1 = Look at what follows the plus in { $version }, and at torch.version.cuda
    .hint-fail-cpu-2 = The same release exists with CUDA, on PyTorch's own index. Replace it: python -m pip install --force-reinstall torch torchvision --index-url https://download.pytorch.org/whl/cu130
    .undo = Install the former build again the same way, from https://download.pytorch.org/whl/cpu.
    .pass = torch { $version } is built for CUDA { $cuda }
    .fail-cpu = torch { $version } is a CPU build, and this machine has an NVIDIA GPU: it came from an index or a mirror without CUDA builds, or its tag +cpu was asked for
    .hint-fail-cpu-index-1 = A CPU build again and again: where does the installer look? python -m pip config list
    .hint-fail-cpu-index-2 = { $source } names PyTorch's index of CPU builds. Take that line away, then install torch again from the index of your CUDA
    .hint-fail-cpu-windows-1 = On Windows it matters where torch comes from: PyPI has only CPU builds for it
    .hint-fail-cpu-windows-2 = Name PyTorch's own index: python -m pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu130  -- lessons torch plan tells the tag for your driver and GPU
    .hint-fail-other-1 = The part after the plus in torch { $version } is the build: it is for { $build }
    .hint-fail-other-2 = Install the build for CUDA in its place; lessons torch plan prints the command for your driver and GPU
    .fail-cpu-index = torch { $version } is a CPU build, and this machine has an NVIDIA GPU: { $source } leads the installer to PyTorch's index of CPU builds
    .fix-index = First take the index of CPU builds away, where it is set, or the next installation brings a CPU build again
    .fail-cpu-windows = torch { $version } is a CPU build, and this machine has an NVIDIA GPU: for Windows, PyPI has CPU builds only
    .fail-other = torch { $version } is built for { $build }, and this machine has an NVIDIA GPU
    .na-cpu = There is no NVIDIA GPU here: a CPU build is right
    .na-other = There is no NVIDIA GPU here: a build for { $build } is no mistake
    .na-mac = On macOS there is no CUDA: torch uses the CPU or Apple's GPU
    .unknown-gpu = torch { $version } is built for { $build }; whether that is right depends on an NVIDIA GPU, and none could be looked for
    .fix-reinstall = Replaces it by torch { $torch } built for { $tag }; in a uv project change pyproject.toml instead, or the next uv sync takes it back
    .fix-auto = Replaces it by the build that uv chooses by the driver. On GTX 10, V100 and older cards write --torch-backend=cu126 instead
    .fix-check-driver = Says whether the machine sees an NVIDIA GPU
    .fix-import = Shows what is wrong with the installed torch

torch-driver-new-enough = The driver is new enough
    .title = The driver is new enough for torch
    .why =
        torch brings its own CUDA, and each CUDA major needs a driver of a certain age: 13 needs 580, 12 needs
        525.60.13. Within a major the CUDA version that nvidia-smi shows may be lower than torch's. Since torch 2.11 a
        plain pip install on Linux brings CUDA 13, and an older driver is "too old" for it.
    .hint-1 = Compare the driver's version in nvidia-smi with the CUDA in torch.version.cuda
    .hint-2 = Only the major counts: 13.x needs driver 580 or newer, 12.x 525.60.13 or newer
    .hint-3 = Update the driver with the tool that installed it (on Ubuntu: sudo ubuntu-drivers install) and restart, or install a build for CUDA 12: --index-url https://download.pytorch.org/whl/cu126
    .hint-fail-1 = This torch brings CUDA { $cuda }, and that needs driver { $floor }; yours is { $driver }
    .hint-fail-2 = Update the driver with the tool that installed it (on Ubuntu: sudo ubuntu-drivers install) and restart, or take a build of torch for the CUDA that yours can serve
    .undo = Install the former torch again by its version and tag.
    .pass = Driver { $driver } is new enough for torch's CUDA { $cuda }, which needs { $floor } or newer
    .pass-minor = Driver { $driver } is older than torch's CUDA { $cuda } and runs it all the same: within a major it takes { $floor } or newer
    .pass-observed = Driver { $driver } is below { $floor }, which CUDA { $cuda } asks for, and yet torch was seen computing on the GPU
    .fail = Driver { $driver } is too old for torch { $version }: its CUDA { $cuda } needs { $floor } or newer
    .na-no-cuda = torch { $version } is built without CUDA: the NVIDIA driver does not matter to it
    .unknown-table = The bundled table of { $as-of } does not say which driver CUDA { $cuda } needs
    .fix-driver = Installs the driver that Ubuntu recommends; restart afterwards. This is the better way: it helps everything else too
    .fix-driver-elsewhere = Install a newer driver, where this machine's driver comes from: your distribution's packages, Windows for WSL, the host for a container
    .fix-reinstall = Or keep the driver: replaces torch by { $torch } built for { $tag }, which it runs
    .fix-auto = Or keep the driver: replaces torch by the build that uv chooses by it
    .fix-deep = Lets torch try it on the GPU

torch-gpu-arch-in-wheel = torch has code for every GPU
    .title = torch has code for every GPU
    .why =
        A build of PyTorch holds machine code for certain generations of GPUs. A card that came out after the build, or
        that was dropped from it, finds none: torch sees it, and the first computation ends with "no kernel image is
        available for execution on the device".
    .hint-1 = Compare the GPU's compute capability with torch.cuda.get_arch_list()
    .hint-2 = Code runs on its own generation from its own number on: sm_86 on an 8.9, not on a 9.0. With several cards the oldest decides
    .hint-3 = RTX 50: install a cu128 build or newer. GTX 10, V100 and older: python -m pip install torch==2.14.1 --index-url https://download.pytorch.org/whl/cu126
    .hint-fail-newer-1 = Your card is { $sm }; look for that in torch's list: { $codes }
    .hint-fail-newer-2 = The card is newer than the build. Take a newer one: RTX 50 needs a cu128 build or newer
    .hint-fail-older-1 = Your card is { $sm }; look for that in torch's list: { $codes }
    .hint-fail-older-2 = The build has dropped the card. GTX 10 and V100 are in cu126 builds, the last of which is torch 2.14.1
    .undo = Install the former torch again by its version and tag.
    .pass = torch { $version } has code for every GPU here: { $codes }
    .pass-ptx = torch { $version } has no machine code for { $gpu }, but { $code }, which the driver compiles for it: the first start is slow
    .pass-observed = { $codes } is not known to cover every GPU here, and yet torch was seen computing on them
    .fail-newer = { $gpu } ({ $sm }) is newer than what torch { $version } has code for: { $codes }
    .fail-older = { $gpu } ({ $sm }) is older than what torch { $version } has code for: { $codes }
    .na-no-cuda = torch { $version } is built without CUDA: it has no code for NVIDIA GPUs at all
    .unknown-gpu = Whether { $gpu } runs code for { $codes } cannot be told: { $why }
    .unknown-ptx = For { $gpu } torch has only { $code }, and whether the driver can compile that is not known
    .fix-reinstall = Replaces torch by { $torch } built for { $tag }, which has code for every GPU here
    .fix-auto = Replaces torch by the build that uv chooses by the driver; it does not look at the GPU, so on GTX 10, V100 and older cards write --torch-backend=cu126 instead
    .fix-deep = Lets torch try it on the GPU

torch-companions-paired = The companions go with torch
    .title = The companions go with torch
    .why =
        torchvision and torchaudio hold compiled code that calls into torch. Built for another torch, or for another
        CUDA, they fail in strange words: "operator torchvision::nms does not exist", "libcudart.so.13: cannot open
        shared object file". Installers do not always object.
    .hint-1 = Install torch and its companions with one command, from one index
    .hint-2 = Compare the tags after the plus: +cu126 next to +cpu does not work. torchtext ended with torch 2.3, torchaudio with 2.11
    .hint-3 = For torch 2.8.0: python -m pip install torch==2.8.0 torchvision==0.23.0 torchaudio==2.8.0 --index-url https://download.pytorch.org/whl/cu126
    .hint-fail-requires-1 = Ask the package itself which torch it was made for: { $package } says { $wanted }
    .hint-fail-requires-2 = Install the release of { $package } that goes with torch { $torch }, from the same index
    .hint-fail-libraries-1 = Look at the ends of the names: -cu12 and -cu13 are of different CUDAs
    .hint-fail-libraries-2 = Take out those that do not fit torch's CUDA { $cuda }; what needs them wants an environment of its own
    .hint-fail-build-1 = Look behind the plus of both versions: { $build } and { $torch-build }
    .hint-fail-build-2 = Install { $package } again from the same index as torch, so that both are of one build: lessons torch plan --with { $package } prints the command
    .hint-fail-works-with-1 = The package manager saw no conflict, since { $package } does not write down which torch it was built with
    .hint-fail-works-with-2 = Install the release of { $package } that goes with torch { $torch }; the table in the chapter on PyTorch pairs them
    .hint-fail-ended-1 = torchtext is no longer made; its last release is older than your torch
    .hint-fail-ended-2 = Take it out with: python -m pip uninstall torchtext  -- in an environment made by uv: uv pip uninstall torchtext
    .undo = python -m pip uninstall takes a companion out and leaves torch alone.
    .pass = { $companions } with torch { $torch }
    .pass-alone = torch { $torch } is installed alone
    .fail-requires = { $package } { $version } requires torch { $wanted }, and torch { $torch } is installed
    .fail-build = { $package } { $version } is built for { $build }, and torch for { $torch-build }
    .fail-works-with = { $package } { $version } works with torch { $wanted }, and torch { $torch } is installed; its own metadata does not say so
    .fail-ended = torchtext ended with torch 2.3: { $version } cannot be loaded next to torch { $torch }
    .fail-libraries = { $libraries } belong to another CUDA than torch { $torch }, which uses CUDA { $cuda }: some of them write the same files as torch's own
    .unknown-build = Which CUDA { $package } { $version } is built for could not be read, and it must be that of torch { $torch }
    .unknown-table = The bundled table of { $as-of } does not know { $package } { $version }, and the package does not say which torch it needs
    .fix-companion = Replaces it by the release and build that go with the installed torch
    .fix-uninstall = Takes it out: no release of it goes with the installed torch
    .fix-uninstall-libraries = Takes out the libraries of the other CUDA; a package that needs them wants an environment of its own
    .fix-libraries = Puts back the files of torch's own libraries that went with them
    .fix-import = Shows whether it can be loaded

torch-not-known-bad = No known fault in this release
    .title = No known fault in this release
    .why =
        Some releases of PyTorch are much slower or wrong for one kind of work, and fine for all other. If that work is
        yours, you would search for the fault in your own program first.
    .hint-1 = Known faults are listed in the release notes and issues of PyTorch, with the work that they hit
    .hint-2 = 2.9.0 and 2.9.1 are slow at 3-D convolutions in half precision unless a newer cuDNN is installed
    .hint-3 = If the fault hits your work, install a release without it; if it does not, leave all as it is
    .pass = No fault is known of torch { $version } as of { $as-of }
    .pass-note = torch { $version } has no fault to avoid; worth knowing if you do this: { $workloads }
    .fail = torch { $version } has a known fault that hits { $workload }
    .unknown-perhaps = torch { $version } may have a known fault that hits { $workload }; what it depends on could not be read
    .unknown-table = The bundled table of { $as-of } does not know torch { $version }
    .fix-advice = If this is your work: { $advice }
    .fix-issues = Look through the release notes at https://github.com/pytorch/pytorch/releases

torch-sees-gpu = torch computes on the GPU
    .title = torch computes on the GPU
    .why =
        Everything before can be right, and still a variable hides the GPU or a kernel module is missing. Only a
        computation on each GPU proves it. This takes a few seconds and some memory on each GPU, so it is done only when
        you ask for it.
    .hint-1 = Ask torch: python -c "import torch; print(torch.cuda.is_available())"
    .hint-2 = If it says False, look at CUDA_VISIBLE_DEVICES and at lsmod | grep nvidia_uvm
    .hint-3 = Type: lessons check torch.sees-gpu --deep
    .hint-fail-hidden-1 = nvidia-smi shows every GPU, whatever a variable says; CUDA does not. Which variable?
    .hint-fail-hidden-2 = Type: unset CUDA_VISIBLE_DEVICES, and look for the line that sets it in ~/.bashrc
    .hint-fail-uvm-1 = CUDA needs one more kernel module than nvidia-smi: lsmod | grep nvidia
    .hint-fail-uvm-2 = Type: sudo modprobe nvidia_uvm  -- after a suspend that left it stuck, sudo rmmod nvidia_uvm first
    .hint-fail-gpu-1 = torch sees this GPU and stumbles over it: read what it said, and whether another program fills its memory
    .hint-fail-gpu-2 = Type: sudo dmesg | grep -i xid  -- and: lessons check smi.gpus-healthy
    .hint-fail-wrong-1 = A sum that a child can check came out wrong: do not trust anything that this GPU computes
    .hint-fail-wrong-2 = Type: nvidia-smi -q -d ECC  -- try without overclocking, then the card alone in the machine, then another one
    .hint-fail-hung-1 = The first start of torch may take half a minute, from a network drive minutes: was it only slow?
    .hint-fail-hung-2 = Ask again with more time: lessons check torch.sees-gpu --deep --time-limit 120  -- and look at sudo dmesg | grep -i xid
    .pass = { $count ->
        [one] torch { $version } computes on { $names }
       *[other] torch { $version } computes on { $count } GPUs: { $names }
    }
    .fail = torch { $version } cannot use the GPU, and nothing here tells why: { $words }
    .fail-hidden = CUDA_VISIBLE_DEVICES="{ $value }" hides every GPU from torch
    .fail-uvm = The kernel module nvidia_uvm is missing: nvidia-smi works without it, CUDA does not
    .fail-wrong = { $gpu } computed a wrong result: { $sum }
    .fail-gpu = { $gpu } cannot compute: { $words }
    .fail-hung = torch was still computing at the time limit
    .na-no-cuda = torch { $version } is built without CUDA: it computes on the CPU
    .unknown-not-asked = Whether torch { $version } computes on the GPU was not tried
    .fix-deep = Starts Python, and lets each GPU multiply two small matrices and convolve a small image
    .fix-unset = Shows the GPUs again to what is started from this terminal; look for the line that sets the variable in ~/.bashrc
    .fix-modprobe = Loads the module; after a suspend that left it stuck: sudo rmmod nvidia_uvm first
    .fix-reboot = Restarts the machine, if nothing else helps: save your work first
    .fix-ask = Prints torch's own reason
    .fix-health = Says whether the GPUs are in order
    .fix-import = Shows what is wrong with the installed torch
