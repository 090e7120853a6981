//! A plan for people: the command first, then why, then what else.

use std::fmt::Write as _;

use lessons_engine::finding::Arg;
use lessons_engine::plan::{Driver, Fit, Given, Libc, Note, Offer, Plan, Source, Tool, Weight};
use lessons_engine::tables::Os;
use lessons_engine::texts::Texts;
use lessons_engine::version::BuildTag;
use lessons_engine::visible::visible;

use crate::style::{self, paint};
use crate::wrap::{self, wrapped};

pub(super) fn show(plan: &Plan<'_>, texts: &Texts) -> String {
    let mut page = Page {
        plan,
        texts,
        out: String::new(),
        width: wrap::screen(),
    };
    page.answer();
    page.notes("plan-warnings", Weight::Warning);
    page.asked();
    page.why();
    page.rejected();
    page.alternatives();
    page.project();
    page.notes("plan-remarks", Weight::Remark);
    page.foot();
    page.out
}

/// How many reasons are shown; JSON has all of them.
const MOST_REASONS: usize = 6;

struct Page<'a> {
    plan: &'a Plan<'a>,
    texts: &'a Texts,
    out: String,
    width: Option<usize>,
}

impl Page<'_> {
    fn text(&self, id: &str, args: &[(&'static str, &str)]) -> String {
        let args: Vec<_> = args
            .iter()
            .map(|(name, value)| (*name, Arg::Text((*value).to_owned())))
            .collect();
        self.texts.shared(id, &args).replace('\n', " ")
    }

    /// A sentence in lines as wide as the terminal.
    fn lines(&self, first: &str, rest: &str, text: &str) -> String {
        wrapped(first, rest, text, self.width)
    }

    fn heading(&mut self, id: &str) {
        let heading = paint(style::HEADING, self.text(id, &[]));
        let _ = writeln!(self.out, "\n{heading}");
    }

    /// What is to be installed, and the commands that do.
    fn answer(&mut self) {
        let Some(fit) = &self.plan.chosen else {
            let none = self.lines("", "", &self.text("plan-none", &[]));
            let none = paint(style::BAD, none);
            let _ = writeln!(self.out, "{none}");
            return;
        };
        let title = paint(style::HEADING, self.title(fit));
        let _ = writeln!(self.out, "{title}\n");
        let install = self.plan.install(fit);
        for tool in self.plan.tools() {
            let command = match tool {
                Tool::Pip => install.pip(),
                Tool::Uv => install.uv(),
            };
            let _ = writeln!(self.out, "  {}", paint(style::TYPE, command));
        }
    }

    fn title(&self, fit: &Fit<'_>) -> String {
        let torch = fit.build.release.torch.to_string();
        let tag = fit.build.tag.to_string();
        match &fit.build.tag {
            _ if self.plan.question.platform.value.os == Os::MacOs => {
                self.text("plan-chosen-mac", &[("torch", &torch)])
            }
            BuildTag::Cuda(cuda) => self.text(
                "plan-chosen-cuda",
                &[
                    ("torch", &torch),
                    ("cuda", &cuda.to_string()),
                    ("tag", &tag),
                ],
            ),
            BuildTag::Cpu => self.text("plan-chosen-cpu", &[("torch", &torch)]),
            BuildTag::Rocm(_) | BuildTag::Xpu => {
                self.text("plan-chosen-other", &[("torch", &torch), ("tag", &tag)])
            }
        }
    }

    fn notes(&mut self, heading: &str, weight: Weight) {
        let notes: Vec<&Note> = self
            .plan
            .notes
            .iter()
            .filter(|note| note.weight == weight)
            .collect();
        if notes.is_empty() {
            return;
        }
        self.heading(heading);
        for note in notes {
            self.note(note);
        }
    }

    fn note(&mut self, note: &Note) {
        let (style, mark) = match note.weight {
            Weight::Warning => (style::OPEN, "!"),
            Weight::Reason | Weight::Remark => (style::QUIET, "·"),
        };
        let first = format!("  {} ", paint(style, mark));
        let lines = self.lines(&first, "    ", &self.texts.sentence(&note.text));
        let _ = writeln!(self.out, "{lines}");
    }

    /// Each thing that the answer depends on, and where it comes from.
    fn asked(&mut self) {
        self.heading("plan-asked");
        let question = &self.plan.question;
        let mut rows: Vec<(&str, String, String)> = Vec::new();
        let unknown = self.text("plan-input-unknown", &[]);
        match &question.driver {
            Some(Given { value, source }) => {
                let (label, value) = match value {
                    Driver::Version(driver) => ("plan-input-driver", driver.to_string()),
                    Driver::Supports(cuda) => ("plan-input-cuda", cuda.to_string()),
                };
                rows.push((label, value, self.source(source)));
            }
            None => rows.push(("plan-input-driver", unknown.clone(), String::new())),
        }
        for Given { value, source } in &question.gpus {
            let gpu = match (&value.name, value.compute_capability) {
                (Some(name), Some(cc)) => format!("{} ({})", visible(name), cc.sm()),
                _ => value.shown(),
            };
            rows.push(("plan-input-gpu", gpu, self.source(source)));
        }
        if question.gpus.is_empty() {
            rows.push(("plan-input-gpu", unknown, String::new()));
        }
        rows.push((
            "plan-input-python",
            question.python.value.to_string(),
            self.source(&question.python.source),
        ));
        let platform = question.platform.value;
        let libc = match question.libc.as_ref().map(|libc| libc.value) {
            Some(Libc::Musl) => ", musl".to_owned(),
            Some(Libc::Glibc(major, minor)) => format!(", glibc {major}.{minor}"),
            None => String::new(),
        };
        rows.push((
            "plan-input-system",
            format!("{}{libc}", platform.words()),
            self.source(&question.platform.source),
        ));
        if let Some(torch) = &question.torch {
            rows.push(("plan-input-torch", torch.text.clone(), "--torch".to_owned()));
        }
        let companions: Vec<_> = question
            .companions
            .value
            .iter()
            .map(ToString::to_string)
            .collect();
        rows.push((
            "plan-input-with",
            if companions.is_empty() {
                "—".to_owned()
            } else {
                companions.join(", ")
            },
            self.source(&question.companions.source),
        ));
        if !question.mirror.is_official() {
            rows.push((
                "plan-input-mirror",
                question.mirror.name().to_owned(),
                "--mirror".to_owned(),
            ));
        }
        let labelled: Vec<_> = rows
            .into_iter()
            .map(|(label, value, source)| (self.text(label, &[]), value, source))
            .collect();
        let width = |column: &dyn Fn(&(String, String, String)) -> usize| {
            labelled.iter().map(column).max().unwrap_or(0)
        };
        let first = width(&|row| row.0.chars().count());
        let second = width(&|row| row.1.chars().count());
        for (label, value, source) in &labelled {
            let line = format!(
                "  {label:<first$}  {value:<second$}  {}",
                paint(style::QUIET, source)
            );
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
    }

    fn source(&self, source: &Source) -> String {
        match source {
            Source::Option(name) => (*name).to_owned(),
            Source::Machine(place) => visible(place),
            Source::Assumed => self.text("plan-source-assumed", &[]),
        }
    }

    /// Why the chosen build is right, beginning with its file.
    fn why(&mut self) {
        let Some(fit) = &self.plan.chosen else {
            self.notes("plan-why-not", Weight::Reason);
            return;
        };
        self.heading("plan-why");
        if let Some(wheel) = &fit.wheel {
            let more = match (wheel, wheel.size()) {
                (Offer::Expected(_), _) => {
                    format!("  ({})", self.text("plan-wheel-expected", &[]))
                }
                (Offer::Seen(_), Some(size)) => {
                    let megabytes = (size / 1_000_000).to_string();
                    format!(
                        "  {}",
                        self.text("plan-wheel-size", &[("size", &megabytes)])
                    )
                }
                (Offer::Seen(_), None) => String::new(),
            };
            let label = self.text("plan-wheel", &[]);
            let first = format!("  {} ", paint(style::QUIET, "·"));
            let more = paint(style::QUIET, more);
            let text = format!("{label} {}{more}", visible(wheel.name()));
            let lines = self.lines(&first, "    ", &text);
            let _ = writeln!(self.out, "{lines}");
        }
        let reasons: Vec<&Note> = self
            .plan
            .notes
            .iter()
            .filter(|note| note.weight == Weight::Reason)
            .collect();
        for note in reasons {
            self.note(note);
        }
    }

    fn rejected(&mut self) {
        if self.plan.rejected.is_empty() {
            return;
        }
        self.heading("plan-rejected");
        let (shown, more) = self
            .plan
            .rejected
            .split_at(self.plan.rejected.len().min(MOST_REASONS));
        for rejected in shown {
            let first = format!("  {} ", paint(style::BAD, "✗"));
            let what = self.lines(&first, "    ", &self.plan.what(rejected));
            let why = self.texts.sentence(&rejected.why);
            let why = self.lines("      ", "      ", &why);
            let _ = writeln!(self.out, "{what}\n{why}");
        }
        if !more.is_empty() {
            let count = [("count", Arg::Count(more.len() as u64))];
            let more = self.texts.shared("plan-rejected-more", &count);
            let _ = writeln!(self.out, "    {}", paint(style::QUIET, more));
        }
    }

    fn alternatives(&mut self) {
        if self.plan.alternatives.is_empty() {
            return;
        }
        self.heading("plan-alternatives");
        for other in &self.plan.alternatives {
            let install = self.plan.install(&other.fit);
            let command = match self.plan.tools().first() {
                Some(Tool::Uv) => install.uv(),
                _ => install.pip(),
            };
            let first = format!("  {} ", paint(style::QUIET, "·"));
            let when = self.texts.sentence(&other.when);
            let text = format!("{when}: {}", self.title(&other.fit));
            let lines = self.lines(&first, "    ", &text);
            let command = paint(style::TYPE, command);
            let _ = writeln!(self.out, "{lines}\n      {command}");
        }
    }

    /// What a uv project needs to have in its file.
    fn project(&mut self) {
        let Some(fit) = &self.plan.chosen else { return };
        let install = self.plan.install(fit);
        let Some(lines) = install.pyproject() else {
            return;
        };
        if !self.plan.tools().contains(&Tool::Uv) {
            return;
        }
        let heading = self.text("plan-pyproject", &[("file", "pyproject.toml")]);
        let _ = writeln!(
            self.out,
            "\n{}  {}",
            paint(style::HEADING, heading),
            paint(style::TYPE, install.uv_add())
        );
        for line in lines.lines() {
            let _ = writeln!(self.out, "{}", format!("    {line}").trim_end());
        }
    }

    fn foot(&mut self) {
        let id = if self.plan.live {
            "plan-as-of-live"
        } else {
            "plan-as-of"
        };
        let foot = self.text(id, &[("as-of", &self.plan.as_of)]);
        let foot = self.lines("", "", &foot);
        let _ = writeln!(self.out, "\n{}", paint(style::QUIET, foot));
    }
}
