//! Pages over HTTP, within bounds: of time, of size, of redirects, and of trust.
//!
//! Nothing here runs unless somebody asked for an address. A page is taken over https, its certificate judged by the
//! system's own verifier; plain http is for this machine's own loopback, and elsewhere only leads to https.

use std::io::Read;
use std::time::{Duration, Instant};

use lessons_engine::read::index::{self, absolute};
use lessons_engine::visible::visible;
use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION,
};
use ureq::tls::{RootCerts, TlsConfig};

mod bar;
mod cache;
mod error;
mod proxy;

pub use cache::Cache;
pub use error::{Awaited, FetchError, FetchErrorKind};

use bar::Bar;
use cache::{Entry, Head};

/// The forms of an index, the best first (PEP 691).
const ACCEPTED: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, \
     text/html;q=0.1, */*;q=0.01";

/// What a page may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a connection, an answer, and any pause within one may take.
    pub wait: Duration,
    /// How long a page may take as a whole.
    pub total: Duration,
    /// How many bytes it may have, unpacked.
    pub bytes: usize,
    /// How often it may lead elsewhere.
    pub redirects: usize,
}

impl Limits {
    /// The bounds for an index page, given how long one may wait for anything.
    pub fn waiting(wait: Duration) -> Self {
        Self {
            wait,
            total: wait.saturating_mul(12),
            bytes: index::LONGEST,
            redirects: 5,
        }
    }
}

/// Fetches pages.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    limits: Limits,
    cache: Option<Cache>,
    shows_progress: bool,
}

/// A page that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it was in the end, after redirects.
    pub url: String,
    /// Its text.
    pub text: String,
    /// Whether the server said that it has not changed since it was fetched before.
    pub unchanged: bool,
}

impl Client {
    /// A client. With a cache, a page that has not changed is not sent again.
    pub fn new(limits: Limits, cache: Option<Cache>) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // Each step is looked at here.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("gpu-lessons/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(limits.wait))
            .timeout_resolve(Some(limits.wait))
            .timeout_recv_response(Some(limits.wait))
            .timeout_per_read(Some(limits.wait))
            .timeout_per_write(Some(limits.wait))
            .build()
            .new_agent();
        Self {
            agent,
            limits,
            cache,
            shows_progress: true,
        }
    }

    /// Fetches a page.
    pub fn page(&self, url: &str) -> Result<Page, FetchError> {
        self.fetch(url)
            .map_err(|kind| FetchError::new(url, kind, self.limits))
    }

    fn fetch(&self, url: &str) -> Result<Page, FetchErrorKind> {
        let started = Instant::now();
        let known = self.cache.as_ref().and_then(|cache| cache.find(url));
        let mut at = Address::typed(url)?;
        let mut steps = 0;
        let mut response = loop {
            let response = self.ask(&at, known.as_ref(), started)?;
            let Some(target) = redirect(&response) else {
                break response;
            };
            steps += 1;
            if steps > self.limits.redirects {
                return Err(FetchErrorKind::Redirects(self.limits.redirects));
            }
            at = at.leads_to(&target)?;
        };
        let status = response.status().as_u16();
        if let (304, Some(known)) = (status, known) {
            return Ok(Page {
                url: known.head.final_url,
                text: known.text,
                unchanged: true,
            });
        }
        // What plain http brings, anybody on the way may have written.
        if at.is_plain_elsewhere() {
            return Err(FetchErrorKind::Plain);
        }
        let head = Head::of(url, &at.url, response.headers());
        if status != 200 {
            let says = self.body(&mut response, &at, started).ok();
            return Err(FetchErrorKind::status(status, says.as_deref()));
        }
        if let Some(kind) = head.content_type.as_deref().filter(|kind| !is_text(kind)) {
            return Err(FetchErrorKind::ContentType(visible(kind)));
        }
        let text = self.body(&mut response, &at, started)?;
        if let Some(cache) = &self.cache {
            cache.keep(&Entry {
                head,
                text: text.clone(),
            });
        }
        Ok(Page {
            url: at.url,
            text,
            unchanged: false,
        })
    }

    /// One request.
    fn ask(
        &self,
        at: &Address,
        known: Option<&Entry>,
        started: Instant,
    ) -> Result<Response<ureq::Body>, FetchErrorKind> {
        let left = self.left(started)?;
        let proxy = proxy::for_address(&at.scheme, &at.host, at.port, |name| {
            std::env::var(name).ok()
        })
        .map_err(|name| FetchErrorKind::Proxy { name, why: None })?;
        let through = proxy.as_ref().map(|proxy| proxy.shown.clone());
        let mut request = self.agent.get(&at.url).header(ACCEPT, ACCEPTED);
        if let Some(head) = known.map(|known| &known.head) {
            let marks: [(HeaderName, &Option<String>); 2] = [
                (IF_NONE_MATCH, &head.etag),
                (IF_MODIFIED_SINCE, &head.last_modified),
            ];
            for (name, value) in marks {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
        }
        request
            .config()
            .proxy(proxy.map(|proxy| proxy.proxy))
            .timeout_global(Some(left))
            .build()
            .call()
            .map_err(|error| FetchErrorKind::of(error, &at.host, through))
    }

    /// The body as text; no more of it than the limit is ever held.
    fn body(
        &self,
        response: &mut Response<ureq::Body>,
        at: &Address,
        started: Instant,
    ) -> Result<String, FetchErrorKind> {
        let limit = self.limits.bytes;
        let length = response.body().content_length();
        if length.is_some_and(|length| length > limit as u64) {
            return Err(FetchErrorKind::TooLarge {
                limit,
                said: length,
            });
        }
        let bar = self.shows_progress.then(|| Bar::new(&at.host, length));
        let mut reader = response.body_mut().as_reader();
        let mut bytes = Vec::new();
        let mut piece = vec![0; 64 << 10];
        loop {
            self.left(started)?;
            let length = reader
                .read(&mut piece)
                .map_err(|error| FetchErrorKind::of(error.into(), &at.host, None))?;
            if length == 0 {
                break;
            }
            bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
            if bytes.len() > limit {
                return Err(FetchErrorKind::TooLarge { limit, said: None });
            }
            if let Some(bar) = &bar {
                bar.at(bytes.len());
            }
        }
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    fn left(&self, started: Instant) -> Result<Duration, FetchErrorKind> {
        let left = self.limits.total.saturating_sub(started.elapsed());
        if left.is_zero() {
            Err(FetchErrorKind::TimedOut {
                what: Awaited::Page,
                through: None,
                total: true,
            })
        } else {
            Ok(left)
        }
    }
}

impl Head {
    fn of(asked: &str, found: &str, headers: &HeaderMap) -> Self {
        let header = |name| {
            let value = headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        Self {
            url: asked.to_owned(),
            final_url: found.to_owned(),
            etag: header(ETAG),
            last_modified: header(LAST_MODIFIED),
            content_type: header(CONTENT_TYPE),
        }
    }
}

/// Where a response leads, if it does.
fn redirect(response: &Response<ureq::Body>) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = response.headers().get(LOCATION)?;
    Some(String::from_utf8_lossy(target.as_bytes()).into_owned())
}

/// Whether a content type is one that an index page can have. Servers that know no better call a page a stream of
/// octets.
fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind.is_empty()
        || kind.starts_with("text/")
        || kind == "application/octet-stream"
        || ["json", "xml", "html"].iter().any(|form| {
            kind.strip_prefix("application/")
                .is_some_and(|rest| rest.ends_with(form))
        })
}

/// An address, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    url: String,
    scheme: String,
    host: String,
    port: u16,
}

impl Address {
    /// An address that somebody typed.
    fn typed(url: &str) -> Result<Self, FetchErrorKind> {
        let bad = |why: &str| FetchErrorKind::Address(why.to_owned());
        let url = url.split('#').next().unwrap_or_default().trim();
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        let scheme = scheme.unwrap_or_default().to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            "" => return Err(bad("it does not start with https://")),
            _ => {
                return Err(bad(
                    "only https:// is asked, and http:// on this machine itself",
                ));
            }
        };
        let uri: ureq::http::Uri = url
            .parse()
            .map_err(|error| FetchErrorKind::Address(format!("{error}")))?;
        let authority = uri.authority().ok_or_else(|| bad("it names no host"))?;
        if authority.as_str().contains('@') {
            // It would be printed, cached and sent along; a netrc or a proxy is the place for it.
            return Err(bad(
                "a user name or password does not belong into an address",
            ));
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err(bad("it names no host"));
        }
        Ok(Self {
            url: uri.to_string(),
            scheme,
            host,
            port: authority.port_u16().unwrap_or(default_port),
        })
    }

    /// The address that a redirect leads to.
    fn leads_to(&self, target: &str) -> Result<Self, FetchErrorKind> {
        let next = Self::typed(&absolute(&self.url, target))?;
        if next.scheme == "https" || (self.is_plain_loopback() && next.is_plain_loopback()) {
            Ok(next)
        } else {
            Err(FetchErrorKind::RedirectToPlain(visible(&next.url)))
        }
    }

    fn is_plain_loopback(&self) -> bool {
        self.scheme == "http" && is_loopback(&self.host)
    }

    fn is_plain_elsewhere(&self) -> bool {
        self.scheme == "http" && !is_loopback(&self.host)
    }
}

/// Whether a host is this machine, by its address or by the one name that means it.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_the_own_machine_are_asked() {
        for (url, host, port) in [
            (
                "https://download.pytorch.org/whl/cu126/torch/",
                "download.pytorch.org",
                443,
            ),
            ("HTTPS://PyPI.org:8443/simple", "pypi.org", 8443),
            ("http://127.0.0.1:8000/", "127.0.0.1", 8000),
            ("http://[::1]/x#y", "[::1]", 80),
        ] {
            let address = Address::typed(url).unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port), "{url}");
            assert!(!address.url.contains('#'), "{url}");
        }
        for (url, why) in [
            ("ftp://example.org/", "only https"),
            ("file:///etc/passwd", "only https"),
            ("example.org/simple", "https://"),
            ("https://user:secret@example.org/", "password"),
            ("https:///simple", ""),
            ("https://exa mple.org/", ""),
        ] {
            let Err(FetchErrorKind::Address(said)) = Address::typed(url) else {
                panic!("{url} was taken");
            };
            assert!(said.contains(why), "{url}: {said}");
        }
    }

    #[test]
    fn redirects_lead_to_https_or_stay_on_this_machine() {
        let leads = |from: &str, to: &str| {
            Address::typed(from)
                .unwrap()
                .leads_to(to)
                .map(|address| address.url)
        };
        assert_eq!(
            leads("https://x.org/simple/Torch/?a", "/simple/torch/").unwrap(),
            "https://x.org/simple/torch/"
        );
        assert!(leads("http://x.org/", "https://x.org/").is_ok());
        assert!(leads("http://localhost:1/a", "http://127.0.0.1:2/b").is_ok());
        for (from, to) in [
            ("https://x.org/", "http://x.org/"),
            ("https://x.org/", "http://127.0.0.1/"),
            ("http://127.0.0.1/", "http://x.org/"),
        ] {
            assert!(
                matches!(leads(from, to), Err(FetchErrorKind::RedirectToPlain(_))),
                "{from} {to}"
            );
        }
        assert!(leads("https://x.org/", "javascript:alert(1)").is_err());
    }

    #[test]
    fn only_text_is_a_page() {
        for kind in [
            "text/html; charset=UTF-8",
            "application/vnd.pypi.simple.v1+json",
            "application/vnd.pypi.simple.v1+html",
            "application/json",
            "application/xml",
            "TEXT/plain",
            "application/octet-stream",
            "",
        ] {
            assert!(is_text(kind), "{kind}");
        }
        for kind in [
            "image/png",
            "application/zip",
            "video/mp4",
            "application/pdf",
        ] {
            assert!(!is_text(kind), "{kind}");
        }
    }

    #[test]
    fn loopback_is_told_by_address() {
        for host in ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example.org",
            "128.0.0.1",
            "[::2]",
            "127.0.0.1.nip.io",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
