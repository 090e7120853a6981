//! `lessons serve`, as a browser and as somebody who means it no good see it: a real process, asked over real sockets.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A server of our own, in folders of its own.
struct Server {
    child: Child,
    port: u16,
    home: TempDir,
    said: Mutex<Receiver<String>>,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = lessons(home.path());
        command.args(["serve", "--port", "0"]).args(args);
        Self::run(command, home)
    }

    /// A server that may have this many files open.
    fn start_with_files(files: usize, args: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        let limited = format!("ulimit -n {files}; exec \"$0\" serve --port 0 \"$@\"");
        command
            .args(["-c", &limited, env!("CARGO_BIN_EXE_lessons")])
            .args(args);
        Self::run(at_home(command, home.path()), home)
    }

    fn run(mut command: Command, home: TempDir) -> Self {
        fs::create_dir(home.path().join("project")).unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let address = first.split("http://").nth(1);
        let port = address
            .and_then(|rest| rest.split('/').next()?.rsplit(':').next()?.parse().ok())
            .unwrap_or_else(|| panic!("no address in {first:?}"));
        let (sender, said) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            child,
            port,
            home,
            said: Mutex::new(said),
        }
    }

    fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    /// Sends bytes as they are, and reads one answer.
    fn raw(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect();
        // A server that has refused already need not take the rest.
        let _ = stream.write_all(request.as_ref());
        Answer::read(&mut BufReader::new(stream))
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let port = self.port;
        let length = body.len();
        self.raw(format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The header with the token that this run's pages hold.
    fn token(&self) -> String {
        let page = self.get("/").text();
        let token = page.split("name=\"lessons-serve\" content=\"").nth(1);
        let token = token.unwrap().split('"').next().unwrap();
        assert_eq!(token.len(), 64);
        format!("X-Lessons-Token: {token}\r\n")
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &self.token(), body)
    }

    fn events(&self, query: &str) -> Events {
        let mut stream = self.connect();
        let port = self.port;
        let head = format!("GET /api/events{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            let mut name = String::new();
            // What says how long the next chunk is begins neither with `event: ` nor with `data: `.
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if let Some(event) = line.strip_prefix("event: ") {
                    event.clone_into(&mut name);
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let data = serde_json::from_str(data).unwrap();
                    if sender.send((Instant::now(), name.clone(), data)).is_err() {
                        return;
                    }
                }
            }
        });
        Events(events)
    }

    /// How many files the server has open.
    #[cfg(target_os = "linux")]
    fn files(&self) -> usize {
        let files = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(files).unwrap().count()
    }

    /// The most memory that the server has had so far, in MB.
    #[cfg(target_os = "linux")]
    fn most_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb: usize = line.unwrap().trim_end_matches("kB").trim().parse().unwrap();
        kb / 1024
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// The exit status, which has to come soon.
    fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("it is still there");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command, in a home and a project of its own.
fn lessons(home: &Path) -> Command {
    at_home(Command::new(env!("CARGO_BIN_EXE_lessons")), home)
}

fn at_home(mut command: Command, home: &Path) -> Command {
    command
        .current_dir(home.join("project"))
        .env("LESSONS_HOME", home.join("state"))
        .env("HOME", home)
        // A shell says there where it is, and the checks look there.
        .env("PWD", home.join("project"))
        .env_remove("VIRTUAL_ENV")
        .env_remove("SSH_CONNECTION")
        .env("NO_COLOR", "1");
    command
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn read(stream: &mut impl BufRead) -> Self {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {line:?}"));
        let mut headers = Vec::new();
        loop {
            line.clear();
            stream.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None => break,
            }
        }
        let mut answer = Self {
            status,
            headers,
            body: Vec::new(),
        };
        let length = answer.header("content-length").parse().unwrap_or(0);
        answer.body.resize(length, 0);
        // The answer to HEAD announces a body and has none.
        if stream.read_exact(&mut answer.body).is_err() {
            answer.body.clear();
        }
        answer
    }

    fn header(&self, wanted: &str) -> &str {
        let mut all = self.headers.iter();
        all.find(|(name, _)| name == wanted)
            .map_or("", |(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// It is an error, said in JSON with what to do.
    #[track_caller]
    fn assert_problem(&self, status: u16, what: &str) {
        assert_eq!(self.status, status, "{what}: {}", self.text());
        assert_eq!(self.header("content-type"), "application/json", "{what}");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        for field in ["error", "hint"] {
            assert!(!problem[field].as_str().unwrap().is_empty(), "{what}");
        }
    }
}

struct Events(Receiver<(Instant, String, Value)>);

impl Events {
    /// The next event of a name, and when it came.
    #[track_caller]
    fn next(&self, wanted: &str) -> (Instant, Value) {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.0.recv_timeout(left) {
                Ok((at, name, data)) if name == wanted => return (at, data),
                Ok(_) => {}
                Err(error) => panic!("no event {wanted}: {error}"),
            }
        }
    }

    fn forget(&self) {
        while self.0.recv_timeout(Duration::from_millis(300)).is_ok() {}
    }

    fn have_ended(&self) -> bool {
        loop {
            match self.0.recv_timeout(Duration::from_secs(5)) {
                Ok(_) => {}
                Err(error) => return error == mpsc::RecvTimeoutError::Disconnected,
            }
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn pages_are_served_by_their_exact_names_and_what_a_browser_has_is_not_sent_again() {
    let server = Server::start(&[]);
    let page = server.get("/driver.html");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'sha256-"));
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"));

    let head = server.ask("HEAD", "/driver.html", "", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), page.header("content-length"));
    let tag = format!("If-None-Match: {}\r\n", page.header("etag"));
    let again = server.ask("GET", "/driver.html", &tag, "");
    assert_eq!((again.status, again.body.len()), (304, 0));

    for path in [
        "/..%2fbook.toml",
        "/%2e%2e/book.toml",
        "/../book.toml",
        "/../../../../etc/passwd",
        "//etc/passwd",
        "/css/../../book.toml",
        "/..\\book.toml",
        "/%00",
        "/driver.html%00.css",
        "/driver.html/",
        "/book/src/driver.md",
        "/./driver.html",
        "/DRIVER.HTML",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("[preprocessor"), "{path}");
    }
    server
        .get("/api/../book.toml")
        .assert_problem(404, "below the API");
    server
        .ask("DELETE", "/driver.html", "", "")
        .assert_problem(405, "DELETE");
    server
        .ask("PUT", "/api/steps", "", "")
        .assert_problem(405, "PUT");
}

#[test]
fn nobody_else_is_answered() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    let port = server.port;
    for (hosts, status) in [
        (format!("Host: localhost:{port}\r\n"), 200),
        (format!("Host: LOCALHOST:{port}\r\n"), 200),
        (format!("Host: 127.0.0.1:{port}\r\n"), 200),
        (format!("Host: [::1]:{port}\r\n"), 200),
        ("Host: evil.example\r\n".to_owned(), 403),
        (format!("Host: evil.example:{port}\r\n"), 403),
        (format!("Host: localhost.evil.example:{port}\r\n"), 403),
        ("Host: localhost\r\n".to_owned(), 403),
        ("Host: localhost:1\r\n".to_owned(), 403),
        ("Host: \r\n".to_owned(), 403),
        (
            format!("Host: localhost:{port}\r\nHost: evil.example\r\n"),
            403,
        ),
    ] {
        for path in ["/", "/api/steps", "/api/events?machine=nowhere"] {
            let answer = server.raw(format!("GET {path} HTTP/1.1\r\n{hosts}\r\n"));
            match (status, path) {
                (200, "/api/events?machine=nowhere") => answer.assert_problem(404, &hosts),
                (200, _) => assert_eq!(answer.status, 200, "{hosts} {path}"),
                _ => answer.assert_problem(status, &hosts),
            }
        }
    }
    let absolute = format!("GET http://evil.example/ HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    server
        .raw(absolute)
        .assert_problem(403, "an absolute address");
    server
        .raw("GET / HTTP/1.1\r\n\r\n")
        .assert_problem(403, "no host");

    let token = server.token();
    let mark = "{\"step\":\"torch.installed\",\"action\":\"done\"}";
    for (headers, status) in [
        (format!("Origin: http://127.0.0.1:{port}\r\n"), 200),
        (
            format!("Origin: http://localhost:{port}\r\nSec-Fetch-Site: same-origin\r\n"),
            200,
        ),
        ("Origin: http://evil.example\r\n".to_owned(), 403),
        ("Origin: null\r\n".to_owned(), 403),
        (
            "Origin: http://localhost:3000\r\nSec-Fetch-Site: same-site\r\n".to_owned(),
            403,
        ),
        ("Sec-Fetch-Site: cross-site\r\n".to_owned(), 403),
    ] {
        let with_token = format!("{headers}{token}");
        let answer = server.ask("POST", "/api/progress", &with_token, mark);
        assert_eq!(answer.status, status, "{headers}{}", answer.text());
        let answer = server.ask("POST", "/api/progress", &headers, mark);
        assert_eq!(answer.status, 403, "{headers} without a token");
    }
    let wrong = format!("X-Lessons-Token: {}\r\n", "0".repeat(64));
    for path in ["/api/progress", "/api/steps/driver.installed/check"] {
        server
            .ask("POST", path, &wrong, mark)
            .assert_problem(403, path);
    }
}

#[test]
fn others_are_let_in_only_on_request_and_by_no_other_name() {
    let allow = [
        "--allow-host",
        "gpubox.lan",
        "--allow-host",
        "proxy.lan:443",
    ];
    let server = Server::start(
        &[
            &["--host", "0.0.0.0", "--machine", "hgx-8xh100"],
            &allow[..],
        ]
        .concat(),
    );
    let port = server.port;
    // It says what that means.
    let mut said = String::new();
    while !said.contains("no command") {
        let patience = Duration::from_secs(10);
        said += &server.said.lock().unwrap().recv_timeout(patience).unwrap();
        said.push('\n');
    }
    assert!(said.contains("warning: Others can open it"), "{said}");
    assert!(said.contains("no password"), "{said}");

    // Another address of this computer than the usual one stands for that of a network card.
    let ask = |host: &str, path: &str, headers: &str| {
        let stream = TcpStream::connect(("127.0.0.2", port)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        (&stream).write_all(request.as_bytes()).unwrap();
        Answer::read(&mut BufReader::new(stream))
    };
    for (host, status) in [
        (format!("127.0.0.2:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("0.0.0.0:{port}"), 200),
        (format!("gpubox.lan:{port}"), 200),
        (format!("GPUBOX.lan:{port}"), 200),
        ("proxy.lan".to_owned(), 200),
        ("evil.example".to_owned(), 403),
        (format!("evil.example:{port}"), 403),
        (format!("127.0.0.2.evil.example:{port}"), 403),
        (format!("127.0.0.3:{port}"), 403),
        (format!("other.gpubox.lan:{port}"), 403),
        ("gpubox.lan:1".to_owned(), 403),
        (format!("proxy.lan:{port}"), 403),
        ("127.0.0.2".to_owned(), 403),
    ] {
        for path in ["/", "/api/steps"] {
            assert_eq!(ask(&host, path, "").status, status, "{host} {path}");
        }
    }
    let host = format!("127.0.0.2:{port}");
    let evil = "Origin: http://evil.example\r\n";
    ask(&host, "/api/steps", evil).assert_problem(403, evil);
    let proxied = "Origin: https://proxy.lan\r\n";
    assert_eq!(ask(&host, "/api/steps", proxied).status, 200);
    let mark = "{\"step\":\"torch.installed\",\"action\":\"done\"}";
    server
        .ask("POST", "/api/progress", "", mark)
        .assert_problem(403, "without a token");
    assert_eq!(server.post("/api/progress", mark).status, 200);

    // Without being asked for, nobody else even reaches it.
    let closed = Server::start(&["--machine", "hgx-8xh100"]);
    assert!(TcpStream::connect(("127.0.0.2", closed.port)).is_err());
}

#[test]
fn an_address_that_is_not_there_is_said() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("project")).unwrap();
    let serve = |host: &str| {
        let args = ["serve", "--port", "0", "--host", host];
        let output = lessons(home.path()).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    // An address of documentation, which no computer has.
    let (code, said) = serve("192.0.2.1");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("an address of this computer"), "{said}");
    let (code, said) = serve("http://localhost:8910/");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("without a port"), "{said}");
}

#[test]
fn it_listens_to_ipv6_alone_where_it_is_asked_to() {
    if TcpListener::bind(("::1", 0)).is_err() {
        println!("skipped: this computer has no IPv6");
        return;
    }
    let server = Server::start(&["--host", "[::1]", "--machine", "hgx-8xh100"]);
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
    let stream = TcpStream::connect(("::1", server.port)).unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: [::1]:{}\r\n\r\n", server.port);
    (&stream).write_all(request.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut BufReader::new(stream)).status, 200);
}

#[test]
fn wrong_questions_get_an_error_and_hurt_nobody() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    for path in [
        "/api/steps/nope",
        "/api/steps/driver.nope",
        "/api/nope",
        "/api",
        "/api/",
        "/api/steps?machine=nope",
        "/api/steps?machine=../../etc/passwd",
        "/api/steps?machine=/etc/passwd",
        "/api/steps?machine=%2e%2e%2f",
        "/api/steps/driver.installed?machine=nope",
        "/api/steps/%3Cscript%3E",
        "/api/events?machine=-",
    ] {
        server.get(path).assert_problem(404, path);
    }
    for path in [
        "/api/steps?machine=a&machine=b",
        "/api/steps/%ff",
        "/api/events?machine=a&machine=b",
    ] {
        server.get(path).assert_problem(400, path);
    }
    let deep = "[".repeat(4000);
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("null", 400),
        ("[]", 400),
        (&*deep, 400),
        ("{\"step\":\"driver.installed\"}", 400),
        ("{\"step\":\"driver.installed\",\"action\":\"format\"}", 400),
        (
            "{\"step\":\"driver.installed\",\"action\":\"done\",\"run\":\"reboot\"}",
            400,
        ),
        ("{\"step\":\"nope\",\"action\":\"done\"}", 404),
        ("{\"step\":\"\\u202e<script>\",\"action\":\"done\"}", 404),
    ] {
        let answer = server.post("/api/progress", body);
        answer.assert_problem(status, body);
        assert!(!answer.text().contains('\u{202e}'), "{body}");
    }
    server
        .post("/api/steps/nope/check", "")
        .assert_problem(404, "an unknown step");

    // What is no HTTP is answered or dropped.
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
        b"POST /api/progress HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/progress HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = server.connect();
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        let _ = stream.write_all(garbage);
        let _ = stream.read(&mut [0; 1024]);
    }
    let many: String = (0..5000).fold(String::new(), |all, n| all + &format!("X-{n}: {n}\r\n"));
    let flood = server.ask("GET", "/", &many, "");
    assert!((400..500).contains(&flood.status), "{}", flood.status);
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_pasted_output_is_explained_and_nothing_of_it_is_markup() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    let nvcc = "nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2024 NVIDIA Corporation\n\
                Built on Tue_Oct_29_23:50:19_PDT_2024\nCuda compilation tools, release 12.6, V12.6.85\n\
                Build cuda_12.6.r12.6/compiler.35059454_0\n";
    let plain = server.ask("POST", "/api/read", "", nvcc);
    assert_eq!(plain.status, 200, "{}", plain.text());
    let plain: Value = serde_json::from_slice(&plain.body).unwrap();
    assert_eq!(
        (&plain["kind"], &plain["read"]["release"]),
        (&json!("nvcc"), &json!("12.6"))
    );
    assert!(!plain["fields"].as_array().unwrap().is_empty());
    let kind = "Content-Type: application/json\r\n";
    let body = json!({ "text": nvcc }).to_string();
    let wrapped = server.ask("POST", "/api/read?kind=nvcc", kind, &body);
    assert_eq!(
        serde_json::from_slice::<Value>(&wrapped.body).unwrap(),
        plain
    );

    let evil = nvcc.replace(
        "12.6",
        "12.6<script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}",
    );
    let evil = server.ask("POST", "/api/read?kind=nvcc", "", &evil);
    if evil.status == 200 {
        let evil: Value = serde_json::from_slice(&evil.body).unwrap();
        let html = evil["html"].as_str().unwrap();
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains('\u{202e}'),
            "{html}"
        );
    }

    server
        .ask("POST", "/api/read", "", "")
        .assert_problem(422, "nothing");
    server
        .ask("POST", "/api/read", "", "good morning")
        .assert_problem(422, "no output");
    server
        .ask("POST", "/api/read?kind=elf", "", nvcc)
        .assert_problem(404, "no kind");
    server
        .ask("POST", "/api/read", kind, "{\"text\": 1}")
        .assert_problem(400, "no text");
    server
        .ask("POST", "/api/read", kind, nvcc)
        .assert_problem(400, "no JSON");
    let large = "a".repeat((1 << 20) + 1);
    server
        .ask("POST", "/api/read", "", &large)
        .assert_problem(413, "too much");
}

#[test]
fn a_large_body_is_refused_and_a_slow_request_is_not_waited_for() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    let (port, token) = (server.port, server.token());
    let head = format!("POST /api/progress HTTP/1.1\r\nHost: localhost:{port}\r\n{token}");

    let announced = server.raw(format!("{head}Content-Length: 1000000000\r\n\r\n{{"));
    announced.assert_problem(413, "announced");
    let mut chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    for _ in 0..100 {
        chunked.push_str(&format!("400\r\n{}\r\n", "a".repeat(0x400)));
    }
    chunked.push_str("0\r\n\r\n");
    server.raw(chunked).assert_problem(413, "in chunks");

    thread::scope(|scope| {
        scope.spawn(|| {
            let slow = server.raw(format!("{head}Content-Length: 20\r\n\r\n{{"));
            slow.assert_problem(408, "a slow body");
        });
        scope.spawn(|| {
            let mut stream = server.connect();
            let started = Instant::now();
            let mut write = stream.try_clone().unwrap();
            let drip = thread::spawn(move || {
                for _ in 0..40 {
                    if write.write_all(b"G").is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(500));
                }
            });
            let _ = stream.read_to_end(&mut Vec::new());
            assert!(
                started.elapsed() < Duration::from_secs(15),
                "a head, letter by letter"
            );
            drip.join().unwrap();
        });
        // Meanwhile others are answered.
        thread::sleep(Duration::from_secs(1));
        let started = Instant::now();
        assert_eq!(server.get("/").status, 200);
        assert!(started.elapsed() < Duration::from_secs(1));
    });
}

/// A body of a gigabyte, with its length or in chunks, is not taken in, and refused.
#[test]
#[cfg(target_os = "linux")]
fn a_gigabyte_leaves_no_trace() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    let before = server.most_memory();
    let port = server.port;
    let plain = vec![b'a'; 0x10_0000];
    let chunk = [&b"100000\r\n"[..], &plain, b"\r\n"].concat();
    for (kind, part) in [
        ("Content-Length: 1073741824", &plain),
        ("Transfer-Encoding: chunked", &chunk),
    ] {
        let mut stream = server.connect();
        let head = format!("POST /api/read HTTP/1.1\r\nHost: localhost:{port}\r\n{kind}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut write = stream.try_clone().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                // Until the server has had enough.
                for _ in 0..1024 {
                    if write.write_all(part).is_err() {
                        return;
                    }
                }
            });
            let answer = Answer::read(&mut BufReader::new(&stream));
            answer.assert_problem(413, kind);
            // The rest is nobody's to read.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
    }
    assert_eq!(server.get("/").status, 200);
    let more = server.most_memory() - before;
    assert!(more < 32, "{more} MB");
}

#[test]
fn at_its_limits_it_says_so_and_goes_on_for_the_others() {
    // 72 connections, of which 54 may be streams.
    let server = Server::start_with_files(200, &["--machine", "ubuntu-4x4090"]);
    let streams: Vec<Events> = (0..54).map(|_| server.events("")).collect();
    for stream in &streams {
        stream.next("report");
    }
    server
        .get("/api/events")
        .assert_problem(503, "one stream too many");
    assert_eq!(server.get("/").status, 200);

    let mut idle = Vec::new();
    let refused = loop {
        let mut stream = server.connect();
        let request = format!("GET / HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", server.port);
        stream.write_all(request.as_bytes()).unwrap();
        let answer = Answer::read(&mut BufReader::new(&stream));
        if answer.status != 200 {
            break answer;
        }
        idle.push(stream);
        assert!(idle.len() < 72, "no end of connections");
    };
    refused.assert_problem(503, "one connection too many");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(idle.len() > 8, "{}", idle.len());
    // Who is in is answered still.
    let token = {
        let again = idle.pop().unwrap();
        let request = format!("GET / HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", server.port);
        (&again).write_all(request.as_bytes()).unwrap();
        let page = Answer::read(&mut BufReader::new(again)).text();
        let token = page.split("name=\"lessons-serve\" content=\"").nth(1);
        token.unwrap().split('"').next().unwrap().to_owned()
    };
    thread::sleep(Duration::from_millis(200));
    let headers = format!("X-Lessons-Token: {token}\r\n");
    let checked = server.ask("POST", "/api/steps/smi.runs/check", &headers, "");
    assert_eq!(checked.status, 200);
    for stream in &streams {
        assert_eq!(stream.next("step").1["id"], "smi.runs");
    }
    drop(idle);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn many_slow_requests_keep_nobody_else_from_being_answered() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    let slow: Vec<TcpStream> = (0..200)
        .map(|number| {
            let mut stream = server.connect();
            let begun = if number % 2 == 0 {
                "GET / HT"
            } else {
                "POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            };
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        let started = Instant::now();
        assert_eq!(server.get("/api/steps").status, 200);
        assert!(started.elapsed() < Duration::from_secs(1));
    }
    drop(slow);
}

#[test]
#[cfg(target_os = "linux")]
fn a_page_that_is_gone_leaves_nothing_behind() {
    let server = Server::start(&[]);
    server.events("").next("report");
    let settled = |at_most: usize| {
        let until = Instant::now() + Duration::from_secs(20);
        while server.files() > at_most && Instant::now() < until {
            thread::sleep(Duration::from_millis(100));
        }
        server.files()
    };
    let before = settled(0).min(server.files());
    for _ in 0..3 {
        let gone: Vec<TcpStream> = (0..100)
            .map(|_| {
                let mut stream = server.connect();
                let head = format!(
                    "GET /api/events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
                    server.port
                );
                stream.write_all(head.as_bytes()).unwrap();
                // In the middle of the first event.
                let _ = stream.read(&mut [0; 64]);
                stream
            })
            .collect();
        drop(gone);
    }
    let after = settled(before);
    assert!(after <= before, "{after} files, {before} before");
    let page = server.events("");
    assert_eq!(page.next("report").1["machine"]["kind"], "live");
}

#[test]
fn an_output_of_a_machine_is_shown_or_it_is_said_why_not() {
    let server = Server::start(&["--machine", "hgx-8xh100"]);
    let shown =
        |kind: &str, machine: &str| server.json(&format!("/api/outputs/{kind}?machine={machine}"));
    let smi = shown("smi", "");
    assert_eq!(smi["machine"]["name"], "hgx-8xh100");
    assert_eq!(smi["command"], "nvidia-smi");
    assert!(smi["html"].as_str().unwrap().contains("class=\"field\""));
    assert!(smi["drawn"].as_str().unwrap().contains("NVML"));
    assert_eq!(smi["why"], Value::Null);
    let topo = shown("topo", "ubuntu-4xa6000-nvlink");
    assert!(topo["picture"].as_str().unwrap().starts_with("<svg"));
    assert_eq!(topo["drawn"], Value::Null);
    let none = shown("smi", "ubuntu-mismatch");
    assert_eq!(none["html"], Value::Null);
    assert!(
        none["why"]
            .as_str()
            .unwrap()
            .contains("LibRmVersionMismatch")
    );
    // Of this machine too, whatever it has.
    for kind in ["smi", "topo", "drivers", "nvcc", "wheel"] {
        let own = shown(kind, "this-machine");
        assert_eq!(own["machine"]["kind"], "live", "{kind}");
        assert_ne!(own["html"].is_null(), own["why"].is_null(), "{own}");
        assert!(!own.to_string().contains("not in this recording"), "{own}");
    }
    for path in [
        "/api/outputs/elf",
        "/api/outputs/index",
        "/api/outputs/",
        "/api/outputs/smi?machine=nope",
        "/api/outputs/..%2fsmi",
    ] {
        server.get(path).assert_problem(404, path);
    }
    server
        .get("/api/outputs/%ff")
        .assert_problem(400, "no text");
}

#[test]
fn the_wheel_of_this_machine_s_torch_is_named() {
    let server = Server::start(&[]);
    let site = server.project().join(".venv/lib/python3.11/site-packages");
    let record = site.join("torch-2.9.1+cu126.dist-info");
    fs::create_dir_all(&record).unwrap();
    fs::create_dir(server.project().join(".venv/bin")).unwrap();
    std::os::unix::fs::symlink("/bin/sh", server.project().join(".venv/bin/python")).unwrap();
    let settings = "home = /usr/bin\nversion = 3.11.2\n";
    fs::write(server.project().join(".venv/pyvenv.cfg"), settings).unwrap();
    fs::write(
        record.join("WHEEL"),
        "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n",
    )
    .unwrap();
    let wheel = server.json("/api/outputs/wheel");
    assert_eq!(wheel["command"], Value::Null);
    let drawn = wheel["drawn"].as_str().unwrap_or_else(|| panic!("{wheel}"));
    assert!(
        drawn.contains("torch-2.9.1+cu126.dist-info/WHEEL"),
        "{drawn}"
    );
    assert!(wheel["html"].as_str().unwrap().contains("manylinux_2_28"));
}

#[test]
fn a_recording_in_a_file_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    let text = include_str!("../../exercises/machines/ubuntu-4x4090.json");
    let write = |change: &dyn Fn(&mut Value)| {
        let mut machine: Value = serde_json::from_str(text).unwrap();
        change(&mut machine);
        fs::write(folder.path().join("new"), machine.to_string()).unwrap();
        fs::rename(folder.path().join("new"), &file).unwrap();
    };
    write(&|_| {});
    let server = Server::start(&["--machine", file.to_str().unwrap()]);
    let events = server.events("");
    let (_, report) = events.next("report");
    assert_eq!(report["schema"], "lessons-check/1");
    assert_eq!(report["totals"]["fail"], 0);
    assert_eq!(
        report["progress"]["driver.installed"],
        json!({"state": "open"})
    );
    events.forget();

    let mut times = Vec::new();
    for round in 0..9 {
        let nouveau = round % 2 == 0;
        let changed = Instant::now();
        write(&|machine| {
            let module = if nouveau {
                "nouveau 1 0 - Live 0x0\n"
            } else {
                "nvidia 1 0 - Live 0x0\n"
            };
            machine["files"]["/proc/modules"] = json!({"text": module});
        });
        let (at, step) = events.next("step");
        times.push(at.duration_since(changed));
        assert_eq!(step["schema"], "lessons-serve-step/1");
        events.forget();
    }
    assert!(
        median(times.clone()) <= Duration::from_millis(150),
        "{times:?}"
    );

    // A file that is being written, or that is gone, is said; what was known stays.
    fs::write(&file, "{\"format\":").unwrap();
    let (_, problem) = events.next("problem");
    assert!(
        problem["error"].as_str().unwrap().contains("mine.json"),
        "{problem}"
    );
    assert_eq!(server.json("/api/steps")["machine"]["kind"], "recording");
    write(&|machine| {
        machine["nvml"]["ok"]["gpus"][0]["name"] = json!("<script>alert(1)</script>\u{202e}");
    });
    assert_eq!(events.next("problem").1, Value::Null);
    let answer = server.get("/api/steps");
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.text().contains('\u{202e}'));
    fs::remove_file(&file).unwrap();
    assert!(events.next("problem").1["error"].is_string());
    assert_eq!(server.get("/").status, 200);

    // It is one of the machines, by a name that is no path; the others can be asked for.
    let machines = server.json("/api/machines");
    assert_eq!(machines["serving"], "served-recording");
    for machine in ["this-machine", "served-recording", "ubuntu-fresh-nouveau"] {
        let steps = server.json(&format!("/api/steps?machine={machine}"));
        assert!(steps["steps"].as_array().unwrap().len() >= 36, "{machine}");
    }
}

#[test]
fn a_change_of_this_machine_reaches_every_page() {
    let server = Server::start(&[]);
    let pages: Vec<Events> = (0..8).map(|_| server.events("")).collect();
    for page in &pages {
        assert_eq!(page.next("report").1["machine"]["kind"], "live");
    }
    pages[0].forget();
    let venv = server.project().join(".venv");
    let mut times = Vec::new();
    for round in 0..7 {
        let changed = Instant::now();
        if round % 2 == 0 {
            fs::create_dir_all(venv.join("lib/python3.11/site-packages")).unwrap();
            fs::create_dir(venv.join("bin")).unwrap();
            std::os::unix::fs::symlink("/bin/sh", venv.join("bin/python")).unwrap();
            fs::write(
                venv.join("pyvenv.cfg"),
                "home = /usr/bin\nversion = 3.11.2\n",
            )
            .unwrap();
        } else {
            fs::remove_dir_all(&venv).unwrap();
        }
        let (at, step) = pages[0].next("step");
        times.push(at.duration_since(changed));
        assert!(step["id"].as_str().unwrap().starts_with("torch."), "{step}");
        pages[0].forget();
    }
    assert!(
        median(times.clone()) <= Duration::from_millis(150),
        "{times:?}"
    );
    for page in &pages[1..] {
        page.next("step");
    }

    // Checking now tells every page, also where nothing has changed.
    pages.iter().for_each(Events::forget);
    let answer = server.post("/api/steps/topology.numa/check", "");
    let checked: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(checked["id"], "topology.numa");
    for page in &pages {
        assert_eq!(page.next("step").1["id"], "topology.numa");
    }
}

#[test]
fn the_terminal_next_to_it_and_the_page_share_progress() {
    let server = Server::start(&["--machine", "ubuntu-4x4090"]);
    let events = server.events("");
    events.next("report");
    let state = |progress: &Value| progress["progress"]["torch.installed"]["state"].clone();

    let done = lessons(server.home.path())
        .args(["done", "torch.installed"])
        .output()
        .unwrap();
    assert!(done.status.success());
    assert_eq!(state(&events.next("progress").1), "by-hand");
    assert_eq!(state(&server.json("/api/steps")), "by-hand");

    let skip = server.post(
        "/api/progress",
        "{\"step\":\"torch.installed\",\"action\":\"skip\"}",
    );
    assert_eq!(
        state(&serde_json::from_slice(&skip.body).unwrap()),
        "skipped"
    );
    assert_eq!(state(&events.next("progress").1), "skipped");
    let list = lessons(server.home.path())
        .args(["list", "--json"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&list.stdout).contains("\"skipped\""));

    // Removed under its hands: it says so and goes on.
    fs::remove_dir_all(server.home.path().join("state")).unwrap();
    // The file goes before its folder, so there may be an event of that as well.
    let gone = loop {
        let (_, progress) = events.next("progress");
        if progress["notice"].is_string() {
            break progress;
        }
    };
    assert!(
        gone["notice"].as_str().unwrap().contains("was removed"),
        "{gone}"
    );
    assert_eq!(state(&gone), "open");
    let said = server
        .said
        .lock()
        .unwrap()
        .recv_timeout(Duration::from_secs(5))
        .unwrap();
    assert!(said.contains("was removed"), "{said}");
    let done = server.post(
        "/api/progress",
        "{\"step\":\"torch.installed\",\"action\":\"done\"}",
    );
    assert_eq!(done.status, 200);
    assert_eq!(state(&events.next("progress").1), "by-hand");
    assert!(server.home.path().join("state/progress.json").exists());
}

#[test]
fn it_ends_with_its_streams() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(&[]);
        let events = server.events("");
        events.next("report");
        let idle = server.connect();
        let started = Instant::now();
        server.signal(signal);
        assert_eq!(server.ended(), Some(0), "{signal}");
        assert!(started.elapsed() < Duration::from_secs(3), "{signal}");
        assert!(events.have_ended());
        drop(idle);
    }
}

#[test]
fn a_port_that_is_taken_is_said_with_who_has_it_and_which_is_free() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("project")).unwrap();
    let serve = lessons(home.path())
        .args(["serve", "--port", &port.to_string()])
        .output()
        .unwrap();
    assert_eq!(serve.status.code(), Some(4));
    let said = String::from_utf8_lossy(&serve.stderr);
    assert!(said.contains(&format!("port {port}")), "{said}");
    if cfg!(target_os = "linux") {
        let us = format!("(process {})", std::process::id());
        assert!(said.contains(&us), "{said}");
    }
    assert!(said.contains("lessons serve --port "), "{said}");
}

#[test]
fn what_the_api_gives_is_as_it_is_described() {
    let server = Server::start(&["--machine", "ubuntu-secure-boot"]);
    let description = server.json("/api/openapi.json");
    let valid = |document: &Value, schema: &str| {
        let schema = json!({
            "$ref": format!("#/components/schemas/{schema}"),
            "components": description["components"],
        });
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(document)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    };
    for machine in ["this-machine", "ubuntu-secure-boot", "hgx-8xh100"] {
        let steps = server.json(&format!("/api/steps?machine={machine}"));
        valid(&steps, "lessons-check");
        for step in steps["steps"].as_array().unwrap() {
            let id = step["id"].as_str().unwrap();
            let one = server.json(&format!("/api/steps/{id}?machine={machine}"));
            valid(&one, "lessons-serve-step");
        }
    }
    valid(&server.json("/api/machines"), "lessons-machines");
    for kind in ["smi", "topo", "drivers", "nvcc", "wheel"] {
        for machine in ["this-machine", "ubuntu-4xa6000-nvlink"] {
            let output = server.json(&format!("/api/outputs/{kind}?machine={machine}"));
            valid(&output, "lessons-serve-output");
        }
    }
    let read = server.ask(
        "POST",
        "/api/read",
        "",
        "torch-2.9.1+cu126-cp311-cp311-win_amd64.whl",
    );
    valid(
        &serde_json::from_slice(&read.body).unwrap(),
        "lessons-serve-read",
    );
    let problem = server.get("/api/nope");
    valid(&serde_json::from_slice(&problem.body).unwrap(), "Problem");
    let changed = server.post(
        "/api/progress",
        "{\"step\":\"smi.runs\",\"action\":\"done\"}",
    );
    valid(
        &serde_json::from_slice(&changed.body).unwrap(),
        "ProgressDocument",
    );
}
