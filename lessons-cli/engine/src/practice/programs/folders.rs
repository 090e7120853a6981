//! Programs that look at files and folders, make, move and take away.

use super::options::Spec;
use super::{Program, clock, in_columns};
use crate::practice::process::{Call, Exit};
use crate::practice::said::said;
use crate::practice::tree::{Content, Errno, Node, Owner, join, split};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("basename", basename),
    Program::base("chmod", chmod),
    Program::base("chown", chown),
    Program::base("cp", cp),
    Program::base("df", df),
    Program::base("dirname", dirname),
    Program::base("du", du),
    Program::base("file", file),
    Program::base("install", install),
    Program::base("ln", ln),
    Program::base("ls", ls),
    Program::base("mkdir", mkdir),
    Program::base("mktemp", mktemp),
    Program::base("mv", mv),
    Program::base("readlink", readlink),
    Program::base("realpath", realpath),
    Program::base("rm", rm),
    Program::base("rmdir", rmdir),
    Program::base("stat", stat),
    Program::base("touch", touch),
    Program::base("whereis", whereis),
    Program::base("which", which),
];

fn last_part(path: &str) -> String {
    split(path).map_or_else(|| path.to_owned(), |(_, name)| name)
}

fn missing_operand(call: &mut Call<'_>, what: &str) -> Exit {
    let name = call.name();
    call.error(format!(
        "{name}: missing {what}\nTry '{name} --help' for more information."
    ));
    1
}

/// `drwxr-xr-x`.
pub(super) fn mode_text(node: &Node) -> String {
    let kind = match node.content {
        Content::Dir(_) => 'd',
        Content::Link(_) => 'l',
        Content::Device(_) => 'c',
        _ => '-',
    };
    let mut text = String::from(kind);
    for shift in [6, 3, 0] {
        let bits = node.mode >> shift;
        text.push(if bits & 4 == 0 { '-' } else { 'r' });
        text.push(if bits & 2 == 0 { '-' } else { 'w' });
        text.push(if bits & 1 == 0 { '-' } else { 'x' });
    }
    if node.mode & 0o1000 != 0 {
        text.pop();
        text.push('t');
    }
    text
}

fn human(size: u64) -> String {
    const UNITS: &[&str] = &["K", "M", "G", "T"];
    if size < 1024 {
        return size.to_string();
    }
    let mut tenths = size.saturating_mul(10).div_ceil(1024);
    for unit in UNITS {
        if tenths < 100 {
            return format!("{}.{}{unit}", tenths / 10, tenths % 10);
        }
        if tenths < 10_240 {
            return format!("{}{unit}", tenths.div_ceil(10));
        }
        tenths = tenths.div_ceil(1024);
    }
    format!("{}P", tenths / 10)
}

fn ls(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "aAlhd1RtrSFCGigsnkpLQ",
        &[
            ("all", 'a'),
            ("almost-all", 'A'),
            ("human-readable", 'h'),
            ("directory", 'd'),
            ("recursive", 'R'),
            ("reverse", 'r'),
            ("classify[", 'F'),
            ("color[", '0'),
            ("inode", 'i'),
            ("size", 's'),
            ("group-directories-first", '0'),
            ("time-style=", '0'),
            ("full-time", 'l'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 2;
    };
    let words = if options.words.is_empty() {
        vec![".".to_owned()]
    } else {
        options.words.clone()
    };
    let long = options.has('l') || options.has('g') || options.has('n');
    let one_a_line = options.has('1') || !call.to_terminal();
    let mut exit = 0;
    let mut files: Vec<(String, Node)> = Vec::new();
    let mut folders: Vec<String> = Vec::new();
    for word in &words {
        let is_link = call
            .files()
            .get_link(word)
            .is_ok_and(|node| matches!(node.content, Content::Link(_)));
        let node = if is_link && (long || options.has('d')) && !word.ends_with('/') {
            call.files().get_link(word).cloned()
        } else {
            let found = call.files().get(word).cloned();
            match found {
                Err(Errno::NotFound) if is_link => call.files().get_link(word).cloned(),
                found => found,
            }
        };
        match node {
            Ok(node) if node.is_dir() && !options.has('d') => folders.push(word.clone()),
            Ok(node) => files.push((word.clone(), node)),
            Err(errno) => {
                call.error(format!("ls: cannot access '{word}': {errno}"));
                exit = 2;
            }
        }
    }
    let style = Style {
        long,
        one_a_line,
        human: options.has('h'),
        marks: options.has('F') || options.has('p'),
        by_time: options.has('t'),
        by_size: options.has('S'),
        reverse: options.has('r'),
        inode: options.has('i'),
    };
    let titles = words.len() > 1 || options.has('R');
    let mut first = files.is_empty();
    show(call, &style, files, false, None);
    folders.sort();
    let mut todo: Vec<String> = folders.into_iter().rev().collect();
    while let Some(folder) = todo.pop() {
        if !call.system.spend(10) {
            return 130;
        }
        let names = match call.files().list(&folder) {
            Ok(names) if !call.system.spend(4 * names.len() as u64) => return 130,
            Ok(names) => names,
            Err(errno) => {
                call.error(format!("ls: cannot open directory '{folder}': {errno}"));
                exit = 2;
                continue;
            }
        };
        if titles {
            let gap = if first { "" } else { "\n" };
            call.line(format!("{gap}{folder}:"));
        }
        first = false;
        let mut entries: Vec<(String, Node)> = Vec::new();
        if options.has('a') {
            for name in [".", ".."] {
                if let Ok(node) = call.files().get(&join(&folder, name)).cloned() {
                    entries.push((name.to_owned(), node));
                }
            }
        }
        for name in names {
            if name.starts_with('.') && !options.has('a') && !options.has('A') {
                continue;
            }
            if let Ok(node) = call.files().get_link(&join(&folder, &name)).cloned() {
                entries.push((name, node));
            }
        }
        if options.has('R') {
            let below = entries
                .iter()
                .filter(|(name, node)| node.is_dir() && name != "." && name != "..")
                .map(|(name, _)| join(&folder, name));
            todo.extend(below.collect::<Vec<_>>().into_iter().rev());
        }
        show(call, &style, entries, long, Some(&folder));
    }
    exit
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of ls, on or off by itself"
)]
struct Style {
    long: bool,
    one_a_line: bool,
    human: bool,
    marks: bool,
    by_time: bool,
    by_size: bool,
    reverse: bool,
    inode: bool,
}

/// The order in which `ls` lists names: dots and case aside.
fn in_order(name: &str) -> (String, String) {
    let key: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    (key, name.to_owned())
}

fn show(
    call: &mut Call<'_>,
    style: &Style,
    mut entries: Vec<(String, Node)>,
    total: bool,
    folder: Option<&str>,
) {
    entries.sort_by_cached_key(|(name, _)| in_order(name));
    if style.by_time {
        entries.sort_by_key(|(_, node)| std::cmp::Reverse(node.mtime));
    }
    if style.by_size {
        entries.sort_by_key(|(_, node)| std::cmp::Reverse(node.size()));
    }
    if style.reverse {
        entries.reverse();
    }
    let mark = |call: &mut Call<'_>, name: &str, node: &Node| -> &'static str {
        if !style.marks {
            return "";
        }
        match &node.content {
            Content::Dir(_) => "/",
            Content::Link(_) if style.long => {
                let _ = (call, name);
                ""
            }
            Content::Link(_) => "@",
            Content::Device(_) => "",
            _ if node.is_executable() => "*",
            _ => "",
        }
    };
    if style.long {
        let person = call.system.machine.person.name.clone();
        let owner = |node: &Node| match node.owner {
            Owner::Root => "root".to_owned(),
            Owner::User => person.clone(),
        };
        let size = |node: &Node| match node.content {
            Content::Device(_) => "1, 3".to_owned(),
            _ if style.human => human(node.size()),
            _ => node.size().to_string(),
        };
        if total {
            let blocks: u64 = entries
                .iter()
                .map(|(_, node)| match node.content {
                    Content::Link(_) | Content::Device(_) => 0,
                    _ => node.size().div_ceil(4096) * 4,
                })
                .sum();
            call.line(format!(
                "total {}",
                if style.human {
                    human(blocks * 1024)
                } else {
                    blocks.to_string()
                }
            ));
        }
        let links = |node: &Node| match &node.content {
            Content::Dir(names) => 2 + names.values().filter(|node| node.is_dir()).count(),
            _ => 1,
        };
        let width = |of: &dyn Fn(&Node) -> usize| {
            entries.iter().map(|(_, node)| of(node)).max().unwrap_or(1)
        };
        let link_width = width(&|node| links(node).to_string().len());
        let owner_width = width(&|node| owner(node).len());
        let size_width = width(&|node| size(node).len());
        let now = call.system.machine.clock;
        for (name, node) in &entries {
            let target = match &node.content {
                Content::Link(target) => format!(" -> {target}"),
                _ => String::new(),
            };
            let owner = owner(node);
            let end = mark(call, name, node);
            let path = folder.map_or_else(|| name.clone(), |folder| join(folder, name));
            let inode = if style.inode {
                format!("{} ", inode(&path))
            } else {
                String::new()
            };
            let line = format!(
                "{inode}{} {:link_width$} {owner:owner_width$} {owner:owner_width$} {:>size_width$} {} {name}{end}{target}",
                mode_text(node),
                links(node),
                size(node),
                clock::listing(node.mtime, now),
            );
            if !call.line(line) {
                return;
            }
        }
        return;
    }
    let names: Vec<String> = entries
        .iter()
        .map(|(name, node)| {
            let end = mark(call, name, node);
            format!("{name}{end}")
        })
        .collect();
    if style.one_a_line {
        for name in names {
            if !call.line(name) {
                return;
            }
        }
    } else if !names.is_empty() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        call.print(in_columns(&names, 80));
    }
}

fn inode(path: &str) -> u64 {
    path.bytes().fold(5381, |hash: u64, byte| {
        hash.wrapping_mul(33).wrapping_add(u64::from(byte))
    }) % 9_000_000
        + 131_072
}

fn mkdir(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "pvm:",
        &[("parents", 'p'), ("verbose", 'v'), ("mode=", 'm')],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "operand");
    }
    let mode = options
        .value('m')
        .and_then(|mode| u32::from_str_radix(mode, 8).ok())
        .unwrap_or(0o775);
    let mut exit = 0;
    for word in &options.words {
        let mut steps = vec![word.clone()];
        if options.has('p') {
            steps.clear();
            let mut path = String::new();
            for part in word.split('/') {
                if !path.is_empty() || word.starts_with('/') {
                    path.push('/');
                }
                path.push_str(part);
                if !part.is_empty() {
                    steps.push(path.clone());
                }
            }
        }
        for step in steps {
            if options.has('p') && call.files().get(&step).is_ok_and(Node::is_dir) {
                continue;
            }
            match call.files().make_dir(&step, mode) {
                Ok(()) => {
                    if options.has('v') {
                        call.line(format!("mkdir: created directory '{step}'"));
                    }
                }
                Err(errno) => {
                    call.error(format!("mkdir: cannot create directory ‘{step}’: {errno}"));
                    exit = 1;
                    break;
                }
            }
        }
    }
    exit
}

fn rmdir(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("pv", &[("parents", 'p'), ("verbose", 'v')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "operand");
    }
    let mut exit = 0;
    for word in &options.words {
        if options.has('v') {
            call.line(format!("rmdir: removing directory, '{word}'"));
        }
        let problem = match call.files().get_link(word).map(|node| node.content.clone()) {
            Ok(Content::Dir(names)) if names.is_empty() => call.files().remove(word).err(),
            Ok(Content::Dir(_)) => Some(Errno::NotEmpty),
            Ok(_) => Some(Errno::NotADirectory),
            Err(errno) => Some(errno),
        };
        if let Some(errno) = problem {
            call.error(format!("rmdir: failed to remove '{word}': {errno}"));
            exit = 1;
        }
    }
    exit
}

fn rm(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "rRfivdI",
        &[
            ("recursive", 'r'),
            ("force", 'f'),
            ("interactive[", 'i'),
            ("verbose", 'v'),
            ("dir", 'd'),
            ("no-preserve-root", '0'),
            ("preserve-root", '1'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let force = options.has('f');
    if options.words.is_empty() && !force {
        return missing_operand(call, "operand");
    }
    let recursive = options.has('r') || options.has('R');
    let mut exit = 0;
    for word in &options.words {
        let whole = call.files().path(word);
        let is_root = call
            .system
            .machine
            .tree
            .real_path(&whole)
            .is_ok_and(|real| real == "/");
        if is_root && recursive {
            if options.has('0') {
                call.error(said("practice-rm-all", &[]));
            } else {
                call.error(format!("rm: it is dangerous to operate recursively on '{word}'\nrm: use --no-preserve-root to override this failsafe"));
            }
            exit = 1;
            continue;
        }
        if matches!(last_part(word).as_str(), "." | "..") {
            call.error(format!(
                "rm: refusing to remove '.' or '..' directory: skipping '{word}'"
            ));
            exit = 1;
            continue;
        }
        let node = match call.files().get_link(word).cloned() {
            Ok(node) => node,
            Err(Errno::NotFound) if force => continue,
            Err(errno) => {
                call.error(format!("rm: cannot remove '{word}': {errno}"));
                exit = 1;
                continue;
            }
        };
        if node.is_dir() && !recursive {
            let empty = matches!(&node.content, Content::Dir(names) if names.is_empty());
            if !(options.has('d') && empty) {
                call.error(format!("rm: cannot remove '{word}': Is a directory"));
                exit = 1;
                continue;
            }
        }
        if options.has('i') {
            let kind = if node.is_dir() {
                "directory"
            } else {
                "regular file"
            };
            let answer = call.ask(&format!("rm: remove {kind} '{word}'? "), false);
            if !answer.is_some_and(|answer| answer.starts_with(['y', 'Y'])) {
                continue;
            }
        }
        match call.files().remove(word) {
            Ok(_) => {
                if options.has('v') {
                    call.line(format!("removed '{word}'"));
                }
            }
            Err(errno) => {
                call.error(format!("rm: cannot remove '{word}': {errno}"));
                exit = 1;
            }
        }
    }
    exit
}

fn touch(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "acmht:d:r:",
        &[
            ("no-create", 'c'),
            ("date=", 'd'),
            ("reference=", 'r'),
            ("no-dereference", 'h'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "file operand");
    }
    let mut exit = 0;
    let clock = call.system.machine.clock;
    let mut now = clock;
    if let Some(text) = options.value('d') {
        match clock::told(text, clock) {
            Some(time) => now = time,
            None => {
                call.error(format!("touch: invalid date format ‘{text}’"));
                return 1;
            }
        }
    }
    if let Some(text) = options.value('t') {
        match clock::stamped(text, clock) {
            Some(time) => now = time,
            None => {
                call.error(format!("touch: invalid date format ‘{text}’"));
                return 1;
            }
        }
    }
    if let Some(file) = options.value('r') {
        match call.files().get(file).map(|node| node.mtime) {
            Ok(time) => now = time,
            Err(errno) => {
                call.error(format!(
                    "touch: failed to get attributes of '{file}': {errno}"
                ));
                return 1;
            }
        }
    }
    let dated = ['d', 't', 'r'].iter().any(|letter| options.has(*letter));
    for word in &options.words {
        if !call.system.spend(3) {
            return 130;
        }
        let there = call.files().get(word).is_ok();
        if !there && options.has('c') {
            continue;
        }
        let result = if there {
            call.files().change(word, false, |node| node.mtime = now)
        } else {
            call.files().write(word, b"", false)
        };
        let result = match result {
            Ok(()) if dated && !there => call.files().change(word, false, |node| node.mtime = now),
            result => result,
        };
        if let Err(errno) = result {
            let errno = if errno == Errno::NotPermitted {
                Errno::Denied
            } else {
                errno
            };
            call.error(format!("touch: cannot touch '{word}': {errno}"));
            exit = 1;
        }
    }
    exit
}

/// Where a copy goes: into a folder that is there, or to that name.
fn destination(call: &mut Call<'_>, to: &str, from: &str) -> String {
    if call.files().get(to).is_ok_and(Node::is_dir) {
        join(to, &last_part(from))
    } else {
        to.to_owned()
    }
}

fn sources_and_target(
    call: &mut Call<'_>,
    mut words: Vec<String>,
    target: Option<&str>,
) -> Option<(Vec<String>, String)> {
    let name = call.name();
    if let Some(target) = target {
        return Some((words, target.to_owned()));
    }
    if words.is_empty() {
        missing_operand(call, "file operand");
        return None;
    }
    if words.len() == 1 {
        call.error(format!(
            "{name}: missing destination file operand after '{}'\nTry '{name} --help' for more information.",
            words[0]
        ));
        return None;
    }
    let to = words.pop()?;
    if words.len() > 1 && !call.files().get(&to).is_ok_and(Node::is_dir) {
        call.error(format!("{name}: target '{to}': No such file or directory"));
        return None;
    }
    Some((words, to))
}

fn cp(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "rRafipvnuLPdt:T",
        &[
            ("recursive", 'r'),
            ("archive", 'a'),
            ("force", 'f'),
            ("interactive", 'i'),
            ("verbose", 'v'),
            ("no-clobber", 'n'),
            ("preserve[", 'p'),
            ("target-directory=", 't'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let target = options.value('t').map(str::to_owned);
    let Some((sources, to)) = sources_and_target(call, options.words.clone(), target.as_deref())
    else {
        return 1;
    };
    let recursive = options.has('r') || options.has('R') || options.has('a');
    let mut exit = 0;
    for from in sources {
        let node = if recursive {
            call.files().get_link(&from).cloned()
        } else {
            call.files().get(&from).cloned()
        };
        let node = match node {
            Ok(node) => node,
            Err(errno) => {
                call.error(format!("cp: cannot stat '{from}': {errno}"));
                exit = 1;
                continue;
            }
        };
        if node.is_dir() && !recursive {
            call.error(format!("cp: -r not specified; omitting directory '{from}'"));
            exit = 1;
            continue;
        }
        if !call.files().allows(&node, 4) {
            call.error(format!(
                "cp: cannot open '{from}' for reading: Permission denied"
            ));
            exit = 1;
            continue;
        }
        let to = destination(call, &to, &from);
        let (from_path, to_path) = (call.files().path(&from), call.files().path(&to));
        let tree = &call.system.machine.tree;
        let (from_real, to_real) = (tree.real_path(&from_path), tree.real_path(&to_path));
        if from_real.is_ok() && from_real == to_real {
            call.error(format!("cp: '{from}' and '{to}' are the same file"));
            exit = 1;
            continue;
        }
        if let (Ok(from_real), Ok(to_real)) = (&from_real, &to_real)
            && node.is_dir()
            && to_real.starts_with(&format!("{from_real}/"))
        {
            call.error(format!(
                "cp: cannot copy a directory, '{from}', into itself, '{to}'"
            ));
            exit = 1;
            continue;
        }
        let there = call.files().get(&to).is_ok();
        if there && options.has('n') {
            continue;
        }
        if there && options.has('i') {
            let answer = call.ask(&format!("cp: overwrite '{to}'? "), false);
            if !answer.is_some_and(|answer| answer.starts_with(['y', 'Y'])) {
                continue;
            }
        }
        let owner = if call.is_root() {
            Owner::Root
        } else {
            Owner::User
        };
        let keep = options.has('a') || options.has('p');
        let copy = copied(&node, owner, keep, call.system.machine.clock);
        let result = match (&copy.content, there) {
            // What is there keeps its owner and mode, and a link leads on.
            (Content::File(bytes), true) => {
                let bytes = bytes.clone();
                call.files().write(&to, &bytes, false)
            }
            (Content::Dir(_), true) => merge(call, &to, &copy),
            _ => call.files().put(&to, copy),
        };
        match result {
            Ok(()) => {
                if options.has('v') {
                    call.line(format!("'{from}' -> '{to}'"));
                }
            }
            Err(errno) => {
                call.error(format!("cp: cannot create regular file '{to}': {errno}"));
                exit = 1;
            }
        }
    }
    exit
}

fn install(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "m:o:g:dDvpCsbt:T",
        &[
            ("mode=", 'm'),
            ("owner=", 'o'),
            ("group=", 'g'),
            ("directory", 'd'),
            ("verbose", 'v'),
            ("preserve-timestamps", 'p'),
            ("compare", 'C'),
            ("strip", 's'),
            ("backup[", 'b'),
            ("target-directory=", 't'),
            ("no-target-directory", 'T'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let given = options.value('m').unwrap_or("755").to_owned();
    let Some(mode) = changed_mode(&given, 0, options.has('d')) else {
        call.error(format!("install: invalid mode ‘{given}’"));
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "file operand");
    }
    // Only root gives files away.
    let gives = ['o', 'g'].iter().any(|letter| options.has(*letter)) && !call.is_root();
    let verbose = options.has('v');
    let mut exit = 0;
    if options.has('d') {
        for word in &options.words {
            exit = exit.max(with_parents(call, word, mode, verbose, gives));
        }
        return exit;
    }
    let target = options.value('t').map(str::to_owned);
    let Some((sources, to)) = sources_and_target(call, options.words.clone(), target.as_deref())
    else {
        return 1;
    };
    for from in sources {
        let node = match call.files().get(&from).cloned() {
            Ok(node) if node.is_dir() => {
                call.error(format!("install: omitting directory '{from}'"));
                exit = 1;
                continue;
            }
            Ok(node) if call.files().allows(&node, 4) => node,
            Ok(_) => {
                call.error(format!(
                    "install: cannot open '{from}' for reading: Permission denied"
                ));
                exit = 1;
                continue;
            }
            Err(errno) => {
                call.error(format!("install: cannot stat '{from}': {errno}"));
                exit = 1;
                continue;
            }
        };
        if options.has('D')
            && let Some(folder) = to.rfind('/').map(|cut| to[..cut].to_owned())
            && !folder.is_empty()
        {
            exit = exit.max(with_parents(call, &folder, 0o755, verbose, false));
        }
        let to = if options.has('T') {
            to.clone()
        } else {
            destination(call, &to, &from)
        };
        let owner = if call.is_root() {
            Owner::Root
        } else {
            Owner::User
        };
        let mut copy = copied(&node, owner, false, call.system.machine.clock);
        copy.mode = mode;
        let put = call.files().put(&to, copy);
        if let Err(errno) = put {
            call.error(format!(
                "install: cannot create regular file '{to}': {errno}"
            ));
            exit = 1;
            continue;
        }
        if verbose {
            call.line(format!("'{from}' -> '{to}'"));
        }
        if gives {
            call.error(format!(
                "install: cannot change ownership of '{to}': Operation not permitted"
            ));
            exit = 1;
        }
    }
    exit
}

/// Makes a folder with those above it, as `install -d` does; the folder itself gets the mode.
fn with_parents(call: &mut Call<'_>, word: &str, mode: u32, verbose: bool, gives: bool) -> Exit {
    let ends = word
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > 0 && !word[*at..].trim_matches('/').is_empty())
        .chain([word.len()]);
    for end in ends {
        let (path, is_last) = (&word[..end], end == word.len());
        if call.files().get(path).is_ok_and(Node::is_dir) {
            if is_last {
                let _ = call.files().change(path, false, |node| node.mode = mode);
            }
            continue;
        }
        if let Err(errno) = call
            .files()
            .make_dir(path, if is_last { mode } else { 0o755 })
        {
            call.error(format!(
                "install: cannot create directory ‘{path}’: {errno}"
            ));
            return 1;
        }
        if verbose {
            call.line(format!("install: creating directory '{path}'"));
        }
    }
    if gives {
        call.error(format!(
            "install: cannot change ownership of '{word}': Operation not permitted"
        ));
    }
    Exit::from(gives)
}

fn merge(call: &mut Call<'_>, to: &str, from: &Node) -> Result<(), Errno> {
    let Content::Dir(names) = &from.content else {
        return call.files().put(to, from.clone());
    };
    for (name, node) in names {
        let to = join(to, name);
        if node.is_dir() && call.files().get(&to).is_ok() {
            merge(call, &to, node)?;
        } else {
            call.files().put(&to, node.as_ref().clone())?;
        }
    }
    Ok(())
}

fn copied(node: &Node, owner: Owner, keep: bool, now: i64) -> Node {
    let mut copy = node.clone();
    if !keep || owner == Owner::User {
        copy.owner = owner;
    }
    if !keep {
        copy.mtime = now;
    }
    if let Content::Dir(names) = &mut copy.content {
        for node in names.values_mut() {
            *node = std::sync::Arc::new(copied(node, owner, keep, now));
        }
    }
    copy
}

fn mv(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "fivnt:T",
        &[
            ("force", 'f'),
            ("interactive", 'i'),
            ("verbose", 'v'),
            ("no-clobber", 'n'),
            ("target-directory=", 't'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let target = options.value('t').map(str::to_owned);
    let Some((sources, to)) = sources_and_target(call, options.words.clone(), target.as_deref())
    else {
        return 1;
    };
    let mut exit = 0;
    for from in sources {
        if let Err(errno) = call.files().get_link(&from) {
            call.error(format!("mv: cannot stat '{from}': {errno}"));
            exit = 1;
            continue;
        }
        let to = destination(call, &to, &from);
        let there = call.files().get_link(&to).is_ok();
        if there && options.has('n') {
            continue;
        }
        if there && options.has('i') {
            let answer = call.ask(&format!("mv: overwrite '{to}'? "), false);
            if !answer.is_some_and(|answer| answer.starts_with(['y', 'Y'])) {
                continue;
            }
        }
        match call.files().rename(&from, &to) {
            Ok(()) => {
                if options.has('v') {
                    call.line(format!("renamed '{from}' -> '{to}'"));
                }
            }
            Err(Errno::Invalid) => {
                call.error(format!(
                    "mv: cannot move '{from}' to a subdirectory of itself, '{to}'"
                ));
                exit = 1;
            }
            Err(errno) => {
                call.error(format!("mv: cannot move '{from}' to '{to}': {errno}"));
                exit = 1;
            }
        }
    }
    exit
}

fn ln(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "sfvnT",
        &[
            ("symbolic", 's'),
            ("force", 'f'),
            ("verbose", 'v'),
            ("no-dereference", 'n'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let Some(target) = options.words.first().cloned() else {
        return missing_operand(call, "file operand");
    };
    let to = options
        .words
        .get(1)
        .cloned()
        .unwrap_or_else(|| ".".to_owned());
    let to_is_link = call
        .files()
        .get_link(&to)
        .is_ok_and(|node| matches!(node.content, Content::Link(_)));
    let to = if to_is_link && options.has('n') {
        to
    } else {
        destination(call, &to, &target)
    };
    let kind = if options.has('s') {
        "symbolic link"
    } else {
        "hard link"
    };
    if call.files().get_link(&to).is_ok() {
        if !options.has('f') {
            call.error(format!("ln: failed to create {kind} '{to}': File exists"));
            return 1;
        }
        if let Err(errno) = call.files().remove(&to) {
            call.error(format!("ln: cannot remove '{to}': {errno}"));
            return 1;
        }
    }
    let result = if options.has('s') {
        call.files().make_link(&target, &to)
    } else {
        match call.files().get(&target).cloned() {
            Ok(node) if node.is_dir() => {
                call.error(format!("ln: {target}: hard link not allowed for directory"));
                return 1;
            }
            Ok(node) => call.files().put(&to, node),
            Err(errno) => {
                call.error(format!("ln: failed to access '{target}': {errno}"));
                return 1;
            }
        }
    };
    match result {
        Ok(()) => 0,
        Err(errno) => {
            call.error(format!("ln: failed to create {kind} '{to}': {errno}"));
            1
        }
    }
}

/// The mode that `u+x,go-w` or `755` makes of a mode.
fn changed_mode(text: &str, mode: u32, is_dir: bool) -> Option<u32> {
    if let Ok(number) = u32::from_str_radix(text, 8) {
        return (number <= 0o7777).then_some(number);
    }
    let mut mode = mode;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let mut groups = 0_u32;
        for letter in who.chars() {
            groups |= match letter {
                'u' => 0o700,
                'g' => 0o070,
                'o' => 0o007,
                'a' => 0o777,
                _ => return None,
            };
        }
        if who.is_empty() {
            groups = 0o777;
        }
        let mut bits = 0_u32;
        for letter in rest[1..].chars() {
            bits |= match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if is_dir || mode & 0o111 != 0 => 0o111,
                'X' | 's' => 0,
                't' => 0o1000,
                _ => return None,
            };
        }
        let masked = bits & (groups | 0o1000);
        mode = match &rest[..1] {
            "+" => mode | masked,
            "-" => mode & !masked,
            _ => (mode & !groups) | masked,
        };
    }
    Some(mode)
}

/// A path and, with `-R`, everything below it.
fn with_below(call: &mut Call<'_>, path: &str, recursive: bool) -> Vec<String> {
    if !recursive {
        return vec![path.to_owned()];
    }
    let whole = call.files().path(path);
    let paths: Vec<String> = call.system.machine.tree.walk(&whole).map_or_else(
        |_| vec![path.to_owned()],
        |found| {
            found
                .into_iter()
                .filter(|(_, node)| !matches!(node.content, Content::Link(_)))
                .map(|(path, _)| path)
                .collect()
        },
    );
    call.system.spend(paths.len() as u64);
    paths
}

fn chmod(call: &mut Call<'_>) -> Exit {
    // `-x` takes bits away and is no option.
    let words = call.rest();
    let recursive = words
        .iter()
        .any(|word| matches!(word.as_str(), "-R" | "--recursive"));
    let words: Vec<String> = words
        .into_iter()
        .filter(|word| {
            !matches!(
                word.as_str(),
                "-R" | "-v" | "-c" | "-f" | "--recursive" | "--"
            )
        })
        .collect();
    let Some((mode, files)) = words.split_first() else {
        return missing_operand(call, "operand");
    };
    if changed_mode(mode, 0, false).is_none() {
        call.error(format!(
            "chmod: invalid mode: ‘{mode}’\nTry 'chmod --help' for more information."
        ));
        return 1;
    }
    if files.is_empty() {
        call.error(format!(
            "chmod: missing operand after ‘{mode}’\nTry 'chmod --help' for more information."
        ));
        return 1;
    }
    let mut exit = 0;
    for file in files {
        for path in with_below(call, file, recursive) {
            let result = call.files().change(&path, false, |node| {
                if let Some(mode) = changed_mode(mode, node.mode, node.is_dir()) {
                    node.mode = mode;
                }
            });
            match result {
                Ok(()) => {}
                Err(Errno::NotPermitted) => {
                    call.error(format!(
                        "chmod: changing permissions of '{path}': Operation not permitted"
                    ));
                    exit = 1;
                }
                Err(errno) => {
                    call.error(format!("chmod: cannot access '{path}': {errno}"));
                    exit = 1;
                }
            }
        }
    }
    exit
}

fn chown(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "RvchfL",
        &[
            ("recursive", 'R'),
            ("verbose", 'v'),
            ("no-dereference", 'h'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let Some((owner, files)) = options.words.split_first() else {
        return missing_operand(call, "operand");
    };
    if files.is_empty() {
        call.error(format!(
            "chown: missing operand after ‘{owner}’\nTry 'chown --help' for more information."
        ));
        return 1;
    }
    let name = owner
        .split([':', '.'])
        .next()
        .unwrap_or_default()
        .to_owned();
    let person = call.system.machine.person.name.clone();
    let new = match name.as_str() {
        "root" | "0" => Some(Owner::Root),
        "" => None,
        name if name == person || name == "1000" => Some(Owner::User),
        _ => {
            call.error(format!("chown: invalid user: ‘{owner}’"));
            return 1;
        }
    };
    let mut exit = 0;
    for file in files {
        for path in with_below(call, file, options.has('R')) {
            let same = call
                .files()
                .get(&path)
                .is_ok_and(|node| Some(node.owner) == new);
            let result = call.files().change(&path, !same, |node| {
                node.owner = new.unwrap_or(node.owner);
            });
            if let Err(errno) = result {
                call.error(if errno == Errno::NotPermitted {
                    format!("chown: changing ownership of '{path}': Operation not permitted")
                } else {
                    format!("chown: cannot access '{path}': {errno}")
                });
                exit = 1;
            }
        }
    }
    exit
}

fn readlink(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "femnqsvz",
        &[
            ("canonicalize", 'f'),
            ("canonicalize-existing", 'e'),
            ("no-newline", 'n'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "operand");
    }
    let mut exit = 0;
    for word in &options.words {
        let answer = if options.has('f') || options.has('e') || options.has('m') {
            let path = call.files().path(word);
            let tree = &call.system.machine.tree;
            tree.real_path(&path)
                .ok()
                .filter(|real| !options.has('e') || tree.exists(real))
        } else {
            match call.files().get_link(word).map(|node| node.content.clone()) {
                Ok(Content::Link(target)) => Some(target),
                _ => None,
            }
        };
        match answer {
            Some(answer) if options.has('n') => {
                call.print(answer);
            }
            Some(answer) => {
                call.line(answer);
            }
            None => exit = 1,
        }
    }
    exit
}

fn realpath(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "emsqz",
        &[
            ("canonicalize-existing", 'e'),
            ("canonicalize-missing", 'm'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "operand");
    }
    let mut exit = 0;
    for word in &options.words {
        let path = call.files().path(word);
        match call.system.machine.tree.real_path(&path) {
            Ok(real) => {
                call.line(real);
            }
            Err(errno) => {
                call.error(format!("realpath: {word}: {errno}"));
                exit = 1;
            }
        }
    }
    exit
}

fn basename(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let Some(path) = words.first() else {
        return missing_operand(call, "operand");
    };
    let mut name = last_part(path.trim_end_matches('/'));
    if let Some(end) = words.get(1)
        && let Some(without) = name
            .strip_suffix(end.as_str())
            .filter(|name| !name.is_empty())
    {
        let length = without.len();
        name.truncate(length);
    }
    call.line(name);
    0
}

fn dirname(call: &mut Call<'_>) -> Exit {
    let Some(path) = call.rest().first().cloned() else {
        return missing_operand(call, "operand");
    };
    let folder = split(&path).map_or_else(
        || {
            if path.starts_with('/') {
                "/".to_owned()
            } else {
                ".".to_owned()
            }
        },
        |(folder, _)| folder,
    );
    call.line(folder);
    0
}

fn mktemp(call: &mut Call<'_>) -> Exit {
    let name = format!(
        "/tmp/tmp.{:010x}",
        call.system.outside.random() & 0xff_ffff_ffff
    );
    let folder = call.rest().iter().any(|word| word == "-d");
    let result = if folder {
        call.files().make_dir(&name, 0o700)
    } else {
        call.files().write(&name, b"", false)
    };
    match result {
        Ok(()) => {
            call.line(name);
            0
        }
        Err(errno) => {
            call.error(format!(
                "mktemp: failed to create file via template ‘/tmp/tmp.XXXXXXXXXX’: {errno}"
            ));
            1
        }
    }
}

fn stat(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("c:Lf", &[("format=", 'c'), ("dereference", 'L')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        return missing_operand(call, "operand");
    }
    let mut exit = 0;
    for word in &options.words {
        let node = match call.files().get_link(word).cloned() {
            Ok(node) => node,
            Err(errno) => {
                call.error(format!("stat: cannot statx '{word}': {errno}"));
                exit = 1;
                continue;
            }
        };
        let person = call.system.machine.person.name.clone();
        let (owner, uid) = match node.owner {
            Owner::Root => ("root".to_owned(), 0),
            Owner::User => (person, 1000),
        };
        let kind = match node.content {
            Content::Dir(_) => "directory",
            Content::Link(_) => "symbolic link",
            Content::Device(_) => "character special file",
            _ => "regular file",
        };
        if let Some(format) = options.value('c') {
            let text = format
                .replace("%n", word)
                .replace("%s", &node.size().to_string())
                .replace("%a", &format!("{:o}", node.mode))
                .replace("%A", &mode_text(&node))
                .replace("%U", &owner)
                .replace("%G", &owner)
                .replace("%F", kind)
                .replace("%Y", &node.mtime.to_string());
            call.line(text);
            continue;
        }
        let time = clock::stamp(node.mtime);
        let path = call.files().path(word);
        call.line(format!(
            "  File: {word}\n  Size: {:<15} Blocks: {:<10} IO Block: 4096   {kind}\nDevice: 252,0\tInode: {:<11} Links: 1\nAccess: ({:04o}/{})  Uid: ({uid:5}/{owner:>8})   Gid: ({uid:5}/{owner:>8})\nAccess: {time}\nModify: {time}\nChange: {time}\n Birth: {time}",
            node.size(),
            node.size().div_ceil(4096) * 8,
            inode(&path),
            node.mode,
            mode_text(&node),
        ));
    }
    exit
}

fn file(call: &mut Call<'_>) -> Exit {
    let words: Vec<String> = call
        .rest()
        .into_iter()
        .filter(|word| !word.starts_with('-'))
        .collect();
    if words.is_empty() {
        call.error("Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding] file ...");
        return 1;
    }
    for word in words {
        let what = match call
            .files()
            .get_link(&word)
            .map(|node| node.content.clone())
        {
            Ok(Content::Dir(_)) => "directory".to_owned(),
            Ok(Content::Link(target)) => format!("symbolic link to {target}"),
            Ok(Content::Device(_)) => "character special".to_owned(),
            Ok(Content::Program(_) | Content::Untold(_)) => {
                "ELF 64-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked"
                    .to_owned()
            }
            Ok(Content::File(bytes)) => {
                if bytes.is_empty() {
                    "empty".to_owned()
                } else if bytes.starts_with(b"#!/bin/bash") {
                    "Bourne-Again shell script, ASCII text executable".to_owned()
                } else if bytes.starts_with(b"#!") {
                    "POSIX shell script, ASCII text executable".to_owned()
                } else if bytes.contains(&0) {
                    "data".to_owned()
                } else if bytes.is_ascii() {
                    "ASCII text".to_owned()
                } else {
                    "Unicode text, UTF-8 text".to_owned()
                }
            }
            Err(errno) => format!("cannot open `{word}' ({errno})"),
        };
        call.line(format!("{word}: {what}"));
    }
    0
}

fn df(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "hHkTiam",
        &[
            ("human-readable", 'h'),
            ("print-type", 'T'),
            ("inodes", 'i'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    for word in &options.words {
        if let Err(errno) = call.files().get(word).map(|_| ()) {
            call.error(format!("df: {word}: {errno}"));
            return 1;
        }
    }
    let machine = &call.system.machine;
    let (size, used) = (machine.disk, machine.disk_used().min(machine.disk));
    let free = machine.disk_free();
    let percent = (used.saturating_mul(100)).div_ceil(size.max(1));
    let name = "/dev/mapper/ubuntu--vg-ubuntu--lv";
    if options.has('h') {
        call.line("Filesystem                         Size  Used Avail Use% Mounted on");
        call.line(format!(
            "{name}  {:>4}  {:>4} {:>5} {percent:>3}% /",
            human(size),
            human(used),
            human(free)
        ));
    } else {
        call.line("Filesystem                        1K-blocks     Used Available Use% Mounted on");
        call.line(format!(
            "{name} {:>10} {:>8} {:>9} {percent:>3}% /",
            size / 1024,
            used / 1024,
            free / 1024
        ));
    }
    0
}

fn du(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "hsacd:kmxb",
        &[
            ("bytes", 'b'),
            ("apparent-size", 'A'),
            ("human-readable", 'h'),
            ("summarize", 's'),
            ("all", 'a'),
            ("total", 'c'),
            ("max-depth=", 'd'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let words = if options.words.is_empty() {
        vec![".".to_owned()]
    } else {
        options.words.clone()
    };
    let deepest = if options.has('s') {
        0
    } else {
        options
            .value('d')
            .and_then(|depth| depth.parse().ok())
            .unwrap_or(usize::MAX)
    };
    let shown = |size: u64| {
        if options.has('h') {
            human(size)
        } else if options.has('b') {
            size.to_string()
        } else {
            size.div_ceil(1024).to_string()
        }
    };
    let mut exit = 0;
    let mut sum = 0;
    for word in words {
        let path = call.files().path(&word);
        let rows = match call.system.machine.tree.walk(&path) {
            Ok(found) => {
                let start = found
                    .first()
                    .map(|(path, _)| path.clone())
                    .unwrap_or_default();
                sum += found.first().map_or(0, |(_, node)| node.weight_of_all());
                let mut rows: Vec<(String, u64)> = found
                    .iter()
                    .filter(|(path, node)| {
                        let depth = path[start.len()..].matches('/').count();
                        (node.is_dir() || options.has('a') || *path == start) && depth <= deepest
                    })
                    .map(|(path, node)| {
                        (
                            format!("{word}{}", &path[start.len()..]),
                            node.weight_of_all(),
                        )
                    })
                    .collect();
                rows.reverse();
                rows
            }
            Err(errno) => {
                call.error(format!("du: cannot access '{word}': {errno}"));
                exit = 1;
                continue;
            }
        };
        for (path, size) in rows {
            if !call.line(format!("{}\t{path}", shown(size))) {
                return exit;
            }
        }
    }
    if options.has('c') {
        call.line(format!("{}\ttotal", shown(sum)));
    }
    exit
}

fn which(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::short("as");
    let Some(options) = SPEC.read(call) else {
        return 2;
    };
    let path = call.env("PATH").unwrap_or_default().to_owned();
    let cwd = call.process.cwd.clone();
    let mut exit = 0;
    for name in &options.words {
        let mut found: Vec<String> = if name.contains('/') {
            let whole = call.files().path(name);
            let there = call.system.machine.tree.get(&whole);
            there
                .is_ok_and(Node::is_executable)
                .then(|| name.clone())
                .into_iter()
                .collect()
        } else {
            path.split(':')
                .filter_map(|folder| call.system.machine.which(name, folder, &cwd))
                .collect()
        };
        if !options.has('a') {
            found.truncate(1);
        }
        if found.is_empty() {
            exit = 1;
        }
        for file in found {
            call.line(file);
        }
    }
    exit
}

fn whereis(call: &mut Call<'_>) -> Exit {
    const FOLDERS: &str = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin:/usr/games";
    for name in call.rest() {
        let found: Vec<String> = FOLDERS
            .split(':')
            .filter_map(|folder| call.system.machine.which(&name, folder, "/"))
            .collect();
        call.line(format!(
            "{name}:{}",
            found
                .iter()
                .map(|file| format!(" {file}"))
                .collect::<String>()
        ));
    }
    0
}
