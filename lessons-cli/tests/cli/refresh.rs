//! `lessons dev refresh`, and what `lessons dev check` says of old tables.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::reader::Reader;
use crate::server::{Does, Server};

const LIST: &str = "lessons-cli/engine/data/torch-wheels.tsv";
const MATRIX: &str = "lessons-cli/engine/data/torch-matrix.json";
const DEPENDENCIES: &str = "lessons-cli/engine/data/torch-dependencies.json";

/// What torch 99.0 brought when somebody looked last.
const BROUGHT: &str = r#"{
 "title": "What torch brings along",
 "as_of": "2026-01-01",
 "how_to_read": "…",
 "releases": [
  {"torch": "99.0", "cuda": "14.1", "requires": ["cuda-core==1.0", "old==1"], "source": "by hand", "as_of": "2026-01-01", "status": "verified"}
 ]
}
"#;

const OLD: &str = "# A remark.\n\
    lessons-wheels/1\t2026-01-01\n\
    repository\tpypi\thttps://pypi.org/simple\t2026-01-01\ttorch\tPyPI\n\
    torch-2.9.0-cp311-cp311-win_amd64.whl\n\
    torch-2.8.0-cp311-cp311-win_amd64.whl\n";

fn page(project: &str, files: &str) -> String {
    format!(r#"{{"meta": {{"api-version": "1.1"}}, "name": "{project}", "files": [{files}]}}"#)
}

/// A page for each project, of which torch's is given.
fn pages(torch: &str) -> Vec<(&'static str, String)> {
    ["torch", "torchvision", "torchaudio", "torchtext", "torchcodec"]
        .into_iter()
        .map(|project| {
            let own = format!(r#"{{"filename": "{project}-99.0-py3-none-any.whl", "url": "{project}-99.0-py3-none-any.whl", "hashes": {{}}, "requires-python": ">=3.11", "core-metadata": true, "upload-time": "2026-09-01T00:00:00Z"}}"#);
            let files = if project == "torch" { torch.to_owned() } else { own };
            (project, page(project, &files))
        })
        .collect()
}

const TORCH: &str = r#"{"filename": "torch-2.9.0-cp311-cp311-win_amd64.whl", "url": "a", "hashes": {}, "size": 120, "yanked": "broken"},
    {"filename": "torch-2.9.1-cp311-cp311-win_amd64.whl", "url": "b", "hashes": {}, "size": 130},
    {"filename": "torch-99.0-cp311-cp311-win_amd64.whl", "url": "torch-99.0-cp311-cp311-win_amd64.whl", "hashes": {}, "core-metadata": {"sha256": "x"}, "upload-time": "2026-09-02T00:00:00Z"}"#;

/// The table of releases as it comes along.
fn table() -> String {
    fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/engine/data/torch-matrix.json"
    ))
    .unwrap()
}

fn project(reader: &Reader) -> PathBuf {
    let list = reader.place(LIST);
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    fs::write(&list, OLD).unwrap();
    fs::write(reader.place(MATRIX), table()).unwrap();
    fs::write(reader.place(DEPENDENCIES), BROUGHT).unwrap();
    list
}

/// The metadata of a wheel.
fn metadata(project: &str, version: &str, asks: &[&str]) -> String {
    let mut text = format!("Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n");
    for asks in asks {
        text.push_str(&format!("Requires-Dist: {asks}\n"));
    }
    text + "\nRequires-Dist: torch==0\n"
}

/// A file of the simple index.
fn file(name: &str, day: &str, more: &str) -> String {
    format!(
        r#"{{"filename": "{name}", "url": "{name}", "hashes": {{}}, "core-metadata": true, "upload-time": "{day}T00:00:00Z"{more}}}"#
    )
}

/// What a row of the table says, by the field that names it.
fn row(table: &str, list: &str, is: impl Fn(&Json) -> bool) -> Option<Json> {
    let table: Json = serde_json::from_str(table).unwrap();
    table[list]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| is(row))
        .cloned()
}

#[test]
fn it_shows_what_changes_and_writes_when_told_to() {
    let reader = Reader::new();
    let list = project(&reader);
    let folder = reader.place("pages");
    fs::create_dir(&folder).unwrap();
    for (project, page) in pages(TORCH) {
        fs::write(folder.join(format!("{project}.json")), page).unwrap();
    }
    let seen = reader.file(
        "seen.txt",
        "torch-2.9.1+cu126-cp311-cp311-win_amd64.whl\nnumpy-1.0-py3-none-any.whl\n",
    );
    let index = folder.to_str().unwrap().to_owned();
    let refresh = |more: &[&str]| {
        let args = [
            "dev",
            "refresh",
            "--index",
            &index,
            "--page",
            seen.to_str().unwrap(),
            "--as-of",
            "2026-09-28",
        ];
        reader
            .run(0, args.into_iter().chain(more.iter().copied()))
            .quietly()
    };
    let said = refresh(&[])
        .shows("+ torch 2.9.1 (1)")
        .shows("- torch 2.8.0 (1)")
        .shows("~ torch 2.9.0 (1)")
        .shows("+ torch 2.9.1+cu126 (1)")
        .shows("torch 99.0 of 2026-09-02 has no row, and the metadata of its wheels for Linux is not to be had")
        .shows("nothing was written");
    assert!(!said.out.contains("numpy"), "{}", said.out);
    assert_eq!(fs::read_to_string(&list).unwrap(), OLD);

    refresh(&["--write"]).shows("wrote");
    let written = fs::read_to_string(&list).unwrap();
    assert!(
        written.contains("lessons-wheels/1\t2026-09-28\n"),
        "{written}"
    );
    assert!(
        written.contains("torch-2.9.0-cp311-cp311-win_amd64.whl\t120\t\t\tbroken\n"),
        "{written}"
    );
    assert!(!written.contains("torch-2.8.0"), "{written}");

    // What has been taken in changes nothing any more.
    let again = refresh(&["--write"]);
    assert!(!again.out.contains("+ "), "{}", again.out);
    assert_eq!(fs::read_to_string(&list).unwrap(), written);
}

/// An index on which a release of torch and one of each companion came, and an older torch is said to be otherwise.
fn index(torchvision: &'static str) -> Server {
    Server::start(move |request| {
        let path = request.path.as_str();
        let name = path
            .trim_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if let Some(wheel) = name.strip_suffix(".metadata") {
            let (project, rest) = wheel.split_once('-').unwrap();
            let version = rest.split('-').next().unwrap();
            let asks: &[&str] = match (project, version) {
                ("torch", "99.0") if wheel.contains("linux") => &[
                    "numpy",
                    "cuda-toolkit[cudart]==14.1.2; platform_system == 'Linux'",
                    "nvidia-cudnn-cu14==9.99; platform_system == 'Linux'",
                ],
                ("torch", "2.15.0") => &["nvidia-cudnn-cu13==9.1", "what torch is (not: PEP 508"],
                ("torchvision", "0.29.2") => &["torch>=2.15.0"],
                ("torchvision", _) => &["numpy", "torch==99.0", "torch==1; extra == 'old'"],
                ("torchaudio", _) => &["torch==98.0; sys_platform == 'linux'", "torch==99.0"],
                _ => &[],
            };
            return Does::page("application/octet-stream", metadata(project, version, asks));
        }
        let files = match name {
            "torch" => [
                file(
                    "torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                    "2026-10-29",
                    "",
                ),
                file(
                    "torch-99.0-cp314-cp314t-manylinux_2_28_x86_64.whl",
                    "2026-11-26",
                    r#", "requires-python": ">=3.14""#,
                ),
                file("torch-99.0-cp314-cp314-win_amd64.whl", "2026-11-25", ""),
                file(
                    "torch-99.1-cp314-cp314-win_amd64.whl",
                    "2026-11-25",
                    r#", "yanked": true"#,
                ),
                file("torchvision-77.0-py3-none-any.whl", "2026-11-25", ""),
            ]
            .join(", "),
            "torchvision" => [
                file("torchvision-0.29.2-py3-none-any.whl", "2026-10-28", ""),
                file(torchvision, "2026-11-26", ""),
            ]
            .join(", "),
            "torchaudio" | "torchtext" | "torchcodec" => {
                file(&format!("{name}-50.0-py3-none-any.whl"), "2026-11-25", "")
            }
            _ => return Does::status(404),
        };
        Does::page("application/vnd.pypi.simple.v1+json", page(name, &files))
    })
}

#[test]
fn it_makes_rows_of_what_the_packages_say_of_themselves() {
    let reader = Reader::new();
    project(&reader);
    let server = index("torchvision-50.0-py3-none-any.whl");
    let cu141 = reader.file("cu141.txt", "torch-99.0+cu141-cp314-cp314-win_amd64.whl\n");
    let address = server.url("/simple");
    let refresh = |more: &[&str]| {
        let args = [
            "dev",
            "refresh",
            "--index",
            &address,
            "--as-of",
            "2026-11-30",
        ];
        let page = ["--page", cu141.to_str().unwrap()];
        reader
            .run(0, args.into_iter().chain(page).chain(more.iter().copied()))
            .quietly()
    };
    let said = refresh(&[])
        .shows("+ torch 99.0 of 2026-11-25: Python >=3.14, cuDNN 9.99, linux_x86_64 cu141, windows_x86_64 cpu")
        .shows("~ torch 2.15.0: released 2026-10-29, not 2026-10-28")
        .shows("~ torch 2.15.0: brings cuDNN 9.1, not 9.26.0.51")
        .shows("+ torchvision 50.0 of 2026-11-26: asks for torch==99.0")
        .shows("~ torchvision 0.29.2: asks for torch>=2.15.0, not for torch>=2.14.0")
        .shows("torchaudio 50.0 asks for 2 different torches")
        .shows("torchcodec 50.0 of 2026-11-25 has no row; it asks for no torch, and no table in its description")
        .shows("torch with a row, and with no wheel at http")
        .shows("nothing was written");
    assert!(!said.out.contains("99.1 of"), "{}", said.out);
    assert!(!said.out.contains("77.0 of"), "{}", said.out);
    assert_eq!(fs::read_to_string(reader.place(MATRIX)).unwrap(), table());

    refresh(&["--write"]).shows("torch-matrix.json\n");
    let written = fs::read_to_string(reader.place(MATRIX)).unwrap();
    let torch = row(&written, "releases", |row| row["torch"] == "99.0").unwrap();
    for (name, value) in [
        ("torchvision", json!("50.0")),
        ("torchaudio", json!("2.11.0")),
        ("torchtext", Json::Null),
        ("pypi_python_tags", json!(["cp314", "cp314t"])),
        (
            "pypi_builds",
            json!({"linux_x86_64": "cu141", "windows_x86_64": "cpu"}),
        ),
        ("index_cuda_tags", json!(["cu141"])),
        ("index_cuda_tags_unsure", json!(["cu130", "cu132", "cu134"])),
        ("cuda_archs", json!({})),
        ("status", json!("partly verified")),
        ("as_of", json!("2026-11-30")),
    ] {
        assert_eq!(torch[name], value, "{name}");
    }
    let vision = row(&written, "companions", |row| row["version"] == "50.0").unwrap();
    assert_eq!(vision["works_with"], "==99.0");
    assert_eq!(
        vision["source"],
        "METADATA of torchvision-50.0-py3-none-any.whl on PyPI, read 2026-11-30"
    );
    // What a person found out stays, and so does where it comes from, with what came behind it.
    let is = |row: &Json| row["torch"] == "2.15.0";
    let (old, new) = (
        row(&table(), "releases", is).unwrap(),
        row(&written, "releases", is).unwrap(),
    );
    assert_eq!(new["cuda_archs"], old["cuda_archs"]);
    let source = new["source"].as_str().unwrap();
    let behind = source
        .strip_prefix(old["source"].as_str().unwrap())
        .unwrap();
    assert!(
        behind.contains("torch-2.15.0-cp311") && behind.ends_with("read 2026-11-30"),
        "{behind}"
    );
    // Every line that is not about it is as it was.
    let kept = table();
    let lines: std::collections::HashSet<&str> = written.lines().collect();
    let gone: Vec<&str> = kept.lines().filter(|line| !lines.contains(line)).collect();
    assert_eq!(gone.len(), 6, "{gone:?}");

    let again = refresh(&["--write"]).shows("torch-matrix.json, the releases\n  nothing changed");
    assert!(
        !again
            .out
            .contains("wrote lessons-cli/engine/data/torch-matrix.json")
    );
    assert_eq!(fs::read_to_string(reader.place(MATRIX)).unwrap(), written);
}

#[test]
fn the_json_of_pypi_stands_in_for_metadata_and_changes_no_row() {
    let reader = Reader::new();
    project(&reader);
    let server = Server::start(|request| {
        let name = match request.path.as_str() {
            "/pypi/torchvision/77.0/json" => {
                return Does::page(
                    "application/json",
                    r#"{"info": {"name": "torchvision", "version": "77.0", "requires_dist": ["torch>=2.14"]}}"#,
                );
            }
            "/pypi/torchaudio/json" => {
                return Does::page(
                    "application/json",
                    r#"{"info": {"name": "torchaudio", "version": "2.11.0", "requires_dist": ["torch>=2.11"]}}"#,
                );
            }
            path => path
                .strip_prefix("/simple/")
                .map(|path| path.trim_matches('/')),
        };
        let files = match name {
            Some("torchvision") => "torchvision-77.0-py3-none-any.whl",
            Some("torchaudio") => "torchaudio-2.11.0-py3-none-any.whl",
            Some("torch") => "torch-99.0-cp311-cp311-manylinux_2_28_x86_64.whl",
            Some("torchtext") => "torchtext-0.18.0-py3-none-any.whl",
            Some("torchcodec") => "torchcodec-0.17.0-py3-none-any.whl",
            _ => return Does::status(404),
        };
        let page = page(name.unwrap(), &file(files, "2026-11-26", ""));
        Does::page("application/vnd.pypi.simple.v1+json", page)
    });
    let address = server.url("/simple");
    reader
        .run(0, ["dev", "refresh", "--write", "--index", &address])
        .quietly()
        .shows("+ torchvision 77.0 of 2026-11-26: asks for torch>=2.14")
        .shows("torchaudio 2.11.0 asks for torch>=2.11 by http")
        .shows("and for no torch by its row: what do the wheels say?")
        .shows("torch 99.0 of 2026-11-26 has no row, and the metadata of its wheels for Linux is not to be had");
    let written = fs::read_to_string(reader.place(MATRIX)).unwrap();
    let is = |name: &'static str, version: &'static str| {
        move |row: &Json| row["package"] == name && row["version"] == version
    };
    let vision = row(&written, "companions", is("torchvision", "77.0")).unwrap();
    assert_eq!(vision["status"], "secondary");
    let audio = is("torchaudio", "2.11.0");
    assert_eq!(
        row(&written, "companions", audio),
        row(&table(), "companions", audio)
    );
}

/// An index of torch 99.0 and 98.0 and of what they ask for, with a description of torchcodec.
fn index_of_dependencies() -> Server {
    Server::start(|request| {
        let name = request
            .path
            .trim_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if let Some(wheel) = name.strip_suffix(".metadata") {
            let (project, rest) = wheel.split_once('-').unwrap();
            let version = rest.split('-').next().unwrap();
            let asks: &[&str] = match (project, version) {
                ("torch", "99.0") => &[
                    "cuda-toolkit[cudart,blas]==14.1.2; platform_system == 'Linux'",
                    "nvidia-cudnn-cu14==9.99; platform_system == 'Linux'",
                    "Jinja2",
                    "plain<3",
                    "colorama; sys_platform == 'win32'",
                    "wonder; extra == 'all'",
                ],
                ("torch", "98.0") => &["nvidia-cuda-runtime-cu13==13.0.9", "gone>=1"],
                ("cuda_toolkit", _) => &[
                    "nvidia-cuda-runtime==14.1.*; extra == 'cudart' or extra == 'all'",
                    "nvidia-blas==14.1.5; extra == 'blas'",
                    "nvidia-fft==14; extra == 'fft'",
                ],
                ("jinja2", _) => &["MarkupSafe>=2.0", "plain!=2.9"],
                ("nvidia_blas", _) => &["markupsafe<3"],
                _ => &[],
            };
            let mut text = metadata(&project.replace('_', "-"), version, asks);
            if wheel.starts_with("torchcodec-0.18") {
                text += "| `torchcodec` | `torch` |\n| --- | --- |\n| `0.17` | `>=2.14` |\n| `0.12` | `>=2.11` |\n";
            }
            return Does::page("application/octet-stream", text);
        }
        let wheel = |name: &str, tags: &str, more: &str| {
            file(&format!("{name}-{tags}.whl"), "2026-11-26", more)
        };
        let any = |name: &str| wheel(name, "py3-none-any", "");
        let linux = |name: &str| wheel(name, "cp311-cp311-manylinux_2_28_x86_64", "");
        let files = match name {
            "torch" => vec![
                linux("torch-99.0"),
                linux("torch-98.0"),
                linux("torch-97.0"),
            ],
            "torchvision" | "torchaudio" | "torchtext" => vec![any(&format!("{name}-99.0"))],
            "torchcodec" => vec![any("torchcodec-0.17.0"), any("torchcodec-0.18.0")],
            "cuda-toolkit" => vec![any("cuda_toolkit-14.1.2"), any("cuda_toolkit-14.2.0")],
            "nvidia-cudnn-cu14" => vec![
                any("nvidia_cudnn_cu14-9.99"),
                any("nvidia_cudnn_cu14-9.100"),
            ],
            "nvidia-cuda-runtime" => vec![
                any("nvidia_cuda_runtime-14.1.3"),
                any("nvidia_cuda_runtime-14.2.0"),
            ],
            "nvidia-cuda-runtime-cu13" => vec![any("nvidia_cuda_runtime_cu13-13.0.9")],
            "nvidia-blas" => vec![any("nvidia_blas-14.1.5")],
            "jinja2" => vec![any("jinja2-3.1"), any("jinja2-4.0rc1")],
            // 2.9 is shut out by jinja2, 3.0 by torch; 2.8 is for a later Python, 2.7 for Windows, and 2.6 was taken back.
            "plain" => vec![
                any("plain-3.0"),
                any("plain-2.9"),
                wheel(
                    "plain-2.8",
                    "py3-none-any",
                    r#", "requires-python": ">=3.12""#,
                ),
                wheel("plain-2.7", "cp311-cp311-win_amd64", ""),
                wheel("plain-2.6", "py3-none-any", r#", "yanked": true"#),
                any("plain-2.5"),
            ],
            "markupsafe" => vec![any("markupsafe-3.1"), any("markupsafe-2.8")],
            _ => return Does::status(404),
        };
        Does::page(
            "application/vnd.pypi.simple.v1+json",
            page(name, &files.join(", ")),
        )
    })
}

#[test]
fn what_torch_brings_is_chosen_as_an_installer_would() {
    let reader = Reader::new();
    project(&reader);
    let server = index_of_dependencies();
    let address = server.url("/simple");
    let refresh = || {
        let args = [
            "dev",
            "refresh",
            "--write",
            "--accept-loss",
            "--as-of",
            "2026-11-30",
        ];
        reader
            .run(0, args.into_iter().chain(["--index", &address]))
            .quietly()
    };
    refresh()
        .shows(
            "torch-dependencies.json, what torch brings along\n  - cuda-core 1.0: with torch 99.0",
        )
        .shows("  + plain 2.5: with torch 99.0")
        .shows("  - old 1: with torch 99.0");
    let written = fs::read_to_string(reader.place(DEPENDENCIES)).unwrap();
    let is = |row: &Json| row["torch"] == "99.0";
    let torch = row(&written, "releases", is).unwrap();
    assert_eq!(
        torch["requires"],
        json!([
            "cuda-toolkit==14.1.2",
            "jinja2==3.1",
            "markupsafe==2.8",
            "nvidia-blas==14.1.5",
            "nvidia-cuda-runtime==14.1.3",
            "nvidia-cudnn-cu14==9.99",
            "plain==2.5",
        ])
    );
    assert_eq!(torch["cuda"], "14.1");
    assert_eq!(
        torch["source"],
        "Requires-Dist of torch-99.0-cp311-cp311-manylinux_2_28_x86_64.whl on PyPI and of what it asks for, for Linux x86_64 and Python 3.11: of each package the newest version that all take, read 2026-11-30"
    );
    // The rest of the file is as it was, and one row stands in one line.
    assert!(written.starts_with("{\n \"title\": \"What torch brings along\",\n \"as_of\": \"2026-11-30\",\n \"how_to_read\": \"…\",\n \"releases\": [\n  {\"torch\": \"99.0\", \"cuda\": \"14.1\", \"requires\": [\"cuda-toolkit==14.1.2\", "), "{written}");
    assert!(written.ends_with("\"verified\"}\n ]\n}\n"), "{written}");
    refresh().shows("what torch brings along\n  nothing changed");

    // A release since the oldest row has a row too, and one whose packages are not all there keeps what is said of it.
    fs::write(reader.place(DEPENDENCIES), BROUGHT.replace("99.0", "97.0")).unwrap();
    refresh()
        .shows("  + torch 99.0: 7 packages, CUDA 14.1")
        .shows("what torch 98.0 brings: the page of gone is not to be had")
        .shows("what torch 97.0 brings: its metadata names no CUDA for Linux");
    let written = fs::read_to_string(reader.place(DEPENDENCIES)).unwrap();
    let all: Json = serde_json::from_str(&written).unwrap();
    let torches: Vec<&Json> = all["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["torch"])
        .collect();
    assert_eq!(torches, ["99.0", "97.0"]);
}

#[test]
fn a_description_tells_what_metadata_does_not() {
    let reader = Reader::new();
    project(&reader);
    let server = index_of_dependencies();
    let address = server.url("/simple");
    let args = [
        "dev",
        "refresh",
        "--write",
        "--accept-loss",
        "--as-of",
        "2026-11-30",
    ];
    reader
        .run(0, args.into_iter().chain(["--index", &address]))
        .quietly()
        .shows("~ torchcodec 0.17.0: works with torch>=2.14, not with torch>=2.11")
        .shows("+ torchcodec 0.18.0 of 2026-11-26: works with torch>=2.14")
        .shows("torchcodec 0.18.0: which CUDA folders of the index hold it")
        .shows("torchcodec with a row, and with no wheel at");
    let written = fs::read_to_string(reader.place(MATRIX)).unwrap();
    let is = |version: &'static str| {
        move |row: &Json| row["package"] == "torchcodec" && row["version"] == version
    };
    let known = row(&written, "companions", is("0.17.0")).unwrap();
    assert_eq!(known["works_with"], ">=2.14");
    assert_eq!(known["status"], "verified");
    let source =
        "torchcodec 0.18.0's description on PyPI, table of compatible versions, read 2026-11-30";
    assert!(
        known["source"].as_str().unwrap().ends_with(source),
        "{known}"
    );
    // The table names 0.17 as the newest: its rule is taken for what came behind it, and called derived.
    let new = row(&written, "companions", is("0.18.0")).unwrap();
    assert_eq!(new["declares"], Json::Null);
    assert_eq!(new["works_with"], ">=2.14");
    assert_eq!(new["status"], "derived");
    assert_eq!(new["source"], source);
}

#[test]
fn what_a_page_lacks_is_said() {
    let reader = Reader::new();
    project(&reader);
    let folder = reader.place("pages");
    fs::create_dir(&folder).unwrap();
    for (project, page) in pages(TORCH) {
        let page = page
            .replace("99.0-py3", "0.17.0-py3")
            .replace("torch-99.0", "torch-2.15.0");
        fs::write(folder.join(format!("{project}.json")), page).unwrap();
    }
    let folder_page = reader.file(
        "cu126.txt",
        "torch-2.13.0+cu126-cp311-cp311-win_amd64.whl\n",
    );
    let folder = folder.to_str().unwrap();
    reader
        .run(0, ["dev", "refresh", "--index", folder, "--page", folder_page.to_str().unwrap()])
        .quietly()
        .shows("torchcodec with a row that was not compared, since the metadata of its wheels is not to be had: 0.17.0")
        .shows("torch with a row that was not compared, since the metadata of its wheels is not to be had: 2.9.1 2.15.0")
        .shows("torch with a row that names cu126, and with no wheel of it in names in a list: 2.6.0 2.7.0")
        .shows("what torch brings: its rows stay of releases without a wheel at ")
        .shows("that was not taken back: 99.0");
}

#[test]
fn hostile_and_partial_answers_lose_nothing() {
    let reader = Reader::new();
    let list = project(&reader);
    let mut old = OLD.to_owned();
    for number in 0..30 {
        old.push_str(&format!("torch-1.{number}.0-cp311-cp311-win_amd64.whl\n"));
    }
    let unchanged = |what: &str| {
        assert_eq!(fs::read_to_string(&list).unwrap(), old, "{what}");
        assert_eq!(
            fs::read_to_string(reader.place(MATRIX)).unwrap(),
            table(),
            "{what}"
        );
    };
    fs::write(&list, &old).unwrap();
    let refused = |server: &Server, more: &[&str], words: &str| {
        let address = server.url("/simple");
        let args = [
            "dev",
            "refresh",
            "--write",
            "--time-limit",
            "0.5",
            "--index",
            &address,
        ];
        reader
            .run(4, args.into_iter().chain(more.iter().copied()))
            .explains(words);
        unchanged(words);
    };
    // Of 32 wheels that are known, 30 are not on the page.
    let server = index("torchvision-50.0-py3-none-any.whl");
    refused(&server, &[], "it lacks 32 of the 32 wheels that are known");
    // The metadata of another package, and what is none.
    let loss = ["--accept-loss"];
    let metadata_is = |does: fn() -> Does| {
        Server::start(move |request| {
            let name = request
                .path
                .trim_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            if name.ends_with(".metadata") {
                return does();
            }
            Does::page(
                "application/vnd.pypi.simple.v1+json",
                page(
                    name,
                    &file(&format!("{name}-99.0-py3-none-any.whl"), "2026-11-26", ""),
                ),
            )
        })
    };
    let server = metadata_is(|| Does::page("text/plain", metadata("evil", "99.0", &[])));
    refused(&server, &loss, "it is of `evil 99.0`");
    let server = metadata_is(|| Does::page("text/html", "<html><title>Sign in</title></html>"));
    refused(&server, &loss, "it is of ` `");
    let server = metadata_is(|| {
        Does::page(
            "text/plain",
            metadata("torchvision", "99.0", &["torch (>=99"]),
        )
    });
    refused(&server, &loss, "no requirement by PEP 508");
    let server = metadata_is(|| Does::Hangs(Vec::new()));
    refused(&server, &loss, "did not come within 0.5 s");
    let server = metadata_is(|| Does::status(502));
    refused(&server, &loss, "the server answered 502");
    // A table that is none.
    fs::write(reader.place(MATRIX), "{}").unwrap();
    let server = index("torchvision-50.0-py3-none-any.whl");
    let address = server.url("/simple");
    reader
        .run(
            4,
            [
                "dev",
                "refresh",
                "--write",
                "--accept-loss",
                "--index",
                &address,
            ],
        )
        .explains("tried to renew");
    assert_eq!(fs::read_to_string(&list).unwrap(), old);
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let reader = Reader::new();
    let list = project(&reader);
    let empty = reader.place("empty");
    fs::create_dir(&empty).unwrap();
    reader
        .run(
            4,
            [
                "dev",
                "refresh",
                "--write",
                "--index",
                empty.to_str().unwrap(),
            ],
        )
        .explains("neither torch.json nor torch.html");
    let server = Server::start(|_| Does::page("text/html", "<html><title>Sign in</title></html>"));
    reader
        .run(
            4,
            [
                "dev",
                "refresh",
                "--write",
                "--index",
                &server.url("/simple"),
            ],
        )
        .explains("without links");
    assert_eq!(fs::read_to_string(&list).unwrap(), OLD);
    reader
        .run(4, ["dev", "refresh", "--root", empty.to_str().unwrap()])
        .explains("run this in the project's folder");
    reader.run(2, ["dev", "refresh", "--as-of", "yesterday"]);
}

#[test]
fn old_tables_are_warned_of_and_break_nothing() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let at = |now: &str| {
        let reader = Reader::new();
        let mut command = reader.lessons(["dev", "check", "--root", root]);
        let output = command.env("LESSONS_NOW", now).output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (_, fresh) = at("2026-12-01T00:00:00Z");
    assert!(!fresh.contains("warning:"), "{fresh}");
    let (code, old) = at("2028-01-01T00:00:00Z");
    assert_eq!(code, Some(0), "{old}");
    assert!(old.contains("warning: torch-wheels.tsv is of 20"), "{old}");
    assert!(old.contains("warning: torch-matrix.json"), "{old}");
}
