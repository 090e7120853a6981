//! A wheel's name explained part by part, and whether the wheel installs.

use super::{Explained, Field, Here, Note, Value, text};
use crate::finding::Message;
use crate::read::text::Seen;
use crate::read::wheel::{Ask, Host, Installs, Os as HostOs, Refusal, Wheel};
use crate::tables::{Os, cuda_driver};
use crate::version::{BuildTag, CudaVersion, PythonVersion};

pub(super) fn explain(wheel: &Wheel, host: Option<Here>) -> Explained {
    let mut explained = Explained::new(
        text("read-wheel-what")
            .arg("project", wheel.project())
            .arg("version", wheel.full_version()),
    );
    if wheel.pep440().is_none() {
        explained.note(Note::broken(
            text("read-wheel-note-version").arg("version", wheel.full_version()),
        ));
    }
    let asks = host.is_some_and(|host| installs(&mut explained, wheel, host));
    pythons(&mut explained, wheel);
    if let Some((major, minor)) = wheel.glibc_floor().filter(|_| !asks) {
        explained.note(
            Note::remark(text("read-wheel-note-glibc").arg("glibc", format!("{major}.{minor}")))
                .run(LIBC),
        );
    }
    if let Some(local) = &wheel.local {
        variant(&mut explained, local);
    }
    fields(&mut explained, wheel);
    explained
}

/// Says whether it installs here, and gives back whether that depends on a version that is not known. Where the Python is
/// not known, the wheel's own stands in for it.
fn installs(explained: &mut Explained, wheel: &Wheel, here: Here) -> bool {
    let own = wheel.python_tags.iter().find_map(|tag| own_python(tag));
    let of_wheel = (
        own.unwrap_or((3, 12)),
        wheel.abi_tags.iter().any(|tag| tag.ends_with('t')),
    );
    let (python, free_threaded) = here.python.map_or(of_wheel, |python| {
        ((python.major, python.minor), python.free_threaded)
    });
    let asked = Host {
        python,
        free_threaded,
        os: match (here.system, here.platform.os) {
            (Some(system), _) => system,
            (None, Os::Linux) => HostOs::Glibc(None),
            (None, Os::Windows) => HostOs::Windows,
            (None, Os::MacOs) => HostOs::MacOs(None),
        },
        arch: here.platform.arch.to_string(),
    };
    let host = here.python.map_or_else(
        || here.platform.to_string(),
        |python| format!("{}, Python {python}", here.platform),
    );
    let say = |id| text(id).arg("host", host.clone());
    let installs = wheel.installs_on(&asked);
    let depends = matches!(installs, Installs::Unknown(_));
    let note = match installs {
        Installs::Yes if here.python.is_some() => Note::remark(say("read-wheel-note-installs")),
        Installs::Yes => Note::remark(say("read-wheel-note-fits")),
        Installs::Unknown(ask) => {
            let note = Note::remark(needs(say("read-wheel-note-fits-if"), ask));
            match ask {
                Ask::Glibc(..) => note.run(LIBC),
                Ask::Musl(..) | Ask::MacOs(..) => note,
            }
        }
        Installs::No(Refusal::System { wheel }) => {
            Note::warning(say("read-wheel-note-system").arg("wheel", wheel))
        }
        Installs::No(Refusal::Arch { wheel, .. }) => {
            Note::warning(say("read-wheel-note-arch").arg("wheel", wheel))
        }
        Installs::No(Refusal::UnknownTag { wheel }) => {
            Note::warning(say("read-wheel-note-tag").arg("wheel", wheel))
        }
        Installs::No(Refusal::SystemVersion { needs: ask, has }) => {
            let message = needs(say("read-wheel-note-too-old"), ask);
            Note::warning(message.arg("has", format!("{}.{}", has.0, has.1)))
        }
        Installs::No(Refusal::Python { wheel, .. } | Refusal::Abi { wheel, .. })
            if here.python.is_some() =>
        {
            Note::warning(say("read-wheel-note-other-python").arg("wheel", super::listed(&wheel)))
        }
        // Said already, or beside the question: the Python is the wheel's own.
        Installs::No(Refusal::Version { .. } | Refusal::Python { .. } | Refusal::Abi { .. }) => {
            return false;
        }
    };
    explained.note(note);
    depends
}

/// Shows the version of the C library.
const LIBC: &str = "ldd --version | head -n 1";

fn needs(message: Message, ask: Ask) -> Message {
    let (library, major, minor) = match ask {
        Ask::Glibc(major, minor) => ("glibc", major, minor),
        Ask::Musl(major, minor) => ("musl", major, minor),
        Ask::MacOs(major, minor) => ("macOS", major, minor),
    };
    message.arg("needs", format!("{library} {major}.{minor}"))
}

/// `cp311` → 3.11; none for `py3`, which names no minor.
fn own_python(tag: &str) -> Option<(u32, u32)> {
    let digits = tag.strip_prefix("cp").or_else(|| tag.strip_prefix("py"))?;
    let major = digits.get(..1)?.parse().ok()?;
    let minor = digits.get(1..)?.parse().ok()?;
    Some((major, minor))
}

/// Which Pythons take it.
fn pythons(explained: &mut Explained, wheel: &Wheel) {
    let has = |abi: &str| wheel.abi_tags.iter().any(|tag| tag.value == abi);
    let first = wheel.python_tags.first();
    let span = first.map(|tag| tag.span);
    let message = match first.and_then(|tag| own_python(tag)) {
        Some((major, minor)) if has("abi3") => {
            text("read-wheel-note-abi3").arg("python", format!("{major}.{minor}"))
        }
        Some(_)
            if wheel
                .abi_tags
                .iter()
                .any(|tag| tag.ends_with('t') && tag.starts_with("cp")) =>
        {
            text("read-wheel-note-free-threaded").arg("python", versions(&wheel.python_tags))
        }
        Some(_) => text("read-wheel-note-python").arg("python", versions(&wheel.python_tags)),
        None if has("none") => {
            text("read-wheel-note-any-python").arg("python", versions(&wheel.python_tags))
        }
        None => return,
    };
    explained.note(Note::remark(message).at(span));
}

fn versions(tags: &[Seen<String>]) -> String {
    let shown = tags.iter().map(|tag| match own_python(tag) {
        Some((major, minor)) => format!("{major}.{minor}"),
        None => tag
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .to_owned(),
    });
    super::listed(shown)
}

/// The build that the local part of the version names.
fn variant(explained: &mut Explained, local: &Seen<String>) {
    // `cu126`, also in `cu117.with.pypi.cudnn`.
    let tag = local.split('.').next().unwrap_or_default();
    let span = Some(local.span);
    if let Ok(cuda) = CudaVersion::from_tag(tag) {
        let message = match cuda_driver::family_floor(cuda, Os::Linux) {
            Ok(floor) => text("read-wheel-note-cuda")
                .arg("cuda", cuda.to_string())
                .arg("driver", floor.at_least.to_string()),
            Err(_) => text("read-wheel-note-cuda-unknown").arg("cuda", cuda.to_string()),
        };
        explained.note(
            Note::remark(message)
                .step("torch.driver-new-enough")
                .at(span),
        );
        return;
    }
    let id = match local.parse::<BuildTag>() {
        Ok(BuildTag::Cpu) => "read-wheel-note-cpu",
        Ok(BuildTag::Rocm(_)) => "read-wheel-note-rocm",
        Ok(BuildTag::Xpu) => "read-wheel-note-xpu",
        _ => return,
    };
    let note = if id == "read-wheel-note-cpu" {
        Note::warning(text(id)).step("torch.cuda-build")
    } else {
        Note::warning(text(id))
    };
    explained.note(note.at(span));
}

fn fields(explained: &mut Explained, wheel: &Wheel) {
    explained.field(
        Field::new("distribution", text("read-wheel-distribution")).seen(&wheel.distribution),
    );
    explained.field(Field::new("version", text("read-wheel-version")).seen(&wheel.version));
    if let Some(local) = &wheel.local {
        explained.field(Field::new("local version", text("read-wheel-local")).seen(local));
    }
    if let Some(build) = &wheel.build {
        explained.field(Field::new("build tag", text("read-wheel-build")).seen(build));
    }
    let tags = |label: &str,
                id: &'static str,
                tags: &[Seen<String>],
                meaning: fn(&str) -> Option<Message>| {
        tags.iter().fold(Field::new(label, text(id)), |field, tag| {
            let value = Value::seen(tag);
            field.value(match meaning(tag) {
                Some(message) => value.means(message),
                None => value,
            })
        })
    };
    explained.field(tags(
        "Python tag",
        "read-wheel-python",
        &wheel.python_tags,
        python_tag,
    ));
    explained.field(tags("ABI tag", "read-wheel-abi", &wheel.abi_tags, |tag| {
        Some(abi_tag(tag))
    }));
    explained.field(tags(
        "platform tag",
        "read-wheel-platform",
        &wheel.platform_tags,
        platform_tag,
    ));
}

fn python_tag(tag: &str) -> Option<Message> {
    match (tag.get(..2)?, own_python(tag)) {
        ("cp", Some((major, minor))) => Some(
            text("read-wheel-python-cp")
                .arg("tag", tag)
                .arg("python", format!("{major}.{minor}")),
        ),
        ("py", None) => Some(text("read-wheel-python-py").arg("tag", tag)),
        _ => None,
    }
}

fn abi_tag(tag: &str) -> Message {
    match tag {
        "none" => text("read-wheel-abi-none"),
        "abi3" => text("read-wheel-abi-abi3"),
        _ if tag.ends_with('t') && PythonVersion::from_tag(tag).is_ok() => {
            text("read-wheel-abi-free-threaded").arg("tag", tag)
        }
        _ => text("read-wheel-abi-own").arg("tag", tag),
    }
}

fn platform_tag(tag: &str) -> Option<Message> {
    const STARTS: [(&str, &str); 7] = [
        ("manylinux", "read-wheel-platform-manylinux"),
        ("musllinux", "read-wheel-platform-musllinux"),
        ("linux", "read-wheel-platform-linux"),
        ("win", "read-wheel-platform-win"),
        ("macosx", "read-wheel-platform-macos"),
        ("any", "read-wheel-platform-any"),
        ("android", "read-wheel-platform-other"),
    ];
    let (_, id) = STARTS.iter().find(|(start, _)| tag.starts_with(start))?;
    Some(text(id).arg("tag", tag))
}
