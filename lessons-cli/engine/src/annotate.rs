//! An output as HTML in which every field can be pointed at and explains itself.
//!
//! The text is shown as it was pasted. Each value in it is a link to its explanation in the list below, so that it can be
//! reached with a keyboard and read without scripts; `book/theme/annotated.js` shows the explanation next to it instead.
//!
//! ```html
//! <div class="annotated" id="ID" data-kind="smi">
//! <p class="annotated-what">The table of nvidia-smi, with one GPU</p>
//! <pre><samp>… <a class="field" id="ID-3" href="#ID-f7-0" data-of="GPU 0">Off</a> …</samp></pre>
//! <p class="annotated-hint" hidden>Point at a value …</p>
//! <ul class="annotated-notes"><li data-severity="warning"><strong>Look out</strong> … <a href="#ID-3">Persistence-M</a></li></ul>
//! <details class="annotated-fields"><summary>Field by field</summary>
//! <dl><div id="ID-f7"><dt>Persistence-M</dt><dd>What it is</dd><dd class="normal">What is normal</dd>
//! <dd class="value" id="ID-f7-0"><samp>Off</samp> GPU 0: what this value means</dd></div></dl></details>
//! </div>
//! ```
//!
//! There is no script, style or event handler in it, no empty line (which would end a block of HTML in Markdown), and
//! nothing of the text is markup.

use std::fmt::Write as _;

use crate::explain::{Asked, Explained, Field, Severity, Value, explain};
use crate::finding::Arg;
use crate::markup::literal;
use crate::read::recognise::Kind;
use crate::read::said::{self, NotRead, Said};
use crate::read::text::{Pasted, Span};
use crate::steps;
use crate::texts::Texts;
use crate::visible::{visible, visible_lines};

/// How many bytes of the text are shown again.
const SHOWN: usize = 64 << 10;

/// How many values of the text can be pointed at.
const PLACES: usize = 4000;

/// How many fields are explained, how many values each, and how many notes there are.
const FIELDS: usize = 400;
const VALUES: usize = 64;
const NOTES: usize = 100;

/// How many outputs are explained.
const OUTPUTS: usize = 64;

/// Shows a pasted text as HTML, with every field of it explained in the words of `texts`.
///
/// `kind` is what the text is, if that is known. `id` is the element's id, and what all ids in it begin with: letters,
/// digits, `-`, `_` and `.`; anything else in it becomes `-`. Several outputs in one text stand one after the other.
pub fn annotate(
    text: &str,
    kind: Option<Kind>,
    asked: &Asked,
    texts: &Texts,
    id: &str,
) -> Result<String, NotRead> {
    // What a paste added is no part of what is shown.
    let pasted = Pasted::new(text);
    let shown = pasted.text();
    let said = said::read(shown, kind)?;
    let all: Vec<Explained> = said
        .iter()
        .take(OUTPUTS)
        .map(|said| explain(said, asked))
        .collect();
    let id: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        })
        .collect();
    Ok(Page {
        id,
        texts,
        text: shown,
        html: String::new(),
    }
    .show(&said, &all))
}

struct Page<'a> {
    id: String,
    texts: &'a Texts,
    text: &'a str,
    html: String,
}

/// A value in the text: where, and what explains it.
struct Place<'e> {
    span: Span,
    /// The output and the field in it.
    field: (usize, usize),
    label: &'e str,
    /// Of what it is the value: `GPU 0`.
    of: Option<&'e str>,
    /// The place in the list of the field's values, if it is in it.
    value: Option<usize>,
}

impl Page<'_> {
    fn show(mut self, said: &[Said], all: &[Explained]) -> String {
        let kind = said.first().map_or("", |said| said.kind().name());
        let _ = writeln!(
            self.html,
            "<div class=\"annotated\" id=\"{}\" data-kind=\"{kind}\">",
            self.id
        );
        for explained in all {
            let what = self.texts.sentence(&explained.what);
            self.line("p class=\"annotated-what\"", "p", &what);
        }
        if said.len() > all.len() {
            let more = [("count", Arg::Count((said.len() - all.len()) as u64))];
            let more = self.texts.shared("read-more-rows", &more);
            self.line("p class=\"annotated-what\"", "p", &more);
        }
        let places = places(all, self.text);
        if said.iter().any(|said| said.kind() != Kind::Index) {
            self.pasted(&places);
        }
        for explained in all {
            self.notes(explained, &places);
        }
        self.list(all);
        self.html.push_str("</div>\n");
        self.html
    }

    fn line(&mut self, open: &str, close: &str, text: &str) {
        let _ = writeln!(self.html, "<{open}>{}</{close}>", literal(text));
    }

    fn said(&self, id: &str) -> String {
        literal(&self.texts.shared(id, &[]))
    }

    /// The text with its values in it.
    fn pasted(&mut self, places: &[Place<'_>]) {
        let (start, end) = extent(self.text, places);
        self.html.push_str("<pre tabindex=\"0\"><samp>");
        let mut at = start;
        for (number, place) in places.iter().enumerate() {
            if place.span.end > end {
                break;
            }
            self.plain(at, place.span.start);
            let shown = visible_lines(&self.text[place.span.start..place.span.end]);
            let (output, field) = place.field;
            let _ = write!(
                self.html,
                "<a class=\"field\" id=\"{id}-{number}\" href=\"#{id}-f{output}-{field}{value}\"{of} aria-label=\"{label}\">{}</a>",
                literal(&shown),
                id = self.id,
                value = place
                    .value
                    .map_or_else(String::new, |value| format!("-{value}")),
                of = place.of.map_or_else(String::new, |of| format!(
                    " data-of=\"{}\"",
                    literal(&visible(of))
                )),
                label = literal(&visible(&named(place, shown.trim()))),
            );
            at = place.span.end;
        }
        self.plain(at, end);
        self.html.push_str("</samp></pre>\n");
        let rest = self.text[end..].trim().lines().count();
        if rest > 0 {
            let more = [("count", Arg::Count(rest as u64))];
            let more = self.texts.shared("read-more-rows", &more);
            self.line("p class=\"annotated-more\"", "p", &more);
        }
        let hint = self.said("read-annotated-hint");
        let _ = writeln!(
            self.html,
            "<p class=\"annotated-hint\" hidden=\"\">{hint}</p>"
        );
    }

    fn plain(&mut self, start: usize, end: usize) {
        if start >= end {
            return;
        }
        let between = visible_lines(&self.text[start..end]);
        // `literal` writes text of lines: a line feed at the end is no line of its own to it.
        self.html.push_str(&literal(&between));
        if between.ends_with('\n') {
            self.html.push_str("&#10;");
        }
    }

    /// What is noteworthy, each with a way to where it shows and to the step that is about it.
    fn notes(&mut self, explained: &Explained, places: &[Place<'_>]) {
        if explained.noteworthy.is_empty() {
            return;
        }
        self.html.push_str("<ul class=\"annotated-notes\">\n");
        for note in explained.noteworthy.iter().take(NOTES) {
            let (severity, word) = match note.severity {
                Severity::Broken => ("broken", "read-severity-broken"),
                Severity::Warning => ("warning", "read-severity-warning"),
                Severity::Remark => ("remark", "read-severity-remark"),
            };
            let _ = write!(
                self.html,
                "<li data-severity=\"{severity}\"><strong>{}</strong> {}",
                self.said(word),
                literal(&self.texts.sentence(&note.text)),
            );
            if let Some(command) = &note.run {
                let _ = write!(self.html, " <code>{}</code>", literal(command));
            }
            let place = note.span.and_then(|span| {
                places
                    .iter()
                    .enumerate()
                    .find(|(_, place)| place.span.start < span.end && span.start < place.span.end)
            });
            if let Some((number, place)) = place {
                let _ = write!(
                    self.html,
                    " <a class=\"annotated-place\" href=\"#{}-{number}\">{}</a>",
                    self.id,
                    literal(&visible(place.label)),
                );
            }
            if let Some(step) = note.step.and_then(steps::find) {
                let _ = write!(
                    self.html,
                    " <a class=\"annotated-step\" href=\"{}\">{}</a>",
                    step.book(),
                    literal(&self.texts.title(step)),
                );
            }
            self.html.push_str("</li>\n");
        }
        self.html.push_str("</ul>\n");
    }

    /// Every field with what it means.
    fn list(&mut self, all: &[Explained]) {
        if all.iter().all(|explained| explained.fields.is_empty()) {
            return;
        }
        let _ = writeln!(
            self.html,
            "<details class=\"annotated-fields\">\n<summary>{}</summary>\n<dl>",
            self.said("read-fields")
        );
        for (output, explained) in all.iter().enumerate() {
            for (number, field) in explained.fields.iter().take(FIELDS).enumerate() {
                self.field(field, &format!("{}-f{output}-{number}", self.id));
            }
        }
        self.html.push_str("</dl>\n</details>\n");
    }

    fn field(&mut self, field: &Field, id: &str) {
        let _ = write!(
            self.html,
            "<div id=\"{id}\"><dt>{}</dt><dd>{}</dd>",
            literal(&visible(&field.label)),
            literal(&self.texts.sentence(&field.what)),
        );
        if let Some(normal) = &field.normal {
            let _ = write!(
                self.html,
                "<dd class=\"normal\"><strong>{}</strong> {}</dd>",
                self.said("read-annotated-normal"),
                literal(&self.texts.sentence(normal)),
            );
        }
        for (number, group) in groups(field).into_iter().take(VALUES).enumerate() {
            let _ = write!(
                self.html,
                "<dd class=\"value\" id=\"{id}-{number}\"><samp>{}</samp>",
                literal(&visible(&group.first.shown)),
            );
            if !group.of.is_empty() {
                let of = visible(&crate::explain::together(&group.of));
                let _ = write!(self.html, " <span>{}</span>", literal(&of));
            }
            for message in &group.first.means {
                let _ = write!(
                    self.html,
                    " <span class=\"means\">{}</span>",
                    literal(&self.texts.sentence(message))
                );
            }
            self.html.push_str("</dd>");
        }
        self.html.push_str("</div>\n");
    }
}

/// Values that are the same, and of what they are.
struct Group<'e> {
    first: &'e Value,
    of: Vec<&'e str>,
}

/// What has the same value stands together.
fn groups(field: &Field) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for value in &field.values {
        let same = groups
            .iter_mut()
            .find(|group| group.first.shown == value.shown && group.first.means == value.means);
        match (same, value.of.as_deref()) {
            (Some(group), of) => group.of.extend(of),
            (None, of) => groups.push(Group {
                first: value,
                of: of.into_iter().collect(),
            }),
        }
    }
    groups
}

/// The values that the text shows, in its order, none within another.
fn places<'e>(all: &'e [Explained], text: &str) -> Vec<Place<'e>> {
    let mut places = Vec::new();
    for (output, explained) in all.iter().enumerate() {
        for (number, field) in explained.fields.iter().take(FIELDS).enumerate() {
            let groups = groups(field);
            let listed = field.values.iter().map(|value| {
                let group = groups.iter().take(VALUES).position(|group| {
                    group.first.shown == value.shown && group.first.means == value.means
                });
                (value, group)
            });
            let also = field.also.iter().map(|value| (value, None));
            for (value, group) in listed.chain(also) {
                let Some(span) = value.span else { continue };
                let Some(shown) = text.get(span.start..span.end) else {
                    continue;
                };
                // What is listed as something else than the text shows is what the place is about: two linked GPUs.
                let of = value
                    .of
                    .as_deref()
                    .or_else(|| (shown != value.shown).then_some(value.shown.as_str()));
                places.push(Place {
                    span,
                    field: (output, number),
                    label: &field.label,
                    of,
                    value: group,
                });
            }
        }
    }
    places.sort_by_key(|place| (place.span.start, std::cmp::Reverse(place.span.end)));
    let mut end = 0;
    places.retain(|place| {
        let free = place.span.start >= end;
        if free {
            end = place.span.end;
        }
        free
    });
    places.truncate(PLACES);
    places
}

/// The part of the text that is shown: without empty lines around it, and not endless.
fn extent(text: &str, places: &[Place<'_>]) -> (usize, usize) {
    let blank = text.len() - text.trim_start().len();
    let start = text[..blank].rfind('\n').map_or(0, |at| at + 1);
    let whole = text.trim_end().len().max(start);
    if whole - start <= SHOWN {
        return (start, whole);
    }
    let mut end = start + SHOWN;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[start..end]
        .rfind('\n')
        .map_or(end, |line| start + line);
    // No value is shown in half.
    let cut = places
        .iter()
        .find(|place| place.span.start < end && end < place.span.end);
    (start, cut.map_or(end, |place| place.span.start))
}

/// What is read aloud of a value: `Persistence-M, GPU 0: Off`.
fn named(place: &Place<'_>, shown: &str) -> String {
    match place.of {
        Some(of) => format!("{}, {of}: {shown}", place.label),
        None => format!("{}: {shown}", place.label),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static ENGLISH: LazyLock<Texts> = LazyLock::new(Texts::english);

    const TABLE: &str = "> $ nvidia-smi\n> | NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0 |\n\
        > | 0 NVIDIA <b>L4</b> Off | 00000000:00:03.0 Off | 0 |\n\
        > | N/A 41C P8 17W / 72W | 1MiB / 23034MiB | 0% Default |\n\
        > | | | N/A |\n";

    fn html(text: &str) -> Result<String, NotRead> {
        annotate(text, None, &Asked::default(), &ENGLISH, "a")
    }

    /// The values of the attributes of a name, in order.
    fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
        let opening = format!(" {name}=\"");
        html.match_indices(&opening)
            .filter_map(|(at, _)| html[at + opening.len()..].split('"').next())
            .collect()
    }

    /// Every link leads to an id, no id is there twice, and nothing is in it that a strict policy forbids.
    fn assert_sound(html: &str) {
        let ids = attributes(html, "id");
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{html}");
        for href in attributes(html, "href") {
            match href.strip_prefix('#') {
                Some(id) => assert!(ids.contains(&id), "{href} in {html}"),
                None => assert!(steps::all().any(|step| step.book() == href), "{href}"),
            }
        }
        for refused in ["<script", "<style", " style=", " on", "\n\n"] {
            let in_tags = html.split('<').filter_map(|rest| rest.split('>').next());
            let found = if refused.starts_with(' ') {
                in_tags.clone().any(|tag| {
                    let outside: String = tag.split('"').step_by(2).collect();
                    outside.contains(refused)
                })
            } else {
                html.contains(refused)
            };
            assert!(!found, "{refused} in {html}");
        }
    }

    #[test]
    fn every_value_leads_to_its_explanation() {
        let html = html(TABLE).unwrap();
        assert_sound(&html);
        let said = attributes(&html, "aria-label");
        for label in [
            "Driver Version / KMD Version: 580.95.05",
            "Persistence-M, GPU 0: Off",
            "Volatile Uncorr. ECC, GPU 0: 0",
            "Memory-Usage (total), GPU 0: 23034MiB",
            "MIG M., GPU 0: N/A",
        ] {
            assert!(said.contains(&label), "{label}: {said:?}");
        }
        assert!(html.contains("&lt;b&gt;L4&lt;/b&gt;") && !html.contains("<b>"));
        assert!(html.contains("class=\"normal\""));
        assert!(
            html.contains("data-severity=\"warning\"")
                && html.contains(">Persistence-M</a>")
                && html.contains("href=\"persistence.html#persistence.enabled\""),
            "{html}"
        );
        // The marks of the quotation are gone.
        assert!(!html.contains("&gt; |"), "{html}");
    }

    #[test]
    fn every_cell_of_a_matrix_is_a_place() {
        let html = html("\tGPU0\tGPU1\tNIC0\tCPU Affinity\nGPU0\t X \tNV4\tSYS\t0-7\nGPU1\tNV4\t X \tPIX\t0-7\nNIC0\tSYS\tPIX\t X \n").unwrap();
        assert_sound(&html);
        let said = attributes(&html, "aria-label");
        for label in [
            "NV4, GPU0–GPU1: NV4",
            "NV4, GPU1–GPU0: NV4",
            "PIX, NIC0–GPU1: PIX",
        ] {
            assert!(said.contains(&label), "{label}: {said:?}");
        }
    }

    #[test]
    fn a_long_text_is_shown_in_part() {
        let lines =
            "GPU 0: NVIDIA L4 (UUID: GPU-00000000-0000-0000-0000-000000000000)\n".repeat(20_000);
        let mut list = String::new();
        for gpu in 0..20_000 {
            let _ = writeln!(list, "GPU {gpu}: NVIDIA L4 (UUID: GPU-1)");
        }
        for text in [lines, list] {
            let html = html(&text).unwrap();
            assert!(html.len() < 4 << 20, "{} bytes", html.len());
            assert!(html.contains("more"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(html("hello"), Err(NotRead::Unrecognised));
        assert_eq!(html(""), Err(NotRead::Empty));
    }

    proptest! {
        #[test]
        fn html_is_sound(text in "(\\| 0 NVIDIA <L4> Off \\| 00000000:00:03.0 Off \\| 0 \\|\n|\\| N/A 41C P8 17W / 72W \\| 1MiB / 23034MiB \\| 0% Default \\|\n|GPU0\tX\tNV4\n|\n\n|\tGPU0\tGPU1\n|GPU1\tNV4\tX\t0-3\n|\"'&<>\\{\\{#a|torch-2.9.1\\+cu126-cp311-cp311-win_amd64.whl |é|\u{202e}|\u{1b}\\[4m){0,12}") {
            if let Ok(html) = html(&text) {
                assert_sound(&html);
            }
        }
    }
}
