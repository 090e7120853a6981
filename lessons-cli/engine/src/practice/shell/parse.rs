//! Reads a command line: bash's grammar is `brush-parser`'s, bounds are ours.

use std::collections::HashMap;
use std::rc::Rc;

use brush_parser::ast::{ArithmeticExpr, Program};
use brush_parser::word::{BraceExpressionOrText, WordPieceWithSource};
use brush_parser::{ParseError, ParserOptions, SourcePosition};

/// The longest text that is read as commands, in bytes.
pub(super) const LONGEST: usize = 64 << 10;

/// How deeply brackets, quotes and compound commands may be in one another. The parser is a recursive one, and some of
/// what it tries at each level it tries twice.
const DEEPEST: usize = 12;

/// Why a text is no program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It goes on: a quote, a here-document or a compound command is open.
    Open,
    /// It is no shell.
    Syntax(String),
    /// It is longer than anybody types.
    TooLong,
    /// It is more deeply nested than anybody types.
    TooDeep,
    /// It has a NUL byte in it.
    Nul,
}

/// The options of the parser.
pub(super) fn options() -> ParserOptions {
    ParserOptions::default()
}

/// What was read before, so that a loop reads its words once.
#[derive(Debug, Default)]
pub(in crate::practice) struct ReadBefore {
    programs: HashMap<String, Rc<Program>>,
    words: HashMap<(String, bool), Rc<Vec<WordPieceWithSource>>>,
    expressions: HashMap<String, Rc<ArithmeticExpr>>,
}

/// How many texts of a kind are remembered, and how long one may be.
const REMEMBERED: usize = 128;
const WORTH_REMEMBERING: usize = 1000;

/// Looks a text up among those that were read, or reads it; and what that costs.
fn remembered<K: std::hash::Hash + Eq, T, E>(
    known: &mut HashMap<K, Rc<T>>,
    key: K,
    length: usize,
    read: impl FnOnce() -> Result<T, E>,
) -> (Result<Rc<T>, E>, u64) {
    if let Some(found) = known.get(&key) {
        return (Ok(Rc::clone(found)), 2);
    }
    let cost = 30 + length as u64 / 2;
    match read() {
        Ok(new) => {
            let new = Rc::new(new);
            if length <= WORTH_REMEMBERING {
                if known.len() >= REMEMBERED {
                    known.clear();
                }
                known.insert(key, Rc::clone(&new));
            }
            (Ok(new), cost)
        }
        Err(error) => (Err(error), cost),
    }
}

impl ReadBefore {
    /// As [`program`], and the steps that it takes.
    pub(super) fn program(&mut self, text: &str) -> (Result<Rc<Program>, Unreadable>, u64) {
        remembered(&mut self.programs, text.to_owned(), text.len(), || {
            program(text)
        })
    }

    /// As [`word`], and the steps that it takes.
    pub(super) fn word(
        &mut self,
        text: &str,
        after_colon: bool,
    ) -> (Result<Rc<Vec<WordPieceWithSource>>, String>, u64) {
        let key = (text.to_owned(), after_colon);
        remembered(&mut self.words, key, text.len(), || word(text, after_colon))
    }

    /// An expression of arithmetic, and the steps that it takes.
    pub(super) fn expression(
        &mut self,
        text: &str,
        read: impl FnOnce() -> Result<ArithmeticExpr, String>,
    ) -> (Result<Rc<ArithmeticExpr>, String>, u64) {
        remembered(&mut self.expressions, text.to_owned(), text.len(), read)
    }
}

/// Reads a text as commands.
pub(super) fn program(text: &str) -> Result<Program, Unreadable> {
    check(text)?;
    if let Some(number) = too_large_for_a_file(text) {
        return Err(Unreadable::Syntax(number.to_owned()));
    }
    // A backslash at the end of a line joins it with the next one, which is not there yet.
    if ends_in_open_backslash(text) {
        return Err(Unreadable::Open);
    }
    let mut reader = text.as_bytes();
    let mut parser = brush_parser::Parser::new(&mut reader, &options());
    parser.parse_program().map_err(|error| match error {
        ParseError::ParsingAtEndOfInput => Unreadable::Open,
        ParseError::ParsingNear(at) => Unreadable::Syntax(word_at(text, &at)),
        ParseError::Tokenizing { inner, .. } => {
            if inner.is_incomplete() {
                Unreadable::Open
            } else {
                Unreadable::Syntax(inner.to_string())
            }
        }
    })
}

/// Whether a text has a `select` loop in it, which the parser does not know.
pub(super) fn selects(text: &str) -> bool {
    let mut before = ";";
    text.split([' ', '\t', '\n']).any(|word| {
        let begins = before.ends_with([';', '{', '(', '|', '&', '\n'])
            || matches!(before, "then" | "do" | "else" | "");
        before = word;
        begins && word == "select"
    })
}

/// Reads a word as its pieces.
pub(super) fn word(text: &str, after_colon: bool) -> Result<Vec<WordPieceWithSource>, String> {
    let shown = || text.chars().take(40).collect::<String>();
    check(text).map_err(|_| shown())?;
    if text.contains('~') && has_huge_number(text) {
        return Err(shown());
    }
    let options = ParserOptions {
        tilde_expansion_after_colon: after_colon,
        ..options()
    };
    brush_parser::word::parse(text, &options).map_err(|error| error.to_string())
}

/// Reads the text of a here-document as its pieces.
pub(super) fn here_document(text: &str) -> Result<Vec<WordPieceWithSource>, String> {
    check(text).map_err(|_| String::from("here-document"))?;
    brush_parser::word::parse_heredoc(text, &options()).map_err(|error| error.to_string())
}

/// Reads the braces of a word; `None` where there are none to expand.
pub(super) fn braces(text: &str) -> Option<Vec<BraceExpressionOrText>> {
    // bash leaves a sequence as it is where its numbers are too large; the parser panics at them.
    if !text.contains('{') || check(text).is_err() || has_huge_number(text) {
        return None;
    }
    brush_parser::word::parse_brace_expansions(text, &options())
        .ok()
        .flatten()
}

/// Whether a text has a number in it that is larger than the parser of words (brush-parser 0.4.0) can take: it panics.
fn has_huge_number(text: &str) -> bool {
    // i64 has nineteen digits.
    const MOST_DIGITS: usize = 18;
    text.split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() > MOST_DIGITS)
}

/// The first number before an unquoted `<` or `>` that no open file can have: the parser of commands panics at it.
fn too_large_for_a_file(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut digits = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if quote.is_none() && matches!(byte, b'<' | b'>') {
            let number = &text[at - digits..at];
            if digits > 0 && number.parse::<i32>().is_err() {
                return Some(number);
            }
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => at += 1,
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Bounds what the parser gets.
fn check(text: &str) -> Result<(), Unreadable> {
    if text.len() > LONGEST {
        return Err(Unreadable::TooLong);
    }
    if text.contains('\0') {
        return Err(Unreadable::Nul);
    }
    if depth(text) > DEEPEST {
        return Err(Unreadable::TooDeep);
    }
    Ok(())
}

/// Whether a text is nested more deeply than is read.
pub(super) fn is_too_deep(text: &str) -> bool {
    depth(text) > DEEPEST
}

/// How deeply a text is nested, at most: brackets and compound commands that are open, with quotes taken as quotes
/// only as far as that can make it deeper and never less deep.
fn depth(text: &str) -> usize {
    let mut open: usize = 0;
    let mut deepest = 0;
    let mut quoted = false;
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut words = 0_usize;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\'' if !quoted => {
                // Nothing in single quotes means anything.
                match memchr::memchr(b'\'', &bytes[at + 1..]) {
                    Some(end) => at += end + 1,
                    None => break,
                }
            }
            b'"' => quoted = !quoted,
            b'(' | b'{' => {
                open += 1;
            }
            b')' | b'}' => open = open.saturating_sub(1),
            b'a'..=b'z' if at == 0 || !bytes[at - 1].is_ascii_alphanumeric() => {
                let end = bytes[at..]
                    .iter()
                    .position(|byte| !byte.is_ascii_alphanumeric())
                    .map_or(bytes.len(), |length| at + length);
                match &text[at..end] {
                    "if" | "while" | "until" | "for" | "case" => words += 1,
                    "fi" | "done" | "esac" => words = words.saturating_sub(1),
                    _ => {}
                }
                at = end.saturating_sub(1);
            }
            b'!' if bytes.get(at + 1) == Some(&b'!') => {}
            _ => {}
        }
        deepest = deepest.max(open + words);
        at += 1;
    }
    deepest.max(text.bytes().filter(|byte| *byte == b'`').count() / 8)
}

fn ends_in_open_backslash(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let slashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
    slashes % 2 == 1
        && !text
            .lines()
            .last()
            .is_some_and(|line| line.trim_start().starts_with('#'))
}

/// The word at a place, for a message.
fn word_at(text: &str, at: &SourcePosition) -> String {
    let line = text
        .lines()
        .nth(at.line.saturating_sub(1))
        .unwrap_or_default();
    let rest: String = line.chars().skip(at.column.saturating_sub(1)).collect();
    let rest = rest.trim_start();
    let operator = [
        ";;", "&&", "||", "<<", ">>", ";", "&", "|", "(", ")", "<", ">",
    ]
    .iter()
    .find(|operator| rest.starts_with(**operator));
    match operator {
        Some(operator) => (*operator).to_owned(),
        None => match rest
            .split(|c: char| c.is_whitespace() || ";&|()<>".contains(c))
            .next()
        {
            Some(word) if !word.is_empty() => word.chars().take(60).collect(),
            _ => "newline".to_owned(),
        },
    }
}
