# What `lessons serve` says.

serve-ready =
    The book is open at { $address }
    It shows: { $machine }. { $others ->
        [yes] Ctrl-C ends it.
       *[no] Only this computer can open it. Ctrl-C ends it.
    }
serve-others =
    { $known ->
        [yes] Others can open it too, at { $address }
       *[no] Others can open it too, at any address that this computer has
    }
      There is no password, and what is sent is not encrypted.
      Whoever can reach it sees what the checks say of this machine: driver, GPUs and what uses them, versions, paths.
      They can have it checked again, and mark your steps as done or skipped.
      They can run no command and open no file.
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
