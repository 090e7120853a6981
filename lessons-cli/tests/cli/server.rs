//! A server on this machine's loopback that answers, or fails to, as a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request: its path, and its header lines in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    headers: Vec<String>,
}

impl Request {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What a server does with a request.
pub(crate) enum Does {
    /// Answers: the status line's number, the header lines, and the body with its length.
    Answers(u16, Vec<String>, Vec<u8>),
    /// Writes these bytes, and then nothing more while it keeps the connection open.
    Hangs(Vec<u8>),
    /// Writes this head, and then the piece again and again.
    Repeats(String, Vec<u8>),
}

impl Does {
    /// A page.
    pub(crate) fn page(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Answers(
            200,
            vec![format!("Content-Type: {content_type}")],
            body.into(),
        )
    }

    /// A page that says only its status.
    pub(crate) fn status(status: u16) -> Self {
        let body = format!("<html><head><title>{status} as told</title></head></html>");
        Self::Answers(
            status,
            vec!["Content-Type: text/html".to_owned()],
            body.into(),
        )
    }

    /// Leads elsewhere.
    pub(crate) fn leads_to(address: &str) -> Self {
        Self::Answers(302, vec![format!("Location: {address}")], Vec::new())
    }
}

/// A running server. Its thread ends with the test's process.
pub(crate) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server for HTTP.
    pub(crate) fn start(does: impl Fn(&Request) -> Does + Send + Sync + 'static) -> Self {
        Self::with(|stream, answer| answer(&mut { stream }), does)
    }

    /// Starts a server for HTTPS with a certificate of its own, and gives that in PEM.
    pub(crate) fn start_tls(
        does: impl Fn(&Request) -> Does + Send + Sync + 'static,
    ) -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let pem = made.cert.pem();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let config = Arc::new(config);
        let server = Self::with(
            move |stream, answer| {
                let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut secured = rustls::StreamOwned::new(connection, stream);
                answer(&mut secured);
                secured.conn.send_close_notify();
                let _ = secured.flush();
            },
            does,
        );
        (server, pem)
    }

    fn with(
        wrap: impl Fn(TcpStream, &dyn Fn(&mut dyn Stream)) + Send + Sync + 'static,
        does: impl Fn(&Request) -> Does + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let (wrap, does) = (Arc::new(wrap), Arc::new(does));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, wrap, does) = (Arc::clone(&log), Arc::clone(&wrap), Arc::clone(&does));
                thread::spawn(move || {
                    stream
                        .set_read_timeout(Some(Duration::from_secs(20)))
                        .unwrap();
                    wrap(stream, &|stream| serve(stream, &log, &*does));
                });
            }
        });
        Self { port, seen }
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it was asked.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

/// Something that can be read from and written to.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Reads one request and does with it what is to be done. Whoever asked may have gone meanwhile.
fn serve(mut stream: &mut dyn Stream, log: &Mutex<Vec<Request>>, does: &dyn Fn(&Request) -> Does) {
    let mut lines = Vec::new();
    {
        let mut reader = BufReader::new(&mut stream);
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) if line.trim().is_empty() => break,
                Ok(_) => lines.push(line.trim_end().to_owned()),
            }
        }
    }
    if lines.is_empty() {
        return;
    }
    let request = Request {
        path: lines[0].split(' ').nth(1).unwrap_or_default().to_owned(),
        headers: lines[1..].iter().map(|line| line.to_lowercase()).collect(),
    };
    log.lock().unwrap().push(request.clone());
    let _ = match does(&request) {
        Does::Answers(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} As-told\r\nConnection: close\r\n");
            for line in headers {
                head.push_str(&line);
                head.push_str("\r\n");
            }
            if status != 304 {
                head.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            head.push_str("\r\n");
            stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body))
                .and_then(|()| stream.flush())
        }
        Does::Hangs(first) => {
            let written = stream.write_all(&first).and_then(|()| stream.flush());
            thread::sleep(Duration::from_secs(20));
            written
        }
        Does::Repeats(head, piece) => {
            let mut written = stream.write_all(head.as_bytes());
            // Bounded, in case whoever asked never stops reading.
            for _ in 0..4096 {
                written = written.and_then(|()| stream.write_all(&piece));
                if written.is_err() {
                    break;
                }
            }
            written
        }
    };
}
