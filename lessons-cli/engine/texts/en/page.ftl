# The controls of the book's pages. Their script puts the values in; a value that it does not have stays in braces.

# What a step's card says of its state
page-state-pass = Done
page-state-fail = Not done
page-state-blocked = Waits
page-state-not-applicable = Does not apply here
page-state-unknown = Cannot tell
page-state-marked = Marked as done by you
page-state-skipped = Skipped by you
page-state-regressed = Worked once, fails now
page-on-own = this machine
page-on-examples = Recorded examples
page-evidence = What it was seen from
page-examples = On recorded machines
page-fix = What to do now
page-sudo = { card-sudo }
page-said-on = As seen on { $machine }
page-said-before = As it was on { $machine } at { $time }

# Buttons
page-check = Check now
page-checking = Checking …
page-mark = Mark as done
page-unmark = Not done after all
page-skip = Skip
page-unskip = Do not skip
page-copy = Copy to clipboard
page-copied = Copied

# Which machine is shown
page-machine = Machine
page-machine-why = The cards show what the checks say on this recorded machine
page-example = See it on another machine
page-example-none = Choose a recording

# Whether what is shown is as it is now
page-live = Live: what you see is how it is now
page-connecting = Connecting …
page-lost = Not connected: showing what was last seen at { $time }
page-lost-never = Not connected to lessons serve, so nothing is known of this machine
page-problem = The machine cannot be read: { $reason }. Last seen: { $time }
page-recording = A recorded machine is shown, not yours
page-recording-file = A recorded machine is shown, not yours; the page follows the file that it is read from
page-refused = lessons serve did not do it: { $reason }
page-unreachable = lessons serve does not answer; is it still running in your terminal?
page-not-kept = This browser keeps nothing, so marks are forgotten when you leave this page

# Progress
page-progress-label = Your progress
page-progress = { $done } of { $total } steps done
page-progress-book = The whole book: { $done } of { $total } steps done
page-tick-chapter = { $done } of { $total } done
page-tick-step = done
page-continue = Continue where you left
page-start = Start with the first step
page-next = Next: { $title }
page-last = Last read: { $title }
page-all-done = Every step is done.
page-changed = { $title }: { $reason }

# A recorded output, and in its place that of the shown machine
page-swap = Show it on { $machine }
page-swap-back = Show the book's example
page-swapped = This is { $machine }.
page-swapped-back = This is the book's example again
page-swapped-from = on { $machine }
page-swap-none = There is none on { $machine }. { $reason }

# Pasted output
page-read-label = Paste what your terminal shows
page-read-hint = What nvidia-smi, nvidia-smi topo -m, ubuntu-drivers devices, nvcc --version or collect_env printed, or a wheel's name. It stays on this machine.
page-read-button = Explain it
page-read-empty = Nothing was pasted
page-read-done = Explained below
