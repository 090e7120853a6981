# Why a page of an index could not be fetched or read, and what to try.

fetch-failed = tried to fetch { $url }: { $why }
fetch-address = this address cannot be used: { $why }
fetch-proxy-name = the variable { $name } does not name a proxy (http://HOST:PORT); correct it, or unset it
fetch-proxy = the proxy { $name } does not lead there: { $why }; is it the right proxy for this network?
fetch-no-such-host = the name { $host } has no address here; is this machine online, or behind a proxy that https_proxy should name?
fetch-connection = no connection to { $to }: { $why }; is this machine online, or behind a proxy that https_proxy should name?
fetch-awaited = { $what ->
        [host] the address of its host
        [connection] a connection
        [part] the next part of the page
        [answer] an answer
       *[page] the page
    }
fetch-timed-out = { fetch-awaited } did not come within { $seconds } s; try again, or allow more with --time-limit SECONDS
fetch-timed-out-through = { fetch-awaited } did not come within { $seconds } s through the proxy { $through }; try again, or allow more with --time-limit SECONDS
fetch-certificate = the certificate of { $host } is not trusted: { $why }; if your network has its own certificate authority, add it to the system's (or set SSL_CERT_FILE); never go on without
fetch-tls = no secure connection to { $host }: { $why }
fetch-status-advice = { $kind ->
        [absent] ; there is no such page
        [forbidden] ; such indexes answer so where a page does not exist, or to addresses that they do not serve
        [busy] ; it is busy: try again later
        [asks-who] ; it wants to know who asks, and nobody is told that: give the address of an index that is open to all
        [faulty] ; the fault is there, or at a proxy before it: try again later, or name another index or mirror
       *[other] {""}
    }
fetch-status = the server answered { $status }{ fetch-status-advice }
fetch-status-says = the server answered { $status } ({ $says }){ fetch-status-advice }
fetch-content-type = it answered with { $kind }, which is no page of an index; give the address of the page, not of a file on it
fetch-too-large = the page has { $said } MiB, and no more than { $limit } MiB are read of an index
fetch-too-large-unsaid = the page goes on and on, and no more than { $limit } MiB are read of an index
fetch-redirects = it leads elsewhere more than { $limit } times
fetch-redirect-to-plain = it leads to { $to }, which is not https: anybody on the way could change what comes
fetch-plain = it came over plain http, where anybody on the way could change it; type https://
fetch-protocol = the answer is not good HTTP: { $why }

# Places where wheels are listed: lessons-cli/src/offers.rs.
offers-no-file = tried to read { $path }: there is no such file or folder; an address starts with https://
offers-no-index = tried to read { $url } as an index: { $why }; open it in a browser to see what it is
offers-no-page = tried to read { $path } as a page of an index: { $why }
offers-read = tried to read { $path }
offers-read-folder = tried to read the folder { $path }
offers-flat = { $why }; so { $url } was read as a list of files
offers-too-long = it is longer than { $limit } MiB, and no index is
offers-too-many-files = there are more than { $limit } files
offers-empty-folder = tried to read the folder { $path }: no wheel lies in it, and no page of an index (.html, .json, .txt)
