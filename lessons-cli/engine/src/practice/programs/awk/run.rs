//! Plays a program of awk.

use crate::practice::said::said;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::syntax::{Expr, Pattern, Script, Source, Statement, Target, unescaped};
use crate::practice::process::{Call, CannotRun, Exit};
use crate::practice::programs::format::{Directive, general};
use crate::practice::programs::search::{Finder, finder};
use crate::practice::programs::text::problem;
use crate::practice::streams::{Input, Sink};

/// The longest text, in bytes.
const LONGEST: usize = 1 << 20;

/// The most fields of a record.
const FIELDS: usize = 20_000;

/// How deeply functions may call one another.
const DEEPEST: usize = 60;

/// A value: awk makes a number of a text, and the other way round, as it needs them.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Unset,
    Number(f64),
    Text(Rc<str>),
    /// What came from outside and looks like a number is compared as one.
    Numeric(Rc<str>, f64),
}

impl Value {
    /// What was read: a field, a variable of the command line.
    pub(super) fn read(text: &str) -> Self {
        let trimmed = text.trim();
        let is_number = !trimmed.is_empty()
            && trimmed
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        match trimmed.parse::<f64>() {
            Ok(number) if is_number => Self::Numeric(text.into(), number),
            _ => Self::Text(text.into()),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Unset => 0.0,
            Self::Number(number) | Self::Numeric(_, number) => *number,
            Self::Text(text) => leading_number(text),
        }
    }

    fn text(&self, format: &str) -> Rc<str> {
        match self {
            Self::Unset => "".into(),
            Self::Number(number) => shown(*number, format).into(),
            Self::Text(text) | Self::Numeric(text, _) => Rc::clone(text),
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Unset => false,
            Self::Number(number) | Self::Numeric(_, number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
        }
    }
}

/// A number as text: whole ones as such, others by a format.
fn shown(number: f64, format: &str) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only numbers that fit are cast"
    )]
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).to_string();
    }
    if format == "%.6g" {
        return if number.is_finite() {
            general(number, 6, false)
        } else {
            Directive::default().float(number)
        };
    }
    let mut chars = format.chars().peekable();
    if chars.next_if_eq(&'%').is_none() {
        return format.to_owned();
    }
    Directive::read(&mut chars, || 0).float(number)
}

/// The number that a text begins with.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let mut end = 0;
    let mut seen_point = false;
    if matches!(bytes.first(), Some(b'+' | b'-')) {
        end = 1;
    }
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => {}
            b'.' if !seen_point => seen_point = true,
            b'e' | b'E'
                if end > 0
                    && bytes[end - 1].is_ascii_digit()
                    && bytes[end + 1..]
                        .iter()
                        .find(|byte| !b"+-".contains(byte))
                        .is_some_and(u8::is_ascii_digit) =>
            {
                let mut after = end + 1;
                if matches!(bytes.get(after), Some(b'+' | b'-')) {
                    after += 1;
                }
                while bytes.get(after).is_some_and(u8::is_ascii_digit) {
                    after += 1;
                }
                return text[..after].parse().unwrap_or(0.0);
            }
            _ => break,
        }
        end += 1;
    }
    text[..end].parse().unwrap_or(0.0)
}

/// An array, in the order in which its elements came.
#[derive(Debug, Default, Clone)]
struct Array {
    elements: BTreeMap<String, (u64, Value)>,
    next: u64,
}

impl Array {
    fn set(&mut self, key: String, value: Value) {
        let next = &mut self.next;
        let element = self.elements.entry(key).or_insert_with(|| {
            *next += 1;
            (*next, Value::Unset)
        });
        element.1 = value;
    }

    fn keys(&self) -> Vec<String> {
        let mut keys: Vec<(u64, String)> = self
            .elements
            .iter()
            .map(|(key, (order, _))| (*order, key.clone()))
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, key)| key).collect()
    }
}

/// Why statements do not go on as they stand.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
    Exit(Option<Exit>),
    /// Something went wrong; the message stands after `awk: `.
    Failed(String),
    /// The command line is ended.
    Stop,
}

type Played<T> = Result<T, Flow>;

/// What a function has for its own: values, and the names of its arrays among all arrays.
#[derive(Default)]
struct Frame {
    values: BTreeMap<String, Value>,
    arrays: BTreeMap<String, String>,
}

struct Awk<'a, 's> {
    call: &'a mut Call<'s>,
    script: &'a Script,
    variables: BTreeMap<String, Value>,
    arrays: BTreeMap<String, Array>,
    frames: Vec<Frame>,
    /// How many arrays functions have made.
    made: u64,
    record: Rc<str>,
    fields: Vec<Value>,
    /// Whether the fields are those of the record.
    is_split: bool,
    files: VecDeque<String>,
    began: bool,
    reading: Option<Reading>,
    finders: BTreeMap<String, Rc<Finder>>,
    /// Open files to write to, and what waits for a command.
    files_out: Vec<String>,
    commands: BTreeMap<String, Vec<u8>>,
    files_in: BTreeMap<String, Reading>,
    ranges: Vec<bool>,
    trouble: bool,
}

enum Reading {
    Standard,
    Bytes(Vec<u8>, usize),
}

/// Runs a program on files.
pub(super) fn run(
    call: &mut Call<'_>,
    script: &Script,
    assignments: &[(String, String)],
    files: &[String],
) -> Exit {
    let mut variables: BTreeMap<String, Value> = [
        ("FS", " "),
        ("OFS", " "),
        ("ORS", "\n"),
        ("RS", "\n"),
        ("SUBSEP", "\u{1c}"),
        ("CONVFMT", "%.6g"),
        ("OFMT", "%.6g"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Value::Text(value.into())))
    .collect();
    for (name, value) in assignments {
        variables.insert(name.clone(), Value::read(&unescaped(value)));
    }
    let mut arrays = BTreeMap::new();
    let mut environment = Array::default();
    for (name, value) in &call.process.env {
        environment.set(name.clone(), Value::read(value));
    }
    arrays.insert("ENVIRON".to_owned(), environment);
    let mut words = Array::default();
    words.set("0".to_owned(), Value::Text("awk".into()));
    for (index, file) in files.iter().enumerate() {
        words.set((index + 1).to_string(), Value::read(file));
    }
    arrays.insert("ARGV".to_owned(), words);
    #[expect(clippy::cast_precision_loss, reason = "a command line is short")]
    variables.insert("ARGC".to_owned(), Value::Number(files.len() as f64 + 1.0));
    let mut awk = Awk {
        call,
        script,
        variables,
        arrays,
        frames: Vec::new(),
        made: 0,
        record: "".into(),
        fields: Vec::new(),
        is_split: true,
        files: files.iter().cloned().collect(),
        began: false,
        reading: None,
        finders: BTreeMap::new(),
        files_out: Vec::new(),
        commands: BTreeMap::new(),
        files_in: BTreeMap::new(),
        ranges: vec![false; script.rules.len()],
        trouble: false,
    };
    awk.program()
}

impl Awk<'_, '_> {
    fn program(&mut self) -> Exit {
        let mut exit = 0;
        let mut result = self.statements(&self.script.begin);
        if result.is_ok() && (!self.script.rules.is_empty() || self.script.has_end) {
            result = self.records();
        }
        if let Err(Flow::Exit(status)) = &result {
            exit = status.unwrap_or(0);
        }
        if matches!(result, Ok(()) | Err(Flow::Exit(_) | Flow::Next)) {
            let end = self.statements(&self.script.end);
            match end {
                Err(Flow::Exit(Some(status))) => exit = status,
                Err(Flow::Failed(_) | Flow::Stop) => result = end,
                _ => {}
            }
        }
        match result {
            Err(Flow::Failed(message)) => {
                self.call.error(format!("awk: {message}"));
                return 2;
            }
            Err(Flow::Stop) => return 2,
            _ => {}
        }
        let waiting: Vec<String> = self.commands.keys().cloned().collect();
        for command in waiting {
            self.close(&command);
        }
        if self.trouble && exit == 0 { 2 } else { exit }
    }

    fn records(&mut self) -> Played<()> {
        while let Some(record) = self.next_record()? {
            self.count();
            self.set_record(&record);
            for (index, rule) in self.script.rules.iter().enumerate() {
                let fits = match &rule.pattern {
                    Pattern::Always => true,
                    Pattern::When(when) => self.value(when)?.is_true(),
                    Pattern::From(from, to) => {
                        let on = self.ranges[index] || self.value(from)?.is_true();
                        self.ranges[index] = on && !self.value(to)?.is_true();
                        on
                    }
                };
                if !fits {
                    continue;
                }
                let result = match &rule.body {
                    Some(body) => self.statements(body),
                    None => self.print(&[], None),
                };
                match result {
                    Err(Flow::Next) => break,
                    other => other?,
                }
            }
        }
        Ok(())
    }

    fn count(&mut self) {
        for name in ["NR", "FNR"] {
            let number = self.variables.get(name).map_or(0.0, Value::number);
            self.variables
                .insert(name.to_owned(), Value::Number(number + 1.0));
        }
    }

    fn spend(&mut self, steps: usize) -> Played<()> {
        if self.call.system.spend(steps as u64) {
            Ok(())
        } else {
            Err(Flow::Stop)
        }
    }

    fn next_record(&mut self) -> Played<Option<Rc<str>>> {
        loop {
            if let Some(mut reading) = self.reading.take() {
                let record = self.record_of(&mut reading)?;
                if record.is_some() {
                    self.reading = Some(reading);
                    return Ok(record);
                }
            }
            let Some(file) = self.files.pop_front() else {
                if self.began {
                    return Ok(None);
                }
                self.began = true;
                self.reading = Some(Reading::Standard);
                continue;
            };
            if let Some((name, value)) = file.split_once('=')
                && super::is_name(name)
            {
                self.set_variable(name, Value::read(&unescaped(value)))?;
                continue;
            }
            if file.is_empty() {
                continue;
            }
            self.began = true;
            self.variables
                .insert("FILENAME".to_owned(), Value::read(&file));
            self.variables.insert("FNR".to_owned(), Value::Number(0.0));
            if file == "-" || file == "/dev/stdin" {
                self.reading = Some(Reading::Standard);
                continue;
            }
            match self.call.files().read(&file) {
                Ok(bytes) => self.reading = Some(Reading::Bytes(bytes.to_vec(), 0)),
                Err(errno) => {
                    self.trouble = true;
                    self.call
                        .error(format!("awk: cannot open {file} ({})", problem(errno)));
                }
            }
        }
    }

    fn record_of(&mut self, reading: &mut Reading) -> Played<Option<Rc<str>>> {
        let separator = self.variable_text("RS");
        if matches!(reading, Reading::Standard) {
            if &*separator == "\n" {
                let Some(line) = self.call.read_line() else {
                    return Ok(None);
                };
                self.spend(2 + line.len() / 64)?;
                let line = String::from_utf8_lossy(&line);
                return Ok(Some(line.strip_suffix('\n').unwrap_or(&line).into()));
            }
            *reading = Reading::Bytes(self.call.read_all(), 0);
        }
        let Reading::Bytes(bytes, at) = reading else {
            return Ok(None);
        };
        let paragraphs = separator.is_empty();
        if paragraphs {
            while bytes.get(*at) == Some(&b'\n') {
                *at += 1;
            }
        }
        let rest = &bytes[*at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (end, length) = if paragraphs {
            let end = rest.windows(2).position(|two| two == b"\n\n");
            (end, 2)
        } else if separator.len() == 1 {
            (memchr::memchr(separator.as_bytes()[0], rest), 1)
        } else {
            let text = String::from_utf8_lossy(rest).into_owned();
            let finder = self.finder(&separator)?;
            self.spend(finder.cost(text.len()))?;
            match finder.regex.find(&text).filter(|found| !found.is_empty()) {
                Some(found) => (Some(found.start()), found.len()),
                None => (None, 0),
            }
        };
        let record = &rest[..end.unwrap_or(rest.len())];
        let record = String::from_utf8_lossy(record);
        let record: Rc<str> = match end {
            Some(_) => record.as_ref().into(),
            None => record.trim_end_matches('\n').into(),
        };
        *at += end.map_or(rest.len(), |end| end + length);
        self.spend(2 + record.len() / 64)?;
        Ok(Some(record))
    }

    fn set_record(&mut self, record: &str) {
        self.record = record.into();
        self.is_split = false;
    }

    fn split_record(&mut self) -> Played<()> {
        if self.is_split {
            return Ok(());
        }
        self.is_split = true;
        let record = Rc::clone(&self.record);
        let separator = self.variable_text("FS");
        let parts = self.parts(&record, &separator)?;
        self.fields = parts.iter().map(|part| Value::read(part)).collect();
        Ok(())
    }

    /// The parts of a text, as `split` and records have them.
    fn parts(&mut self, text: &str, separator: &str) -> Played<Vec<String>> {
        self.spend(1 + text.len() / 32)?;
        let by_paragraph = self.variable_text("RS").is_empty();
        let parts: Vec<String> = match separator {
            " " => text.split_ascii_whitespace().map(str::to_owned).collect(),
            _ if text.is_empty() => Vec::new(),
            "" => text.chars().map(String::from).collect(),
            "|" | "." | "+" | "*" | "?" | "(" | ")" | "[" | "{" | "^" | "$" => {
                text.split(separator).map(str::to_owned).collect()
            }
            separator if separator.chars().count() == 1 && separator != "\\" => text
                .split(|c: char| separator.starts_with(c) || (by_paragraph && c == '\n'))
                .map(str::to_owned)
                .collect(),
            separator => {
                let finder = self.finder(separator)?;
                self.spend(finder.cost(text.len()))?;
                let mut parts = Vec::new();
                let mut from = 0;
                for found in finder.regex.find_iter(text).take(FIELDS) {
                    if found.is_empty() {
                        continue;
                    }
                    parts.push(text[from..found.start()].to_owned());
                    from = found.end();
                }
                parts.push(text[from..].to_owned());
                parts
            }
        };
        if parts.len() > FIELDS {
            return Err(Flow::Failed(said(
                "practice-awk-fields",
                &[("count", &FIELDS.to_string())],
            )));
        }
        Ok(parts)
    }

    fn variable_text(&self, name: &str) -> Rc<str> {
        self.variables
            .get(name)
            .map_or_else(|| "".into(), |value| value.text("%.6g"))
    }

    fn conversion(&self) -> Rc<str> {
        self.variable_text("CONVFMT")
    }

    fn finder(&mut self, pattern: &str) -> Played<Rc<Finder>> {
        if let Some(finder) = self.finders.get(pattern) {
            return Ok(Rc::clone(finder));
        }
        self.spend(50 + pattern.len() / 4)?;
        let finder = finder(pattern, true, false).map_err(|message| {
            Flow::Failed(format!(
                "regular expression compile failed ({message})\n{pattern}"
            ))
        })?;
        if self.finders.len() > 50 {
            self.finders.clear();
        }
        let finder = Rc::new(finder);
        self.finders.insert(pattern.to_owned(), Rc::clone(&finder));
        Ok(finder)
    }

    fn statements(&mut self, statements: &[Statement]) -> Played<()> {
        for statement in statements {
            self.statement(statement)?;
        }
        Ok(())
    }

    /// Runs the body of a loop; whether the loop is left.
    fn turn(&mut self, body: &[Statement]) -> Played<bool> {
        self.spend(1)?;
        match self.statements(body) {
            Ok(()) | Err(Flow::Continue) => Ok(false),
            Err(Flow::Break) => Ok(true),
            Err(other) => Err(other),
        }
    }

    fn statement(&mut self, statement: &Statement) -> Played<()> {
        self.spend(1)?;
        match statement {
            Statement::Expr(expr) => {
                self.value(expr)?;
            }
            Statement::Print { words, to } => self.print(words, to.as_ref())?,
            Statement::Printf { words, to } => {
                let text = self.formatted(words)?;
                self.put(&text, to.as_ref())?;
            }
            Statement::If(condition, then, otherwise) => {
                if self.value(condition)?.is_true() {
                    self.statements(then)?;
                } else {
                    self.statements(otherwise)?;
                }
            }
            Statement::While(condition, body) => {
                while self.value(condition)?.is_true() {
                    if self.turn(body)? {
                        break;
                    }
                }
            }
            Statement::Do(body, condition) => loop {
                if self.turn(body)? || !self.value(condition)?.is_true() {
                    break;
                }
            },
            Statement::For(first, condition, next, body) => {
                if let Some(first) = first {
                    self.statement(first)?;
                }
                loop {
                    if let Some(condition) = condition
                        && !self.value(condition)?.is_true()
                    {
                        break;
                    }
                    if self.turn(body)? {
                        break;
                    }
                    if let Some(next) = next {
                        self.statement(next)?;
                    }
                }
            }
            Statement::ForIn(name, array, body) => {
                let keys = self.array(array).keys();
                self.spend(keys.len() / 8)?;
                for key in keys {
                    if !self.array(array).elements.contains_key(&key) {
                        continue;
                    }
                    self.set_variable(name, Value::read(&key))?;
                    if self.turn(body)? {
                        break;
                    }
                }
            }
            Statement::Delete(name, None) => self.array(name).elements.clear(),
            Statement::Delete(name, Some(index)) => {
                let key = self.key(index)?;
                self.array(name).elements.remove(&key);
            }
            Statement::Block(statements) => self.statements(statements)?,
            Statement::Next => return Err(Flow::Next),
            Statement::Break => return Err(Flow::Break),
            Statement::Continue => return Err(Flow::Continue),
            Statement::Exit(value) => {
                let status = match value {
                    Some(value) => Some(byte(self.value(value)?.number())),
                    None => None,
                };
                return Err(Flow::Exit(status));
            }
            Statement::Return(value) => {
                let value = match value {
                    Some(value) => self.value(value)?,
                    None => Value::Unset,
                };
                return Err(Flow::Return(value));
            }
        }
        Ok(())
    }

    fn print(&mut self, words: &[Expr], to: Option<&(Target, Expr)>) -> Played<()> {
        let mut text = String::new();
        if words.is_empty() {
            text.push_str(&self.record);
        } else {
            let format = self.variable_text("OFMT");
            let between = self.variable_text("OFS");
            for (index, word) in words.iter().enumerate() {
                if index > 0 {
                    text.push_str(&between);
                }
                text.push_str(&self.value(word)?.text(&format));
            }
        }
        text.push_str(&self.variable_text("ORS"));
        self.put(&text, to)
    }

    fn put(&mut self, text: &str, to: Option<&(Target, Expr)>) -> Played<()> {
        self.spend(1 + text.len() / 256)?;
        let Some((target, name)) = to else {
            return if self.call.print(text) {
                Ok(())
            } else if self.call.system.stopped.is_some() {
                Err(Flow::Stop)
            } else {
                // Nobody reads on.
                Err(Flow::Exit(Some(2)))
            };
        };
        let name = self.value(name)?.text("%.6g");
        match (target, &*name) {
            (Target::Command, _) => {
                let waiting = self.commands.entry(name.as_ref().to_owned()).or_default();
                waiting.extend_from_slice(text.as_bytes());
                if waiting.len() > LONGEST {
                    return Err(Flow::Failed(said("practice-awk-piped", &[])));
                }
                Ok(())
            }
            (_, "/dev/stdout" | "-") => {
                self.call.print(text);
                Ok(())
            }
            (_, "/dev/stderr") => {
                let sink = self.call.process.stderr.clone();
                let _ = self.call.system.write(&sink, text.as_bytes());
                Ok(())
            }
            _ => {
                let is_open = self.files_out.iter().any(|open| **open == *name);
                if !is_open {
                    self.files_out.push(name.as_ref().to_owned());
                }
                let append = is_open || *target == Target::Append;
                self.call
                    .files()
                    .write(&name, text.as_bytes(), append)
                    .map_err(|errno| {
                        Flow::Failed(format!("cannot open \"{name}\" for output ({errno})"))
                    })
            }
        }
    }

    fn rebuild(&mut self) -> Played<()> {
        let between = self.variable_text("OFS");
        let format = self.conversion();
        let parts: Vec<Rc<str>> = self
            .fields
            .iter()
            .map(|field| field.text(&format))
            .collect();
        let whole = parts.join(&*between);
        self.spend(1 + whole.len() / 64)?;
        if whole.len() > LONGEST {
            return Err(too_long());
        }
        self.record = whole.into();
        Ok(())
    }

    fn field(&mut self, number: f64) -> Played<Value> {
        let Some(place) = place(number) else {
            return Err(Flow::Failed(format!(
                "attempt to access field {}",
                shown(number, "%.6g")
            )));
        };
        if place == 0 {
            return Ok(Value::read(&Rc::clone(&self.record)));
        }
        self.split_record()?;
        Ok(self.fields.get(place - 1).cloned().unwrap_or(Value::Unset))
    }

    fn set_field(&mut self, number: f64, value: Value) -> Played<()> {
        let Some(place) = place(number).filter(|place| *place <= FIELDS) else {
            return Err(Flow::Failed(format!(
                "attempt to assign to field {}",
                shown(number, "%.6g")
            )));
        };
        if place == 0 {
            let text = value.text(&self.conversion());
            self.set_record(&text);
            return Ok(());
        }
        self.split_record()?;
        if self.fields.len() < place {
            self.spend(place)?;
            self.fields.resize(place, Value::Unset);
        }
        self.fields[place - 1] = value;
        self.rebuild()
    }

    fn variable(&mut self, name: &str) -> Played<Value> {
        if let Some(frame) = self.frames.last()
            && let Some(value) = frame.values.get(name)
        {
            return Ok(value.clone());
        }
        if name == "NF" {
            self.split_record()?;
            #[expect(clippy::cast_precision_loss, reason = "a record has few fields")]
            return Ok(Value::Number(self.fields.len() as f64));
        }
        Ok(self.variables.get(name).cloned().unwrap_or(Value::Unset))
    }

    fn set_variable(&mut self, name: &str, value: Value) -> Played<()> {
        if let Value::Text(text) = &value {
            self.spend(text.len() / 256)?;
            if text.len() > LONGEST {
                return Err(too_long());
            }
        }
        if let Some(frame) = self.frames.last_mut()
            && let Some(own) = frame.values.get_mut(name)
        {
            *own = value;
            return Ok(());
        }
        if name == "NF" {
            self.split_record()?;
            let count = place(value.number()).unwrap_or(0).min(FIELDS);
            self.spend(count)?;
            self.fields.resize(count, Value::Unset);
            return self.rebuild();
        }
        if name == "FS" {
            self.split_record()?;
        }
        match self.variables.get_mut(name) {
            Some(variable) => *variable = value,
            None => {
                self.variables.insert(name.to_owned(), value);
            }
        }
        Ok(())
    }

    fn array(&mut self, name: &str) -> &mut Array {
        let name = match self.frames.last_mut() {
            Some(frame) => match frame.arrays.get(name) {
                Some(real) => real.clone(),
                // What is a function's own and nothing yet becomes an array here.
                None if frame.values.contains_key(name) => {
                    self.made += 1;
                    let real = format!("{name} {}", self.made);
                    frame.values.remove(name);
                    frame.arrays.insert(name.to_owned(), real.clone());
                    real
                }
                None => name.to_owned(),
            },
            None => name.to_owned(),
        };
        self.arrays.entry(name).or_default()
    }

    fn key(&mut self, index: &[Expr]) -> Played<String> {
        let format = self.conversion();
        if let [one] = index {
            return Ok(self.value(one)?.text(&format).as_ref().to_owned());
        }
        let between = self.variable_text("SUBSEP");
        let mut key = String::new();
        for (at, part) in index.iter().enumerate() {
            if at > 0 {
                key.push_str(&between);
            }
            key.push_str(&self.value(part)?.text(&format));
        }
        Ok(key)
    }

    fn set(&mut self, place: &Expr, value: Value) -> Played<()> {
        match place {
            Expr::Variable(name) => self.set_variable(name, value),
            Expr::Field(number) => {
                let number = self.value(number)?.number();
                self.set_field(number, value)
            }
            Expr::Element(name, index) => {
                let key = self.key(index)?;
                self.spend(2 + key.len() / 64)?;
                if let Value::Text(text) = &value
                    && text.len() > LONGEST
                {
                    return Err(too_long());
                }
                self.array(name).set(key, value);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn texts(&mut self, left: &Expr, right: &Expr) -> Played<(Rc<str>, Rc<str>)> {
        let format = self.conversion();
        let left = self.value(left)?.text(&format);
        let right = self.value(right)?.text(&format);
        Ok((left, right))
    }

    fn fits(&mut self, text: &str, pattern: &Expr) -> Played<bool> {
        let finder = self.finder_of(pattern)?;
        self.spend(finder.cost(text.len()))?;
        Ok(finder.fits(text))
    }

    fn finder_of(&mut self, pattern: &Expr) -> Played<Rc<Finder>> {
        let text = match pattern {
            Expr::Regex(text) => text.as_str().into(),
            other => self.value(other)?.text("%.6g"),
        };
        self.finder(&text)
    }

    fn value(&mut self, expr: &Expr) -> Played<Value> {
        self.spend(1)?;
        Ok(match expr {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::Text(text.as_str().into()),
            Expr::Regex(_) => {
                let record = Rc::clone(&self.record);
                truth(self.fits(&record, expr)?)
            }
            Expr::Variable(name) => self.variable(name)?,
            Expr::Field(number) => {
                let number = self.value(number)?.number();
                self.field(number)?
            }
            Expr::Element(name, index) => {
                let key = self.key(index)?;
                let array = self.array(name);
                match array.elements.get(&key) {
                    Some((_, value)) => value.clone(),
                    None => {
                        array.set(key, Value::Unset);
                        Value::Unset
                    }
                }
            }
            Expr::Assign(place, op, value) => {
                let value = self.value(value)?;
                let value = match op {
                    None => value,
                    Some(op) => {
                        let before = self.value(place)?.number();
                        Value::Number(calculated(*op, before, value.number())?)
                    }
                };
                self.set(place, value.clone())?;
                value
            }
            Expr::Conditional(condition, then, otherwise) => {
                if self.value(condition)?.is_true() {
                    self.value(then)?
                } else {
                    self.value(otherwise)?
                }
            }
            Expr::And(left, right) => {
                truth(self.value(left)?.is_true() && self.value(right)?.is_true())
            }
            Expr::Or(left, right) => {
                truth(self.value(left)?.is_true() || self.value(right)?.is_true())
            }
            Expr::In(index, array) => {
                let key = self.key(index)?;
                truth(self.array(array).elements.contains_key(&key))
            }
            Expr::Match(text, pattern, negated) => {
                let text = self.value(text)?.text("%.6g");
                truth(self.fits(&text, pattern)? != *negated)
            }
            Expr::Compare(op, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let order = match (&left, &right) {
                    (Value::Text(_), _) | (_, Value::Text(_)) => {
                        let format = self.conversion();
                        Some(left.text(&format).cmp(&right.text(&format)))
                    }
                    _ => left.number().partial_cmp(&right.number()),
                };
                truth(match *op {
                    "<" => order.is_some_and(std::cmp::Ordering::is_lt),
                    "<=" => order.is_some_and(std::cmp::Ordering::is_le),
                    ">" => order.is_some_and(std::cmp::Ordering::is_gt),
                    ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
                    "==" => order.is_some_and(std::cmp::Ordering::is_eq),
                    _ => !order.is_some_and(std::cmp::Ordering::is_eq),
                })
            }
            Expr::Binary(op, left, right) => {
                let (left, right) = (self.value(left)?.number(), self.value(right)?.number());
                Value::Number(calculated(*op, left, right)?)
            }
            Expr::Concat(left, right) => {
                let (left, right) = self.texts(left, right)?;
                if left.len() + right.len() > LONGEST {
                    return Err(too_long());
                }
                self.spend((left.len() + right.len()) / 256)?;
                Value::Text(format!("{left}{right}").into())
            }
            Expr::Not(inner) => truth(!self.value(inner)?.is_true()),
            Expr::Negative(inner) => Value::Number(-self.value(inner)?.number()),
            Expr::Positive(inner) => Value::Number(self.value(inner)?.number()),
            Expr::Step(place, by, from_before) => {
                let before = self.value(place)?.number();
                self.set(place, Value::Number(before + by))?;
                Value::Number(if *from_before { before } else { before + by })
            }
            Expr::Call(name, words) => self.function(name, words)?,
            Expr::Builtin(name, words) => self.builtin(name, words)?,
            Expr::Getline { into, from } => self.getline(into.as_deref(), from)?,
        })
    }

    fn function(&mut self, name: &str, words: &[Expr]) -> Played<Value> {
        let script = self.script;
        let Some(function) = script.functions.get(name) else {
            return Err(Flow::Failed(format!("function {name} never defined")));
        };
        if self.frames.len() >= DEEPEST {
            self.call
                .system
                .stopped
                .get_or_insert(crate::practice::Stop::Depth);
            return Err(Flow::Stop);
        }
        if words.len() > function.params.len() {
            return Err(Flow::Failed(format!("{name}: too many arguments in call")));
        }
        let mut frame = Frame::default();
        for (index, param) in function.params.iter().enumerate() {
            // A name that is an array is the same array inside.
            if let Some(Expr::Variable(array)) = words.get(index) {
                let real = self
                    .frames
                    .last()
                    .and_then(|frame| frame.arrays.get(array))
                    .unwrap_or(array)
                    .clone();
                if self.arrays.contains_key(&real) || uses_as_array(&function.body, param) {
                    self.arrays.entry(real.clone()).or_default();
                    frame.arrays.insert(param.clone(), real);
                    continue;
                }
            }
            let value = match words.get(index) {
                Some(word) => self.value(word)?,
                None => Value::Unset,
            };
            frame.values.insert(param.clone(), value);
        }
        self.spend(5)?;
        self.frames.push(frame);
        let result = self.statements(&function.body);
        self.frames.pop();
        match result {
            Ok(()) => Ok(Value::Unset),
            Err(Flow::Return(value)) => Ok(value),
            Err(other) => Err(other),
        }
    }

    fn text_at(&mut self, words: &[Expr], at: usize) -> Played<Rc<str>> {
        match words.get(at) {
            Some(word) => {
                let format = self.conversion();
                Ok(self.value(word)?.text(&format))
            }
            None => Ok("".into()),
        }
    }

    fn number_at(&mut self, words: &[Expr], at: usize) -> Played<f64> {
        match words.get(at) {
            Some(word) => Ok(self.value(word)?.number()),
            None => Ok(0.0),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "texts are short enough for their lengths to be exact"
    )]
    fn builtin(&mut self, name: &str, words: &[Expr]) -> Played<Value> {
        Ok(match name {
            "length" => match words.first() {
                Some(Expr::Variable(array)) if self.is_array(array) => {
                    Value::Number(self.array(array).elements.len() as f64)
                }
                Some(_) => Value::Number(self.text_at(words, 0)?.chars().count() as f64),
                None => Value::Number(self.record.chars().count() as f64),
            },
            "substr" => {
                let text = self.text_at(words, 0)?;
                let from = self.number_at(words, 1)?.round();
                let to = match words.get(2) {
                    Some(_) => from + self.number_at(words, 2)?.round(),
                    None => f64::INFINITY,
                };
                self.spend(text.len() / 256)?;
                let part: String = text
                    .chars()
                    .enumerate()
                    .filter(|(index, _)| {
                        let place = *index as f64 + 1.0;
                        place >= from && place < to
                    })
                    .map(|(_, c)| c)
                    .collect();
                Value::Text(part.into())
            }
            "index" => {
                let (text, part) = (self.text_at(words, 0)?, self.text_at(words, 1)?);
                self.spend(text.len() / 64)?;
                Value::Number(
                    text.find(&*part)
                        .map_or(0.0, |at| text[..at].chars().count() as f64 + 1.0),
                )
            }
            "split" => {
                let text = self.text_at(words, 0)?;
                let Some(Expr::Variable(array)) = words.get(1) else {
                    return Err(Flow::Failed(
                        "split: second argument must be an array".to_owned(),
                    ));
                };
                let separator = match words.get(2) {
                    Some(Expr::Regex(pattern)) => pattern.as_str().into(),
                    Some(_) => self.text_at(words, 2)?,
                    None => self.variable_text("FS"),
                };
                let parts = self.parts(&text, &separator)?;
                self.spend(parts.len())?;
                let count = parts.len();
                let array = self.array(array);
                array.elements.clear();
                for (index, part) in parts.into_iter().enumerate() {
                    array.set((index + 1).to_string(), Value::read(&part));
                }
                Value::Number(count as f64)
            }
            "sub" | "gsub" => {
                let Some(pattern) = words.first() else {
                    return Err(Flow::Failed(format!("{name}: not enough arguments")));
                };
                let finder = self.finder_of(pattern)?;
                let replacement = self.text_at(words, 1)?;
                let whole = Expr::Field(Box::new(Expr::Number(0.0)));
                let place = words.get(2).unwrap_or(&whole);
                let format = self.conversion();
                let text = self.value(place)?.text(&format);
                self.spend(finder.cost(text.len()))?;
                let most = if name == "sub" { 1 } else { usize::MAX };
                let (text, count) =
                    replaced(&finder, &text, &replacement, most).ok_or_else(too_long)?;
                if count > 0 {
                    self.spend(text.len() / 64 + count)?;
                    self.set(place, Value::read_as_text(text))?;
                }
                Value::Number(count as f64)
            }
            "match" => {
                let text = self.text_at(words, 0)?;
                let Some(pattern) = words.get(1) else {
                    return Err(Flow::Failed("match: not enough arguments".to_owned()));
                };
                let finder = self.finder_of(pattern)?;
                self.spend(finder.cost(text.len()))?;
                let (start, length) = match finder.regex.find(&text) {
                    Some(found) => (
                        text[..found.start()].chars().count() as f64 + 1.0,
                        found.as_str().chars().count() as f64,
                    ),
                    None => (0.0, -1.0),
                };
                self.set_variable("RSTART", Value::Number(start))?;
                self.set_variable("RLENGTH", Value::Number(length))?;
                Value::Number(start)
            }
            "sprintf" => Value::Text(self.formatted(words)?.into()),
            "sin" => Value::Number(self.number_at(words, 0)?.sin()),
            "cos" => Value::Number(self.number_at(words, 0)?.cos()),
            "atan2" => {
                let (y, x) = (self.number_at(words, 0)?, self.number_at(words, 1)?);
                Value::Number(y.atan2(x))
            }
            "exp" => Value::Number(self.number_at(words, 0)?.exp()),
            "log" => Value::Number(self.number_at(words, 0)?.ln()),
            "sqrt" => Value::Number(self.number_at(words, 0)?.sqrt()),
            "int" => Value::Number(self.number_at(words, 0)?.trunc()),
            "rand" => {
                let random = self.call.system.outside.random() % 1_000_000;
                Value::Number(random as f64 / 1e6)
            }
            "srand" => Value::Number(0.0),
            "systime" => Value::Number(self.call.system.machine.clock as f64),
            "tolower" => Value::Text(self.text_at(words, 0)?.to_lowercase().into()),
            "toupper" => Value::Text(self.text_at(words, 0)?.to_uppercase().into()),
            "system" => {
                let command = self.text_at(words, 0)?;
                let input = self.call.process.stdin.clone();
                let out = self.call.process.stdout.clone();
                Value::Number(f64::from(self.shell(&command, input, out)?))
            }
            "close" => {
                let name = self.text_at(words, 0)?;
                Value::Number(f64::from(self.close(&name)))
            }
            "fflush" => Value::Number(0.0),
            _ => {
                return Err(Flow::Failed(said("practice-awk-time", &[("name", name)])));
            }
        })
    }

    fn is_array(&self, name: &str) -> bool {
        match self.frames.last() {
            Some(frame) if frame.arrays.contains_key(name) => true,
            Some(frame) if frame.values.contains_key(name) => false,
            _ => self.arrays.contains_key(name),
        }
    }

    fn shell(&mut self, command: &str, stdin: Input, stdout: Sink) -> Played<Exit> {
        let mut process = self.call.process.clone();
        process.stdin = stdin;
        process.stdout = stdout;
        let words = vec!["sh".to_owned(), "-c".to_owned(), command.to_owned()];
        match self.call.system.run(process, words) {
            Ok(exit) if self.call.system.stopped.is_none() => Ok(exit),
            Ok(_) => Err(Flow::Stop),
            Err(CannotRun::NoCommand) => Err(Flow::Failed("sh: not found".to_owned())),
            Err(_) => Err(Flow::Failed("sh: cannot run".to_owned())),
        }
    }

    /// Ends what is open under a name: a command gets what waits for it.
    fn close(&mut self, name: &str) -> Exit {
        self.files_out.retain(|open| open != name);
        self.files_in.remove(name);
        match self.commands.remove(name) {
            Some(bytes) => {
                let out = self.call.process.stdout.clone();
                self.shell(name, Input::bytes(bytes), out).unwrap_or(1)
            }
            None => 0,
        }
    }

    fn getline(&mut self, into: Option<&Expr>, from: &Source) -> Played<Value> {
        let (record, counts) = match from {
            Source::Input => (self.next_record()?, true),
            Source::File(name) | Source::Command(name) => {
                let name = self.value(name)?.text("%.6g");
                let mut reading = match self.files_in.remove(&*name) {
                    Some(reading) => reading,
                    None if matches!(from, Source::Command(_)) => {
                        let (pipe, sink) = Sink::pipe();
                        self.shell(&name, Input::empty(), sink)?;
                        let bytes = std::mem::take(&mut pipe.borrow_mut().bytes);
                        Reading::Bytes(bytes, 0)
                    }
                    None if &*name == "-" || &*name == "/dev/stdin" => Reading::Standard,
                    None => match self.call.files().read(&name) {
                        Ok(bytes) => Reading::Bytes(bytes.to_vec(), 0),
                        Err(_) => return Ok(Value::Number(-1.0)),
                    },
                };
                let record = self.record_of(&mut reading)?;
                self.files_in.insert(name.as_ref().to_owned(), reading);
                (record, matches!(from, Source::Command(_)))
            }
        };
        let Some(record) = record else {
            return Ok(Value::Number(0.0));
        };
        if counts {
            self.count();
        }
        match into {
            Some(place) => self.set(place, Value::read(&record))?,
            None => self.set_record(&record),
        }
        Ok(Value::Number(1.0))
    }

    fn formatted(&mut self, words: &[Expr]) -> Played<String> {
        let Some((format, words)) = words.split_first() else {
            return Ok(String::new());
        };
        let format = self.value(format)?.text("%.6g");
        self.spend(1 + format.len() / 32)?;
        let mut values = Vec::new();
        for word in words {
            values.push(self.value(word)?);
        }
        let conversion = self.conversion();
        let mut values = values.into_iter();
        let mut out = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' || chars.next_if_eq(&'%').is_some() {
                out.push(c);
                continue;
            }
            let directive = Directive::read(&mut chars, || {
                values.next().map_or(0, |value| whole(value.number()))
            });
            let Some(letter) = directive.conversion else {
                out.push('%');
                break;
            };
            if !"sdiuxXocfFeEgG".contains(letter) {
                return Err(Flow::Failed(format!("bad conversion: {format}")));
            }
            let Some(value) = values.next() else {
                return Err(Flow::Failed(format!(
                    "not enough arguments passed to sprintf(\"{format}\")"
                )));
            };
            out.push_str(&match letter {
                's' => directive.text(&value.text(&conversion)),
                'c' => match &value {
                    Value::Number(number) => {
                        let code = u32::try_from(whole(*number)).ok();
                        directive.text(
                            &code
                                .and_then(char::from_u32)
                                .map_or(String::new(), String::from),
                        )
                    }
                    other => {
                        let first: String = other.text("%.6g").chars().take(1).collect();
                        directive.text(&first)
                    }
                },
                'f' | 'F' | 'e' | 'E' | 'g' | 'G' => directive.float(value.number()),
                _ => directive.integer(whole(value.number())),
            });
            self.spend(1 + out.len() / 4096)?;
            if out.len() > LONGEST {
                return Err(too_long());
            }
        }
        Ok(out)
    }
}

impl Value {
    fn read_as_text(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// A text in which what a pattern finds is replaced, and how often; `None` where it grows too long.
fn replaced(
    finder: &Finder,
    text: &str,
    replacement: &str,
    most: usize,
) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut from = 0;
    let mut count = 0;
    for found in finder.regex.find_iter(text).take(most) {
        count += 1;
        out.push_str(&text[from..found.start()]);
        let mut chars = replacement.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '&' => out.push_str(found.as_str()),
                '\\' if matches!(chars.peek(), Some('&' | '\\')) => out.extend(chars.next()),
                c => out.push(c),
            }
        }
        from = found.end();
        if out.len() > LONGEST {
            return None;
        }
    }
    out.push_str(&text[from..]);
    Some((out, count))
}

fn calculated(op: char, left: f64, right: f64) -> Played<f64> {
    if matches!(op, '/' | '%') && right == 0.0 {
        let what = if op == '/' {
            "division by zero"
        } else {
            "division by zero in %"
        };
        return Err(Flow::Failed(what.to_owned()));
    }
    Ok(match op {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' => left / right,
        '%' => left % right,
        _ => left.powf(right),
    })
}

fn truth(is: bool) -> Value {
    Value::Number(if is { 1.0 } else { 0.0 })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast of a float stops at the ends of what the integer can be"
)]
fn whole(number: f64) -> i64 {
    number as i64
}

fn byte(number: f64) -> Exit {
    Exit::try_from(whole(number).rem_euclid(256)).unwrap_or(2)
}

fn place(number: f64) -> Option<usize> {
    usize::try_from(whole(number)).ok()
}

fn too_long() -> Flow {
    Flow::Failed(said("practice-text-too-long", &[]))
}

/// Whether statements use a name as an array.
fn uses_as_array(statements: &[Statement], name: &str) -> bool {
    // What is read back is what was written: a look at its form is enough.
    let text = format!("{statements:?}");
    [
        format!("Element(\"{name}\""),
        format!("], \"{name}\")"),
        format!("Delete(\"{name}\""),
        format!(", \"{name}\", ["),
        format!("Builtin(\"split\", [Variable(\"{name}\")"),
    ]
    .iter()
    .any(|form| text.contains(form))
}
