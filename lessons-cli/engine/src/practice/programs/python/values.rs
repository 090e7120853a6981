//! What signs, indices and formats make of the values of a text.

use std::rc::Rc;

use super::script::{Halt, Run, Value, float, list, place};
use super::tensor::{Kind, Numbers, Tensor};
use super::tensors::of_tensors;

pub(super) fn wrong(kind: &str, words: impl AsRef<str>) -> Halt {
    Halt::Raised(kind.to_owned(), words.as_ref().to_owned())
}

pub(super) fn unknown(what: &str) -> Halt {
    Halt::Unknown(crate::visible::visible(what))
}

pub(super) fn whole(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Int(number) => Some(*number),
        Value::Bool(yes) => Some(i64::from(*yes)),
        _ => None,
    }
}

pub(super) fn tensor(tensor: Tensor) -> Value {
    Value::Tensor(Rc::new(tensor))
}

/// `torch.Size` behaves as its list.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Object("torch.Size", fields) => {
            fields.first().map_or(Value::None, |(_, all)| all.clone())
        }
        other => other.clone(),
    }
}

pub(super) fn index(run: &mut Run<'_, '_>, of: &Value, index: &Value) -> Result<Value, Halt> {
    let range = |kind: &str| wrong("IndexError", format!("{kind} index out of range"));
    match &plain(of) {
        Value::List(all) => {
            let all = all.borrow();
            let at = place(index, all.len());
            at.and_then(|at| all.get(at).cloned())
                .ok_or_else(|| range("list"))
        }
        Value::Tuple(all) => {
            let at = place(index, all.len());
            at.and_then(|at| all.get(at).cloned())
                .ok_or_else(|| range("tuple"))
        }
        Value::Text(text) => {
            let all: Vec<char> = text.chars().collect();
            let at = place(index, all.len());
            at.and_then(|at| all.get(at))
                .map(|c| Value::text(c.to_string()))
                .ok_or_else(|| range("string"))
        }
        Value::Dict(all) => {
            let key = index.shown(true);
            let all = all.borrow();
            let found = all.iter().find(|(known, _)| known.shown(true) == key);
            found
                .map(|(_, value)| value.clone())
                .ok_or_else(|| wrong("KeyError", key))
        }
        Value::Name(name) if name == "os.environ" => {
            let name = index.shown(false);
            let value = run.call.env(&name).map(str::to_owned);
            value
                .map(Value::Text)
                .ok_or_else(|| wrong("KeyError", format!("'{name}'")))
        }
        Value::Tensor(own) => {
            let rows = rows(own)?;
            let at = place(index, rows.len()).ok_or_else(|| unknown("this index of a tensor"))?;
            rows.get(at).cloned().ok_or_else(|| {
                wrong(
                    "IndexError",
                    format!(
                        "index {} is out of bounds for dimension 0 with size {}",
                        index.shown(false),
                        rows.len()
                    ),
                )
            })
        }
        other => Err(wrong(
            "TypeError",
            format!("'{}' object is not subscriptable", other.kind()),
        )),
    }
}

/// The rows of a tensor, each a tensor.
pub(super) fn rows(own: &Tensor) -> Result<Vec<Value>, Halt> {
    let Some((count, inner)) = own.shape.split_first() else {
        return Err(wrong("TypeError", "iteration over a 0-d tensor"));
    };
    let Numbers::Held(all) = &own.numbers else {
        return Err(unknown("the rows of a tensor this large"));
    };
    let step = usize::try_from(Tensor::count_of(inner)).unwrap_or(1).max(1);
    let count = usize::try_from(*count).unwrap_or(0);
    let parts = all.chunks(step).take(count).map(|part| {
        tensor(Tensor {
            shape: inner.to_vec(),
            numbers: Numbers::Held(part.to_vec()),
            ..own.clone()
        })
    });
    Ok(parts.collect())
}

pub(super) fn slice(of: &Value, ends: [Option<i64>; 2]) -> Result<Value, Halt> {
    let cut = |length: usize| {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let at = |end: i64| if end < 0 { end + length } else { end }.clamp(0, length);
        let from = ends[0].map_or(0, at);
        let to = ends[1].map_or(length, at).max(from);
        let at = |end: i64| usize::try_from(end).unwrap_or(0);
        at(from)..at(to)
    };
    Ok(match &plain(of) {
        Value::List(all) => {
            let all = all.borrow();
            list(all[cut(all.len())].to_vec())
        }
        Value::Tuple(all) => Value::Tuple(all[cut(all.len())].to_vec()),
        Value::Text(text) => {
            let all: Vec<char> = text.chars().collect();
            Value::Text(all[cut(all.len())].iter().collect())
        }
        Value::Tensor(own) => {
            let rows = rows(own)?;
            let numbers = rows[cut(rows.len())].iter().filter_map(|row| match row {
                Value::Tensor(row) => match &row.numbers {
                    Numbers::Held(all) => Some(all.clone()),
                    Numbers::Around(..) => None,
                },
                _ => None,
            });
            let mut shape = own.shape.clone();
            shape[0] = i64::try_from(cut(rows.len()).len()).unwrap_or(0);
            tensor(Tensor {
                shape,
                numbers: Numbers::Held(numbers.flatten().collect()),
                ..(**own).clone()
            })
        }
        other => {
            return Err(wrong(
                "TypeError",
                format!("'{}' object is not subscriptable", other.kind()),
            ));
        }
    })
}

/// What a sign makes of two values.
pub(super) fn joined(
    run: &mut Run<'_, '_>,
    sign: &str,
    left: &Value,
    right: &Value,
) -> Result<Value, Halt> {
    if let (Value::Tensor(_), _) | (_, Value::Tensor(_)) = (left, right) {
        return of_tensors(run, sign, left, right);
    }
    let (left, right) = (&plain(left), &plain(right));
    Ok(match (sign, left, right) {
        ("+", Value::Text(one), Value::Text(other)) => Value::Text(format!("{one}{other}")),
        ("*", Value::Text(text), Value::Int(count))
        | ("*", Value::Int(count), Value::Text(text)) => {
            let count = usize::try_from(*count).unwrap_or(0);
            if text.len().saturating_mul(count) > 100_000 {
                return Err(unknown("a string this long"));
            }
            Value::Text(text.repeat(count))
        }
        ("%", Value::Text(text), values) => Value::Text(percent(text, values)?),
        ("+", Value::List(one), Value::List(other)) => {
            let all = [one.borrow().clone(), other.borrow().clone()].concat();
            list(all)
        }
        ("+", Value::Tuple(one), Value::Tuple(other)) => {
            Value::Tuple([one.clone(), other.clone()].concat())
        }
        (sign, Value::Int(one), Value::Int(other)) if !matches!(sign, "/" | "@") => {
            let zero = || wrong("ZeroDivisionError", "integer division or modulo by zero");
            match sign {
                "+" => Value::Int(one.saturating_add(*other)),
                "-" => Value::Int(one.saturating_sub(*other)),
                "*" => Value::Int(one.saturating_mul(*other)),
                "//" if *other == 0 => return Err(zero()),
                "%" if *other == 0 => return Err(zero()),
                "//" => {
                    let (cut, rest) = (one.wrapping_div(*other), one.wrapping_rem(*other));
                    Value::Int(if rest != 0 && (rest < 0) != (*other < 0) {
                        cut - 1
                    } else {
                        cut
                    })
                }
                "%" => {
                    let rest = one.wrapping_rem(*other);
                    Value::Int(if rest != 0 && (rest < 0) != (*other < 0) {
                        rest + other
                    } else {
                        rest
                    })
                }
                "**" => match u32::try_from(*other) {
                    Ok(power) => Value::Int(one.saturating_pow(power)),
                    Err(_) => arithmetic(sign, left, right)?,
                },
                _ => arithmetic(sign, left, right)?,
            }
        }
        _ => arithmetic(sign, left, right)?,
    })
}

pub(super) fn arithmetic(sign: &str, left: &Value, right: &Value) -> Result<Value, Halt> {
    let (Some(one), Some(other)) = (left.number(), right.number()) else {
        if let ("+", Value::Text(_)) = (sign, left) {
            return Err(wrong(
                "TypeError",
                format!("can only concatenate str (not \"{}\") to str", right.kind()),
            ));
        }
        return Err(wrong(
            "TypeError",
            format!(
                "unsupported operand type(s) for {sign}: '{}' and '{}'",
                left.kind(),
                right.kind()
            ),
        ));
    };
    if other == 0.0 && matches!(sign, "/" | "//" | "%") {
        return Err(wrong("ZeroDivisionError", "division by zero"));
    }
    applied(sign, one, other)
        .map(Value::Float)
        .ok_or_else(|| unknown(&format!("`{sign}` between these")))
}

pub(super) fn applied(sign: &str, one: f64, other: f64) -> Option<f64> {
    Some(match sign {
        "+" => one + other,
        "-" => one - other,
        "*" => one * other,
        "/" => one / other,
        "//" => (one / other).floor(),
        "%" => one - other * (one / other).floor(),
        "**" => one.powf(other),
        _ => return None,
    })
}

pub(super) fn compared(
    run: &mut Run<'_, '_>,
    sign: &str,
    left: &Value,
    right: &Value,
) -> Result<Value, Halt> {
    if let (Value::Tensor(one), other) = (left, right)
        && let Some(number) = other.number()
        && !matches!(sign, "in" | "not in")
    {
        run.use_gpu(one.gpu)?;
        let mapped = one.mapped(Kind::Bool, |one| {
            f64::from(u8::from(ordered(sign, one, number)))
        });
        return Ok(tensor(mapped));
    }
    let (left, right) = (&plain(left), &plain(right));
    let holds = match sign {
        "in" | "not in" => {
            let is_in = match right {
                Value::Text(text) => text.contains(&left.shown(false)),
                Value::Name(name) if name == "os.environ" => {
                    run.call.env(&left.shown(false)).is_some()
                }
                other => {
                    let key = left.shown(true);
                    run.each(other)?.iter().any(|one| one.shown(true) == key)
                }
            };
            is_in == (sign == "in")
        }
        "==" | "!=" => {
            let same = match (left.number(), right.number()) {
                (Some(one), Some(other)) => one.to_bits() == other.to_bits() || one - other == 0.0,
                _ => left.kind() == right.kind() && left.shown(true) == right.shown(true),
            };
            same == (sign == "==")
        }
        _ => match (left, right) {
            (Value::Text(one), Value::Text(other)) => match sign {
                "<" => one < other,
                ">" => one > other,
                "<=" => one <= other,
                _ => one >= other,
            },
            (Value::Tuple(one), Value::Tuple(other)) => {
                let numbers = |all: &[Value]| {
                    all.iter()
                        .map(|value| value.number().unwrap_or(0.0))
                        .collect::<Vec<_>>()
                };
                let order = numbers(one).partial_cmp(&numbers(other));
                order.is_some_and(|order| match sign {
                    "<" => order.is_lt(),
                    ">" => order.is_gt(),
                    "<=" => order.is_le(),
                    _ => order.is_ge(),
                })
            }
            _ => match (left.number(), right.number()) {
                (Some(one), Some(other)) => ordered(sign, one, other),
                _ => {
                    return Err(wrong(
                        "TypeError",
                        format!(
                            "'{sign}' not supported between instances of '{}' and '{}'",
                            left.kind(),
                            right.kind()
                        ),
                    ));
                }
            },
        },
    };
    Ok(Value::Bool(holds))
}

#[expect(clippy::float_cmp, reason = "Python compares so, too")]
pub(super) fn ordered(sign: &str, one: f64, other: f64) -> bool {
    match sign {
        "<" => one < other,
        ">" => one > other,
        "<=" => one <= other,
        ">=" => one >= other,
        "==" => one == other,
        _ => one != other,
    }
}

/// A value in an f-string.
pub(super) fn formatted(value: &Value, quoted: bool, format: &str) -> Result<String, Halt> {
    if quoted || format.is_empty() {
        return Ok(value.shown(quoted));
    }
    let value = &plain(value);
    let chars: Vec<char> = format.chars().collect();
    let mut at = 0;
    let (mut fill, mut align) = (' ', None);
    if let Some(sign @ ('<' | '>' | '^')) = chars.get(1) {
        (fill, align, at) = (chars[0], Some(*sign), 2);
    } else if let Some(sign @ ('<' | '>' | '^')) = chars.first() {
        (align, at) = (Some(*sign), 1);
    }
    let plus = chars.get(at) == Some(&'+');
    at += usize::from(plus);
    if chars.get(at) == Some(&'0') {
        (fill, align) = ('0', align.or(Some('>')));
        at += 1;
    }
    let number = |at: &mut usize| {
        let start = *at;
        while chars.get(*at).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
        chars[start..*at]
            .iter()
            .collect::<String>()
            .parse::<usize>()
            .ok()
    };
    let width = number(&mut at).unwrap_or(0).min(400);
    let comma = matches!(chars.get(at), Some(',' | '_'));
    at += usize::from(comma);
    let mut digits = None;
    if chars.get(at) == Some(&'.') {
        at += 1;
        digits = number(&mut at).map(|digits| digits.min(40));
    }
    let letter = chars.get(at).copied();
    if chars.len() > at + 1 {
        return Err(wrong("ValueError", "Invalid format specifier"));
    }
    let text = match (letter, value.number()) {
        (Some('s') | None, None) => {
            let text = value.shown(false);
            digits.map_or_else(
                || text.clone(),
                |digits| text.chars().take(digits).collect(),
            )
        }
        (None, Some(_)) if matches!(value, Value::Int(_) | Value::Bool(_)) => value.shown(false),
        (Some('d'), Some(number)) if matches!(value, Value::Int(_) | Value::Bool(_)) => {
            format!("{number:.0}")
        }
        (Some('f' | 'F'), Some(number)) => format!("{number:.*}", digits.unwrap_or(6)),
        (Some('%'), Some(number)) => format!("{:.*}%", digits.unwrap_or(6), number * 100.0),
        (Some('e'), Some(number)) => {
            let plain = format!("{number:.*e}", digits.unwrap_or(6));
            let (digits, power) = plain.split_once('e').unwrap_or((&plain, "0"));
            match power.strip_prefix('-') {
                Some(power) => format!("{digits}e-{power:0>2}"),
                None => format!("{digits}e+{power:0>2}"),
            }
        }
        (Some('x'), Some(_)) => match value {
            Value::Int(number) => format!("{number:x}"),
            _ => {
                return Err(wrong(
                    "ValueError",
                    "Unknown format code 'x' for object of type 'float'",
                ));
            }
        },
        (Some('g') | None, Some(number)) => match digits {
            None => float(number).trim_end_matches(".0").to_owned(),
            Some(_) => return Err(unknown("the format g with digits")),
        },
        (Some(letter), _) => {
            return Err(wrong(
                "ValueError",
                format!(
                    "Unknown format code '{letter}' for object of type '{}'",
                    value.kind()
                ),
            ));
        }
    };
    let mut text = text;
    if comma {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest.to_owned()),
            None => ("", text.clone()),
        };
        let (whole, part) = rest
            .split_once('.')
            .map_or((rest.as_str(), None), |(whole, part)| (whole, Some(part)));
        let mut grouped = String::new();
        for (place, c) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(c);
        }
        text = match part {
            Some(part) => format!("{sign}{grouped}.{part}"),
            None => format!("{sign}{grouped}"),
        };
    }
    if plus && !text.starts_with('-') {
        text.insert(0, '+');
    }
    let missing = width.saturating_sub(text.chars().count());
    let is_number = value.number().is_some();
    let align = align.unwrap_or(if is_number { '>' } else { '<' });
    let pad = |count: usize| fill.to_string().repeat(count);
    Ok(match align {
        '<' => format!("{text}{}", pad(missing)),
        '^' => format!("{}{text}{}", pad(missing / 2), pad(missing - missing / 2)),
        _ => format!("{}{text}", pad(missing)),
    })
}

/// `'%s: %d' % (a, b)`
pub(super) fn percent(text: &str, values: &Value) -> Result<String, Halt> {
    let mut values = match values {
        Value::Tuple(all) => all.clone(),
        one => vec![one.clone()],
    }
    .into_iter();
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            out.push('%');
            continue;
        }
        let mut format = String::new();
        let letter = loop {
            match chars.next() {
                Some(c @ ('0'..='9' | '.' | '-' | '+')) => format.push(c),
                Some(c) => break c,
                None => return Err(wrong("ValueError", "incomplete format")),
            }
        };
        let Some(value) = values.next() else {
            return Err(wrong("TypeError", "not enough arguments for format string"));
        };
        out.push_str(&match letter {
            'r' => value.shown(true),
            's' if format.is_empty() => value.shown(false),
            'd' | 'i' => format!("{:.0}", value.number().unwrap_or(0.0).trunc()),
            letter => formatted(&value, false, &format!("{format}{letter}"))?,
        });
    }
    Ok(out)
}
