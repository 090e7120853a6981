# Texts that belong to no single step.

lesson-driver = Install the driver
lesson-smi = Read nvidia-smi
lesson-persistence = Keep the driver loaded
lesson-topology = See how the GPUs are wired
lesson-cuda = Install CUDA
lesson-torch = Install PyTorch

finding-unknown = Could not tell: { $tried }: { $why }
finding-blocked = Waits for { $need }
finding-blocked-by-cause = Waits for { $need }, which waits for { $cause }
