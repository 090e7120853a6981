# What is said around a practice machine. What its programs print is not here: it is what the real ones print.

practice-how = Type commands, as on a real machine. Nothing that you type reaches yours. Also: goal · hint · check · reset · exit
practice-resumed = It is as you left it; reset takes it back to its start.
practice-reached = The goal is reached.
practice-not-reached = The goal is not reached yet.
practice-reached-now = ✓ The goal is reached. Look around as long as you like; exit leaves.
practice-rebooted = The machine has restarted, and you have logged in again.
practice-was-reset = The machine is at its start again.
practice-left = Left. To go on: lessons practice { $name }
practice-forgotten = { $name } begins at its start the next time.
practice-taken = another terminal is on this practice; this one has a machine of its own, which is not saved
practice-folder-gone = the state folder had gone; it was made again, and nothing that you typed is lost
practice-not-saved = what you type is not saved: { $why }
practice-damaged = what was kept of this practice could not be read and was set aside; it begins anew: { $what }
practice-no-hints = A machine without a story has no hints; lessons hint STEP has one for each step.
practice-list-how = lessons practice NAME · any machine of `lessons machines` can be typed into, too
practice-level-easy = easy
practice-level-medium = medium
practice-level-hard = hard
practice-level-on-call = on call
