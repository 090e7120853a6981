//! What a practice machine takes from the world: answers, an editor, chance. Everything else is in the machine.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::machine::Output;

use super::machine::PracticeMachine;

/// Which stream a text goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A question that a program asks at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'q> {
    /// What stands before the cursor: `Do you want to continue? [Y/n] `.
    pub prompt: &'q str,
    /// Whether what is typed must not be seen.
    pub secret: bool,
}

/// The world around a practice machine.
pub trait Outside {
    /// The line that is typed at a question, without its end; `None` for the end of input (Ctrl-D).
    fn ask(&mut self, question: Question<'_>) -> Option<String>;

    /// Lines that are typed to a program which reads the terminal; `None` at the end of input.
    fn line(&mut self) -> Option<String> {
        self.ask(Question {
            prompt: "",
            secret: false,
        })
    }

    /// Shows what was printed so far: before a question, and at the end of a command.
    fn show(&mut self, stream: Stream, text: &str);

    /// Clears the screen, where there is one.
    fn clear(&mut self) {}

    /// Opens an editor on a text; `None` where there is none, as in a script.
    fn edit(&mut self, path: &str, text: &str) -> Option<Edited>;

    /// Whether the person has pressed Ctrl-C since the last look.
    fn interrupted(&mut self) -> bool {
        false
    }

    /// What stands on the screen for Ctrl-C after it has ended a command line.
    fn interrupt_mark(&mut self) -> &'static str {
        "^C\n"
    }

    /// A random number, from a source that a script repeats.
    fn random(&mut self) -> u64;

    /// Runs `lessons` with these arguments on the practice machine; `None` for a command of it that is not for a
    /// practice machine. `on_screen` says that its output goes to the screen, and not into a pipe or a file.
    fn lessons(
        &mut self,
        machine: &PracticeMachine,
        args: &[String],
        on_screen: bool,
    ) -> Option<Output>;
}

/// What became of a text in an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It was saved.
    Saved(String),
    /// It was left as it was.
    Unchanged,
    /// The editor could not be used, and why.
    Failed(String),
}

/// Runs `lessons` on a machine, for an [`Outside`].
pub type Lessons = Box<dyn FnMut(&PracticeMachine, &[String], bool) -> Option<Output>>;

/// The world of a script: answers are the lines that follow a command, there is no editor, and chance repeats itself.
///
/// A line that begins with `> ` is an answer, whatever it is. Without one, the next line is taken where it can only be an
/// answer (`y`, `no`, a number); otherwise Enter is pressed, and at a question for a password [`PASSWORD`] is typed.
#[derive(Default)]
pub struct Script {
    lines: Lines,
    lessons: Option<Lessons>,
    chance: u64,
}

/// What a script types at a question for a password, where it has no answer of its own.
pub const PASSWORD: &str = "practice-only";

/// The lines of a script that were not typed yet: shared, since both commands and answers are taken from them.
pub type Lines = Rc<RefCell<VecDeque<String>>>;

impl Script {
    /// The world of a script with these lines to come, in which `lessons` is run so.
    pub fn new(lines: Lines, lessons: Option<Lessons>) -> Self {
        Self {
            lines,
            lessons,
            chance: 0,
        }
    }

    /// The next line, if it is an answer.
    fn answer(&mut self, any: bool) -> Option<String> {
        let mut lines = self.lines.borrow_mut();
        let line = lines.front()?;
        let answer = match line.strip_prefix("> ") {
            Some(answer) => answer.to_owned(),
            None if line == ">" => String::new(),
            None if any && can_only_be_an_answer(line) => line.clone(),
            None => return None,
        };
        lines.pop_front();
        Some(answer)
    }
}

fn can_only_be_an_answer(line: &str) -> bool {
    let line = line.trim();
    matches!(
        line.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "accept" | "decline"
    ) || (!line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Outside for Script {
    fn ask(&mut self, question: Question<'_>) -> Option<String> {
        let answer = self.answer(!question.secret);
        Some(answer.unwrap_or_else(|| {
            if question.secret {
                PASSWORD.to_owned()
            } else {
                String::new()
            }
        }))
    }

    fn line(&mut self) -> Option<String> {
        self.answer(false)
    }

    fn show(&mut self, _stream: Stream, _text: &str) {}

    fn edit(&mut self, _path: &str, _text: &str) -> Option<Edited> {
        None
    }

    fn random(&mut self) -> u64 {
        splitmix(&mut self.chance)
    }

    fn lessons(
        &mut self,
        machine: &PracticeMachine,
        args: &[String],
        on_screen: bool,
    ) -> Option<Output> {
        self.lessons.as_mut()?(machine, args, on_screen)
    }
}

/// The next number of a sequence that is the same every time (`SplitMix64`).
pub(super) fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
