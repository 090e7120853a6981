//! The programs that practice machines play: one list, each a function of a [`Call`].
//!
//! A program is there on a machine when its file is: the plain system has those with a folder in
//! [`Program::comes_in`], the others come with a package, an installer or the recording.

use crate::practice::said::said;
use std::collections::BTreeMap;

use super::machine::PracticeMachine;
use super::process::{Call, Exit, System};
use crate::machine::nvml::{Gpu, GpuReading, Value};
use crate::version::ComputeCapability;

mod apt;
mod around;
mod awk;
mod blocks;
mod clock;
mod compare;
mod compilers;
mod containers;
mod digest;
mod distributions;
mod expr;
mod fetch;
mod find;
mod folders;
mod format;
mod host;
mod lay;
mod linker;
mod modules;
mod options;
mod python;
mod runfile;
mod search;
mod sed;
mod services;
mod smi;
mod sort;
mod text;
mod users;

pub(super) use python::conda_block;
pub(super) use search::{finder, regex};
pub(super) use text::{echoed, printed};

/// A program.
#[derive(Debug)]
pub struct Program {
    /// Its name, as of its file. A file `NAME-13` or `NAME3.12` is played by `NAME` and `NAME3` as well.
    pub name: &'static str,
    /// Plays it.
    pub run: fn(&mut Call<'_>) -> Exit,
    /// The folder where every machine has it; `None` where something has to be installed first.
    pub comes_in: Option<&'static str>,
    /// Whether containers, too, have it from the start.
    pub in_containers: bool,
    /// Whether it is played. What is not is there as on any machine, so that a script that looks for it finds it, and
    /// says so when it is run.
    pub played: bool,
}

impl Program {
    /// A program of every machine.
    pub const fn base(name: &'static str, run: fn(&mut Call<'_>) -> Exit) -> Self {
        Self {
            name,
            run,
            comes_in: Some("/usr/bin"),
            in_containers: true,
            played: true,
        }
    }

    /// A program of every machine that is no container, in a folder.
    pub const fn of_hosts(
        name: &'static str,
        folder: &'static str,
        run: fn(&mut Call<'_>) -> Exit,
    ) -> Self {
        Self {
            name,
            run,
            comes_in: Some(folder),
            in_containers: false,
            played: true,
        }
    }

    /// A program of every machine that is not played.
    const fn unplayed(name: &'static str) -> Self {
        Self {
            played: false,
            ..Self::base(name, say_not_played)
        }
    }

    /// A program that has to be installed first.
    pub const fn installed(name: &'static str, run: fn(&mut Call<'_>) -> Exit) -> Self {
        Self {
            name,
            run,
            comes_in: None,
            in_containers: false,
            played: true,
        }
    }
}

/// The families of programs.
const FAMILIES: &[&[Program]] = &[
    text::PROGRAMS,
    modules::PROGRAMS,
    linker::PROGRAMS,
    apt::PROGRAMS,
    distributions::PROGRAMS,
    around::PROGRAMS,
    smi::PROGRAMS,
    &[smi::DAEMON],
    services::PROGRAMS,
    python::PROGRAMS,
    compilers::PROGRAMS,
    containers::PROGRAMS,
    fetch::PROGRAMS,
    runfile::PROGRAMS,
    find::PROGRAMS,
    folders::PROGRAMS,
    host::PROGRAMS,
    search::PROGRAMS,
    sed::PROGRAMS,
    awk::PROGRAMS,
    compare::PROGRAMS,
    sort::PROGRAMS,
    blocks::PROGRAMS,
    digest::PROGRAMS,
    expr::PROGRAMS,
    lay::PROGRAMS,
    users::PROGRAMS,
    UNPLAYED,
];

/// What every Ubuntu has (packages that are essential there, coreutils and util-linux among them), and is not played.
const UNPLAYED: &[Program] = &[
    Program::unplayed("csplit"),
    Program::unplayed("expand"),
    Program::unplayed("factor"),
    Program::unplayed("fallocate"),
    Program::unplayed("flock"),
    Program::unplayed("fmt"),
    Program::unplayed("gunzip"),
    Program::unplayed("gzip"),
    Program::unplayed("lsblk"),
    Program::unplayed("mkfifo"),
    Program::unplayed("mount"),
    Program::unplayed("numfmt"),
    Program::unplayed("perl"),
    Program::unplayed("pr"),
    Program::unplayed("script"),
    Program::unplayed("stty"),
    Program::unplayed("tar"),
    Program::unplayed("tsort"),
    Program::unplayed("umount"),
    Program::unplayed("unexpand"),
    Program::unplayed("zcat"),
];

fn say_not_played(call: &mut Call<'_>) -> Exit {
    let name = call.name();
    call.error(said("practice-no-such-program", &[("name", &name)]));
    126
}

/// All programs.
pub fn all() -> impl Iterator<Item = &'static Program> {
    FAMILIES.iter().copied().flatten()
}

/// The program that plays a file of this name: `gcc-13` is gcc, `python3.12` is python3.
pub fn find(name: &str) -> Option<&'static Program> {
    let named = |name: &str| all().find(|program| program.name == name);
    named(name).or_else(|| {
        let without = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let without = without.strip_suffix('-').unwrap_or(without);
        let cut = name.find('.').map_or(name, |dot| &name[..dot]);
        named(cut).or_else(|| named(without))
    })
}

/// Says that practice machines do not play something, and what they do play.
fn not_played(call: &mut Call<'_>, what: &str, instead: &str) -> Exit {
    let name = call.name();
    let what = crate::visible::visible(what);
    call.error(said(
        "practice-not-played",
        &[("name", &name), ("what", &what), ("instead", instead)],
    ));
    2
}

/// Says, as getopt does, that a program has no such option: `lspci: unrecognized option '--foo'`.
fn no_option(call: &mut Call<'_>, option: &str) {
    let name = call.name();
    let option = crate::visible::visible(option);
    call.error(if option.starts_with("--") {
        format!("{name}: unrecognized option '{option}'")
    } else {
        let letter = option.chars().nth(1).unwrap_or('-');
        format!("{name}: invalid option -- '{letter}'")
    });
}

/// Lines, each ended by a line feed.
fn lines_of(lines: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A card's compute capability.
fn capability(gpu: &Gpu) -> Option<ComputeCapability> {
    gpu.compute_capability.known()?.parse().ok()
}

/// What `source` of a file that no recording holds the text of makes of the variables: an environment's `activate`.
/// `None` for any other file.
pub(super) fn sourced(
    mut env: BTreeMap<String, String>,
    system: &System,
    path: &str,
) -> Option<BTreeMap<String, String>> {
    let folder = path.strip_suffix("/bin/activate")?;
    system
        .machine
        .tree
        .get(&format!("{folder}/pyvenv.cfg"))
        .ok()?;
    let before = env.get("PATH").cloned().unwrap_or_default();
    env.insert("VIRTUAL_ENV".to_owned(), folder.to_owned());
    env.insert("PATH".to_owned(), format!("{folder}/bin:{before}"));
    env.remove("PYTHONHOME");
    Some(env)
}

/// A word as it has to be typed to mean itself.
pub(super) fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "_-./:=,+@%^".contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Names in columns, filled from top to bottom, as `ls` shows them on a terminal of this width.
pub(super) fn in_columns(names: &[&str], width: usize) -> String {
    let lengths: Vec<usize> = names.iter().map(|name| name.chars().count()).collect();
    let mut columns = (width / 3).min(names.len()).max(1);
    let layout = loop {
        let rows = names.len().div_ceil(columns);
        let widths: Vec<usize> = lengths
            .chunks(rows.max(1))
            .map(|column| column.iter().max().copied().unwrap_or(0) + 2)
            .collect();
        if columns == 1 || widths.iter().sum::<usize>() <= width + 2 {
            break (rows, widths);
        }
        columns -= 1;
    };
    let (rows, widths) = layout;
    let mut text = String::new();
    for row in 0..rows {
        let mut line = String::new();
        for (column, width) in widths.iter().enumerate() {
            if let Some(name) = names.get(column * rows + row) {
                let fill = width.saturating_sub(lengths[column * rows + row]);
                line.push_str(name);
                line.extend(std::iter::repeat_n(' ', fill));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The processes that hold GPU memory, each once.
fn gpu_processes(machine: &PracticeMachine) -> Vec<(u32, String)> {
    let Ok(nvml) = &machine.state.nvml else {
        return Vec::new();
    };
    let mut found: BTreeMap<u32, String> = BTreeMap::new();
    for gpu in &nvml.gpus {
        if let GpuReading::Opened(gpu) = gpu
            && let Value::Known(processes) = &gpu.processes
        {
            for process in processes {
                let name = process.name.clone().unwrap_or_else(|| "python".to_owned());
                found.insert(process.pid, name);
            }
        }
    }
    found.into_iter().collect()
}

/// Whether a process of this number holds GPU memory.
fn is_gpu_process(machine: &PracticeMachine, pid: u32) -> bool {
    machine.state.nvml.as_ref().is_ok_and(|nvml| {
        nvml.gpus.iter().any(|gpu| match gpu {
            GpuReading::Opened(gpu) => gpu
                .processes
                .known()
                .is_some_and(|processes| processes.iter().any(|process| process.pid == pid)),
            GpuReading::Failed { .. } => false,
        })
    })
}

/// Ends a process that holds GPU memory, which is free then; `false` where there is none of this number.
fn end_gpu_process(machine: &mut PracticeMachine, pid: u32) -> bool {
    let Ok(nvml) = &mut machine.state.nvml else {
        return false;
    };
    let mut ended = false;
    for gpu in &mut nvml.gpus {
        let GpuReading::Opened(gpu) = gpu else {
            continue;
        };
        let mut freed = 0;
        if let Value::Known(processes) = &mut gpu.processes {
            processes.retain(|process| {
                if process.pid == pid {
                    ended = true;
                    freed += process.memory.unwrap_or(0);
                }
                process.pid != pid
            });
        }
        if freed > 0
            && let Value::Known(used) = &mut gpu.memory_used
        {
            *used = used.saturating_sub(freed);
        }
    }
    ended
}
