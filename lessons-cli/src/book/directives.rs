//! Directives: `{{#step ID}}`, `{{#annotated MACHINE COMMAND…}}`, `{{#annotated NAME.whl}}`, `{{#smi MACHINE}}`,
//! `{{#topology MACHINE}}`, `{{#output MACHINE COMMAND…}}`, `{{#table NAME}}`, `{{#causes SYMPTOM}}` and
//! `{{#picture NAME WORDS…}}`.
//!
//! A directive stands alone on its line, in a list item or a quotation if need be. `\{{#step ID}}` shows as it is
//! written, without the backslash, and so does a directive in code. Inside an `admonish` block, which Markdown takes for
//! code, directives do work. mdBook's own (`{{#include}}` and the like) are left to mdBook; a file that a chapter
//! includes holds no directives of ours.

use std::ops::Range;
use std::path::Path;

use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// What stands in a directive's place: Markdown or HTML. An error is a sentence that says which name is unknown, and
/// which known one is nearest.
pub trait Cards {
    /// The card of a step: why, what to type, how to undo it, what its check says.
    fn step(&self, id: &str) -> Result<String, String>;

    /// What a command printed on a recorded machine, or a wheel's file name, with every field of it explained. Without
    /// a command, the one word is the wheel.
    fn annotated(&self, machine: &str, command: &[&str]) -> Result<String, String>;

    /// What `nvidia-smi` prints on a recorded machine.
    fn smi(&self, machine: &str) -> Result<String, String>;

    /// How a recorded machine's GPUs are connected.
    fn topology(&self, machine: &str) -> Result<String, String>;

    /// What a command, given as its words, printed on a recorded machine.
    fn output(&self, machine: &str, command: &[&str]) -> Result<String, String>;

    /// A reference table.
    fn table(&self, name: &str) -> Result<String, String>;

    /// The causes that a symptom can have, each with the step that tells it.
    fn causes(&self, symptom: &str) -> Result<String, String>;

    /// A picture by its name, of what its words name: a machine, a wheel.
    fn picture(&self, name: &str, words: &[&str]) -> Result<String, String>;

    /// What a page that teaches these steps ends with: what its scripts need to know.
    fn data(&self, taught: &[&str]) -> String {
        let _ = taught;
        String::new()
    }

    /// The id of every step that a chapter must teach.
    fn steps(&self) -> Vec<String>;
}

/// How each directive is written.
const FORMS: [(&str, &str); 8] = [
    ("step", "{{#step ID}}"),
    (
        "annotated",
        "{{#annotated MACHINE COMMAND…}}` or `{{#annotated NAME.whl}}",
    ),
    ("smi", "{{#smi MACHINE}}"),
    ("topology", "{{#topology MACHINE}}"),
    ("output", "{{#output MACHINE COMMAND…}}"),
    ("table", "{{#table NAME}}"),
    ("causes", "{{#causes SYMPTOM}}"),
    ("picture", "{{#picture NAME WORDS…}}"),
];

/// The directives of mdBook's `links` preprocessor.
const OF_MDBOOK: [&str; 5] = [
    "include",
    "rustdoc_include",
    "playground",
    "playpen",
    "title",
];

/// A directive in a chapter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive<'a> {
    /// Where it stands in the chapter's text.
    pub(super) range: Range<usize>,
    /// The line it stands on, from 1.
    pub(super) line: usize,
    /// What it asks for, or what is wrong with it.
    pub(super) call: Result<Call<'a>, String>,
}

/// What a directive asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call<'a> {
    Step(&'a str),
    Annotated(&'a str, Vec<&'a str>),
    Smi(&'a str),
    Topology(&'a str),
    Output(&'a str, Vec<&'a str>),
    Table(&'a str),
    Causes(&'a str),
    Picture(&'a str, Vec<&'a str>),
}

impl<'a> Call<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match *words.as_slice() {
            ["step", id] => Ok(Self::Step(id)),
            ["annotated", machine, ref command @ ..]
                if !command.is_empty() || is_wheel(machine) =>
            {
                Ok(Self::Annotated(machine, command.to_vec()))
            }
            ["smi", machine] => Ok(Self::Smi(machine)),
            ["topology", machine] => Ok(Self::Topology(machine)),
            ["output", machine, ref command @ ..] if !command.is_empty() => {
                Ok(Self::Output(machine, command.to_vec()))
            }
            ["table", name] => Ok(Self::Table(name)),
            ["causes", symptom] => Ok(Self::Causes(symptom)),
            ["picture", name, ref words @ ..] => Ok(Self::Picture(name, words.to_vec())),
            [name, ..] if let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == name) => {
                Err(format!("`{{{{#{text}}}}}` is written `{form}`"))
            }
            _ => {
                let forms = FORMS.map(|(_, form)| format!("`{form}`")).join(", ");
                Err(format!(
                    "`{{{{#{text}}}}}` is not a directive; there are {forms}"
                ))
            }
        }
    }

    /// The step that this teaches.
    pub(super) fn step(&self) -> Option<&'a str> {
        if let Self::Step(id) = self {
            Some(id)
        } else {
            None
        }
    }

    pub(super) fn draw(&self, cards: &dyn Cards) -> Result<String, String> {
        match self {
            Self::Step(id) => cards.step(id),
            Self::Annotated(machine, command) => cards.annotated(machine, command),
            Self::Smi(machine) => cards.smi(machine),
            Self::Topology(machine) => cards.topology(machine),
            Self::Output(machine, command) => cards.output(machine, command),
            Self::Table(name) => cards.table(name),
            Self::Causes(symptom) => cards.causes(symptom),
            Self::Picture(name, words) => cards.picture(name, words),
        }
    }
}

fn is_wheel(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("whl"))
}

/// Every directive of a chapter, in its order.
pub(super) fn find(markdown: &str) -> Vec<Directive<'_>> {
    let code = code(markdown);
    let mut found: Vec<Directive<'_>> = Vec::new();
    for (open, _) in markdown.match_indices("{{") {
        let escaped = markdown[..open].ends_with('\\');
        let within = found.last().is_some_and(|last| last.range.contains(&open));
        if !escaped && !within && !code.iter().any(|code| code.contains(&open)) {
            found.extend(at(markdown, open));
        }
    }
    found
}

/// The directive whose braces open at `open`, unless it is mdBook's, or none.
fn at(markdown: &str, open: usize) -> Option<Directive<'_>> {
    let (before, after) = markdown.split_at(open);
    let (line_start, line_end) = (
        before.rfind('\n').map_or(0, |at| at + 1),
        after.find('\n').unwrap_or(after.len()),
    );
    let text = after[..line_end]
        .get("{{".len()..)?
        .trim_start()
        .strip_prefix('#')?;
    let closed = after[..line_end].find("}}");
    let text = text.split("}}").next().unwrap_or(text).trim();
    if OF_MDBOOK.contains(&text.split_whitespace().next().unwrap_or_default()) {
        return None;
    }

    let end = closed.map_or(line_end, |at| at + "}}".len());
    let alone = is_margin(&before[line_start..]) && after[end..line_end].trim().is_empty();
    let call = match closed {
        None => Err(format!("`{{{{#{text}` is not closed on its line by `}}}}`")),
        Some(_) if !alone => Err(format!("`{{{{#{text}}}}}` must stand alone on its line")),
        Some(_) => Call::parse(text),
    };
    let line = before.matches('\n').count() + 1;
    Some(Directive {
        range: open..open + end,
        line,
        call,
    })
}

/// What may stand before a directive on its line: the indentation of a list item, the marks of a quotation.
fn is_margin(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || c == '\t' || c == '>')
}

/// The ranges of a chapter that are code or comment.
fn code(markdown: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut admonition: Option<Excerpt> = None;
    for (event, range) in new_cmark_parser(markdown, &MarkdownOptions::default()).into_offset_iter()
    {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if is_admonition(&info) => {
                admonition = Some(Excerpt::default());
            }
            Event::Text(text) if let Some(excerpt) = &mut admonition => {
                excerpt.push(&text, range.start);
            }
            Event::End(TagEnd::CodeBlock) if let Some(excerpt) = admonition.take() => {
                ranges.extend(
                    code(&excerpt.text)
                        .into_iter()
                        .map(|range| excerpt.locate(&range)),
                );
            }
            Event::Start(Tag::CodeBlock(_)) | Event::Code(_) => ranges.push(range),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_)
                if markdown[range.clone()].trim().starts_with("<!--") =>
            {
                ranges.push(range);
            }
            _ => {}
        }
    }
    ranges
}

fn is_admonition(info: &str) -> bool {
    info.split([' ', ',', '}'])
        .next()
        .is_some_and(|word| word.trim_start_matches('{').trim_start_matches('.') == "admonish")
}

/// Text that was taken out of a chapter in pieces, as a fenced block in a list is, whose indentation belongs to the list.
#[derive(Default)]
struct Excerpt {
    text: String,
    /// Where each piece starts, here and in the chapter.
    pieces: Vec<(usize, usize)>,
}

impl Excerpt {
    fn push(&mut self, piece: &str, at: usize) {
        self.pieces.push((self.text.len(), at));
        self.text.push_str(piece);
    }

    /// The place in the chapter of a range in this text.
    fn locate(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let piece = self.pieces.iter().rev().find(|(here, _)| *here <= at);
            piece.map_or(at, |(here, there)| there + (at - here))
        };
        place(range.start)..place(range.end.saturating_sub(1)) + 1
    }
}

/// A chapter whose directives are exchanged for marks, and those later for cards.
pub(super) struct Placeholders<'a> {
    chapter: &'a str,
    cards: Vec<(Range<usize>, String)>,
}

/// Starts and ends a mark. From Unicode's private use area, so no chapter has it.
const MARK: char = '\u{E1E5}';

impl<'a> Placeholders<'a> {
    pub(super) fn new(chapter: &'a str) -> Self {
        Self {
            chapter,
            cards: Vec::new(),
        }
    }

    /// Sets a card in the place of the directive at `range`, in the order of the chapter.
    pub(super) fn put(&mut self, range: Range<usize>, card: String) {
        self.cards.push((range, card));
    }

    /// The chapter with a mark for each card.
    pub(super) fn markdown(&self) -> String {
        let mut markdown = String::with_capacity(self.chapter.len());
        let mut copied = 0;
        for (number, (range, _)) in self.cards.iter().enumerate() {
            markdown.push_str(&self.chapter[copied..range.start]);
            markdown.extend([MARK.into(), number.to_string(), MARK.into()]);
            copied = range.end;
        }
        markdown.push_str(&self.chapter[copied..]);
        markdown
    }

    /// `markdown` with a card for each mark, as a block of its own and within the margin of the mark.
    pub(super) fn fill(&self, markdown: &str) -> String {
        let size: usize = self.cards.iter().map(|(_, card)| card.len()).sum();
        let mut filled = String::with_capacity(markdown.len() + size);
        for line in markdown.split_inclusive('\n') {
            let Some((margin, card)) = self.card(line) else {
                filled.push_str(line);
                continue;
            };
            for line in std::iter::once("")
                .chain(card.trim_matches('\n').lines())
                .chain([""])
            {
                filled.push_str(if line.is_empty() {
                    margin.trim_end()
                } else {
                    margin
                });
                filled.push_str(line);
                filled.push('\n');
            }
        }
        filled
    }

    /// The card whose mark stands on a line, and what stands before it.
    fn card<'b>(&'b self, line: &'b str) -> Option<(&'b str, &'b str)> {
        let (margin, rest) = line.split_once(MARK)?;
        let number: usize = rest.split_once(MARK)?.0.parse().ok()?;
        let (_, card) = self.cards.get(number)?;
        Some((margin, card))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(markdown: &str) -> Vec<(usize, Result<Call<'_>, String>)> {
        find(markdown)
            .into_iter()
            .map(|directive| (directive.line, directive.call))
            .collect()
    }

    #[test]
    fn each_form_is_read() {
        let chapter = "# A\n\n{{#step a.b}}\n{{#smi m}}\n{{ #topology m }}\n> {{#output m nvidia-smi topo -m}}\n\n{{#table t}}\n{{#picture p m}}";
        let expected = [
            (3, Ok(Call::Step("a.b"))),
            (4, Ok(Call::Smi("m"))),
            (5, Ok(Call::Topology("m"))),
            (6, Ok(Call::Output("m", vec!["nvidia-smi", "topo", "-m"]))),
            (8, Ok(Call::Table("t"))),
            (9, Ok(Call::Picture("p", vec!["m"]))),
        ];
        assert_eq!(calls(chapter), expected);
    }

    #[test]
    fn code_comments_and_escapes_are_left_alone() {
        for chapter in [
            "```text\n{{#step a.b}}\n```",
            "- item\n\n  ~~~\n  {{#step a.b}}\n  ~~~",
            "    {{#step a.b}}",
            "Write `{{#step a.b}}` alone on a line.",
            "<!--\n{{#step a.b}}\n-->",
            "\\{{#step a.b}}",
            "{{#include other.md}}",
            "`docker ps --format '{{.Names}}'` and {{.Names}}",
            "````admonish\n```text\n{{#step a.b}}\n```\n````",
            "1. item\n\n   ````admonish\n   text\n\n   ```text\n   {{#step a.b}}\n   ```\n   ````",
        ] {
            assert_eq!(calls(chapter), [], "{chapter}");
        }
    }

    #[test]
    fn an_admonition_is_no_code() {
        for chapter in [
            "```admonish tip title=\"T\"\n{{#step a.b}}\n```",
            "1. item\n\n    ```admonish\n    text\n\n    {{#step a.b}}\n    ```",
            "> ```{.admonish .tip}\n> {{#step a.b}}\n> ```",
        ] {
            let found: Vec<_> = calls(chapter).into_iter().map(|(_, call)| call).collect();
            assert_eq!(found, [Ok(Call::Step("a.b"))], "{chapter}");
        }
    }

    #[test]
    fn a_mistake_is_told() {
        for (chapter, told) in [
            (
                "{{#stpe a.b}}",
                "`{{#stpe a.b}}` is not a directive; there are `{{#step ID}}`, ",
            ),
            ("{{#}}", "`{{#}}` is not a directive"),
            ("{{#step}}", "`{{#step}}` is written `{{#step ID}}`"),
            (
                "{{#output m}}",
                "`{{#output m}}` is written `{{#output MACHINE COMMAND…}}`",
            ),
            (
                "See {{#step a.b}}.",
                "`{{#step a.b}}` must stand alone on its line",
            ),
            ("{{#step a.b", "`{{#step a.b` is not closed on its line"),
        ] {
            let found = calls(chapter);
            let [(1, Err(what))] = found.as_slice() else {
                panic!("{chapter}: {found:?}")
            };
            assert!(what.starts_with(told), "{what}");
        }
    }

    #[test]
    fn a_card_keeps_to_the_margin() {
        let chapter = "1. Do\n\n   {{#step a.b}}\n2. Then\n";
        let mut placeholders = Placeholders::new(chapter);
        placeholders.put(find(chapter)[0].range.clone(), "<p>\n\ncard\n".into());
        let marked = placeholders.markdown();
        assert_eq!(
            placeholders.fill(&marked),
            "1. Do\n\n\n   <p>\n\n   card\n\n2. Then\n"
        );
    }

    #[test]
    fn no_text_is_too_odd() {
        for chapter in [
            "{{",
            "{{#",
            "{{{{#a",
            "}}{{",
            "é{{#é}}é",
            "```admonish",
            "```admonish\n{{#",
            "{{#step a\u{2028}b}}",
        ] {
            let found = find(chapter);
            let mut placeholders = Placeholders::new(chapter);
            for directive in found {
                placeholders.put(directive.range, String::new());
            }
            placeholders.fill(&placeholders.markdown());
        }
    }
}
