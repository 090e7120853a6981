//! `sort`: keys are taken from each line once, then lines are compared by them.

use std::cmp::Ordering;

use super::Program;
use super::options::Spec;
use super::text::{by_version, inputs};
use crate::practice::process::{Call, Exit};

pub(super) const PROGRAMS: &[Program] = &[Program::base("sort", sort)];

/// How two keys are compared.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the letters of sort's options, each given or not"
)]
struct Way {
    numeric: bool,
    general: bool,
    human: bool,
    version: bool,
    month: bool,
    fold: bool,
    reverse: bool,
    blanks: bool,
    dictionary: bool,
}

impl Way {
    fn take(&mut self, letter: char) -> bool {
        match letter {
            'n' => self.numeric = true,
            'g' => self.general = true,
            'h' => self.human = true,
            'V' => self.version = true,
            'M' => self.month = true,
            'f' => self.fold = true,
            'r' => self.reverse = true,
            'b' => self.blanks = true,
            'd' => self.dictionary = true,
            _ => return false,
        }
        true
    }

    fn is_plain(self) -> bool {
        !(self.numeric
            || self.general
            || self.human
            || self.version
            || self.month
            || self.fold
            || self.reverse
            || self.blanks
            || self.dictionary)
    }
}

/// `-k 2,3nr`: from a field, and a character of it, to the end of another.
#[derive(Debug, Clone, Copy)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    way: Way,
}

/// What a key is, ready to be compared.
enum Value {
    Text(String),
    Number(f64),
}

fn sort(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "nruhVk:t:fbo:szcCmgMdRS:T:",
        &[
            ("numeric-sort", 'n'),
            ("general-numeric-sort", 'g'),
            ("month-sort", 'M'),
            ("reverse", 'r'),
            ("unique", 'u'),
            ("human-numeric-sort", 'h'),
            ("version-sort", 'V'),
            ("key=", 'k'),
            ("field-separator=", 't'),
            ("ignore-case", 'f'),
            ("ignore-leading-blanks", 'b'),
            ("dictionary-order", 'd'),
            ("output=", 'o'),
            ("stable", 's'),
            ("zero-terminated", 'z'),
            ("check[", 'c'),
            ("merge", 'm'),
            ("random-sort", 'R'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 2;
    };
    let mut way = Way::default();
    for letter in "nghVMfrbd".chars().filter(|letter| options.has(*letter)) {
        way.take(letter);
    }
    let mut keys = Vec::new();
    for text in options.values('k') {
        match key(text, way) {
            Ok(key) => keys.push(key),
            Err(message) => {
                call.error(format!("sort: {message}"));
                return 2;
            }
        }
    }
    let separator = match options.value('t') {
        None => None,
        Some("\\0") => Some('\0'),
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(separator), None) => Some(separator),
                (None, _) => {
                    call.error("sort: empty tab");
                    return 2;
                }
                _ => {
                    call.error(format!("sort: multi-character tab ‘{text}’"));
                    return 2;
                }
            }
        }
    };
    let (bytes, good) = inputs(call, &options.words);
    let end = if options.has('z') { '\0' } else { '\n' };
    let text = String::from_utf8_lossy(&bytes);
    let mut all: Vec<&str> = text.split(end).collect();
    if all.last() == Some(&"") {
        all.pop();
    }
    let weight = 3 + 2 * keys.len() as u64;
    if !call.system.spend(all.len() as u64 * weight + 1) {
        return 130;
    }
    let mut order: Vec<(Vec<Value>, &str)> = all
        .iter()
        .map(|line| {
            let values = if keys.is_empty() {
                if way.is_plain()
                    || (way.reverse
                        && Way {
                            reverse: false,
                            ..way
                        }
                        .is_plain())
                {
                    Vec::new()
                } else {
                    vec![value(line, way)]
                }
            } else {
                keys.iter()
                    .map(|key| value(part(line, key, separator), key.way))
                    .collect()
            };
            (values, *line)
        })
        .collect();
    let by_keys = |a: &(Vec<Value>, &str), b: &(Vec<Value>, &str)| {
        for (index, (left, right)) in a.0.iter().zip(&b.0).enumerate() {
            let way = keys.get(index).map_or(way, |key| key.way);
            let order = compare(left, right, way);
            let order = if way.reverse { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    };
    let last_resort = !options.has('s') && !options.has('u');
    let whole = |a: &(Vec<Value>, &str), b: &(Vec<Value>, &str)| {
        let order = by_keys(a, b);
        // Without keys the lines themselves are compared; with them, only lines that are otherwise alike.
        if order.is_eq() && (last_resort || a.0.is_empty()) {
            let order = a.1.cmp(b.1);
            if way.reverse { order.reverse() } else { order }
        } else {
            order
        }
    };
    if options.has('c') || options.has('C') {
        let wrong = order.windows(2).position(|two| {
            let order = whole(&two[0], &two[1]);
            order.is_gt() || (options.has('u') && order.is_eq())
        });
        return match wrong {
            Some(at) => {
                if options.has('c') {
                    let file = options.words.first().map_or("-", String::as_str);
                    let line = order[at + 1].1;
                    call.error(format!("sort: {file}:{}: disorder: {line}", at + 2));
                }
                1
            }
            None => 0,
        };
    }
    order.sort_by(whole);
    if options.has('u') {
        order.dedup_by(|b, a| {
            if a.0.is_empty() {
                a.1 == b.1
            } else {
                by_keys(a, b).is_eq()
            }
        });
    }
    let mut out = String::with_capacity(text.len() + 1);
    for (_, line) in &order {
        out.push_str(line);
        out.push(end);
    }
    if let Some(file) = options.value('o') {
        let file = file.to_owned();
        if let Err(errno) = call.files().write(&file, out.as_bytes(), false) {
            call.error(format!("sort: open failed: {file}: {errno}"));
            return 2;
        }
    } else {
        call.print(out);
    }
    if good { 0 } else { 2 }
}

/// Reads what stands after `-k`.
fn key(text: &str, way: Way) -> Result<Key, String> {
    let (from, to) = match text.split_once(',') {
        Some((from, to)) => (from, Some(to)),
        None => (text, None),
    };
    let mut own = Way::default();
    let mut place = |part: &str, least: usize| -> Result<(usize, usize), String> {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let field: usize = part[..digits].parse().map_err(|_| {
            format!("invalid number at field start: invalid count at start of ‘{part}’")
        })?;
        if field == 0 {
            return Err(format!(
                "field number is zero: invalid field specification ‘{text}’"
            ));
        }
        let mut rest = &part[digits..];
        let mut character = least;
        if let Some(after) = rest.strip_prefix('.') {
            let digits = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            character = after[..digits].parse().unwrap_or(least);
            rest = &after[digits..];
        }
        for letter in rest.chars() {
            if !own.take(letter) {
                return Err(format!(
                    "stray character in field spec: invalid field specification ‘{text}’"
                ));
            }
        }
        Ok((field, character))
    };
    let from = place(from, 1)?;
    let to = match to {
        Some(to) => Some(place(to, 0)?),
        None => None,
    };
    Ok(Key {
        from,
        to,
        way: if own.is_plain() { way } else { own },
    })
}

/// The part of a line that a key is.
fn part<'l>(line: &'l str, key: &Key, separator: Option<char>) -> &'l str {
    let fields = fields(line, separator);
    let Some(&(start, end)) = fields.get(key.from.0 - 1) else {
        return "";
    };
    let mut start = start;
    if key.way.blanks {
        start += line[start..end].len() - line[start..end].trim_start().len();
    }
    let start = nth(line, start, key.from.1.saturating_sub(1));
    let end = match key.to {
        None => line.len(),
        Some((field, character)) => match fields.get(field - 1) {
            None => line.len(),
            Some((_, end)) if character == 0 => *end,
            Some((start, _)) => nth(line, *start, character),
        },
    };
    if start < end { &line[start..end] } else { "" }
}

/// The place of so many characters further on.
fn nth(line: &str, from: usize, count: usize) -> usize {
    line[from..]
        .char_indices()
        .nth(count)
        .map_or(line.len(), |(at, _)| from + at)
}

/// Where the fields of a line are: between separators, or each with the blanks before it.
fn fields(line: &str, separator: Option<char>) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    if let Some(separator) = separator {
        for (at, c) in line.char_indices() {
            if c == separator {
                fields.push((start, at));
                start = at + c.len_utf8();
            }
        }
        fields.push((start, line.len()));
        return fields;
    }
    let mut in_word = false;
    for (at, c) in line.char_indices() {
        let blank = c == ' ' || c == '\t';
        if blank && in_word {
            fields.push((start, at));
            start = at;
        }
        in_word = !blank;
    }
    fields.push((start, line.len()));
    fields
}

fn value(text: &str, way: Way) -> Value {
    if way.numeric || way.human || way.general {
        return Value::Number(number(text, way));
    }
    if way.month {
        let name = text
            .trim_start()
            .chars()
            .take(3)
            .collect::<String>()
            .to_uppercase();
        let month = [
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ]
        .iter()
        .position(|month| *month == name);
        #[expect(clippy::cast_precision_loss, reason = "there are twelve months")]
        return Value::Number(month.map_or(0.0, |month| month as f64 + 1.0));
    }
    let text = if way.blanks { text.trim_start() } else { text };
    let mut text = if way.fold {
        text.to_uppercase()
    } else {
        text.to_owned()
    };
    if way.dictionary {
        text.retain(|c| c.is_alphanumeric() || c == ' ' || c == '\t');
    }
    Value::Text(text)
}

fn number(text: &str, way: Way) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(at, c)| {
            !(c.is_ascii_digit()
                || *c == '.'
                || (*at == 0 && *c == '-')
                || (way.general && matches!(c, 'e' | 'E' | '+' | '-')))
        })
        .map_or(text.len(), |(at, _)| at);
    let unit = match text[end..].chars().next() {
        Some('K' | 'k') if way.human => 1e3,
        Some('M') if way.human => 1e6,
        Some('G') if way.human => 1e9,
        Some('T') if way.human => 1e12,
        Some('P') if way.human => 1e15,
        _ => 1.0,
    };
    text[..end].parse::<f64>().unwrap_or(0.0) * unit
}

fn compare(left: &Value, right: &Value, way: Way) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left.partial_cmp(right).unwrap_or(Ordering::Equal)
        }
        (Value::Text(left), Value::Text(right)) if way.version => by_version(left, right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}
