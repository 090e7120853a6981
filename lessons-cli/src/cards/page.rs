//! What a page's scripts need: the book's steps, the words of the controls, and what the checks say on every recording.
//! It stands in the page itself, so that a book that is opened from a folder, where a script may fetch nothing, has it too.

use std::collections::BTreeMap;

use lessons_engine::bundled;
use lessons_engine::finding::{Arg, Evidence, Outcome};
use lessons_engine::report::FixDocument;
use lessons_engine::steps::{self, Lesson};
use lessons_engine::texts::Texts;
use serde::Serialize;

use super::Reported;

/// The names that a text of a control may have for its values. The script puts the values in: it gets the names in
/// braces.
const VALUES: [&str; 7] = [
    "done", "total", "machine", "title", "time", "number", "reason",
];

/// What every page has.
#[derive(Serialize)]
struct Book {
    /// The controls' words by the ids of their messages.
    texts: BTreeMap<String, String>,
    lessons: Vec<LessonEntry>,
}

#[derive(Serialize)]
struct LessonEntry {
    id: &'static str,
    title: String,
    page: String,
    steps: Vec<StepEntry>,
}

#[derive(Serialize)]
struct StepEntry {
    id: &'static str,
    title: String,
    required: bool,
}

/// What a page with cards has besides.
#[derive(Serialize)]
struct Findings<'a> {
    machines: Vec<MachineEntry>,
    /// By step, for each machine in their order: which of its findings is that machine's.
    steps: BTreeMap<&'a str, StepFindings<'a>>,
}

#[derive(Serialize)]
struct MachineEntry {
    name: &'static str,
    title: String,
    lesson: Option<String>,
}

#[derive(Serialize)]
struct StepFindings<'a> {
    findings: Vec<Said<'a>>,
    on: Vec<Option<usize>>,
}

/// What a check says, as in `lessons-check/1`, without what the page knows of the step.
#[derive(PartialEq, Serialize)]
struct Said<'a> {
    outcome: Outcome,
    summary: &'a str,
    evidence: &'a [Evidence],
    fix: &'a [FixDocument],
}

/// The block of data for a page that teaches these steps.
pub(super) fn data(texts: &Texts, reports: &[Reported], taught: &[&str]) -> String {
    let mut blocks = block("lessons-book", &book(texts));
    if !taught.is_empty() {
        blocks.push_str(&block("lessons-findings", &findings(reports, taught)));
    }
    blocks
}

fn book(texts: &Texts) -> Book {
    let values = VALUES.map(|name| (name, Arg::Text(format!("{{{name}}}"))));
    Book {
        texts: Texts::ids("page")
            .into_iter()
            .map(|id| {
                let text = texts.shared(&id, &values).replace('\n', " ");
                (id, text)
            })
            .collect(),
        lessons: Lesson::ALL
            .into_iter()
            .map(|lesson| LessonEntry {
                id: lesson.id(),
                title: texts.lesson(lesson),
                page: format!("{lesson}.html"),
                steps: lesson
                    .steps()
                    .iter()
                    .map(|step| StepEntry {
                        id: step.id,
                        title: texts.title(step),
                        required: step.required,
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn findings<'a>(reports: &'a [Reported], taught: &[&str]) -> Findings<'a> {
    let taught = steps::all().filter(|step| taught.contains(&step.id));
    Findings {
        machines: reports
            .iter()
            .map(|reported| MachineEntry {
                name: reported.machine,
                title: bundled::recording(reported.machine)
                    .and_then(Result::ok)
                    .map_or_else(String::new, |recording| recording.title),
                lesson: reported.lesson.clone(),
            })
            .collect(),
        steps: taught
            .map(|step| (step.id, distinct(reports, step.id)))
            .collect(),
    }
}

/// Each different thing that the check of a step says, once.
fn distinct<'a>(reports: &'a [Reported], id: &str) -> StepFindings<'a> {
    let mut different: Vec<Said<'a>> = Vec::new();
    let on = reports
        .iter()
        .map(|reported| {
            let step = reported.steps.iter().find(|step| step.id == id)?;
            let said = Said {
                outcome: step.outcome,
                summary: &step.summary,
                evidence: &step.evidence,
                fix: &step.fix,
            };
            let known = different.iter().position(|known| *known == said);
            Some(known.unwrap_or_else(|| {
                different.push(said);
                different.len() - 1
            }))
        })
        .collect();
    StepFindings {
        findings: different,
        on,
    }
}

/// A block of data that no browser runs, safe inside HTML, and without an empty line or a directive of mdBook's.
fn block(class: &str, data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).unwrap_or_else(|error| {
        unreachable!("names, texts and numbers always have a JSON form: {error}")
    });
    // Braces that meet only do so inside a string: what follows an opened object is a quotation mark.
    let json = json.replace('<', "\\u003c").replace("{{", "{\\u007b");
    format!("<script type=\"application/json\" class=\"{class}\">{json}</script>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_its_block() {
        let block = block("x", &["</script><!-- {{#include a}}", "\n\n"]);
        assert_eq!(block.matches('<').count(), 2, "{block}");
        assert!(
            !block.contains("{{") && block.lines().count() == 1,
            "{block}"
        );
        let json = block
            .trim_end()
            .strip_prefix("<script type=\"application/json\" class=\"x\">")
            .and_then(|rest| rest.strip_suffix("</script>"))
            .unwrap();
        let read: Vec<String> = serde_json::from_str(json).unwrap();
        assert_eq!(read, ["</script><!-- {{#include a}}", "\n\n"]);
    }

    #[test]
    fn every_text_of_a_control_gets_its_values() {
        let texts = Texts::english();
        let book = book(&texts);
        assert!(!book.texts.is_empty());
        for (id, text) in book.texts {
            assert!(
                !text.contains(lessons_engine::texts::MISSING),
                "{id}: {text}"
            );
        }
    }
}
