//! What a reader of an output needs to know: what is noteworthy first, then what each field means.
//!
//! Nothing here is a sentence: every text is a [`Message`] of `texts/<language>/read.ftl`.

mod drivers;
mod env;
mod index;
mod nvcc;
mod smi;
mod topo;
mod wheel;

use crate::finding::Message;
use crate::read::said::Said;
use crate::read::text::{Seen, Span};
use crate::read::wheel::Os as System;
use crate::tables::Platform;
use crate::version::{CudaVersion, PythonVersion};

/// Explains an output.
pub fn explain(said: &Said, asked: &Asked) -> Explained {
    let mut explained = match said {
        Said::Smi(smi) => smi::explain(smi),
        Said::Topo(topo) => topo::explain(topo),
        Said::Drivers(drivers) => drivers::explain(drivers, asked.for_cuda),
        Said::Nvcc(nvcc) => nvcc::explain(nvcc),
        Said::Wheel(wheel) => wheel::explain(wheel, asked.host),
        Said::Index(index) => index::explain(index),
        Said::Env(env) => env::explain(env),
    };
    // What weighs the same stays in the order in which it was found.
    explained.noteworthy.sort_by_key(|note| note.severity);
    explained
}

/// What the reader wants to know besides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// The CUDA that is to run, which the driver to choose has to be new enough for.
    pub for_cuda: Option<CudaVersion>,
    /// Where a wheel is to be installed, if that is known.
    pub host: Option<Here>,
}

/// Where a wheel is to be installed, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    /// The operating system and the processor.
    pub platform: Platform,
    /// The Python that packages go to.
    pub python: Option<PythonVersion>,
    /// The system's version, of Linux its C library.
    pub system: Option<System>,
}

impl From<Platform> for Here {
    fn from(platform: Platform) -> Self {
        Self {
            platform,
            python: None,
            system: None,
        }
    }
}

/// An output explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// What the output is, in one line.
    pub what: Message,
    /// What is noteworthy, the gravest first.
    pub noteworthy: Vec<Note>,
    /// Every field that the output has, in its order.
    pub fields: Vec<Field>,
}

impl Explained {
    fn new(what: Message) -> Self {
        Self {
            what,
            noteworthy: Vec::new(),
            fields: Vec::new(),
        }
    }

    fn note(&mut self, note: Note) {
        self.noteworthy.push(note);
    }

    fn field(&mut self, field: Field) {
        if !field.values.is_empty() || !field.also.is_empty() {
            self.fields.push(field);
        }
    }
}

/// One thing that is noteworthy.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// How much it weighs.
    pub severity: Severity,
    /// What it is, and what follows from it.
    pub text: Message,
    /// What to type next, if anything; safe to paste.
    pub run: Option<String>,
    /// The step that is about it.
    pub step: Option<&'static str>,
    /// Where in the text it shows.
    pub span: Option<Span>,
}

/// How much a note weighs, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something is broken.
    Broken,
    /// Something will be in the way.
    Warning,
    /// Something that is often misunderstood, or good to know.
    Remark,
}

impl Note {
    fn new(severity: Severity, text: Message) -> Self {
        Self {
            severity,
            text,
            run: None,
            step: None,
            span: None,
        }
    }

    fn broken(text: Message) -> Self {
        Self::new(Severity::Broken, text)
    }

    fn warning(text: Message) -> Self {
        Self::new(Severity::Warning, text)
    }

    fn remark(text: Message) -> Self {
        Self::new(Severity::Remark, text)
    }

    fn run(mut self, command: impl Into<String>) -> Self {
        self.run = Some(command.into());
        self
    }

    fn step(mut self, step: &'static str) -> Self {
        self.step = Some(step);
        self
    }

    fn at(mut self, span: Option<Span>) -> Self {
        self.span = span;
        self
    }
}

/// A field of an output: its name as printed, its values, and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name, as the tool prints it; names are not translated.
    pub label: String,
    /// What it is.
    pub what: Message,
    /// What is normal, where that can be said in general.
    pub normal: Option<Message>,
    /// Its values: one, or one for each of what the output lists.
    pub values: Vec<Value>,
    /// Further places that the same holds for, which a list need not repeat, such as a matrix's other half.
    pub also: Vec<Value>,
}

impl Field {
    fn new(label: impl Into<String>, what: Message) -> Self {
        Self {
            label: label.into(),
            what,
            normal: None,
            values: Vec::new(),
            also: Vec::new(),
        }
    }

    fn normally(mut self, normal: Option<&'static str>) -> Self {
        self.normal = normal.map(text);
        self
    }

    fn value(mut self, value: Value) -> Self {
        self.values.push(value);
        self
    }

    fn seen(self, seen: &Seen<String>) -> Self {
        self.value(Value::seen(seen))
    }

    /// Everything there is to say of it: what it is, what is normal, and, each once, what its values mean.
    pub fn meaning(&self) -> Vec<&Message> {
        let mut meaning = vec![&self.what];
        meaning.extend(&self.normal);
        for message in self.values.iter().flat_map(|value| &value.means) {
            if !meaning.contains(&message) {
                meaning.push(message);
            }
        }
        meaning
    }
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Of what it is, where a field has several: `GPU 0`.
    pub of: Option<String>,
    /// The value as printed.
    pub shown: String,
    /// Where in the text it stands.
    pub span: Option<Span>,
    /// What this value says besides what every value of the field does.
    pub means: Vec<Message>,
}

impl Value {
    fn new(shown: impl Into<String>) -> Self {
        Self {
            of: None,
            shown: shown.into(),
            span: None,
            means: Vec::new(),
        }
    }

    fn seen(seen: &Seen<String>) -> Self {
        Self::new(seen.value.clone()).at(Some(seen.span))
    }

    fn of(mut self, of: impl Into<String>) -> Self {
        self.of = Some(of.into());
        self
    }

    fn at(mut self, span: Option<Span>) -> Self {
        // A value that no text showed has an empty place.
        self.span = span.filter(|span| span.start < span.end);
        self
    }

    fn means(mut self, message: Message) -> Self {
        self.means.push(message);
        self
    }
}

/// `GPU 0, 1, 8`: what all the names begin with is said once.
pub fn together(names: &[&str]) -> String {
    let prefix = names
        .first()
        .and_then(|name| name.find(' '))
        .map(|end| &names[0][..=end]);
    let rest = prefix.and_then(|prefix| {
        let rest = names.iter().map(|name| name.strip_prefix(prefix));
        rest.collect::<Option<Vec<&str>>>()
    });
    match (prefix, rest) {
        (Some(prefix), Some(rest)) => format!("{prefix}{}", rest.join(", ")),
        _ => names.join(", "),
    }
}

/// A text of `read.ftl`.
fn text(id: &'static str) -> Message {
    Message::shared(id)
}

/// Names in a row, of which there may be many.
fn listed<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    const MOST: usize = 16;
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names
        .by_ref()
        .take(MOST)
        .map(|name| name.to_string())
        .collect();
    if names.next().is_some() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
