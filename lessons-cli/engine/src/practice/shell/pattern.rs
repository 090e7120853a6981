//! Shell patterns: `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]]`, and bash's `?(a|b)`, `*(…)`, `+(…)`, `@(…)`, `!(…)`.

use std::collections::BTreeSet;

/// A pattern, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// This character.
    Is(char),
    /// Any character.
    Any,
    /// Any characters, also none.
    Many,
    /// A character of a set, or none of it.
    Set { negated: bool, items: Vec<Item> },
    /// Patterns, one of which stands here.
    OneOf { times: Times, of: Vec<Pattern> },
}

/// How often one of some patterns stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    /// `?( )`.
    AtMostOnce,
    /// `*( )`.
    Any,
    /// `+( )`.
    AtLeastOnce,
    /// `@( )`.
    Once,
    /// `!( )`: anything else stands here.
    Never,
}

/// How deeply such patterns may be in one another.
const NESTED: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Range(char, char),
    Class(Class),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Alpha,
    Digit,
    Alnum,
    Space,
    Upper,
    Lower,
    Punct,
}

impl Pattern {
    /// A pattern. A backslash takes the meaning from what follows it.
    pub(crate) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self::of(&chars, 0)
    }

    fn of(chars: &[char], depth: usize) -> Self {
        let mut parts = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            if let Some(times) = Times::of(chars[at])
                && chars.get(at + 1) == Some(&'(')
                && depth < NESTED
                && let Some((of, end)) = alternatives(chars, at + 2)
            {
                let of = of.iter().map(|chars| Self::of(chars, depth + 1)).collect();
                parts.push(Part::OneOf { times, of });
                at = end;
                continue;
            }
            match chars[at] {
                '*' => {
                    if parts.last() != Some(&Part::Many) {
                        parts.push(Part::Many);
                    }
                    at += 1;
                }
                '?' => {
                    parts.push(Part::Any);
                    at += 1;
                }
                '\\' if at + 1 < chars.len() => {
                    parts.push(Part::Is(chars[at + 1]));
                    at += 2;
                }
                '[' => {
                    if let Some((set, end)) = set(chars, at + 1) {
                        parts.push(set);
                        at = end;
                    } else {
                        parts.push(Part::Is('['));
                        at += 1;
                    }
                }
                c => {
                    parts.push(Part::Is(c));
                    at += 1;
                }
            }
        }
        Self(parts)
    }

    /// Whether a text has anything in it that is not just itself.
    pub(crate) fn is_pattern(text: &str) -> bool {
        Self::new(text)
            .0
            .iter()
            .any(|part| !matches!(part, Part::Is(_)))
    }

    /// The steps that comparing it with a text of so many bytes may take.
    pub(crate) fn cost(&self, bytes: usize) -> u64 {
        let (bytes, nested) = (bytes as u64, self.nested() as u64);
        let plain = (self.0.len() as u64).saturating_mul(bytes) / 64;
        // Where patterns are within one another, each place may begin, and each may end one.
        let more = nested.saturating_mul(bytes.saturating_mul(bytes)) / 8;
        1 + plain.saturating_add(more) + nested
    }

    /// How many parts are in the patterns within it.
    fn nested(&self) -> usize {
        let parts = self.0.iter().map(|part| match part {
            Part::OneOf { of, .. } => of.iter().map(|of| 1 + of.0.len() + 4 * of.nested()).sum(),
            _ => 0,
        });
        parts.sum()
    }

    /// Whether the whole text fits. It takes no more steps than pattern times text.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        self.fits_chars(&chars)
    }

    pub(crate) fn fits_chars(&self, text: &[char]) -> bool {
        if self.nested() > 0 {
            return self.ends(text, 0).last() == Some(&text.len());
        }
        let (mut p, mut t) = (0, 0);
        // Where the last `*` stands, and how far its text goes.
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match self.0.get(p) {
                Some(Part::Many) => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(part) if part.takes(text[t]) => {
                    p += 1;
                    t += 1;
                }
                _ => match star {
                    Some((at, taken)) => {
                        star = Some((at, taken + 1));
                        p = at + 1;
                        t = taken + 1;
                    }
                    None => return false,
                },
            }
        }
        self.0[p..].iter().all(|part| *part == Part::Many)
    }

    /// Where what fits from a place on may end, in order.
    fn ends(&self, text: &[char], from: usize) -> Vec<usize> {
        let mut places = vec![from];
        for part in &self.0 {
            if places.is_empty() {
                break;
            }
            places = match part {
                Part::Many => (places[0]..=text.len()).collect(),
                Part::OneOf { times, of } => one_of(*times, of, text, &places),
                part => places
                    .into_iter()
                    .filter(|place| text.get(*place).is_some_and(|c| part.takes(*c)))
                    .map(|place| place + 1)
                    .collect(),
            };
        }
        places
    }

    /// Whether it begins with a literal dot, so that it may fit a hidden name.
    pub(crate) fn begins_with_dot(&self) -> bool {
        self.0.first() == Some(&Part::Is('.'))
    }
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Is(is) => *is == c,
            Self::Any => true,
            Self::Many | Self::OneOf { .. } => false,
            Self::Set { negated, items } => {
                let among = items.iter().any(|item| match item {
                    Item::Range(from, to) => (*from..=*to).contains(&c),
                    Item::Class(class) => class.has(c),
                });
                among != *negated
            }
        }
    }
}

impl Times {
    fn of(sign: char) -> Option<Self> {
        Some(match sign {
            '?' => Self::AtMostOnce,
            '*' => Self::Any,
            '+' => Self::AtLeastOnce,
            '@' => Self::Once,
            '!' => Self::Never,
            _ => return None,
        })
    }
}

/// Where patterns that stand in some places end, in order.
fn one_of(times: Times, of: &[Pattern], text: &[char], places: &[usize]) -> Vec<usize> {
    let once = |from: usize| -> BTreeSet<usize> {
        of.iter()
            .flat_map(|pattern| pattern.ends(text, from))
            .collect()
    };
    let mut ends = BTreeSet::new();
    if times == Times::Never {
        for &place in places {
            let fits = once(place);
            ends.extend((place..=text.len()).filter(|end| !fits.contains(end)));
        }
        return ends.into_iter().collect();
    }
    let mut todo: Vec<usize> = places.to_vec();
    let mut seen: BTreeSet<usize> = todo.iter().copied().collect();
    while let Some(place) = todo.pop() {
        for end in once(place) {
            ends.insert(end);
            let again = matches!(times, Times::Any | Times::AtLeastOnce);
            if again && seen.insert(end) {
                todo.push(end);
            }
        }
    }
    if matches!(times, Times::AtMostOnce | Times::Any) {
        ends.extend(places);
    }
    ends.into_iter().collect()
}

/// The patterns between `(` and `)`, and where they end; `None` where nothing closes them.
fn alternatives(chars: &[char], start: usize) -> Option<(Vec<&[char]>, usize)> {
    let mut found = Vec::new();
    let (mut from, mut at, mut open) = (start, start, 1);
    while open > 0 {
        match *chars.get(at)? {
            '\\' => at += 1,
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 || (open == 1 && chars.get(at) == Some(&'|') && chars[at - 1] != '\\') {
            found.push(&chars[from..at]);
            from = at + 1;
        }
        at += 1;
    }
    Some((found, at))
}

impl Class {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "alpha" => Self::Alpha,
            "digit" => Self::Digit,
            "alnum" => Self::Alnum,
            "space" | "blank" => Self::Space,
            "upper" => Self::Upper,
            "lower" => Self::Lower,
            "punct" => Self::Punct,
            _ => return None,
        })
    }

    fn has(self, c: char) -> bool {
        match self {
            Self::Alpha => c.is_alphabetic(),
            Self::Digit => c.is_ascii_digit(),
            Self::Alnum => c.is_alphanumeric(),
            Self::Space => c.is_whitespace(),
            Self::Upper => c.is_uppercase(),
            Self::Lower => c.is_lowercase(),
            Self::Punct => c.is_ascii_punctuation(),
        }
    }
}

/// The set that begins after `[`, and where it ends; `None` where it has no end.
fn set(chars: &[char], mut at: usize) -> Option<(Part, usize)> {
    let negated = matches!(chars.get(at), Some('!' | '^'));
    if negated {
        at += 1;
    }
    let mut items = Vec::new();
    let mut first = true;
    loop {
        match *chars.get(at)? {
            ']' if !first => return Some((Part::Set { negated, items }, at + 1)),
            '[' if chars.get(at + 1) == Some(&':') => {
                let end = (at + 2..chars.len().min(at + 12)).find(|&end| chars[end] == ':')?;
                let name: String = chars[at + 2..end].iter().collect();
                items.push(Item::Class(Class::named(&name)?));
                at = end + 2;
            }
            '\\' if at + 1 < chars.len() => {
                items.push(Item::Range(chars[at + 1], chars[at + 1]));
                at += 2;
            }
            from => {
                if chars.get(at + 1) == Some(&'-')
                    && let Some(&to) = chars.get(at + 2)
                    && to != ']'
                {
                    items.push(Item::Range(from, to));
                    at += 3;
                } else {
                    items.push(Item::Range(from, from));
                    at += 1;
                }
            }
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_bash() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("nvidia-*", "nvidia-smi", true),
            ("*.conf", "blacklist.conf", true),
            ("*.conf", "blacklist.conf~", false),
            ("?b", "ab", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[[:digit:]]*", "12.6", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("[", "[", true),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*.@(txt|md)", "a.md", true),
            ("*.@(txt|md)", "a.mdx", false),
            ("+(a)b", "aaab", true),
            ("+(a)b", "b", false),
            ("?(x)b", "b", true),
            ("*(ab|c)d", "abcabd", true),
            ("!(*.txt|d)", "csv", true),
            ("!(*.txt|d)", "a.txt", false),
            ("a!(b)c", "abc", false),
            ("a!(b)c", "abbc", true),
            ("+(+(a))", "aaa", true),
            ("@(a", "@(a", true),
            ("\\@(a)", "@(a)", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
        let long = "a".repeat(5000);
        assert!(!Pattern::new(&"*a".repeat(200)).fits(&format!("{long}b")));
    }
}
