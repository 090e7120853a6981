//! What must go, what must stay.

use proptest::prelude::*;

use super::*;
use crate::bundled;
use crate::facts::Facts;
use crate::finding::Outcome;
use crate::machine::Machine;
use crate::report::Report;

fn recording(body: &str) -> Recording {
    let json = format!(
        r#"{{"format":"lessons-machine/1","name":"t","platform":{{"os":"linux","arch":"x86_64"}},{body}}}"#
    );
    Recording::from_slice(json.as_bytes()).unwrap()
}

/// The text of `/t` after redaction.
fn redacted(text: &str) -> String {
    let mut before = recording("\"files\":{}");
    let entry = Entry {
        text: Some(text.to_owned()),
        ..Entry::default()
    };
    before.files.insert("/t".to_owned(), entry);
    redact(before).0.text("/t").unwrap()
}

const ALICES: &str = r#"
"name": "x", "title": "Alice's workstation, gpubox7",
"platform": {"os": "linux", "arch": "x86_64", "kernel": "6.8.0-45-generic"},
"files": {
  "/etc/hostname": {"text": "gpubox7.corp.example\n"},
  "/etc/machine-id": {"text": "0123456789abcdef0123456789abcdef\n"},
  "/home/alice/.bashrc": {"lines": [
    "export PATH=/usr/local/cuda-12.6/bin:$PATH  # by alice on gpubox7",
    "export HF_TOKEN=hf_abcdefghijKLMNOP0123456789",
    "export CUDNN_VERSION=9.1.0.70",
    "source /data/alice/venv/bin/activate"
  ]},
  "/home/alice/venv/pyvenv.cfg": {"lines": ["home = /usr/bin", "command = /usr/bin/python3 -m venv /home/alice/venv"]},
  "/home/alice/venv/lib/python3.12/site-packages/torch/version.py": {"lines": ["__version__ = '2.8.0+cu126'"]},
  "/home/alice/cuda": {"link": "/home/bob/cuda-12.6"},
  "/home/bob/cuda-12.6": {"error": "denied"},
  "/opt/broken": {"error": "cannot open /home/alice/.config: stale"},
  "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": {"error": "not-found"},
  "/sys/class/net/eth0/address": {"text": "3c:ec:ef:12:34:56\n"},
  "/sys/class/dmi/id/board_serial": {"text": "WM21AS001234\n"},
  "/proc/cmdline": {"text": "BOOT_IMAGE=/vmlinuz root=UUID=3f2a1c5e-9b1d-4c7a-8e2f-1a2b3c4d5e6f ro quiet ip=203.0.113.20\n"},
  "/proc/driver/nvidia/gpus/0000:01:00.0/information": {"lines": [
    "Model: \t\t NVIDIA GeForce RTX 4090", "GPU UUID: \t GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "Bus Location: \t 0000:01:00.0"]},
  "/var/lib/dpkg/status": {"text": "Package: libcudnn9\nVersion: 9.1.0.70\nMaintainer: Bob Builder <bob@corp.example>\n"}
},
"dirs": {
  "/home": ["alice", "bob", "ubuntu"],
  "/home/alice/venv/lib/python3.12/site-packages": ["nvidia_cublas_cu12-12.4.5.8.dist-info", "torch"],
  "/sys/firmware/efi/efivars": ["SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "Own-77fa9abd-0359-4d32-bd60-28f4e78f784b"]
},
"commands": [
  {"argv": ["nvidia-smi", "topo", "-m"], "exit": 0, "stdout": "\tGPU0\tGPU1\nGPU0\t X \tSYS\n"},
  {"argv": ["gcc", "-dumpfullversion"], "exit": 0, "stdout": "13.3.0\n", "stderr": "alice@gpubox7:~$ from fe80::3eec:efff:fe12:3456\n"}
],
"env": {"HOME": "/home/alice", "USER": "alice", "HOSTNAME": "gpubox7", "WANDB_API_KEY": "0a1b2c", "SSH_CONNECTION": "10.0.0.9 5 10.0.0.1 22",
  "VIRTUAL_ENV": "/home/alice/venv", "CUDA_VISIBLE_DEVICES": "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "HF_TOKEN": null,
  "PIP_INDEX_URL": "https://alice:pw@mirror.nju.edu.cn/pytorch/whl/cu126", "LD_LIBRARY_PATH": "/home/alice/lib:C:\\Users\\alice\\lib"},
"nvml": {"ok": {"library": "/home/alice/lib/libnvidia-ml.so.1", "driver_version": "580.95.05", "gpus": [
  {"name": "NVIDIA GeForce RTX 4090", "uuid": "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "serial": "1320220012345", "bus_id": "00000000:01:00.0",
   "processes": [{"pid": 7, "kind": "C", "name": "/home/alice/venv/bin/python"}]},
  {"name": "NVIDIA GeForce RTX 4090", "uuid": "GPU-11111111-2222-3333-4444-555555555555", "serial": {"error": "NotSupported"}}]}}
"#;

fn alices() -> Recording {
    let json = format!("{{\"format\":\"lessons-machine/1\",{ALICES}}}");
    Recording::from_slice(json.as_bytes()).unwrap()
}

#[test]
fn nothing_tells_whose_machine_it_is() {
    let (after, redactions) = redact(alices());
    let json = after.to_json();
    for secret in [
        "alice",
        "Alice",
        "bob",
        "gpubox7",
        "0123456789abcdef",
        "KLMNOP",
        "3c:ec:ef",
        "WM21AS",
        "3f2a1c5e",
        "203.0.113.20",
        "8932f937",
        "11111111-2222",
        "corp.example",
        "0a1b2c",
        "10.0.0.",
        ":pw@",
        "1320220012345",
        "3eec:efff",
    ] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
    let kinds: Vec<&str> = redactions.iter().map(|r| r.kind.name()).collect();
    assert_eq!(
        kinds,
        [
            "user name",
            "home folder",
            "host name",
            "serial number",
            "GPU UUID",
            "UUID",
            "MAC address",
            "IP address",
            "machine id",
            "e-mail address",
            "secret"
        ]
    );
    assert!(redactions.iter().all(|redaction| redaction.count > 0));
    let mut listed = kinds;
    listed.sort_unstable();
    let listed = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(after.redacted, Some(Redacted::What(listed)));
}

#[test]
fn what_checks_read_stays_and_still_fits_together() {
    let (after, _) = redact(alices());
    let home = after.env("HOME").unwrap().unwrap();
    assert_eq!(home, "/home/user");
    assert_eq!(
        after.env("VIRTUAL_ENV").unwrap().unwrap(),
        "/home/user/venv"
    );
    assert_eq!(after.env("HF_TOKEN"), Ok(None));
    assert_eq!(
        after.env("PIP_INDEX_URL").unwrap().unwrap(),
        "https://redacted@mirror.nju.edu.cn/pytorch/whl/cu126"
    );
    let torch = "/home/user/venv/lib/python3.12/site-packages/torch/version.py";
    assert_eq!(after.text(torch).unwrap(), "__version__ = '2.8.0+cu126'\n");
    let bashrc = after.text("/home/user/.bashrc").unwrap();
    assert_eq!(
        bashrc,
        "export PATH=/usr/local/cuda-12.6/bin:$PATH  # by user on host\n\
         export HF_TOKEN=redacted\n\
         export CUDNN_VERSION=9.1.0.70\n\
         source /data/user/venv/bin/activate\n"
    );
    assert_eq!(
        after.link("/home/user/cuda").unwrap().unwrap(),
        "/home/user2/cuda-12.6"
    );
    assert_eq!(
        after.stat("/home/user/cuda"),
        Err(crate::machine::Unread::Denied)
    );
    assert_eq!(after.dir("/home").unwrap(), ["ubuntu", "user", "user2"]);
    assert_eq!(
        after
            .dir("/home/user/venv/lib/python3.12/site-packages")
            .unwrap(),
        ["nvidia_cublas_cu12-12.4.5.8.dist-info", "torch"]
    );
    let before = alices();
    let efi = "/sys/firmware/efi/efivars";
    assert_eq!(after.dir(efi), before.dir(efi));
    for command in [programs::NVIDIA_SMI_TOPO, programs::GCC] {
        assert_eq!(
            after.command(command).unwrap().stdout,
            before.command(command).unwrap().stdout
        );
    }
    let information = "/proc/driver/nvidia/gpus/0000:01:00.0/information";
    let uuid = "GPU-00000000-0000-0000-0000-000000000001";
    assert!(after.text(information).unwrap().contains(uuid));
    assert_eq!(after.env("CUDA_VISIBLE_DEVICES").unwrap().unwrap(), uuid);
    let gpus = after.nvml().unwrap().gpus;
    let uuids: Vec<String> = gpus
        .iter()
        .map(|gpu| match gpu {
            GpuReading::Opened(gpu) => gpu.uuid.known().unwrap().clone(),
            GpuReading::Failed { .. } => unreachable!("both were opened"),
        })
        .collect();
    assert_eq!(uuids[0], uuid);
    assert_ne!(uuids[1], uuid);
    assert!(
        after
            .text("/var/lib/dpkg/status")
            .unwrap()
            .contains("Version: 9.1.0.70\n")
    );
}

#[test]
fn checks_conclude_what_they_concluded_before() {
    let conclusions = |machine: &Recording| -> Vec<(&str, Outcome)> {
        Report::of_all(&Facts::new(machine))
            .steps
            .iter()
            .map(|checked| (checked.step.id, checked.finding.outcome))
            .collect()
    };
    let mut machines = vec![alices()];
    machines.extend(bundled::names().map(|name| bundled::recording(name).unwrap().unwrap()));
    for before in machines {
        let (after, _) = redact(before.clone());
        assert_eq!(conclusions(&after), conclusions(&before), "{}", before.name);
    }
}

#[test]
fn a_second_redaction_changes_nothing() {
    let (once, _) = redact(alices());
    let (twice, redactions) = redact(once.clone());
    assert_eq!(redactions, []);
    assert_eq!(twice, once);
}

#[test]
fn stand_ins_of_an_earlier_redaction_are_not_given_again() {
    assert_eq!(
        redacted("/home/carol/x /home/user/x /home/user3/x /home/dave/x"),
        "/home/user2/x /home/user/x /home/user3/x /home/user4/x"
    );
    assert_eq!(
        redacted("ping 203.0.113.5 192.0.2.1"),
        "ping 192.0.2.2 192.0.2.1"
    );
}

#[test]
fn home_folders_in_any_writing() {
    for (before, after) in [
        ("cd /home/carol", "cd /home/user"),
        (
            "PATH=/home/carol/bin:/home/dave/bin",
            "PATH=/home/user/bin:/home/user2/bin",
        ),
        ("/var/home/carol.", "/var/home/user."),
        ("'/Users/carol/x'", "'/Users/user/x'"),
        ("file:///home/carol/x", "file:///home/user/x"),
        ("../../home/carol/x", "../../home/user/x"),
        ("/mnt/c/Users/carol/x", "/mnt/c/Users/user/x"),
        ("C:/Users/carol/x", "C:/Users/user/x"),
        (r"c:\users\Carol Jones\x", r"c:\users\user\x"),
        (r#""C:\\Users\\carol\\x""#, r#""C:\\Users\\user\\x""#),
        (r"C:\Users\carol is it", r"C:\Users\user is it"),
        ("/home/josé/x and José", "/home/user/x and user2"),
    ] {
        assert_eq!(redacted(before), after);
    }
    for same in [
        "https://example.org/home/page",
        "/home/ubuntu/x",
        "/home/$USER/x",
        "/home/*/x",
        "/home/",
        r"C:\Users\Public\x",
        "usr/home/x",
    ] {
        assert_eq!(redacted(same), same);
    }
}

#[test]
fn secrets_by_their_name_or_their_form() {
    for (before, after) in [
        (
            "export WANDB_API_KEY='12ab'",
            "export WANDB_API_KEY='redacted'",
        ),
        (
            r#"{"token": "12ab", "x": 1}"#,
            r#"{"token": "redacted", "x": 1}"#,
        ),
        (
            "Authorization: Bearer 12ab",
            "Authorization: Bearer redacted",
        ),
        ("login ghp_abcdeABCDE0123456789", "login redacted"),
        ("http://u:p@h/x", "http://redacted@h/x"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nab\ncd\n-----END OPENSSH PRIVATE KEY-----\n",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nredacted\n-----END OPENSSH PRIVATE KEY-----\n",
        ),
        (
            "Serial Number      : 1320220012345",
            "Serial Number      : 0000000000001",
        ),
        ("mail carol@corp.example now", "mail user@example.com now"),
        ("ssh carol@box7", "ssh user@host"),
        ("Linux box7 6.8.0-45-generic", "Linux host 6.8.0-45-generic"),
    ] {
        assert_eq!(redacted(before), after);
    }
    for same in [
        "export HF_TOKEN=$OTHER",
        "tokenizers: 0.15.2",
        "systemctl status getty@tty1.service",
        "uses: actions/checkout@v4",
        "serial8250: ttyS0",
        "OS: Linux Mint 20.3 (x86_64)",
        "Linux Mint 20.3 (x86_64)",
        "Serial Number : N/A",
        "Linux version 6.8.0-45-generic (buildd@lcy02-amd64-115)",
        "pip install torch==2.8.0 --index-url https://download.pytorch.org/whl/cu126",
    ] {
        assert_eq!(redacted(same), same);
    }
}

#[test]
fn a_generic_name_takes_no_facts_with_it() {
    let before = recording(
        r#""files":{"/proc/modules":{"text":"nvidia 1 0 - Live 0x0\n"},"/etc/os-release":{"text":"ID=ubuntu\n"}},
           "env":{"USER":"nvidia","HOME":"/home/nvidia","HOSTNAME":"ubuntu"}"#,
    );
    let (after, redactions) = redact(before.clone());
    assert_eq!(redactions, []);
    assert_eq!(after.files, before.files);
    assert_eq!(after.redacted, Some(Redacted::What(Vec::new())));
}

#[test]
fn a_home_that_is_elsewhere_moves_as_a_whole() {
    let before = recording(
        r#""files":{"/data/carol/.bashrc":{"text":""},"/data/c/x":{"text":""}},"env":{"HOME":"/data/carol"}"#,
    );
    let (after, _) = redact(before);
    assert_eq!(after.env("HOME").unwrap().unwrap(), "/data/user");
    assert!(after.text("/data/user/.bashrc").is_ok());
    assert!(after.text("/data/c/x").is_ok());
}

#[test]
fn hostile_text_takes_linear_time() {
    // Were one of these quadratic, this test would take minutes.
    for piece in [
        "/home/",
        "/home/a",
        "C:\\Users\\",
        "a.",
        "a@",
        "@a",
        "1.",
        "1:",
        "::",
        "-",
        "00:",
        "00-",
        "sk-",
        "TOKEN=$",
        "TOKEN=",
        "token: ",
        "serial ",
        "serial: ",
        "-----BEGIN PRIVATE KEY-----\n",
        "://",
        "GPU-",
        "a b.",
        "é",
        "Linux ",
        "machine_id=",
        "192.168.0.1-",
        "/home/a /home/",
    ] {
        let text = piece.repeat((1 << 16) / piece.len());
        let after = redacted(&text);
        assert!(after.len() <= 64 * text.len());
    }
}

#[test]
fn real_outputs_keep_their_versions() {
    let texts = corpus();
    if texts.is_empty() {
        println!("skipped: no corpus folder");
        return;
    }
    for (file, text) in texts {
        let mut before = recording("\"files\":{}");
        before.commands.push(Command {
            argv: vec!["nvidia-smi".to_owned()],
            exit: Some(0),
            stdout: Printed::Text(text.clone()),
            stderr: Printed::default(),
            elapsed_ms: 0,
            error: None,
        });
        let (once, _) = redact(before);
        let printed = once.commands[0].stdout.text();
        let pinned = |text: &str| -> Vec<String> {
            text.split_whitespace()
                .filter(|word| word.contains("==") || word.contains("+cu"))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(pinned(&printed), pinned(&text), "{file}");
        assert_eq!(redact(once.clone()).0, once, "{file}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may read the corpus of real outputs, which is no part of the engine"
)]
fn corpus() -> Vec<(String, String)> {
    let folder = std::env::var("LESSONS_CORPUS")
        .unwrap_or_else(|_| format!("{}/../../../shared/corpus", env!("CARGO_MANIFEST_DIR")));
    let mut texts = Vec::new();
    for kind in [
        "collect-env",
        "smi",
        "topo",
        "misc",
        "ubuntu-drivers",
        "nvcc",
    ] {
        for entry in std::fs::read_dir(format!("{folder}/{kind}"))
            .into_iter()
            .flatten()
        {
            let path = entry.unwrap().path();
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            texts.push((path.display().to_string(), text));
        }
    }
    texts
}

/// Secrets of one machine, each unlike all ordinary text.
#[derive(Debug, Clone)]
struct Secrets {
    user: String,
    host: String,
    serial: String,
    uuid: String,
    mac: String,
    v4: String,
    v6: String,
    token: String,
}

fn secrets() -> impl Strategy<Value = Secrets> {
    let mac = "[2-9a][0-9a-f](:[1-9a-f][0-9a-f]){5}";
    let v4 = (1_u8..=223, 1_u8.., 1_u8.., 1_u8..)
        .prop_map(|(a, b, c, d)| format!("{a}.{b}.{c}.{d}"))
        .prop_filter("loopback and documentation", |v4| {
            !v4.starts_with("127.") && !v4.starts_with("192.0.2.")
        });
    (
        "[a-z]{3}q[a-z]{2,6}([._-][a-z0-9]{2})?",
        "[a-z]{2}z[a-z]{2,6}(-[a-z0-9]{1,4}){0,2}",
        "[A-Z]{2}[1-9][0-9A-Z]{8,12}",
        "[1-9a-f]{8}(-[1-9a-f]{4}){3}-[1-9a-f]{12}",
        mac,
        v4,
        "2a02(:[1-9a-f]{4}){7}",
        "[A-Z0-9a-z]{20,40}[A-Z][0-9]",
    )
        .prop_map(|(user, host, serial, uuid, mac, v4, v6, token)| Secrets {
            user,
            host,
            serial,
            uuid,
            mac,
            v4,
            v6,
            token,
        })
        .prop_filter("a name that is kept", |s| {
            !generic::is_generic(&s.user) && !generic::is_generic(&s.host)
        })
}

/// Texts with holes, as they stand in files and in what programs print.
const TEXTS: &[&str] = &[
    "export PATH=/home/{user}/bin:$PATH\n",
    "C:\\Users\\{user}\\AppData",
    "{user}@{host}:~$ nvidia-smi\n",
    "owner {user}, on {host}.\n",
    "Linux {host} 6.8.0-45-generic #45 SMP\n",
    "Serial Number : {serial}\n",
    "board {serial}\n",
    "GPU UUID: GPU-{uuid}\n",
    "root=UUID={uuid} ro\n",
    "MIG-{uuid},",
    "ether {mac} txqueuelen 1000\n",
    "inet {v4} netmask 255.255.255.0\n",
    "http://{v4}:8080/simple {v4}/24",
    "inet6 {v6}/64 scope global\n",
    "[{v6}]:443 {mac}\n",
    "export HF_TOKEN=\"{token}\"\n",
    "password: {token}\n",
    "https://{user}:{token}@mirror.example/simple\n",
    "mail <{user}@corp.example>\n",
    "hf_{token} ",
    "nvidia-cublas-cu12==12.4.5.8\n",
    "580.95.05 é \u{202e} \0 ",
    "/home/",
    ":",
    "@",
    "-",
    " ",
    "\n",
    ".",
    "user",
    "host",
    "serial: ",
];

impl Secrets {
    fn fill(&self, text: &str) -> String {
        text.replace("{user}", &self.user)
            .replace("{host}", &self.host)
            .replace("{serial}", &self.serial)
            .replace("{uuid}", &self.uuid)
            .replace("{mac}", &self.mac)
            .replace("{v4}", &self.v4)
            .replace("{v6}", &self.v6)
            .replace("{token}", &self.token)
    }

    /// A machine with the secrets where they are known from, and `text` in each kind of place.
    fn machine(&self, text: &str) -> Recording {
        let mut machine = recording("\"files\":{}");
        let entry = |text: &str| Entry {
            text: Some(text.to_owned()),
            ..Entry::default()
        };
        let text = self.fill(text);
        machine.title.clone_from(&text);
        for (path, content) in [
            ("/etc/hostname".to_owned(), self.host.as_str()),
            (format!("/home/{}/.profile", self.user), &text),
            ("/sys/class/dmi/id/product_serial".to_owned(), &self.serial),
            ("/etc/profile.d/x.sh".to_owned(), &text),
        ] {
            machine.files.insert(path, entry(content));
        }
        let lines = Entry {
            lines: Some(text.split('\n').map(str::to_owned).collect()),
            link: Some(format!("/home/{}/x", self.user)),
            ..Entry::default()
        };
        machine.files.insert("/etc/environment".to_owned(), lines);
        machine
            .dirs
            .insert("/home".to_owned(), vec![self.user.clone()]);
        machine
            .env
            .insert("USER".to_owned(), Some(self.user.clone()));
        machine.env.insert("NOTE".to_owned(), Some(text.clone()));
        machine
            .env
            .insert("API_TOKEN".to_owned(), Some(self.token.clone()));
        machine.commands.push(Command {
            argv: vec!["x".to_owned()],
            exit: Some(0),
            stdout: Printed::Text(text.clone()),
            stderr: Printed::from_text(&text),
            elapsed_ms: 0,
            error: Some(text),
        });
        machine
    }
}

proptest! {
    #[test]
    fn no_seeded_secret_survives(
        secrets in secrets(),
        texts in prop::collection::vec(prop::sample::select(&TEXTS[..22]), 1..6),
    ) {
        let (after, _) = redact(secrets.machine(&texts.join(" ")));
        let json = after.to_json();
        let Secrets { user, host, serial, uuid, mac, v4, v6, token } = &secrets;
        for secret in [user, host, serial, uuid, mac, v4, v6, token] {
            prop_assert!(!json.contains(secret.as_str()), "{secret} in {json}");
        }
        if texts.iter().any(|text| text.contains("12.4.5.8")) {
            prop_assert!(json.contains("nvidia-cublas-cu12==12.4.5.8"));
        }
    }

    #[test]
    fn redacting_twice_is_redacting_once(
        secrets in secrets(),
        texts in prop::collection::vec(prop::sample::select(TEXTS), 1..12),
    ) {
        let (once, _) = redact(secrets.machine(&texts.concat()));
        let (twice, redactions) = redact(once.clone());
        prop_assert_eq!(&redactions, &[]);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn any_text_is_taken(
        text in prop_oneof!["\\PC*", "(/home/|[a-d]|bob|1|@|:|~|[/.=_\\\\$ -]|é|TOKEN|serial|Linux |C:|ssh ){0,40}"],
        path in "(/[a-zé.:]{0,6}){1,4}",
    ) {
        let mut before = recording("\"files\":{}");
        let entry = Entry { text: Some(text), link: Some(path.clone()), ..Entry::default() };
        before.files.insert(path, entry);
        let (once, _) = redact(before);
        prop_assert_eq!(&redact(once.clone()).0, &once);
    }
}
