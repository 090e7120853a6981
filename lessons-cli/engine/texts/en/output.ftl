# Outputs of a machine that a page shows in the place of a recorded one: what they were made from, or why there is none.

output-drawn-smi = Drawn from what the driver's library (NVML) answers; nvidia-smi itself was not run.
output-drawn-wheel = Put together from what was written down when torch was installed, in { $file }
output-none = There is no such output of a machine.
output-no-nvml = There is no table, since the driver's library (NVML) gives no answer: { $reason }.
output-no-gpu = There is no table: the driver's library (NVML) answers, and sees no GPU.
output-no-torch = No torch is installed in the Python environment that the checks look at.
output-no-record = Torch is installed ({ $file }), but its wheel's name is written down nowhere.
output-unread = There is nothing to show of { $tried }: { $reason }.
output-empty = { $command } printed nothing.
output-unusual = { $command } printed something else: { $text }
