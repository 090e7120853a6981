//! What the names mean that a text of [`super::script`] uses: Python's own functions and the modules, torch's above all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::script::{Halt, Run, Value, float, list, place};
use super::tensor::{Kind, Numbers, Tensor, chance};
use super::torch::capability;
use crate::machine::nvml::Gpu;

/// Functions that are always there.
pub(super) const BUILTINS: [&str; 24] = [
    "print",
    "len",
    "str",
    "int",
    "float",
    "bool",
    "list",
    "tuple",
    "dict",
    "range",
    "enumerate",
    "zip",
    "sum",
    "min",
    "max",
    "abs",
    "round",
    "sorted",
    "type",
    "repr",
    "any",
    "all",
    "exit",
    "quit",
];

/// Modules of Python itself that may be imported.
pub(super) const OF_PYTHON: [&str; 12] = [
    "sys",
    "os",
    "platform",
    "struct",
    "json",
    "time",
    "math",
    "warnings",
    "gc",
    "importlib",
    "__future__",
    "random",
];

/// How many multiprocessors the cards have that the lessons' machines are about (NVIDIA's data sheets of the boards).
const PROCESSORS: [(&str, i64); 34] = [
    ("A100", 108),
    ("A10", 72),
    ("A40", 84),
    ("B200", 148),
    ("GeForce GTX 1080 Ti", 28),
    ("GeForce GTX 1650", 14),
    ("GeForce RTX 2080 Ti", 68),
    ("GeForce RTX 3050", 20),
    ("GeForce RTX 3060", 28),
    ("GeForce RTX 3060 Ti", 38),
    ("GeForce RTX 3070", 46),
    ("GeForce RTX 3080", 68),
    ("GeForce RTX 3090", 82),
    ("GeForce RTX 3090 Ti", 84),
    ("GeForce RTX 4060", 24),
    ("GeForce RTX 4060 Laptop GPU", 24),
    ("GeForce RTX 4070", 46),
    ("GeForce RTX 4080", 76),
    ("GeForce RTX 4090", 128),
    ("GeForce RTX 4090 Laptop GPU", 76),
    ("GeForce RTX 5070", 48),
    ("GeForce RTX 5070 Ti", 70),
    ("GeForce RTX 5080", 84),
    ("GeForce RTX 5090", 170),
    ("H100", 132),
    ("H200", 132),
    ("L4", 58),
    ("L40S", 142),
    ("RTX 6000 Ada Generation", 142),
    ("RTX A6000", 84),
    ("RTX PRO 6000 Blackwell Workstation Edition", 188),
    ("Tesla T4", 40),
    ("Tesla V100", 80),
    ("V100", 80),
];

fn processors(gpu: &Gpu) -> Option<i64> {
    let name = gpu.name.known()?.trim_start_matches("NVIDIA ").to_owned();
    let fits = |known: &str| {
        name == known
            || name
                .strip_prefix(known)
                .is_some_and(|rest| rest.starts_with(['-', ' ']) && !rest.starts_with(" Ti"))
    };
    let all = PROCESSORS.iter().filter(|(known, _)| fits(known));
    all.max_by_key(|(known, _)| known.len())
        .map(|(_, count)| *count)
}

/// What a program takes on a card as soon as it uses CUDA: some hundreds of megabytes, which differ from card to card.
const CONTEXT: i64 = 400 << 20;

/// How much of a card's memory CUDA calls its own: the driver keeps about two percent.
fn cuda_memory(bytes: u64) -> i64 {
    i64::try_from(bytes / 1000 * 980).unwrap_or(i64::MAX)
}

fn wrong(kind: &str, words: impl AsRef<str>) -> Halt {
    Halt::Raised(kind.to_owned(), words.as_ref().to_owned())
}

fn unknown(what: &str) -> Halt {
    Halt::Unknown(crate::visible::visible(what))
}

fn whole(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Int(number) => Some(*number),
        Value::Bool(yes) => Some(i64::from(*yes)),
        _ => None,
    }
}

fn tensor(tensor: Tensor) -> Value {
    Value::Tensor(Rc::new(tensor))
}

pub(super) fn attribute(run: &mut Run<'_, '_>, of: &Value, name: &str) -> Result<Value, Halt> {
    let missing = |of: &Value| {
        wrong(
            "AttributeError",
            format!(
                "'{}' object has no attribute '{}'",
                of.kind(),
                crate::visible::visible(name)
            ),
        )
    };
    match of {
        Value::Name(path) => named(run, path, name),
        Value::Object(_, fields) => fields
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.clone())
            .ok_or_else(|| missing(of)),
        Value::Device(device) => {
            let (kind, index) = device.split_once(':').unwrap_or((device, ""));
            match name {
                "type" => Ok(Value::text(kind)),
                "index" => Ok(index.parse().map_or(Value::None, Value::Int)),
                _ => Err(missing(of)),
            }
        }
        Value::Tensor(own) => Ok(match name {
            "shape" => Value::Object(
                "torch.Size",
                vec![(
                    "\u{0}",
                    list(own.shape.iter().copied().map(Value::Int).collect()),
                )],
            ),
            "device" => Value::Device(device_of(own)),
            "dtype" => Value::Kind(own.kind),
            "ndim" => Value::Int(i64::try_from(own.shape.len()).unwrap_or(0)),
            "is_cuda" => Value::Bool(own.gpu.is_some()),
            "requires_grad" => Value::Bool(false),
            "T" => transposed(own)?,
            _ => Value::Method(Box::new(of.clone()), name.to_owned()),
        }),
        Value::Text(_) | Value::List(_) | Value::Dict(_) => {
            Ok(Value::Method(Box::new(of.clone()), name.to_owned()))
        }
        other => Err(missing(other)),
    }
}

fn device_of(tensor: &Tensor) -> String {
    tensor
        .gpu
        .map_or_else(|| "cpu".to_owned(), |gpu| format!("cuda:{gpu}"))
}

fn transposed(own: &Tensor) -> Result<Value, Halt> {
    let &[rows, columns] = own.shape.as_slice() else {
        return Err(unknown(".T of this shape"));
    };
    let numbers = match &own.numbers {
        Numbers::Held(all) => {
            let at = |number: i64| usize::try_from(number).unwrap_or(0);
            let places = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
            Numbers::Held(
                places
                    .map(|(row, column)| all[at(row * columns + column)])
                    .collect(),
            )
        }
        around @ Numbers::Around(..) => around.clone(),
    };
    Ok(tensor(Tensor {
        shape: vec![columns, rows],
        numbers,
        ..own.clone()
    }))
}

/// Something in a module.
fn named(run: &mut Run<'_, '_>, path: &str, name: &str) -> Result<Value, Halt> {
    let whole = format!("{path}.{name}");
    if let Some(kind) = whole.strip_prefix("torch.").and_then(Kind::named) {
        return Ok(Value::Kind(kind));
    }
    let torch = run.torch.clone();
    Ok(match whole.as_str() {
        "torch.__version__" | "torch.version.__version__" => {
            torch.map_or(Value::None, |torch| Value::Text(torch.version))
        }
        "torch.version.cuda" => torch
            .and_then(|torch| torch.cuda)
            .map_or(Value::None, |cuda| Value::text(cuda.to_string())),
        "torch.version.hip" => Value::None,
        "torch.version.git_version" => return Err(unknown("torch.version.git_version")),
        "torch.version.debug" => Value::Bool(false),
        "torch.__file__" => Value::text(format!("{}/torch/__init__.py", run.own.site)),
        "torch.backends.cudnn.enabled"
        | "torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction" => Value::Bool(true),
        "torch.backends.cudnn.benchmark"
        | "torch.backends.cudnn.deterministic"
        | "torch.backends.cuda.matmul.allow_tf32" => Value::Bool(false),
        "torch.backends.cudnn.allow_tf32" => Value::Bool(true),
        "torchvision.__version__"
        | "torchaudio.__version__"
        | "torchtext.__version__"
        | "numpy.__version__" => {
            let there = super::packages::installed(run.call, &run.own.site);
            let found = there.into_iter().find(|one| one.name == path);
            found.map_or(Value::None, |one| Value::Text(one.version))
        }
        "sys.version" => Value::text(format!("{} (main) [GCC 13.3.0]", run.own.whole)),
        "sys.executable" => Value::Text(run.own.executable()),
        "sys.prefix" => Value::text(&run.own.prefix),
        "sys.platform" => Value::text("linux"),
        "sys.argv" => list(run.argv.iter().map(Value::text).collect()),
        "sys.version_info" => {
            let numbers = run
                .own
                .whole
                .split('.')
                .filter_map(|part| part.parse().ok());
            Value::Tuple(numbers.map(Value::Int).collect())
        }
        "os.sep" => Value::text("/"),
        "math.pi" => Value::Float(std::f64::consts::PI),
        "math.inf" => Value::Float(f64::INFINITY),
        _ => Value::Name(whole),
    })
}

/// `torch.Size` behaves as its list.
fn plain(value: &Value) -> Value {
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

fn arithmetic(sign: &str, left: &Value, right: &Value) -> Result<Value, Halt> {
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

fn applied(sign: &str, one: f64, other: f64) -> Option<f64> {
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

fn of_tensors(
    run: &mut Run<'_, '_>,
    sign: &str,
    left: &Value,
    right: &Value,
) -> Result<Value, Halt> {
    let whole = |value: &Value| matches!(value, Value::Int(_) | Value::Bool(_));
    let as_tensor = |value: &Value, beside: Kind| match value {
        Value::Tensor(own) => Some((**own).clone()),
        other => {
            let kind = if beside.is_float() || whole(other) {
                beside
            } else {
                Kind::Float32
            };
            Some(Tensor::single(other.number()?, kind, None))
        }
    };
    let beside = match (left, right) {
        (Value::Tensor(own), _) | (_, Value::Tensor(own)) => own.kind,
        _ => Kind::Float32,
    };
    let (Some(one), Some(other)) = (as_tensor(left, beside), as_tensor(right, beside)) else {
        return Err(wrong(
            "TypeError",
            format!(
                "unsupported operand type(s) for {sign}: '{}' and '{}'",
                left.kind(),
                right.kind()
            ),
        ));
    };
    // A tensor without dimensions may come from the processor.
    if one.gpu != other.gpu && !one.shape.is_empty() && !other.shape.is_empty() {
        return Err(wrong(
            "RuntimeError",
            format!(
                "Expected all tensors to be on the same device, but found at least two devices, {} and {}!",
                device_of(&one),
                device_of(&other)
            ),
        ));
    }
    let gpu = one.gpu.or(other.gpu);
    run.use_gpu(gpu)?;
    if sign == "@" {
        let product = one.product(&other).map_err(Halt::raised)?;
        return allocated(run, product);
    }
    let Some(mut result) = one.with(&other, |one, other| {
        applied(sign, one, other).unwrap_or(f64::NAN)
    }) else {
        let (own, its) = (one.shape.last().copied(), other.shape.last().copied());
        return Err(wrong(
            "RuntimeError",
            format!(
                "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}",
                own.unwrap_or(1),
                its.unwrap_or(1),
                one.shape.len().max(other.shape.len()).saturating_sub(1)
            ),
        ));
    };
    if sign == "/" && !result.kind.is_float() {
        result.kind = Kind::Float32;
    }
    result.gpu = gpu;
    allocated(run, result)
}

/// A tensor that has found its place: a GPU's memory may be too small.
fn allocated(run: &mut Run<'_, '_>, own: Tensor) -> Result<Value, Halt> {
    let Some(index) = own.gpu else {
        return Ok(tensor(own));
    };
    let gpus = run.gpus().map_err(|why| Halt::raised(why.error()))?;
    let Some(gpu) = gpus.get(index) else {
        return Ok(tensor(own));
    };
    let (Some(total), Some(used)) = (gpu.memory_total.known(), gpu.memory_used.known()) else {
        return Ok(tensor(own));
    };
    let total = cuda_memory(*total);
    let before = run.allocated(index);
    let used = i64::try_from(*used)
        .unwrap_or(0)
        .saturating_add(before + CONTEXT);
    let free = (total - used).max(0);
    if own.bytes() <= free {
        return Ok(tensor(own));
    }
    #[expect(clippy::cast_precision_loss, reason = "what is printed has two digits")]
    let gib = |bytes: i64| format!("{:.2} GiB", bytes as f64 / 1_073_741_824.0);
    // `c10/cuda/CUDACachingAllocator.cpp`
    Err(wrong(
        "torch.OutOfMemoryError",
        format!(
            "CUDA out of memory. Tried to allocate {}. GPU {index} has a total capacity of {} of which {} is free.",
            gib(own.bytes()),
            gib(total),
            gib(free)
        ),
    ))
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
fn ordered(sign: &str, one: f64, other: f64) -> bool {
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
fn percent(text: &str, values: &Value) -> Result<String, Halt> {
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

/// Calls something of a module.
pub(super) fn call(
    run: &mut Run<'_, '_>,
    path: &str,
    all: &[Value],
    named: &BTreeMap<String, Value>,
) -> Result<Value, Halt> {
    if let Some(name) = path.strip_prefix("builtins.") {
        return builtin(run, name, all, named);
    }
    if let Some(name) = path.strip_prefix("torch.cuda.") {
        return of_cuda(run, name, all);
    }
    if let Some(name) = path.strip_prefix("torch.") {
        return of_torch(run, name, all, named);
    }
    let first = || {
        all.first()
            .and_then(Value::number)
            .ok_or_else(|| wrong("TypeError", "must be real number"))
    };
    match path {
        "sys.exit" => builtin(run, "exit", all, named),
        "struct.calcsize" => Ok(Value::Int(
            match all.first().map(|value| value.shown(false)) {
                Some(text) if text == "P" || text == "d" || text == "q" || text == "l" => 8,
                Some(text) if text == "i" || text == "f" => 4,
                Some(text) => return Err(unknown(&format!("struct.calcsize('{text}')"))),
                None => {
                    return Err(wrong(
                        "TypeError",
                        "calcsize() takes exactly one argument (0 given)",
                    ));
                }
            },
        )),
        "platform.machine" => Ok(Value::text(
            &run.call.system.machine.recording.platform.arch,
        )),
        "platform.system" => Ok(Value::text("Linux")),
        "platform.node" => Ok(Value::text(&run.call.system.machine.hostname)),
        "platform.release" => Ok(Value::text(&run.call.system.machine.state.kernel)),
        "platform.python_version" => Ok(Value::text(&run.own.whole)),
        "platform.platform" => {
            let machine = &run.call.system.machine;
            let arch = &machine.recording.platform.arch;
            Ok(Value::Text(format!(
                "Linux-{}-{arch}-with-glibc",
                machine.state.kernel
            )))
        }
        "os.getenv" | "os.environ.get" => {
            let name = all
                .first()
                .map_or_else(String::new, |value| value.shown(false));
            let value = run.call.env(&name).map(Value::text);
            Ok(value.unwrap_or_else(|| all.get(1).cloned().unwrap_or(Value::None)))
        }
        "os.getcwd" => Ok(Value::text(&run.call.process.cwd)),
        "os.getpid" => Ok(Value::Int(4242)),
        "os.cpu_count" => Ok(Value::Int(32)),
        "os.path.exists" | "os.path.isfile" | "os.path.isdir" => {
            let path = all
                .first()
                .map_or_else(String::new, |value| value.shown(false));
            Ok(Value::Bool(run.call.files().get(&path).is_ok()))
        }
        // The clock of a practice machine stands still while a text runs; what is timed takes no time.
        "time.time" | "time.perf_counter" | "time.monotonic" => {
            let clock = run.call.system.machine.clock;
            #[expect(clippy::cast_precision_loss, reason = "a clock has fewer digits")]
            let seconds = clock as f64;
            Ok(Value::Float(seconds))
        }
        "time.sleep" => {
            #[expect(clippy::cast_possible_truncation, reason = "a day is the most")]
            let seconds = first()?.clamp(0.0, 86_400.0) as i64;
            run.call.wait(seconds);
            Ok(Value::None)
        }
        "math.sqrt" => Ok(Value::Float(first()?.sqrt())),
        "json.dumps" => Ok(Value::text(
            all.first()
                .map_or_else(String::new, |value| json(value).to_string()),
        )),
        "warnings.filterwarnings" | "warnings.simplefilter" | "gc.collect" => Ok(Value::None),
        "importlib.metadata.version" => {
            let name = all
                .first()
                .map_or_else(String::new, |value| value.shown(false));
            let there = super::packages::installed(run.call, &run.own.site);
            let found = there.into_iter().find(|one| one.name == name);
            found.map(|one| Value::Text(one.version)).ok_or_else(|| {
                wrong(
                    "importlib.metadata.PackageNotFoundError",
                    format!("No package metadata was found for {name}"),
                )
            })
        }
        other => Err(unknown(other)),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::None => serde_json::Value::Null,
        Value::Bool(yes) => (*yes).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::List(all) => all.borrow().iter().map(json).collect(),
        Value::Tuple(all) => all.iter().map(json).collect(),
        Value::Dict(all) => {
            let all = all.borrow();
            let fields = all
                .iter()
                .map(|(key, value)| (key.shown(false), json(value)));
            serde_json::Value::Object(fields.collect())
        }
        other => other.shown(false).into(),
    }
}

fn builtin(
    run: &mut Run<'_, '_>,
    name: &str,
    all: &[Value],
    named: &BTreeMap<String, Value>,
) -> Result<Value, Halt> {
    let one = || {
        all.first().ok_or_else(|| {
            wrong(
                "TypeError",
                format!("{name}() takes at least 1 argument (0 given)"),
            )
        })
    };
    let first = all.first().map(plain);
    Ok(match name {
        "print" => {
            let word = |name: &str, usual: &str| {
                named
                    .get(name)
                    .map_or_else(|| usual.to_owned(), |value| value.shown(false))
            };
            let words: Vec<String> = all.iter().map(|value| value.shown(false)).collect();
            let text = words.join(&word("sep", " ")) + &word("end", "\n");
            let to_error =
                matches!(named.get("file"), Some(Value::Name(name)) if name == "sys.stderr");
            if to_error {
                let sink = run.call.process.stderr.clone();
                let _ = run.call.system.write(&sink, text.as_bytes());
            } else {
                run.call.print(text);
            }
            Value::None
        }
        "str" => Value::Text(
            all.first()
                .map_or_else(String::new, |value| value.shown(false)),
        ),
        "repr" => Value::Text(one()?.shown(true)),
        "bool" => Value::Bool(match &first {
            Some(value) => Run::is_true(value)?,
            None => false,
        }),
        "len" => {
            let value = plain(one()?);
            let length = match &value {
                Value::Text(text) => text.chars().count(),
                Value::Tensor(own) => {
                    let length = own.shape.first().copied();
                    let length =
                        length.ok_or_else(|| wrong("TypeError", "len() of a 0-d tensor"))?;
                    usize::try_from(length).unwrap_or(0)
                }
                Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Range(..) => {
                    run.each(&value)?.len()
                }
                other => {
                    return Err(wrong(
                        "TypeError",
                        format!("object of type '{}' has no len()", other.kind()),
                    ));
                }
            };
            Value::Int(i64::try_from(length).unwrap_or(0))
        }
        "int" => match first {
            None => Value::Int(0),
            Some(Value::Text(text)) => Value::Int(text.trim().parse().map_err(|_| {
                wrong(
                    "ValueError",
                    format!(
                        "invalid literal for int() with base 10: '{}'",
                        crate::visible::visible(&text)
                    ),
                )
            })?),
            Some(Value::Int(number)) => Value::Int(number),
            Some(value) => {
                let number = value.number().ok_or_else(|| {
                    wrong(
                        "TypeError",
                        format!("int() argument must be a string, a bytes-like object or a real number, not '{}'", value.kind()),
                    )
                })?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "Python cuts it off as well"
                )]
                let number = number.trunc() as i64;
                Value::Int(number)
            }
        },
        "float" => match first {
            None => Value::Float(0.0),
            Some(Value::Text(text)) => Value::Float(text.trim().parse().map_err(|_| {
                wrong(
                    "ValueError",
                    format!(
                        "could not convert string to float: '{}'",
                        crate::visible::visible(&text)
                    ),
                )
            })?),
            Some(value) => Value::Float(value.number().ok_or_else(|| {
                wrong(
                    "TypeError",
                    format!(
                        "float() argument must be a string or a real number, not '{}'",
                        value.kind()
                    ),
                )
            })?),
        },
        "list" | "sorted" | "tuple" => {
            let mut values = match &first {
                Some(value) => run.each(value)?,
                None => Vec::new(),
            };
            if name == "sorted" {
                values.sort_by(|one, other| match (one.number(), other.number()) {
                    (Some(one), Some(other)) => one.total_cmp(&other),
                    _ => one.shown(false).cmp(&other.shown(false)),
                });
            }
            if name == "tuple" {
                Value::Tuple(values)
            } else {
                list(values)
            }
        }
        "dict" => {
            let fields = named
                .iter()
                .map(|(name, value)| (Value::text(name), value.clone()));
            Value::Dict(Rc::new(RefCell::new(fields.collect())))
        }
        "range" => {
            let number = |at: usize| whole(all.get(at));
            match (number(0), number(1), number(2)) {
                (Some(to), None, None) if all.len() == 1 => Value::Range(0, to, 1),
                (Some(from), Some(to), None) if all.len() == 2 => Value::Range(from, to, 1),
                (Some(from), Some(to), Some(step)) if step != 0 => Value::Range(from, to, step),
                _ => {
                    let kind = all.first().map_or("NoneType", Value::kind);
                    return Err(wrong(
                        "TypeError",
                        format!("'{kind}' object cannot be interpreted as an integer"),
                    ));
                }
            }
        }
        "enumerate" => {
            let from = whole(all.get(1).or_else(|| named.get("start"))).unwrap_or(0);
            let values = run.each(&plain(one()?))?;
            let pairs = (from..).zip(values);
            list(
                pairs
                    .map(|(place, value)| Value::Tuple(vec![Value::Int(place), value]))
                    .collect(),
            )
        }
        "zip" => {
            let mut columns = Vec::new();
            for value in all {
                columns.push(run.each(&plain(value))?);
            }
            let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
            let row = |at: usize| Value::Tuple(columns.iter().map(|all| all[at].clone()).collect());
            list((0..rows).map(row).collect())
        }
        "sum" => {
            let mut total = Value::Int(0);
            for value in run.each(&plain(one()?))? {
                total = joined(run, "+", &total, &value)?;
            }
            total
        }
        "min" | "max" => {
            let values = if all.len() == 1 {
                run.each(&plain(one()?))?
            } else {
                all.to_vec()
            };
            let key = |value: &Value| value.number().unwrap_or(f64::NAN);
            let found = if name == "min" {
                values
                    .into_iter()
                    .min_by(|one, other| key(one).total_cmp(&key(other)))
            } else {
                values
                    .into_iter()
                    .max_by(|one, other| key(one).total_cmp(&key(other)))
            };
            found.ok_or_else(|| {
                wrong("ValueError", format!("{name}() iterable argument is empty"))
            })?
        }
        "abs" => match one()? {
            Value::Int(number) => Value::Int(number.saturating_abs()),
            Value::Tensor(own) => tensor(own.mapped(own.kind, f64::abs)),
            other => Value::Float(
                other
                    .number()
                    .ok_or_else(|| {
                        wrong(
                            "TypeError",
                            format!("bad operand type for abs(): '{}'", other.kind()),
                        )
                    })?
                    .abs(),
            ),
        },
        "round" => {
            let value = one()?;
            let number = value.number().ok_or_else(|| {
                wrong(
                    "TypeError",
                    format!("type {} doesn't define __round__ method", value.kind()),
                )
            })?;
            match whole(all.get(1)) {
                Some(digits) => {
                    let digits = usize::try_from(digits).unwrap_or(0).min(15);
                    Value::Float(format!("{number:.digits$}").parse().unwrap_or(number))
                }
                None => {
                    #[expect(clippy::cast_possible_truncation, reason = "it was rounded")]
                    let number = number.round_ties_even() as i64;
                    Value::Int(number)
                }
            }
        }
        "type" => Value::Object("<class", vec![("__name__", Value::text(one()?.kind()))]),
        "any" | "all" => {
            let mut found = name == "all";
            for value in run.each(&plain(one()?))? {
                let holds = Run::is_true(&value)?;
                found = if name == "any" {
                    found || holds
                } else {
                    found && holds
                };
            }
            Value::Bool(found)
        }
        "exit" | "quit" => {
            return Err(Halt::Exit(match all.first() {
                Some(Value::Int(exit)) => i32::try_from(*exit).unwrap_or(1) & 0xff,
                Some(Value::Text(text)) => {
                    run.call.error(text.clone());
                    1
                }
                _ => 0,
            }));
        }
        kind => Value::Exception(
            kind.to_owned(),
            all.first()
                .map_or_else(String::new, |value| value.shown(false)),
        ),
    })
}

/// What a value names as a device: none for the processor.
fn device(value: &Value) -> Result<Option<usize>, Halt> {
    let name = match value {
        Value::Int(index) => format!("cuda:{index}"),
        other => other.shown(false),
    };
    match name.as_str() {
        "cpu" => Ok(None),
        "cuda" => Ok(Some(0)),
        _ => match name
            .strip_prefix("cuda:")
            .and_then(|index| index.parse().ok())
        {
            Some(index) => Ok(Some(index)),
            None => Err(wrong(
                "RuntimeError",
                format!(
                    "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: {}",
                    crate::visible::visible(&name)
                ),
            )),
        },
    }
}

fn of_cuda(run: &mut Run<'_, '_>, name: &str, all: &[Value]) -> Result<Value, Halt> {
    let index = match all.first() {
        None | Some(Value::None) => 0,
        Some(value) => device(value)?.unwrap_or(0),
    };
    let card = |run: &mut Run<'_, '_>| -> Result<Gpu, Halt> {
        let gpus = run.gpus().map_err(|why| Halt::raised(why.error()))?;
        gpus.get(index)
            .cloned()
            .ok_or_else(|| wrong("AssertionError", "Invalid device id"))
    };
    Ok(match name {
        "is_available" => Value::Bool(match run.gpus() {
            Ok(_) => true,
            Err(why) => {
                if let Some(warning) = why.warning() {
                    let site = run.own.site.clone();
                    run.call.error(format!("{site}/torch/cuda/__init__.py: UserWarning: CUDA initialization: {warning} (Triggered internally at CUDAFunctions.cpp.)\n  return torch._C._cuda_getDeviceCount() > 0"));
                }
                false
            }
        }),
        "device_count" => Value::Int(
            run.gpus()
                .map_or(0, |gpus| i64::try_from(gpus.len()).unwrap_or(0)),
        ),
        "is_initialized" => Value::Bool(false),
        "init" | "current_device" | "set_device" | "synchronize" | "reset_peak_memory_stats" => {
            card(run)?;
            if name == "current_device" {
                Value::Int(0)
            } else {
                Value::None
            }
        }
        "empty_cache" | "manual_seed" | "manual_seed_all" | "ipc_collect" => Value::None,
        "device" | "stream" => {
            card(run)?;
            Value::Device(format!("cuda:{index}"))
        }
        "get_device_name" => {
            let gpu = card(run)?;
            Value::Text(gpu.name.known().cloned().unwrap_or_default())
        }
        "get_device_capability" => {
            let gpu = card(run)?;
            let cc = capability(&gpu).ok_or_else(|| unknown("this card's capability"))?;
            Value::Tuple(vec![
                Value::Int(cc.major.into()),
                Value::Int(cc.minor.into()),
            ])
        }
        "get_device_properties" => {
            let gpu = card(run)?;
            let cc = capability(&gpu).ok_or_else(|| unknown("this card's capability"))?;
            let total = gpu
                .memory_total
                .known()
                .ok_or_else(|| unknown("this card's memory"))?;
            let count = processors(&gpu).ok_or_else(|| unknown("this card's properties"))?;
            // `torch/csrc/cuda/Module.cpp`; newer releases add the UUID, the bus address and the size of the cache.
            Value::Object(
                "_CudaDeviceProperties",
                vec![
                    (
                        "name",
                        Value::Text(gpu.name.known().cloned().unwrap_or_default()),
                    ),
                    ("major", Value::Int(cc.major.into())),
                    ("minor", Value::Int(cc.minor.into())),
                    ("total_memory", Value::Int(cuda_memory(*total))),
                    ("multi_processor_count", Value::Int(count)),
                ],
            )
        }
        "mem_get_info" => {
            let gpu = card(run)?;
            let (Some(total), Some(used)) = (gpu.memory_total.known(), gpu.memory_used.known())
            else {
                return Err(unknown("this card's memory"));
            };
            let total = cuda_memory(*total);
            let used = i64::try_from(*used).unwrap_or(0) + CONTEXT + run.allocated(index);
            Value::Tuple(vec![Value::Int((total - used).max(0)), Value::Int(total)])
        }
        "memory_allocated" | "max_memory_allocated" => Value::Int(run.allocated(index)),
        "memory_reserved" | "max_memory_reserved" => {
            // The allocator takes two megabytes at least.
            let step = 2 << 20;
            Value::Int((run.allocated(index) + step - 1) / step * step)
        }
        "get_arch_list" => {
            // Without CUDA it is empty.
            let codes = match run.gpus() {
                Ok(_) => run
                    .torch
                    .clone()
                    .map(|torch| torch.codes)
                    .unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            list(
                codes
                    .iter()
                    .map(|code| Value::text(code.to_string()))
                    .collect(),
            )
        }
        "is_bf16_supported" => {
            let gpus = run.gpus().unwrap_or_default();
            let cc = gpus.first().and_then(capability);
            Value::Bool(cc.is_some_and(|cc| cc.major >= 8))
        }
        "nccl.version" => numbers_of(run, "nvidia-nccl").map_or(Value::None, |numbers| {
            Value::Tuple(numbers.into_iter().map(Value::Int).collect())
        }),
        other => return Err(unknown(&format!("torch.cuda.{other}"))),
    })
}

/// The first three numbers of the version of a package of NVIDIA's.
fn numbers_of(run: &mut Run<'_, '_>, start: &str) -> Option<Vec<i64>> {
    let there = super::packages::installed(run.call, &run.own.site);
    let found = there.iter().find(|one| one.name.starts_with(start))?;
    let numbers = found.version.split('.').take(3);
    Some(numbers.filter_map(|part| part.parse().ok()).collect())
}

/// The lengths of a shape, each for itself or as one list.
fn shape(name: &str, all: &[Value]) -> Result<Vec<i64>, Halt> {
    let mut lengths = Vec::new();
    for value in all {
        match &plain(value) {
            Value::Int(length) if *length >= 0 => lengths.push(*length),
            Value::Tuple(some) => lengths.extend(some.iter().filter_map(|one| whole(Some(one)))),
            Value::List(some) => {
                lengths.extend(some.borrow().iter().filter_map(|one| whole(Some(one))));
            }
            other => {
                return Err(wrong(
                    "TypeError",
                    format!(
                        "{name}(): argument 'size' must be tuple of ints, but found element of type {} at pos 0",
                        other.kind()
                    ),
                ));
            }
        }
    }
    Ok(lengths)
}

/// The numbers of a list of lists, with its shape.
fn flat(
    value: &Value,
    depth: usize,
    numbers: &mut Vec<f64>,
    kind: &mut Kind,
) -> Result<Vec<i64>, Halt> {
    let rows: Vec<Value> = match &plain(value) {
        Value::List(all) => all.borrow().clone(),
        Value::Tuple(all) => all.clone(),
        other => {
            let own = match other {
                Value::Bool(_) => Kind::Bool,
                Value::Int(_) => Kind::Int64,
                _ => Kind::Float32,
            };
            *kind = (*kind).max(own);
            let number = other.number().ok_or_else(|| {
                wrong(
                    "TypeError",
                    format!("new(): invalid data type '{}'", other.kind()),
                )
            })?;
            numbers.push(number);
            return Ok(Vec::new());
        }
    };
    if depth > 6 {
        return Err(wrong("ValueError", "too many dimensions"));
    }
    let mut shape = vec![i64::try_from(rows.len()).unwrap_or(0)];
    let mut inner: Option<Vec<i64>> = None;
    for row in &rows {
        let own = flat(row, depth + 1, numbers, kind)?;
        match &inner {
            Some(first) if *first != own => {
                return Err(wrong(
                    "ValueError",
                    format!(
                        "expected sequence of length {} at dim {} (got {})",
                        first.first().copied().unwrap_or(0),
                        depth + 1,
                        own.first().copied().unwrap_or(0)
                    ),
                ));
            }
            _ => inner = Some(own),
        }
    }
    shape.extend(inner.unwrap_or_default());
    Ok(shape)
}

fn of_torch(
    run: &mut Run<'_, '_>,
    name: &str,
    all: &[Value],
    named: &BTreeMap<String, Value>,
) -> Result<Value, Halt> {
    let wanted = match named.get("dtype") {
        Some(Value::Kind(kind)) => Some(*kind),
        _ => None,
    };
    let mut made = match name {
        "rand" | "randn" | "ones" | "zeros" | "empty" => {
            let lengths = match named.get("size") {
                Some(size) => shape(name, std::slice::from_ref(size))?,
                None => shape(name, all)?,
            };
            let (mean, spread) = match name {
                "rand" => (0.5, 0.5),
                "randn" => (0.0, 1.7),
                "ones" => (1.0, 0.0),
                _ => (0.0, 0.0),
            };
            let mut state = run.chance;
            let made = Tensor::made(lengths, Kind::Float32, (mean, spread), || {
                let first = chance(&mut state);
                match name {
                    "rand" => first,
                    "randn" => {
                        // Box and Muller's way.
                        let second = chance(&mut state);
                        (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos()
                    }
                    _ => mean,
                }
            });
            run.chance = state;
            made
        }
        "full" => {
            let number = all
                .get(1)
                .or_else(|| named.get("fill_value"))
                .and_then(Value::number)
                .ok_or_else(|| {
                    wrong(
                        "TypeError",
                        "full() received an invalid combination of arguments",
                    )
                })?;
            let kind = match all.get(1) {
                Some(Value::Int(_)) => Kind::Int64,
                _ => Kind::Float32,
            };
            Tensor::made(shape(name, &all[..1])?, kind, (number, 0.0), || number)
        }
        "eye" => {
            let size = whole(all.first()).unwrap_or(0).clamp(0, 60);
            let mut at = 0;
            Tensor::made(vec![size, size], Kind::Float32, (0.0, 0.0), || {
                let on = at % (size + 1) == 0;
                at += 1;
                f64::from(u8::from(on))
            })
        }
        "arange" | "linspace" => {
            let number = |at: usize| all.get(at).and_then(Value::number);
            let whole = all.iter().all(|value| matches!(value, Value::Int(_)));
            let (from, step, count) = if name == "linspace" {
                let (from, to) = (number(0).unwrap_or(0.0), number(1).unwrap_or(1.0));
                let count = number(2).or_else(|| named.get("steps").and_then(Value::number));
                let count = count.unwrap_or(100.0).clamp(0.0, 1e12);
                (from, (to - from) / (count - 1.0).max(1.0), count)
            } else {
                let (from, to) = match (number(0), number(1)) {
                    (Some(to), None) => (0.0, to),
                    (Some(from), Some(to)) => (from, to),
                    _ => {
                        return Err(wrong(
                            "TypeError",
                            "arange() received an invalid combination of arguments",
                        ));
                    }
                };
                let step = number(2).unwrap_or(1.0);
                if step == 0.0 {
                    return Err(wrong("RuntimeError", "step must be nonzero"));
                }
                (from, step, ((to - from) / step).ceil().clamp(0.0, 1e12))
            };
            let kind = if whole && name == "arange" {
                Kind::Int64
            } else {
                Kind::Float32
            };
            #[expect(clippy::cast_possible_truncation, reason = "it was bounded")]
            let length = count as i64;
            let middle = from + step * count / 2.0;
            let mut at = 0.0;
            Tensor::made(
                vec![length],
                kind,
                (middle, (step * count / 2.0).abs()),
                || {
                    let number = from + step * at;
                    at += 1.0;
                    number
                },
            )
        }
        "randint" => {
            let (low, high, size) = match all {
                [Value::Int(high), size] => (0, *high, size),
                [Value::Int(low), Value::Int(high), size] => (*low, *high, size),
                _ => return Err(unknown("these arguments of torch.randint")),
            };
            let span = (high - low).max(1);
            #[expect(clippy::cast_precision_loss, reason = "these are small numbers")]
            let (low, span) = (low as f64, span as f64);
            let mut state = run.chance;
            let made = Tensor::made(
                shape(name, std::slice::from_ref(size))?,
                Kind::Int64,
                (low + span / 2.0, span / 2.0),
                || low + (chance(&mut state) * span).floor(),
            );
            run.chance = state;
            made
        }
        "tensor" | "as_tensor" => {
            let Some(value) = all.first() else {
                return Err(wrong(
                    "TypeError",
                    "tensor() missing 1 required positional arguments: \"data\"",
                ));
            };
            if let Value::Tensor(own) = value {
                (**own).clone()
            } else {
                let (mut numbers, mut kind) = (Vec::new(), Kind::Bool);
                let lengths = flat(value, 0, &mut numbers, &mut kind)?;
                if numbers.is_empty() {
                    kind = Kind::Float32;
                }
                let mut numbers = numbers.into_iter();
                Tensor::made(lengths, kind, (0.0, 0.0), || numbers.next().unwrap_or(0.0))
            }
        }
        "matmul" | "mm" | "add" | "sub" | "mul" | "div" => {
            let sign = match name {
                "add" => "+",
                "sub" => "-",
                "mul" => "*",
                "div" => "/",
                _ => "@",
            };
            return match all {
                [one, other] => joined(run, sign, one, other),
                _ => Err(wrong(
                    "TypeError",
                    format!("{name}() takes 2 positional arguments"),
                )),
            };
        }
        "sum" | "mean" | "max" | "min" | "std" | "sqrt" | "abs" | "exp" | "relu" | "sin"
        | "cos" | "numel" => {
            let (Some(own), rest) = (all.first(), all.get(1..).unwrap_or_default()) else {
                return Err(wrong(
                    "TypeError",
                    format!("{name}() missing 1 required positional arguments: \"input\""),
                ));
            };
            return method(run, own, name, rest, named);
        }
        "ones_like" | "zeros_like" | "rand_like" | "randn_like" => {
            let Some(Value::Tensor(own)) = all.first() else {
                return Err(wrong(
                    "TypeError",
                    format!("{name}(): argument 'input' must be Tensor"),
                ));
            };
            let lengths = own
                .shape
                .iter()
                .copied()
                .map(Value::Int)
                .collect::<Vec<_>>();
            let mut named = named.clone();
            named
                .entry("device".to_owned())
                .or_insert_with(|| Value::Device(device_of(own)));
            return of_torch(run, name.trim_end_matches("_like"), &lengths, &named);
        }
        "device" => {
            let name = match all {
                [one] => one.shown(false),
                [kind, index] => format!("{}:{}", kind.shown(false), index.shown(false)),
                _ => {
                    return Err(wrong(
                        "TypeError",
                        "device() received an invalid combination of arguments",
                    ));
                }
            };
            device(&Value::text(&name))?;
            return Ok(Value::Device(name));
        }
        "manual_seed" => {
            let seed = whole(all.first()).unwrap_or(0).unsigned_abs();
            run.chance = 0x2545_f491_4f6c_dd1d ^ (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1);
            return Ok(Value::None);
        }
        "no_grad"
        | "inference_mode"
        | "set_grad_enabled"
        | "set_printoptions"
        | "set_num_threads"
        | "set_float32_matmul_precision"
        | "set_default_device" => {
            return Ok(Value::None);
        }
        "is_tensor" => return Ok(Value::Bool(matches!(all.first(), Some(Value::Tensor(_))))),
        "get_num_threads" => return Ok(Value::Int(16)),
        "backends.cudnn.version" => {
            return Ok(match numbers_of(run, "nvidia-cudnn").as_deref() {
                Some([major, minor, patch]) => Value::Int(major * 10_000 + minor * 100 + patch),
                _ => Value::None,
            });
        }
        "backends.cudnn.is_available" => {
            let built = run.torch.as_ref().is_some_and(|torch| torch.cuda.is_some());
            return Ok(Value::Bool(built && run.gpus().is_ok()));
        }
        "backends.cuda.is_built" => {
            let built = run.torch.as_ref().is_some_and(|torch| torch.cuda.is_some());
            return Ok(Value::Bool(built));
        }
        "backends.mps.is_available" | "backends.mps.is_built" | "xpu.is_available" => {
            return Ok(Value::Bool(false));
        }
        other => return Err(unknown(&format!("torch.{other}"))),
    };
    if let Some(kind) = wanted {
        made.kind = kind;
    }
    let gpu = match named.get("device") {
        Some(Value::None) | None => None,
        Some(place) => device(place)?,
    };
    run.use_gpu(gpu)?;
    made.gpu = gpu;
    allocated(run, made)
}

/// Calls a method of a value.
pub(super) fn method(
    run: &mut Run<'_, '_>,
    of: &Value,
    name: &str,
    all: &[Value],
    named: &BTreeMap<String, Value>,
) -> Result<Value, Halt> {
    match of {
        Value::Tensor(own) => of_tensor(run, own, name, all, named),
        Value::Text(text) => of_text(run, text, name, all),
        Value::List(values) => match (name, all) {
            ("append", [value]) => {
                values.borrow_mut().push(value.clone());
                Ok(Value::None)
            }
            ("extend", [more]) => {
                let more = run.each(more)?;
                values.borrow_mut().extend(more);
                Ok(Value::None)
            }
            ("count", [value]) => {
                let key = value.shown(true);
                let values = values.borrow();
                let count = values.iter().filter(|one| one.shown(true) == key).count();
                Ok(Value::Int(i64::try_from(count).unwrap_or(0)))
            }
            _ => Err(unknown(&format!("list.{name}"))),
        },
        Value::Dict(values) => {
            let values = values.borrow().clone();
            match (name, all) {
                ("items", []) => Ok(list(
                    values
                        .into_iter()
                        .map(|(key, value)| Value::Tuple(vec![key, value]))
                        .collect(),
                )),
                ("keys", []) => Ok(list(values.into_iter().map(|(key, _)| key).collect())),
                ("values", []) => Ok(list(values.into_iter().map(|(_, value)| value).collect())),
                ("get", [key, ..]) => {
                    let wanted = key.shown(true);
                    let found = values
                        .into_iter()
                        .find(|(key, _)| key.shown(true) == wanted);
                    Ok(found.map_or_else(
                        || all.get(1).cloned().unwrap_or(Value::None),
                        |(_, value)| value,
                    ))
                }
                _ => Err(unknown(&format!("dict.{name}"))),
            }
        }
        other => Err(unknown(&format!("{}.{name}", other.kind()))),
    }
}

fn of_text(run: &mut Run<'_, '_>, text: &str, name: &str, all: &[Value]) -> Result<Value, Halt> {
    let word = |at: usize| all.get(at).map(|value| value.shown(false));
    Ok(match name {
        "upper" => Value::Text(text.to_uppercase()),
        "lower" => Value::Text(text.to_lowercase()),
        "strip" => Value::text(text.trim()),
        "split" => {
            let parts: Vec<Value> = match word(0) {
                Some(sign) if !sign.is_empty() => {
                    text.split(sign.as_str()).map(Value::text).collect()
                }
                Some(_) => return Err(wrong("ValueError", "empty separator")),
                None => text.split_whitespace().map(Value::text).collect(),
            };
            list(parts)
        }
        "splitlines" => list(text.lines().map(Value::text).collect()),
        "startswith" => Value::Bool(word(0).is_some_and(|word| text.starts_with(&word))),
        "endswith" => Value::Bool(word(0).is_some_and(|word| text.ends_with(&word))),
        "replace" => {
            let (from, to) = (word(0).unwrap_or_default(), word(1).unwrap_or_default());
            Value::Text(text.replace(&from, &to))
        }
        "ljust" | "rjust" | "center" => {
            let width = usize::try_from(whole(all.first()).unwrap_or(0))
                .unwrap_or(0)
                .min(400);
            Value::Text(match name {
                "ljust" => format!("{text:<width$}"),
                "rjust" => format!("{text:>width$}"),
                _ => format!("{text:^width$}"),
            })
        }
        "join" => {
            let Some(values) = all.first() else {
                return Err(wrong(
                    "TypeError",
                    "str.join() takes exactly one argument (0 given)",
                ));
            };
            let mut words = Vec::new();
            for (place, value) in run.each(values)?.into_iter().enumerate() {
                let Value::Text(word) = value else {
                    return Err(wrong(
                        "TypeError",
                        format!(
                            "sequence item {place}: expected str instance, {} found",
                            value.kind()
                        ),
                    ));
                };
                words.push(word);
            }
            Value::Text(words.join(text))
        }
        "format" => {
            let mut values = all.iter();
            let mut out = String::new();
            let mut rest = text;
            while let Some((before, after)) = rest.split_once('{') {
                out.push_str(before);
                let Some((inner, after)) = after.split_once('}') else {
                    return Err(wrong("ValueError", "expected '}' before end of string"));
                };
                let (place, format) = inner.split_once(':').unwrap_or((inner, ""));
                let value = match place.parse::<usize>() {
                    Ok(place) => all.get(place),
                    Err(_) if place.is_empty() => values.next(),
                    Err(_) => return Err(unknown("a name in str.format")),
                };
                let Some(value) = value else {
                    return Err(wrong(
                        "IndexError",
                        "Replacement index 0 out of range for positional args tuple",
                    ));
                };
                out.push_str(&formatted(value, false, format)?);
                rest = after;
            }
            out.push_str(rest);
            Value::Text(out)
        }
        other => return Err(unknown(&format!("str.{other}"))),
    })
}

fn of_tensor(
    run: &mut Run<'_, '_>,
    own: &Rc<Tensor>,
    name: &str,
    all: &[Value],
    named: &BTreeMap<String, Value>,
) -> Result<Value, Halt> {
    let single = |number: f64, kind: Kind| tensor(Tensor::single(number, kind, own.gpu));
    let of_a_dimension = !all.is_empty() || named.contains_key("dim");
    if of_a_dimension && matches!(name, "sum" | "mean" | "max" | "min" | "std") {
        return Err(unknown(&format!("{name} of one dimension")));
    }
    if !matches!(
        name,
        "cpu" | "to" | "size" | "dim" | "numel" | "element_size" | "is_contiguous"
    ) {
        run.use_gpu(own.gpu)?;
    }
    Ok(match name {
        "cuda" | "cpu" | "to" => {
            let mut moved = (**own).clone();
            let target = all.first().or_else(|| named.get("device"));
            match (name, target) {
                ("cpu", _) => moved.gpu = None,
                ("cuda", None) => moved.gpu = Some(0),
                (_, Some(Value::Kind(kind))) => moved.kind = *kind,
                (_, Some(Value::Tensor(other))) => moved.gpu = other.gpu,
                (_, Some(place)) => moved.gpu = device(place)?,
                (_, None) => {}
            }
            if let Some(Value::Kind(kind)) = named.get("dtype").or_else(|| all.get(1)) {
                moved.kind = *kind;
            }
            run.use_gpu(moved.gpu)?;
            return allocated(run, moved);
        }
        "sum" => single(
            own.sum(),
            if own.kind == Kind::Bool {
                Kind::Int64
            } else {
                own.kind
            },
        ),
        "mean" => {
            if !own.kind.is_float() {
                let kind = if own.kind == Kind::Bool {
                    "Bool"
                } else {
                    "Long"
                };
                return Err(wrong(
                    "RuntimeError",
                    format!(
                        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {kind}"
                    ),
                ));
            }
            single(own.mean(), own.kind)
        }
        "max" => single(own.most(false), own.kind),
        "min" => single(own.most(true), own.kind),
        "std" => match &own.numbers {
            Numbers::Held(numbers) if numbers.len() > 1 => {
                let mean = own.mean();
                let squares: f64 = numbers.iter().map(|one| (one - mean).powi(2)).sum();
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "what is printed has five digits"
                )]
                let count = (numbers.len() - 1) as f64;
                single((squares / count).sqrt(), own.kind)
            }
            _ => return Err(unknown("the standard deviation of a tensor this large")),
        },
        "sqrt" => tensor(own.mapped(own.kind.max(Kind::Float32), f64::sqrt)),
        "exp" => tensor(own.mapped(own.kind.max(Kind::Float32), f64::exp)),
        "sin" => tensor(own.mapped(own.kind.max(Kind::Float32), f64::sin)),
        "cos" => tensor(own.mapped(own.kind.max(Kind::Float32), f64::cos)),
        "abs" => tensor(own.mapped(own.kind, f64::abs)),
        "relu" => tensor(own.mapped(own.kind, |one| one.max(0.0))),
        "all" => Value::Tensor(Rc::new(Tensor::single(
            f64::from(u8::from(own.most(true) != 0.0)),
            Kind::Bool,
            own.gpu,
        ))),
        "any" => Value::Tensor(Rc::new(Tensor::single(
            f64::from(u8::from(own.most(false) != 0.0)),
            Kind::Bool,
            own.gpu,
        ))),
        "t" => transposed(own)?,
        "item" => {
            if own.count() != 1 {
                return Err(wrong(
                    "RuntimeError",
                    format!(
                        "a Tensor with {} elements cannot be converted to Scalar",
                        own.count()
                    ),
                ));
            }
            scalar(own.sum(), own.kind)
        }
        "tolist" => nested(own)?,
        "size" => match whole(all.first()) {
            Some(_) => {
                let lengths = list(own.shape.iter().copied().map(Value::Int).collect());
                index(run, &lengths, &all[0])?
            }
            None => attribute(run, &Value::Tensor(Rc::clone(own)), "shape")?,
        },
        "dim" => Value::Int(i64::try_from(own.shape.len()).unwrap_or(0)),
        "numel" => Value::Int(own.count()),
        "view" | "reshape" => {
            let mut lengths = Vec::new();
            for value in all {
                match &plain(value) {
                    Value::Int(length) => lengths.push(*length),
                    Value::Tuple(some) => {
                        lengths.extend(some.iter().filter_map(|one| whole(Some(one))));
                    }
                    _ => return Err(unknown("this shape")),
                }
            }
            let known: i64 = lengths.iter().filter(|length| **length >= 0).product();
            for length in &mut lengths {
                if *length < 0 && known > 0 {
                    *length = own.count() / known;
                }
            }
            if Tensor::count_of(&lengths) != own.count() {
                return Err(wrong(
                    "RuntimeError",
                    format!(
                        "shape '{}' is invalid for input of size {}",
                        list(lengths.into_iter().map(Value::Int).collect()).shown(false),
                        own.count()
                    ),
                ));
            }
            tensor(Tensor {
                shape: lengths,
                ..(**own).clone()
            })
        }
        "float" | "half" | "double" | "long" | "int" | "bfloat16" | "bool" => {
            let kind = match name {
                "double" => Kind::Float64,
                "int" => Kind::Int32,
                other => Kind::named(other).unwrap_or(own.kind),
            };
            let cut = !kind.is_float() && own.kind.is_float();
            let mapped = own.mapped(kind, |one| match kind {
                Kind::Bool => f64::from(u8::from(one != 0.0)),
                _ if cut => one.trunc(),
                _ => one,
            });
            tensor(mapped)
        }
        "clone" | "detach" | "contiguous" | "pin_memory" => Value::Tensor(Rc::clone(own)),
        "matmul" | "mm" | "add" | "sub" | "mul" | "div" => {
            let both: Vec<Value> = std::iter::once(Value::Tensor(Rc::clone(own)))
                .chain(all.iter().cloned())
                .collect();
            return of_torch(run, name, &both, named);
        }
        other => return Err(unknown(&format!("Tensor.{other}"))),
    })
}

fn scalar(number: f64, kind: Kind) -> Value {
    match kind {
        Kind::Bool => Value::Bool(number != 0.0),
        Kind::Int64 | Kind::Int32 => {
            #[expect(clippy::cast_possible_truncation, reason = "it is a whole number")]
            let number = number as i64;
            Value::Int(number)
        }
        // A float of 32 bits has all its digits shown as one of 64.
        Kind::Float32 => {
            #[expect(clippy::cast_possible_truncation, reason = "so it is in memory")]
            let narrow = number as f32;
            Value::Float(f64::from(narrow))
        }
        _ => Value::Float(number),
    }
}

fn nested(own: &Tensor) -> Result<Value, Halt> {
    if own.shape.is_empty() {
        return Ok(scalar(own.sum(), own.kind));
    }
    let mut all = Vec::new();
    for row in rows(own)? {
        if let Value::Tensor(row) = row {
            all.push(nested(&row)?);
        }
    }
    Ok(list(all))
}
