//! What a page may load and run: what comes from this server, and the scripts that stand in the page itself, each by its
//! hash. mdBook writes a few of those into every page.

use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use sha2::{Digest as _, Sha256};

/// The policy for what is no page: it does nothing.
pub(super) fn of_data() -> HeaderValue {
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")
}

/// The policy of a page; `framed` where this server's other pages may frame it.
pub(super) fn of_page(html: &str, framed: bool) -> HeaderValue {
    let inline = Inline::of(html);
    let mut scripts = String::from("'self'");
    for hash in &inline.scripts {
        scripts.push_str(&format!(" '{hash}'"));
    }
    let mut styles = String::from("'self'");
    if !inline.attributes.is_empty() {
        // Lets nothing through but the attributes whose hashes follow.
        styles.push_str(" 'unsafe-hashes'");
    }
    for hash in inline.styles.union(&inline.attributes) {
        styles.push_str(&format!(" '{hash}'"));
    }
    let ancestors = if framed { "'self'" } else { "'none'" };
    let policy = format!(
        "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors {ancestors}"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| of_data())
}

/// The hashes of what a page holds by itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Inline {
    scripts: BTreeSet<String>,
    styles: BTreeSet<String>,
    attributes: BTreeSet<String>,
}

impl Inline {
    fn of(html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
        // Scripts are not run, so the tokenizer never stops before the end.
        let _done = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.inline.take()
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[derive(Default)]
struct Reader {
    inline: RefCell<Inline>,
    /// The script or style that is being read.
    open: RefCell<Option<String>>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let attribute = |wanted: &str| {
                    let mut found = tag.attrs.iter();
                    found.find(|attr| &*attr.name.local == wanted)
                };
                if let Some(style) = attribute("style") {
                    let mut inline = self.inline.borrow_mut();
                    inline.attributes.insert(hash(&style.value));
                }
                match &*tag.name {
                    "script" => {
                        // What has the type of data is not run.
                        let is_data =
                            attribute("type").is_some_and(|kind| kind.value.contains("json"));
                        if attribute("src").is_none() && !is_data {
                            self.open.replace(Some(String::new()));
                        }
                        return TokenSinkResult::RawData(RawKind::ScriptData);
                    }
                    "style" => {
                        self.open.replace(Some(String::new()));
                        return TokenSinkResult::RawData(RawKind::Rawtext);
                    }
                    "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => {}
                }
            }
            Token::TagToken(tag) => self.close(&tag),
            Token::CharacterTokens(text) => {
                if let Some(open) = self.open.borrow_mut().as_mut() {
                    open.push_str(&text);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn close(&self, tag: &Tag) {
        if let Some(text) = self.open.take() {
            let mut inline = self.inline.borrow_mut();
            if &*tag.name == "script" {
                inline.scripts.insert(hash(&text));
            } else {
                inline.styles.insert(hash(&text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_page_is_allowed_by_its_hash_and_nothing_else_is() {
        // The hash of `alert('Hello, world.');` is the example of the specification.
        let html = "<head><script>alert('Hello, world.');</script><script src=\"a.js\"></script>\
                    <script type=\"application/json\">{}</script><style>p { color: red }</style></head><p style=\"clear: both\">&lt;script&gt;no&lt;/script&gt;";
        let inline = Inline::of(html);
        let scripts: Vec<_> = inline.scripts.iter().map(String::as_str).collect();
        assert_eq!(
            scripts,
            ["sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="]
        );
        assert_eq!((inline.styles.len(), inline.attributes.len()), (1, 1));
        let policy = of_page(html, false);
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'sha256-qzn"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
}
