//! `lessons book`: builds the book, or draws its cards for a stock mdBook.

use std::io;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use lessons_engine::texts::Texts;

use crate::cards::EngineCards;
use crate::cli::BookAction;
use crate::{Done, book};

pub(super) fn run(action: BookAction) -> Result<Done> {
    let cards = EngineCards::new(Texts::english());
    match action {
        BookAction::Build { dest, lang, root } => {
            let built = book::build(&root, dest.as_deref(), &lang, Rc::new(cards))?;
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
