//! Where the server listens, and by which names it may be asked.
//!
//! A page of another site can have its own name lead to this computer (DNS rebinding). So a name is answered only if it is
//! known to be this computer's: those of loopback, the address that a connection came to, and what the reader has named.
//! A number is safe as a name: nobody can have it lead elsewhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::str::FromStr;

/// The port that an address without one means, plain and with TLS.
const DEFAULT_PORTS: [u16; 2] = [80, 443];

/// Where to listen: an address of this computer, or a name that leads to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// As the reader gave it, without the brackets around an IPv6 address.
    name: String,
}

impl FromStr for Host {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let name = bare.unwrap_or(text);
        let address = name.parse::<IpAddr>();
        let good = match bare {
            Some(_) => matches!(address, Ok(IpAddr::V6(_))),
            None => address.is_ok() || is_name(name),
        };
        if good {
            Ok(Self {
                name: name.to_owned(),
            })
        } else {
            Err(
                "give an address of this computer without a port, such as 192.168.1.5, or 0.0.0.0 for all; the port is --port",
            )
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Host {
    /// The addresses to listen to, the first of which has to be there.
    pub(super) fn addresses(&self) -> io::Result<Vec<IpAddr>> {
        if self.name.eq_ignore_ascii_case("localhost") {
            return Ok(loopback());
        }
        if let Ok(address) = self.name.parse() {
            return Ok(vec![address]);
        }
        let mut found = Vec::new();
        for address in (&*self.name, 0).to_socket_addrs()? {
            if !found.contains(&address.ip()) {
                found.push(address.ip());
            }
        }
        Ok(found)
    }
}

/// Loopback in both families: a browser may take `localhost` for either. The second need not be there.
pub(super) fn loopback() -> Vec<IpAddr> {
    vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
}

/// A name, and perhaps a port, by which the server may be asked besides its own: `gpubox`, `gpubox.lan:80`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    name: String,
    /// Without one, the port that is listened to.
    port: Option<u16>,
}

impl FromStr for AllowedHost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            "give one name or address, and perhaps a port, such as gpubox.lan or gpubox.lan:8080";
        let bare = text
            .parse::<Ipv6Addr>()
            .map(|address| format!("[{address}]"));
        let (name, port) = split(bare.as_deref().unwrap_or(text)).ok_or(wrong)?;
        if !(is_name(name) || address(name).is_some()) {
            return Err(wrong);
        }
        Ok(Self {
            name: name.to_owned(),
            port,
        })
    }
}

/// The names by which this server may be asked.
pub(super) struct Hosts {
    port: u16,
    own: Vec<AllowedHost>,
    /// Those that the reader has named.
    allowed: Vec<AllowedHost>,
    /// Where to open it, for whoever asked by another name.
    pub(super) address: String,
}

impl Hosts {
    /// `host` is where it listens, if not to loopback.
    pub(super) fn new(port: u16, host: Option<&Host>, allowed: Vec<AllowedHost>) -> Self {
        let own = host.map(|host| host.name.clone());
        let own = own.into_iter().chain(["localhost".to_owned()]);
        let own = own.chain(loopback().into_iter().map(|address| address.to_string()));
        Self {
            port,
            own: own.map(|name| AllowedHost { name, port: None }).collect(),
            allowed,
            address: address_of(host, port),
        }
    }

    /// Whether a host and port is this server's, on a connection that came to the address `reached`.
    pub(super) fn admit(&self, authority: &str, reached: Option<IpAddr>) -> bool {
        let asked = |(name, port): (&str, Option<u16>)| {
            let came_to = reached.is_some() && address(name) == reached;
            (came_to && is_port(port, self.port))
                || self.is_among(&self.own, name, port)
                || self.is_among(&self.allowed, name, port)
        };
        split(authority).is_some_and(asked)
    }

    /// Whether a page with this origin is this server's. Over TLS it has come through a proxy, by a name that the reader has
    /// named.
    pub(super) fn admit_origin(&self, origin: &str, reached: Option<IpAddr>) -> bool {
        if let Some(authority) = origin.strip_prefix("https://") {
            return split(authority)
                .is_some_and(|(name, port)| self.is_among(&self.allowed, name, port));
        }
        origin
            .strip_prefix("http://")
            .is_some_and(|authority| self.admit(authority, reached))
    }

    fn is_among(&self, hosts: &[AllowedHost], name: &str, port: Option<u16>) -> bool {
        let number = address(name);
        hosts.iter().any(|host| {
            let same = match number {
                Some(_) => address(&host.name) == number,
                None => host.name.eq_ignore_ascii_case(name),
            };
            same && is_port(port, host.port.unwrap_or(self.port))
        })
    }
}

/// Whether the port that a browser names, or leaves out, is this one.
fn is_port(named: Option<u16>, ours: u16) -> bool {
    named.map_or_else(|| DEFAULT_PORTS.contains(&ours), |named| named == ours)
}

/// Where a browser on this computer opens it.
fn address_of(host: Option<&Host>, port: u16) -> String {
    let name = host.map_or("127.0.0.1", |host| &host.name);
    let name = match name.parse::<IpAddr>() {
        // Where all addresses are listened to, loopback is.
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => name.to_owned(),
    };
    format!("http://{name}:{port}/")
}

/// Where a browser on another computer opens it; `None` where none can.
pub(super) fn from_elsewhere(addresses: &[IpAddr], port: u16) -> Option<String> {
    let open = addresses.iter().find(|address| !address.is_loopback())?;
    let seen = if open.is_unspecified() {
        outward(open.is_ipv6())?
    } else {
        *open
    };
    Some(format!("http://{}/", SocketAddr::new(seen, port)))
}

/// The address of this computer that others see: the one that it would send from. Nothing is sent for that; the
/// addresses asked about belong to documentation (RFC 5737, RFC 3849).
fn outward(v6: bool) -> Option<IpAddr> {
    let ask = |from: &str, to: &str| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        let seen = socket.local_addr().ok()?.ip();
        (!seen.is_loopback() && !seen.is_unspecified()).then_some(seen)
    };
    let four = || ask("0.0.0.0:0", "192.0.2.1:9");
    // Who listens to all IPv6 addresses is reached by IPv4 as well.
    if v6 {
        ask("[::]:0", "[2001:db8::1]:9").or_else(four)
    } else {
        four()
    }
}

/// Splits what a browser sends as `Host`: a name, or an IPv6 address in brackets, and perhaps a port.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.ends_with(']') => {
            let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
            let port = digits.parse().ok().filter(|_| digits_only)?;
            Some((name, Some(port)))
        }
        _ => Some((authority, None)),
    }
}

/// The address that a name is, if it is one: with brackets, as in a URL, or an IPv6 address as the reader gave it.
fn address(name: &str) -> Option<IpAddr> {
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => name.parse::<IpAddr>().ok(),
    }
    // An IPv4 address may come as an IPv6 one.
    .map(|address| address.to_canonical())
}

/// Whether this is a name as hosts have it (RFC 1123; some have an underscore).
fn is_name(name: &str) -> bool {
    let good = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    let number = name.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    name.len() <= 253
        && !number
        && name
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63 && label.bytes().all(good))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    /// Whether a name is admitted on a connection that came to an address.
    fn admit(hosts: &Hosts, name: &str, reached: &str) -> bool {
        hosts.admit(name, Some(reached.parse().unwrap()))
    }

    #[test]
    fn only_names_of_this_computer_with_our_port_are_ours() {
        let hosts = Hosts::new(8910, None, Vec::new());
        for name in [
            "localhost:8910",
            "LocalHost:8910",
            "127.0.0.1:8910",
            "[::1]:8910",
        ] {
            assert!(admit(&hosts, name, "127.0.0.1"), "{name}");
        }
        for name in [
            "evil.example",
            "evil.example:8910",
            "localhost",
            "localhost:8911",
            "127.0.0.1.evil.example:8910",
            "localhost.:8910",
            "127.0.0.2:8910",
            "0.0.0.0:8910",
            "192.168.1.5:8910",
            "[::1]",
            "[::1",
            "[]:8910",
            "",
            ":8910",
            "localhost:8910:8910",
            "user@localhost:8910",
            "localhost:",
            "localhost:+8910",
            "localhost:99999999",
        ] {
            assert!(!admit(&hosts, name, "127.0.0.1"), "{name}");
        }
        assert!(Hosts::new(80, None, Vec::new()).admit("localhost", None));
    }

    #[test]
    fn what_is_listened_to_on_request_is_ours_by_its_address_and_by_no_name() {
        let all = Hosts::new(8910, Some(&host("0.0.0.0")), Vec::new());
        assert!(admit(&all, "192.168.1.5:8910", "192.168.1.5"));
        assert!(admit(&all, "localhost:8910", "192.168.1.5"));
        for name in [
            "evil.example:8910",
            "gpubox:8910",
            "192.168.1.6:8910",
            "192.168.1.5:80",
            "192.168.1.5",
            "192.168.1.5.:8910",
            // Other ways to write a number are not what a browser sends.
            "0xc0a80105:8910",
            "3232235781:8910",
        ] {
            assert!(!admit(&all, name, "192.168.1.5"), "{name}");
        }
        let six = Hosts::new(8910, Some(&host("::")), Vec::new());
        assert!(admit(&six, "[fd00::5]:8910", "fd00::5"));
        assert!(admit(&six, "[FD00:0::5]:8910", "fd00::5"));
        // Both families on one socket: the kernel gives the IPv4 address in an IPv6 one.
        assert!(admit(&six, "192.168.1.5:8910", "192.168.1.5"));
        assert!(!admit(&six, "evil.example:8910", "fd00::5"));
        let one = Hosts::new(8910, Some(&host("gpubox")), Vec::new());
        assert!(admit(&one, "GPUBOX:8910", "127.0.1.1"));
        assert!(!admit(&one, "gpubox.evil.example:8910", "127.0.1.1"));
    }

    #[test]
    fn a_name_that_is_allowed_is_ours_with_its_port() {
        let allowed = ["gpubox", "lessons.lan:443", "fd00::7", "10.0.0.7:80"];
        let allowed = allowed.map(|name| name.parse().unwrap()).to_vec();
        let hosts = Hosts::new(8910, Some(&host("0.0.0.0")), allowed);
        for name in [
            "gpubox:8910",
            "GpuBox:8910",
            "lessons.lan",
            "lessons.lan:443",
            "[fd00::7]:8910",
            "10.0.0.7",
        ] {
            assert!(admit(&hosts, name, "10.0.0.5"), "{name}");
        }
        assert!(hosts.admit_origin("https://lessons.lan", None));
        assert!(hosts.admit_origin("http://gpubox:8910", None));
        for origin in [
            "https://localhost:8910",
            "null",
            "ftp://gpubox:8910",
            "gpubox:8910",
        ] {
            assert!(!hosts.admit_origin(origin, None), "{origin}");
        }
        for name in [
            "gpubox",
            "gpubox.lan:8910",
            "lessons.lan:8910",
            "10.0.0.7:8910",
        ] {
            assert!(!admit(&hosts, name, "10.0.0.5"), "{name}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for good in [
            "0.0.0.0",
            "::",
            "[::1]",
            "::1",
            "localhost",
            "gpu_box-1.lan",
        ] {
            assert!(good.parse::<Host>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "0.0.0.0:80",
            "localhost:80",
            "[::1]:80",
            "[127.0.0.1]",
            "http://gpubox",
            "gpubox/",
            "1.2.3",
            "256.1.1.1",
            "*",
            "a b",
            "a..b",
            "\u{202e}",
            "[::1",
        ] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
        for bad in [
            "", "*", "*.lan", "http://a", "a:", "a:0x50", "a:70000", "a/b",
        ] {
            assert!(bad.parse::<AllowedHost>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_shown_as_a_browser_takes_it() {
        let shown = |text: &str| address_of(Some(&host(text)), 8910);
        assert_eq!(address_of(None, 8910), "http://127.0.0.1:8910/");
        assert_eq!(shown("0.0.0.0"), "http://127.0.0.1:8910/");
        assert_eq!(shown("::"), "http://[::1]:8910/");
        assert_eq!(shown("[fd00::5]"), "http://[fd00::5]:8910/");
        assert_eq!(shown("gpubox"), "http://gpubox:8910/");
        let elsewhere = |text: &str| from_elsewhere(&host(text).addresses().unwrap(), 8910);
        assert_eq!(elsewhere("127.0.0.1"), None);
        assert_eq!(elsewhere("localhost"), None);
        assert_eq!(
            elsewhere("192.0.2.5").as_deref(),
            Some("http://192.0.2.5:8910/")
        );
    }
}
