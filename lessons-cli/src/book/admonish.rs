//! Admonitions, by mdbook-admonish 1.20. It is written against mdBook 0.4 and rejects what mdBook 0.5 hands to a preprocessor,
//! so its preprocessor is run here on a 0.4 book made of one chapter. This module goes away when mdbook-admonish moves
//! to mdBook 0.5 (<https://github.com/tommilligan/mdbook-admonish/issues/233>): `book.toml` then names it itself.

use anyhow::{Result, bail};
use mdbook::BookItem;
use mdbook::book::{Book, Chapter};
use mdbook::preprocess::{Preprocessor, PreprocessorContext};
use mdbook_admonish::Admonish;
use serde_json::json;

/// The version of the style sheet in `book/theme/mdbook-admonish.css`, which mdbook-admonish asks for and checks.
const ASSETS_VERSION: &str = "3.1.0";

/// A chapter's Markdown, with each `admonish` block turned into what `renderer` (`html`) shows.
pub(super) fn render(markdown: String, renderer: &str) -> Result<String> {
    let context: PreprocessorContext = serde_json::from_value(json!({
        "root": "",
        "config": {
            "preprocessor": { "admonish": { "assets_version": ASSETS_VERSION, "on_failure": "bail" } }
        },
        "renderer": renderer,
        "mdbook_version": mdbook::MDBOOK_VERSION,
    }))?;

    let mut book = Book::new();
    book.push_item(Chapter::new("", markdown, "", Vec::new()));
    match Admonish.run(&context, book)?.sections.pop() {
        Some(BookItem::Chapter(chapter)) => Ok(chapter.content),
        _ => bail!("mdbook-admonish lost the chapter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_becomes_an_admonition() {
        let html = render(
            "```admonish tip title=\"Short\"\nIt *works*.\n```\n".into(),
            "html",
        )
        .unwrap();
        assert!(
            html.contains(r#"class="admonition admonish-tip""#),
            "{html}"
        );
        assert!(html.contains("It *works*."), "{html}");
    }

    #[test]
    fn a_mistake_in_a_block_is_an_error() {
        assert!(render("```admonish tip title=\"Short\n```\n".into(), "html").is_err());
    }
}
