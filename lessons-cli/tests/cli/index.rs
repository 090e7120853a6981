//! `lessons torch wheels --index`: indexes as they are found, and as they fail, on a server of this machine.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::reader::{Reader, Said};
use crate::server::{Does, Server};

const HTML: &str = "<!DOCTYPE html><html><body>\
    <a href=\"/whl/cu126/torch-2.9.1%2Bcu126-cp311-cp311-manylinux_2_28_x86_64.whl#sha256=0000000000000000000000000000000000000000000000000000000000000000\">a</a>\
    <a href=\"torch-2.10.0%2Bcu126-cp311-cp311-win_amd64.whl\">b</a>\
    <a href=\"torch-2.10.0%2Bcu126-cp311-cp311-win_amd64.whl\">twice</a>\
    <a href=\"torch-nonsense.whl\">c</a><a href=\"data:,torch-9.0-py3-none-any.whl\">d</a></body></html>";

const JSON: &str = r#"{"meta": {"api-version": "1.1"}, "name": "torch", "files": [
    {"filename": "torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl", "url": "https://files.example.org/t.whl", "hashes": {}, "size": 539000000, "yanked": false},
    {"filename": "torch-2.14.0-cp311-cp311-manylinux_2_28_x86_64.whl", "url": "https://files.example.org/u.whl", "hashes": {}, "yanked": "broken"}]}"#;

const WHEELS: [&str; 4] = ["torch", "wheels", "--python", "3.11"];

/// Runs `lessons torch wheels --index URL`.
fn asked(reader: &Reader, exit: i32, url: &str, more: &[&str], env: &[(&str, &str)]) -> Said {
    let words = WHEELS.into_iter().chain(["--index", url]);
    said(reader, exit, words.chain(more.iter().copied()), env)
}

/// Runs `lessons torch plan --live --mirror URL` for a machine on which torch 2.14.1 of cu126 is the best.
fn planned(reader: &Reader, exit: i32, url: &str, more: &[&str], env: &[(&str, &str)]) -> Said {
    let machine = [
        "--gpu",
        "L4",
        "--driver",
        "560.35.03",
        "--python",
        "3.11",
        "--os",
        "linux",
        "--arch",
        "x86_64",
        "--libc",
        "2.36",
    ];
    let words = ["torch", "plan", "--live", "--mirror", url].into_iter();
    said(
        reader,
        exit,
        words.chain(machine).chain(more.iter().copied()),
        env,
    )
}

/// Runs a command without whatever proxy the tests' surroundings have.
fn said<'a>(
    reader: &Reader,
    exit: i32,
    words: impl IntoIterator<Item = &'a str>,
    env: &[(&str, &str)],
) -> Said {
    let mut command = reader.lessons(words);
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.envs(env.iter().copied());
    Said::by(exit, &mut command)
}

fn versions(said: &Said) -> Vec<String> {
    let Json::Array(releases) = &said.json()["releases"] else {
        panic!("no releases: {}", said.out);
    };
    releases
        .iter()
        .map(|release| release["version"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_index_is_asked_for_the_projects_page_as_json_first() {
    let server = Server::start(|request| match request.path.as_str() {
        "/simple/torch/" => Does::page("application/vnd.pypi.simple.v1+json", JSON),
        _ => Does::status(404),
    });
    let said = asked(&Reader::new(), 0, &server.url("/simple"), &["--json"], &[]).quietly();
    assert_eq!(versions(&said), ["2.15.0", "2.14.0"]);
    let json = said.json();
    assert_eq!(json["releases"][0]["wheels"][0]["size"], 539_000_000);
    assert_eq!(json["releases"][1]["wheels"][0]["yanked"], "broken");
    assert_eq!(json["sources"][0]["whole"], true);
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    let accept = seen[0].header("accept").unwrap();
    assert!(
        accept.starts_with("application/vnd.pypi.simple.v1+json"),
        "{accept}"
    );
    assert!(
        seen[0]
            .header("user-agent")
            .unwrap()
            .starts_with("gpu-lessons/")
    );
}

#[test]
fn a_folder_of_files_is_read_where_there_is_no_projects_page() {
    for status in [404, 403] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/pytorch-wheels/cu126/" => Does::page("text/html", HTML),
            _ => Does::status(status),
        });
        let url = server.url("/pytorch-wheels/cu126");
        let said = asked(&Reader::new(), 0, &url, &["--json"], &[]).quietly();
        assert_eq!(versions(&said), ["2.10.0+cu126", "2.9.1+cu126"]);
        let json = said.json();
        assert_eq!(json["sources"][0]["repository"], "cu126");
        assert_eq!(json["sources"][0]["whole"], false);
        let wheels = json["releases"][0]["wheels"].as_array().unwrap();
        assert_eq!(wheels.len(), 1, "the same file twice is one file");
        assert_eq!(
            wheels[0]["url"],
            server.url("/pytorch-wheels/cu126/torch-2.10.0%2Bcu126-cp311-cp311-win_amd64.whl")
        );
    }
}

#[test]
fn a_page_that_has_not_changed_is_not_sent_again() {
    let server = Server::start(|request| {
        if request.header("if-none-match") == Some("\"one\"") {
            return Does::Answers(304, Vec::new(), Vec::new());
        }
        let headers = vec![
            "Content-Type: text/html".to_owned(),
            "ETag: \"one\"".to_owned(),
        ];
        Does::Answers(200, headers, HTML.into())
    });
    let reader = Reader::new();
    let url = server.url("/whl/cu126/torch/");
    let first = asked(&reader, 0, &url, &["--json"], &[]).quietly();
    let second = asked(&reader, 0, &url, &["--json"], &[]).quietly();
    assert_eq!(first.out, second.out);
    let marks = |server: &Server| -> Vec<bool> {
        server
            .seen()
            .iter()
            .map(|request| request.header("if-none-match").is_some())
            .collect()
    };
    assert_eq!(marks(&server), [false, true]);

    // A damaged page is as good as none.
    let pages = fs::read_dir(reader.state().join("pages")).unwrap();
    for page in pages {
        let page = page.unwrap().path();
        let bytes = fs::read(&page).unwrap();
        fs::write(&page, &bytes[..bytes.len() - 3]).unwrap();
    }
    let third = asked(&reader, 0, &url, &["--json"], &[]).quietly();
    assert_eq!(first.out, third.out);
    assert_eq!(marks(&server), [false, true, false]);
}

#[test]
fn packed_pages_are_unpacked_within_the_limit() {
    fn packed(pieces: usize, piece: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..pieces {
            packer.write_all(piece).unwrap();
        }
        packer.finish().unwrap()
    }
    let bomb = packed(200, &vec![b' '; 1 << 20]);
    assert!(bomb.len() < 2 << 20);
    let server = Server::start(move |request| {
        let headers = vec![
            "Content-Type: text/html".to_owned(),
            "Content-Encoding: gzip".to_owned(),
        ];
        let body = match request.path.as_str() {
            "/good/torch/" => packed(1, HTML.as_bytes()),
            "/bad/torch/" => b"no gzip at all".to_vec(),
            _ => bomb.clone(),
        };
        Does::Answers(200, headers, body)
    });
    let reader = Reader::new();
    let said = asked(&reader, 0, &server.url("/good/torch/"), &["--json"], &[]);
    assert_eq!(versions(&said).len(), 2);
    assert!(
        server.seen()[0]
            .header("accept-encoding")
            .unwrap()
            .contains("gzip")
    );
    asked(&reader, 4, &server.url("/bomb/torch/"), &[], &[]).explains("no more than 64 MiB");
    asked(&reader, 4, &server.url("/bad/torch/"), &[], &[]).explains("tried to fetch");
}

#[test]
fn a_page_without_end_is_refused() {
    let server = Server::start(|request| match request.path.as_str() {
        "/announced/torch/" => Does::Hangs(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 524288000\r\n\r\n"
                .to_vec(),
        ),
        _ => Does::Repeats(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_owned(),
            vec![b' '; 1 << 20],
        ),
    });
    let reader = Reader::new();
    let started = Instant::now();
    asked(&reader, 4, &server.url("/announced/torch/"), &[], &[]).explains("500 MiB");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "nothing of it is read"
    );
    asked(&reader, 4, &server.url("/endless/torch/"), &[], &[]).explains("no more than 64 MiB");
}

#[test]
fn redirects_are_followed_so_far_and_not_to_plain_http() {
    let server = Server::start(|request| match request.path.as_str() {
        "/simple/torch/" => Does::leads_to("../other/torch/?x=1"),
        "/simple/other/torch/?x=1" => Does::page("text/html", HTML),
        "/plain/torch/" => Does::leads_to("http://example.org/torch/"),
        "/script/torch/" => Does::leads_to("javascript:alert(1)"),
        _ => Does::leads_to("/round/torch/"),
    });
    let reader = Reader::new();
    let said = asked(&reader, 0, &server.url("/simple"), &["--json"], &[]);
    assert_eq!(
        said.json()["releases"][0]["wheels"][0]["url"],
        server.url("/simple/other/torch/torch-2.10.0%2Bcu126-cp311-cp311-win_amd64.whl")
    );
    asked(&reader, 4, &server.url("/plain/torch/"), &[], &[]).explains("not https");
    asked(&reader, 4, &server.url("/script/torch/"), &[], &[]).explains("cannot be used");
    let before = server.seen().len();
    asked(&reader, 4, &server.url("/round/torch/"), &[], &[]).explains("more than 5 times");
    assert_eq!(server.seen().len() - before, 6);
}

#[test]
fn a_server_that_hangs_is_left() {
    let server = Server::start(|request| match request.path.as_str() {
        "/silent/torch/" => Does::Hangs(Vec::new()),
        _ => Does::Hangs(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<a ".to_vec(),
        ),
    });
    let reader = Reader::new();
    for path in ["/silent/torch/", "/halfway/torch/"] {
        let started = Instant::now();
        asked(&reader, 4, &server.url(path), &["--time-limit", "0.5"], &[])
            .explains("did not come within 0.5 s");
        assert!(started.elapsed() < Duration::from_secs(8), "{path}");
    }
}

#[test]
fn a_proxy_is_used_and_blamed() {
    let hung = Server::start(|_| Does::Hangs(Vec::new()));
    let refusing = Server::start(|_| Does::status(403));
    let reader = Reader::new();
    let url = "https://index.invalid/simple";
    let proxy = format!("http://me:secret@127.0.0.1:{}", hung.port());
    let started = Instant::now();
    let said = asked(
        &reader,
        4,
        url,
        &["--time-limit", "0.5"],
        &[("https_proxy", &proxy)],
    )
    .explains(&format!("through the proxy 127.0.0.1:{}", hung.port()));
    assert!(!said.err.contains("secret"), "{}", said.err);
    assert!(started.elapsed() < Duration::from_secs(8));
    assert_eq!(hung.seen()[0].path, "index.invalid:443");

    let proxy = format!("http://127.0.0.1:{}", refusing.port());
    asked(&reader, 4, url, &[], &[("HTTPS_PROXY", &proxy)]).explains(&format!(
        "the proxy 127.0.0.1:{} does not lead there",
        refusing.port()
    ));
    asked(&reader, 4, url, &[], &[("https_proxy", "gopher://x")])
        .explains("the variable https_proxy");
    // A listed host is asked directly.
    let server = Server::start(|_| Does::page("text/html", HTML));
    asked(
        &reader,
        0,
        &server.url("/torch/"),
        &[],
        &[("http_proxy", &proxy), ("no_proxy", "127.0.0.1")],
    );
}

#[test]
fn no_network_is_said_and_what_to_look_at() {
    let reader = Reader::new();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    asked(
        &reader,
        4,
        &format!("http://127.0.0.1:{closed}/simple"),
        &[],
        &[],
    )
    .explains("no connection to 127.0.0.1")
    .explains("https_proxy");
}

#[test]
fn a_certificate_is_judged_by_the_systems_authorities() {
    let (server, pem) = Server::start_tls(|_| Does::page("text/html", HTML));
    let reader = Reader::new();
    let url = format!("https://localhost:{}/torch/", server.port());
    asked(&reader, 4, &url, &[], &[])
        .explains("the certificate of localhost is not trusted")
        .explains("never go on without");
    assert!(server.seen().is_empty(), "nothing was asked of it");
    if cfg!(target_os = "linux") {
        // As an administrator adds the authority of a company.
        let file = reader.file("authority.pem", pem);
        let said = asked(
            &reader,
            0,
            &url,
            &["--json"],
            &[("SSL_CERT_FILE", file.to_str().unwrap())],
        );
        assert_eq!(versions(&said).len(), 2);
    }
}

#[test]
fn what_is_no_index_is_refused_by_what_it_is() {
    let server = Server::start(|request| match request.path.as_str() {
        "/picture/torch/" => Does::page("image/png", "x"),
        "/error/torch/" => Does::page(
            "text/html",
            "<html><head><title>Sign in</title></head><body>please</body></html>",
        ),
        "/site/torch/" => Does::page(
            "text/html",
            "<a href=/about>about</a><a href='https://x.org/'>x</a>",
        ),
        "/numpy/torch/" => Does::page(
            "text/html",
            "<a href=numpy-2.0.0-cp311-cp311-win_amd64.whl>n</a>",
        ),
        "/new/torch/" => Does::page(
            "application/json",
            r#"{"meta": {"api-version": "2.0"}, "files": []}"#,
        ),
        "/busy/torch/" => Does::status(503),
        "/gateway/torch/" => Does::status(502),
        _ => Does::status(404),
    });
    let reader = Reader::new();
    for (path, exit, words) in [
        ("/picture/torch/", 4, "image/png"),
        ("/error/torch/", 4, "it is a page without links"),
        ("/site/torch/", 4, "none of its 2 links"),
        ("/new/torch/", 4, "2.0"),
        ("/busy/torch/", 4, "503 (503 as told); it is busy"),
        (
            "/gateway/torch/",
            4,
            "502 (502 as told); the fault is there",
        ),
        (
            "/none/torch/",
            4,
            "404 (404 as told); there is no such page",
        ),
        ("/none", 4, "404"),
    ] {
        asked(&reader, exit, &server.url(path), &[], &[]).explains(words);
    }
    asked(&reader, 1, &server.url("/numpy/torch/"), &[], &[]).shows("numpy");
}

#[test]
fn addresses_are_taken_as_they_are_meant() {
    let reader = Reader::new();
    for (url, exit, words) in [
        ("ftp://example.org/simple", 4, "only https://"),
        (
            "https://me:secret@example.org/simple",
            4,
            "does not belong into an address",
        ),
        ("nowhere/at/all.html", 4, "no such file"),
        ("nonsense", 2, "nju"),
        ("nju", 2, "--cuda"),
    ] {
        let said = asked(&reader, exit, url, &[], &[]).explains(words);
        assert!(!said.err.contains("secret"), "{}", said.err);
    }
}

#[test]
fn files_and_folders_are_indexes_too() {
    let reader = Reader::new();
    let page = reader.file("torch.html", HTML);
    let said = asked(&reader, 0, page.to_str().unwrap(), &["--json"], &[]).quietly();
    assert_eq!(versions(&said), ["2.10.0+cu126", "2.9.1+cu126"]);
    let address = format!("file://{}", page.display());
    assert_eq!(
        versions(&asked(&reader, 0, &address, &["--json"], &[])).len(),
        2
    );

    let folder = reader.place("wheelhouse");
    fs::create_dir_all(folder.join("below")).unwrap();
    fs::write(folder.join("README.txt"), "nothing").unwrap();
    fs::write(
        folder.join("below/torch-2.8.0+cu128-cp311-cp311-linux_x86_64.whl"),
        "12345",
    )
    .unwrap();
    fs::write(folder.join("saved.json"), JSON).unwrap();
    let said = asked(&reader, 0, folder.to_str().unwrap(), &["--json"], &[]).quietly();
    assert_eq!(versions(&said), ["2.15.0", "2.14.0", "2.8.0+cu128"]);
    assert_eq!(said.json()["releases"][2]["wheels"][0]["size"], 5);

    let empty = reader.place("empty");
    fs::create_dir(&empty).unwrap();
    asked(&reader, 4, empty.to_str().unwrap(), &[], &[]).explains("no wheel lies in it");
    asked(&reader, 4, "/nonexistent/page.html", &[], &[]).explains("no such file");
    let zeros = reader.file("zeros.html", vec![0_u8; 100]);
    asked(&reader, 4, zeros.to_str().unwrap(), &[], &[]).explains("as a page of an index");
}

#[test]
fn an_answer_is_shown_as_people_read_it() {
    let reader = Reader::new();
    let page = reader.file("torch.json", JSON);
    let said = asked(&reader, 0, page.to_str().unwrap(), &[], &[]).quietly();
    insta::assert_snapshot!(said.out.replace(&page.display().to_string(), "torch.json"));
    let none = reader
        .run(1, ["torch", "wheels", "--cuda", "9.0", "--python", "3.14"])
        .quietly();
    insta::assert_snapshot!(none.out);
}

/// A project's page below `/whl/TAG/`, which has these versions for the system of [`planned`].
fn folder(path: &str, versions: &[(&str, &str, &str)]) -> Does {
    let [tag, project] = *path
        .trim_matches('/')
        .trim_start_matches("whl/")
        .split('/')
        .collect::<Vec<_>>()
    else {
        return Does::status(404);
    };
    let links: String = versions
        .iter()
        .filter(|(of, name, _)| *of == tag && *name == project)
        .map(|(tag, name, version)| {
            format!("<a href=\"{name}-{version}%2B{tag}-cp311-cp311-manylinux_2_28_x86_64.whl#sha256={}\">x</a>", "a".repeat(64))
        })
        .collect::<Vec<_>>()
        .concat();
    if links.is_empty() {
        return Does::status(404);
    }
    Does::page(
        "text/html",
        format!("<!DOCTYPE html><html><body>{links}</body></html>"),
    )
}

#[test]
fn a_plan_goes_by_what_the_index_has_now() {
    let server = Server::start(|request| {
        folder(
            &request.path,
            &[
                ("cu126", "torch", "2.13.0"),
                ("cu126", "torchvision", "0.28.0"),
            ],
        )
    });
    let reader = Reader::new();
    // The list that comes along has 2.14.1; this copy lags behind.
    let plan = planned(&reader, 0, &server.url("/whl"), &["--json"], &[]).json();
    assert_eq!(plan["chosen"]["torch"], "2.13.0");
    assert_eq!(plan["chosen"]["companions"]["torchvision"], "0.28.0");
    let seen: Vec<String> = server
        .seen()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(seen, ["/whl/cu126/torch/", "/whl/cu126/torchvision/"]);
    planned(&reader, 0, &server.url("/whl"), &[], &[])
        .shows("--index-url http://127.0.0.1:")
        .shows("The index was asked now");
}

#[test]
fn a_plan_takes_no_page_of_something_else_for_an_answer() {
    let server = Server::start(|request| {
        let name = request.path.split('/').nth(1).unwrap_or_default();
        match name {
            "numpy" => Does::page(
                "text/html",
                "<a href=numpy-2.0.0-cp311-cp311-win_amd64.whl>n</a>",
            ),
            "sign-in" => Does::page("text/html", "<title>Sign in</title><a href=/login>l</a>"),
            "gateway" => Does::status(502),
            "hangs" => Does::Hangs(Vec::new()),
            "drips" => Does::Repeats(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_owned(),
                vec![b' '; 1 << 20],
            ),
            "plain" => Does::leads_to("http://example.org/torch/"),
            "empty" => Does::page("text/html", ""),
            _ => Does::status(404),
        }
    });
    let reader = Reader::new();
    for (path, words) in [
        ("/numpy", "it lists numpy, and no torch"),
        (
            "/sign-in",
            "its only link is neither a wheel nor a source archive; open it in a browser",
        ),
        ("/gateway", "502 (502 as told); the fault is there"),
        ("/hangs", "did not come within 0.5 s"),
        ("/drips", "no more than 64 MiB"),
        ("/plain", "not https"),
        ("/empty", "as an index"),
        ("/none", "404"),
    ] {
        let started = Instant::now();
        let said = planned(&reader, 4, &server.url(path), &["--time-limit", "0.5"], &[])
            .explains(words)
            .explains("without --live the plan is made from the list of 20");
        assert!(said.err.contains(&format!("{path}/cu126/")), "{}", said.err);
        assert_eq!(said.out, "", "no plan");
        assert!(started.elapsed() < Duration::from_secs(10), "{path}");
    }
    let (secure, _) = Server::start_tls(|_| Does::page("text/html", HTML));
    let url = format!("https://localhost:{}/whl", secure.port());
    planned(&reader, 4, &url, &[], &[]).explains("the certificate of localhost is not trusted");
    let hung = Server::start(|_| Does::Hangs(Vec::new()));
    let proxy = format!("http://127.0.0.1:{}", hung.port());
    planned(
        &reader,
        4,
        "https://index.invalid/whl",
        &["--time-limit", "0.5"],
        &[("HTTPS_PROXY", &proxy)],
    )
    .explains(&format!("through the proxy 127.0.0.1:{}", hung.port()));
}

#[test]
fn https_never_leads_to_plain_http() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: elsewhere the system's own list of authorities counts");
        return;
    }
    let open = Server::start(|_| Does::page("text/html", HTML));
    let address = open.url("/torch/");
    let (secure, pem) = Server::start_tls(move |_| Does::leads_to(&address));
    let reader = Reader::new();
    let authority = reader.file("authority.pem", pem);
    asked(
        &reader,
        4,
        &format!("https://localhost:{}/torch/", secure.port()),
        &[],
        &[("SSL_CERT_FILE", authority.to_str().unwrap())],
    )
    .explains("which is not https: anybody on the way could change what comes");
    assert!(open.seen().is_empty(), "nothing was asked of it");
}

#[test]
#[cfg(target_os = "linux")]
fn a_page_without_end_takes_no_memory_without_end() {
    let server = Server::start(|_| {
        Does::Repeats(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_owned(),
            vec![b' '; 1 << 20],
        )
    });
    let reader = Reader::new();
    let url = server.url("/torch/");
    // 400 MB of memory are enough for what is read of a page, and not for a page without end.
    let program = assert_cmd::cargo::cargo_bin("lessons");
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", "ulimit -d 400000; exec \"$0\" \"$@\""])
        .arg(program)
        .args(WHEELS)
        .args(["--index", &url])
        .env("LESSONS_HOME", reader.state())
        .env_remove("http_proxy")
        .env_remove("all_proxy")
        .env_remove("ALL_PROXY")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("no more than 64 MiB"), "{said}");
}
