//! `lessons book`: builds the book, or draws its cards for a stock mdBook.

use std::io;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use lessons_engine::texts::Texts;

use crate::book::Source;
use crate::cards::EngineCards;
use crate::cli::BookAction;
use crate::{Done, book};

/// Where `book.toml` has the pages written.
const BUILT: &str = "book/build";

pub(super) fn run(action: BookAction) -> Result<Done> {
    let cards = EngineCards::new(Texts::english());
    match action {
        BookAction::Build { dest, lang, root } => {
            let source = Source::of_any_book(root.as_deref());
            let folder = tempfile::Builder::new()
                .prefix("lessons-")
                .tempdir()
                .context("tried to make a folder for the book's sources")?;
            let sources = source.unpacked(folder.path())?;
            // What came along is written where a checkout's book is, seen from here.
            let dest = dest.or_else(|| (source == Source::Bundled).then(|| BUILT.into()));
            let built = book::build(&sources, dest.as_deref(), &lang, Rc::new(cards))?;
            Ok(Done::good(format!(
                "{} chapters, every link checked; open {}\n",
                built.chapters,
                built.index.display()
            )))
        }
        BookAction::Preprocess { words } => {
            match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                [] => {
                    book::preprocess(io::stdin().lock(), io::stdout().lock(), &cards)
                        .context("lessons book preprocess is started by mdbook build")?;
                    Ok(Done::good(""))
                }
                // Cards are Markdown and HTML, which every renderer takes.
                ["supports", _] => Ok(Done::good("")),
                _ => bail!(
                    "lessons book preprocess takes no words but `supports RENDERER`; mdbook build starts it by itself"
                ),
            }
        }
    }
}
