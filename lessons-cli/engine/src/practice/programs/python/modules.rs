//! What the names mean that a text of [`super::script`] uses: Python's own functions and its modules; torch's are beside.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::cards::of_cuda;
use super::script::{Halt, Run, Value, list};
use super::tensor::Kind;
use super::tensors::{device_of, of_tensor, of_torch, transposed};
use super::values::{formatted, joined, plain, tensor, unknown, whole, wrong};

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
