# Texts of `lessons quiz`: the questions, the answers that are sentences, and why an answer is right (`-why`).

## The command itself

quiz-lead = { $count ->
        [one] One question
       *[other] { $count } questions
    }, seed { $seed }. Answer with a letter; Enter skips, Ctrl-D ends. The machines are recorded ones, the load in their tables is made up
quiz-number = Question { $number } of { $count }
quiz-about-machine = The machine: { $machine }
quiz-your-answer = Your answer:
quiz-right = Right
quiz-wrong = No: { $letter }) { $answer }
quiz-skipped = The answer: { $letter }) { $answer }
quiz-not-a-choice = Answer with one of the letters { $letters }
quiz-see-step = lessons show { $step }
quiz-score = { $right } of { $asked } right
quiz-again = The same questions again: lessons quiz{ $lesson ->
        [all] {""}
       *[other] {" "}{ $lesson }
    } --seed { $seed } --count { $count }
quiz-none = There is nothing to ask about this

## Several lessons

quiz-first-failure = { $summary } Which step of the lesson { $lesson } fails there?

## Driver

quiz-driver-package = Which of these drivers can serve a card of the family { $card }?
quiz-driver-with-open = driver { $branch } with the open kernel modules
quiz-driver-with-closed = driver { $branch } with the closed kernel modules
quiz-driver-open-required-why = { $card } is of the generation { $arch }: only the open kernel modules drive it; the closed ones find no device
quiz-driver-open-supported-why = { $card } is of the generation { $arch }: the open and the closed kernel modules drive it, and the open ones are the default since driver 560
quiz-driver-open-impossible-why = { $card } is of the generation { $arch }: the open kernel modules cannot drive it, only the closed ones
quiz-driver-last-branch = Which is the last driver branch that supports a card of the family { $card }?
quiz-driver-last-branch-why = Branch { $branch } is the last one that supports { $card }; newer drivers do not know the card any more
quiz-driver-modules = Which kernel modules drive a card of the family { $card }?
quiz-driver-modules-open = only the open ones
quiz-driver-modules-both = the open and the closed ones
quiz-driver-modules-closed = only the closed ones
quiz-driver-recommended = Of this list for the { $model }, with one word taken out: how does Ubuntu say which package it would install?
quiz-driver-recommended-newest = It is always the highest number, { $branch }
quiz-driver-recommended-word = The word "recommended" stands at the end of its line
quiz-driver-recommended-first = It is always the first line of the list
quiz-driver-recommended-cuda = It depends on the CUDA toolkit that is installed
quiz-driver-recommended-why = Here it stands at { $package }; the highest number in the list is { $newest }. Recommended does not mean newest: branches for production come before those with new features

## nvidia-smi

quiz-smi-most-power = Which GPU draws the most power now?
quiz-smi-most-power-why = { $gpu } draws { $watts } W: the first number of Pwr:Usage/Cap
quiz-smi-most-memory-free = A model needs as much free memory as it can get. Which GPU do you give it?
quiz-smi-most-memory-free-why = { $gpu } has { $mib } MiB free: what is used, taken from the total
quiz-smi-holds-memory = Which process holds the most memory?
quiz-smi-holds-memory-why = { $process } holds { $mib } MiB, by the last column of the list below the GPUs
quiz-smi-gpu-of-process = On which GPU does the process { $pid } run?
quiz-smi-gpu-of-process-why = The first column of the list names the GPU: { $process } runs on { $gpu }
quiz-smi-watts-left = How much more power may { $gpu } draw before it reaches its limit?
quiz-smi-watts-left-why = It draws { $draw } W, and its limit is { $limit } W: { $left } W are left
quiz-smi-column = What does the field { $column } tell?
quiz-smi-word = In the field { $column } stands { $value }. What does this say?

## Persistence

quiz-persistence-after-restart = What will Persistence-M show after a restart?
quiz-persistence-on = On
quiz-persistence-off = Off
quiz-persistence-no-daemon-why = There is no service that switches it on, and what nvidia-smi -pm 1 set is forgotten at a restart
quiz-persistence-daemon-keeps-why = The service starts with the machine, and its command does not say --no-persistence-mode: it switches persistence mode on
quiz-persistence-daemon-without-mode-why = The service starts, but its command says --no-persistence-mode: it runs and leaves the mode off. What nvidia-smi -pm 1 set is forgotten
quiz-persistence-daemon-not-started-why = The service is there, but nothing starts it with the machine
quiz-persistence-how-many = On how many GPUs is persistence mode on?
quiz-persistence-how-many-why = { $on ->
        [0] It is off on all of them
        [one] It is on on one of them
       *[other] It is on on { $on } of them
    }: the word under Persistence-M, to the right of the name
quiz-persistence-service-line = Ubuntu starts nvidia-persistenced with --no-persistence-mode. Which text, below [Service] in a drop-in file, keeps persistence mode on after a restart?
quiz-persistence-service-line-why = The empty ExecStart= forgets the packaged command, and the next line sets one with --persistence-mode. A second command without the empty line would be added to the first, which this kind of service refuses

## Topology

quiz-topology-pair = A job needs two GPUs that exchange much data. Which pair do you give it?
quiz-topology-pair-why = { $link } is the nearest way between two of these GPUs
quiz-topology-between = How does data get from { $first } to { $second }?
quiz-topology-between-why = Where the row of { $first } meets the column of { $second } stands { $link }
quiz-topology-nvlinked = How many pairs of GPUs are joined by NVLink?
quiz-topology-nvlinked-why = { $pairs ->
        [0] No cell of two GPUs says NV: whatever they exchange goes over PCI Express
        [one] One pair has NV and a number where row and column meet
       *[other] { $pairs } pairs have NV and a number where row and column meet
    }
quiz-topology-cores = On which processor cores does a program belong that feeds { $gpu }?
quiz-topology-cores-why = The column CPU Affinity says { $cores } beside { $gpu }

## CUDA

quiz-cuda-three-driver = Which is the newest CUDA that the driver supports?
quiz-cuda-three-driver-why = The head of nvidia-smi shows it: { $cuda }. It is there although no toolkit may be installed
quiz-cuda-three-toolkit = Which CUDA compiles a .cu file here?
quiz-cuda-three-toolkit-why = The toolkit's, which nvcc tells: { $cuda }
quiz-cuda-three-torch = Which CUDA does PyTorch compute with here?
quiz-cuda-three-torch-why = The one that its wheel brought along, torch.version.cuda: { $cuda }. The toolkit plays no part in it
quiz-cuda-driver-for = Which of these drivers (Linux) runs programs that are built with CUDA { $cuda }?
quiz-cuda-driver-for-why = Within CUDA { $major } the floor of the whole major counts: driver { $floor } or newer
quiz-cuda-ceiling = Which CUDA version does nvidia-smi show with driver { $driver }?
quiz-cuda-ceiling-why = Branch { $branch } shows { $cuda }
quiz-cuda-gcc = Which of these compilers does nvcc of CUDA { $cuda } accept?
quiz-cuda-gcc-why = nvcc of CUDA { $cuda } takes gcc up to { $max }, and stops with "unsupported GNU version!" at a newer one
quiz-cuda-ubuntu = Ubuntu { $ubuntu } comes with gcc { $gcc }. Which toolkit's nvcc works with it, without another compiler?
quiz-cuda-ubuntu-why = CUDA { $cuda } is the oldest toolkit that accepts gcc { $gcc }
quiz-cuda-inside-linux = Which of these toolkits' runfiles for Linux brings a driver along, so that you have to leave it out?
quiz-cuda-not-inside-linux = Which of these toolkits' runfiles for Linux brings no driver along?
quiz-cuda-inside-windows = Which of these toolkits' installers for Windows brings a driver along?
quiz-cuda-not-inside-windows = Which of these toolkits' installers for Windows brings no driver along?
quiz-cuda-inside-why = The last one with a driver inside is CUDA { $last }
quiz-cuda-extension = nvcc is of CUDA { $nvcc }, and torch.version.cuda says { $torch }. What happens when you build a PyTorch extension?
quiz-cuda-extension-same = It builds without a word about versions
quiz-cuda-extension-minor = It builds, with a warning about another minor version
quiz-cuda-extension-major = It stops: the detected CUDA version mismatches the one that PyTorch was compiled with
quiz-cuda-extension-why = PyTorch compares { $nvcc } with { $torch }: another major is an error, another minor a warning

## PyTorch

quiz-torch-host-linux = On Linux { $arch } with glibc { $glibc } and Python { $python }, which file of torch { $torch } installs?
quiz-torch-host-windows = On Windows { $arch } with Python { $python }, which file of torch { $torch } installs?
quiz-torch-host-macos = On macOS 15 { $arch } with Python { $python }, which file of torch { $torch } installs?
quiz-torch-wheel-why = Python { $python } is { $tag }, and a plain one needs it twice: as the Python tag and as the ABI tag, without a t
quiz-torch-part = What does { $part } stand for in { $wheel }?
quiz-torch-companion = Which torchvision belongs to torch { $torch }?
quiz-torch-companion-why = torchvision { $torchvision } asks for torch { $torch }
quiz-torch-index = Which folder of PyTorch's own index holds torch { $torch }?
quiz-torch-index-why = torch { $torch } was built for { $tags } (as of { $as-of }). There are only the folders that PyTorch builds for, not one for each CUDA
quiz-torch-driver = The driver is { $driver }. Which of these builds of PyTorch does it run?
quiz-torch-driver-why = A build for CUDA { $major } needs driver { $floor } or newer
quiz-torch-card = The card: { $card } (compute capability { $cc }). Which of these builds has code for it?
quiz-torch-card-why = Code runs on the same major with an equal or higher minor, and { $cc } is { $sm }. { $build }, for one, has only { $codes }
quiz-torch-python = Which of these Pythons does torch { $torch } have wheels for?
quiz-torch-python-why = torch { $torch } has wheels for Python { $pythons }
quiz-torch-plain-linux = On Linux x86_64, which build does pip install torch=={ $torch } bring, without an index URL?
quiz-torch-plain-windows = On Windows, which build does pip install torch=={ $torch } bring, without an index URL?
quiz-torch-plain-why = pypi.org's file of torch { $torch } for this system is the build { $build }
