//! Who may ask: pages of this server, in a browser on this computer. A page from elsewhere must neither read what the
//! machine says nor change anything, also where its own name leads to this computer (DNS rebinding).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::policy;
use super::problem::Problem;

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
    is_for_us(app.port, request.uri(), headers)?;
    is_from_us(app.port, request)
}

/// Whether the request is for this server by a name that only this computer has.
fn is_for_us(port: u16, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = hosts.next().and_then(|host| host.to_str().ok());
    let once = hosts.next().is_none();
    let authority = uri.authority().map(Authority::as_str);
    let ours = |name: &str| is_ours(name, port);
    if once && named.is_some_and(ours) && authority.is_none_or(ours) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "this server answers only to this computer's own name",
        format!("open http://127.0.0.1:{port}/ (through a tunnel, use the same port on both ends)"),
    ))
}

/// Whether the request comes from a page of this server, or from no page at all.
fn is_from_us(port: u16, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let refused = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "another page must not ask this server",
            format!("open http://127.0.0.1:{port}/ itself"),
        )
    };
    for origin in headers.get_all(header::ORIGIN) {
        let name = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"));
        if !name.is_some_and(|name| is_ours(name, port)) {
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

/// Whether a host and port is this server's.
fn is_ours(name: &str, port: u16) -> bool {
    let (host, named_port) = match name.rsplit_once(':') {
        Some((host, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, digits.parse().ok())
        }
        _ => (name, Some(80)),
    };
    named_port == Some(port)
        && (host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]")
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

    #[test]
    fn only_names_of_this_computer_with_our_port_are_ours() {
        for name in [
            "localhost:8910",
            "LocalHost:8910",
            "127.0.0.1:8910",
            "[::1]:8910",
        ] {
            assert!(is_ours(name, 8910), "{name}");
        }
        for name in [
            "evil.example",
            "evil.example:8910",
            "localhost",
            "localhost:8911",
            "127.0.0.1.evil.example:8910",
            "localhost.:8910",
            "127.0.0.2:8910",
            "0.0.0.0:8910",
            "[::1]",
            "::1:8910",
            "",
            ":8910",
            "localhost:8910:8910",
            "user@localhost:8910",
            "localhost:",
            "localhost:99999999",
        ] {
            assert!(!is_ours(name, 8910), "{name}");
        }
        assert!(is_ours("localhost", 80));
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
        assert!(is_from_us(8910, &request(Method::POST, "/api/read", &ours)).is_ok());
        assert!(is_from_us(8910, &request(Method::GET, "/api/steps", &[])).is_ok());
        let link = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert!(is_from_us(8910, &request(Method::GET, "/driver.html", &link)).is_ok());
        assert!(is_from_us(8910, &request(Method::GET, "/api/steps", &link)).is_err());
        assert!(is_from_us(8910, &request(Method::POST, "/driver.html", &link)).is_err());
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
                is_from_us(8910, &request(Method::GET, "/api/steps", &headers)).is_err(),
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
