//! Python, as far as people write it to try a GPU: what the statements of [`super::syntax`] do.
//!
//! It is no whole Python: what it does not know it says by name.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::syntax::{self, Block, Expr, Fault, Piece, Statement, What};
use super::tensor::Tensor;
use super::torch::{NoCuda, Torch, import_error};
use super::{Interpreter, modules, not_played};
use crate::machine::nvml::Gpu;
use crate::practice::process::{Call, Exit};
use crate::programs::TORCH_PROBE;

/// How deep calls may go.
const CALLS: usize = 24;

/// The most values of one list.
const LIST: usize = 100_000;

#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Rc<RefCell<Vec<Self>>>),
    Tuple(Vec<Self>),
    Dict(Rc<RefCell<Vec<(Self, Self)>>>),
    Range(i64, i64, i64),
    /// A module, or something in one, by its dotted name.
    Name(String),
    /// Something of a kind, with its attributes: a card's properties.
    Object(&'static str, Vec<(&'static str, Self)>),
    /// `torch.device`, by what it names.
    Device(String),
    /// `torch.float16`
    Kind(super::tensor::Kind),
    Tensor(Rc<Tensor>),
    /// A method and whose it is.
    Method(Box<Self>, String),
    Function(Rc<Function>),
    /// An exception: its kind and its words.
    Exception(String, String),
}

/// A function of the text.
#[derive(Debug)]
pub(super) struct Function {
    name: String,
    parameters: Vec<(String, Option<Value>)>,
    block: Block,
}

pub(super) fn list(all: Vec<Value>) -> Value {
    Value::List(Rc::new(RefCell::new(all)))
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As `str` shows it, or as `repr` does.
    pub(super) fn shown(&self, quoted: bool) -> String {
        self.shown_at(quoted, 0)
    }

    fn shown_at(&self, quoted: bool, depth: usize) -> String {
        if depth > 8 {
            return "...".to_owned();
        }
        let joined = |all: &[Self]| {
            let all: Vec<String> = all
                .iter()
                .map(|value| value.shown_at(true, depth + 1))
                .collect();
            all.join(", ")
        };
        match self {
            Self::None => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => float(*number),
            Self::Text(text) if quoted => {
                let mark = if text.contains('\'') && !text.contains('"') {
                    '"'
                } else {
                    '\''
                };
                let inner = text.replace('\\', "\\\\").replace('\n', "\\n");
                let inner = if mark == '\'' {
                    inner.replace('\'', "\\'")
                } else {
                    inner
                };
                format!("{mark}{inner}{mark}")
            }
            Self::Text(text) => text.clone(),
            Self::List(all) => format!("[{}]", joined(&all.borrow())),
            Self::Tuple(all) if all.len() == 1 => format!("({},)", joined(all)),
            Self::Tuple(all) => format!("({})", joined(all)),
            Self::Dict(all) => {
                let all: Vec<String> = all
                    .borrow()
                    .iter()
                    .map(|(key, value)| {
                        let (key, value) = (
                            key.shown_at(true, depth + 1),
                            value.shown_at(true, depth + 1),
                        );
                        format!("{key}: {value}")
                    })
                    .collect();
                format!("{{{}}}", all.join(", "))
            }
            Self::Range(from, to, 1) => format!("range({from}, {to})"),
            Self::Range(from, to, step) => format!("range({from}, {to}, {step})"),
            Self::Name(name) => format!("<module '{name}'>"),
            Self::Object("torch.Size", fields) => {
                let all = fields.first().map(|(_, all)| all.shown_at(true, depth + 1));
                format!("torch.Size({})", all.unwrap_or_default())
            }
            Self::Object("<class", fields) => {
                let name = fields.first().map(|(_, name)| name.shown(false));
                format!("<class '{}'>", name.unwrap_or_default())
            }
            Self::Object(kind, fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| match (*name, value) {
                        ("total_memory", Self::Int(bytes)) => {
                            format!("total_memory={}MB", bytes >> 20)
                        }
                        (name, value) => format!("{name}={}", value.shown_at(true, depth + 1)),
                    })
                    .collect();
                format!("{kind}({})", fields.join(", "))
            }
            Self::Device(name) if quoted => match name.split_once(':') {
                Some((kind, index)) => format!("device(type='{kind}', index={index})"),
                None => format!("device(type='{name}')"),
            },
            Self::Device(name) => name.clone(),
            Self::Kind(kind) => format!("torch.{}", kind.name()),
            Self::Tensor(tensor) => tensor.shown(),
            Self::Method(_, name) => format!("<built-in method {name}>"),
            Self::Function(function) => format!("<function {} at 0x7f0000000000>", function.name),
            Self::Exception(kind, words) if quoted => {
                format!("{kind}({})", Self::text(words).shown(true))
            }
            Self::Exception(_, words) => words.clone(),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Range(..) => "range",
            Self::Name(_) => "module",
            Self::Object(kind, _) => kind,
            Self::Device(_) => "torch.device",
            Self::Kind(_) => "torch.dtype",
            Self::Tensor(_) => "Tensor",
            Self::Method(..) => "builtin_function_or_method",
            Self::Function(_) => "function",
            Self::Exception(..) => "Exception",
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "what is printed has fewer digits"
        )]
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Bool(yes) => Some(f64::from(u8::from(*yes))),
            Self::Tensor(tensor) if tensor.count() == 1 => Some(tensor.sum()),
            _ => None,
        }
    }
}

/// A float as Python writes it.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        "nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else if number != 0.0 && !(1e-4..1e16).contains(&number.abs()) {
        let plain = format!("{number:e}");
        let (digits, power) = plain.split_once('e').unwrap_or((&plain, "0"));
        match power.strip_prefix('-') {
            Some(power) => format!("{digits}e-{power:0>2}"),
            None => format!("{digits}e+{power:0>2}"),
        }
    } else if number.fract() == 0.0 {
        format!("{number:.1}")
    } else {
        format!("{number}")
    }
}

/// Why a text does not go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// An exception: its kind and its words.
    Raised(String, String),
    /// Something that is not played.
    Unknown(String),
    /// `sys.exit(N)`.
    Exit(Exit),
    /// The budget is spent, or Ctrl-C was pressed.
    Stopped,
    Return(Value),
    Break,
    Continue,
}

impl Halt {
    /// From the line that Python prints last: `NameError: name 'x' is not defined`.
    pub(super) fn raised(line: impl AsRef<str>) -> Self {
        let line = line.as_ref();
        match line.split_once(": ") {
            Some((kind, words)) => Self::Raised(kind.to_owned(), words.to_owned()),
            None => Self::Raised(line.to_owned(), String::new()),
        }
    }
}

pub(super) struct Run<'r, 'c> {
    pub(super) call: &'r mut Call<'c>,
    pub(super) own: &'r Interpreter,
    pub(super) torch: Option<Torch>,
    names: BTreeMap<String, Value>,
    /// The names of the functions that run, the innermost last.
    frames: Vec<BTreeMap<String, Value>>,
    /// The line that runs.
    line: usize,
    pub(super) warned: bool,
    /// Where random numbers stand.
    pub(super) chance: u64,
    /// `sys.argv`
    pub(super) argv: Vec<String>,
}

/// Runs a text: `-c`, a file, or what standard input has. `file` is how Python calls it.
pub(super) fn run(
    call: &mut Call<'_>,
    own: &Interpreter,
    file: &str,
    code: &str,
    argv: Vec<String>,
) -> Exit {
    let torch = Torch::installed(call, own);
    if code == TORCH_PROBE {
        return probe(call, torch);
    }
    let block = match syntax::read(code) {
        Ok(block) => block,
        Err(Fault::Syntax(words, line)) => {
            let text = code.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let text = crate::visible::visible(text.trim());
            let end = " ".repeat(text.chars().count());
            call.error(format!(
                "  File \"{file}\", line {line}\n    {text}\n    {end}^\n{words}"
            ));
            return 1;
        }
        Err(Fault::NotPlayed(what)) => return unknown(call, &what),
    };
    let mut run = Run {
        call,
        own,
        torch,
        names: BTreeMap::new(),
        frames: Vec::new(),
        line: 1,
        warned: false,
        chance: 0x2545_f491_4f6c_dd1d,
        argv,
    };
    match run.block(&block) {
        Ok(()) | Err(Halt::Return(_) | Halt::Break | Halt::Continue) => 0,
        Err(Halt::Exit(exit)) => exit,
        Err(Halt::Stopped) => 130,
        Err(Halt::Unknown(what)) => unknown(run.call, &what),
        Err(Halt::Raised(kind, words)) => {
            let line = run.line;
            // Of a file Python shows the line, of `-c` and of standard input it cannot.
            let text = code.lines().nth(line - 1).unwrap_or_default().trim();
            let text = if file.starts_with('<') {
                String::new()
            } else {
                format!("    {}\n", crate::visible::visible(text))
            };
            let words = if words.is_empty() {
                kind
            } else {
                format!("{kind}: {words}")
            };
            run.call.error(format!(
                "Traceback (most recent call last):\n  File \"{file}\", line {line}, in <module>\n{text}{words}"
            ));
            1
        }
    }
}

fn unknown(call: &mut Call<'_>, what: &str) -> Exit {
    not_played(
        call,
        what,
        "import, print, if, for, while, def, with, try, f-strings, lists and dicts; of torch: torch.cuda.…, tensors with + - * / @, .sum(), .to()",
    )
}

/// What the checks ask with `--deep`.
fn probe(call: &mut Call<'_>, torch: Option<Torch>) -> Exit {
    let Some(torch) = torch else {
        call.error("Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nModuleNotFoundError: No module named 'torch'");
        return 1;
    };
    if let Some(error) = torch.hidden_libraries(call) {
        call.error(format!(
            "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n{error}"
        ));
        return 1;
    }
    let gpus = torch.gpus(call);
    if let Err(why) = &gpus
        && let Some(warning) = why.warning()
    {
        call.error(format!("UserWarning: CUDA initialization: {warning}"));
    }
    let available = gpus.is_ok();
    let mut said = Vec::new();
    for gpu in gpus.unwrap_or_default() {
        if !torch.has_code_for(&gpu) {
            call.error(format!("Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n{NO_CODE}"));
            return 1;
        }
        said.push(serde_json::json!({"name": gpu.name.known(), "sum": 16_777_216.0}));
    }
    let cuda = torch.cuda.map(|cuda| cuda.to_string());
    let line = serde_json::json!({"torch": torch.version, "cuda": cuda, "available": available, "gpus": said});
    call.line(line.to_string());
    0
}

const NO_CODE: &str =
    "torch.AcceleratorError: CUDA error: no kernel image is available for execution on the device";

impl Run<'_, '_> {
    fn block(&mut self, block: &[Statement]) -> Result<(), Halt> {
        for statement in block {
            if !self.call.system.spend(20) {
                return Err(Halt::Stopped);
            }
            self.line = statement.line;
            self.statement(&statement.what)?;
        }
        Ok(())
    }

    fn statement(&mut self, what: &What) -> Result<(), Halt> {
        match what {
            What::Value(value) => self.value(value).map(|_| ()),
            What::Assign(targets, value) => {
                let value = self.value(value)?;
                targets
                    .iter()
                    .try_for_each(|target| self.assign(target, value.clone()))
            }
            What::Change(target, sign, value) => {
                let before = self.value(target)?;
                let by = self.value(value)?;
                let after = modules::joined(self, sign, &before, &by)?;
                self.assign(target, after)
            }
            What::Import(modules) => {
                for (module, alias) in modules {
                    self.import(module)?;
                    let first = module.split('.').next().unwrap_or(module);
                    let (name, value) = match alias {
                        Some(alias) => (alias.as_str(), module.as_str()),
                        None => (first, first),
                    };
                    self.set(name, Value::Name(value.to_owned()));
                }
                Ok(())
            }
            What::From(module, names) => {
                self.import(module)?;
                for (name, known) in names {
                    let value = if module == "__future__" {
                        Value::None
                    } else {
                        modules::attribute(self, &Value::Name(module.clone()), name)?
                    };
                    self.set(known, value);
                }
                Ok(())
            }
            What::If(ways, otherwise) => {
                for (condition, block) in ways {
                    if self.holds(condition)? {
                        return self.block(block);
                    }
                }
                self.block(otherwise)
            }
            What::For(target, values, block) => {
                let values = self.value(values)?;
                for value in self.each(&values)? {
                    self.assign(target, value)?;
                    match self.block(block) {
                        Err(Halt::Break) => break,
                        Ok(()) | Err(Halt::Continue) => {}
                        other => return other,
                    }
                }
                Ok(())
            }
            What::While(condition, block) => {
                while self.holds(condition)? {
                    if !self.call.system.spend(20) {
                        return Err(Halt::Stopped);
                    }
                    match self.block(block) {
                        Err(Halt::Break) => break,
                        Ok(()) | Err(Halt::Continue) => {}
                        other => return other,
                    }
                }
                Ok(())
            }
            What::Def(name, parameters, block) => {
                let mut known = Vec::new();
                for (parameter, usual) in parameters {
                    let usual = match usual {
                        Some(usual) => Some(self.value(usual)?),
                        None => None,
                    };
                    known.push((parameter.clone(), usual));
                }
                let function = Function {
                    name: name.clone(),
                    parameters: known,
                    block: block.clone(),
                };
                self.set(name, Value::Function(Rc::new(function)));
                Ok(())
            }
            What::Return(value) => {
                let value = match value {
                    Some(value) => self.value(value)?,
                    None => Value::None,
                };
                Err(Halt::Return(value))
            }
            What::With(value, name, block) => {
                let value = self.value(value)?;
                if let Some(name) = name {
                    self.set(name, value);
                }
                self.block(block)
            }
            What::Try(body, catches, otherwise, finally) => {
                let ended = self.attempt(body, catches, otherwise);
                self.block(finally)?;
                ended
            }
            What::Raise(value) => Err(match value {
                None => Halt::raised("RuntimeError: No active exception to reraise"),
                Some(value) => match self.value(value)? {
                    Value::Exception(kind, words) => Halt::Raised(kind, words),
                    Value::Name(name) => Halt::Raised(
                        name.trim_start_matches("builtins.").to_owned(),
                        String::new(),
                    ),
                    _ => Halt::raised("TypeError: exceptions must derive from BaseException"),
                },
            }),
            What::Assert(condition, message) => {
                if self.holds(condition)? {
                    return Ok(());
                }
                let words = match message {
                    Some(message) => self.value(message)?.shown(false),
                    None => String::new(),
                };
                Err(Halt::Raised("AssertionError".to_owned(), words))
            }
            What::Del(names) => {
                for name in names {
                    let scope = self.frames.last_mut().unwrap_or(&mut self.names);
                    if scope.remove(name).is_none() {
                        return Err(Halt::raised(format!(
                            "NameError: name '{name}' is not defined"
                        )));
                    }
                }
                Ok(())
            }
            What::Pass => Ok(()),
            What::Break => Err(Halt::Break),
            What::Continue => Err(Halt::Continue),
        }
    }

    fn attempt(
        &mut self,
        body: &[Statement],
        catches: &[(Vec<String>, Option<String>, Block)],
        otherwise: &[Statement],
    ) -> Result<(), Halt> {
        let (kind, words) = match self.block(body) {
            Ok(()) => return self.block(otherwise),
            Err(Halt::Raised(kind, words)) => (kind, words),
            other => return other,
        };
        let fits = |known: &str| {
            let known = known.rsplit('.').next().unwrap_or(known);
            let kind = kind.rsplit('.').next().unwrap_or(&kind);
            // What torch raises are kinds of RuntimeError, and a missing module is one of ImportError.
            known == kind
                || matches!(known, "Exception" | "BaseException")
                || known == "RuntimeError"
                    && matches!(kind, "AcceleratorError" | "OutOfMemoryError")
                || known == "ImportError" && kind == "ModuleNotFoundError"
                || known == "LookupError" && matches!(kind, "KeyError" | "IndexError")
                || known == "ArithmeticError" && kind == "ZeroDivisionError"
        };
        let Some((_, name, block)) = catches
            .iter()
            .find(|(kinds, ..)| kinds.is_empty() || kinds.iter().any(|known| fits(known)))
        else {
            return Err(Halt::Raised(kind, words));
        };
        if let Some(name) = name {
            self.set(name, Value::Exception(kind.clone(), words.clone()));
        }
        match self.block(block) {
            Err(Halt::Raised(again, none))
                if again == "RuntimeError" && none == "No active exception to reraise" =>
            {
                Err(Halt::Raised(kind, words))
            }
            other => other,
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        let scope = self.frames.last_mut().unwrap_or(&mut self.names);
        scope.insert(name.to_owned(), value);
    }

    fn assign(&mut self, target: &Expr, value: Value) -> Result<(), Halt> {
        match target {
            Expr::Name(name) => {
                self.set(name, value);
                Ok(())
            }
            Expr::Tuple(names) | Expr::List(names) => {
                let values = self.each(&value)?;
                if values.len() != names.len() {
                    return Err(Halt::raised(if values.len() > names.len() {
                        format!(
                            "ValueError: too many values to unpack (expected {})",
                            names.len()
                        )
                    } else {
                        format!(
                            "ValueError: not enough values to unpack (expected {}, got {})",
                            names.len(),
                            values.len()
                        )
                    }));
                }
                names
                    .iter()
                    .zip(values)
                    .try_for_each(|(name, value)| self.assign(name, value))
            }
            Expr::Index(of, index) => {
                let (of, index) = (self.value(of)?, self.value(index)?);
                match of {
                    Value::Dict(all) => {
                        let mut all = all.borrow_mut();
                        let key = index.shown(true);
                        match all.iter_mut().find(|(known, _)| known.shown(true) == key) {
                            Some((_, known)) => *known = value,
                            None => all.push((index, value)),
                        }
                        Ok(())
                    }
                    Value::List(all) => {
                        let mut all = all.borrow_mut();
                        let place = place(&index, all.len());
                        let slot = place.and_then(|place| all.get_mut(place));
                        *slot.ok_or_else(|| {
                            Halt::raised("IndexError: list assignment index out of range")
                        })? = value;
                        Ok(())
                    }
                    Value::Name(name) if name == "os.environ" => {
                        self.call
                            .process
                            .env
                            .insert(index.shown(false), value.shown(false));
                        Ok(())
                    }
                    _ => Err(Halt::Unknown("an assignment to a part of this".to_owned())),
                }
            }
            Expr::Attribute(of, name) => match self.value(of)? {
                // Settings such as `torch.backends.cudnn.benchmark`.
                Value::Name(_) => Ok(()),
                _ => Err(Halt::Unknown(format!("an assignment to .{name}"))),
            },
            _ => Err(Halt::raised("SyntaxError: cannot assign to expression")),
        }
    }

    fn import(&mut self, module: &str) -> Result<(), Halt> {
        let first = module.split('.').next().unwrap_or(module);
        match first {
            "torch" => match self.torch.clone() {
                None => Err(Halt::raised("ModuleNotFoundError: No module named 'torch'")),
                Some(torch) => match torch.hidden_libraries(self.call) {
                    Some(error) => Err(Halt::raised(error)),
                    None => Ok(()),
                },
            },
            "torchvision" | "torchaudio" | "torchtext" => {
                let Some(torch) = self.torch.clone() else {
                    return Err(Halt::raised(format!(
                        "ModuleNotFoundError: No module named '{first}'"
                    )));
                };
                import_error(self.call, self.own, &torch, first)
                    .map(|_| ())
                    .map_err(Halt::raised)
            }
            _ if modules::OF_PYTHON.contains(&first) => Ok(()),
            other => {
                let there = super::packages::installed(self.call, &self.own.site);
                if there.iter().any(|one| one.name.replace('-', "_") == other) {
                    Ok(())
                } else {
                    Err(Halt::raised(format!(
                        "ModuleNotFoundError: No module named '{}'",
                        crate::visible::visible(other)
                    )))
                }
            }
        }
    }

    pub(super) fn holds(&mut self, condition: &Expr) -> Result<bool, Halt> {
        let value = self.value(condition)?;
        Self::is_true(&value)
    }

    pub(super) fn is_true(value: &Value) -> Result<bool, Halt> {
        Ok(match value {
            Value::None => false,
            Value::Bool(yes) => *yes,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(all) => !all.borrow().is_empty(),
            Value::Tuple(all) => !all.is_empty(),
            Value::Dict(all) => !all.borrow().is_empty(),
            Value::Tensor(tensor) if tensor.count() == 1 => tensor.sum() != 0.0,
            Value::Tensor(_) => {
                return Err(Halt::raised(
                    "RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
                ));
            }
            _ => true,
        })
    }

    /// The values of what can be looped over.
    pub(super) fn each(&mut self, values: &Value) -> Result<Vec<Value>, Halt> {
        let all = match values {
            Value::List(all) => all.borrow().clone(),
            Value::Tuple(all) => all.clone(),
            Value::Dict(all) => all.borrow().iter().map(|(key, _)| key.clone()).collect(),
            Value::Text(text) => text.chars().map(|c| Value::text(c.to_string())).collect(),
            Value::Range(from, to, step) => {
                let mut all = Vec::new();
                let mut at = *from;
                while (*step > 0 && at < *to) || (*step < 0 && at > *to) {
                    if all.len() >= LIST {
                        return Err(Halt::Unknown(format!("a range of more than {LIST}")));
                    }
                    all.push(Value::Int(at));
                    at = at.saturating_add(*step);
                }
                all
            }
            Value::Tensor(tensor) => modules::rows(tensor)?,
            other => {
                return Err(Halt::raised(format!(
                    "TypeError: '{}' object is not iterable",
                    other.kind()
                )));
            }
        };
        if all.len() > LIST || !self.call.system.spend(all.len() as u64 / 8) {
            return Err(Halt::Stopped);
        }
        Ok(all)
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value, Halt> {
        if !self.call.system.spend(2) {
            return Err(Halt::Stopped);
        }
        Ok(match expr {
            Expr::None => Value::None,
            Expr::Bool(yes) => Value::Bool(*yes),
            Expr::Int(number) => Value::Int(*number),
            Expr::Float(number) => Value::Float(*number),
            Expr::Text(text) => Value::text(text),
            Expr::Format(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(plain) => text.push_str(plain),
                        Piece::Value(value, quoted, format) => {
                            let value = self.value(value)?;
                            text.push_str(&modules::formatted(&value, *quoted, format)?);
                        }
                    }
                }
                Value::Text(text)
            }
            Expr::Name(name) => self.named(name)?,
            Expr::List(all) => list(self.values(all)?),
            Expr::Tuple(all) => Value::Tuple(self.values(all)?),
            Expr::Dict(all) => {
                let mut known = Vec::new();
                for (key, value) in all {
                    known.push((self.value(key)?, self.value(value)?));
                }
                Value::Dict(Rc::new(RefCell::new(known)))
            }
            Expr::Each(value, target, values, condition) => {
                let values = self.value(values)?;
                let mut all = Vec::new();
                for one in self.each(&values)? {
                    self.assign(target, one)?;
                    let wanted = match condition {
                        Some(condition) => self.holds(condition)?,
                        None => true,
                    };
                    if wanted {
                        all.push(self.value(value)?);
                    }
                }
                list(all)
            }
            Expr::Attribute(of, name) => {
                let of = self.value(of)?;
                modules::attribute(self, &of, name)?
            }
            Expr::Index(of, index) => {
                let (of, index) = (self.value(of)?, self.value(index)?);
                modules::index(self, &of, &index)?
            }
            Expr::Slice(of, from, to) => {
                let of = self.value(of)?;
                let mut ends = [None, None];
                for (end, told) in ends.iter_mut().zip([from, to]) {
                    if let Some(told) = told {
                        match self.value(told)? {
                            Value::Int(number) => *end = Some(number),
                            _ => {
                                return Err(Halt::raised(
                                    "TypeError: slice indices must be integers or None or have an __index__ method",
                                ));
                            }
                        }
                    }
                }
                modules::slice(&of, ends)?
            }
            Expr::Call(what, all, named) => {
                let what = self.value(what)?;
                let all = self.values(all)?;
                let mut known = BTreeMap::new();
                for (name, value) in named {
                    known.insert(name.clone(), self.value(value)?);
                }
                self.called(&what, &all, &known)?
            }
            Expr::Sign(sign, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                modules::joined(self, sign, &left, &right)?
            }
            Expr::Minus(value) => {
                let value = self.value(value)?;
                match value {
                    Value::Int(number) => Value::Int(number.saturating_neg()),
                    Value::Float(number) => Value::Float(-number),
                    other => modules::joined(self, "*", &other, &Value::Int(-1))?,
                }
            }
            Expr::Not(value) => Value::Bool(!self.holds(value)?),
            Expr::And(left, right) => {
                let left = self.value(left)?;
                if Self::is_true(&left)? {
                    self.value(right)?
                } else {
                    left
                }
            }
            Expr::Or(left, right) => {
                let left = self.value(left)?;
                if Self::is_true(&left)? {
                    left
                } else {
                    self.value(right)?
                }
            }
            Expr::Compare(first, more) => {
                let mut left = self.value(first)?;
                for (sign, right) in more {
                    let right = self.value(right)?;
                    let holds = modules::compared(self, sign, &left, &right)?;
                    if more.len() == 1 {
                        return Ok(holds);
                    }
                    if !Self::is_true(&holds)? {
                        return Ok(Value::Bool(false));
                    }
                    left = right;
                }
                Value::Bool(true)
            }
            Expr::Choice(value, condition, other) => {
                if self.holds(condition)? {
                    self.value(value)?
                } else {
                    self.value(other)?
                }
            }
        })
    }

    fn values(&mut self, all: &[Expr]) -> Result<Vec<Value>, Halt> {
        all.iter().map(|expr| self.value(expr)).collect()
    }

    fn named(&self, name: &str) -> Result<Value, Halt> {
        let scopes = self.frames.last().into_iter().chain([&self.names]);
        for scope in scopes {
            if let Some(value) = scope.get(name) {
                return Ok(value.clone());
            }
        }
        match name {
            "__name__" => Ok(Value::text("__main__")),
            _ if modules::BUILTINS.contains(&name)
                || name.ends_with("Error")
                || matches!(name, "Exception" | "KeyboardInterrupt" | "SystemExit") =>
            {
                Ok(Value::Name(format!("builtins.{name}")))
            }
            _ => Err(Halt::raised(format!(
                "NameError: name '{}' is not defined",
                crate::visible::visible(name)
            ))),
        }
    }

    fn called(
        &mut self,
        what: &Value,
        all: &[Value],
        named: &BTreeMap<String, Value>,
    ) -> Result<Value, Halt> {
        match what {
            Value::Function(function) => {
                if self.frames.len() >= CALLS {
                    return Err(Halt::raised(
                        "RecursionError: maximum recursion depth exceeded",
                    ));
                }
                let mut scope = BTreeMap::new();
                for (place, (name, usual)) in function.parameters.iter().enumerate() {
                    let given = all.get(place).or_else(|| named.get(name));
                    let Some(value) = given.or(usual.as_ref()) else {
                        return Err(Halt::raised(format!(
                            "TypeError: {}() missing 1 required positional argument: '{name}'",
                            function.name
                        )));
                    };
                    scope.insert(name.clone(), value.clone());
                }
                if all.len() > function.parameters.len() {
                    return Err(Halt::raised(format!(
                        "TypeError: {}() takes {} positional arguments but {} were given",
                        function.name,
                        function.parameters.len(),
                        all.len()
                    )));
                }
                self.frames.push(scope);
                let ended = self.block(&function.block);
                self.frames.pop();
                match ended {
                    Ok(()) => Ok(Value::None),
                    Err(Halt::Return(value)) => Ok(value),
                    Err(other) => Err(other),
                }
            }
            Value::Name(path) => modules::call(self, path, all, named),
            Value::Method(of, name) => modules::method(self, of, name, all, named),
            other => Err(Halt::raised(format!(
                "TypeError: '{}' object is not callable",
                other.kind()
            ))),
        }
    }

    /// The GPUs, or why CUDA does not answer.
    pub(super) fn gpus(&mut self) -> Result<Vec<Gpu>, NoCuda> {
        let Some(torch) = self.torch.clone() else {
            return Err(NoCuda::NotBuilt);
        };
        let gpus = torch.gpus(self.call)?;
        if let Some(first) = gpus.first() {
            self.warn_of(&torch, first);
        }
        Ok(gpus)
    }

    fn warn_of(&mut self, torch: &Torch, card: &Gpu) {
        if !self.warned
            && let Some(warning) = torch.arch_warning(card)
        {
            self.warned = true;
            self.call.error(warning);
        }
    }

    /// Computes on a GPU: CUDA has to answer, and the build has to have code for it.
    pub(super) fn use_gpu(&mut self, gpu: Option<usize>) -> Result<(), Halt> {
        let (Some(index), Some(torch)) = (gpu, self.torch.clone()) else {
            return Ok(());
        };
        let gpus = torch
            .gpus(self.call)
            .map_err(|why| Halt::raised(why.error()))?;
        let Some(card) = gpus.get(index) else {
            return Err(Halt::raised(
                "torch.AcceleratorError: CUDA error: invalid device ordinal",
            ));
        };
        self.warn_of(&torch, card);
        if torch.has_code_for(card) {
            Ok(())
        } else {
            Err(Halt::raised(NO_CODE))
        }
    }

    /// What the tensors that have a name take on a GPU.
    pub(super) fn allocated(&self, gpu: usize) -> i64 {
        let mut seen: Vec<*const Tensor> = Vec::new();
        let mut bytes = 0_i64;
        for value in self
            .names
            .values()
            .chain(self.frames.iter().flat_map(BTreeMap::values))
        {
            if let Value::Tensor(tensor) = value
                && tensor.gpu == Some(gpu)
                && !seen.contains(&Rc::as_ptr(tensor))
            {
                seen.push(Rc::as_ptr(tensor));
                bytes = bytes.saturating_add(tensor.bytes());
            }
        }
        bytes
    }
}

/// A place in a list of some length; from its end where it is negative.
pub(super) fn place(index: &Value, length: usize) -> Option<usize> {
    let Value::Int(index) = index else {
        return None;
    };
    let length = i64::try_from(length).ok()?;
    let place = if *index < 0 { index + length } else { *index };
    usize::try_from(place).ok()
}
