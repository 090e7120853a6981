//! Addresses and identifiers that have a form of their own: IPv4, IPv6, MAC, UUID.
//!
//! Each function is given a text and the place in it where a word begins, and says where the address ends. None
//! looks further than the longest form of what it seeks, so that a scan of a text takes linear time.

use std::net::{Ipv4Addr, Ipv6Addr};

/// EFI's own names: global variables, the image security database, shim.
/// Sources: UEFI specification 2.10, sections 3.3 and 32.4.1; shim, `include/guid.h`.
const EFI_GUIDS: &[&str] = &[
    "8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "d719b2cb-3d3a-4596-a3bc-dad00e67656f",
    "605dab50-e046-4300-abb6-3dd810dd8b23",
];

/// What a program is called before its version: `nvidia-cublas-cu12 12.4.5.8`.
const VERSIONED: &[&str] = &[
    "nvidia",
    "cuda",
    "cudnn",
    "cublas",
    "cufft",
    "curand",
    "cusolver",
    "cusparse",
    "nccl",
    "nvjitlink",
    "lib",
    "torch",
    "triton",
    "tensorrt",
    "kernel",
    "python",
    "driver",
];

/// Whether a byte belongs to a word. Bytes of characters outside ASCII count, which keeps every place that these
/// functions return on a character's border.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn is_word_at(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(|b| is_word(*b))
}

fn before(text: &[u8], at: usize) -> Option<u8> {
    text.get(at.checked_sub(1)?).copied()
}

/// The end of a UUID, and whether it is a GPU's. One of a GPU may be cut short, as `CUDA_VISIBLE_DEVICES` allows:
/// from its eighth digit on it counts.
pub(super) fn uuid(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let head = &text[..at];
    let of_gpu = head.ends_with(b"GPU-") || head.ends_with(b"MIG-");
    let form = |index: usize, byte: u8| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let length = text[at..]
        .iter()
        .take(36)
        .enumerate()
        .take_while(|(index, byte)| form(*index, **byte))
        .count();
    let end = at + length;
    if is_word_at(text, end) {
        return None;
    }
    if length == 36 {
        let found = text[at..end].to_ascii_lowercase();
        let of_efi = EFI_GUIDS.iter().any(|guid| guid.as_bytes() == found);
        return (!of_efi).then_some((end, of_gpu));
    }
    let end = if before(text, end) == Some(b'-') {
        end - 1
    } else {
        end
    };
    (of_gpu && end >= at + 8).then_some((end, true))
}

/// The end of a MAC address, or of a longer address of the same form (`InfiniBand`). All zeros or all ones are
/// nobody's.
pub(super) fn mac(text: &[u8], at: usize) -> Option<usize> {
    const LONGEST: usize = 20;
    let pair = |at: usize| {
        text.get(at..at + 2)
            .is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
    };
    let separator = *text.get(at + 2)?;
    if !matches!(separator, b':' | b'-') || !pair(at) {
        return None;
    }
    let mut end = at + 2;
    let mut pairs = 1;
    while pairs < LONGEST && text.get(end) == Some(&separator) && pair(end + 1) {
        end += 3;
        pairs += 1;
    }
    let more = is_word_at(text, end) || (text.get(end) == Some(&separator) && pair(end + 1));
    let nobodys = text[at..end]
        .iter()
        .all(|b| matches!(b, b'0' | b':' | b'-'))
        || text[at..end]
            .iter()
            .all(|b| matches!(b, b'f' | b'F' | b':' | b'-'));
    (pairs >= 6 && !more && !nobodys).then_some(end)
}

/// The end of an IPv6 address that is not loopback, unspecified or multicast. It may begin with `::`, which is no
/// word.
pub(super) fn ipv6(text: &[u8], at: usize) -> Option<usize> {
    /// `0000:0000:0000:0000:0000:ffff:255.255.255.255`
    const LONGEST: usize = 45;
    let first_colon = text[at..].iter().take(5).position(|b| *b == b':');
    if first_colon.is_none()
        || before(text, at).is_some_and(|b| is_word(b) || matches!(b, b':' | b'.'))
    {
        return None;
    }
    let run = text[at..]
        .iter()
        .take(LONGEST + 1)
        .take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
        .count();
    if run > LONGEST || is_word_at(text, at + run) {
        return None;
    }
    let mut end = at + run;
    // The mark after an address belongs to the sentence.
    while end > at
        && (text[end - 1] == b'.' || (text[end - 1] == b':' && !text[at..end].ends_with(b"::")))
    {
        end -= 1;
    }
    let found = std::str::from_utf8(&text[at..end]).ok()?;
    let address: Ipv6Addr = found.parse().ok()?;
    let nobodys = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    (!nobodys).then_some(end)
}

/// The end of an IPv4 address that is not loopback, unspecified, or a mask.
///
/// `12.4.5.8` is a version of cuBLAS and an address of somebody's. In this order:
/// 1. A number that goes on (`12.4.5.8-1`, `libcublas.so.12.4.5.8`, `nvidia_cublas-12.4.5.8`), has five parts, a part
///    above 255 or a leading zero (`580.95.05`) is none.
/// 2. Private and link-local ranges that no version reaches (172.16/12, 192.168/16, 169.254/16) are addresses.
/// 3. After `//` or `@`, before `:port` or `/prefix`, it is an address.
/// 4. Where `versions` are expected (a path, a file named `version`, a package database), after `==`, `>=` and
///    the like, and after a word such as `version` or the name of a package, it is a version.
/// 5. Otherwise it is an address.
pub(super) fn ipv4(text: &[u8], at: usize, versions: bool) -> Option<usize> {
    let (address, end) = quad(text, at)?;
    let [a, b, ..] = address.octets();
    if a == 0 || a == 127 || a == 255 {
        return None;
    }
    // A range has two addresses with a `-` between them.
    let ends_range = before(text, at) == Some(b'-') && {
        let first = text[..at - 1]
            .iter()
            .rposition(|b| !(b.is_ascii_digit() || *b == b'.'))
            .map_or(0, |last| last + 1);
        at - first <= 17 && quad(text, first).is_some_and(|(_, end)| end == at - 1)
    };
    let starts_range = text.get(end) == Some(&b'-') && quad(text, end + 1).is_some();
    match before(text, at) {
        Some(b'.' | b'_' | b'+' | b'~') => return None,
        Some(b'-') if !ends_range => return None,
        _ => {}
    }
    match text.get(end) {
        Some(b'_' | b'+' | b'~') => return None,
        Some(b'-') if !starts_range && is_word_at(text, end + 1) => return None,
        Some(b'.') if is_word_at(text, end + 1) => return None,
        _ => {}
    }
    let private = matches!((a, b), (172, 16..=31) | (192, 168) | (169, 254));
    let head = &text[..at];
    let in_url = head.ends_with(b"//") || head.ends_with(b"@");
    let digit_after = text.get(end + 1).is_some_and(u8::is_ascii_digit);
    let with_port = matches!(text.get(end), Some(b':' | b'/')) && digit_after;
    let address = private || in_url || with_port || !(versions || after_version_word(head));
    address.then_some(end)
}

fn quad(text: &[u8], at: usize) -> Option<(Ipv4Addr, usize)> {
    if !text.get(at)?.is_ascii_digit() {
        return None;
    }
    let run = text[at..]
        .iter()
        .take(16)
        .take_while(|b| b.is_ascii_digit() || **b == b'.')
        .count();
    let mut end = at + run;
    while end > at && text[end - 1] == b'.' {
        end -= 1;
    }
    if is_word_at(text, end) {
        return None;
    }
    let found = std::str::from_utf8(text.get(at..end)?).ok()?;
    // The standard library takes no leading zeros either.
    Some((found.parse().ok()?, end))
}

/// Whether what stands before a number says that it is a version.
fn after_version_word(head: &[u8]) -> bool {
    const FAR: usize = 64;
    let near = &head[head.len().saturating_sub(FAR)..];
    let line = near
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(near, |end| &near[end + 1..]);
    let trimmed = line.trim_ascii_end();
    let compares = |signs: &&[u8]| trimmed.ends_with(signs);
    let signs: [&[u8]; 9] = [
        b"==", b">=", b"<=", b"~=", b"!=", b"<<", b">>", b"(=", b"(>",
    ];
    if signs.iter().any(compares) {
        return true;
    }
    let word_end = trimmed
        .iter()
        .rposition(|b| is_word(*b))
        .map_or(0, |last| last + 1);
    let word_start = trimmed[..word_end]
        .iter()
        .rposition(|b| !(is_word(*b) || matches!(b, b'-' | b'_')))
        .map_or(0, |last| last + 1);
    let word = String::from_utf8_lossy(&trimmed[word_start..word_end]).to_lowercase();
    word.contains("version")
        || matches!(word.as_str(), "release" | "revision" | "ver" | "rev")
        || VERSIONED.iter().any(|name| word.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a text, at the first word where something is.
    fn found(text: &str, find: impl Fn(&[u8], usize) -> Option<usize>) -> Option<&str> {
        let bytes = text.as_bytes();
        (0..bytes.len())
            .filter(|at| before(bytes, *at).is_none_or(|b| !is_word(b)))
            .find_map(|at| Some(&text[at..find(bytes, at)?]))
    }

    #[test]
    fn addresses_and_versions_are_told_apart() {
        let ipv4 = |text| found(text, |text, at| ipv4(text, at, false));
        for (text, address) in [
            ("inet 10.1.2.3 up", "10.1.2.3"),
            ("inet 10.1.2.3/24", "10.1.2.3"),
            ("http://10.1.2.3:8080/simple", "10.1.2.3"),
            ("pip version http://10.1.2.3/", "10.1.2.3"),
            ("alice@10.1.2.3:", "10.1.2.3"),
            ("nameserver 8.8.8.8.", "8.8.8.8"),
            ("IP=203.0.113.9;", "203.0.113.9"),
            ("version 192.168.0.7", "192.168.0.7"),
            ("10.1.2.3-10.1.2.9", "10.1.2.3"),
            ("127.0.0.1-10.1.2.9", "10.1.2.9"),
        ] {
            assert_eq!(ipv4(text), Some(address), "{text}");
        }
        for text in [
            "nvidia-cublas-cu12==12.4.5.8",
            "nvidia-cublas-cu12        12.4.5.8",
            "\"nvidia-cublas-cu12\": \"12.4.5.8\"",
            "nvidia_cublas_cu12-12.4.5.8.dist-info",
            "libcublas.so.12.4.5.8",
            "Version: 9.1.0.70",
            "Version: 9.1.0.70-1",
            "\"version\" : \"10.3.7.77\"",
            "CUDNN_VERSION=9.1.0.70",
            "libcudnn9=9.1.0.70-1",
            "libcudnn9 (>= 9.1.0.70)",
            "Linux 5.15.153.1-microsoft-standard-WSL2",
            "VBIOS 95.02.18.00",
            "580.95.05",
            "1.2.3.4.5",
            "127.0.0.1 and 0.0.0.0 and 255.255.255.0",
            "31.0.15.3713",
        ] {
            assert_eq!(ipv4(text), None, "{text}");
        }
        let in_path = |text| found(text, |text, at| super::ipv4(text, at, true));
        assert_eq!(in_path("/opt/sdk/10.1.2.3/lib"), None);
        assert_eq!(in_path("/net/192.168.3.4/x"), Some("192.168.3.4"));
    }

    #[test]
    fn ipv6_is_not_a_bus_address_or_a_clock() {
        let ipv6 = |text| found(text, ipv6);
        assert_eq!(
            ipv6("inet6 fe80::1a2b:3cff:fe4d:5e6f/64"),
            Some("fe80::1a2b:3cff:fe4d:5e6f")
        );
        assert_eq!(ipv6("[2a02:8109::7]:443"), Some("2a02:8109::7"));
        assert_eq!(ipv6("at 2a02:8109::7."), Some("2a02:8109::7"));
        for text in [
            "::1",
            "::",
            "00000000:81:00.0",
            "0000:81:00.0",
            "12:34:56",
            "std::vector",
            "c10::cuda",
            "ff02::1",
            "pci:v000010DEd00002684",
        ] {
            assert_eq!(ipv6(text), None, "{text}");
        }
    }

    #[test]
    fn mac_addresses() {
        let mac = |text| found(text, mac);
        assert_eq!(mac("ether 3c:ec:ef:12:34:56 "), Some("3c:ec:ef:12:34:56"));
        assert_eq!(mac("3C-EC-EF-12-34-56"), Some("3C-EC-EF-12-34-56"));
        let infiniband = "80:00:02:08:fe:80:00:00:00:00:00:00:24:8a:07:03:00:4b:f0:36";
        assert_eq!(mac(infiniband), Some(infiniband));
        for text in [
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "12:34:56",
            "0000:81:00.0",
        ] {
            assert_eq!(mac(text), None, "{text}");
        }
    }

    #[test]
    fn uuids() {
        let id = "8932f937-d72c-4106-c12f-20bd9faed9f6";
        let of = |text: &str| {
            let at = text.find('8')?;
            let (end, of_gpu) = uuid(text.as_bytes(), at)?;
            Some((text[at..end].to_owned(), of_gpu))
        };
        assert_eq!(of(id), Some((id.to_owned(), false)));
        assert_eq!(of(&format!("GPU-{id})")), Some((id.to_owned(), true)));
        assert_eq!(of("GPU-8932f937,"), Some(("8932f937".to_owned(), true)));
        assert_eq!(of("8932f937"), None);
        assert_eq!(of("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"), None);
    }
}
