//! What becomes of a word: braces, tilde, parameters, command substitution, arithmetic, splitting, file names.

use brush_parser::ast;
use brush_parser::word::{
    BraceExpressionMember, BraceExpressionOrText, Parameter, ParameterExpr, ParameterTestType,
    ParameterTransformOp, SpecialParameter, SubstringMatchKind, TildeExpr, WordPiece,
    WordPieceWithSource,
};

use super::pattern::Pattern;
use super::{Flow, Shell, Variable, arithmetic, parse};
use crate::practice::process::System;
use crate::practice::tree::{absolute, join};

/// How many words one word may become.
const WORDS: usize = 20_000;

/// The longest text that an expansion may give, in bytes.
const LONGEST: usize = 4 << 20;

/// A part of a word after expansion.
#[derive(Debug, Clone)]
enum Part {
    /// A text. Quoted, it is taken as it is; otherwise it can be split and stand for file names.
    Text {
        text: String,
        quoted: bool,
        splits: bool,
    },
    /// Where one word ends and the next begins, whatever the splitting: between the words of `"$@"`.
    Break,
}

fn quoted(text: impl Into<String>) -> Part {
    Part::Text {
        text: text.into(),
        quoted: true,
        splits: false,
    }
}

impl Shell {
    /// The words that a word becomes.
    pub(super) fn words(
        &mut self,
        system: &mut System,
        word: &ast::Word,
    ) -> Result<Vec<String>, Flow> {
        let mut words = Vec::new();
        for text in braces(system, &word.value)? {
            let parts = self.parts(system, &text, false)?;
            let size: usize = parts
                .iter()
                .map(|part| match part {
                    Part::Text { text, .. } => text.len(),
                    Part::Break => 1,
                })
                .sum();
            if !system.spend((size / 64 + parts.len() / 2) as u64) {
                return Err(Flow::Stop);
            }
            let fields = self.split(parts);
            if !system.spend(fields.len() as u64 / 2) {
                return Err(Flow::Stop);
            }
            if fields.len() > WORDS {
                return Err(too_much(system));
            }
            for field in fields {
                self.file_names(system, &field, &mut words)?;
            }
            if words.len() > WORDS {
                return Err(too_much(system));
            }
        }
        Ok(words)
    }

    /// The one text that a word becomes where nothing is split: in an assignment, after `<<<`, in `case`.
    pub(super) fn text(&mut self, system: &mut System, word: &str) -> Result<String, Flow> {
        let parts = self.parts(system, word, false)?;
        one_text(system, parts)
    }

    /// The value of an assignment: as [`Shell::text`], with a tilde after a colon, too.
    pub(super) fn value(&mut self, system: &mut System, word: &str) -> Result<String, Flow> {
        let parts = self.parts(system, word, true)?;
        one_text(system, parts)
    }

    /// The pattern that a word becomes: what is quoted means itself.
    pub(super) fn pattern(&mut self, system: &mut System, word: &str) -> Result<Pattern, Flow> {
        let parts = self.parts(system, word, false)?;
        Ok(Pattern::new(&as_pattern(&parts)))
    }

    /// Whether a text fits the pattern that a word becomes, as `case` and `[[ == ]]` ask.
    pub(super) fn fits(
        &mut self,
        system: &mut System,
        word: &str,
        text: &str,
    ) -> Result<bool, Flow> {
        let parts = self.parts(system, word, false)?;
        let pattern = as_pattern(&parts);
        let (pattern, text) = if self.options.nocasematch {
            (pattern.to_lowercase(), text.to_lowercase())
        } else {
            (pattern, text.to_owned())
        };
        let pattern = Pattern::new(&pattern);
        if !system.spend(pattern.cost(text.len())) {
            return Err(Flow::Stop);
        }
        Ok(pattern.fits(&text))
    }

    /// The text of a here-document.
    pub(super) fn here_document(
        &mut self,
        system: &mut System,
        text: &str,
    ) -> Result<String, Flow> {
        if !system.spend(20 + text.len() as u64 / 4) {
            return Err(Flow::Stop);
        }
        let pieces = match parse::here_document(text) {
            Ok(pieces) => pieces,
            Err(error) => return Err(self.bad_substitution(system, &error)),
        };
        let mut parts = Vec::new();
        for piece in pieces {
            self.piece(system, piece.piece, true, &mut parts)?;
        }
        Ok(joined(parts))
    }

    fn parts(
        &mut self,
        system: &mut System,
        text: &str,
        after_colon: bool,
    ) -> Result<Vec<Part>, Flow> {
        // Most words are only themselves.
        if text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./:=,+@%".contains(&b))
        {
            return Ok(vec![Part::Text {
                text: text.to_owned(),
                quoted: false,
                splits: false,
            }]);
        }
        let (pieces, cost) = system.read.word(text, after_colon);
        if !system.spend(cost) {
            return Err(Flow::Stop);
        }
        let Ok(pieces) = pieces else {
            return Err(self.bad_substitution(system, text));
        };
        if is_bad(&pieces) {
            return Err(self.bad_substitution(system, text));
        }
        let mut parts = Vec::new();
        for piece in pieces.iter() {
            self.piece(system, piece.piece.clone(), false, &mut parts)?;
        }
        Ok(parts)
    }

    fn piece(
        &mut self,
        system: &mut System,
        piece: WordPiece,
        in_quotes: bool,
        parts: &mut Vec<Part>,
    ) -> Result<(), Flow> {
        if !system.step() {
            return Err(Flow::Stop);
        }
        match piece {
            WordPiece::Text(text) => parts.push(Part::Text {
                text,
                quoted: in_quotes,
                splits: false,
            }),
            WordPiece::SingleQuotedText(text) => parts.push(quoted(text)),
            WordPiece::AnsiCQuotedText(text) => parts.push(quoted(ansi_c(&text))),
            WordPiece::EscapeSequence(text) => {
                let mut chars = text.chars();
                let plain = match (chars.next(), chars.next()) {
                    (Some('\\'), Some('\n')) => String::new(),
                    (Some('\\'), Some(c)) if in_quotes && !"$`\"\\".contains(c) => text.clone(),
                    (Some('\\'), Some(c)) => c.to_string() + chars.as_str(),
                    _ => text.clone(),
                };
                parts.push(quoted(plain));
            }
            WordPiece::DoubleQuotedSequence(pieces)
            | WordPiece::GettextDoubleQuotedSequence(pieces) => {
                self.double_quoted(system, pieces, parts)?;
            }
            WordPiece::TildeExpansion(tilde) => parts.push(quoted(self.tilde(system, &tilde))),
            WordPiece::CommandSubstitution(text) => {
                let text = self.substitute_command(system, &text)?;
                parts.push(Part::Text {
                    text,
                    quoted: in_quotes,
                    splits: !in_quotes,
                });
            }
            WordPiece::BackquotedCommandSubstitution(text) => {
                // Within backquotes a backslash keeps its meaning but before these three.
                let text = text
                    .replace("\\`", "`")
                    .replace("\\$", "$")
                    .replace("\\\\", "\\");
                let text = self.substitute_command(system, &text)?;
                parts.push(Part::Text {
                    text,
                    quoted: in_quotes,
                    splits: !in_quotes,
                });
            }
            WordPiece::ArithmeticExpression(expression) => {
                let number = self.arithmetic(system, &expression.value)?;
                parts.push(Part::Text {
                    text: number.to_string(),
                    quoted: in_quotes,
                    splits: !in_quotes,
                });
            }
            WordPiece::ParameterExpansion(expression) => {
                self.parameter(system, expression, in_quotes, parts)?;
            }
        }
        Ok(())
    }

    fn double_quoted(
        &mut self,
        system: &mut System,
        pieces: Vec<WordPieceWithSource>,
        parts: &mut Vec<Part>,
    ) -> Result<(), Flow> {
        let before = parts.len();
        let mut only_words = !pieces.is_empty();
        for piece in pieces {
            only_words &= matches!(
                &piece.piece,
                WordPiece::ParameterExpansion(ParameterExpr::Parameter {
                    parameter: Parameter::Special(SpecialParameter::AllPositionalParameters {
                        concatenate: false
                    }) | Parameter::NamedWithAllIndices {
                        concatenate: false,
                        ..
                    },
                    ..
                })
            );
            self.piece(system, piece.piece, true, parts)?;
        }
        // `""` is a word, `"$@"` without words is none.
        if parts.len() == before && !only_words {
            parts.push(quoted(""));
        }
        Ok(())
    }

    fn tilde(&self, system: &System, tilde: &TildeExpr) -> String {
        match tilde {
            TildeExpr::Home => self
                .get("HOME")
                .unwrap_or_else(|| system.machine.person.home.clone()),
            TildeExpr::UserHome(name) if name == "root" => "/root".to_owned(),
            TildeExpr::UserHome(name) if *name == system.machine.person.name => {
                system.machine.person.home.clone()
            }
            TildeExpr::UserHome(name) => format!("~{name}"),
            TildeExpr::WorkingDir => self.cwd.clone(),
            TildeExpr::OldWorkingDir => self.get("OLDPWD").unwrap_or_else(|| "~-".to_owned()),
            _ => "~".to_owned(),
        }
    }

    fn arithmetic(&mut self, system: &mut System, text: &str) -> Result<i64, Flow> {
        let text = self.text_of_arithmetic(system, text)?;
        match arithmetic::value(self, system, &text) {
            Ok(number) => Ok(number),
            Err(message) => {
                let text = text.trim();
                self.complain(
                    system,
                    &if message.starts_with("division") {
                        format!("{text}: {message}")
                    } else {
                        message
                    },
                );
                Err(if system.stopped.is_some() {
                    Flow::Stop
                } else {
                    Flow::Discard
                })
            }
        }
    }

    /// Expands what stands in `$(( ))` before it is computed.
    pub(super) fn text_of_arithmetic(
        &mut self,
        system: &mut System,
        text: &str,
    ) -> Result<String, Flow> {
        if text.contains(['$', '`', '\'', '"', '\\']) {
            self.here_document(system, text)
        } else {
            Ok(text.to_owned())
        }
    }

    /// How many words `$@` and `${array[@]}` are; `None` for a parameter that is one text.
    fn count(&self, parameter: &Parameter) -> Option<usize> {
        match parameter {
            Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => {
                Some(self.params.len())
            }
            Parameter::NamedWithAllIndices { name, .. } if name == "PIPESTATUS" => {
                Some(self.pipe_status.len())
            }
            Parameter::NamedWithAllIndices { name, .. } => {
                Some(self.variables.get(name).map_or(0, Variable::len))
            }
            _ => None,
        }
    }

    /// The words of `$@`, `${array[@]}`; `None` for a parameter that is one text.
    fn several(&self, system: &mut System, parameter: &Parameter) -> Option<(Vec<String>, bool)> {
        let count = self.count(parameter)?;
        // Without steps for them there are none: the command line ends.
        if !system.spend(count as u64 / 4) {
            return Some((Vec::new(), false));
        }
        match parameter {
            Parameter::Special(SpecialParameter::AllPositionalParameters { concatenate }) => {
                Some((self.params.clone(), *concatenate))
            }
            Parameter::NamedWithAllIndices { name, concatenate } => {
                Some((self.array(name), *concatenate))
            }
            _ => None,
        }
    }

    /// The value of a parameter; `None` where it is not set.
    fn one(&mut self, system: &mut System, parameter: &Parameter) -> Result<Option<String>, Flow> {
        Ok(match parameter {
            Parameter::Positional(0) => Some(self.name.clone()),
            Parameter::Positional(n) => self.params.get(*n as usize - 1).cloned(),
            Parameter::Special(special) => match special {
                SpecialParameter::AllPositionalParameters { .. } => {
                    (!self.params.is_empty()).then(|| self.params.join(" "))
                }
                SpecialParameter::PositionalParameterCount => Some(self.params.len().to_string()),
                SpecialParameter::LastExitStatus => Some(self.status.to_string()),
                SpecialParameter::CurrentOptionFlags => Some(self.flags()),
                SpecialParameter::ProcessId => Some("1000".to_owned()),
                SpecialParameter::LastBackgroundProcessId => {
                    self.last_pid.map(|pid| pid.to_string())
                }
                SpecialParameter::ShellName => Some(self.name.clone()),
            },
            Parameter::Named(name) => self.variable(system, name),
            Parameter::NamedWithIndex { name, index } => {
                if self.variables.get(name).is_some_and(Variable::is_table) {
                    let key = self.text(system, index)?;
                    return Ok(self
                        .variables
                        .get(name)
                        .and_then(|table| table.of_key(&key))
                        .map(str::to_owned));
                }
                let index = self.text_of_arithmetic(system, index)?;
                match arithmetic::value(self, system, &index) {
                    Ok(at) => self.element(name, at),
                    Err(_) => None,
                }
            }
            Parameter::NamedWithAllIndices { name, .. } => {
                let values = self.array(name);
                (!values.is_empty()).then(|| values.join(" "))
            }
        })
    }

    fn dereferenced(
        &mut self,
        system: &mut System,
        parameter: &Parameter,
        indirect: bool,
    ) -> Result<Option<String>, Flow> {
        let value = self.one(system, parameter)?;
        if !indirect {
            return Ok(value);
        }
        match value {
            Some(name) => Ok(self.variable(system, &name)),
            None => Ok(None),
        }
    }

    fn parameter(
        &mut self,
        system: &mut System,
        expression: ParameterExpr,
        in_quotes: bool,
        parts: &mut Vec<Part>,
    ) -> Result<(), Flow> {
        let push = |parts: &mut Vec<Part>, text: String| {
            parts.push(Part::Text {
                text,
                quoted: in_quotes,
                splits: !in_quotes,
            });
        };
        let is_unset = |value: &Option<String>, test: &ParameterTestType| match test {
            ParameterTestType::UnsetOrNull => value.as_deref().is_none_or(str::is_empty),
            ParameterTestType::Unset => value.is_none(),
        };
        match expression {
            ParameterExpr::Parameter {
                parameter,
                indirect,
            } => {
                if !indirect && let Some((words, concatenate)) = self.several(system, &parameter) {
                    self.several_words(words, concatenate, in_quotes, parts);
                    return Ok(());
                }
                let value = self.dereferenced(system, &parameter, indirect)?;
                if value.is_none()
                    && self.options.nounset
                    && !matches!(parameter, Parameter::Special(_))
                {
                    let name = shown(&parameter);
                    self.complain(system, &format!("{name}: unbound variable"));
                    return Err(Flow::Exit(1));
                }
                push(parts, value.unwrap_or_default());
            }
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => {
                let value = self.dereferenced(system, &parameter, indirect)?;
                if is_unset(&value, &test_type) {
                    self.operand(system, default_value, in_quotes, parts)?;
                } else {
                    push(parts, value.unwrap_or_default());
                }
            }
            ParameterExpr::AssignDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => {
                let value = self.dereferenced(system, &parameter, indirect)?;
                if is_unset(&value, &test_type) {
                    let text = self.value(system, &default_value.unwrap_or_default())?;
                    if let Parameter::Named(name) = &parameter {
                        self.assign(system, name, text.clone())?;
                    }
                    push(parts, text);
                } else {
                    push(parts, value.unwrap_or_default());
                }
            }
            ParameterExpr::IndicateErrorIfNullOrUnset {
                parameter,
                indirect,
                test_type,
                error_message,
            } => {
                let value = self.dereferenced(system, &parameter, indirect)?;
                if is_unset(&value, &test_type) {
                    let message = match error_message {
                        Some(message) => self.text(system, &message)?,
                        None => "parameter null or not set".to_owned(),
                    };
                    let name = shown(&parameter);
                    self.complain(system, &format!("{name}: {message}"));
                    return Err(if self.interactive {
                        Flow::Failed
                    } else {
                        Flow::Exit(1)
                    });
                }
                push(parts, value.unwrap_or_default());
            }
            ParameterExpr::UseAlternativeValue {
                parameter,
                indirect,
                test_type,
                alternative_value,
            } => {
                let value = self.dereferenced(system, &parameter, indirect)?;
                if !is_unset(&value, &test_type) {
                    self.operand(system, alternative_value, in_quotes, parts)?;
                }
            }
            ParameterExpr::ParameterLength {
                parameter,
                indirect,
            } => {
                let length = match self.count(&parameter) {
                    Some(count) => count,
                    None => self
                        .dereferenced(system, &parameter, indirect)?
                        .map_or(0, |value| value.chars().count()),
                };
                push(parts, length.to_string());
            }
            ParameterExpr::RemoveSmallestSuffixPattern {
                parameter, pattern, ..
            } => {
                let cut = Cut::Suffix { longest: false };
                self.cut(system, &parameter, pattern, cut, in_quotes, parts)?;
            }
            ParameterExpr::RemoveLargestSuffixPattern {
                parameter, pattern, ..
            } => {
                let cut = Cut::Suffix { longest: true };
                self.cut(system, &parameter, pattern, cut, in_quotes, parts)?;
            }
            ParameterExpr::RemoveSmallestPrefixPattern {
                parameter, pattern, ..
            } => {
                let cut = Cut::Prefix { longest: false };
                self.cut(system, &parameter, pattern, cut, in_quotes, parts)?;
            }
            ParameterExpr::RemoveLargestPrefixPattern {
                parameter, pattern, ..
            } => {
                let cut = Cut::Prefix { longest: true };
                self.cut(system, &parameter, pattern, cut, in_quotes, parts)?;
            }
            ParameterExpr::Substring {
                parameter,
                offset,
                length,
                ..
            } => {
                if let Some((mut words, concatenate)) = self.several(system, &parameter) {
                    if matches!(parameter, Parameter::Special(_)) {
                        words.insert(0, self.name.clone());
                    }
                    let words = self.part_of(system, words, &offset.value, length)?;
                    self.several_words(words, concatenate, in_quotes, parts);
                    return Ok(());
                }
                let value: Vec<char> = self
                    .one(system, &parameter)?
                    .unwrap_or_default()
                    .chars()
                    .collect();
                let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
                let offset = self.arithmetic(system, &offset.value)?;
                let from = if offset < 0 {
                    size.saturating_add(offset)
                } else {
                    offset
                };
                let to = match length {
                    Some(length) => {
                        let length = self.arithmetic(system, &length.value)?;
                        if length < 0 {
                            size.saturating_add(length)
                        } else {
                            from.saturating_add(length)
                        }
                    }
                    None => size,
                };
                let (from, to) = (from.clamp(0, size), to.clamp(0, size));
                let text = if from < to {
                    let (from, to) = (from.unsigned_abs(), to.unsigned_abs());
                    value[usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0)]
                        .iter()
                        .collect()
                } else {
                    String::new()
                };
                push(parts, text);
            }
            ParameterExpr::UppercaseFirstChar { parameter, .. } => {
                self.each(system, &parameter, in_quotes, parts, |value| {
                    first_changed(value, |c| c.to_uppercase().collect())
                })?;
            }
            ParameterExpr::LowercaseFirstChar { parameter, .. } => {
                self.each(system, &parameter, in_quotes, parts, |value| {
                    first_changed(value, |c| c.to_lowercase().collect())
                })?;
            }
            ParameterExpr::UppercasePattern { parameter, .. } => {
                self.each(system, &parameter, in_quotes, parts, str::to_uppercase)?;
            }
            ParameterExpr::LowercasePattern { parameter, .. } => {
                self.each(system, &parameter, in_quotes, parts, str::to_lowercase)?;
            }
            ParameterExpr::ReplaceSubstring {
                parameter,
                pattern,
                replacement,
                match_kind,
                ..
            } => {
                let pattern = self.pattern(system, &pattern)?;
                let replacement = self.text(system, &replacement.unwrap_or_default())?;
                self.each(system, &parameter, in_quotes, parts, |value| {
                    replace(value, &pattern, &replacement, &match_kind)
                })?;
            }
            ParameterExpr::VariableNames { prefix, .. } => {
                let names: Vec<String> = self.names_with(&prefix);
                push(parts, names.join(" "));
            }
            ParameterExpr::Transform { parameter, op, .. } => {
                let change: fn(&str) -> String = match op {
                    ParameterTransformOp::Quoted => |value| {
                        let inner = value.replace('\'', "'\\''");
                        format!("'{inner}'")
                    },
                    ParameterTransformOp::ToUpperCase => str::to_uppercase,
                    ParameterTransformOp::ToLowerCase => str::to_lowercase,
                    ParameterTransformOp::CapitalizeInitial => {
                        |value| first_changed(value, |c| c.to_uppercase().collect())
                    }
                    ParameterTransformOp::ExpandEscapeSequences => ansi_c,
                    _ => {
                        return Err(self.unsupported(system, "practice-transformation"));
                    }
                };
                self.each(system, &parameter, in_quotes, parts, change)?;
            }
            ParameterExpr::MemberKeys {
                variable_name,
                concatenate,
            } => {
                let keys = self
                    .variables
                    .get(&variable_name)
                    .map(Variable::keys)
                    .unwrap_or_default();
                self.several_words(keys, concatenate, in_quotes, parts);
            }
        }
        Ok(())
    }

    /// What stands after `:-` or `:+`: a word of its own, in which quotes count.
    fn operand(
        &mut self,
        system: &mut System,
        word: Option<String>,
        in_quotes: bool,
        parts: &mut Vec<Part>,
    ) -> Result<(), Flow> {
        let word = word.unwrap_or_default();
        if in_quotes {
            let text = self.text(system, &word)?;
            parts.push(quoted(text));
        } else {
            for part in self.parts(system, &word, false)? {
                parts.push(match part {
                    Part::Text {
                        text,
                        quoted: false,
                        ..
                    } => Part::Text {
                        text,
                        quoted: false,
                        splits: true,
                    },
                    other => other,
                });
            }
        }
        Ok(())
    }

    fn cut(
        &mut self,
        system: &mut System,
        parameter: &Parameter,
        pattern: Option<String>,
        cut: Cut,
        in_quotes: bool,
        parts: &mut Vec<Part>,
    ) -> Result<(), Flow> {
        let pattern = self.pattern(system, &pattern.unwrap_or_default())?;
        self.each(system, parameter, in_quotes, parts, |value| {
            cut.of(value, &pattern)
        })
    }

    /// What a change makes of a parameter's value, or of each of its values.
    fn each(
        &mut self,
        system: &mut System,
        parameter: &Parameter,
        in_quotes: bool,
        parts: &mut Vec<Part>,
        change: impl Fn(&str) -> String,
    ) -> Result<(), Flow> {
        let (values, concatenate) = match self.several(system, parameter) {
            Some(several) => several,
            None => (
                vec![self.one(system, parameter)?.unwrap_or_default()],
                false,
            ),
        };
        let mut changed = Vec::with_capacity(values.len());
        for value in &values {
            // What is tried is every part of it.
            let length = value.len() as u64;
            if !system.spend(length.saturating_mul(length) / 128 + length / 16 + 1) {
                return Err(Flow::Stop);
            }
            changed.push(change(value));
        }
        self.several_words(changed, concatenate, in_quotes, parts);
        Ok(())
    }

    /// Words of which each is one by itself, or in quotes and joined, one text.
    fn several_words(
        &self,
        words: Vec<String>,
        concatenate: bool,
        in_quotes: bool,
        parts: &mut Vec<Part>,
    ) {
        if concatenate && in_quotes {
            let between = match self.get("IFS") {
                Some(separators) => separators.chars().next().map(String::from),
                None => Some(" ".to_owned()),
            };
            parts.push(quoted(words.join(&between.unwrap_or_default())));
            return;
        }
        for (index, text) in words.into_iter().enumerate() {
            if index > 0 {
                parts.push(Part::Break);
            }
            parts.push(Part::Text {
                text,
                quoted: in_quotes,
                splits: !in_quotes,
            });
        }
    }

    /// `${array[@]:offset:length}`.
    fn part_of(
        &mut self,
        system: &mut System,
        words: Vec<String>,
        offset: &str,
        length: Option<ast::UnexpandedArithmeticExpr>,
    ) -> Result<Vec<String>, Flow> {
        let size = i64::try_from(words.len()).unwrap_or(i64::MAX);
        let offset = self.arithmetic(system, offset)?;
        let from = if offset < 0 {
            size.saturating_add(offset)
        } else {
            offset
        };
        let count = match length {
            Some(length) => self.arithmetic(system, &length.value)?,
            None => size,
        };
        if from < 0 || count < 0 {
            return Ok(Vec::new());
        }
        let (from, count) = (
            usize::try_from(from).unwrap_or(usize::MAX),
            usize::try_from(count).unwrap_or(usize::MAX),
        );
        Ok(words.into_iter().skip(from).take(count).collect())
    }

    /// Splits what is not quoted at blanks, or at what `IFS` says.
    fn split(&self, parts: Vec<Part>) -> Vec<Vec<(String, bool)>> {
        let separators = self.get("IFS").unwrap_or_else(|| " \t\n".to_owned());
        let mut fields: Vec<Vec<(String, bool)>> = Vec::new();
        let mut field: Vec<(String, bool)> = Vec::new();
        for part in parts {
            match part {
                Part::Break => {
                    if !field.is_empty() {
                        fields.push(std::mem::take(&mut field));
                    }
                }
                Part::Text {
                    text,
                    quoted: false,
                    splits: true,
                } => {
                    let mut rest = text.as_str();
                    // What is more than a command may have is not split: it is refused.
                    while let Some(at) = rest.find(|c| separators.contains(c))
                        && fields.len() <= WORDS
                    {
                        let blank = rest[at..].starts_with(char::is_whitespace);
                        if at > 0 {
                            field.push((rest[..at].to_owned(), false));
                        }
                        if !field.is_empty() || !blank {
                            fields.push(std::mem::take(&mut field));
                        }
                        let step = rest[at..].chars().next().map_or(1, char::len_utf8);
                        rest = &rest[at + step..];
                        if blank {
                            rest = rest.trim_start_matches(|c: char| {
                                c.is_whitespace() && separators.contains(c)
                            });
                        }
                    }
                    if !rest.is_empty() {
                        field.push((rest.to_owned(), false));
                    }
                }
                Part::Text { text, quoted, .. } => {
                    if quoted || !text.is_empty() {
                        field.push((text, quoted));
                    }
                }
            }
        }
        if !field.is_empty() {
            fields.push(field);
        }
        fields
    }

    /// The files that a word stands for, or the word.
    fn file_names(
        &mut self,
        system: &mut System,
        field: &[(String, bool)],
        words: &mut Vec<String>,
    ) -> Result<(), Flow> {
        let plain: String = field.iter().map(|(text, _)| text.as_str()).collect();
        let magic = !self.options.noglob
            && field.iter().any(|(text, quoted)| {
                !quoted && (text.contains(['*', '?', '[']) || Pattern::is_pattern(text))
            });
        if !magic {
            words.push(plain);
            return Ok(());
        }
        let pattern: String = field
            .iter()
            .map(|(text, quoted)| if *quoted { escaped(text) } else { text.clone() })
            .collect();
        let mut found = self.matches(system, &pattern)?;
        if found.is_empty() {
            if !self.options.nullglob {
                words.push(plain);
            }
        } else {
            found.sort();
            found.dedup();
            words.append(&mut found);
        }
        Ok(())
    }

    fn matches(&mut self, system: &mut System, pattern: &str) -> Result<Vec<String>, Flow> {
        let (mut found, rest) = match pattern.strip_prefix('/') {
            Some(rest) => (vec!["/".to_owned()], rest),
            None => (vec![String::new()], pattern),
        };
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            let mut next = Vec::new();
            if *part == "**" && self.options.globstar {
                for folder in &found {
                    // What follows may be in the folder itself, which has no name of its own here.
                    self.all_below(
                        system,
                        folder,
                        is_last && !pattern.ends_with('/'),
                        is_last,
                        &mut next,
                    )?;
                }
                found = next;
                continue;
            }
            let is_pattern = Pattern::is_pattern(part);
            let compiled = Pattern::new(part);
            for folder in &found {
                let whole = absolute(&self.cwd, folder);
                let whole = if folder.is_empty() {
                    self.cwd.clone()
                } else {
                    whole
                };
                let prefix = |name: &str| match folder.as_str() {
                    "" => name.to_owned(),
                    folder => join(folder, name),
                };
                // A look-up takes longer the more folders there are on the way.
                let deep = 2 + index as u64 / 2;
                if !is_pattern {
                    if !system.spend(deep) {
                        return Err(Flow::Stop);
                    }
                    let name = unescaped(part);
                    if system.machine.tree.get_link(&join(&whole, &name)).is_ok() {
                        next.push(prefix(&name));
                    }
                    continue;
                }
                let names = system
                    .machine
                    .files(self.user, "/")
                    .list(&whole)
                    .unwrap_or_default();
                if !system.spend(names.len() as u64 * deep + 1) {
                    return Err(Flow::Stop);
                }
                for name in names {
                    if name.starts_with('.') && !self.options.dotglob && !compiled.begins_with_dot()
                    {
                        continue;
                    }
                    if !compiled.fits(&name) {
                        continue;
                    }
                    let is_dir = || {
                        system
                            .machine
                            .tree
                            .get(&join(&whole, &name))
                            .is_ok_and(crate::practice::Node::is_dir)
                    };
                    if is_last && !pattern.ends_with('/') || is_dir() {
                        next.push(prefix(&name));
                    }
                }
            }
            found = next;
            if found.len() > WORDS {
                return Err(too_much(system));
            }
        }
        if pattern.ends_with('/') {
            for name in &mut found {
                name.push('/');
            }
        }
        Ok(found)
    }

    /// What `**` stands for: a folder, and everything below it, or only its folders. Links are not gone through.
    fn all_below(
        &self,
        system: &mut System,
        folder: &str,
        files_too: bool,
        shown_alone: bool,
        found: &mut Vec<String>,
    ) -> Result<(), Flow> {
        let whole = match folder {
            "" => self.cwd.clone(),
            folder => absolute(&self.cwd, folder),
        };
        let mut todo = vec![(whole, folder.to_owned())];
        found.push(match folder {
            "" | "/" => folder.to_owned(),
            folder if files_too => format!("{folder}/"),
            folder => folder.to_owned(),
        });
        while let Some((path, shown)) = todo.pop() {
            let names = system.machine.files(self.user, "/").list(&path);
            for name in names.unwrap_or_default() {
                if !system.spend(1) {
                    return Err(Flow::Stop);
                }
                if name.starts_with('.') && !self.options.dotglob {
                    continue;
                }
                let path = join(&path, &name);
                let shown = match shown.as_str() {
                    "" => name.clone(),
                    shown => join(shown, &name),
                };
                let node = system.machine.tree.get_link(&path);
                if node.is_ok_and(crate::practice::Node::is_dir) {
                    found.push(shown.clone());
                    todo.push((path, shown));
                } else if files_too {
                    found.push(shown);
                }
            }
            if found.len() > WORDS {
                return Err(too_much(system));
            }
        }
        found.retain(|name| !name.is_empty() || !shown_alone);
        Ok(())
    }

    fn substitute_command(&mut self, system: &mut System, text: &str) -> Result<String, Flow> {
        let text = text.trim();
        // `$(< file)` is what is in the file.
        let bytes = match text
            .strip_prefix('<')
            .filter(|rest| !rest.starts_with(['<', '(']))
        {
            Some(file) => self.output_of(system, &format!("cat < {file}"))?,
            None => self.output_of(system, text)?,
        };
        if bytes.len() > LONGEST {
            return Err(too_much(system));
        }
        let text = String::from_utf8_lossy(&bytes).replace('\0', "");
        Ok(text.trim_end_matches('\n').to_owned())
    }

    fn bad_substitution(&mut self, system: &mut System, text: &str) -> Flow {
        let text: String = text.chars().take(120).collect();
        self.complain(system, &format!("{text}: bad substitution"));
        self.status = 1;
        if self.interactive {
            Flow::Discard
        } else {
            Flow::Exit(1)
        }
    }
}

/// Whether a `${` was read as text: the parser takes what it cannot read as an expansion for that.
fn is_bad(pieces: &[WordPieceWithSource]) -> bool {
    let text = |piece: &WordPieceWithSource| match &piece.piece {
        WordPiece::Text(text) => Some(text.clone()),
        _ => None,
    };
    let mut before = String::new();
    pieces.iter().any(|piece| {
        if let WordPiece::DoubleQuotedSequence(pieces) = &piece.piece {
            before.clear();
            return is_bad(pieces);
        }
        let text = text(piece).unwrap_or_default();
        let is = text.contains("${") || (before.ends_with('$') && text.starts_with('{'));
        before = text;
        is
    })
}

/// The words that the braces of a word make of it.
fn braces(system: &mut System, text: &str) -> Result<Vec<String>, Flow> {
    if text.contains('{') && !system.spend(20 + text.len() as u64 / 2) {
        return Err(Flow::Stop);
    }
    let Some(parts) = parse::braces(text) else {
        return Ok(vec![text.to_owned()]);
    };
    let mut widths = widths(text).into_iter();
    let mut words = vec![String::new()];
    for part in &parts {
        let alternatives = alternatives(part, &mut widths);
        if !system.spend(alternatives.len() as u64 * words.len() as u64)
            || alternatives.len().saturating_mul(words.len()) > WORDS
        {
            return Err(too_much(system));
        }
        words = words
            .iter()
            .flat_map(|word| alternatives.iter().map(move |more| format!("{word}{more}")))
            .collect();
    }
    Ok(words)
}

fn too_much(system: &mut System) -> Flow {
    system.stopped.get_or_insert(crate::practice::Stop::Steps);
    Flow::Stop
}

#[derive(Clone, Copy)]
enum Cut {
    Prefix { longest: bool },
    Suffix { longest: bool },
}

impl Cut {
    fn of(self, value: &str, pattern: &Pattern) -> String {
        let chars: Vec<char> = value.chars().collect();
        let lengths: Box<dyn Iterator<Item = usize>> = match self {
            Self::Prefix { longest: true } | Self::Suffix { longest: true } => {
                Box::new((0..=chars.len()).rev())
            }
            _ => Box::new(0..=chars.len()),
        };
        for length in lengths {
            let (part, rest) = match self {
                Self::Prefix { .. } => (&chars[..length], &chars[length..]),
                Self::Suffix { .. } => {
                    let at = chars.len() - length;
                    (&chars[at..], &chars[..at])
                }
            };
            if pattern.fits_chars(part) {
                return rest.iter().collect();
            }
        }
        value.to_owned()
    }
}

fn replace(value: &str, pattern: &Pattern, replacement: &str, kind: &SubstringMatchKind) -> String {
    let chars: Vec<char> = value.chars().collect();
    let text = |part: &[char]| part.iter().collect::<String>();
    match kind {
        SubstringMatchKind::Prefix => {
            return match (0..=chars.len())
                .rev()
                .find(|end| pattern.fits_chars(&chars[..*end]))
            {
                Some(end) => format!("{replacement}{}", text(&chars[end..])),
                None => value.to_owned(),
            };
        }
        SubstringMatchKind::Suffix => {
            return match (0..=chars.len()).find(|at| pattern.fits_chars(&chars[*at..])) {
                Some(at) => format!("{}{replacement}", text(&chars[..at])),
                None => value.to_owned(),
            };
        }
        _ => {}
    }
    let mut out = String::new();
    let mut at = 0;
    let mut done = false;
    while at <= chars.len() {
        let end = if done {
            None
        } else {
            (at + 1..=chars.len())
                .rev()
                .find(|end| pattern.fits_chars(&chars[at..*end]))
        };
        match end {
            Some(end) => {
                out.push_str(replacement);
                done = !matches!(kind, SubstringMatchKind::Anywhere);
                if end == at {
                    break;
                }
                at = end;
                if at == chars.len() {
                    break;
                }
            }
            None => {
                if let Some(c) = chars.get(at) {
                    out.push(*c);
                }
                at += 1;
            }
        }
    }
    out
}

fn first_changed(value: &str, change: impl Fn(char) -> String) -> String {
    let mut chars = value.chars();
    match chars.next() {
        Some(first) => change(first) + chars.as_str(),
        None => String::new(),
    }
}

/// What [`joined`] makes of parts, for what it takes to copy them.
fn one_text(system: &mut System, parts: Vec<Part>) -> Result<String, Flow> {
    let text = joined(parts);
    if system.spend(text.len() as u64 / 128) {
        Ok(text)
    } else {
        Err(Flow::Stop)
    }
}

fn joined(parts: Vec<Part>) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text { text, .. } => out.push_str(&text),
            Part::Break => out.push(' '),
        }
    }
    out
}

fn as_pattern(parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text {
                text, quoted: true, ..
            } => out.push_str(&escaped(text)),
            Part::Text { text, .. } => out.push_str(text),
            Part::Break => out.push(' '),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "*?[]\\()|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// How wide the numbers of each `{1..9}` of a word are: those of `{01..10}` have two digits.
fn widths(text: &str) -> Vec<usize> {
    text.match_indices("..")
        .filter_map(|(at, _)| {
            let from = text[..at].rfind('{')? + 1;
            let rest = &text[at + 2..];
            let to = rest.find(['.', '}']).map_or(rest, |end| &rest[..end]);
            let from = &text[from..at];
            // The step of a sequence is no sequence of its own.
            if from.contains("..") || from.parse::<i64>().is_err() || to.parse::<i64>().is_err() {
                return None;
            }
            let padded = |number: &str| {
                let digits = number.trim_start_matches('-');
                digits.len() > 1 && digits.starts_with('0')
            };
            Some(if padded(from) || padded(to) {
                from.len().max(to.len())
            } else {
                0
            })
        })
        .collect()
}

fn alternatives(
    part: &BraceExpressionOrText,
    widths: &mut std::vec::IntoIter<usize>,
) -> Vec<String> {
    let BraceExpressionOrText::Expr(members) = part else {
        let BraceExpressionOrText::Text(text) = part else {
            return Vec::new();
        };
        return vec![text.clone()];
    };
    let mut found = Vec::new();
    for member in members {
        match member {
            BraceExpressionMember::NumberSequence {
                start,
                end,
                increment,
            } => {
                let width = widths.next().unwrap_or(0);
                let step = increment.unsigned_abs().max(1);
                let mut at = *start;
                let up = start <= end;
                for _ in 0..=WORDS {
                    if (up && at > *end) || (!up && at < *end) {
                        break;
                    }
                    found.push(format!("{at:0width$}"));
                    let next = if up {
                        at.checked_add_unsigned(step)
                    } else {
                        at.checked_sub_unsigned(step)
                    };
                    match next {
                        Some(next) => at = next,
                        None => break,
                    }
                }
            }
            BraceExpressionMember::CharSequence {
                start,
                end,
                increment,
            } => {
                let step = usize::try_from(increment.unsigned_abs()).unwrap_or(usize::MAX);
                let step = step.max(1);
                if start <= end {
                    let letters = (*start..=*end).step_by(step);
                    found.extend(letters.take(WORDS).map(String::from));
                } else {
                    let letters = (*end..=*start).rev().step_by(step);
                    found.extend(letters.take(WORDS).map(String::from));
                }
            }
            BraceExpressionMember::Child(parts) => {
                let mut words = vec![String::new()];
                for part in parts {
                    let more = alternatives(part, widths);
                    if words.len().saturating_mul(more.len()) > WORDS {
                        break;
                    }
                    words = words
                        .iter()
                        .flat_map(|word| more.iter().map(move |more| format!("{word}{more}")))
                        .collect();
                }
                found.append(&mut words);
            }
        }
    }
    found
}

fn shown(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Named(name)
        | Parameter::NamedWithIndex { name, .. }
        | Parameter::NamedWithAllIndices { name, .. } => name.clone(),
        Parameter::Positional(n) => n.to_string(),
        Parameter::Special(_) => "parameter".to_owned(),
    }
}

/// The text of `$'…'`, and what `echo -e` and `printf` make of backslashes.
pub(crate) fn ansi_c(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits =
            |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize| {
                let mut number = 0_u32;
                let mut seen = 0;
                while seen < most
                    && let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix))
                {
                    number = number.saturating_mul(radix).saturating_add(digit);
                    chars.next();
                    seen += 1;
                }
                char::from_u32(number).filter(|_| seen > 0)
            };
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('e' | 'E') => out.push('\u{1b}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('x') => out.extend(digits(&mut chars, 16, 2)),
            Some('u') => out.extend(digits(&mut chars, 16, 4)),
            Some('U') => out.extend(digits(&mut chars, 16, 8)),
            Some('0') => out.extend(digits(&mut chars, 8, 3).or(Some('\0'))),
            Some(c @ '1'..='7') => {
                let first = c.to_digit(8).unwrap_or(0);
                let rest = digits(&mut chars, 8, 2).map_or(first, |more| first * 64 + more as u32);
                out.extend(char::from_u32(rest));
            }
            Some(c @ ('\\' | '\'' | '"' | '?')) => out.push(c),
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
    }
    out
}
