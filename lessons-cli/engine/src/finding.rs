//! What a check says: an outcome, a summary, the facts that it rests on, and what to do.

use serde::{Deserialize, Serialize};

use crate::facts::Unknown;
use crate::visible::visible;

/// The five things that a check can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// A step that this one needs is not passing.
    Blocked,
    /// The step makes no sense on this machine, or on the way that the reader has taken.
    NotApplicable,
    /// It could not be read.
    Unknown,
}

impl Outcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Fail,
        Self::Blocked,
        Self::NotApplicable,
        Self::Unknown,
    ];

    /// The word that JSON has for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Blocked => "blocked",
            Self::NotApplicable => "not-applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// What a check says.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The outcome.
    pub outcome: Outcome,
    /// The summary, one line.
    pub summary: Message,
    /// The facts that it rests on.
    pub evidence: Vec<Evidence>,
    /// What to type next, in order.
    pub fix: Vec<Fix>,
    /// Steps whose failure would explain this one, by facts that the check does not judge itself: where one of them
    /// fails, this is no red line of its own.
    pub explained_by: &'static [&'static str],
    /// Needs without which a failure still stands when they are unknown: it says itself what they may have to do with
    /// it, or they have nothing to do with it.
    pub stands_without: &'static [&'static str],
}

/// A text to be shown, by its name, with the values that go into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Where the text is.
    pub text: TextId,
    /// The values by the names that the text has for them.
    pub args: Vec<(&'static str, Arg)>,
}

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextId {
    /// An attribute of the step's own message: `pass`, `fail-not-built`, `fix-install` …
    OfStep(&'static str),
    /// A message that all steps share.
    Shared(&'static str),
}

/// A value in a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// Text. It has no control characters any more.
    Text(String),
    /// A count, for plurals.
    Count(u64),
}

/// A fact that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where it was read: a path, a command, `NVML`, `$PATH`.
    pub source: String,
    /// What it says there.
    pub detail: String,
}

/// A command for the reader to run, or just something to do by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The command, safe to paste; empty where there is nothing to type.
    pub run: String,
    /// What it does, and what to look out for.
    pub note: Option<Message>,
}

impl Finding {
    /// It is as it should be. `text` is an attribute of the step's message, as in all of these.
    pub fn pass(text: &'static str) -> Self {
        Self::new(Outcome::Pass, TextId::OfStep(text))
    }

    /// It is not.
    pub fn fail(text: &'static str) -> Self {
        Self::new(Outcome::Fail, TextId::OfStep(text))
    }

    /// The step makes no sense here.
    pub fn not_applicable(text: &'static str) -> Self {
        Self::new(Outcome::NotApplicable, TextId::OfStep(text))
    }

    /// It could not be read, for a reason that has a text of its own.
    pub fn unknown(text: &'static str) -> Self {
        Self::new(Outcome::Unknown, TextId::OfStep(text))
    }

    /// It could not be read.
    pub fn unread(unknown: &Unknown) -> Self {
        Self::new(Outcome::Unknown, TextId::Shared("finding-unknown"))
            .arg("tried", &unknown.tried)
            .arg("why", unknown.why.to_string())
            .evidence(&unknown.tried, unknown.why.to_string())
    }

    /// A finding with a text.
    pub fn new(outcome: Outcome, text: TextId) -> Self {
        Self {
            outcome,
            summary: Message {
                text,
                args: Vec::new(),
            },
            evidence: Vec::new(),
            fix: Vec::new(),
            explained_by: &[],
            stands_without: &[],
        }
    }

    /// Gives the summary a value.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.summary = self.summary.arg(name, value);
        self
    }

    /// Gives the summary a count.
    #[must_use]
    pub fn count(mut self, name: &'static str, count: usize) -> Self {
        self.summary.args.push((name, Arg::Count(count as u64)));
        self
    }

    /// Adds a fact that the finding rests on.
    #[must_use]
    pub fn evidence(mut self, source: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        self.evidence.push(Evidence {
            source: visible(source.as_ref()),
            detail: visible(detail.as_ref()),
        });
        self
    }

    /// Adds what was tried in vain.
    #[must_use]
    pub fn tried(self, unknown: &Unknown) -> Self {
        self.evidence(&unknown.tried, unknown.why.to_string())
    }

    /// Names the steps whose failure would explain this one.
    #[must_use]
    pub fn explained_by(mut self, steps: &'static [&'static str]) -> Self {
        self.explained_by = steps;
        self
    }

    /// Names the needs that may be unknown while this failure stands.
    #[must_use]
    pub fn stands_without(mut self, needs: &'static [&'static str]) -> Self {
        self.stands_without = needs;
        self
    }

    /// Adds a command to type.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix.push(fix);
        self
    }
}

impl Message {
    /// A text of the step.
    pub fn of_step(text: &'static str) -> Self {
        Self {
            text: TextId::OfStep(text),
            args: Vec::new(),
        }
    }

    /// A text that all steps share.
    pub fn shared(text: &'static str) -> Self {
        Self {
            text: TextId::Shared(text),
            args: Vec::new(),
        }
    }

    /// Gives the text a value.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.args.push((name, Arg::Text(visible(value.as_ref()))));
        self
    }

    /// Gives the text a count, for plurals.
    #[must_use]
    pub fn count(mut self, name: &'static str, count: usize) -> Self {
        self.args.push((name, Arg::Count(count as u64)));
        self
    }
}

impl Fix {
    /// A command. What a machine said goes into it only through [`quoted`].
    pub fn run(command: impl Into<String>) -> Self {
        Self {
            run: command.into(),
            note: None,
        }
    }

    /// Something to do without a command.
    pub fn by_hand(text: &'static str) -> Self {
        Self {
            run: String::new(),
            note: Some(Message::of_step(text)),
        }
    }

    /// Says what the command does.
    #[must_use]
    pub fn note(mut self, text: &'static str) -> Self {
        self.note = Some(Message::of_step(text));
        self
    }

    /// Says what the command does, with values.
    #[must_use]
    pub fn note_with(mut self, message: Message) -> Self {
        self.note = Some(message);
        self
    }

    /// Whether the command asks for the administrator's rights.
    pub fn sudo(&self) -> bool {
        self.run
            .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '('))
            .any(|word| word == "sudo")
    }
}

/// A word that a shell takes as it is, whatever it holds.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", visible(word).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_stays_one_word() {
        assert_eq!(quoted("/usr/local/cuda-12.6"), "/usr/local/cuda-12.6");
        assert_eq!(quoted("a b; rm -rf ~"), "'a b; rm -rf ~'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert!(!quoted("a\nb\u{1b}[2J").contains(['\n', '\u{1b}']));
    }

    #[test]
    fn sudo_is_seen_wherever_it_stands() {
        assert!(Fix::run("sudo reboot").sudo());
        assert!(Fix::run("echo x | sudo tee /etc/y").sudo());
        assert!(!Fix::run("echo pseudo-sudo").sudo());
    }
}
