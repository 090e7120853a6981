//! `lessons practice`: scripts, the list, and what never happens.

use std::fs;

use serde_json::Value as Json;

use crate::reader::{Reader, Said};

fn script(name: &str, text: &str, exit: i32) -> Json {
    let reader = Reader::new();
    let mut command = reader.lessons(["practice", name, "--script", "-", "--json"]);
    command.write_stdin(text);
    let said = Said::by(exit, &mut command);
    assert_eq!(said.err, "");
    serde_json::from_str(&said.out).unwrap()
}

/// What the commands of a script printed, and how they ended.
fn played(name: &str, text: &str) -> Vec<(String, String, i64)> {
    script(name, text, 1)["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["stdout"].as_str().unwrap().to_owned(),
                entry["stderr"].as_str().unwrap().to_owned(),
                entry["exit"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_goal_decides_the_exit_status() {
    let solved = "echo 'export PATH=/usr/local/cuda-12.6/bin${PATH:+:${PATH}}' >> ~/.bashrc\nsource ~/.bashrc\n";
    let document = script("find-nvcc", solved, 0);
    assert_eq!(document["goal"]["reached"], true);
    assert_eq!(document["goal"]["steps"]["cuda.env-path"], "pass");
    let document = script("find-nvcc", "ls\n", 1);
    assert_eq!(document["goal"]["steps"]["cuda.env-path"], "fail");
}

#[test]
fn a_line_that_goes_on_stands_after_its_own_prompt() {
    let reader = Reader::new();
    let mut command = reader.lessons(["practice", "find-nvcc", "--script", "-"]);
    command.write_stdin("cat <<'EOF'\none\n$ two\nEOF\necho three\n");
    let said = Said::by(1, &mut command);
    assert!(
        said.out
            .starts_with("$ cat <<'EOF'\n> one\n> $ two\n> EOF\none\n$ two\n$ echo three\nthree\n"),
        "{}",
        said.out
    );
}

#[test]
fn a_program_that_is_there_and_not_played_is_named_as_such() {
    for line in [
        "ip address",
        "sudo lsof /dev/nvidia0",
        "ssh-keygen -t ed25519",
    ] {
        let (out, err, exit) = played("find-nvcc", line).remove(0);
        let name = line.trim_start_matches("sudo ").split(' ').next().unwrap();
        assert_eq!(out, "");
        assert!(
            err.starts_with(&format!("practice: {name} is not supported")),
            "{err}"
        );
        assert_ne!(exit, 0);
    }
    let answers = played(
        "find-nvcc",
        "which ip\nsudo test -d /root && echo yes\nenv pwd\n",
    );
    let printed: Vec<&str> = answers.iter().map(|(out, ..)| out.as_str()).collect();
    assert_eq!(printed, ["/usr/sbin/ip\n", "yes\n", "/home/user/lessons\n"]);
}

#[test]
fn what_is_wrong_with_the_command_line_is_said() {
    let reader = Reader::new();
    let said = reader.run(2, ["practice", "find-nvc", "--script", "-"]);
    assert!(said.err.contains("did you mean find-nvcc?"), "{}", said.err);
    let said = reader.run(2, ["practice", "windows-rtx4090", "--script", "-"]);
    assert!(
        said.err.contains("practice machines run Linux"),
        "{}",
        said.err
    );
    let said = reader.run(4, ["practice", "find-nvcc", "--script", "nowhere.sh"]);
    assert!(said.err.contains("nowhere.sh"), "{}", said.err);
    let said = reader.run(4, ["practice", "find-nvcc", "--script", "."]);
    assert!(
        said.err.contains("tried to read the script"),
        "{}",
        said.err
    );
}

#[test]
fn the_list_names_every_exercise() {
    let reader = Reader::new();
    let said = reader.run(0, ["practice"]);
    assert!(
        said.out.contains("find-nvcc") && said.out.contains("(easy)"),
        "{}",
        said.out
    );
    let document: Json = serde_json::from_str(&reader.run(0, ["practice", "--json"]).out).unwrap();
    assert_eq!(document["schema"], "lessons-practice-list/1");
    assert!(
        document["exercises"]
            .as_array()
            .unwrap()
            .iter()
            .all(|exercise| exercise["standing"] == "open")
    );
}

#[test]
fn lessons_checks_the_machine_that_it_is_typed_on() {
    let said = played(
        "ubuntu-fresh-nouveau",
        "lessons check driver.nouveau-blacklisted\nlessons nonsense\n",
    );
    assert_eq!(said[0].2, 1);
    assert!(said[0].0.contains("FAIL"), "{}", said[0].0);
    assert!(!said[0].0.contains('\u{1b}'));
    assert_eq!(said[1].2, 2);
}

#[test]
fn what_would_never_end_ends() {
    let long = format!("echo {}\n", "a".repeat(2_000_000));
    let deep = format!("{}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    let words = "echo $((".to_owned() + &"(".repeat(500) + "1" + &")".repeat(500) + "))\n";
    let text = [
        ":(){ :|:& };:\n",
        "f() { f | f; }; f\n",
        "while true; do :; done\n",
        "yes | head -2\n",
        "yes | wc -l\n",
        "echo {1..100000}{1..100000}\n",
        "x=a; while true; do x=$x$x; done\n",
        "echo a\0b\n",
        "echo hi > /tmp\n",
        "echo hi > /proc/version\n",
        "cat < /dev/zero\n",
        "eval \"$(printf 'if true; then %.0s' {1..500})\"\n",
        &long,
        &deep,
        &words,
        "echo still here\n",
    ]
    .concat();
    let said = played("ubuntu-fresh-nouveau", &text);
    let (out, err, exit) = said.last().unwrap();
    assert_eq!((out.as_str(), err.as_str(), *exit), ("still here\n", "", 0));
    assert_eq!(said[3].0, "y\ny\n");
    for (index, (_, err, exit)) in said.iter().enumerate() {
        if ![3, said.len() - 1].contains(&index) {
            assert!(*exit != 0 && !err.is_empty(), "{index}: {err}");
        }
    }
}

#[test]
fn what_was_typed_is_there_the_next_time_until_it_is_reset() {
    let reader = Reader::new();
    let type_in = |text: &str| {
        let mut command = reader.lessons(["practice", "find-nvcc"]);
        command.write_stdin(text);
        Said::by(1, &mut command)
    };
    type_in("echo one > ~/kept\n");
    assert!(type_in("cat ~/kept\n").out.contains("one"));
    // A line that no shell takes leaves what was kept readable.
    type_in(&format!("{}\n", "a".repeat(10_000_000)));
    assert!(type_in("cat ~/kept\n").out.contains("one"));
    fs::remove_dir_all(reader.state()).unwrap();
    assert!(type_in("cat ~/kept\n").err.contains("No such file"));
    type_in("echo two > ~/kept\n");
    reader.run(0, ["practice", "find-nvcc", "--reset"]);
    assert!(type_in("cat ~/kept\n").err.contains("No such file"));
}

#[test]
fn an_exercise_that_is_solved_is_done_in_the_progress() {
    let reader = Reader::new();
    let exercise = lessons_engine::practice::exercise::find("find-nvcc")
        .unwrap()
        .unwrap();
    let script = reader.file("script", exercise.solution.join("\n"));
    let standing = || {
        let document: Json =
            serde_json::from_str(&reader.run(0, ["practice", "--json"]).out).unwrap();
        let all = document["exercises"].as_array().unwrap().clone();
        let this = all.into_iter().find(|entry| entry["name"] == "find-nvcc");
        this.unwrap()["standing"].clone()
    };
    assert_eq!(standing(), "open");
    let script = script.to_str().unwrap();
    reader.run(0, ["practice", "find-nvcc", "--script", script]);
    assert_eq!(standing(), "done");
    let export = reader.run(0, ["progress", "export"]).out;
    let progress: Json = serde_json::from_str(&export).unwrap();
    assert!(progress["exercises"]["find-nvcc"]["done"].is_string());
}

#[test]
fn a_damaged_state_is_set_aside() {
    let reader = Reader::new();
    let folder = reader.state().join("practice");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("find-nvcc.json"), "{").unwrap();
    let mut command = reader.lessons(["practice", "find-nvcc"]);
    command.write_stdin("true\n");
    let said = Said::by(1, &mut command);
    assert!(said.err.contains("set aside"), "{}", said.err);
    assert!(folder.join("find-nvcc.json.damaged").exists());
}

#[test]
fn what_ctrl_c_has_ended_ends_there_again() {
    let reader = Reader::new();
    let folder = reader.state().join("practice");
    fs::create_dir_all(&folder).unwrap();
    let counted = |more: Option<u64>| {
        let line = "while :; do echo turn >> n; done";
        let mut events = vec![serde_json::json!({ "line": line })];
        events.extend(more.map(|looks| serde_json::json!({ "interrupt": looks })));
        let saved = serde_json::json!({ "schema": "lessons-practice-state/1", "events": events });
        fs::write(folder.join("find-nvcc.json"), saved.to_string()).unwrap();
        let mut command = reader.lessons(["practice", "find-nvcc"]);
        command.write_stdin("echo at $(wc -l < n)\n");
        let out = Said::by(1, &mut command).out;
        let (_, number) = out.rsplit_once("at ").unwrap();
        number.trim().parse::<u32>().unwrap()
    };
    assert!(counted(Some(2000)) < counted(None) / 2);
}

/// A script starts no program, opens no connection, and writes no file.
#[cfg(target_os = "linux")]
#[test]
fn nothing_reaches_the_host() {
    let reader = Reader::new();
    let trace = reader.place("trace");
    let lessons = assert_cmd::cargo::cargo_bin("lessons");
    let script = reader.file(
        "script",
        "ls -la /; cat /etc/passwd; sh -c 'touch /tmp/x'; echo hi | sudo tee /etc/x; rm -rf ~; find / -name x\nsudo reboot\ncurl http://127.0.0.1/; wget http://127.0.0.1/; ping 127.0.0.1\nlessons check\nbash -c 'kill -9 1'; nano x\n",
    );
    let result = std::process::Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .args(["-e", "trace=execve,execveat,fork,vfork,clone,clone3,socket,connect,open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,kill,tgkill,reboot"])
        .arg(&lessons)
        .args(["practice", "ubuntu-fresh-nouveau", "--script"])
        .arg(&script)
        .env("LESSONS_HOME", reader.state())
        .output();
    // Where it has to be shown, it is not passed over.
    let skip = |why: &str| {
        assert!(std::env::var_os("MUST_TRACE").is_none(), "{why}");
        eprintln!("skipped: {why}");
    };
    let Ok(output) = result else {
        return skip("strace is not installed");
    };
    let traced = fs::read_to_string(&trace).unwrap_or_default();
    if traced.is_empty() || !traced.contains("execve") {
        let why = String::from_utf8_lossy(&output.stderr);
        return skip(&format!("strace may not trace here: {why}"));
    }
    assert!(String::from_utf8_lossy(&output.stdout).contains("root:x:0:0"));
    let mut started = 0;
    for line in traced.lines() {
        let call = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        if call.starts_with("execve(") {
            started += 1;
        }
        let thread = call.contains("CLONE_THREAD");
        let reads_only = call.starts_with("open")
            && !["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]
                .iter()
                .any(|flag| call.contains(flag));
        let ended = call.starts_with("+++") || call.starts_with("---") || call.starts_with("<...");
        assert!(
            call.starts_with("execve(") || thread || reads_only || ended,
            "{line}"
        );
    }
    // The command itself, which strace starts.
    assert_eq!(started, 1);
}
