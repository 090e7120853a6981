//! Why a page could not be fetched, and what to try.

use std::fmt;
use std::io;

use lessons_engine::visible::visible;

use super::Limits;

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
        what: &'static str,
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
                    Timeout::Resolve => "the address of its host",
                    Timeout::Connect => "a connection",
                    Timeout::RecvBody | Timeout::PerRead => "the next part of the page",
                    Timeout::RecvResponse => "an answer",
                    _ => "the page",
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
                what: "the next part of the page",
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
        let wait = self.limits.wait.as_secs_f64();
        let total = self.limits.total.as_secs_f64();
        write!(f, "tried to fetch {}: ", self.url)?;
        match &*self.kind {
            FetchErrorKind::Address(why) => write!(f, "this address cannot be used: {why}"),
            FetchErrorKind::Proxy { name, why: None } => write!(
                f,
                "the variable {name} does not name a proxy (http://HOST:PORT); correct it, or unset it"
            ),
            FetchErrorKind::Proxy {
                name,
                why: Some(why),
            } => write!(
                f,
                "the proxy {name} does not lead there: {why}; is it the right proxy for this network?"
            ),
            FetchErrorKind::NoSuchHost { host } => write!(
                f,
                "the name {host} has no address here; is this machine online, or behind a proxy that https_proxy should name?"
            ),
            FetchErrorKind::Connection { to, why } => write!(
                f,
                "no connection to {to}: {why}; is this machine online, or behind a proxy that https_proxy should name?"
            ),
            FetchErrorKind::TimedOut {
                what,
                through,
                total: is_total,
            } => {
                let seconds = if *is_total { total } else { wait };
                write!(f, "{what} did not come within {seconds} s")?;
                if let Some(through) = through {
                    write!(f, " through the proxy {through}")?;
                }
                f.write_str("; try again, or allow more with --time-limit SECONDS")
            }
            FetchErrorKind::Tls {
                host,
                why,
                certificate: true,
            } => write!(
                f,
                "the certificate of {host} is not trusted: {why}; if your network has its own certificate authority, add it to the system's (or set SSL_CERT_FILE); never go on without"
            ),
            FetchErrorKind::Tls {
                host,
                why,
                certificate: false,
            } => {
                write!(f, "no secure connection to {host}: {why}")
            }
            FetchErrorKind::Status { status, says } => {
                write!(f, "the server answered {status}")?;
                if let Some(says) = says {
                    write!(f, " ({says})")?;
                }
                match status {
                    404 | 410 => f.write_str("; there is no such page"),
                    403 => f.write_str("; such indexes answer so where a page does not exist, or to addresses that they do not serve"),
                    429 | 503 => f.write_str("; it is busy: try again later"),
                    401 | 407 => f.write_str("; it wants to know who asks, and nobody is told that: give the address of an index that is open to all"),
                    500.. => f.write_str("; the fault is there, or at a proxy before it: try again later, or name another index or mirror"),
                    _ => Ok(()),
                }
            }
            FetchErrorKind::ContentType(kind) => write!(
                f,
                "it answered with {kind}, which is no page of an index; give the address of the page, not of a file on it"
            ),
            FetchErrorKind::TooLarge { limit, said } => {
                match said {
                    Some(said) => write!(f, "the page has {} MiB", said >> 20)?,
                    None => f.write_str("the page goes on and on")?,
                }
                write!(
                    f,
                    ", and no more than {} MiB are read of an index",
                    limit >> 20
                )
            }
            FetchErrorKind::Redirects(limit) => {
                write!(f, "it leads elsewhere more than {limit} times")
            }
            FetchErrorKind::RedirectToPlain(to) => write!(
                f,
                "it leads to {to}, which is not https: anybody on the way could change what comes"
            ),
            FetchErrorKind::Plain => f.write_str(
                "it came over plain http, where anybody on the way could change it; type https://",
            ),
            FetchErrorKind::Protocol(why) => write!(f, "the answer is not good HTTP: {why}"),
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
