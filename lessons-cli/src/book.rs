//! The book: from its chapters to pages that read and search without a network.
//!
//! A chapter names steps, recordings and tables with directives (`{{#step driver.installed}}`); what
//! stands in their place comes from the engine, through [`Cards`]. [`build`] does everything in one process and then
//! checks every page it has written. [`preprocess`] does the first half for a stock `mdbook build`, so that both give
//! the same book.

mod admonish;
mod directives;
mod pages;
mod preprocessor;
mod problems;
mod source;
mod warnings;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use mdbook_html::HtmlHandlebars;

pub use directives::Cards;
pub use lessons_engine::markup::literal;
pub use problems::{Problem, Problems};
pub use source::Source;

use preprocessor::Lessons;

/// A book that was built and passed its checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The folder that holds the pages.
    pub dir: PathBuf,
    /// The page to open first.
    pub index: PathBuf,
    /// How many chapters were written.
    pub chapters: usize,
}

/// Builds the book whose `book.toml` is in `root`, in the language `lang` (`en`), into `dest`, or where `book.toml`
/// says.
///
/// The pages are written first and checked afterwards, so that a failed build can be looked at. The error is
/// [`Problems`] where the chapters are at fault: an unknown directive, step, recording, command or table; a step that no
/// chapter teaches, or that two do; a link or an anchor that leads nowhere; a script, font, style or picture from
/// elsewhere; anything that mdBook warns of.
pub fn build(root: &Path, dest: Option<&Path>, lang: &str, cards: Rc<dyn Cards>) -> Result<Built> {
    let root = std::path::absolute(root).context("no current folder")?;
    let config = configuration(&root, dest, lang)?;

    let (built, warnings) = warnings::collect(|| render(&root, config, cards));
    let warnings = warnings.into_iter().map(Problem::of_book);
    let (dir, chapters) = match built {
        Ok(built) => built,
        Err(error) => return Err(with_warnings(error, warnings)),
    };

    let mut problems: Vec<Problem> = warnings.collect();
    problems.extend(pages::check(&dir, &chapters)?);
    let built = Built {
        index: dir.join("index.html"),
        chapters: chapters.len(),
        dir,
    };
    if problems.is_empty() {
        Ok(built)
    } else {
        Err(Problems::new(problems).into())
    }
}

/// Does a preprocessor's part in a stock `mdbook build`: reads mdBook's context and book from `input`, and writes the
/// book with its cards drawn to `output`. mdBook asks beforehand whether a renderer is supported (`supports html`, answered
/// by the exit code): every one is, since cards are Markdown and HTML.
pub fn preprocess(input: impl Read, output: impl Write, cards: &dyn Cards) -> Result<()> {
    let (context, book) = mdbook_preprocessor::parse_input(input).context(
        "this is not what mdBook 0.5 hands to a preprocessor; `mdbook build` starts this command by itself",
    )?;
    let book = preprocessor::draw(&context, book, cards)?;
    serde_json::to_writer(output, &book).context("could not hand the book back to mdBook")
}

/// `book.toml`, with what the command line changes.
fn configuration(root: &Path, dest: Option<&Path>, lang: &str) -> Result<Config> {
    let file = root.join("book.toml");
    let mut config = Config::from_disk(&file).with_context(|| {
        format!(
            "no book in {}: name the folder that holds book.toml with --root",
            root.display()
        )
    })?;
    config.update_from_env()?;

    // Without this entry a stock mdBook would print the directives as they stand, and mdBook's own `links` would run first
    // and take the backslash off an escaped one.
    if !config.contains_key("preprocessor.lessons") {
        bail!("{} has no [preprocessor.lessons]", file.display());
    }
    let written_in = config.book.language.as_deref().unwrap_or("en");
    if lang != written_in {
        bail!("the book is written in {written_in}, and has no translation into {lang}");
    }
    if let Some(dest) = dest {
        config.build.build_dir = std::path::absolute(dest).context("no current folder")?;
    }
    // A chapter that SUMMARY.md names and nobody wrote is a mistake here, not a page to create.
    config.build.create_missing = false;
    Ok(config)
}

/// Writes the pages. Returns where, and which chapter each page was written from.
fn render(
    root: &Path,
    config: Config,
    cards: Rc<dyn Cards>,
) -> Result<(PathBuf, BTreeMap<PathBuf, PathBuf>)> {
    let mut book = MDBook::load_with_config(root, config)?;
    // Takes the place, and the turn, of the command that `book.toml` names for a stock mdBook.
    book.with_preprocessor(Lessons::new(cards));

    let html = HtmlHandlebars::new();
    let dir = book.build_dir_for("html");
    refuse_to_empty(&dir, &book)?;
    book.execute_build_process(&html)?;

    let chapters = book.book.chapters().filter_map(|chapter| {
        let source = chapter.source_path.as_ref()?;
        let mut page = chapter.path.as_ref()?.with_extension("html");
        // As mdBook's `index` does.
        if source
            .file_stem()
            .is_some_and(|stem| stem.eq_ignore_ascii_case("readme"))
        {
            page.set_file_name("index.html");
        }
        Some((page, book.config.book.src.join(source)))
    });
    Ok((dir, chapters.collect()))
}

/// mdBook empties the folder that it writes into. This lets it do so only to a folder it has filled itself.
fn refuse_to_empty(dir: &Path, book: &MDBook) -> Result<()> {
    if book.source_dir().starts_with(dir) {
        bail!(
            "{} holds the chapters: building there would delete them",
            dir.display()
        );
    }
    let Ok(mut entries) = dir.read_dir() else {
        return Ok(());
    };
    if entries.next().is_some() && !dir.join(".nojekyll").exists() {
        bail!(
            "{} is not empty and holds no book: building there would delete what it holds",
            dir.display()
        );
    }
    Ok(())
}

/// What mdBook warned of before it gave up often says why.
fn with_warnings(error: anyhow::Error, warnings: impl Iterator<Item = Problem>) -> anyhow::Error {
    match error.downcast::<Problems>() {
        Ok(problems) => problems.and(warnings).into(),
        Err(error) => {
            let said: Vec<String> = warnings.map(|problem| problem.to_string()).collect();
            if said.is_empty() {
                error
            } else {
                error.context(said.join("\n"))
            }
        }
    }
}
