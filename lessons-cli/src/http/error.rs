//! Why a page could not be fetched, and what to try.

use std::fmt;
use std::io;

use lessons_engine::finding::Message;
use lessons_engine::visible::visible;

use super::Limits;
use crate::commands::texts;

/// A page that could not be fetched.
#[derive(Debug, thiserror::Error)]
pub struct FetchError {
    /// The address that was asked for, safe to print.
    url: String,
    /// Why.
    pub kind: Box<FetchErrorKind>,
    limits: Limits,
}

/// Why a page could not be fetched.
#[derive(Debug)]
pub enum FetchErrorKind {
    /// The address cannot be used.
    Address(String),
    /// A proxy variable cannot be understood, or the proxy refused.
    Proxy {
        /// The variable or the proxy.
        name: String,
        /// What it said.
        why: Option<String>,
    },
    /// The name has no address.
    NoSuchHost {
        /// The host.
        host: String,
    },
    /// No connection could be made, or it broke.
    Connection {
        /// Where to.
        to: String,
        /// The system's words.
        why: String,
    },
    /// Something took too long.
    TimedOut {
        /// What was waited for.
        what: Awaited,
        /// The proxy, if one was in use.
        through: Option<String>,
        /// Whether it is the time for the whole page that is up.
        total: bool,
    },
    /// The certificate was not accepted, or TLS failed otherwise.
    Tls {
        /// The host.
        host: String,
        /// What was wrong.
        why: String,
        /// Whether it is the certificate.
        certificate: bool,
    },
    /// The server answered with a status other than 200.
    Status {
        /// The status.
        status: u16,
        /// The title or first line of what it sent along.
        says: Option<String>,
    },
    /// What came is no text.
    ContentType(String),
    /// The page is longer than any index.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
        /// The length that the server announced.
        said: Option<u64>,
    },
    /// It leads elsewhere too often.
    Redirects(usize),
    /// It leads from https to plain http.
    RedirectToPlain(String),
    /// It came over plain http.
    Plain,
    /// The server does not speak HTTP as it should.
    Protocol(String),
}

/// What was waited for.
#[derive(Debug, Clone, Copy)]
pub enum Awaited {
    /// The address of the host.
    Host,
    /// A connection.
    Connection,
    /// The next part of the page.
    Part,
    /// The first part of the answer.
    Answer,
    /// The whole page.
    Page,
}

impl Awaited {
    /// Its variant in the texts.
    fn key(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Connection => "connection",
            Self::Part => "part",
            Self::Answer => "answer",
            Self::Page => "page",
        }
    }
}

impl FetchErrorKind {
    /// Whether there may be another page to try: this one is not there.
    pub fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::Status {
                status: 403 | 404 | 410,
                ..
            }
        )
    }

    pub(super) fn status(status: u16, body: Option<&str>) -> Self {
        Self::Status {
            status,
            says: body.and_then(gist),
        }
    }

    pub(super) fn of(error: ureq::Error, host: &str, through: Option<String>) -> Self {
        use ureq::{Error, Timeout};
        let host = host.to_owned();
        match error {
            Error::HostNotFound => Self::NoSuchHost { host },
            Error::Timeout(timeout) => Self::TimedOut {
                what: match timeout {
                    Timeout::Resolve => Awaited::Host,
                    Timeout::Connect => Awaited::Connection,
                    Timeout::RecvBody | Timeout::PerRead => Awaited::Part,
                    Timeout::RecvResponse => Awaited::Answer,
                    _ => Awaited::Page,
                },
                through,
                total: matches!(timeout, Timeout::Global | Timeout::PerCall),
            },
            Error::ConnectProxyFailed(why) => Self::Proxy {
                name: through.unwrap_or_else(|| "the proxy".to_owned()),
                why: Some(visible(&why)),
            },
            Error::Rustls(error) => Self::tls(host, &error.to_string()),
            Error::Tls(why) => Self::tls(host, why),
            Error::Io(error) => Self::io(error, host, through),
            Error::ConnectionFailed => Self::Connection {
                to: through.unwrap_or(host),
                why: "no connection".to_owned(),
            },
            Error::BadUri(why) => Self::Address(visible(&why)),
            Error::Decompress(_, error) => match error.downcast::<Error>() {
                Ok(inner) => Self::of(inner, &host, through),
                Err(error) => Self::Protocol(format!("what it packed does not unpack: {error}")),
            },
            other => Self::Protocol(visible(&other.to_string())),
        }
    }

    fn io(error: io::Error, host: String, through: Option<String>) -> Self {
        // ureq and rustls hand their own errors through readers.
        let error = match error.downcast::<ureq::Error>() {
            Ok(inner) => return Self::of(inner, &host, through),
            Err(error) => error,
        };
        if error.kind() == io::ErrorKind::TimedOut {
            return Self::TimedOut {
                what: Awaited::Part,
                through,
                total: false,
            };
        }
        let why = visible(&error.to_string());
        // rustls wraps what it says about a certificate into an I/O error.
        if error.kind() == io::ErrorKind::InvalidData && why.contains("certificate") {
            return Self::tls(host, &why);
        }
        Self::Connection {
            to: through.unwrap_or(host),
            why,
        }
    }

    fn tls(host: String, why: &str) -> Self {
        Self::Tls {
            host,
            why: visible(why),
            certificate: why.contains("certificate"),
        }
    }
}

impl FetchError {
    pub(super) fn new(url: &str, kind: FetchErrorKind, limits: Limits) -> Self {
        // A password that was typed into an address does not belong on a screen.
        let url = match url.split_once("://") {
            Some((scheme, rest)) => match rest.split_once('@') {
                Some((user, rest)) if !user.contains('/') => format!("{scheme}://…@{rest}"),
                _ => url.to_owned(),
            },
            None => url.to_owned(),
        };
        Self {
            url: visible(&url),
            kind: Box::new(kind),
            limits,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = texts();
        let why = texts.sentence(&self.why());
        let failed = Message::shared("fetch-failed");
        f.write_str(&texts.sentence(&failed.arg("url", &self.url).arg("why", why)))
    }
}

impl FetchError {
    /// Why, and what to try.
    fn why(&self) -> Message {
        let text = Message::shared;
        match &*self.kind {
            FetchErrorKind::Address(why) => text("fetch-address").arg("why", why),
            FetchErrorKind::Proxy { name, why: None } => text("fetch-proxy-name").arg("name", name),
            FetchErrorKind::Proxy {
                name,
                why: Some(why),
            } => text("fetch-proxy").arg("name", name).arg("why", why),
            FetchErrorKind::NoSuchHost { host } => text("fetch-no-such-host").arg("host", host),
            FetchErrorKind::Connection { to, why } => {
                text("fetch-connection").arg("to", to).arg("why", why)
            }
            FetchErrorKind::TimedOut {
                what,
                through,
                total,
            } => {
                let limit = if *total {
                    self.limits.total
                } else {
                    self.limits.wait
                };
                let message = match through {
                    Some(through) => text("fetch-timed-out-through").arg("through", through),
                    None => text("fetch-timed-out"),
                };
                message
                    .arg("what", what.key())
                    .arg("seconds", limit.as_secs_f64().to_string())
            }
            FetchErrorKind::Tls {
                host,
                why,
                certificate,
            } => {
                let id = if *certificate {
                    "fetch-certificate"
                } else {
                    "fetch-tls"
                };
                text(id).arg("host", host).arg("why", why)
            }
            FetchErrorKind::Status { status, says } => {
                let message = match says {
                    Some(says) => text("fetch-status-says").arg("says", says),
                    None => text("fetch-status"),
                };
                let kind = match status {
                    404 | 410 => "absent",
                    403 => "forbidden",
                    429 | 503 => "busy",
                    401 | 407 => "asks-who",
                    500.. => "faulty",
                    _ => "other",
                };
                message.arg("status", status.to_string()).arg("kind", kind)
            }
            FetchErrorKind::ContentType(kind) => text("fetch-content-type").arg("kind", kind),
            FetchErrorKind::TooLarge { limit, said } => {
                let message = match said {
                    Some(said) => text("fetch-too-large").arg("said", (said >> 20).to_string()),
                    None => text("fetch-too-large-unsaid"),
                };
                message.arg("limit", (limit >> 20).to_string())
            }
            FetchErrorKind::Redirects(limit) => {
                text("fetch-redirects").arg("limit", limit.to_string())
            }
            FetchErrorKind::RedirectToPlain(to) => text("fetch-redirect-to-plain").arg("to", to),
            FetchErrorKind::Plain => text("fetch-plain"),
            FetchErrorKind::Protocol(why) => text("fetch-protocol").arg("why", why),
        }
    }
}

/// What an error page says in short: its title, else its first words.
fn gist(body: &str) -> Option<String> {
    let body = body
        .get(..body.floor_char_boundary(16 << 10))
        .unwrap_or(body);
    let lower = body.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        let end = lower.get(start..)?.find('<')?;
        body.get(start..start + end)
    });
    let said = title.or_else(|| {
        let is_markup = body.trim_start().starts_with(['<', '{']);
        (!is_markup).then(|| body.trim().lines().next().unwrap_or_default())
    })?;
    let said: String = visible(said.trim()).chars().take(80).collect();
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_is_named_by_its_title() {
        assert_eq!(
            gist("<html><head><TITLE>403 Forbidden</TITLE></head>").as_deref(),
            Some("403 Forbidden")
        );
        assert_eq!(gist("Not found\nmore").as_deref(), Some("Not found"));
        assert_eq!(gist("{\"message\": \"x\"}"), None);
        assert_eq!(gist("<title>"), None);
        assert_eq!(gist(""), None);
    }

    #[test]
    fn a_password_is_not_printed() {
        let limits = Limits::waiting(std::time::Duration::from_secs(1));
        let kind = FetchErrorKind::Address("x".to_owned());
        let error = FetchError::new("https://me:secret@x.org/a", kind, limits).to_string();
        assert!(!error.contains("secret"), "{error}");
        assert!(error.contains("…@x.org/a"), "{error}");
    }
}
