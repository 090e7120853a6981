//! Finds, in one text, what tells whose machine it is.
//!
//! One pass from left to right. At each place where a word begins the finders below are tried in turn; each looks
//! ahead a bounded way only, so the whole takes linear time on any text.

use std::ops::Range;

use super::address::{ipv4, ipv6, is_word, mac, uuid};
use super::alias::Aliases;
use super::{Kind, Place};

/// The longest name, key or part of an address that is taken for one, in bytes.
const LONGEST: usize = 255;

/// Calls `hit` with each place that is to be replaced, in order and without overlap. With `names`, what was learnt
/// elsewhere counts too.
pub(super) fn scan(
    text: &str,
    place: Place<'_>,
    names: Option<&Aliases>,
    hit: &mut impl FnMut(Range<usize>, Kind),
) {
    if let Some((range, kind)) = whole(text, place) {
        hit(range, kind);
        return;
    }
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        versions: has_versions(place),
        in_path: matches!(place, Place::Path | Place::NameIn(_)),
        has_at_sign: text.contains('@'),
        efi: match place {
            Place::Path => text.contains("/efivars/"),
            Place::File(path) | Place::NameIn(path) => path.contains("/efivars"),
            _ => false,
        },
        names: names.filter(|names| names.has_words()),
        key: String::new(),
    };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match scanner.find(at) {
            Some(found) => {
                for (range, kind) in found.hits.into_iter().flatten() {
                    hit(range, kind);
                }
                at = found.end;
            }
            None => at += c.len_utf8(),
        }
    }
    if names.is_none()
        && let Some(range) = last_of_home(text, place)
    {
        hit(range, Kind::HomeFolder);
    }
}

/// A home folder need not lie in `/home`: its last part is the user's name, to be learnt.
fn last_of_home(text: &str, place: Place<'_>) -> Option<Range<usize>> {
    if !matches!(place, Place::Variable("HOME" | "USERPROFILE")) {
        return None;
    }
    let text = text.trim_end_matches(['/', '\\']);
    let start = text.rfind(['/', '\\'])? + 1;
    (start < text.len()).then_some(start..text.len())
}

/// Whether a dotted number in this place is a version unless something says otherwise.
fn has_versions(place: Place<'_>) -> bool {
    match place {
        Place::Path | Place::NameIn(_) | Place::Version => true,
        Place::File(path) => {
            path.contains(".dist-info/")
                || path.ends_with("version")
                || path.ends_with("version.json")
                || path.ends_with("version.txt")
                || path.ends_with("version.py")
                || path.ends_with("osrelease")
                || path.ends_with("os-release")
                || path == "/var/lib/dpkg/status"
        }
        Place::Variable(name) => name.contains("VERSION") || name.contains("PACKAGE"),
        Place::Printed | Place::Serial | Place::Words => false,
    }
}

/// Texts that are one thing as a whole, as their place tells.
fn whole(text: &str, place: Place<'_>) -> Option<(Range<usize>, Kind)> {
    let kind = match place {
        Place::Serial => Kind::SerialNumber,
        Place::File("/etc/hostname" | "/proc/sys/kernel/hostname")
        | Place::Variable("HOSTNAME" | "HOST" | "COMPUTERNAME" | "USERDOMAIN") => Kind::HostName,
        Place::File("/etc/machine-id" | "/var/lib/dbus/machine-id") => Kind::MachineId,
        Place::File(path) if path.starts_with("/sys/") && path.ends_with("serial") => {
            Kind::SerialNumber
        }
        Place::Variable("USER" | "LOGNAME" | "USERNAME" | "SUDO_USER") => Kind::UserName,
        Place::Variable(name) if is_secret_name(name) => Kind::Secret,
        Place::NameIn(folder) if holds_homes(folder) => Kind::HomeFolder,
        _ => return None,
    };
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    let found = text.get(start..end).filter(|found| !found.is_empty())?;
    if kind == Kind::SerialNumber && !is_serial(found) {
        return None;
    }
    Some((start..end, kind))
}

fn holds_homes(folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    folder.ends_with("/home") || folder.ends_with("/Users") || folder == "/home"
}

/// What was found at a place, and where the scan goes on.
struct Found {
    hits: [Option<(Range<usize>, Kind)>; 2],
    end: usize,
}

impl Found {
    fn one(range: Range<usize>, kind: Kind) -> Self {
        Self {
            end: range.end,
            hits: [Some((range, kind)), None],
        }
    }
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "four things that the place and the text say of themselves"
)]
struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// A dotted number is a version unless something says otherwise.
    versions: bool,
    /// The text is a path, blanks and all.
    in_path: bool,
    /// There is an `@` at all.
    has_at_sign: bool,
    /// GUIDs here are EFI's.
    efi: bool,
    names: Option<&'a Aliases>,
    /// The word that is looked up.
    key: String,
}

impl Scanner<'_> {
    fn find(&mut self, at: usize) -> Option<Found> {
        match self.bytes[at] {
            b'/' | b'\\' => {
                if let Some(range) = home(self.text, at, self.in_path) {
                    return Some(Found::one(range, Kind::HomeFolder));
                }
            }
            b'-' => {
                if let Some(range) = private_key(self.text, at) {
                    return Some(Found::one(range, Kind::Secret));
                }
            }
            b':' => {
                if let Some(range) = credentials(self.bytes, at) {
                    return Some(Found::one(range, Kind::Secret));
                }
                if let Some(end) = ipv6(self.bytes, at) {
                    return Some(Found::one(at..end, Kind::IpAddress));
                }
            }
            byte if is_word(byte) => {
                let begins = at == 0 || !is_word(self.bytes[at - 1]);
                return if begins { self.find_word(at) } else { None };
            }
            _ => {}
        }
        None
    }

    fn find_word(&mut self, at: usize) -> Option<Found> {
        let bytes = self.bytes;
        if !self.efi
            && let Some((end, of_gpu)) = uuid(bytes, at)
        {
            let kind = if of_gpu { Kind::GpuUuid } else { Kind::Uuid };
            return Some(Found::one(at..end, kind));
        }
        let address = mac(bytes, at)
            .map(|end| (end, Kind::MacAddress))
            .or_else(|| Some((ipv6(bytes, at)?, Kind::IpAddress)))
            .or_else(|| Some((ipv4(bytes, at, self.versions)?, Kind::IpAddress)));
        if let Some((end, kind)) = address {
            return Some(Found::one(at..end, kind));
        }
        if self.has_at_sign
            && let Some(found) = at_sign(self.text, at)
        {
            return Some(found);
        }
        let known = token(bytes, at)
            .or_else(|| assigned_secret(self.text, at))
            .map(|range| (range, Kind::Secret))
            .or_else(|| Some((labelled_serial(bytes, at)?, Kind::SerialNumber)))
            .or_else(|| Some((machine_id(bytes, at)?, Kind::MachineId)))
            .or_else(|| Some((node_name(bytes, at)?, Kind::HostName)));
        if let Some((range, kind)) = known {
            return Some(Found::one(range, kind));
        }
        self.learnt(at)
    }

    /// A name that was learnt: the longest, of up to eight words with one sign between two.
    fn learnt(&mut self, at: usize) -> Option<Found> {
        const WORDS: usize = 8;
        let names = self.names?;
        self.key.clear();
        let mut best = None;
        let mut end = at;
        for _ in 0..WORDS {
            let word = self.text[end..]
                .char_indices()
                .find(|(_, c)| !is_word_char(*c))
                .map_or(self.text.len(), |(length, _)| end + length);
            if word == end || word - at > LONGEST {
                break;
            }
            self.key.push_str(&self.text[end..word].to_lowercase());
            if let Some(kind) = names.word(&self.key) {
                best = Some(Found::one(at..word, kind));
            }
            match self.bytes.get(word) {
                Some(sign @ (b'-' | b'.' | b'_' | b'+' | b' ')) => self.key.push(char::from(*sign)),
                _ => break,
            }
            end = word + 1;
        }
        best
    }
}

/// As [`is_word`] sees it.
fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii()
}

/// The name in `/home/NAME`, `/Users/NAME`, `C:\Users\NAME`, also where such a path stands in the middle of a text;
/// `at` is its first `/`. The word `home` in a URL is a page.
fn home(text: &str, at: usize, in_path: bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_slash = |b: &u8| matches!(b, b'/' | b'\\');
    let slashes = |at: usize| {
        let one = usize::from(bytes.get(at).is_some_and(is_slash));
        // A `\` is written twice where it stands in quotes.
        one + usize::from(bytes.get(at) == Some(&b'\\') && bytes.get(at + 1) == Some(&b'\\'))
    };
    let word = at + slashes(at);
    let folder = bytes[word..]
        .iter()
        .take(6)
        .position(is_slash)
        .map(|length| &bytes[word..word + length])?;
    let after_drive = at >= 2 && bytes[at - 1] == b':' && bytes[at - 2].is_ascii_alphabetic();
    let holds = folder == b"home"
        || folder == b"Users"
        || (after_drive && folder.eq_ignore_ascii_case(b"users"));
    if !holds || !(after_drive || begins_path(bytes, at)) {
        return None;
    }
    let folder_end = word + folder.len();
    let start = folder_end + slashes(folder_end);
    let windows = bytes[folder_end] == b'\\' || after_drive;
    let ends = |c: char| match c {
        '/' | '\\' => true,
        _ if in_path => c == '\n',
        // A name on Windows can have blanks; whether it does shows at the next separator.
        ' ' => !windows,
        _ => c.is_whitespace() || "\"'`:;,()[]{}<>|&$*?!#=%".contains(c),
    };
    let rest = &text[start..];
    let length = rest.find(ends).unwrap_or(rest.len());
    let mut name = &rest[..length];
    let closed = rest[length..].starts_with(['/', '\\']);
    if windows && !in_path && !closed {
        name = name.split(' ').next().unwrap_or(name);
    }
    // A full stop after it belongs to the sentence; `.` and `..` are no names.
    let name = if closed || in_path {
        name
    } else {
        name.trim_end_matches('.')
    };
    let is_name = !name.is_empty() && name.len() <= LONGEST && !matches!(name, "." | "..");
    is_name.then(|| start..start + name.len())
}

/// Whether a path can begin before the `/` at `at`: nothing of a URL or a relative path of other words is there.
fn begins_path(bytes: &[u8], at: usize) -> bool {
    const FAR: usize = 64;
    let near = &bytes[at.saturating_sub(FAR)..at];
    let piece = near
        .iter()
        .rposition(|b| !(is_word(*b) || matches!(b, b'.' | b'_' | b'-' | b'/')))
        .map_or(near, |last| &near[last + 1..]);
    if piece.len() == FAR {
        return true;
    }
    let before_piece = &bytes[..at - piece.len()];
    match piece {
        // `https://` is followed by a host, `file://` by a path.
        [b'/', b'/', ..] if before_piece.ends_with(b":") => before_piece.ends_with(b"file:"),
        [] | [b'/', ..] => true,
        _ => piece.iter().all(|b| matches!(b, b'.' | b'/')),
    }
}

/// What lies between the first and the last line of a private key.
fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let line = rest.strip_prefix("-----BEGIN ")?;
    let head = line.bytes().take(64).position(|b| b == b'\n')?;
    if !line[..head].trim_end().ends_with("PRIVATE KEY-----") {
        return None;
    }
    let start = at + "-----BEGIN ".len() + head + 1;
    let end = text[start..]
        .find("-----END ")
        .map_or(text.len(), |length| start + length);
    let body = text[start..end].trim_end_matches('\n');
    (!body.is_empty()).then(|| start..start + body.len())
}

/// `user:password` in `https://user:password@host`; `at` is the colon before `//`. The `git` of ssh is no secret.
fn credentials(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + 3;
    if bytes.get(at + 1..start) != Some(b"//") {
        return None;
    }
    let length = bytes[start..]
        .iter()
        .take(LONGEST)
        .position(|b| {
            b.is_ascii_whitespace() || matches!(b, b'/' | b'@' | b'"' | b'\'' | b'<' | b'>' | b'?')
        })
        .filter(|length| bytes[start + length] == b'@')?;
    let found = &bytes[start..start + length];
    (length > 0 && found != b"git").then(|| start..start + length)
}

/// `alice@example.org`, or the user and the host of a prompt (`alice@box:~$`) or of an ssh command.
fn at_sign(text: &str, at: usize) -> Option<Found> {
    const LOCAL: usize = 64;
    let bytes = text.as_bytes();
    let local = bytes[at..]
        .iter()
        .take(LOCAL + 1)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-'))
        .count();
    let sign = at + local;
    if local == 0 || local > LOCAL || bytes.get(sign) != Some(&b'@') {
        return None;
    }
    let start = sign + 1;
    let domain = bytes[start..]
        .iter()
        .take(LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .count();
    let mut end = start + domain;
    while end > start && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let domain = &text[start..end];
    if !domain.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    if let Some((_, top)) = domain.rsplit_once('.') {
        // `getty@tty1.service` is a unit of systemd.
        const UNITS: &[&str] = &[
            "device", "mount", "path", "scope", "service", "slice", "socket", "swap", "target",
            "timer",
        ];
        let is_domain =
            top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()) && !UNITS.contains(&top);
        return is_domain.then(|| Found::one(at..end, Kind::EmailAddress));
    }
    let near = &text.as_bytes()[at.saturating_sub(8)..at];
    let by_ssh = [&b"ssh "[..], b"scp ", b"rsync ", b"sftp "]
        .iter()
        .any(|command| near.ends_with(command));
    let prompt = [":~", ":/", ":$", " ~", " /", "$", "#", "%", "]$", "]#", ">"]
        .iter()
        .any(|sign| text[end..].starts_with(sign));
    let is_host = domain.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_host && (by_ssh || prompt)).then_some(Found {
        hits: [
            Some((at..sign, Kind::UserName)),
            Some((start..end, Kind::HostName)),
        ],
        end,
    })
}

/// Tokens that say by their form that they are one.
fn token(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    // Hugging Face, GitHub, GitLab, OpenAI and others, Slack, AWS, PyPI, NGC, npm, Google, JSON web tokens.
    const FORMS: &[&str] = &[
        "hf_",
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "sk-",
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "AKIA",
        "ASIA",
        "pypi-",
        "nvapi-",
        "npm_",
        "ya29.",
        "AIza",
        "eyJ",
    ];
    const SHORTEST: usize = 20;
    let rest = &bytes[at..];
    if !FORMS.iter().any(|form| rest.starts_with(form.as_bytes())) {
        return None;
    }
    let run = |most: usize| {
        rest.iter()
            .take(most)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'='))
            .count()
    };
    let length = run(2 * SHORTEST);
    let found = &rest[..length];
    // `pypi-mirrors-of-universities` is none.
    let random = found.iter().any(u8::is_ascii_digit) && found.iter().any(u8::is_ascii_uppercase);
    (length >= SHORTEST && random).then(|| at..at + run(usize::MAX))
}

/// The value in `HF_TOKEN=…`, `"api_key": "…"`, `Authorization: Bearer …`; `at` is where the name begins.
fn assigned_secret(text: &str, at: usize) -> Option<Range<usize>> {
    const NAME: usize = 64;
    let bytes = text.as_bytes();
    let length = bytes[at..]
        .iter()
        .take(NAME + 1)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        .count();
    let mut end = at + length;
    if length > NAME || !is_secret_name(&text[at..end]) {
        return None;
    }
    let is_quote = |b: &u8| matches!(b, b'"' | b'\'');
    let blanks = |from: usize| {
        from + bytes[from..]
            .iter()
            .take(8)
            .take_while(|b| **b == b' ')
            .count()
    };
    end = blanks(end + usize::from(bytes.get(end).is_some_and(is_quote)));
    if !matches!(bytes.get(end), Some(b'=' | b':')) {
        return None;
    }
    let mut start = blanks(end + 1);
    start += usize::from(bytes.get(start).is_some_and(is_quote));
    let value = |from: usize| {
        let length = bytes[from..]
            .iter()
            .position(|b| {
                b.is_ascii_whitespace()
                    || matches!(b, b'"' | b'\'' | b';' | b'&' | b'|' | b',' | b'`')
            })
            .unwrap_or(bytes.len() - from);
        from..from + length
    };
    // A variable, a placeholder, an empty value. Looked at first: what is no secret is not read to its end.
    if bytes
        .get(start)
        .is_none_or(|b| b"$%<{[(\"'".contains(b) || b.is_ascii_whitespace())
    {
        return None;
    }
    let mut found = value(start);
    for scheme in ["Bearer", "Basic", "Token", "token", "bearer", "basic"] {
        if &text[found.clone()] == scheme && bytes.get(found.end) == Some(&b' ') {
            found = value(found.end + 1);
            break;
        }
    }
    let says_nothing = matches!(
        &text[found.clone()],
        "" | "null" | "None" | "none" | "true" | "false"
    );
    (!says_nothing).then_some(found)
}

/// Whether a name of a variable or of a field is one that secrets have.
fn is_secret_name(name: &str) -> bool {
    const ALONE: &[&str] = &[
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "COOKIE",
        "AUTHORIZATION",
        "AUTH",
    ];
    const BEFORE_KEY: &[&str] = &[
        "API",
        "ACCESS",
        "PRIVATE",
        "SECRET",
        "AUTH",
        "ENCRYPTION",
        "LICENSE",
    ];
    let upper = name.to_ascii_uppercase();
    // Addresses of sessions, and of agents that hold keys.
    if upper.starts_with("SSH_") || upper.starts_with("GPG_") {
        return true;
    }
    let mut last = "";
    upper.split(['_', '-']).any(|part| {
        let key = part == "KEY" && BEFORE_KEY.contains(&last);
        last = part;
        key || ALONE.contains(&part)
    })
}

/// The value after `Serial Number :`, `serial=`, `"serial": "`.
fn labelled_serial(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    const SHORTEST: usize = 4;
    let rest = &bytes[at..];
    if !rest.get(..6)?.eq_ignore_ascii_case(b"serial") {
        return None;
    }
    let mut label = 6;
    for more in [&b" number"[..], b"_number", b"number", b" no.", b"_short"] {
        let next = rest.get(label..label + more.len());
        if next.is_some_and(|next| next.eq_ignore_ascii_case(more)) {
            label += more.len();
            break;
        }
    }
    let between = rest[label..]
        .iter()
        .take(64)
        .take_while(|b| matches!(b, b' ' | b'\t' | b':' | b'=' | b'"' | b'\''))
        .count();
    if !rest[label..label + between]
        .iter()
        .any(|b| matches!(b, b':' | b'='))
    {
        return None;
    }
    let start = at + label + between;
    let length = bytes[start..]
        .iter()
        .take(LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'/'))
        .count();
    let found = std::str::from_utf8(&bytes[start..start + length]).ok()?;
    (length >= SHORTEST && is_serial(found)).then(|| start..start + length)
}

/// `N/A`, `None`, `Default string`, `0` are what boards say that have none.
fn is_serial(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_graphic() && b != b'0')
}

/// The digits in `systemd.machine_id=…`.
fn machine_id(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let near = &bytes[at.saturating_sub(16)..at];
    let named = [
        &b"machine_id="[..],
        b"machine-id=",
        b"machine_id: ",
        b"machine-id: ",
    ]
    .iter()
    .any(|name| near.ends_with(name));
    let digits = bytes[at..]
        .iter()
        .take(33)
        .take_while(|b| b.is_ascii_hexdigit())
        .count();
    (named && digits == 32).then_some(at..at + 32)
}

/// The host in what `uname -a` prints: `Linux box 6.8.0-45-generic …`, at the beginning of a line. `OS: Linux
/// Mint 20.3` has no host.
fn node_name(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let line = bytes[..at].strip_suffix(b"Linux ")?;
    if !(line.is_empty() || line.ends_with(b"\n")) {
        return None;
    }
    let length = bytes[at..]
        .iter()
        .take(LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        .count();
    let after = bytes.get(at + length..)?.strip_prefix(b" ")?;
    let release = &after[..after.len().min(32)];
    let numbers = release
        .split(|b| *b == b'.')
        .take_while(|part| part.first().is_some_and(u8::is_ascii_digit))
        .count();
    (numbers >= 3 && length > 0).then(|| at..at + length)
}
