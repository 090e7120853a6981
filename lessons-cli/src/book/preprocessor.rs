//! The book's preprocessor: cards in the place of directives, then admonitions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use super::admonish;
use super::directives::{self, Cards, Placeholders};
use super::problems::{Problem, Problems};

/// The preprocessor as mdBook runs it in-process.
pub(super) struct Lessons {
    cards: Rc<dyn Cards>,
}

impl Lessons {
    pub(super) fn new(cards: Rc<dyn Cards>) -> Self {
        Self { cards }
    }
}

impl Preprocessor for Lessons {
    fn name(&self) -> &'static str {
        "lessons"
    }

    fn run(&self, context: &PreprocessorContext, book: Book) -> Result<Book> {
        draw(context, book, &*self.cards)
    }
}

/// Draws every chapter's cards and admonitions. All problems are reported at once.
pub(super) fn draw(
    context: &PreprocessorContext,
    mut book: Book,
    cards: &dyn Cards,
) -> Result<Book> {
    let mut lessons = Teaching {
        cards,
        renderer: &context.renderer,
        taught: HashMap::new(),
        problems: Vec::new(),
    };
    book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item
            && let Some(source) = &chapter.source_path
        {
            let file = context.config.book.src.join(source);
            lessons.chapter(chapter, &file);
        }
    });
    lessons.untaught();
    if lessons.problems.is_empty() {
        Ok(book)
    } else {
        Err(Problems::new(lessons.problems).into())
    }
}

/// What the chapters have taught so far.
struct Teaching<'a> {
    cards: &'a dyn Cards,
    renderer: &'a str,
    /// Where each step is taught: chapter and line.
    taught: HashMap<String, (PathBuf, usize)>,
    problems: Vec<Problem>,
}

impl Teaching<'_> {
    /// Cards go in after the admonitions are drawn: a card may hold a fenced block, which would end the fenced block that
    /// an admonition is.
    fn chapter(&mut self, chapter: &mut Chapter, file: &Path) {
        let found = directives::find(&chapter.content);
        let mut placeholders = Placeholders::new(&chapter.content);
        let mut steps = Vec::new();
        for directive in found {
            let card = directive.call.and_then(|call| {
                if let Some(step) = call.step() {
                    self.teach(step, file, directive.line)?;
                    steps.push(step);
                }
                call.draw(self.cards)
            });
            match card {
                Ok(card) => placeholders.put(directive.range, card),
                Err(what) => self.problem(file, Some(directive.line), what),
            }
        }
        match admonish::render(placeholders.markdown(), self.renderer) {
            Ok(markdown) => {
                let mut content = placeholders.fill(&markdown);
                if self.renderer == "html" {
                    content.push_str("\n\n");
                    content.push_str(&self.cards.data(&steps));
                }
                chapter.content = content;
            }
            Err(error) => self.problem(file, None, format!("{error:#}")),
        }
    }

    fn teach(&mut self, step: &str, file: &Path, line: usize) -> Result<(), String> {
        if let Some((file, line)) = self.taught.get(step) {
            return Err(format!(
                "the step `{step}` is already taught at {}:{line}",
                file.display()
            ));
        }
        self.taught.insert(step.to_owned(), (file.to_owned(), line));
        Ok(())
    }

    fn untaught(&mut self) {
        for step in self.cards.steps() {
            if !self.taught.contains_key(&step) {
                self.problems.push(Problem::of_book(format!(
                    "no chapter teaches the step `{step}`"
                )));
            }
        }
    }

    fn problem(&mut self, file: &Path, line: Option<usize>, what: String) {
        self.problems.push(Problem {
            file: Some(file.to_owned()),
            line,
            what,
        });
    }
}
