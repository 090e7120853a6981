//! How long a practice machine takes for a command line: `cargo bench -p lessons-engine --bench practice`. What is typed at a prompt
//! has 5 ms, and what runs into the bounds of a command line 20 ms; the columns of `max alloc` say what it holds at once,
//! which has 50 MB.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use divan::{AllocProfiler, Bencher, black_box};
use lessons_engine::practice::exercise::Practice;
use lessons_engine::practice::{Script, Session};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn session() -> Session {
    let machine = Practice::find("ubuntu-fresh-nouveau")
        .and_then(|practice| practice.machine())
        .unwrap_or_else(|_| unreachable!("the machine is bundled"));
    let lines = Rc::new(RefCell::new(VecDeque::new()));
    Session::new(machine, Box::new(Script::new(lines, None)))
}

fn timed(bencher: Bencher<'_, '_>, line: &str) {
    bencher
        .with_inputs(session)
        .bench_local_refs(|session| black_box(session.run(line)));
}

/// From a recording to a prompt.
#[divan::bench(sample_count = 20)]
fn start(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| black_box(session()));
}

/// What people type.
const EVERYDAY: &[&str] = &[
    "true",
    "ls -la /etc",
    "find / -name '*.conf'",
    "grep -r nouveau /etc",
    "dpkg -l",
    "apt-cache policy nvidia-driver-580",
    "sudo apt-get install -y nvidia-driver-580",
    "nvidia-smi",
    "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; done",
    "lspci | grep -i nvidia | awk '{print $1}'",
];

#[divan::bench(args = EVERYDAY, sample_count = 20, sample_size = 1)]
fn everyday(bencher: Bencher<'_, '_>, line: &str) {
    timed(bencher, line);
}

/// A script of 200 commands, which has 200 ms.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn script_of_200_commands(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(session).bench_local_refs(|session| {
        for line in EVERYDAY.iter().cycle().take(200) {
            black_box(session.run(line));
        }
    });
}

/// What would not end, or would take all memory.
const HOSTILE: &[&str] = &[
    "while true; do :; done",
    "for ((;;)); do :; done",
    "while true; do echo a; done > /dev/null",
    "while true; do (true); done",
    "while true; do a=$(echo b); done",
    "while true; do a=${a#b}; done",
    "while true; do eval 'a=1; b=2; c=3'; done",
    "while true; do bash -c true; done",
    "while true; do ls > /dev/null; done",
    "while true; do [[ aaaaaaaaaaaaaaaaaaaa =~ (a*)*b ]]; done",
    "while true; do cat <<< 'a b c' > /dev/null; done",
    "while true; do nosuchcommand; done 2> /dev/null",
    "while true; do printf '%100000s' a; done > /dev/null",
    "f() { f; }; f",
    "f() { f | f; }; f",
    ":(){ :|:& };:",
    "yes | while read -r a; do :; done",
    "yes | cat | cat | cat | cat | wc -l",
    "yes",
    "yes | sort",
    "yes | sed 's/y/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/g' | wc -c",
    "a=a; while true; do a=$a$a; done",
    "a=a; for i in {1..20}; do a=$a$a; done; for i in {1..100}; do b=${a//a/b}; done",
    "a=a; for i in {1..20}; do a=$a$a; done; while true; do echo \"$a\"; done > /dev/null",
    "a=a; for i in {1..14}; do a=$a$a; done; while true; do b=${a%%*b}; done",
    "a=a; for i in {1..16}; do a=\"$a $a\"; done; while true; do set -- $a; done",
    "a=(1); while true; do a+=(\"${a[@]}\"); done",
    "echo {1..1000000}",
    "echo {1..20000}{a,b,c}",
    "for i in {1..20000}; do :; done; for i in {1..20000}; do :; done",
    "echo /*/*/*/*/*/*",
    "echo /*/../*/../*/../*/../*",
    "ls -R /",
    "ls -laR / > /dev/null",
    "find / ",
    "find / -exec grep a {} ';' 2>/dev/null",
    "find / -exec sha256sum {} + 2>/dev/null",
    "grep -r . / > /dev/null",
    "grep -rE '(a|b|c|d)*(e|f)*(.*)*x' / > /dev/null",
    "du -a /",
    "seq 1 100000000 | tail -1",
    "seq 1 100000 | sort -n | uniq -c | tail -1",
    "seq 1 30000 | while read -r a; do echo $a; done > /dev/null",
    "seq 1 30000 | xargs -n 1 echo > /dev/null",
    "printf '%99999999d' 1",
    "printf '%s\\n' {1..20000}",
    "head -c 100000000 /dev/zero | wc -c",
    "cat /dev/zero",
    "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E '(a*)*b'",
    "head -c 300000 /dev/zero | tr '\\0' a | grep -E '(a|aa|aaa|aaaa)*b'",
    "head -c 300000 /dev/zero | tr '\\0' a | sed -E 's/(a*)*b/x/'",
    "echo a | sed ':a;s/a/aa/;ta'",
    "case aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in *a*a*a*a*a*a*a*a*a*a*a*a*a*a*b) ;; esac",
    "a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; while true; do [[ $a == *a*a*a*a*a*a*a*a*b ]]; done",
    "((a=1)); while ((a+=1)); do ((b=a*a%7+a/3)); done",
    "for i in /proc/* /sys/* /etc/*; do cat $i; done 2>/dev/null | sort | uniq -c | sort -rn",
    "while true; do sudo true; done",
    "while true; do x=$(cat /proc/cpuinfo | grep -c processor); done",
    "while true; do echo aaaaaaaaaaaaaaaaaaaaaaa >> /tmp/a; done",
    "while true; do cp -r /etc /tmp/a$((i++)); done",
    "while true; do mkdir -p /tmp/a/a/a/a/a/a/a/a/$((i++)); done",
    "while true; do dpkg -l > /dev/null; done",
    "while true; do nvidia-smi > /dev/null; done",
    "while true; do python3 -c 'print(1)' > /dev/null; done",
    "while true; do systemctl status > /dev/null; done",
    "yes | awk '{ s += $1; a = a $0 } END { print s }'",
    "awk 'BEGIN { while (1) x = x \"aaaaaaaaaaaaaaaa\" }'",
    "while true; do x=$(echo $(echo $(echo $(echo a)))); done",
    "a=(); while true; do a+=($RANDOM); done",
    "declare -A t; while true; do t[$((i++))]=x; done",
    "set -- {1..20000}; while true; do (:); done",
    "set -- {1..20000}; while shift; do :; done",
    "a=({1..20000}); while true; do (a[1]=2); done",
    "a=({1..20000}); while true; do echo ${#a[@]}; done > /dev/null",
    "a=({1..20000}); f() { local a=1; }; while true; do f; done",
    "x=$(seq 1 20000); while true; do read -ra a <<< \"$x\"; done",
    "for i in {1..300}; do export v$i=$i; done; while true; do ls > /dev/null; done",
    "for i in {1..1000}; do touch /tmp/f$i; done; while true; do echo /tmp/f* > /dev/null; done",
    "touch /tmp/{1..20000}",
    "echo a | tee /tmp/{1..5000} > /dev/null",
    "sudo cp -r / /tmp/x",
    "for i in {1..39}; do ln -s . /tmp/s$i; done; echo /tmp/*/*/*/*",
    "shopt -s globstar; echo /**/**/**",
    "x=$(printf '%5000s' | tr ' ' a); while true; do [[ $x == +(+(a)|b)c ]]; done",
    "while true; do cd /usr/lib; cd ..; cd -; done > /dev/null",
    "while true; do type ls; done > /dev/null",
    "while true; do [ -f /etc/passwd -a -d /tmp -o -r /x ]; done",
    "while true; do du -sh /; done",
    "yes | rev | tail -1",
    "yes | nl | tail -1",
    "yes | column -t | tail -1",
    "yes | sort -R | tail -1",
    "yes | sed G | wc -l",
    "yes | diff - /etc/passwd",
    "yes | xargs -I{} echo {}{}{}",
    "head -c 1000000 /dev/zero | base64 | base64 -d | wc -c",
    "awk 'BEGIN { while (1) { s = sprintf(\"%1000s\", \"a\"); gsub(/ /, \"b\", s) } }'",
    "while true; do apt list > /dev/null 2>&1; done",
];

#[divan::bench(args = HOSTILE, sample_count = 3, sample_size = 1)]
fn hostile(bencher: Bencher<'_, '_>, line: &str) {
    timed(bencher, line);
}
