# Words of the book's pictures (engine/src/draw). What a machine says is put in as it says it.

picture-topology = How the GPUs are wired
picture-topology-node = NUMA node
picture-topology-no-node = NUMA node not known
picture-topology-cpus = CPUs
picture-topology-each = each with each

picture-versions = Three CUDA versions, and where each comes from
picture-versions-ceiling = The driver's ceiling
picture-versions-ceiling-shown = nvidia-smi: { $number }
picture-versions-ceiling-from = The newest CUDA that the driver's own library, libcuda, supports. It is there without any toolkit
picture-versions-toolkit = The toolkit
picture-versions-toolkit-shown = nvcc --version: { $number }
picture-versions-toolkit-from = What compiles CUDA code in this terminal. It is there only if somebody installed it
picture-versions-torch = PyTorch's own
picture-versions-torch-shown = torch.version.cuda: { $number }
picture-versions-torch-from = The CUDA libraries that the wheel brought along. The driver has to be new enough for this one
picture-versions-none = none
picture-versions-unknown = not known

picture-stack = Driver, toolkit and wheel: what stands on what
picture-stack-program = Your Python program
picture-stack-wheel = PyTorch's wheel
picture-stack-wheel-brings = brings the libraries of CUDA { $cuda } along
picture-stack-wheel-without = without CUDA
picture-stack-no-wheel = no torch
picture-stack-toolkit = The toolkit
picture-stack-toolkit-for = only to compile CUDA code
picture-stack-no-toolkit = no nvcc
picture-stack-needs = asks the driver, which must be new enough
picture-stack-needs-floor = asks the driver, which must be { $driver } or later
picture-stack-library = The driver's library
picture-stack-library-is = libcuda.so, in your program
picture-stack-module = The driver's module
picture-stack-module-is = nvidia.ko, in the kernel
picture-stack-gpu = The GPU
picture-stack-unknown = not known

picture-boot = What happens at the start, with nouveau and without
picture-boot-start = The kernel starts
picture-boot-start-how = from the initramfs, a small system with its own copy of the files in modprobe.d
picture-boot-question = It finds the card and looks for its driver
picture-boot-question-where = Does one of those files say: blacklist nouveau?
picture-boot-without = No
picture-boot-without-how = a fresh system
picture-boot-with = Yes
picture-boot-with-how = NVIDIA's packages bring the line
picture-boot-loaded = nouveau is loaded
picture-boot-loaded-how = and takes the card
picture-boot-passed-over = nouveau is passed over
picture-boot-passed-over-how = and the card stays free
picture-boot-held = nvidia.ko gets no card
picture-boot-held-how = one driver holds a card at a time
picture-boot-nvidia = nvidia.ko is loaded
picture-boot-nvidia-how = and takes the card
picture-boot-failed = nvidia-smi fails
picture-boot-failed-how = until the line is there and the machine has restarted
picture-boot-answers = nvidia-smi answers
picture-boot-answers-how = and CUDA can use the card

picture-wheel = A wheel's name taken apart
