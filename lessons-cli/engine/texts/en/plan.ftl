### What `lessons torch plan` says.

plan-chosen-cuda = torch { $torch }, built for CUDA { $cuda } ({ $tag })
plan-chosen-cpu = torch { $torch }, built for the CPU
plan-chosen-mac = torch { $torch }, for the CPU and Apple's GPU
plan-chosen-other = torch { $torch }, built for { $tag }
plan-none = Nothing fits
plan-asked = What was asked
plan-why = Why this one
plan-warnings = Look out
plan-why-not = How it was understood
plan-rejected = Passed over
plan-rejected-more = { $count ->
    [one] one more reason: --json shows it
   *[other] { $count } more reasons: --json shows them
}
plan-alternatives = Otherwise
plan-remarks = Good to know
plan-pyproject = In a uv project, with these lines in { $file }
plan-wheel = Wheel
plan-wheel-size = { $size } MB
plan-wheel-expected = its name by PyTorch's own pattern
plan-as-of = As of { $as-of }, from the bundled snapshot. lessons torch plan --live asks the index now
plan-as-of-live = The index was asked now; the tables are of { $as-of }

plan-input-driver = driver
plan-input-cuda = CUDA
plan-input-gpu = GPU
plan-input-python = Python
plan-input-system = system
plan-input-torch = torch
plan-input-with = with
plan-input-mirror = from
plan-input-unknown = not known
plan-input-any = any

plan-source-assumed = assumed

plan-why-driver = driver { $driver } is too old: CUDA { $cuda } needs { $floor } or newer
plan-why-driver-cuda = a machine with CUDA { $host } need not have the driver that CUDA { $cuda } asks for, which is { $floor } or newer
plan-why-driver-none = needs driver { $floor } or newer
plan-why-code = no code for { $gpu } ({ $sm }): it has { $codes }
plan-why-ptx = for { $gpu } ({ $sm }) only { $code }, and this driver is too old to compile it
plan-why-dropped = drivers after { $branch } no longer support { $gpu } ({ $sm })
plan-why-before-gpu = this driver is older than { $gpu } ({ $sm }), which drivers know from branch { $branch } on
plan-why-python = no wheel for Python { $python }; there are some for { $pythons }
plan-why-system = needs { $needs } or newer, and this system has { $has }
plan-why-platform = no wheel for { $platform }
plan-why-musl = no wheel for musl: PyTorch builds for GNU's C library, so use a distribution or an image that has that
plan-why-not-listed = not there, on { $mirror }
plan-why-pypi-build = PyPI has one build of each release, and for { $platform } it is { $tag }: use PyTorch's own index
plan-why-yanked = its makers took it back
plan-why-fault = known fault { $fault } ({ $severity }), which hits { $workload }
plan-why-companion = there is no { $package } for it, or none that Python { $python } takes
plan-why-unlisted = whether the index has it is not known, as of { $as-of }
plan-why-unknown = not known: { $why }
plan-why-gpu-unknown = { $gpu } is not in the table of { $as-of }, and it is not judged by its neighbours. Give its compute capability: nvidia-smi --query-gpu=compute_cap --format=csv, then --gpu 8.9
plan-why-torch-newer = { $asked } is newer than { $last }, the newest release in the table of { $as-of }
plan-why-torch-not-judged = there are wheels of { $asked }, but the table begins with { $first }: which driver and GPU they need is not known
plan-why-no-such-build = there is no { $tag } build of what was asked for; torch { $torch } has { $tags }
plan-why-macos = there is no { $tag } build for macOS: the one build that there is uses the CPU and Apple's GPU (MPS)
plan-why-no-kind = no { $kind } build of torch { $torch } is known
plan-why-build-not-judged = there are wheels of a { $tag } build, but the table does not say what they run on; of torch { $torch } it has { $tags }
plan-why-no-such-torch = no release is { $asked }; the table of { $as-of } has { $first } to { $last }

plan-when-same-release = The same release for another CUDA
plan-when-same-release-rocm = The same release for another ROCm
plan-when-without-fault = If your work is { $workload }
plan-when-faulty = Newer, if your work is not { $workload }
plan-when-driver = With driver { $floor } or newer
plan-when-older-driver = With a driver below { $below } ({ $floor } or newer)
plan-when-last-driver = With a driver of branch { $branch }, the last one for this GPU
plan-when-python = With Python { $python } (uv venv --python { $python })
plan-when-python-and-driver = With Python { $python } (uv venv --python { $python }) and driver { $floor } or newer
plan-when-without-gpu = Without { $gpu }: hide it with CUDA_VISIBLE_DEVICES
plan-when-torch = Another release of torch
plan-when-alone = Without the companions
plan-when-gpu = For an NVIDIA GPU from RTX 20 on, with driver { $floor } or newer
plan-when-mac = On a Mac
plan-when-cpu = Runs everywhere, and never sees a GPU

plan-note-no-gpu = There is no NVIDIA GPU in this machine ({ $source }), so this is the build for the CPU. For another machine give --driver and --gpu
plan-note-no-gpu-found = Neither an NVIDIA GPU nor its driver was found here ({ $unread }), so this is the build for the CPU. If there is a GPU, its driver comes first: lessons check driver. For another machine give --driver and --gpu
plan-note-gpu-without-driver = There is an NVIDIA GPU, but its driver does not answer ({ $unread }): install the driver first, lessons check driver. What is said below is for a current driver and a GPU from RTX 20 on
plan-note-environment = Make an environment first, and install into that: lessons show torch.environment
plan-note-python-assumed = Python { $python } is assumed: uv venv --python { $python } makes an environment with it
plan-note-installed-same = torch { $version } ({ $build }) is installed already
plan-note-installed-other = torch { $version } ({ $build }) is installed; the command replaces it
plan-note-wsl = In WSL the driver is that of Windows; never install a Linux driver there
plan-note-macos = On macOS there is no CUDA: the one build that there is uses the CPU and Apple's GPU (MPS)
plan-note-rocm = For AMD's GPUs, on Linux alone. Whether your GPU and its driver are supported is not judged here: see AMD's own list
plan-note-xpu = For Intel's GPUs. Whether your GPU and its driver are supported is not judged here: see Intel's own list
plan-note-cuda = CUDA { $cuda } of the machine does not choose the wheel, which brings its own CUDA: it only says how new the driver is at least. The driver and the GPU decide; --driver is more exact
plan-note-cuda-newer = CUDA { $cuda } is newer than the table of { $as-of }. A driver that new runs programs of every older CUDA; whether it still supports your GPU is not known
plan-note-driver-newer = Driver { $driver } is not in the table of { $as-of }. A newer driver runs programs of every older CUDA; whether it still supports your GPU is not known
plan-note-driver-needed = The driver is not known: CUDA { $cuda } needs { $floor } or newer
plan-note-gpu-needs-driver = { $gpu } ({ $sm }) needs a newer driver than the wheel: branch { $branch } or newer
plan-note-cuda-before-gpu = No driver that shows CUDA { $cuda } knows { $gpu } ({ $sm }): it needs branch { $branch } or newer. If { $cuda } is your toolkit, that is no contradiction; the first line of nvidia-smi shows the driver
plan-note-driver-enough = Driver { $driver } runs CUDA { $cuda }, which needs { $floor } or newer
plan-note-driver-enough-cuda = Every driver that shows { $driver } runs CUDA { $cuda }, which needs { $floor } or newer
plan-note-driver-minor = Driver { $driver } is older than CUDA { $cuda } and runs it all the same: within a major { $floor } or newer is enough
plan-note-driver-minor-cuda = A driver that shows { $driver } is older than CUDA { $cuda } and runs it all the same: within a major { $floor } or newer is enough
plan-note-gpu-not-known = The GPU is not known: the wheel has code for { $codes }. Give --gpu if yours is older or newer
plan-note-gpu-runs = { $gpu } ({ $sm }) runs the wheel's { $code }
plan-note-gpu-ptx = { $gpu } ({ $sm }) has no code of its own in the wheel; the driver compiles { $code } for it, so the first start is slow
plan-note-several-gpus = Of several GPUs the oldest decides: { $gpu } ({ $sm })
plan-note-jetson = Jetson's own builds come from NVIDIA, with its JetPack; see NVIDIA's pages for yours
plan-note-fault = Known fault { $fault } ({ $severity }), only for { $workload }: { $symptom }. What helps: { $advice }
plan-note-wheel-not-seen = The snapshot knows that torch { $torch } is there for { $tag }, but has not seen this file. lessons torch plan --live looks there now
plan-note-glibc = The wheel needs glibc { $glibc } or newer: ldd --version shows yours
plan-note-macos-version = The wheel needs macOS { $version } or newer; on an older one pip and uv take an older release
plan-note-windows = A plain pip install torch on Windows gives a build without CUDA: the index is a must
plan-note-pypi = A plain pip install of this version gives { $tag } instead
plan-note-newest-for-cuda = The newest torch seen for { $tag } is { $torch }, for Python { $pythons }; its wheels are too old for what is asked
plan-note-newest-for-cuda-not-judged = The newest torch seen for { $tag } is { $torch }, and it has wheels for Python { $python }: torch=={ $torch } with --index-url { $url }. The table begins with { $first }, so which driver and GPU it needs is not judged here
plan-note-companion = { $package } { $version } asks for torch { $torch } itself (its metadata, { $as-of })
plan-note-companion-undeclared = { $package } { $version } goes with torch { $torch }; its metadata does not say so ({ $as-of })
plan-note-torchaudio = 2.11.0 is the last torchaudio: it takes every torch from 2.11 on, as long as both have the same CUDA. Its load() needs torchcodec
plan-note-torchtext = torchtext ended with 0.18.0, which goes with torch 2.3 at most. pip and uv put it next to newer ones all the same, where it cannot be loaded
plan-note-torchtext-not-seen = Whether the folder { $tag } has torchtext { $version } was not seen. If pip does not find it there, leave it out of the command and install it from PyPI behind it: pip install torchtext=={ $version }. It has no CUDA part, and takes the torch that is there
plan-note-torchcodec = torchcodec uses the FFmpeg of your system for video and sound, which does not come with it; images need none
plan-note-mirror = { $title } may lag behind, and was not asked: open { $url } and look before installing (as known on { $as-of })
plan-note-numpy = This torch is older than 2.3 and was built for NumPy 1: add "numpy<2" to the command, or import torch warns and tensor.numpy() fails
plan-note-from-pypi = PyPI and its copies have one build of each release, here { $tag }; builds for another CUDA are on PyTorch's own index
plan-note-mirror-form = The address is taken for an index. If it is a flat folder of files, give find-links: before it
plan-note-plain-http = The address is not encrypted: what is installed could be changed on its way. pip refuses it without --trusted-host
plan-note-find-links = A flat folder is no index: --find-links names it, and an index of PyPI serves what torch depends on. That index has a torch of its own, so the version is pinned with its +tag
plan-note-extra-index = --index-url, not --extra-index-url: with that one pip looks at PyPI too and takes whichever version is higher, so you may get another build, or a stranger's package

plan-usage-driver-and-cuda = tried to plan with both --driver { $driver } and --cuda { $cuda }: both say how new the driver is. Give --driver alone, which is more exact; a toolkit's CUDA chooses nothing, since a wheel brings its own
plan-usage-driver-contradicts-cuda = tried to plan with both --driver { $driver } and --cuda { $cuda }: they contradict each other, since driver { $driver } shows CUDA { $most } at most. If { $cuda } is your toolkit, leave --cuda out: a wheel brings its own CUDA. If nvidia-smi shows { $cuda }, read the driver's version in its first line again, and give that alone

plan-live-other-project = tried to read { $page } as the page of { $project }: it lists { $other }, and no { $project }; is it the address of an index of PyTorch's wheels?
plan-live-failed = { $why } (without --live the plan is made from the list of { $as-of })
