//! What stands in the place of the book's directives: step cards, recorded outputs, tables, all from the engine, so that
//! the book cannot disagree with the checks.

mod page;

use std::cell::OnceCell;
use std::fmt::Write as _;

use lessons_engine::annotate::annotate;
use lessons_engine::bundled;
use lessons_engine::draw::{self, picture};
use lessons_engine::explain::Asked;
use lessons_engine::facts::Facts;
use lessons_engine::finding::{Arg, Outcome};
use lessons_engine::machine::Machine as _;
use lessons_engine::programs::NVIDIA_SMI_TOPO;
use lessons_engine::read::{topo, wheel};
use lessons_engine::recording::Recording;
use lessons_engine::report::{Report, StepDocument};
use lessons_engine::steps::{self, Step};
use lessons_engine::symptoms;
use lessons_engine::tables;
use lessons_engine::texts::Texts;
use lessons_engine::visible::{visible, visible_lines};

use crate::book::{Cards, literal};
use crate::nearest;

/// The recording on which everything is done: the first to show a pass on.
const DONE: &str = "ubuntu-4x4090";

/// Cards drawn from the bundled recordings.
pub struct EngineCards {
    texts: Texts,
    reports: OnceCell<Vec<Reported>>,
}

/// What every step says on one recording.
struct Reported {
    machine: &'static str,
    /// The lesson that the recording is about.
    lesson: Option<String>,
    steps: Vec<StepDocument>,
}

impl EngineCards {
    /// Cards with these texts.
    pub fn new(texts: Texts) -> Self {
        Self {
            texts,
            reports: OnceCell::new(),
        }
    }

    /// What every step says on every recording; the one where all is done comes first.
    fn reports(&self) -> &[Reported] {
        self.reports.get_or_init(|| {
            let mut reports: Vec<Reported> = bundled::names()
                .filter_map(|machine| {
                    let recording = bundled::recording(machine)?.ok()?;
                    Some(Reported {
                        machine,
                        steps: Report::of_all(&Facts::new(&recording))
                            .document(&self.texts)
                            .steps,
                        lesson: recording.lesson,
                    })
                })
                .collect();
            reports.sort_by_key(|reported| reported.machine != DONE);
            reports
        })
    }

    /// What the step says on the first recording where it has an outcome; after the one where all is done come those
    /// of the step's own lesson.
    fn example(&self, step: &Step, outcome: Outcome) -> Option<(&'static str, &StepDocument)> {
        let mut found = self.reports().iter().filter_map(|reported| {
            let document = reported
                .steps
                .iter()
                .find(|document| document.id == step.id)?;
            let own =
                reported.machine == DONE || reported.lesson.as_deref() == Some(step.lesson.id());
            (document.outcome == outcome).then_some((own, reported.machine, document))
        });
        let first = found.next()?;
        let best = if first.0 {
            first
        } else {
            found.find(|(own, ..)| *own).unwrap_or(first)
        };
        Some((best.1, best.2))
    }

    fn text(&self, id: &str) -> String {
        literal(&self.texts.shared(id, &[]))
    }
}

/// A recording by its name, or a sentence that says what is wrong with the name.
fn recording(machine: &str) -> Result<Recording, String> {
    match bundled::recording(machine) {
        Some(recording) => recording.map_err(|error| format!("the recording {machine}: {error}")),
        None => Err(
            nearest::unknown("machine", machine, bundled::names(), "lessons machines").to_string(),
        ),
    }
}

impl Cards for EngineCards {
    fn step(&self, id: &str) -> Result<String, String> {
        let step = steps::find(id).ok_or_else(|| {
            nearest::unknown("step", id, steps::all().map(|step| step.id), "lessons list")
                .to_string()
        })?;
        let title = literal(&self.texts.title(step));
        let kind = self.text(if step.required {
            "step-required"
        } else {
            "step-recommended"
        });
        let mut card = format!(
            "<section class=\"step-card\" id=\"{id}\" aria-labelledby=\"{id}-title\">\n\
             <h3 class=\"step-title\" id=\"{id}-title\"><a class=\"header\" href=\"#{id}\">{title}</a></h3>\n\
             <p class=\"step-facts\"><code>{id}</code> <span class=\"step-kind\">{kind}</span>"
        );
        let needs: Vec<String> = step
            .needed()
            .map(|need| {
                format!(
                    "<a href=\"{}\">{}</a>",
                    place(step, need),
                    literal(&self.texts.title(need))
                )
            })
            .collect();
        if !needs.is_empty() {
            let _ = write!(
                card,
                "\n<span class=\"step-needs\">{} {}</span>",
                self.text("card-after"),
                needs.join(", ")
            );
        }
        let _ = writeln!(
            card,
            "</p>\n<p class=\"step-why\">{}</p>",
            literal(&self.texts.why(step))
        );
        let done = self.example(step, Outcome::Pass);
        let undone = self.example(step, Outcome::Fail);
        if let Some((_, document)) = undone {
            card.push_str(&self.commands(document));
        }
        let _ = writeln!(
            card,
            "<div class=\"step-check\">\n<p class=\"step-label\">{}</p>\n\
             <pre><code class=\"language-bash\">lessons check {id}</code></pre>\n</div>",
            self.text("card-check"),
        );
        card.push_str(&self.examples(done, undone));
        card.push_str(&self.hints(step));
        if let Some(undo) = self.texts.undo(step) {
            let _ = writeln!(
                card,
                "<details class=\"step-undo\">\n<summary>{}</summary>\n<p>{}</p>\n</details>",
                self.text("card-undo"),
                literal(&undo),
            );
        }
        card.push_str("</section>\n");
        Ok(card)
    }

    fn annotated(&self, machine: &str, command: &[&str]) -> Result<String, String> {
        let text = match command {
            // A wheel's name is all there is.
            [] => machine.to_owned(),
            // A recording has NVML's answers, from which the table is drawn.
            ["nvidia-smi"] => smi_table(machine)?,
            _ => printed(machine, command)?,
        };
        let shown = command.join(" ");
        let asked = Asked::default();
        let id = format!("annotated-{machine}-{shown}");
        let annotated = annotate(&text, None, &asked, &self.texts, id.trim_end_matches('-'))
            .map_err(|why| format!("{shown} of {machine}: {why}"))?;
        let caption = if command.is_empty() {
            String::new()
        } else {
            self.caption(&shown, machine)
        };
        Ok(format!(
            "<figure class=\"recorded\">\n{caption}{annotated}</figure>\n"
        ))
    }

    fn smi(&self, machine: &str) -> Result<String, String> {
        Ok(self.figure("nvidia-smi", machine, &smi_table(machine)?))
    }

    fn topology(&self, machine: &str) -> Result<String, String> {
        let words = NVIDIA_SMI_TOPO;
        let matrix = self.annotated(machine, words)?;
        let topo = topo::read(&printed(machine, words)?)
            .map_err(|error| format!("the matrix of {machine}: {error}"))?;
        let picture = draw::topology::svg(&topo, &self.texts);
        Ok(format!("{matrix}\n{}", drawn("topology", &picture)))
    }

    fn output(&self, machine: &str, command: &[&str]) -> Result<String, String> {
        Ok(self.figure(&command.join(" "), machine, &printed(machine, command)?))
    }

    fn table(&self, name: &str) -> Result<String, String> {
        tables::sheet(name)
            .map(|sheet| tables::render_markdown(&sheet))
            .ok_or_else(|| {
                nearest::unknown("table", name, tables::sheet_names(), "the chapter Tables")
                    .to_string()
            })
    }

    fn causes(&self, symptom: &str) -> Result<String, String> {
        let symptom = symptoms::find(symptom).ok_or_else(|| {
            let known = symptoms::all().map(|symptom| symptom.id.as_str());
            nearest::unknown("symptom", symptom, known, "the table of symptoms").to_string()
        })?;
        let mut list = String::new();
        for cause in symptom.causes() {
            let sentence = self.texts.shared(&cause.text_id(), &[]);
            let told_by = match cause.steps().next() {
                Some(step) => {
                    let link = format!(
                        "[`{}`]({})",
                        step.id,
                        step.book().replacen(".html", ".md", 1)
                    );
                    self.texts
                        .shared("card-told-by", &[("step", Arg::Text(link))])
                }
                None => self.texts.shared("card-not-told", &[]),
            };
            let _ = writeln!(list, "- {sentence}. {told_by}");
        }
        Ok(list)
    }

    fn picture(&self, name: &str, words: &[&str]) -> Result<String, String> {
        let texts = &self.texts;
        let picture = match (name, words) {
            ("boot", []) => picture::boot(texts),
            ("stack", [machine]) => picture::stack(&Facts::new(&recording(machine)?), texts),
            ("versions", [machine]) => picture::versions(&Facts::new(&recording(machine)?), texts),
            ("wheel", [file]) => {
                let wheel = wheel::parse(file).map_err(|error| error.to_string())?;
                picture::wheel(&wheel, texts)
            }
            _ => {
                return Err(format!(
                    "there is no picture `{}`; there are `boot`, `stack MACHINE`, `versions MACHINE` and `wheel FILE`",
                    [&[name], words].concat().join(" ")
                ));
            }
        };
        Ok(drawn("picture", &picture))
    }

    fn data(&self, taught: &[&str]) -> String {
        page::data(&self.texts, self.reports(), taught)
    }

    fn steps(&self) -> Vec<String> {
        steps::all().map(|step| step.id.to_owned()).collect()
    }
}

impl EngineCards {
    /// What to type, each command with its note; those that need an administrator are marked.
    fn commands(&self, document: &StepDocument) -> String {
        let mut html = format!(
            "<div class=\"step-do\">\n<p class=\"step-label\">{}</p>\n",
            self.text("card-do")
        );
        for fix in &document.fix {
            if !fix.run.is_empty() {
                if fix.sudo {
                    let _ = writeln!(
                        html,
                        "<p class=\"step-sudo\">{}</p>",
                        self.text("card-sudo")
                    );
                }
                let _ = writeln!(
                    html,
                    "<pre><code class=\"language-bash\">{}</code></pre>",
                    literal(&fix.run)
                );
            }
            if !fix.note.is_empty() {
                let _ = writeln!(html, "<p class=\"step-note\">{}</p>", literal(&fix.note));
            }
        }
        html.push_str("</div>\n");
        html
    }

    /// What the check says where the step is done, and where it is not.
    fn examples(
        &self,
        done: Option<(&str, &StepDocument)>,
        undone: Option<(&str, &StepDocument)>,
    ) -> String {
        let examples: Vec<String> = [(done, "card-done"), (undone, "card-not-done")]
            .into_iter()
            .filter_map(|(example, text)| {
                let (machine, document) = example?;
                Some(format!(
                    "<figure class=\"step-example\" data-outcome=\"{}\">\n<figcaption><strong>{}</strong> {} <code>{machine}</code></figcaption>\n\
                     <pre tabindex=\"0\"><samp>{}</samp></pre>\n</figure>",
                    document.outcome.word(),
                    self.text(text),
                    self.text("card-on"),
                    literal(&said(document)),
                ))
            })
            .collect();
        if examples.is_empty() {
            return String::new();
        }
        format!(
            "<div class=\"step-examples\">\n{}\n</div>\n",
            examples.join("\n")
        )
    }

    /// The hints, each inside the one before, so that they open one by one without a script too.
    fn hints(&self, step: &Step) -> String {
        let hints = self.texts.hints(step);
        let mut html = String::new();
        for (number, hint) in hints.iter().enumerate() {
            let summary = self.text(if number == 0 {
                "card-hint"
            } else {
                "card-another-hint"
            });
            let _ = writeln!(
                html,
                "<details class=\"step-hint\">\n<summary>{summary}</summary>\n<p>{}</p>",
                literal(hint)
            );
        }
        html.push_str(&"</details>\n".repeat(hints.len()));
        html
    }

    fn figure(&self, command: &str, machine: &str, text: &str) -> String {
        let text = visible_lines(text);
        format!(
            "<figure class=\"recorded\">\n{}<pre tabindex=\"0\"><samp>{}</samp></pre>\n</figure>\n",
            self.caption(command, machine),
            literal(text.trim_end_matches('\n')),
        )
    }

    /// What was run, and on which recorded machine.
    fn caption(&self, command: &str, machine: &str) -> String {
        let on = self
            .texts
            .shared("card-on", &[("machine", Arg::Text(visible(machine)))]);
        format!(
            "<figcaption><code>{}</code> {} <code>{}</code></figcaption>\n",
            literal(command),
            literal(&on),
            literal(machine),
        )
    }
}

/// The table of nvidia-smi on a recorded machine.
fn smi_table(machine: &str) -> Result<String, String> {
    let nvml = recording(machine)?.nvml().map_err(|failure| {
        format!(
            "the recording {machine} has no reading of NVML ({})",
            failure.error
        )
    })?;
    Ok(draw::smi::draw(&draw::nvml::smi(&nvml, None)))
}

/// What a command printed on a recorded machine.
fn printed(machine: &str, command: &[&str]) -> Result<String, String> {
    let recording = recording(machine)?;
    let printed = recording.command(command).map_err(|why| {
        let known: Vec<String> = recording
            .commands
            .iter()
            .map(|known| known.argv.join(" "))
            .collect();
        format!(
            "{} on {machine}: {why}; recorded there: {}",
            command.join(" "),
            known.join(", ")
        )
    })?;
    Ok(format!("{}{}", printed.stdout, printed.stderr))
}

/// A picture on a page. An empty line would end the block of HTML for Markdown.
fn drawn(class: &str, svg: &str) -> String {
    let lines = svg.lines().filter(|line| !line.trim().is_empty());
    let svg = lines.collect::<Vec<_>>().join("\n");
    format!("<figure class=\"{class}\">\n{svg}\n</figure>\n")
}

/// Where a step's card is, seen from another step's page.
fn place(from: &Step, to: &Step) -> String {
    if from.lesson == to.lesson {
        format!("#{}", to.id)
    } else {
        to.book()
    }
}

/// What `lessons check` prints of a step, without its commands, which the card has above.
fn said(document: &StepDocument) -> String {
    let mut text = format!(
        "{} {}",
        crate::style::word(document.outcome).trim_end(),
        document.summary
    );
    for evidence in &document.evidence {
        let _ = write!(text, "\n  {}: {}", evidence.source, evidence.detail);
    }
    text
}
