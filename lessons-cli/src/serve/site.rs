//! The pages: built once, kept in memory, found by their exact names.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use lessons_engine::texts::Texts;
use sha2::{Digest as _, Sha256};

use super::policy;
use super::problem::Problem;
use crate::book::{self, Source};
use crate::cards::EngineCards;

/// The page that says that there is no such page.
const NOT_FOUND: &str = "404.html";

/// The one page that another may frame: the list of chapters, where there is no JavaScript.
const FRAMED: &str = "toc.html";

/// All pages and what belongs to them.
pub(super) struct Site {
    pages: HashMap<String, Page>,
}

struct Page {
    body: Bytes,
    kind: &'static str,
    tag: HeaderValue,
    policy: HeaderValue,
}

impl Site {
    /// Builds the book. Every page carries the token, by which its own script proves that it is this server's.
    ///
    /// `program` is this command, by which the book is built in another process: building takes far more memory than
    /// serving, and what a process has freed goes back to the system for certain only when it ends.
    pub(super) fn build(source: &Source, token: &str, program: Option<&Path>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("lessons-")
            .tempdir()
            .context("tried to make a folder to build the book in")?;
        let root = source.unpacked(&folder.path().join("sources"))?;
        let dest = folder.path().join("pages");
        if !program.is_some_and(|program| build_elsewhere(program, &root, &dest)) {
            // Also if it has failed, to say why.
            let cards = Rc::new(EngineCards::new(Texts::english()));
            book::build(&root, Some(&dest), "en", cards)?;
        }
        let mut site = Self {
            pages: HashMap::new(),
        };
        site.add_folder(&dest, "", token)?;
        Ok(site)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str, token: &str) -> Result<()> {
        let read = || format!("tried to read {}", folder.display());
        for entry in fs::read_dir(folder).with_context(read)? {
            let entry = entry.with_context(read)?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = format!("{prefix}{}", name.to_string_lossy());
            if path.is_dir() {
                self.add_folder(&path, &format!("{name}/"), token)?;
            } else if let Some(kind) = kind(&path) {
                let content = fs::read(&path).with_context(read)?;
                let page = Page::new(&name, kind, content, token);
                self.pages.insert(name, page);
            }
        }
        Ok(())
    }

    /// The page with this path, or the one that says that there is none.
    pub(super) fn page(&self, path: &str, asked: &HeaderMap) -> Response<Body> {
        let name = match path.strip_prefix('/') {
            Some("") => "index.html",
            Some(name) => name,
            None => path,
        };
        let (page, status) = match (self.pages.get(name), self.pages.get(NOT_FOUND)) {
            (Some(page), _) => (page, StatusCode::OK),
            (None, Some(page)) => (page, StatusCode::NOT_FOUND),
            (None, None) => {
                let problem =
                    Problem::new(StatusCode::NOT_FOUND, "no such page", "the book is at /");
                return problem.into_response();
            }
        };
        let known = asked
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|tags| tags.to_str().ok())
            .flat_map(|tags| tags.split(','))
            .any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == page.tag.as_bytes());
        let fresh = status == StatusCode::OK && known;
        let mut response = Response::new(if fresh {
            Body::empty()
        } else {
            Body::from(page.body.clone())
        });
        *response.status_mut() = if fresh {
            StatusCode::NOT_MODIFIED
        } else {
            status
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, page.tag.clone());
        headers.insert(header::CONTENT_SECURITY_POLICY, page.policy.clone());
        if !fresh {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page.kind));
        }
        response
    }
}

/// Whether `lessons book build` has built the book.
fn build_elsewhere(program: &Path, root: &Path, dest: &Path) -> bool {
    let ended = Command::new(program)
        .args(["book", "build", "--root"])
        .arg(root)
        .arg("--dest")
        .arg(dest)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ended.is_ok_and(|status| status.success())
}

impl Page {
    fn new(name: &str, kind: &'static str, content: Vec<u8>, token: &str) -> Self {
        let (body, policy) = if kind.starts_with("text/html") {
            let html = String::from_utf8_lossy(&content);
            let meta = format!("<head>\n<meta name=\"lessons-serve\" content=\"{token}\">");
            let html = html.replacen("<head>", &meta, 1);
            let policy = policy::of_page(&html, name == FRAMED);
            (html.into_bytes(), policy)
        } else {
            (content, policy::of_data())
        };
        let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..18]);
        Self {
            // Letters of the URL-safe alphabet are always good in a header.
            tag: HeaderValue::from_str(&format!("\"{hash}\""))
                .unwrap_or(HeaderValue::from_static("\"\"")),
            body: body.into(),
            kind,
            policy,
        }
    }
}

/// The content type of a file of the book; `None` for what no page asks for.
fn kind(path: &Path) -> Option<&'static str> {
    Some(match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site::build(&Source::Bundled, "the-token", None).unwrap()
    }

    fn policy(page: &Page) -> &str {
        page.policy.to_str().unwrap()
    }

    #[test]
    fn the_book_that_came_along_has_its_pages_and_each_carries_the_token() {
        let site = site();
        for name in ["index.html", "driver.html", "torch.html", FRAMED, NOT_FOUND] {
            let page = &site.pages[name];
            let html = std::str::from_utf8(&page.body).unwrap();
            let meta = "<meta name=\"lessons-serve\" content=\"the-token\">";
            assert_eq!(html.matches(meta).count(), 1, "{name}");
            assert!(!policy(page).contains("unsafe-inline"), "{name}");
            let framed = policy(page).contains("frame-ancestors 'self'");
            assert_eq!(framed, name == FRAMED, "{name}");
        }
        let styles = site.pages.values();
        assert!(
            styles
                .filter(|page| page.kind.starts_with("text/css"))
                .count()
                > 3
        );
    }

    #[test]
    fn only_exact_names_are_found() {
        let site = site();
        let status = |path: &str| site.page(path, &HeaderMap::new()).status();
        assert_eq!(status("/"), StatusCode::OK);
        assert_eq!(status("/driver.html"), StatusCode::OK);
        for path in [
            "/../book.toml",
            "/..%2fbook.toml",
            "/%2e%2e/book.toml",
            "//etc/passwd",
            "/driver.html/",
            "/css",
            "",
        ] {
            assert_eq!(status(path), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let site = site();
        let first = site.page("/driver.html", &HeaderMap::new());
        let tag = first.headers()[header::ETAG].clone();
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, tag);
        assert_eq!(
            site.page("/driver.html", &asked).status(),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(site.page("/torch.html", &asked).status(), StatusCode::OK);
    }
}
