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

check-totals = { $machine }: { $pass } pass, { $fail } fail, { $blocked } blocked, { $na } not applicable, { $unknown } unknown
check-recommended = (recommended)
step-required = required
step-recommended = recommended
guide-regressed = worked once; fails since { $since }
guide-marked-done = you marked it as done
guide-skipped = you skipped it
guide-next = Next: { $title }
guide-page = Read: { $page } · More help: lessons hint { $step }
guide-all-done = Nothing is left to do here. To see torch use the GPU: lessons check --deep
show-needs = Needs: { $needs }
show-undo = To take it back
card-after = after
card-do = Do
card-check = Check
card-done = Done
card-not-done = Not done
card-on = on
card-undo = Undo
card-told-by = Told by { $step }
card-not-told = No check can see it
finding-driver-first = Mend the driver first: as long as none answers, uv and pip take the build for the processor alone. This step then names the command
finding-set-aside = Every GPU here is set aside for virtual machines ({ $driver }): this belongs into the machine that gets one
card-sudo = As administrator
card-hint = A hint
card-another-hint = Another hint

# What is wrong with a command line.
usage-unknown-name = there is no { usage-kind } "{ $name }"; { $list } shows all
usage-unknown-name-near = there is no { usage-kind } "{ $name }"; did you mean { $near }? ({ $list } shows all)
usage-kind = { $what ->
        [step] step
        [step-or-lesson] step or lesson
        [machine] machine
        [exercise-or-machine] exercise or machine
        [kind-of-output] kind of output
        [table] table
        [symptom] symptom
        [lesson] lesson
        [picture] picture
       *[other] name
    }
usage-one-standard-input = the text and the machine cannot both come from standard input: give the machine as a file
usage-no-such-hint = { $step } has hints 1 to { $count }, and no hint { $level }
usage-practice-not-linux = tried to practise on { $name }: its shell is not played: practice machines run Linux
usage-index-needs-build = { $index } keeps a folder for each build: say which, with --cuda 12.6
usage-index-no-nightlies = { $index } is not known to keep nightlies; official does
usage-index-unknown = { $index } is no address, no file and no index known by name: those are { $names }
