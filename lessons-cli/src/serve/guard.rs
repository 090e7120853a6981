//! Who may ask: pages of this server. A page from elsewhere must neither read what the machine says nor change anything,
//! also where its own name leads to this computer (DNS rebinding).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::hosts::Hosts;
use super::policy;
use super::problem::Problem;

/// The address of this computer that a connection came to.
#[derive(Clone, Copy)]
pub(super) struct Reached(pub(super) IpAddr);

/// The header in which a page shows the token that it was served with.
pub(super) const TOKEN_HEADER: &str = "x-lessons-token";

/// The longest that any answer may take; a stream's begins at once.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// Lets through what a page of this server asks, and puts on every answer what a browser has to know.
pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match admit(&app, &request) {
        Ok(()) => match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                "the answer took too long",
                "try again",
            )
            .into_response(),
        },
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert_with(policy::of_data);
    // Asked again each time: a page of yesterday has yesterday's token.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-cache"));
    response
}

/// Whether the request holds the token of this run.
pub(super) fn has_token(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(TOKEN_HEADER).map(HeaderValue::as_bytes);
    if given.is_some_and(|given| is_same(given, app.token.as_bytes())) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "this request does not show the token of this run",
        "load the page again: its token is of an earlier `lessons serve`",
    ))
}

fn admit(app: &App, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let reached = request.extensions().get::<Reached>();
    let reached = reached.map(|reached| reached.0);
    is_for_us(&app.hosts, reached, request.uri(), headers)?;
    is_from_us(&app.hosts, reached, request)
}

/// Whether the request is for this server by one of its names.
fn is_for_us(
    hosts: &Hosts,
    reached: Option<IpAddr>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let ours = |name: &str| hosts.admit(name, reached);
    let mut named = headers.get_all(header::HOST).iter();
    let name = named.next().and_then(|host| host.to_str().ok());
    let once = named.next().is_none();
    let authority = uri.authority().map(Authority::as_str);
    if once && name.is_some_and(ours) && authority.is_none_or(ours) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "this server does not answer to that name",
        format!(
            "open {} (through a tunnel, use the same port on both ends); for another name of this computer, start it with \
             --allow-host NAME or --allow-host NAME:PORT",
            hosts.address
        ),
    ))
}

/// Whether the request comes from a page of this server, or from no page at all.
fn is_from_us(hosts: &Hosts, reached: Option<IpAddr>, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let refused = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "another page must not ask this server",
            format!("open {} itself", hosts.address),
        )
    };
    for origin in headers.get_all(header::ORIGIN) {
        let ours = |origin: &str| hosts.admit_origin(origin, reached);
        if !origin.to_str().is_ok_and(ours) {
            return Err(refused());
        }
    }
    // A link on another page may lead here; nothing else of it may.
    let visit = matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.uri().path().starts_with("/api/")
        && headers
            .get("sec-fetch-mode")
            .is_some_and(|mode| mode == "navigate");
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) if visit => Ok(()),
        Some(_) => Err(refused()),
    }
}

/// Compares in a time that does not tell how much is right.
fn is_same(given: &[u8], right: &[u8]) -> bool {
    given.len() == right.len()
        && given
            .iter()
            .zip(right)
            .fold(0, |differ, (a, b)| differ | (a ^ b))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(request: &Request) -> Result<(), Problem> {
        let hosts = Hosts::new(8910, None, Vec::new());
        is_from_us(&hosts, None, request)
    }

    fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(axum::body::Body::empty()).unwrap()
    }

    #[test]
    fn another_page_may_link_here_and_nothing_else() {
        let ours = [
            ("origin", "http://localhost:8910"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert!(from(&request(Method::POST, "/api/read", &ours)).is_ok());
        assert!(from(&request(Method::GET, "/api/steps", &[])).is_ok());
        let link = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert!(from(&request(Method::GET, "/driver.html", &link)).is_ok());
        assert!(from(&request(Method::GET, "/api/steps", &link)).is_err());
        assert!(from(&request(Method::POST, "/driver.html", &link)).is_err());
        for headers in [
            [("origin", "http://evil.example"), ("x", "")],
            [("origin", "null"), ("x", "")],
            [("origin", "https://localhost:8910"), ("x", "")],
            [("origin", "http://localhost:3000"), ("x", "")],
            [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")],
            [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
            ],
        ] {
            assert!(
                from(&request(Method::GET, "/api/steps", &headers)).is_err(),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_token_is_right_or_not() {
        assert!(is_same(b"abc", b"abc"));
        for wrong in [&b""[..], b"ab", b"abd", b"abcd"] {
            assert!(!is_same(wrong, b"abc"));
        }
    }
}
