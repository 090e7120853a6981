//! `lessons quiz`: questions one after the other, each explained once it is answered.

use std::io::{self, BufRead, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lessons_engine::finding::Message;
use lessons_engine::quiz::{QuestionDocument, Quiz};
use lessons_engine::steps::Lesson;
use lessons_engine::texts::Texts;

use crate::cli::QuizArgs;
use crate::style::{self, paint};
use crate::wrap::{self, wrapped};
use crate::{Done, nearest};

pub(super) fn run(args: &QuizArgs) -> Result<Done> {
    let lesson = match &args.lesson {
        Some(name) => Some(Lesson::find(name).ok_or_else(|| {
            let known = Lesson::ALL.into_iter().map(Lesson::id);
            nearest::unknown("lesson", name, known, "lessons list")
        })?),
        None => None,
    };
    let texts = super::texts();
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let quiz = Quiz::draw(seed, lesson, usize::from(args.count));
    let document = quiz.document(&texts);
    if args.json {
        return Ok(Done::good(serde_json::to_string_pretty(&document)? + "\n"));
    }
    let mut face = Face {
        texts: &texts,
        out: anstream::stdout().lock(),
    };
    match face.play(&document.questions, seed, lesson) {
        Ok(()) => Ok(Done::good("")),
        // A reader that has gone away has all it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Done::good("")),
        Err(error) => Err(error).context("tried to ask at the terminal"),
    }
}

/// A number short enough to type again.
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| (since.as_micros() % 1_000_000) as u64)
}

/// The terminal, or the pipe, that the quiz is played at.
struct Face<'t, W: Write> {
    texts: &'t Texts,
    out: W,
}

impl<W: Write> Face<'_, W> {
    fn play(
        &mut self,
        questions: &[QuestionDocument],
        seed: u64,
        lesson: Option<Lesson>,
    ) -> io::Result<()> {
        if questions.is_empty() {
            let none = self.say("quiz-none");
            return writeln!(self.out, "{none}");
        }
        let lead = self.texts.sentence(
            &Message::shared("quiz-lead")
                .count("count", questions.len())
                .arg("seed", seed.to_string()),
        );
        self.line("", "", &lead)?;
        let mut answers = io::stdin().lock();
        let (mut asked, mut right) = (0, 0);
        for (index, question) in questions.iter().enumerate() {
            self.question(question, index + 1, questions.len())?;
            let Some(answer) = self.answer(&mut answers, question)? else {
                break;
            };
            asked += 1;
            right += usize::from(answer == Answer::Choice(question.answer));
            self.explain(question, answer)?;
        }
        let score = self.texts.sentence(
            &Message::shared("quiz-score")
                .arg("right", right.to_string())
                .arg("asked", asked.to_string()),
        );
        let again = self.texts.sentence(
            &Message::shared("quiz-again")
                .arg("lesson", lesson.map_or("all", Lesson::id))
                .arg("seed", seed.to_string())
                .arg("count", questions.len().to_string()),
        );
        writeln!(self.out, "\n{}", paint(style::HEADING, score))?;
        writeln!(self.out, "{}", paint(style::QUIET, again))
    }

    /// A sentence in lines as wide as the terminal.
    fn line(&mut self, first: &str, rest: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", wrapped(first, rest, text, wrap::screen()))
    }

    fn say(&self, id: &'static str) -> String {
        self.texts.sentence(&Message::shared(id))
    }

    fn question(&mut self, question: &QuestionDocument, at: usize, of: usize) -> io::Result<()> {
        let number = self.texts.sentence(
            &Message::shared("quiz-number")
                .arg("number", at.to_string())
                .arg("count", of.to_string()),
        );
        write!(self.out, "\n{}", paint(style::QUIET, number))?;
        if let Some(machine) = &question.machine {
            let about = self
                .texts
                .sentence(&Message::shared("quiz-about-machine").arg("machine", machine));
            write!(self.out, "{}", paint(style::QUIET, format!(" · {about}")))?;
        }
        writeln!(self.out, "\n")?;
        if let Some(shown) = &question.shown {
            writeln!(self.out, "{}\n", shown.trim_end())?;
        }
        let asked = wrapped("", "", &question.question, wrap::screen());
        writeln!(self.out, "{}", paint(style::HEADING, asked))?;
        for (place, choice) in question.choices.iter().enumerate() {
            self.line(&format!("  {}) ", letter(place)), "     ", choice)?;
        }
        Ok(())
    }

    /// The answer that is typed; none at the end of input.
    fn answer(
        &mut self,
        answers: &mut impl BufRead,
        question: &QuestionDocument,
    ) -> io::Result<Option<Answer>> {
        loop {
            let prompt = self.say("quiz-your-answer");
            write!(self.out, "{prompt} ")?;
            self.out.flush()?;
            let mut line = Vec::new();
            // Nobody types more than a letter or two; a line without an end must not fill the memory.
            io::Read::take(&mut *answers, 4096).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                writeln!(self.out)?;
                return Ok(None);
            }
            match String::from_utf8_lossy(&line).trim().as_bytes() {
                [] => return Ok(Some(Answer::Skipped)),
                [one] if choice(*one) < question.choices.len() => {
                    return Ok(Some(Answer::Choice(choice(*one))));
                }
                _ => {
                    let letters: Vec<String> = (0..question.choices.len())
                        .map(|place| letter(place).to_string())
                        .collect();
                    let help = self.texts.sentence(
                        &Message::shared("quiz-not-a-choice").arg("letters", letters.join(", ")),
                    );
                    writeln!(self.out, "{help}")?;
                }
            }
        }
    }

    fn explain(&mut self, question: &QuestionDocument, answer: Answer) -> io::Result<()> {
        let with_answer = |id| {
            self.texts.sentence(
                &Message::shared(id)
                    .arg("letter", letter(question.answer).to_string())
                    .arg("answer", &question.choices[question.answer]),
            )
        };
        let verdict = match answer {
            Answer::Choice(place) if place == question.answer => {
                paint(style::GOOD, self.say("quiz-right"))
            }
            Answer::Choice(_) => paint(style::BAD, with_answer("quiz-wrong")),
            Answer::Skipped => paint(style::OPEN, with_answer("quiz-skipped")),
        };
        self.line("", "   ", &verdict)?;
        // Where the answer is a sentence that explains itself, it was shown just now.
        let said = &question.choices[question.answer];
        for why in question.explanation.iter().filter(|why| *why != said) {
            self.line("  ", "  ", why)?;
        }
        let see = self
            .texts
            .sentence(&Message::shared("quiz-see-step").arg("step", question.step));
        writeln!(self.out, "  {}", paint(style::TYPE, see))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Choice(usize),
    Skipped,
}

const LETTERS: &[u8; 4] = b"abcd";

fn letter(place: usize) -> char {
    LETTERS.get(place).map_or('?', |&letter| char::from(letter))
}

fn choice(letter: u8) -> usize {
    LETTERS
        .iter()
        .position(|known| *known == letter.to_ascii_lowercase())
        .unwrap_or(usize::MAX)
}
