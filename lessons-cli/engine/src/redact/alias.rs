//! What stands in for a replaced text.
//!
//! | replaced | stand-in |
//! | --- | --- |
//! | user, host | `user`, `user2` …; `host`, `host2` … |
//! | serial number | `0000000000001` |
//! | UUID | `00000000-0000-0000-0000-000000000001`, after `GPU-` where that was before it |
//! | MAC address | `02:00:00:00:00:01`, locally administered |
//! | IPv4 | `192.0.2.1` of RFC 5737; from the 255th on all are `192.0.2.255` |
//! | IPv6 | `2001:db8::1` of RFC 3849 |
//! | machine id | 32 digits |
//! | e-mail | `user@example.com`, `user2@example.com` … of RFC 2606 |
//! | secret | `redacted` |

use std::collections::{HashMap, HashSet};
use std::net::Ipv6Addr;

use super::Kind;
use super::generic::is_generic;

/// The one stand-in of everything secret.
const REDACTED: &str = "redacted";

/// The stand-ins of one recording.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    pools: HashMap<Pool, Numbers>,
    /// Names that are replaced wherever they stand as words, in lower case.
    words: HashMap<String, Kind>,
}

/// Kinds that share their stand-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pool {
    User,
    Host,
    Serial,
    Uuid,
    Mac,
    V4,
    V6,
    MachineId,
    Email,
}

#[derive(Debug, Default)]
struct Numbers {
    /// In the order in which they were seen.
    seen: Vec<String>,
    aliases: HashMap<String, String>,
    /// Stand-ins of an earlier redaction.
    used: HashSet<String>,
    /// The last number that was given out.
    last: u32,
}

impl Aliases {
    /// Takes in a text that is to be replaced.
    pub(super) fn learn(&mut self, kind: Kind, text: &str) {
        let Some(pool) = pool(kind, text) else {
            return;
        };
        if is_kept(pool, text) {
            let numbers = self.pools.entry(pool).or_default();
            numbers.used.insert(normal(pool, text));
            return;
        }
        if let Some(kind) = word_kind(pool)
            && is_telling(pool, text)
        {
            self.words.entry(word_key(text)).or_insert(kind);
            // A full host name also tells the short one.
            if let (Pool::Host, Some((short, _))) = (pool, text.split_once('.'))
                && is_telling(pool, short)
                && !is_kept(pool, short)
            {
                self.words.entry(word_key(short)).or_insert(kind);
            }
        }
        let numbers = self.pools.entry(pool).or_default();
        let key = normal(pool, text);
        if !numbers.aliases.contains_key(&key) {
            numbers.aliases.insert(key.clone(), String::new());
            numbers.seen.push(key);
        }
    }

    /// Gives everything that was learnt its stand-in, beside those that an earlier redaction gave.
    pub(super) fn assign(&mut self) {
        for (pool, numbers) in &mut self.pools {
            for key in std::mem::take(&mut numbers.seen) {
                let alias = numbers.next(*pool);
                numbers.aliases.insert(key, alias);
            }
        }
    }

    /// The stand-in for a text; the text itself where it is one, or tells nobody apart.
    pub(super) fn alias(&mut self, kind: Kind, text: &str) -> String {
        let Some(pool) = pool(kind, text) else {
            return REDACTED.to_owned();
        };
        if is_kept(pool, text) {
            return text.to_owned();
        }
        let numbers = self.pools.entry(pool).or_default();
        let key = normal(pool, text);
        match numbers.aliases.get(&key) {
            Some(alias) if !alias.is_empty() => alias.clone(),
            _ => {
                let alias = numbers.next(pool);
                numbers.aliases.insert(key, alias.clone());
                alias
            }
        }
    }

    /// What a word or some words in a row are, if they are a name that was learnt.
    pub(super) fn word(&self, lower: &str) -> Option<Kind> {
        self.words.get(lower).copied()
    }

    pub(super) fn has_words(&self) -> bool {
        !self.words.is_empty()
    }
}

impl Numbers {
    fn next(&mut self, pool: Pool) -> String {
        loop {
            self.last = self.last.saturating_add(1);
            let alias = stand_in(pool, self.last);
            if !self.used.contains(&alias) || self.last > MOST {
                return alias;
            }
        }
    }
}

/// More of one kind than any machine has.
const MOST: u32 = 9_999;

fn stand_in(pool: Pool, number: u32) -> String {
    let named = |name: &str| match number {
        1 => name.to_owned(),
        _ => format!("{name}{number}"),
    };
    match pool {
        Pool::User => named("user"),
        Pool::Host => named("host"),
        Pool::Serial => format!("{number:013}"),
        Pool::Uuid => format!("00000000-0000-0000-0000-{number:012}"),
        Pool::Mac => {
            let [_, a, b, c] = number.to_be_bytes();
            format!("02:00:00:{a:02x}:{b:02x}:{c:02x}")
        }
        Pool::V4 => format!("192.0.2.{}", number.min(255)),
        Pool::V6 => {
            let [a, b, c, d] = number.to_be_bytes();
            let pair = |x, y| u16::from_be_bytes([x, y]);
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, pair(a, b), pair(c, d)).to_string()
        }
        Pool::MachineId => format!("{number:032}"),
        Pool::Email => format!("{}@example.com", named("user")),
    }
}

/// Whether a text stays: it is a stand-in, or tells nobody apart.
fn is_kept(pool: Pool, text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let numbered = |name: &str| {
        lower.strip_prefix(name).is_some_and(|number| {
            number.is_empty()
                || (number.len() <= 10
                    && !number.starts_with('0')
                    && number.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let zeros = |count: usize, length: usize| {
        lower.len() == length
            && lower.bytes().take(count).all(|b| b == b'0')
            && lower.bytes().all(|b| b.is_ascii_digit())
    };
    match pool {
        Pool::User => numbered("user") || is_generic(text),
        Pool::Host => numbered("host") || is_generic(text),
        Pool::Serial => zeros(3, 13),
        Pool::Uuid => lower
            .strip_prefix("00000000-0000-0000-0000-")
            .is_some_and(|number| number.len() == 12 && number.bytes().all(|b| b.is_ascii_digit())),
        Pool::Mac => lower.len() == 17 && lower.starts_with("02:00:00:"),
        Pool::V4 => text.starts_with("192.0.2."),
        Pool::V6 => text
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| matches!(address.segments(), [0x2001, 0xdb8, 0, 0, 0, 0, ..])),
        Pool::MachineId => zeros(22, 32),
        Pool::Email => lower
            .strip_suffix("@example.com")
            .is_some_and(|name| is_kept(Pool::User, name) && name.starts_with("user")),
    }
}

/// `None`: the kind has one stand-in for all.
fn pool(kind: Kind, text: &str) -> Option<Pool> {
    Some(match kind {
        Kind::UserName | Kind::HomeFolder => Pool::User,
        Kind::HostName => Pool::Host,
        Kind::SerialNumber => Pool::Serial,
        Kind::GpuUuid | Kind::Uuid => Pool::Uuid,
        Kind::MacAddress => Pool::Mac,
        Kind::IpAddress if text.contains(':') => Pool::V6,
        Kind::IpAddress => Pool::V4,
        Kind::MachineId => Pool::MachineId,
        Kind::EmailAddress => Pool::Email,
        Kind::Secret => return None,
    })
}

/// The form in which two spellings of the same are equal.
fn normal(pool: Pool, text: &str) -> String {
    match pool {
        Pool::V6 => text
            .parse::<Ipv6Addr>()
            .map_or_else(|_| text.to_owned(), |address| address.to_string()),
        Pool::Mac => text.to_ascii_lowercase().replace('-', ":"),
        // Two users' folders may differ in nothing but case.
        Pool::User | Pool::Serial | Pool::V4 => text.to_owned(),
        Pool::Host | Pool::Uuid | Pool::MachineId | Pool::Email => text.to_lowercase(),
    }
}

/// The kind of those that are replaced also where nothing but their text tells them.
fn word_kind(pool: Pool) -> Option<Kind> {
    match pool {
        Pool::User => Some(Kind::UserName),
        Pool::Host => Some(Kind::HostName),
        Pool::Serial => Some(Kind::SerialNumber),
        Pool::MachineId => Some(Kind::MachineId),
        Pool::Uuid | Pool::Mac | Pool::V4 | Pool::V6 | Pool::Email => None,
    }
}

/// Whether a name is long enough to be no part of ordinary text: a user called `c` is replaced in `/home/c`, and
/// nowhere else. A number alone must be long.
fn is_telling(pool: Pool, name: &str) -> bool {
    let length = name.chars().count();
    let shortest = if pool == Pool::Serial { 6 } else { 3 };
    length >= shortest && (length >= 8 || name.chars().any(char::is_alphabetic))
}

fn word_key(name: &str) -> String {
    name.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}
