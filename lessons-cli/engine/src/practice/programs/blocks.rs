//! Programs that copy or cut files by their bytes: `dd`, `truncate`; and `paste`, which joins them line by line.

use super::Program;
use super::options::Spec;
use super::text::{input, problem};
use crate::practice::process::{Call, Exit};
use crate::practice::{Content, Device, Node, Owner};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("dd", dd),
    Program::base("paste", paste),
    Program::base("truncate", truncate),
];

/// A file of zeros that is longer than this is kept by its size alone.
const KEPT: u64 = 64 << 10;

/// A size as the GNU tools read it: `512`, `4K`, `1M`, `1MB`, `2x512`.
pub(super) fn size(text: &str) -> Option<u64> {
    text.split('x').try_fold(1_u64, |product, part| {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let unit: u64 = match &part[digits..] {
            "" | "c" => 1,
            "w" => 2,
            "b" => 512,
            "K" | "k" | "KiB" => 1 << 10,
            "M" | "MiB" => 1 << 20,
            "G" | "GiB" => 1 << 30,
            "T" | "TiB" => 1 << 40,
            "kB" | "KB" => 1000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return None,
        };
        let number: u64 = part[..digits].parse().ok()?;
        product.checked_mul(number.checked_mul(unit)?)
    })
}

fn dd(call: &mut Call<'_>) -> Exit {
    let (mut from, mut to) = (None, None);
    let (mut block, mut count, mut skip, mut seek) = (512_u64, None, 0_u64, 0_u64);
    let mut quiet = false;
    let mut keeps = false;
    for word in call.rest() {
        let Some((name, value)) = word.split_once('=') else {
            call.error(format!(
                "dd: unrecognized operand ‘{word}’\nTry 'dd --help' for more information."
            ));
            return 1;
        };
        let number = match name {
            "bs" | "ibs" | "obs" | "count" | "skip" | "seek" => match size(value) {
                Some(number) if number > 0 || matches!(name, "count" | "skip" | "seek") => number,
                _ => {
                    call.error(format!("dd: invalid number: ‘{value}’"));
                    return 1;
                }
            },
            _ => 0,
        };
        match name {
            "if" => from = Some(value.to_owned()),
            "of" => to = Some(value.to_owned()),
            "bs" | "ibs" => block = number,
            "obs" => {}
            "count" => count = Some(number),
            "skip" => skip = number,
            "seek" => seek = number,
            "status" => quiet = value == "none",
            "conv" => keeps = value.split(',').any(|way| way == "notrunc"),
            "iflag" | "oflag" => {}
            _ => {
                call.error(format!(
                    "dd: unrecognized operand ‘{word}’\nTry 'dd --help' for more information."
                ));
                return 1;
            }
        }
    }
    let most = count.map(|count| count.saturating_mul(block));
    let device = from.as_ref().and_then(|file| match call.files().get(file) {
        Ok(node) => match node.content {
            Content::Device(device) => Some(device),
            _ => None,
        },
        Err(_) => None,
    });
    let endless = matches!(device, Some(Device::Zero | Device::Random));
    let mut bytes = Vec::new();
    let length = if endless {
        // Without an end it goes on until the disk is full.
        most.unwrap_or(u64::MAX >> 8)
    } else {
        let read = match &from {
            None => Ok(call.read_all()),
            Some(file) => call.files().read(file).map(|bytes| bytes.to_vec()),
        };
        match read {
            Ok(read) => bytes = read,
            Err(errno) => {
                let file = from.unwrap_or_default();
                call.error(format!("dd: failed to open '{file}': {}", problem(errno)));
                return 1;
            }
        }
        let skipped = usize::try_from(skip.saturating_mul(block)).unwrap_or(usize::MAX);
        bytes.drain(..skipped.min(bytes.len()));
        bytes.truncate(
            most.and_then(|most| usize::try_from(most).ok())
                .unwrap_or(usize::MAX),
        );
        bytes.len() as u64
    };
    if !call.system.spend(bytes.len() as u64 / 256 + 1) {
        return 130;
    }
    let mut written = length;
    let mut exit = 0;
    match &to {
        Some(file) => {
            let is_device = call
                .files()
                .get(file)
                .is_ok_and(|node| matches!(node.content, Content::Device(_)));
            let result = if endless && length > KEPT && !is_device {
                let owner = if call.is_root() {
                    Owner::Root
                } else {
                    Owner::User
                };
                // What a file of its own takes is kept free.
                let free = call.system.machine.disk_free().saturating_sub(KEPT);
                let fits = length.min(free);
                let now = call.system.machine.clock;
                let node = Node::new(0o664, Content::Untold(fits))
                    .owned_by(owner)
                    .changed_at(now);
                written = fits;
                let put = call
                    .files()
                    .may_write(file)
                    .and_then(|()| call.files().put(file, node));
                put.and(if fits < length {
                    Err(crate::practice::Errno::NoSpace)
                } else {
                    Ok(())
                })
            } else {
                if endless {
                    bytes = vec![0; usize::try_from(length.min(KEPT)).unwrap_or(0)];
                    if device == Some(Device::Random) {
                        for piece in bytes.chunks_mut(8) {
                            let random = call.system.outside.random().to_le_bytes();
                            piece.copy_from_slice(&random[..piece.len()]);
                        }
                    }
                }
                let before = if keeps || seek > 0 {
                    call.files()
                        .read(file)
                        .map(|old| old.to_vec())
                        .unwrap_or_default()
                } else {
                    Vec::new()
                };
                let at = usize::try_from(seek.saturating_mul(block).min(1 << 20)).unwrap_or(0);
                let mut whole = before;
                if whole.len() < at {
                    whole.resize(at, 0);
                }
                let rest = whole.split_off(at);
                whole.extend_from_slice(&bytes);
                if keeps && rest.len() > bytes.len() {
                    whole.extend_from_slice(&rest[bytes.len()..]);
                }
                call.files().write(file, &whole, false)
            };
            if let Err(errno) = result {
                call.error(if errno == crate::practice::Errno::NoSpace {
                    format!("dd: error writing '{file}': {errno}")
                } else {
                    format!("dd: failed to open '{file}': {errno}")
                });
                if errno != crate::practice::Errno::NoSpace {
                    return 1;
                }
                exit = 1;
            }
        }
        None if endless => {
            let piece = vec![0; 4096];
            let mut left = length;
            while left > 0 && call.print(&piece[..usize::try_from(left.min(4096)).unwrap_or(0)]) {
                left = left.saturating_sub(4096);
            }
        }
        None => {
            call.print(&bytes);
        }
    }
    if !quiet {
        let (whole, part) = (written / block, u64::from(!written.is_multiple_of(block)));
        call.error(format!(
            "{whole}+{part} records in\n{whole}+{part} records out\n{written} byte{} copied",
            if written == 1 { "" } else { "s" }
        ));
    }
    exit
}

fn truncate(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("cs:", &[("no-create", 'c'), ("size=", 's')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let Some(text) = options.value('s') else {
        call.error("truncate: you must specify either ‘--size’ or ‘--reference’\nTry 'truncate --help' for more information.");
        return 1;
    };
    let Some(length) = size(text) else {
        call.error(format!("truncate: Invalid number: ‘{text}’"));
        return 1;
    };
    if options.words.is_empty() {
        call.error("truncate: missing file operand\nTry 'truncate --help' for more information.");
        return 1;
    }
    let mut exit = 0;
    for file in options.words.clone() {
        let old = call.files().read(&file).map(|old| old.to_vec());
        let is_new = !old.as_ref().is_ok_and(|old| !old.is_empty());
        let result = if length > KEPT && is_new {
            let owner = if call.is_root() {
                Owner::Root
            } else {
                Owner::User
            };
            let now = call.system.machine.clock;
            let node = Node::new(0o664, Content::Untold(length))
                .owned_by(owner)
                .changed_at(now);
            call.files()
                .may_write(&file)
                .and_then(|()| call.files().put(&file, node))
        } else {
            let mut bytes = old.unwrap_or_default();
            bytes.resize(usize::try_from(length.min(1 << 20)).unwrap_or(0), 0);
            call.files().write(&file, &bytes, false)
        };
        if let Err(errno) = result {
            call.error(format!(
                "truncate: cannot open '{file}' for writing: {errno}"
            ));
            exit = 1;
        }
    }
    exit
}

fn paste(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("d:sz", &[("delimiters=", 'd'), ("serial", 's')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let between: Vec<char> = crate::practice::shell::ansi_c(options.value('d').unwrap_or("\t"))
        .chars()
        .collect();
    let join = |parts: &[&str]| {
        let mut line = String::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 && !between.is_empty() {
                line.push(between[(index - 1) % between.len()]);
            }
            line.push_str(part);
        }
        line
    };
    let files = if options.words.is_empty() {
        vec!["-".to_owned()]
    } else {
        options.words.clone()
    };
    let mut texts = Vec::new();
    for file in &files {
        match input(call, file) {
            Some(bytes) => texts.push(String::from_utf8_lossy(&bytes).into_owned()),
            None => return 1,
        }
    }
    let columns: Vec<Vec<&str>> = texts.iter().map(|text| text.lines().collect()).collect();
    if options.has('s') {
        for column in &columns {
            call.line(join(column));
        }
        return 0;
    }
    // Each `-` takes the next line of the one standard input.
    let stdin = files.iter().position(|file| file == "-");
    let shares = files.iter().filter(|file| *file == "-").count();
    let cell = |column: usize, row: usize| match stdin {
        Some(first) if files[column] == "-" => {
            let share = files[..column].iter().filter(|file| *file == "-").count();
            columns[first].get(row * shares + share)
        }
        _ => columns[column].get(row),
    };
    let mut row = 0;
    loop {
        let cells: Vec<Option<&&str>> = (0..files.len()).map(|column| cell(column, row)).collect();
        if cells.iter().all(Option::is_none) {
            return 0;
        }
        let parts: Vec<&str> = cells
            .into_iter()
            .map(|cell| cell.map_or("", |cell| *cell))
            .collect();
        if !call.line(join(&parts)) {
            return 0;
        }
        row += 1;
    }
}
