//! Whatever is typed on a practice machine ends, within the budget of a command line, and ends the same way twice.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::LazyLock;

use lessons_engine::practice::exercise::Practice;
use lessons_engine::practice::{Played, PracticeMachine, Script, Session, Stream, play};
use proptest::prelude::*;

/// More than one command line may print, with the message that says so.
const PRINTED: usize = (128 << 10) + 4096;

static PRACTICE: LazyLock<Practice> =
    LazyLock::new(|| Practice::find("ubuntu-fresh-nouveau").unwrap());

thread_local! {
    /// A machine that was started once: every script gets a copy of its own.
    static MACHINE: PracticeMachine = PRACTICE.machine().unwrap();
}

fn typed(script: &str) -> Vec<Played> {
    played(MACHINE.with(PracticeMachine::clone), script)
}

fn played(machine: PracticeMachine, script: &str) -> Vec<Played> {
    let lines: VecDeque<String> = script.lines().map(str::to_owned).collect();
    let lines = Rc::new(RefCell::new(lines));
    let outside = Script::new(Rc::clone(&lines), None);
    let mut session = Session::new(machine, Box::new(outside));
    play(&mut session, &lines)
}

fn last(script: &str) -> Played {
    typed(&format!("{script}\necho still here\n"))
        .pop()
        .unwrap()
}

fn with_disk(free: u64, script: &str) -> Vec<Played> {
    let mut machine = MACHINE.with(PracticeMachine::clone);
    machine.disk = machine.disk_used() + free;
    played(machine, script)
}

#[test]
fn what_is_nested_deeply_ends() {
    for (open, close) in [
        ("$(", ")"),
        ("(", ")"),
        ("{ ", "; }"),
        ("\"$(echo ", ")\""),
        ("${a:-", "}"),
        ("$((", "))"),
        ("`", "`"),
        ("<(", ")"),
        ("if true; then ", "; fi"),
        ("while true; do ", "; done"),
        ("[[ ( ", " ) ]]"),
        ("! ", ""),
        ("a=(", ")"),
        ("f() { ", "; }"),
        ("case a in a) ", ";; esac"),
        ("eval ", ""),
        ("sudo ", ""),
        ("{a,", "}"),
        ("sh -c '", "'"),
    ] {
        for depth in [30, 300, 10_000] {
            for script in [
                format!("{}true{}", open.repeat(depth), close.repeat(depth)),
                format!("echo {}a{}", open.repeat(depth), close.repeat(depth)),
                open.repeat(depth),
            ] {
                let last = typed(&script).pop();
                let printed: usize = last
                    .iter()
                    .flat_map(|last| &last.printed)
                    .map(|(_, text)| text.len())
                    .sum();
                assert!(printed < PRINTED, "{open} {depth}");
            }
        }
        let script = format!("{}true{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(last(&script).stdout(), "still here\n", "{open}");
    }
}

#[test]
fn what_would_never_end_is_stopped_and_says_so() {
    let mut silent = Vec::new();
    for script in [
        "yes",
        "cat /dev/zero",
        "while :; do :; done",
        "until false; do echo; done",
        "for ((;;)); do :; done",
        ":(){ :|:& };:",
        "f() { f; }; f",
        "f() { f & f & }; f",
        "x=a; while true; do x=$x$x; done",
        "a=(1); while true; do a+=(\"${a[@]}\"); done",
        "x=a; for i in {1..64}; do x=\"$x$x\"; done; echo ${#x}",
        "export x=a; while true; do export x=$x$x; done",
        "x=a; while true; do read -r x <<< \"$x$x\"; done",
        "x=a; while true; do printf -v x %s%s \"$x\" \"$x\"; done",
        "while true; do echo aaaaaaaaaaaaaaaa >> ~/big; done",
        "sed :a\\;ba <<< x",
        "sed ':a;s/a/aa/g;ba' <<< a",
        "sed ':a;G;h;ba' <<< a",
        "find / -exec find / -exec true {} + \\;",
        "echo a > a; while true; do cat a a > b; mv b a; done",
        "eval \"$(yes)\"",
        "source /dev/zero",
        "echo {1..1000000000}",
        "echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
        "seq 1 1000000000",
        "head -c 1000000000000 /dev/zero",
        "echo 'exec bash ~/again' > ~/again; bash ~/again",
        "echo '. ~/again' > ~/again; . ~/again",
        "alias again='again again'; again",
        "while true; do bash -c 'true'; done",
    ] {
        let played = typed(&format!("{script}\necho still here"));
        let (first, last) = (&played[0], played.last().unwrap());
        assert_eq!(last.stdout(), "still here\n", "{script}");
        if first.exit == 0 || first.stderr().trim().is_empty() {
            let (exit, out, err) = (first.exit, first.stdout().len(), first.stderr());
            silent.push(format!("{script}: {exit}, {out} bytes, {err}"));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn a_full_disk_is_full() {
    let played = with_disk(
        1 << 20,
        "cat /dev/zero > /tmp/big; cat /dev/zero >> /tmp/big\n\
         rm -f /tmp/big\n\
         while true; do echo a >> /tmp/big; done\n\
         rm -f /tmp/big\n\
         head -c 400000 /dev/zero > /tmp/a; cat /tmp/a /tmp/a /tmp/a > /tmp/big\n\
         sudo apt-get install -y nvidia-driver-580\n\
         rm -f /tmp/big\n\
         echo fits > /tmp/small; cat /tmp/small\n",
    );
    for index in [0, 4] {
        let err = played[index].stderr();
        assert!(err.contains("No space left on device"), "{index}: {err}");
        assert_ne!(played[index].exit, 0);
    }
    assert_ne!(played[2].exit, 0);
    assert_ne!(played[5].exit, 0);
    assert_eq!(played[7].stdout(), "fits\n");
}

#[test]
fn what_cannot_be_written_says_why() {
    for (script, why) in [
        ("echo a > /proc/version", "/proc/version"),
        ("echo a | sudo tee /proc/version", "/proc/version"),
        ("echo a > /proc/new", "/proc/new"),
        ("sudo rm -rf /proc/1", "/proc"),
        ("echo a > /tmp", "Is a directory"),
        ("echo a >> ~", "Is a directory"),
        ("cp /etc/passwd /proc/", "/proc"),
        ("bash /tmp", "Is a directory"),
        ("source /tmp", "a directory"),
        ("bash /no/such/script", "No such file or directory"),
        ("bash /bin/ls", "cannot execute binary file"),
        ("/tmp", "Is a directory"),
    ] {
        let played = typed(script).remove(0);
        assert!(
            played.exit != 0 && (played.stderr() + &played.stdout()).contains(why),
            "{script}: {} {:?}",
            played.exit,
            played.printed
        );
    }
}

#[test]
fn leaving_a_shell_of_root_leaves_that_one_only() {
    let played = typed("sudo -i\nwhoami\nexit\nwhoami\n");
    assert_eq!(played[1].stdout(), "root\n");
    assert_ne!(played[3].stdout(), "root\n");
    assert_eq!(played.len(), 4);
}

#[test]
fn exec_puts_a_new_shell_in_the_place_of_the_old_one() {
    let played = typed(
        "export KEPT=1; LOST=2\nexec nosuchshell\necho $LOST\nexec bash\necho [$KEPT$LOST]\nexec $SHELL -l\n\
         echo [$KEPT]\nexec ls /etc/hostname\n",
    );
    assert_eq!(played.len(), 8, "{played:?}");
    assert_eq!(played[1].exit, 127);
    assert_eq!(played[1].stderr(), "bash: exec: nosuchshell: not found\n");
    assert_eq!(played[2].stdout(), "2\n");
    assert!(played[3].ended.is_none());
    assert_eq!(played[4].stdout(), "[1]\n");
    assert_eq!(played[6].stdout(), "[1]\n");
    assert_eq!(played[7].stdout(), "/etc/hostname\n");
    assert!(played[7].ended.is_some());
}

#[test]
fn here_documents_take_the_lines_up_to_their_word() {
    let played = typed(
        "cat <<E; cat <<'F'\n$((1+1))\nE\n$((1+1))\nF\ncat <<-E\n\tx\n\tE\nsudo tee /etc/x <<E >/dev/null\nkept\nE\ncat /etc/x\ncat <<E\nopen",
    );
    let out: Vec<String> = played.iter().map(Played::stdout).collect();
    assert_eq!(out[..4], ["2\n$((1+1))\n", "x\n", "", "kept\n"]);
}

#[test]
fn a_long_pipeline_ends() {
    let script = format!("echo a{}", " | cat".repeat(5000));
    assert_eq!(last(&script).stdout(), "still here\n");
    let script = format!("echo a{}", " | cat".repeat(40));
    assert_eq!(typed(&script)[0].stdout(), "a\n");
}

#[test]
fn numbers_that_are_too_large_end() {
    for (line, printed) in [
        (
            "echo {1..99999999999999999999}",
            "{1..99999999999999999999}\n",
        ),
        (
            "echo {1..3..99999999999999999999}",
            "{1..3..99999999999999999999}\n",
        ),
        (
            "echo {-99999999999999999999..1}",
            "{-99999999999999999999..1}\n",
        ),
        (
            "echo \"99999999999>x\" '99999999999>x'",
            "99999999999>x 99999999999>x\n",
        ),
        ("echo a 2>&1", "a\n"),
    ] {
        assert_eq!(typed(line)[0].stdout(), printed, "{line}");
    }
    for line in [
        "echo ${99999999999999999999}",
        "echo ~99999999999999999999",
        "echo ~+99999999999999999999",
        "echo ~-99999999999999999999",
        "x=~99999999999999999999",
        "99999999999999999999>x",
        "echo 2147483648>x",
        "echo a 5000000000>&1",
        "echo a 5000000000<x",
        "for i in {1..99999999999999999999}; do echo $i; done",
    ] {
        assert_eq!(typed(line).len(), 1, "{line}");
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(
            [
                "if", "then", "fi", "while", "do", "done", "for", "in", "case", "esac", "{", "}", "(", ")", "$(", "((",
                "))", "$((", "${", "[[", "]]", "`", "'", "\"", "\\", "|", "||", "&&", "&", ";", ";;", ">", ">>", "<",
                "<<E", "E", "<<<", "2>&1", "!", "#", "~", "*", "?", "=", "x=1", "$x", "${x#", "${x:", "$1", "$@", "{1..9}",
                "f()", "function", "\n", "\n", " ", "\t", "\0",
            ]
            .as_slice(),
        ).prop_map(str::to_owned),
        4 => proptest::sample::select(
            [
                "echo", "cat", "sudo", "sudo -i", "exit", "cd", "export", "source", "eval", "read", "printf", "test",
                "set", "ls", "find /", "grep -r a /etc", "sed s/a/b/", "head", "tail -n", "rm -rf /", "mv", "cp -r", "tee",
                "mkdir -p", "touch", "chmod 777", "dd", "yes", "apt", "apt-get install -y", "dpkg -l", "nvidia-smi",
                "nvidia-smi -q", "-i", "--query-gpu=name", "nvcc", "gcc", "python3 -c", "import torch", "pip install",
                "uv", "conda", "docker run", "modprobe", "rmmod", "lspci", "lsmod", "mokutil", "systemctl status",
                "reboot", "journalctl", "dmesg", "/dev/zero", "/proc", "/etc/passwd", "-", "--", "--help",
                "99999999999999999999", "~99999999999999999999", "2147483648>", "{1..99999999999999999999}", "-1",
            ]
            .as_slice(),
        ).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends_and_ends_the_same_way_twice(
        words in proptest::collection::vec((word(), any::<bool>()), 0..24),
    ) {
        let script: String = words
            .iter()
            .flat_map(|(word, space)| [word.as_str(), if *space { " " } else { "" }])
            .collect();
        let (once, again) = (typed(&script), typed(&script));
        for played in &once {
            let printed: usize = played.printed.iter().map(|(_, text)| text.len()).sum();
            prop_assert!(printed < PRINTED, "{:?} printed {printed} bytes", played.command);
            prop_assert!(played.printed.iter().all(|(stream, _)| matches!(stream, Stream::Out | Stream::Err)));
        }
        prop_assert_eq!(once, again);
    }
}
