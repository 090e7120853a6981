//! torch's functions that make tensors, and what tensors do.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::cards::{allocated, numbers_of};
use super::modules::{attribute, method};
use super::script::{Halt, Run, Value, list};
use super::tensor::{Kind, Numbers, Tensor, chance};
use super::values::{applied, index, joined, plain, rows, tensor, unknown, whole, wrong};

pub(super) fn device_of(tensor: &Tensor) -> String {
    tensor
        .gpu
        .map_or_else(|| "cpu".to_owned(), |gpu| format!("cuda:{gpu}"))
}

pub(super) fn transposed(own: &Tensor) -> Result<Value, Halt> {
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

pub(super) fn of_tensors(
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

/// What a value names as a device: none for the processor.
pub(super) fn device(value: &Value) -> Result<Option<usize>, Halt> {
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

/// The lengths of a shape, each for itself or as one list.
pub(super) fn shape(name: &str, all: &[Value]) -> Result<Vec<i64>, Halt> {
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
pub(super) fn flat(
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

pub(super) fn of_torch(
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

pub(super) fn of_tensor(
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

pub(super) fn scalar(number: f64, kind: Kind) -> Value {
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

pub(super) fn nested(own: &Tensor) -> Result<Value, Halt> {
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
