//! `expr`: an expression whose words are arguments.

use super::Program;
use super::search::finder;
use crate::practice::process::{Call, Exit};

pub(super) const PROGRAMS: &[Program] = &[Program::base("expr", expr)];

/// How deep brackets may be in one another.
const DEEPEST: usize = 50;

fn expr(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    if words.is_empty() {
        call.error("expr: missing operand\nTry 'expr --help' for more information.");
        return 2;
    }
    if !call.system.spend(words.len() as u64) {
        return 130;
    }
    let mut reader = Reader {
        words: &words,
        at: 0,
        depth: 0,
    };
    let value = reader
        .either()
        .and_then(|value| match words.get(reader.at) {
            None => Ok(value),
            Some(word) => Err(format!("syntax error: unexpected argument ‘{word}’")),
        });
    match value {
        Ok(value) => {
            call.line(&value);
            Exit::from(is_nothing(&value))
        }
        Err(message) => {
            call.error(format!("expr: {message}"));
            2
        }
    }
}

/// Whether a value counts as false.
fn is_nothing(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    value.is_empty() || (!digits.is_empty() && digits.bytes().all(|byte| byte == b'0'))
}

struct Reader<'w> {
    words: &'w [String],
    at: usize,
    depth: usize,
}

type Read = Result<String, String>;

impl Reader<'_> {
    /// The next word, if it is one of these operators.
    fn take(&mut self, operators: &[&str]) -> Option<String> {
        let word = self.words.get(self.at)?;
        let found = operators.contains(&word.as_str());
        self.at += usize::from(found);
        found.then(|| word.clone())
    }

    fn either(&mut self) -> Read {
        let mut value = self.both()?;
        while self.take(&["|"]).is_some() {
            let other = self.both()?;
            if is_nothing(&value) {
                value = if is_nothing(&other) {
                    "0".to_owned()
                } else {
                    other
                };
            }
        }
        Ok(value)
    }

    fn both(&mut self) -> Read {
        let mut value = self.compared()?;
        while self.take(&["&"]).is_some() {
            let other = self.compared()?;
            if is_nothing(&value) || is_nothing(&other) {
                "0".clone_into(&mut value);
            }
        }
        Ok(value)
    }

    fn compared(&mut self) -> Read {
        let mut value = self.sum()?;
        while let Some(operator) = self.take(&["<", "<=", "=", "==", "!=", ">=", ">"]) {
            let other = self.sum()?;
            let order = match (value.parse::<i64>(), other.parse::<i64>()) {
                (Ok(one), Ok(two)) => one.cmp(&two),
                _ => value.cmp(&other),
            };
            let is = match operator.as_str() {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                "!=" => order.is_ne(),
                _ => order.is_eq(),
            };
            value = i32::from(is).to_string();
        }
        Ok(value)
    }

    fn sum(&mut self) -> Read {
        let mut value = self.product()?;
        while let Some(operator) = self.take(&["+", "-"]) {
            let other = self.product()?;
            value = computed(&value, &operator, &other)?;
        }
        Ok(value)
    }

    fn product(&mut self) -> Read {
        let mut value = self.matched()?;
        while let Some(operator) = self.take(&["*", "/", "%"]) {
            let other = self.matched()?;
            value = computed(&value, &operator, &other)?;
        }
        Ok(value)
    }

    fn matched(&mut self) -> Read {
        let mut value = self.one()?;
        while self.take(&[":"]).is_some() {
            let pattern = self.one()?;
            value = fitted(&value, &pattern)?;
        }
        Ok(value)
    }

    fn one(&mut self) -> Read {
        let Some(word) = self.words.get(self.at).cloned() else {
            let before = self.at.checked_sub(1).map_or("", |at| &self.words[at]);
            return Err(format!("syntax error: missing argument after ‘{before}’"));
        };
        self.at += 1;
        match word.as_str() {
            "(" => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err("syntax error".to_owned());
                }
                let value = self.either()?;
                self.depth -= 1;
                if self.take(&[")"]).is_none() {
                    return Err(match self.words.get(self.at) {
                        Some(word) => format!("syntax error: expecting ')' instead of ‘{word}’"),
                        None => {
                            let before = &self.words[self.at - 1];
                            format!("syntax error: expecting ')' after ‘{before}’")
                        }
                    });
                }
                Ok(value)
            }
            ")" => Err("syntax error: unexpected ')'".to_owned()),
            "+" if self.at < self.words.len() => {
                self.at += 1;
                Ok(self.words[self.at - 1].clone())
            }
            "length" if self.at < self.words.len() => Ok(self.one()?.chars().count().to_string()),
            "match" if self.at < self.words.len() => {
                let text = self.one()?;
                let pattern = self.one()?;
                fitted(&text, &pattern)
            }
            "index" if self.at < self.words.len() => {
                let text = self.one()?;
                let letters = self.one()?;
                let place = text.chars().position(|c| letters.contains(c));
                Ok(place.map_or(0, |at| at + 1).to_string())
            }
            "substr" if self.at < self.words.len() => {
                let text = self.one()?;
                let (from, length) = (self.one()?, self.one()?);
                let (Ok(from), Ok(length)) = (from.parse::<usize>(), length.parse::<usize>())
                else {
                    return Ok(String::new());
                };
                Ok(match from.checked_sub(1) {
                    Some(skip) => text.chars().skip(skip).take(length).collect(),
                    None => String::new(),
                })
            }
            _ => Ok(word),
        }
    }
}

fn computed(one: &str, operator: &str, two: &str) -> Read {
    let (Ok(one), Ok(two)) = (one.parse::<i64>(), two.parse::<i64>()) else {
        return Err("non-integer argument".to_owned());
    };
    if two == 0 && matches!(operator, "/" | "%") {
        return Err("division by zero".to_owned());
    }
    let value = match operator {
        "+" => one.checked_add(two),
        "-" => one.checked_sub(two),
        "*" => one.checked_mul(two),
        "/" => one.checked_div(two),
        _ => one.checked_rem(two),
    };
    value
        .map(|value| value.to_string())
        .ok_or_else(|| "Numerical result out of range".to_owned())
}

/// What `:` gives: the first group of what fits at the start, or how long it is.
fn fitted(text: &str, pattern: &str) -> Read {
    // A pattern is looked for at the start, as if it began with `^`.
    let anchored = format!("^{}", pattern.strip_prefix('^').unwrap_or(pattern));
    let finder = finder(&anchored, false, false)?;
    let captures = finder.regex.captures(text);
    Ok(if finder.regex.captures_len() > 1 {
        let group =
            captures.and_then(|captures| captures.get(1).map(|group| group.as_str().to_owned()));
        group.unwrap_or_default()
    } else {
        captures
            .map_or(0, |captures| captures[0].chars().count())
            .to_string()
    })
}
