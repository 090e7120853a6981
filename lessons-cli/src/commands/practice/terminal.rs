//! A practice machine at the terminal: a prompt with history and completion, an editor, Ctrl-C and Ctrl-D.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use lessons_engine::machine::Output;
use lessons_engine::practice::exercise::Practice;
use lessons_engine::practice::{
    Edited, Ended, Outside, PracticeMachine, Question, Session, Stream,
};
use lessons_engine::texts::Texts;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};

use super::saved::{Event, Kept, Place, Saved};
use super::{goal_text, text};
use crate::style::{self, paint};
use crate::wrap::{self, wrapped};
use crate::{Done, Exit, live};

/// What was typed since the start, as it is kept; and what of it is still to be played again.
#[derive(Default)]
struct Tape {
    saved: RefCell<Saved>,
    again: RefCell<VecDeque<Event>>,
    playing: Cell<bool>,
}

impl Tape {
    /// The next event of a tape that is played again, if it is of the kind that is asked for.
    fn next<T>(&self, of: impl Fn(&Event) -> Option<T>) -> Option<T> {
        let mut again = self.again.borrow_mut();
        let found = again.front().and_then(of);
        if found.is_some() {
            again.pop_front();
        }
        found
    }

    fn note(&self, event: Event) {
        self.saved.borrow_mut().events.push(event);
    }
}

/// The terminal as a practice machine's world.
struct Terminal {
    tape: Rc<Tape>,
    chance: u64,
    /// How many times the machine has looked for Ctrl-C.
    looks: u64,
    /// Whether Ctrl-C was pressed at a question, where the terminal does not show it.
    at_question: bool,
}

impl Outside for Terminal {
    fn ask(&mut self, question: Question<'_>) -> Option<String> {
        if self.tape.playing.get() {
            let answer = self.tape.next(|event| match event {
                Event::Answer(answer) => Some(answer.clone()),
                _ => None,
            });
            return answer.flatten();
        }
        let typed = if question.secret {
            secret(question.prompt)
        } else {
            shown(question.prompt)
        };
        // Ctrl-C ends more than the input: the next look at it ends the command line.
        self.at_question = matches!(typed, Err(ReadlineError::Interrupted));
        let answer = typed.ok();
        self.tape.note(Event::Answer(answer.clone()));
        answer
    }

    fn show(&mut self, stream: Stream, text: &str) {
        if self.tape.playing.get() || text.is_empty() {
            return;
        }
        // A reader that has gone away has all it wanted.
        let _ = match stream {
            Stream::Out => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
            Stream::Err => io::stderr().lock().write_all(text.as_bytes()),
        };
    }

    fn clear(&mut self) {
        if !self.tape.playing.get() && io::stdout().is_terminal() {
            let _ = io::stdout().write_all(b"\x1b[H\x1b[2J");
        }
    }

    fn edit(&mut self, path: &str, text: &str) -> Option<Edited> {
        if self.tape.playing.get() {
            let edit = self.tape.next(|event| match event {
                Event::Edit(edit) => Some(edit.clone()),
                _ => None,
            });
            return Some(edit.flatten().map_or(Edited::Unchanged, Edited::Saved));
        }
        if !io::stdin().is_terminal() {
            return None;
        }
        let edited = edit(path, text);
        let edited = edited.unwrap_or_else(|error| Edited::Failed(format!("{error:#}")));
        self.tape.note(Event::Edit(match &edited {
            Edited::Saved(text) => Some(text.clone()),
            Edited::Unchanged | Edited::Failed(_) => None,
        }));
        Some(edited)
    }

    fn interrupted(&mut self) -> bool {
        self.looks += 1;
        let looks = self.looks;
        if self.tape.playing.get() {
            let pressed = self.tape.next(|event| match event {
                Event::Interrupt(at) if *at <= looks => Some(()),
                _ => None,
            });
            return pressed.is_some();
        }
        let pressed = live::take_interrupt() || self.at_question;
        if pressed {
            self.tape.note(Event::Interrupt(looks));
        }
        pressed
    }

    fn interrupt_mark(&mut self) -> &'static str {
        // A terminal that is not asked for a line shows the key itself.
        if std::mem::take(&mut self.at_question) {
            "^C\n"
        } else {
            "\n"
        }
    }

    fn random(&mut self) -> u64 {
        // The same numbers every time, so that what is played again gives the same machine.
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.chance >> 16
    }

    fn lessons(
        &mut self,
        machine: &PracticeMachine,
        args: &[String],
        on_screen: bool,
    ) -> Option<Output> {
        super::lessons(machine, args, on_screen)
    }
}

/// A line that is typed at a question.
fn shown(prompt: &str) -> rustyline::Result<String> {
    let mut editor = Editor::<(), MemHistory>::with_history(Config::default(), MemHistory::new())?;
    editor.readline(prompt)
}

/// A line that is typed and not seen.
fn secret(prompt: &str) -> rustyline::Result<String> {
    struct Hidden;
    impl Completer for Hidden {
        type Candidate = String;
    }
    impl Hinter for Hidden {
        type Hint = String;
    }
    impl Validator for Hidden {}
    impl Helper for Hidden {}
    impl Highlighter for Hidden {
        fn highlight<'l>(&self, line: &'l str, _: usize) -> std::borrow::Cow<'l, str> {
            std::borrow::Cow::Owned(" ".repeat(line.chars().count()))
        }

        fn highlight_char(&self, _: &str, _: usize, _: rustyline::highlight::CmdKind) -> bool {
            true
        }
    }
    let mut editor =
        Editor::<Hidden, MemHistory>::with_history(Config::default(), MemHistory::new())?;
    editor.set_helper(Some(Hidden));
    editor.readline(prompt)
}

/// Opens the reader's editor on a copy of a text, in the state folder.
fn edit(path: &str, text: &str) -> Result<Edited> {
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.trim().is_empty())
        .unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    let folder = super::saved::scratch()?;
    fs::create_dir_all(&folder).with_context(|| format!("tried to make {}", folder.display()))?;
    let name: String = path
        .rsplit('/')
        .next()
        .unwrap_or("text")
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let file = folder.join(if name.is_empty() {
        "text".to_owned()
    } else {
        name
    });
    fs::write(&file, text).with_context(|| format!("tried to write {}", file.display()))?;
    let status = command(&editor)
        .arg(&file)
        .status()
        .with_context(|| format!("tried to start {editor}, which $VISUAL or $EDITOR names"));
    let new = fs::read(&file);
    let _ = fs::remove_dir_all(&folder);
    let status = status?;
    // An editor that ends so was left without saving (`:cq`), or did not come up.
    anyhow::ensure!(status.success(), "{editor} ended with {status}");
    let new =
        String::from_utf8_lossy(&new.context("tried to read what the editor left")?).into_owned();
    Ok(if new == text {
        Edited::Unchanged
    } else {
        Edited::Saved(new)
    })
}

/// The command of an editor. With quotes or signs in it a shell reads it, as git does
/// (<https://git-scm.com/docs/git-var#Documentation/git-var.txt-GITEDITOR>).
fn command(editor: &str) -> std::process::Command {
    if cfg!(unix) && editor.contains(['\'', '"', '\\', '$', '`', '~', '*', '&', ';', '|', '<', '>'])
    {
        let mut command = std::process::Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!("{editor} \"$@\""))
            .arg(editor);
        return command;
    }
    let mut words = editor.split_whitespace();
    let mut command = std::process::Command::new(words.next().unwrap_or("vi"));
    command.args(words);
    command
}

/// What the prompt asks the machine while a line is typed.
struct AtPrompt(Rc<RefCell<Session>>);

impl Helper for AtPrompt {}
impl Highlighter for AtPrompt {}
impl Hinter for AtPrompt {
    type Hint = String;
}

impl Completer for AtPrompt {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or(line);
        let start = before
            .rfind(|c: char| c.is_whitespace() || ";|&(<>=`".contains(c))
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        Ok((start, self.0.borrow().completions(before)))
    }
}

impl Validator for AtPrompt {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if Session::is_open(&format!("{}\n", context.input())) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

/// Says something that does not come from the machine.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{}", paint(style::QUIET, line));
}

/// The longest line that is kept, in bytes.
const LONGEST_LINE: usize = 256 << 10;

/// Runs a practice at the terminal until it is left.
pub(super) fn run(practice: &Practice, texts: &Texts) -> Result<Done> {
    let (mut place, saved, notice) = Place::take(practice.name());
    if let Some(notice) = notice {
        super::super::notice(&texts.shared("practice-damaged", &[("what", text(notice))]));
    }
    if let Some(why) = place.why_not_kept() {
        super::super::notice(&texts.shared("practice-not-saved", &[("why", text(why))]));
    }
    live::note_interrupts();
    let tape = Rc::new(Tape::default());
    let saved = if place.is_taken() {
        super::super::notice(&texts.shared("practice-taken", &[]));
        Saved::default()
    } else {
        saved
    };
    let begun = !saved.events.is_empty();
    let session = Rc::new(RefCell::new(resume(practice, &tape, saved)?));
    banner(practice, texts, begun);
    let config = Config::builder()
        .auto_add_history(true)
        .completion_type(rustyline::CompletionType::List)
        .max_history_size(1000)?
        .build();
    let mut editor = Editor::<AtPrompt, MemHistory>::with_history(config, MemHistory::new())?;
    editor.set_helper(Some(AtPrompt(Rc::clone(&session))));
    for line in session.borrow().history() {
        editor.add_history_entry(line)?;
    }
    let mut failing = false;
    loop {
        let prompt = session.borrow().prompt();
        let line = match editor.readline(&prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => {
                // In a shell within another one, Ctrl-D leaves that one only.
                "exit".to_owned()
            }
            Err(error) => return Err(error).context("tried to read a line"),
        };
        match line.trim() {
            "hint" => {
                hint(practice, &tape, texts);
                continue;
            }
            "goal" | "check" => {
                let reached = practice.goal().reached(&session.borrow().machine());
                let _ = write!(anstream::stdout(), "{}", goal_text(&reached, texts));
                continue;
            }
            "reset" => {
                let done = tape.saved.borrow().done;
                let fresh = Saved {
                    done,
                    ..Saved::default()
                };
                *session.borrow_mut() = resume(practice, &tape, fresh)?;
                keep(&mut place, &tape, &mut failing, texts);
                say(&texts.shared("practice-was-reset", &[]));
                continue;
            }
            _ => {}
        }
        let _ = live::take_interrupt();
        // The shell refuses a line of such length, and kept it would make the file too large to be read again.
        if line.len() <= LONGEST_LINE {
            tape.note(Event::Line(line.clone()));
        }
        let played = session.borrow_mut().run(&line);
        match played.ended {
            Some(Ended::Shell) => break,
            Some(Ended::Rebooted) => say(&texts.shared("practice-rebooted", &[])),
            None => {}
        }
        let done = tape.saved.borrow().done;
        if !done && practice.goal().reached(&session.borrow().machine()).all {
            tape.saved.borrow_mut().done = true;
            super::mark_done(practice);
            let _ = writeln!(
                anstream::stderr(),
                "{}",
                paint(style::GOOD, texts.shared("practice-reached-now", &[]))
            );
        }
        keep(&mut place, &tape, &mut failing, texts);
    }
    keep(&mut place, &tape, &mut failing, texts);
    let reached = practice.goal().reached(&session.borrow().machine());
    let name = practice.name();
    say(&texts.shared("practice-left", &[("name", text(name))]));
    Ok(Done {
        text: String::new(),
        exit: if reached.all {
            Exit::Good
        } else {
            Exit::Failed
        },
    })
}

/// The session as it was left.
fn resume(practice: &Practice, tape: &Rc<Tape>, saved: Saved) -> Result<Session> {
    let outside = Terminal {
        tape: Rc::clone(tape),
        chance: 42,
        looks: 0,
        at_question: false,
    };
    let mut session = practice.session(Box::new(outside))?;
    tape.playing.set(true);
    *tape.again.borrow_mut() = saved.events.iter().cloned().collect();
    *tape.saved.borrow_mut() = saved;
    loop {
        let event = tape.again.borrow_mut().pop_front();
        match event {
            Some(Event::Line(line)) => {
                session.run(&line);
            }
            Some(_) => {}
            None => break,
        }
    }
    tape.playing.set(false);
    Ok(session)
}

fn keep(place: &mut Place, tape: &Tape, failing: &mut bool, texts: &Texts) {
    match place.keep(&tape.saved.borrow()) {
        Ok(Kept::Again) => {
            super::super::notice(&texts.shared("practice-folder-gone", &[]));
            *failing = false;
        }
        Ok(Kept::Saved | Kept::NotMine) => *failing = false,
        Err(error) => {
            // Once is enough.
            if !*failing {
                let why = format!("{error:#}");
                super::super::notice(&texts.shared("practice-not-saved", &[("why", text(why))]));
            }
            *failing = true;
        }
    }
}

fn banner(practice: &Practice, texts: &Texts, begun: bool) {
    let mut out = anstream::stdout().lock();
    match practice {
        Practice::Exercise(exercise) => {
            let _ = writeln!(out, "{}\n", paint(style::HEADING, &exercise.title));
            for paragraph in &exercise.story {
                let _ = writeln!(out, "{}\n", in_lines(paragraph));
            }
        }
        Practice::Machine(recording) => {
            let _ = writeln!(out, "{}\n", paint(style::HEADING, &recording.title));
            let _ = writeln!(out, "{}\n", in_lines(&recording.summary));
        }
    }
    let how = in_lines(&texts.shared("practice-how", &[]));
    let _ = writeln!(out, "{}", paint(style::QUIET, how));
    if begun {
        let resumed = in_lines(&texts.shared("practice-resumed", &[]));
        let _ = writeln!(out, "{}", paint(style::QUIET, resumed));
    }
    let _ = writeln!(out);
}

/// Sentences in lines as wide as the terminal.
fn in_lines(text: &str) -> String {
    wrapped("", "", text, wrap::width())
}

fn hint(practice: &Practice, tape: &Tape, texts: &Texts) {
    let Practice::Exercise(exercise) = practice else {
        say(&texts.shared("practice-no-hints", &[]));
        return;
    };
    let mut saved = tape.saved.borrow_mut();
    let count = exercise.hints.len();
    let level = saved.hints.min(count.saturating_sub(1));
    if let Some(hint) = exercise.hints.get(level) {
        let place = paint(style::QUIET, format!("{}/{count} ", level + 1));
        let lines = wrapped(&place, "    ", hint, wrap::width());
        let _ = writeln!(anstream::stdout(), "{lines}");
    }
    saved.hints = (level + 1).min(count);
}
