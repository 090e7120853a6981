# Texts of the lesson `topology`.

topology-read = The wiring is known
    .title = The wiring is known
    .why =
        Two GPUs that share an NVLink bridge talk many times faster than two that must go through the processors. The
        matrix tells which pairs are which, so that you can choose the right ones for a job on several GPUs.
    .hint-1 = There is a command that prints every pair of GPUs and what lies between them
    .hint-2 = In its matrix, NV followed by a number is NVLink, PIX and PXB stay below one bridge, SYS goes through two processors
    .hint-3 = Type: nvidia-smi topo -m
    .pass = { $gpus } GPUs without NVLink; the closest pair is { $first } and { $second } ({ $link })
    .pass-nvlink = { $gpus } GPUs, { $pairs ->
        [one] 1 pair
       *[other] { $pairs } pairs
    } with NVLink; for a job on two GPUs take { $first } and { $second } ({ $link })
    .pass-one = One GPU: there is nothing to choose
    .unknown-no-matrix = nvidia-smi topo -m printed no matrix
    .na-wsl = WSL does not show how GPUs are wired
    .na-sandbox = This place does not show how GPUs are wired
    .na-not-linux = nvidia-smi prints the matrix only on Linux; this is { $os }
    .fix-run = Prints the matrix, or why it cannot

topology-numa = GPUs and processors are matched
    .title = GPUs and processors are matched
    .why =
        A machine with two processors, or one that is split into parts, has memory that is near to one GPU and far from
        another. Programs that feed a GPU run best on the cores next to it; the columns CPU Affinity and NUMA Affinity name them.
    .hint-1 = Look at the columns to the right of the matrix
    .hint-2 = lscpu shows how many NUMA nodes the machine has; with one node there is nothing to do
    .hint-3 = Run a program next to its GPU with: numactl --cpunodebind=N --membind=N program
    .pass = { $nodes } NUMA nodes; the GPUs are on node { $used }
    .pass-one = One NUMA node: every GPU is equally near to all memory
    .fail = The firmware does not say to which of { $nodes } NUMA nodes the GPU at { $address } belongs
    .na-wsl = WSL does not show how GPUs are wired
    .na-sandbox = This place does not show how GPUs are wired
    .na-not-linux = This check reads Linux' view of the hardware; this is { $os }
    .fix-lscpu = Shows the NUMA nodes and their cores
    .fix-firmware = Look in the firmware's set-up for NUMA, "NPS" or SR-IOV settings; in a virtual machine, ask its host
