//! The check of the pages as written: every link and anchor leads somewhere, and nothing is fetched from elsewhere, so
//! that the book reads and searches from a folder with the network off.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
};

use super::problems::Problem;

/// Checks every page and style sheet under `dir`. `chapters` says of a page (`driver.html`) which chapter it was written
/// from (`src/driver.md`), so that the problem is shown where it can be mended.
///
/// mdBook repeats the chapters on pages of its own (`print.html`); those are reported when the chapters are clean.
pub(super) fn check(dir: &Path, chapters: &BTreeMap<PathBuf, PathBuf>) -> Result<Vec<Problem>> {
    let site = Site::read(dir)?;
    let (mut of_chapters, mut of_others) = (Vec::new(), Vec::new());
    for (name, page) in &site.pages {
        let chapter = chapters.get(Path::new(name));
        let problems = if chapter.is_some() {
            &mut of_chapters
        } else {
            &mut of_others
        };
        let file = chapter.map_or(Path::new(name), PathBuf::as_path);
        for reference in &page.references {
            if let Err(what) = site.follow(name, page, reference) {
                let problem = Problem {
                    file: Some(file.to_owned()),
                    line: None,
                    what,
                };
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
    }
    Ok(if of_chapters.is_empty() {
        of_others
    } else {
        of_chapters
    })
}

/// What a page or a style sheet refers to.
#[derive(Debug, PartialEq, Eq)]
enum Reference {
    /// The reader may follow it; it may lead out of the book.
    Link(String),
    /// The browser fetches it by itself; it must be in the book.
    Resource(String),
}

/// A page, or a style sheet.
#[derive(Debug, Default)]
struct Page {
    ids: HashSet<String>,
    references: Vec<Reference>,
    /// Its references start at the book's root: the page for an unknown address, which can be shown at any.
    from_root: bool,
}

/// The folder that mdBook has written. Names are relative to it, with `/` between their parts.
struct Site {
    pages: BTreeMap<String, Page>,
    others: HashSet<String>,
}

impl Site {
    fn read(dir: &Path) -> Result<Self> {
        let mut site = Self {
            pages: BTreeMap::new(),
            others: HashSet::new(),
        };
        site.read_folder(dir, "")?;
        Ok(site)
    }

    fn read_folder(&mut self, dir: &Path, prefix: &str) -> Result<()> {
        let entries =
            fs::read_dir(dir).with_context(|| format!("could not read {}", dir.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let read = || {
                fs::read_to_string(&path)
                    .with_context(|| format!("could not read {}", path.display()))
            };
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => self.read_folder(&path, &format!("{name}/"))?,
                Some("html") => {
                    self.pages.insert(name, Page::of_html(&read()?));
                }
                Some("css") => {
                    self.pages.insert(name, Page::of_css(&read()?));
                }
                _ => {
                    self.others.insert(name);
                }
            }
        }
        Ok(())
    }

    /// Whether a reference leads where it says; an error is the sentence for the author.
    fn follow(&self, name: &str, page: &Page, reference: &Reference) -> Result<(), String> {
        let (Reference::Link(url) | Reference::Resource(url)) = reference;
        match (scheme(url), reference) {
            (Some("data"), Reference::Resource(_))
            | (Some("http" | "https" | "mailto"), Reference::Link(_)) => return Ok(()),
            (Some(_), Reference::Link(_)) => {
                return Err(format!("`{url}` is no link that a book can hold"));
            }
            (Some(_), Reference::Resource(_)) => {
                return Err(format!(
                    "`{url}` is fetched from elsewhere; a book must read with the network off"
                ));
            }
            (None, _) => {}
        }

        let (path, anchor) = url.split_once('#').unwrap_or((url, ""));
        let path = path.split('?').next().unwrap_or(path);
        let target = if path.is_empty() {
            name.to_owned()
        } else {
            let base = if page.from_root { "" } else { name };
            join(base, &unescape(path))
                .ok_or_else(|| format!("`{url}` leads out of the book's folder"))?
        };
        match self.pages.get(&target) {
            None if self.others.contains(&target) => Ok(()),
            None => Err(format!("`{url}` leads to no file of the book")),
            Some(page) if anchor.is_empty() || page.ids.contains(&unescape(anchor)) => Ok(()),
            Some(_) => Err(format!("`{url}`: {target} has no anchor #{anchor}")),
        }
    }
}

/// What stands before the colon of an absolute address; `//host` has the scheme of the page it is on.
fn scheme(url: &str) -> Option<&str> {
    if url.starts_with("//") {
        return Some("//");
    }
    let (scheme, _) = url.split_once(':')?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    named.then_some(scheme)
}

/// The name of what `path` means on the page `page`; `None` where that is outside the book.
fn join(page: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `%20` and its like as the characters they stand for.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = if byte == b'%' {
            after.first_chunk::<2>()
        } else {
            None
        };
        let escaped =
            escaped.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Page {
    fn of_html(html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        let tokenizer = Tokenizer::new(
            Reader::default(),
            html5ever::tokenizer::TokenizerOpts::default(),
        );
        // Scripts are not run, so the tokenizer never stops before the end.
        let _done = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.page.take()
    }

    fn of_css(css: &str) -> Self {
        let mut page = Self::default();
        page.add_css(css);
        page
    }

    fn add_css(&mut self, css: &str) {
        let css = without_comments(css);
        let urls = css.split("url(").skip(1).map(|after| quoted(after, ')'));
        // `@import url(…)` is among those already.
        let imports = css.split("@import").skip(1).map(str::trim_start);
        let imports = imports
            .filter(|after| after.starts_with(['"', '\'']))
            .map(|after| quoted(after, ';'));
        // `url(#gradient)` is a part of the picture that it stands in.
        let urls = urls.chain(imports).filter(|url| !url.starts_with('#'));
        self.references
            .extend(urls.map(|url| Reference::Resource(url.to_owned())));
    }

    fn add_tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let attributes: HashMap<&str, &str> = tag
            .attrs
            .iter()
            .map(|attr| (&*attr.name.local, &*attr.value))
            .collect();
        for (&attribute, &value) in &attributes {
            match (name, attribute) {
                (_, "id") | ("a", "name") => {
                    self.ids.insert(value.to_owned());
                }
                ("base", "href") => self.from_root = true,
                ("a" | "area", "href" | "xlink:href") => self
                    .references
                    .push(Reference::Link(value.trim().to_owned())),
                (_, "href" | "xlink:href" | "src" | "poster") | ("object", "data") => {
                    self.references
                        .push(Reference::Resource(value.trim().to_owned()));
                }
                (_, "srcset") => {
                    let pictures = value
                        .split(',')
                        .filter_map(|picture| picture.split_whitespace().next());
                    self.references
                        .extend(pictures.map(|url| Reference::Resource(url.to_owned())));
                }
                (_, "style") => self.add_css(value),
                // mdBook's own script asks the Rust playground what it can run as soon as a page has such a block.
                ("pre", "class") if value.split_whitespace().any(|class| class == "playground") => {
                    self.references
                        .push(Reference::Resource("https://play.rust-lang.org".to_owned()));
                }
                ("meta", "content")
                    if attributes
                        .get("http-equiv")
                        .is_some_and(|kind| kind.eq_ignore_ascii_case("refresh")) =>
                {
                    let url = value.split_once('=').map(|(_, url)| url.trim().to_owned());
                    self.references.extend(url.map(Reference::Link));
                }
                _ => {}
            }
        }
    }
}

/// The text up to `end`, or up to the closing quote where it starts with one.
fn quoted(text: &str, end: char) -> &str {
    let text = text.trim_start();
    let (text, end) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => (&text[1..], quote),
        _ => (text, end),
    };
    text.split(end).next().unwrap_or(text).trim()
}

fn without_comments(css: &str) -> String {
    let mut parts = css.split("/*");
    let mut text = parts.next().unwrap_or_default().to_owned();
    text.extend(
        parts
            .filter_map(|part| part.split_once("*/"))
            .map(|(_, after)| after),
    );
    text
}

/// Reads a page as it is cut into tags.
#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
    in_style: RefCell<Option<String>>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                self.page.borrow_mut().add_tag(&tag);
                match &*tag.name {
                    "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" => {
                        self.in_style.replace(Some(String::new()));
                        return TokenSinkResult::RawData(RawKind::Rawtext);
                    }
                    "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => {}
                }
            }
            Token::TagToken(_) => {
                if let Some(css) = self.in_style.take() {
                    self.page.borrow_mut().add_css(&css);
                }
            }
            Token::CharacterTokens(text) => {
                if let Some(css) = &mut *self.in_style.borrow_mut() {
                    css.push_str(&text);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(url: &str) -> Reference {
        Reference::Resource(url.into())
    }

    #[test]
    fn whatever_a_browser_fetches_is_seen() {
        for (html, url) in [
            (
                r#"<script src="https://cdn.example/x.js"></script>"#,
                "https://cdn.example/x.js",
            ),
            (
                r"<link rel=stylesheet href=//cdn.example/x.css>",
                "//cdn.example/x.css",
            ),
            (r#"<img alt="" src="a&amp;b.png">"#, "a&b.png"),
            (r#"<img srcset="big.png 2x">"#, "big.png"),
            (r#"<p style="background: url( 'x.png' )">"#, "x.png"),
            (
                "<style>/* url(no) */ a { background: url(x.png) }</style>",
                "x.png",
            ),
            ("<style>@import 'x.css';</style>", "x.css"),
            (r#"<svg><use xlink:href="x.svg#a"/></svg>"#, "x.svg#a"),
            (
                r#"<pre class="playground"><code>"#,
                "https://play.rust-lang.org",
            ),
        ] {
            assert_eq!(Page::of_html(html).references, [resource(url)], "{html}");
        }
    }

    #[test]
    fn text_that_looks_like_a_tag_is_text() {
        for html in [
            "<!-- <img src=x.png> -->",
            r#"<script>document.write('<img src="x.png">')</script>"#,
            "<title><img src=x.png></title>",
            "<p>&lt;img src=x.png&gt;",
            r#"<p style="fill: url(#gradient)">"#,
        ] {
            assert_eq!(Page::of_html(html).references, [], "{html}");
        }
    }

    #[test]
    fn paths_are_joined_as_browsers_do() {
        assert_eq!(join("a/b.html", "c.html").as_deref(), Some("a/c.html"));
        assert_eq!(join("a/b.html", "../c.html").as_deref(), Some("c.html"));
        assert_eq!(
            join("a/b.html", "./c/../d.html").as_deref(),
            Some("a/d.html")
        );
        assert_eq!(join("b.html", "../c.html"), None);
        assert_eq!(join("b.html", "/c.html"), None);
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(unescape("a%20b%C3%A9%zz%4"), "a bé%zz%4");
    }
}
