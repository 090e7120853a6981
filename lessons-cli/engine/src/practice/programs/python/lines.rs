//! The few lines of Python that the book uses: imports, print, names, numbers, strings, calls of torch, `@`.
//!
//! It is no Python: what it does not know it says.

use std::collections::BTreeMap;

use super::torch::{NoCuda, Torch, capability, import_error};
use super::{Interpreter, not_played};
use crate::practice::process::{Call, Exit};
use crate::programs::TORCH_PROBE;

/// The most statements of one text.
const MOST: usize = 500;

/// How deep brackets may go.
const DEPTH: usize = 32;

#[derive(Debug, Clone, PartialEq)]
enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// A module or something in one, by its dotted name.
    Name(String),
    Tensor(Tensor),
}

/// A table of numbers, of which the mean is enough for what the book asks.
#[derive(Debug, Clone, PartialEq)]
struct Tensor {
    shape: Vec<i64>,
    mean: f64,
    /// How far its numbers lie around the mean: none where all are the same.
    spread: f64,
    /// The GPU that it is on; none for the processor.
    gpu: Option<usize>,
}

impl Value {
    fn shown(&self, quoted: bool) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => float(*number),
            Self::Text(text) if quoted => format!("'{text}'"),
            Self::Text(text) => text.clone(),
            Self::List(all) => format!("[{}]", joined(all)),
            Self::Tuple(all) if all.len() == 1 => format!("({},)", joined(all)),
            Self::Tuple(all) => format!("({})", joined(all)),
            Self::Name(name) => format!("<module '{name}'>"),
            Self::Tensor(tensor) => tensor.shown(),
        }
    }
}

fn joined(all: &[Value]) -> String {
    all.iter()
        .map(|value| value.shown(true))
        .collect::<Vec<_>>()
        .join(", ")
}

fn float(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e16 {
        format!("{number:.1}")
    } else {
        format!("{number}")
    }
}

impl Tensor {
    #[expect(
        clippy::cast_precision_loss,
        reason = "what is printed has five digits"
    )]
    fn count(&self) -> f64 {
        self.shape.iter().map(|length| *length as f64).product()
    }

    fn shown(&self) -> String {
        let device = self
            .gpu
            .map_or_else(String::new, |gpu| format!(", device='cuda:{gpu}'"));
        if self.shape.is_empty() {
            let number = if self.mean.abs() >= 1e8 {
                let plain = format!("{:.4e}", self.mean);
                let (digits, power) = plain.split_once('e').unwrap_or((&plain, "0"));
                format!("{digits}e+{power:0>2}")
            } else if self.mean.fract() == 0.0 {
                format!("{:.0}.", self.mean)
            } else {
                format!("{:.4}", self.mean)
            };
            return format!("tensor({number}{device})");
        }
        self.listed(&device).unwrap_or_else(|| {
            let shape: Vec<String> = self.shape.iter().map(i64::to_string).collect();
            format!("tensor([...] of {}{device})", shape.join("×"))
        })
    }

    /// Its numbers as torch lists them (`torch/_tensor_str.py`): 80 columns, four digits, the edges of what is large.
    fn listed(&self, device: &str) -> Option<String> {
        const MOST: f64 = 1000.0;
        const EDGE: usize = 3;
        let (rows, columns) = match self.shape.as_slice() {
            [columns] => (None, usize::try_from(*columns).ok()?),
            [rows, columns] => (
                Some(usize::try_from(*rows).ok()?),
                usize::try_from(*columns).ok()?,
            ),
            _ => return None,
        };
        if columns == 0 || rows == Some(0) || self.mean.abs() + self.spread.abs() >= 1000.0 {
            return None;
        }
        let edges_only = self.count() > MOST;
        let whole = self.spread == 0.0 && self.mean.fract() == 0.0;
        // The numbers of every run are the same: a practice machine throws no dice.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let share = f64::from(u32::try_from(state >> 40).unwrap_or(0)) / f64::from(1_u32 << 24);
            self.mean + self.spread * (2.0 * share - 1.0)
        };
        let kept = |length: usize| -> Vec<Option<usize>> {
            if edges_only && length > 2 * EDGE {
                let ends = (length - EDGE..length).map(Some);
                (0..EDGE).map(Some).chain([None]).chain(ends).collect()
            } else {
                (0..length).map(Some).collect()
            }
        };
        let mut table: Vec<Option<Vec<Option<f64>>>> = Vec::new();
        for row in kept(rows.unwrap_or(1)) {
            let cells = |_| {
                let cells = kept(columns).into_iter();
                cells.map(|cell| cell.map(|_| next())).collect()
            };
            table.push(row.map(cells));
        }
        let shown = |number: f64| {
            if whole {
                format!("{number:.0}.")
            } else {
                format!("{number:.4}")
            }
        };
        let numbers = table.iter().flatten().flatten().flatten();
        let width = numbers.map(|number| shown(*number).len()).max()?;
        let indent = if rows.is_some() { 9 } else { 8 };
        let in_a_line = ((80 - (indent - 1)) / (width + 2)).max(1);
        let lines: Vec<String> = table
            .iter()
            .map(|row| {
                let Some(row) = row else {
                    return "...".to_owned();
                };
                let words: Vec<String> = row
                    .iter()
                    .map(|cell| match cell {
                        Some(number) => format!("{:>width$}", shown(*number)),
                        None => " ...".to_owned(),
                    })
                    .collect();
                let lines: Vec<String> = words
                    .chunks(in_a_line)
                    .map(|some| some.join(", "))
                    .collect();
                format!("[{}]", lines.join(&format!(",\n{}", " ".repeat(indent))))
            })
            .collect();
        Some(if rows.is_some() {
            format!("tensor([{}]{device})", lines.join(",\n        "))
        } else {
            format!("tensor({}{device})", lines.concat())
        })
    }
}

/// Why a text does not go on.
enum Halt {
    /// An exception, with the line that Python prints last.
    Raised(String),
    /// Something that is not played.
    Unknown(String),
    /// `sys.exit(N)`.
    Exit(Exit),
}

struct Run<'r, 'c> {
    call: &'r mut Call<'c>,
    own: &'r Interpreter,
    torch: Option<Torch>,
    names: BTreeMap<String, Value>,
    warned: bool,
}

pub(super) fn run(call: &mut Call<'_>, own: &Interpreter, code: &str) -> Exit {
    let torch = Torch::installed(call, own);
    if code == TORCH_PROBE {
        return probe(call, torch);
    }
    let mut run = Run {
        call,
        own,
        torch,
        names: BTreeMap::new(),
        warned: false,
    };
    for statement in statements(code).into_iter().take(MOST) {
        if !run.call.system.spend(20) {
            return 130;
        }
        match run.statement(&statement) {
            Ok(()) => {}
            Err(Halt::Raised(last)) => {
                run.call.error(format!("Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n{last}"));
                return 1;
            }
            Err(Halt::Unknown(what)) => {
                return not_played(
                    run.call,
                    &what,
                    "import torch, print, torch.cuda.…, torch.rand, @, .sum(), and what else the book uses",
                );
            }
            Err(Halt::Exit(exit)) => return exit,
        }
    }
    0
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

/// Cuts at line ends and semicolons outside of strings and brackets; comments are left out.
fn statements(code: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut now = String::new();
    let (mut quote, mut depth) = (None, 0_usize);
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) => {
                if c == open {
                    quote = None;
                }
                now.push(c);
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                now.push(c);
            }
            (None, '#') => {
                while chars.peek().is_some_and(|next| *next != '\n') {
                    chars.next();
                }
            }
            (None, '(' | '[' | '{') => {
                depth += 1;
                now.push(c);
            }
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                now.push(c);
            }
            (None, ';' | '\n') if depth == 0 => {
                all.push(std::mem::take(&mut now));
                // After a semicolon blanks mean nothing; at the beginning of a line they do.
                while c == ';' && chars.peek() == Some(&' ') {
                    chars.next();
                }
            }
            (None, _) => now.push(c),
        }
    }
    all.push(now);
    all.into_iter()
        .filter(|statement| !statement.trim().is_empty())
        .collect()
}

impl Run<'_, '_> {
    fn statement(&mut self, text: &str) -> Result<(), Halt> {
        if text.starts_with([' ', '\t']) {
            return Err(Halt::Unknown("an indented line".to_owned()));
        }
        let text = text.trim();
        if let Some(modules) = text.strip_prefix("import ") {
            for module in modules.split(',') {
                let (module, alias) = module
                    .split_once(" as ")
                    .map_or((module, None), |(module, alias)| {
                        (module, Some(alias.trim()))
                    });
                let module = module.trim();
                self.import(module)?;
                let first = module.split('.').next().unwrap_or(module);
                let (name, value) = alias.map_or((first, first), |alias| (alias, module));
                self.names
                    .insert(name.to_owned(), Value::Name(value.to_owned()));
            }
            return Ok(());
        }
        if let Some((module, names)) = text
            .strip_prefix("from ")
            .and_then(|rest| rest.split_once(" import "))
        {
            self.import(module.trim())?;
            for name in names.split(',') {
                let name = name.trim();
                self.names.insert(
                    name.to_owned(),
                    Value::Name(format!("{}.{name}", module.trim())),
                );
            }
            return Ok(());
        }
        for word in [
            "for", "while", "def", "class", "with", "if", "try", "async", "del", "global", "raise",
            "assert", "exec",
        ] {
            if text.starts_with(word) && text[word.len()..].starts_with([' ', ':', '(']) {
                return Err(Halt::Unknown(format!("`{word}`")));
            }
        }
        if let Some((name, rest)) = text.split_once('=')
            && !rest.starts_with('=')
            && !name.trim().is_empty()
            && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            let value = self.value(rest)?;
            self.names.insert(name.trim().to_owned(), value);
            return Ok(());
        }
        self.value(text).map(|_| ())
    }

    fn import(&mut self, module: &str) -> Result<(), Halt> {
        let first = module.split('.').next().unwrap_or(module);
        match first {
            "torch" => match self.torch.clone() {
                None => Err(Halt::Raised(
                    "ModuleNotFoundError: No module named 'torch'".to_owned(),
                )),
                Some(torch) => match torch.hidden_libraries(self.call) {
                    Some(error) => Err(Halt::Raised(error)),
                    None => Ok(()),
                },
            },
            "torchvision" | "torchaudio" | "torchtext" => {
                let Some(torch) = self.torch.clone() else {
                    return Err(Halt::Raised(format!(
                        "ModuleNotFoundError: No module named '{first}'"
                    )));
                };
                import_error(self.call, self.own, &torch, first)
                    .map(|_| ())
                    .map_err(Halt::Raised)
            }
            "sys" | "os" | "platform" | "struct" | "json" | "time" | "math" => Ok(()),
            other => {
                let there = super::packages::installed(self.call, &self.own.site);
                if there.iter().any(|one| one.name.replace('-', "_") == other) {
                    Ok(())
                } else {
                    Err(Halt::Raised(format!(
                        "ModuleNotFoundError: No module named '{}'",
                        crate::visible::visible(other)
                    )))
                }
            }
        }
    }

    fn value(&mut self, text: &str) -> Result<Value, Halt> {
        let tokens = tokens(text)?;
        let mut at = 0;
        let value = self.expression(&tokens, &mut at, 0)?;
        if at < tokens.len() {
            return Err(Halt::Unknown(text.trim().to_owned()));
        }
        Ok(value)
    }

    /// A value, or `VALUE if CONDITION else VALUE`, of which only the one that is chosen is looked at.
    fn expression(
        &mut self,
        tokens: &[Token],
        at: &mut usize,
        depth: usize,
    ) -> Result<Value, Halt> {
        if depth > DEPTH {
            return Err(Halt::Raised(
                "SyntaxError: too many nested parentheses".to_owned(),
            ));
        }
        let Some(asks) = word_ahead(tokens, *at, "if") else {
            return self.sum(tokens, at, depth);
        };
        let Some(otherwise) = word_ahead(tokens, asks + 1, "else") else {
            return Err(Halt::Raised(
                "SyntaxError: expected 'else' after 'if' expression".to_owned(),
            ));
        };
        let mut condition = asks + 1;
        let holds = match self.sum(tokens, &mut condition, depth + 1)? {
            Value::Bool(holds) => holds,
            Value::Int(number) => number != 0,
            Value::None => false,
            _ => return Err(Halt::Unknown("this condition".to_owned())),
        };
        if condition != otherwise {
            return Err(Halt::Unknown("this condition".to_owned()));
        }
        let end = end_of(tokens, otherwise + 1);
        let mut chosen = if holds { *at } else { otherwise + 1 };
        let value = self.expression(
            &tokens[..if holds { asks } else { end }],
            &mut chosen,
            depth + 1,
        )?;
        *at = end;
        Ok(value)
    }

    /// Values joined by `@`, `*`, `+`.
    fn sum(&mut self, tokens: &[Token], at: &mut usize, depth: usize) -> Result<Value, Halt> {
        let mut left = self.postfix(tokens, at, depth)?;
        while let Some(Token::Sign(sign @ ('@' | '*' | '+' | '-' | '/'))) = tokens.get(*at) {
            *at += 1;
            let right = self.postfix(tokens, at, depth)?;
            left = self.joined(*sign, left, right)?;
        }
        Ok(left)
    }

    fn joined(&mut self, sign: char, left: Value, right: Value) -> Result<Value, Halt> {
        match (sign, left, right) {
            ('@', Value::Tensor(left), Value::Tensor(right)) => self.multiply(&left, &right),
            ('+', Value::Text(left), Value::Text(right)) => Ok(Value::Text(left + &right)),
            ('+', Value::Int(left), Value::Int(right)) => {
                Ok(Value::Int(left.saturating_add(right)))
            }
            ('-', Value::Int(left), Value::Int(right)) => {
                Ok(Value::Int(left.saturating_sub(right)))
            }
            ('*', Value::Int(left), Value::Int(right)) => {
                Ok(Value::Int(left.saturating_mul(right)))
            }
            ('+', Value::Tensor(left), Value::Tensor(right)) => {
                self.use_gpu(left.gpu)?;
                Ok(Value::Tensor(Tensor {
                    mean: left.mean + right.mean,
                    spread: left.spread + right.spread,
                    ..left
                }))
            }
            (sign @ ('+' | '-' | '*' | '/'), Value::Tensor(left), right) => {
                let Some(number) = number(&right) else {
                    return Err(Halt::Unknown(format!("`{sign}` between these")));
                };
                self.use_gpu(left.gpu)?;
                let (mean, spread) = match sign {
                    '+' => (left.mean + number, left.spread),
                    '-' => (left.mean - number, left.spread),
                    '*' => (left.mean * number, left.spread * number),
                    _ => (left.mean / number, left.spread / number),
                };
                Ok(Value::Tensor(Tensor {
                    mean,
                    spread,
                    ..left
                }))
            }
            (sign, ..) => Err(Halt::Unknown(format!("`{sign}` between these"))),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what is printed has five digits"
    )]
    fn multiply(&mut self, left: &Tensor, right: &Tensor) -> Result<Value, Halt> {
        if left.gpu != right.gpu {
            return Err(Halt::Raised("RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!".to_owned()));
        }
        let (&[rows, inner], &[other, columns]) = (left.shape.as_slice(), right.shape.as_slice())
        else {
            return Err(Halt::Unknown("@ of these shapes".to_owned()));
        };
        if inner != other {
            return Err(Halt::Raised(format!(
                "RuntimeError: mat1 and mat2 shapes cannot be multiplied ({rows}x{inner} and {other}x{columns})"
            )));
        }
        self.use_gpu(left.gpu)?;
        Ok(Value::Tensor(Tensor {
            shape: vec![rows, columns],
            mean: left.mean * right.mean * inner as f64,
            spread: if left.spread == 0.0 && right.spread == 0.0 {
                0.0
            } else {
                (inner as f64).sqrt() * 0.4
            },
            gpu: left.gpu,
        }))
    }

    /// Computes on a GPU: CUDA has to answer, and the build has to have code for it.
    fn use_gpu(&mut self, gpu: Option<usize>) -> Result<(), Halt> {
        let (Some(index), Some(torch)) = (gpu, self.torch.clone()) else {
            return Ok(());
        };
        let gpus = torch
            .gpus(self.call)
            .map_err(|why| Halt::Raised(why.error()))?;
        let Some(card) = gpus.get(index) else {
            return Err(Halt::Raised(
                "torch.AcceleratorError: CUDA error: invalid device ordinal".to_owned(),
            ));
        };
        self.warn_of(&torch, card);
        if torch.has_code_for(card) {
            Ok(())
        } else {
            Err(Halt::Raised(NO_CODE.to_owned()))
        }
    }

    fn warn_of(&mut self, torch: &Torch, card: &crate::machine::nvml::Gpu) {
        if !self.warned
            && let Some(warning) = torch.arch_warning(card)
        {
            self.warned = true;
            self.call.error(warning);
        }
    }

    /// A string that begins with `f`: what stands in braces is worked out.
    fn formatted(&mut self, text: &str) -> Result<String, Halt> {
        let mut whole = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            whole.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                whole.push_str(brace);
                rest = after;
                continue;
            }
            let Some((inner, after)) = rest.split_once('}').filter(|_| brace == "{") else {
                return Err(Halt::Raised(
                    "SyntaxError: f-string: expecting '}'".to_owned(),
                ));
            };
            if inner.contains([':', '!', '{']) || inner.ends_with('=') {
                return Err(Halt::Unknown("a format in an f-string".to_owned()));
            }
            let value = self.value(inner)?;
            whole.push_str(&value.shown(false));
            rest = after;
        }
        whole.push_str(rest);
        Ok(whole)
    }

    fn postfix(&mut self, tokens: &[Token], at: &mut usize, depth: usize) -> Result<Value, Halt> {
        let mut value = match tokens.get(*at) {
            Some(Token::Text(text)) => Value::Text(text.clone()),
            Some(Token::Format(text)) => Value::Text(self.formatted(text)?),
            Some(Token::Number(number)) => number.clone(),
            Some(Token::Sign('(')) => {
                *at += 1;
                let (all, _) = self.arguments(tokens, at, ')', depth)?;
                // One value in brackets is that value.
                let single = all.len() == 1;
                let value = if single {
                    all.into_iter().next().unwrap_or(Value::None)
                } else {
                    Value::Tuple(all)
                };
                *at -= 1;
                value
            }
            Some(Token::Sign('[')) => {
                *at += 1;
                let (all, _) = self.arguments(tokens, at, ']', depth)?;
                *at -= 1;
                Value::List(all)
            }
            Some(Token::Name(name)) => match name.as_str() {
                "None" => Value::None,
                "True" => Value::Bool(true),
                "False" => Value::Bool(false),
                "print" | "len" | "str" | "range" | "int" | "float" | "list" | "exit" | "quit"
                | "type" => Value::Name(format!("builtins.{name}")),
                name => self.names.get(name).cloned().ok_or_else(|| {
                    Halt::Raised(format!(
                        "NameError: name '{}' is not defined",
                        crate::visible::visible(name)
                    ))
                })?,
            },
            _ => return Err(Halt::Raised("SyntaxError: invalid syntax".to_owned())),
        };
        *at += 1;
        loop {
            match tokens.get(*at) {
                Some(Token::Sign('.')) => {
                    let Some(Token::Name(name)) = tokens.get(*at + 1) else {
                        return Err(Halt::Raised("SyntaxError: invalid syntax".to_owned()));
                    };
                    *at += 2;
                    value = self.attribute(value, name)?;
                }
                Some(Token::Sign('(')) => {
                    *at += 1;
                    let (all, named) = self.arguments(tokens, at, ')', depth)?;
                    value = self.called(value, &all, &named)?;
                }
                Some(Token::Sign('[')) => {
                    *at += 1;
                    let (all, _) = self.arguments(tokens, at, ']', depth)?;
                    value = match (value, all.as_slice()) {
                        (Value::List(list) | Value::Tuple(list), [Value::Int(index)]) => {
                            usize::try_from(*index)
                                .ok()
                                .and_then(|index| list.get(index).cloned())
                                .ok_or_else(|| {
                                    Halt::Raised("IndexError: list index out of range".to_owned())
                                })?
                        }
                        _ => return Err(Halt::Unknown("an index".to_owned())),
                    };
                }
                _ => return Ok(value),
            }
        }
    }

    /// The values up to a closing bracket, which is passed; `name=value` are kept apart.
    fn arguments(
        &mut self,
        tokens: &[Token],
        at: &mut usize,
        close: char,
        depth: usize,
    ) -> Result<(Vec<Value>, BTreeMap<String, Value>), Halt> {
        let (mut all, mut named) = (Vec::new(), BTreeMap::new());
        loop {
            match tokens.get(*at) {
                Some(Token::Sign(sign)) if *sign == close => {
                    *at += 1;
                    return Ok((all, named));
                }
                Some(Token::Sign(',')) => *at += 1,
                Some(Token::Name(name))
                    if matches!(tokens.get(*at + 1), Some(Token::Sign('='))) =>
                {
                    *at += 2;
                    let value = self.expression(tokens, at, depth + 1)?;
                    named.insert(name.clone(), value);
                }
                Some(_) => all.push(self.expression(tokens, at, depth + 1)?),
                None => {
                    return Err(Halt::Raised(format!(
                        "SyntaxError: '{close}' was never closed"
                    )));
                }
            }
        }
    }

    fn attribute(&mut self, of: Value, name: &str) -> Result<Value, Halt> {
        let torch = self.torch.clone();
        match of {
            Value::Name(path) => {
                let whole = format!("{path}.{name}");
                let version = |torch: &Option<Torch>| {
                    torch
                        .as_ref()
                        .map_or(Value::None, |torch| Value::Text(torch.version.clone()))
                };
                Ok(match whole.as_str() {
                    "torch.__version__" | "torch.version.__version__" => version(&torch),
                    "torch.version.cuda" => torch
                        .and_then(|torch| torch.cuda)
                        .map_or(Value::None, |cuda| Value::Text(cuda.to_string())),
                    "torch.version.hip" => Value::None,
                    "torch.__file__" => Value::Text(format!("{}/torch/__init__.py", self.own.site)),
                    "torch.backends.cudnn.enabled" => Value::Bool(true),
                    "torchvision.__version__"
                    | "torchaudio.__version__"
                    | "torchtext.__version__"
                    | "numpy.__version__" => {
                        let there = super::packages::installed(self.call, &self.own.site);
                        let found = there.into_iter().find(|one| one.name == path);
                        found.map_or(Value::None, |one| Value::Text(one.version))
                    }
                    "sys.version" => Value::Text(format!("{} (main) [GCC 13.3.0]", self.own.whole)),
                    "sys.executable" => Value::Text(self.own.executable()),
                    "sys.prefix" => Value::Text(self.own.prefix.clone()),
                    _ => Value::Name(whole),
                })
            }
            Value::Tensor(tensor) => Ok(match name {
                "shape" => Value::Tuple(tensor.shape.into_iter().map(Value::Int).collect()),
                "device" => Value::Text(
                    tensor
                        .gpu
                        .map_or_else(|| "cpu".to_owned(), |gpu| format!("cuda:{gpu}")),
                ),
                "T" => {
                    let mut tensor = tensor;
                    tensor.shape.reverse();
                    Value::Tensor(tensor)
                }
                // A method: the tensor comes along as the name's own value.
                other => {
                    self.names
                        .insert("\u{0}self".to_owned(), Value::Tensor(tensor));
                    Value::Name(format!("\u{0}tensor.{other}"))
                }
            }),
            Value::Text(text) if matches!(name, "upper" | "strip" | "split") => {
                self.names.insert("\u{0}self".to_owned(), Value::Text(text));
                Ok(Value::Name(format!("\u{0}text.{name}")))
            }
            other => Err(Halt::Raised(format!(
                "AttributeError: object has no attribute '{name}': {}",
                other.shown(true)
            ))),
        }
    }

    fn called(
        &mut self,
        what: Value,
        all: &[Value],
        named: &BTreeMap<String, Value>,
    ) -> Result<Value, Halt> {
        let Value::Name(path) = what else {
            return Err(Halt::Raised("TypeError: object is not callable".to_owned()));
        };
        let torch = self.torch.clone();
        let index = || match all.first() {
            Some(Value::Int(index)) => usize::try_from(*index).unwrap_or(usize::MAX),
            Some(Value::Text(text)) => place_of(text).and_then(Place::gpu).unwrap_or(0),
            _ => 0,
        };
        let available = |run: &mut Self| -> Result<Vec<crate::machine::nvml::Gpu>, NoCuda> {
            match &torch {
                Some(torch) => {
                    let gpus = torch.gpus(run.call)?;
                    if let Some(first) = gpus.first() {
                        run.warn_of(torch, first);
                    }
                    Ok(gpus)
                }
                None => Err(NoCuda::NotBuilt),
            }
        };
        match path.as_str() {
            "builtins.print" => {
                let separator = named
                    .get("sep")
                    .map_or_else(|| " ".to_owned(), |sep| sep.shown(false));
                let text: Vec<String> = all.iter().map(|value| value.shown(false)).collect();
                self.call.line(text.join(&separator));
                Ok(Value::None)
            }
            "builtins.str" => Ok(Value::Text(
                all.first()
                    .map(|value| value.shown(false))
                    .unwrap_or_default(),
            )),
            "builtins.len" => match all.first() {
                Some(Value::List(list) | Value::Tuple(list)) => {
                    Ok(Value::Int(i64::try_from(list.len()).unwrap_or(0)))
                }
                Some(Value::Text(text)) => {
                    Ok(Value::Int(i64::try_from(text.chars().count()).unwrap_or(0)))
                }
                _ => Err(Halt::Unknown("len of this".to_owned())),
            },
            "builtins.float" | "builtins.int" => Ok(all.first().cloned().unwrap_or(Value::Int(0))),
            "sys.exit" | "builtins.exit" | "builtins.quit" => Err(Halt::Exit(match all.first() {
                Some(Value::Int(exit)) => i32::try_from(*exit).unwrap_or(1),
                _ => 0,
            })),
            "struct.calcsize" => Ok(Value::Int(8)),
            "platform.platform" | "platform.machine" => Ok(Value::Text("x86_64".to_owned())),
            "platform.python_version" => Ok(Value::Text(self.own.whole.clone())),
            "torch.cuda.is_available" => Ok(Value::Bool(match available(self) {
                Ok(_) => true,
                Err(why) => {
                    if let Some(warning) = why.warning() {
                        let site = self.own.site.clone();
                        self.call.error(format!("{site}/torch/cuda/__init__.py: UserWarning: CUDA initialization: {warning} (Triggered internally at CUDAFunctions.cpp.)\n  return torch._C._cuda_getDeviceCount() > 0"));
                    }
                    false
                }
            })),
            "torch.cuda.device_count" => Ok(Value::Int(
                available(self).map_or(0, |gpus| i64::try_from(gpus.len()).unwrap_or(0)),
            )),
            "torch.cuda.current_device" => available(self)
                .map(|_| Value::Int(0))
                .map_err(|why| Halt::Raised(why.error())),
            "torch.cuda.get_device_name" => {
                let gpus = available(self).map_err(|why| Halt::Raised(why.error()))?;
                let gpu = gpus
                    .get(index())
                    .ok_or_else(|| Halt::Raised("AssertionError: Invalid device id".to_owned()))?;
                Ok(Value::Text(gpu.name.known().cloned().unwrap_or_default()))
            }
            "torch.cuda.get_device_capability" => {
                let gpus = available(self).map_err(|why| Halt::Raised(why.error()))?;
                let gpu = gpus
                    .get(index())
                    .ok_or_else(|| Halt::Raised("AssertionError: Invalid device id".to_owned()))?;
                let cc = capability(gpu)
                    .ok_or_else(|| Halt::Unknown("this card's capability".to_owned()))?;
                Ok(Value::Tuple(vec![
                    Value::Int(cc.major.into()),
                    Value::Int(cc.minor.into()),
                ]))
            }
            "torch.cuda.get_arch_list" => {
                // Without CUDA it is empty.
                let codes = match available(self) {
                    Ok(_) => torch.map(|torch| torch.codes).unwrap_or_default(),
                    Err(_) => Vec::new(),
                };
                Ok(Value::List(
                    codes
                        .iter()
                        .map(|code| Value::Text(code.to_string()))
                        .collect(),
                ))
            }
            "torch.cuda.is_bf16_supported" => {
                let gpus = available(self).unwrap_or_default();
                let cc = gpus.first().and_then(capability);
                Ok(Value::Bool(cc.is_some_and(|cc| cc.major >= 8)))
            }
            "torch.cuda.memory_allocated" | "torch.cuda.memory_reserved" => Ok(Value::Int(0)),
            "torch.cuda.synchronize" | "torch.cuda.empty_cache" | "torch.manual_seed" => {
                Ok(Value::None)
            }
            "torch.backends.cudnn.version" => Ok(self.cudnn()),
            "torch.device" => Ok(all.first().cloned().unwrap_or(Value::None)),
            "torch.rand" | "torch.randn" | "torch.ones" | "torch.zeros" | "torch.empty" => {
                let mean = match path.as_str() {
                    "torch.rand" => 0.5,
                    "torch.ones" => 1.0,
                    _ => 0.0,
                };
                let mut shape = Vec::new();
                for value in all {
                    match value {
                        Value::Int(length) if *length >= 0 => shape.push(*length),
                        Value::Tuple(lengths) | Value::List(lengths) => {
                            for length in lengths {
                                if let Value::Int(length) = length {
                                    shape.push(*length);
                                }
                            }
                        }
                        _ => {
                            return Err(Halt::Raised(format!(
                                "TypeError: {path}(): argument 'size' must be tuple of ints"
                            )));
                        }
                    }
                }
                let spread = match path.as_str() {
                    "torch.rand" => 0.5,
                    "torch.randn" => 1.7,
                    _ => 0.0,
                };
                let tensor = Tensor {
                    shape,
                    mean,
                    spread,
                    gpu: None,
                };
                match named.get("device") {
                    Some(device) => self.moved(tensor, &device.shown(false)),
                    None => Ok(Value::Tensor(tensor)),
                }
            }
            _ => {
                let Some(Value::Tensor(tensor)) = self.names.get("\u{0}self").cloned() else {
                    return Err(Halt::Unknown(crate::visible::visible(
                        path.trim_start_matches('\u{0}'),
                    )));
                };
                match path.trim_start_matches('\u{0}') {
                    "tensor.cuda" => self.moved(tensor, "cuda"),
                    "tensor.cpu" => Ok(Value::Tensor(Tensor {
                        gpu: None,
                        ..tensor
                    })),
                    "tensor.to" => {
                        let device = all
                            .first()
                            .map(|value| value.shown(false))
                            .unwrap_or_default();
                        self.moved(tensor, &device)
                    }
                    "tensor.sum" => {
                        self.use_gpu(tensor.gpu)?;
                        let mean = tensor.mean * tensor.count();
                        Ok(Value::Tensor(Tensor {
                            shape: Vec::new(),
                            mean,
                            spread: 0.0,
                            gpu: tensor.gpu,
                        }))
                    }
                    "tensor.mean" => Ok(Value::Tensor(Tensor {
                        shape: Vec::new(),
                        ..tensor
                    })),
                    "tensor.item" => Ok(Value::Float(tensor.mean)),
                    "tensor.float" | "tensor.half" => Ok(Value::Tensor(tensor)),
                    other => Err(Halt::Unknown(crate::visible::visible(other))),
                }
            }
        }
    }

    fn moved(&mut self, tensor: Tensor, device: &str) -> Result<Value, Halt> {
        let Some(place) = place_of(device) else {
            return Err(Halt::Raised(format!(
                "RuntimeError: Expected one of cpu, cuda device type at start of device string: {}",
                crate::visible::visible(device)
            )));
        };
        let gpu = place.gpu();
        self.use_gpu(gpu)?;
        Ok(Value::Tensor(Tensor { gpu, ..tensor }))
    }

    fn cudnn(&mut self) -> Value {
        let there = super::packages::installed(self.call, &self.own.site);
        let found = there
            .iter()
            .find(|one| one.name.starts_with("nvidia-cudnn"));
        let numbers: Option<Vec<i64>> = found.map(|one| {
            one.version
                .split('.')
                .take(3)
                .filter_map(|part| part.parse().ok())
                .collect()
        });
        match numbers.as_deref() {
            Some([major, minor, patch]) => Value::Int(major * 10_000 + minor * 100 + patch),
            _ => Value::None,
        }
    }
}

/// What a device string names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Processor,
    Gpu(usize),
}

impl Place {
    fn gpu(self) -> Option<usize> {
        match self {
            Self::Processor => None,
            Self::Gpu(index) => Some(index),
        }
    }
}

fn place_of(device: &str) -> Option<Place> {
    match device {
        "cpu" => Some(Place::Processor),
        "cuda" => Some(Place::Gpu(0)),
        _ => device.strip_prefix("cuda:")?.parse().ok().map(Place::Gpu),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Number(Value),
    Text(String),
    /// A string that begins with `f`.
    Format(String),
    Sign(char),
}

/// Where the value ends that begins here: at a comma or a bracket that closes what is around it.
fn end_of(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Sign('(' | '[') => depth += 1,
            Token::Sign(')' | ']' | ',') if depth == 0 => return at,
            Token::Sign(')' | ']') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Where a word comes in the value that begins here, outside of its brackets.
fn word_ahead(tokens: &[Token], from: usize, word: &str) -> Option<usize> {
    let end = end_of(tokens, from);
    let mut depth = 0_usize;
    (from..end).find(|&at| {
        match &tokens[at] {
            Token::Sign('(' | '[') => depth += 1,
            Token::Sign(')' | ']') => depth = depth.saturating_sub(1),
            Token::Name(name) => return depth == 0 && name == word,
            _ => {}
        }
        false
    })
}

/// A plain number.
#[expect(
    clippy::cast_precision_loss,
    reason = "what is printed has five digits"
)]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Halt> {
    let mut tokens = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
        } else if c == '\'' || c == '"' {
            let end = (at + 1..chars.len()).find(|&end| chars[end] == c);
            let Some(end) = end else {
                return Err(Halt::Raised(
                    "SyntaxError: unterminated string literal".to_owned(),
                ));
            };
            tokens.push(Token::Text(chars[at + 1..end].iter().collect()));
            at = end + 1;
        } else if c.is_ascii_digit() {
            let end = (at..chars.len())
                .find(|&end| {
                    !(chars[end].is_ascii_alphanumeric() || matches!(chars[end], '.' | '_'))
                })
                .unwrap_or(chars.len());
            let word: String = chars[at..end].iter().filter(|c| **c != '_').collect();
            let number = word
                .parse::<i64>()
                .map(Value::Int)
                .or_else(|_| word.parse::<f64>().map(Value::Float))
                .map_err(|_| Halt::Raised("SyntaxError: invalid decimal literal".to_owned()))?;
            tokens.push(Token::Number(number));
            at = end;
        } else if c.is_alphabetic() || c == '_' {
            let end = (at..chars.len())
                .find(|&end| !(chars[end].is_alphanumeric() || chars[end] == '_'))
                .unwrap_or(chars.len());
            let name: String = chars[at..end].iter().collect();
            if name == "f"
                && let Some(quote @ ('\'' | '"')) = chars.get(end)
                && let Some(close) = (end + 1..chars.len()).find(|&at| chars[at] == *quote)
            {
                tokens.push(Token::Format(chars[end + 1..close].iter().collect()));
                at = close + 1;
                continue;
            }
            if matches!(chars.get(end), Some('\'' | '"')) {
                return Err(Halt::Unknown(format!("a string that begins with {name}")));
            }
            tokens.push(Token::Name(name));
            at = end;
        } else if "().,[]=@*+-/:".contains(c) {
            tokens.push(Token::Sign(c));
            at += 1;
        } else {
            return Err(Halt::Unknown(format!(
                "`{}`",
                crate::visible::visible(&c.to_string())
            )));
        }
    }
    Ok(tokens)
}
