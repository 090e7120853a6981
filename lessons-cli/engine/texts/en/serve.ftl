# What `lessons serve` says.

serve-ready =
    The book is open at { $address }
    It shows: { $machine }. Only this computer can open it. Ctrl-C ends it.
serve-from = The pages are made from { $root }
serve-tunnel =
    From another computer: ssh -N -L { $port }:127.0.0.1:{ $port } HOST, and open the same address there
serve-other-port =
    { $known ->
        [yes] Port { $taken } is taken by { $by }; taking { $port }
       *[no] Port { $taken } is taken; taking { $port }
    }
serve-this-machine = This machine
serve-this-machine-summary = The machine that lessons serve runs on, as it is now.
