//! `sed`: a script is read once, then played on every line.

use crate::practice::said::said;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Program;
use super::options::Spec;
use super::search::{Finder, finder};
use super::text::problem;
use crate::practice::process::{Call, Exit};
use crate::practice::tree::split;

pub(super) const PROGRAMS: &[Program] = &[Program::base("sed", sed)];

/// How many commands a script may have.
const COMMANDS: usize = 200;

/// What the pattern space and the hold space may hold, in bytes.
const SPACE: usize = 1 << 20;

const USAGE: &str = "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...";

fn sed(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "nEri:e:f:suz",
        &[
            ("quiet", 'n'),
            ("silent", 'n'),
            ("regexp-extended", 'E'),
            ("in-place[", 'i'),
            ("expression=", 'e'),
            ("file=", 'f'),
            ("separate", 's'),
            ("unbuffered", 'u'),
            ("null-data", 'z'),
        ],
    );
    let (words, suffix) = in_place(call.rest());
    let options = match SPEC.read_quietly(&words) {
        Ok(options) => options,
        Err(problem) => {
            call.error(format!("sed: {problem}"));
            call.error(USAGE);
            return 1;
        }
    };
    let mut files = options.words.clone();
    let mut script: Vec<String> = options.values('e').map(str::to_owned).collect();
    for file in options.values('f') {
        match call.files().read(file).map(|bytes| bytes.to_vec()) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                script.push(text.strip_suffix('\n').unwrap_or(&text).to_owned());
            }
            Err(errno) => {
                call.error(format!(
                    "sed: couldn't open file {file}: {}",
                    problem(errno)
                ));
                return 1;
            }
        }
    }
    if script.is_empty() {
        if files.is_empty() {
            call.error(USAGE);
            return 1;
        }
        script.push(files.remove(0));
    }
    let script = script.join("\n");
    let extended = options.has('E') || options.has('r');
    let edits = match Reader::new(&script, extended).script() {
        Ok(edits) => edits,
        Err((Some(at), message)) => {
            call.error(format!("sed: -e expression #1, char {at}: {message}"));
            return 1;
        }
        Err((None, message)) => {
            call.error(format!("sed: {message}"));
            return 4;
        }
    };
    if !call.system.spend(edits.len() as u64 * 60) {
        return 130;
    }
    if files.is_empty() {
        files.push("-".to_owned());
    }
    let mut player = Player::new(edits, options.has('n'), options.has('z'));
    let mut exit = 0;
    // Without `-s` or `-i` all files are one text: `$` is the last line of the last one.
    let separate = suffix.is_some() || options.has('s');
    let mut together: Vec<(String, Vec<u8>)> = Vec::new();
    for file in files {
        let Some(bytes) = read(call, &file, suffix.is_some(), &mut exit) else {
            continue;
        };
        if !separate {
            together.push((file, bytes));
            continue;
        }
        player.load(&[(file.clone(), bytes.clone())]);
        let ended = player.play(call, suffix.is_some());
        if call.system.stopped.is_some() {
            return 130;
        }
        if let Some(suffix) = &suffix {
            let out = player.taken();
            if let Err(failed) = replace(call, &file, suffix, &bytes, &out) {
                exit = failed;
                continue;
            }
        }
        if let Some(code) = ended {
            return code;
        }
    }
    if !separate {
        player.load(&together);
        if let Some(code) = player.play(call, false) {
            exit = code;
        }
    }
    player.save(call);
    exit
}

/// The words without `-i`, which takes a suffix only when it is part of the same word, and its suffix.
fn in_place(args: Vec<String>) -> (Vec<String>, Option<String>) {
    let mut suffix = None;
    let mut words = Vec::new();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        if arg == "--" {
            words.push(arg);
            words.extend(args);
            break;
        }
        if arg == "-e" || arg == "-f" {
            words.push(arg);
            words.extend(args.next());
            continue;
        }
        if arg == "--in-place" || arg.starts_with("--in-place=") {
            suffix = Some(
                arg.split_once('=')
                    .map_or(String::new(), |(_, end)| end.to_owned()),
            );
            continue;
        }
        let letters = arg
            .strip_prefix('-')
            .filter(|letters| !letters.starts_with(['-', 'e', 'f']));
        if let Some((before, after)) = letters.and_then(|letters| letters.split_once('i')) {
            suffix = Some(after.to_owned());
            if !before.is_empty() {
                words.push(format!("-{before}"));
            }
            continue;
        }
        words.push(arg);
    }
    (words, suffix)
}

/// The bytes of a file; says what is wrong, and how `sed` ends then.
fn read(call: &mut Call<'_>, file: &str, in_place: bool, exit: &mut Exit) -> Option<Vec<u8>> {
    if file == "-" && !in_place {
        return Some(call.read_all());
    }
    if call
        .files()
        .get(file)
        .is_ok_and(crate::practice::Node::is_dir)
    {
        call.error(if in_place {
            *exit = 4;
            format!("sed: couldn't edit {file}: not a regular file")
        } else {
            *exit = 2;
            format!("sed: couldn't read {file}: Is a directory")
        });
        return None;
    }
    match call.files().read(file).map(|bytes| bytes.to_vec()) {
        Ok(bytes) => {
            if call.system.spend(bytes.len() as u64 / 128 + 1) {
                return Some(bytes);
            }
            *exit = 130;
        }
        Err(errno) => {
            call.error(format!("sed: can't read {file}: {}", problem(errno)));
            *exit = 2;
        }
    }
    None
}

/// Puts the new text in the place of the old one.
fn replace(
    call: &mut Call<'_>,
    file: &str,
    suffix: &str,
    old: &[u8],
    new: &str,
) -> Result<(), Exit> {
    // It writes a new file and puts it in the place of the old one, so that it asks the folder.
    if let Some((folder, _)) = split(&call.files().path(file)) {
        let may = call.files().get(&folder).cloned();
        if !may.is_ok_and(|node| call.files().allows(&node, 3)) {
            let shown = split(file).map_or_else(|| ".".to_owned(), |(folder, _)| folder);
            call.error(format!(
                "sed: couldn't open temporary file {shown}/sedqHf2vM: Permission denied"
            ));
            return Err(4);
        }
    }
    let backup = if suffix.contains('*') {
        suffix.replace('*', file)
    } else {
        format!("{file}{suffix}")
    };
    if !suffix.is_empty()
        && let Err(errno) = call.files().write(&backup, old, false)
    {
        call.error(format!("sed: cannot rename {file}: {errno}"));
        return Err(4);
    }
    if let Err(errno) = call.files().write(file, new.as_bytes(), false) {
        call.error(format!("sed: couldn't flush {file}: {errno}"));
        return Err(4);
    }
    Ok(())
}

/// One command of a script.
struct Edit {
    from: Option<Address>,
    to: Option<To>,
    negated: bool,
    what: What,
    /// The last line of the range that is open, where that is known; any number where a text ends it.
    inside: Option<usize>,
}

enum Address {
    Line(usize),
    /// The first line and how many further each next one is.
    Step(usize, usize),
    Last,
    /// A line that fits; without a pattern, the one that was looked for last.
    Fits(Option<Rc<Finder>>),
}

/// Where a range ends.
enum To {
    At(Address),
    Plus(usize),
    Multiple(usize),
}

enum What {
    Substitute(Box<Substitute>),
    Delete,
    DeleteFirst,
    Print,
    PrintFirst,
    Quit {
        code: Exit,
        prints: bool,
    },
    Append(String),
    Insert(String),
    Change(String),
    Translate(Vec<char>, Vec<char>),
    Number,
    File,
    List,
    Empty,
    Hold,
    HoldMore,
    Get,
    GetMore,
    Exchange,
    Next,
    NextMore,
    ReadFile(String),
    WriteFile(String),
    /// Goes to a command: always, or if something was replaced (`t`), or if nothing was (`T`).
    Branch(When, usize),
    /// Goes to the end of a group where its address does not fit.
    Group(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Replaced,
    NotReplaced,
}

struct Substitute {
    /// Without a pattern, the one that was looked for last.
    finder: Option<Rc<Finder>>,
    with: Vec<Piece>,
    global: bool,
    nth: usize,
    print: bool,
    file: Option<String>,
}

/// A piece of what is put in the place of what was found.
enum Piece {
    Text(String),
    Group(usize),
    Case(Case),
}

/// `\U`, `\L`, `\E`, `\u`, `\l`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    End,
    UpperNext,
    LowerNext,
}

/// What a line brings after it.
enum After {
    Text(String),
    File(String),
}

/// A script that is played.
struct Player {
    edits: Vec<Edit>,
    quiet: bool,
    /// What ends a line.
    end: char,
    lines: Lines,
    /// The files, each with how many lines are left when it begins.
    names: Vec<(String, usize)>,
    ends_open: bool,
    number: usize,
    pattern: String,
    hold: String,
    after: Vec<After>,
    replaced: bool,
    latest: Option<Rc<Finder>>,
    out: String,
    written: BTreeMap<String, String>,
}

/// What comes after a command.
enum Flow {
    On,
    /// The next line is read; before it, this one is printed or not.
    Line {
        prints: bool,
    },
    /// The script begins again without reading a line.
    Again,
    Quit {
        code: Exit,
        prints: bool,
    },
}

impl Player {
    fn new(edits: Vec<Edit>, quiet: bool, nul: bool) -> Self {
        let mut written = BTreeMap::new();
        for edit in &edits {
            let file = match &edit.what {
                What::WriteFile(file) => Some(file),
                What::Substitute(substitute) => substitute.file.as_ref(),
                _ => None,
            };
            if let Some(file) = file.filter(|file| *file != "/dev/stdout") {
                written.insert(file.clone(), String::new());
            }
        }
        Self {
            edits,
            quiet,
            end: if nul { '\0' } else { '\n' },
            lines: Lines::default(),
            names: Vec::new(),
            ends_open: false,
            number: 0,
            pattern: String::new(),
            hold: String::new(),
            after: Vec::new(),
            replaced: false,
            latest: None,
            out: String::new(),
            written,
        }
    }

    /// Takes texts as one.
    fn load(&mut self, files: &[(String, Vec<u8>)]) {
        self.lines = Lines::default();
        self.names.clear();
        self.number = 0;
        for edit in &mut self.edits {
            edit.inside = None;
            // `0,/x/` may end with the first line.
            if matches!(edit.from, Some(Address::Line(0))) {
                edit.inside = Some(usize::MAX);
            }
        }
        let mut starts = Vec::new();
        for (name, bytes) in files {
            starts.push((name.clone(), self.lines.len()));
            let text = String::from_utf8_lossy(bytes);
            if text.is_empty() {
                continue;
            }
            let body = text.strip_suffix(self.end);
            self.ends_open = body.is_none();
            let body = body.unwrap_or(&text);
            self.lines.add(body, self.end);
        }
        let all = self.lines.len();
        self.names = starts
            .into_iter()
            .map(|(name, start)| (name, all - start))
            .collect();
    }

    /// What was printed and not shown.
    fn taken(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// Plays the script on what was loaded. The exit status of a `q`, where one ended it.
    fn play(&mut self, call: &mut Call<'_>, keeps: bool) -> Option<Exit> {
        let mut again = false;
        loop {
            if !again && !self.next_line() {
                break;
            }
            again = false;
            // A line is taken, made the pattern space, and put out.
            if !call.system.spend(2) {
                break;
            }
            let flow = self.cycle(call);
            let prints = match flow {
                Flow::On => true,
                Flow::Line { prints } | Flow::Quit { prints, .. } => prints,
                Flow::Again => {
                    again = true;
                    false
                }
            };
            if prints && !self.quiet {
                self.print_pattern();
            }
            self.print_after(call);
            if call.system.stopped.is_some() {
                return None;
            }
            let quit = match flow {
                Flow::Quit { code, .. } => Some(code),
                _ => None,
            };
            if !keeps && (self.out.len() > 4096 || quit.is_some()) {
                let out = self.taken();
                if !call.print(out) {
                    return quit.or(Some(0));
                }
            }
            if let Some(code) = quit {
                if keeps {
                    // The rest of a file that is edited in its place stays.
                    while let Some(line) = self.lines.pop_front() {
                        self.put(&line);
                    }
                }
                return Some(code);
            }
        }
        if !keeps {
            let out = self.taken();
            call.print(out);
        }
        None
    }

    fn next_line(&mut self) -> bool {
        match self.lines.pop_front() {
            Some(line) => {
                self.pattern = line;
                self.number += 1;
                self.replaced = false;
                true
            }
            None => false,
        }
    }

    /// Prints a line; the last one has an end only where the text has one.
    fn put(&mut self, line: &str) {
        self.out.push_str(line);
        if !(self.lines.is_empty() && self.ends_open) {
            self.out.push(self.end);
        }
    }

    fn print_pattern(&mut self) {
        let pattern = std::mem::take(&mut self.pattern);
        self.put(&pattern);
        self.pattern = pattern;
    }

    fn print_after(&mut self, call: &mut Call<'_>) {
        for after in std::mem::take(&mut self.after) {
            // What comes after a line without an end begins a new one.
            if !self.out.is_empty() && !self.out.ends_with(self.end) {
                self.out.push(self.end);
            }
            match after {
                After::Text(text) => {
                    self.out.push_str(&text);
                    self.out.push('\n');
                }
                After::File(file) => {
                    // A file that cannot be read is as an empty one.
                    let bytes = call.files().read(&file).map(|bytes| bytes.to_vec());
                    let bytes = bytes.unwrap_or_default();
                    call.system.spend(bytes.len() as u64 / 64 + 1);
                    self.out.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        }
    }

    /// Plays all commands on the line that was read.
    fn cycle(&mut self, call: &mut Call<'_>) -> Flow {
        let mut at = 0;
        while at < self.edits.len() {
            // What grows is charged as it grows: both spaces are copied by some commands.
            let size = self.pattern.len() + self.hold.len() + self.out.len() / 16;
            if !call.system.spend(1 + size as u64 / 64) {
                return Flow::Line { prints: false };
            }
            if size > 2 * SPACE {
                call.error(format!("sed: {}", said("practice-text-too-long", &[])));
                return Flow::Quit {
                    code: 4,
                    prints: false,
                };
            }
            let applies = self.applies(call, at);
            let edit = &self.edits[at];
            at += 1;
            if !applies {
                if let What::Group(end) = edit.what {
                    at = end;
                }
                continue;
            }
            match &edit.what {
                What::Group(_) => {}
                What::Branch(when, to) => {
                    let goes = match when {
                        When::Always => true,
                        When::Replaced => std::mem::take(&mut self.replaced),
                        When::NotReplaced => !std::mem::take(&mut self.replaced),
                    };
                    if goes {
                        at = *to;
                    }
                }
                _ => match self.command(call, at - 1) {
                    Flow::On => {}
                    other => return other,
                },
            }
        }
        Flow::On
    }

    fn command(&mut self, call: &mut Call<'_>, at: usize) -> Flow {
        let edit = &self.edits[at];
        match &edit.what {
            What::Substitute(substitute) => {
                let finder = substitute.finder.clone().or_else(|| self.latest.clone());
                let Some(finder) = finder else {
                    call.error("sed: -e expression #1, char 0: no previous regular expression");
                    return Flow::Quit {
                        code: 1,
                        prints: false,
                    };
                };
                // Every place may have to be replaced.
                let places = if substitute.global {
                    self.pattern.len() / 4
                } else {
                    0
                };
                let cost = 8 + finder.cost(self.pattern.len()) + places;
                if !call.system.spend(cost as u64) {
                    return Flow::Line { prints: false };
                }
                let new = substitute.applied(&self.pattern, &finder);
                let (print, file) = (substitute.print, substitute.file.clone());
                self.latest = Some(finder);
                if let Some(new) = new {
                    self.pattern = new;
                    self.replaced = true;
                    if print {
                        self.print_pattern();
                    }
                    if let Some(file) = file {
                        self.write(&file);
                    }
                }
            }
            What::Delete => return Flow::Line { prints: false },
            What::DeleteFirst => {
                let Some(end) = self.pattern.find('\n') else {
                    return Flow::Line { prints: false };
                };
                self.pattern.drain(..=end);
                return Flow::Again;
            }
            What::Print => self.print_pattern(),
            What::PrintFirst => {
                let first = self.pattern.split('\n').next().unwrap_or_default();
                self.out.push_str(first);
                self.out.push('\n');
            }
            What::Quit { code, prints } => {
                return Flow::Quit {
                    code: *code,
                    prints: *prints,
                };
            }
            What::Append(text) => self.after.push(After::Text(text.clone())),
            What::ReadFile(file) => self.after.push(After::File(file.clone())),
            What::Insert(text) => {
                self.out.push_str(text);
                self.out.push('\n');
            }
            What::Change(text) => {
                // Of a range only the last line says it.
                if edit.negated || edit.to.is_none() || edit.inside.is_none() {
                    self.out.push_str(text);
                    self.out.push('\n');
                }
                return Flow::Line { prints: false };
            }
            What::Translate(from, to) => {
                self.pattern = self
                    .pattern
                    .chars()
                    .map(|c| {
                        let place = from.iter().position(|known| *known == c);
                        place.map_or(c, |at| to[at])
                    })
                    .collect();
            }
            What::Number => self.out.push_str(&format!("{}\n", self.number)),
            What::File => {
                let left = self.lines.len() + 1;
                let name = self.names.iter().rev().find(|(_, all)| *all >= left);
                self.out
                    .push_str(&format!("{}\n", name.map_or("-", |(name, _)| name)));
            }
            What::List => self.out.push_str(&listed(&self.pattern)),
            What::Empty => self.pattern.clear(),
            What::Hold => self.hold.clone_from(&self.pattern),
            What::HoldMore => {
                self.hold.push('\n');
                self.hold.push_str(&self.pattern);
            }
            What::Get => self.pattern.clone_from(&self.hold),
            What::GetMore => {
                self.pattern.push('\n');
                self.pattern.push_str(&self.hold);
            }
            What::Exchange => std::mem::swap(&mut self.pattern, &mut self.hold),
            What::Next => {
                if self.lines.is_empty() {
                    // GNU sed prints what it has where there is no next line.
                    return Flow::Quit {
                        code: 0,
                        prints: true,
                    };
                }
                if !self.quiet {
                    self.print_pattern();
                }
                self.print_after(call);
                let replaced = self.replaced;
                self.next_line();
                self.replaced = replaced;
            }
            What::NextMore => {
                if self.lines.is_empty() {
                    return Flow::Quit {
                        code: 0,
                        prints: true,
                    };
                }
                self.print_after(call);
                let (before, replaced) = (std::mem::take(&mut self.pattern), self.replaced);
                self.next_line();
                self.replaced = replaced;
                self.pattern = format!("{before}\n{}", self.pattern);
            }
            What::WriteFile(file) => {
                let file = file.clone();
                self.write(&file);
            }
            What::Group(_) | What::Branch(..) => {}
        }
        Flow::On
    }

    fn write(&mut self, file: &str) {
        match self.written.get_mut(file) {
            Some(text) => {
                text.push_str(&self.pattern);
                text.push('\n');
            }
            None => self.print_pattern(),
        }
    }

    /// Writes the files of `w`.
    fn save(&mut self, call: &mut Call<'_>) {
        for (file, text) in std::mem::take(&mut self.written) {
            call.system.spend(25 + text.len() as u64 / 256);
            if let Err(errno) = call.files().write(&file, text.as_bytes(), false) {
                call.error(format!("sed: couldn't open file {file}: {errno}"));
            }
        }
    }

    fn applies(&mut self, call: &mut Call<'_>, at: usize) -> bool {
        let number = self.number;
        let is_last = self.lines.is_empty();
        let edit = &mut self.edits[at];
        let pattern = &self.pattern;
        let latest = &mut self.latest;
        let mut fits = |address: &Address| match address {
            Address::Line(wanted) => *wanted == number,
            Address::Step(first, 0) => number == *first,
            Address::Step(first, step) => {
                number >= *first && (number - first).is_multiple_of(*step)
            }
            Address::Last => is_last,
            Address::Fits(finder) => {
                let Some(finder) = finder.clone().or_else(|| latest.clone()) else {
                    return false;
                };
                call.system.spend(finder.cost(pattern.len()) as u64);
                let fits = finder.fits(pattern);
                *latest = Some(finder);
                fits
            }
        };
        let is = match (&edit.from, &edit.to) {
            (None, _) => true,
            (Some(from), None) => fits(from),
            (Some(from), Some(to)) => {
                if let Some(end) = edit.inside {
                    let ends = match to {
                        To::At(
                            address @ (Address::Fits(_) | Address::Last | Address::Step(..)),
                        ) => fits(address),
                        _ => number >= end,
                    };
                    if ends {
                        edit.inside = None;
                    }
                    // A last line that has gone by ends at once, without this line.
                    number <= end
                } else if fits(from) {
                    let end = match to {
                        To::At(Address::Line(line)) => *line,
                        To::At(Address::Last) if is_last => number,
                        To::At(_) => usize::MAX,
                        To::Plus(more) => number.saturating_add(*more),
                        To::Multiple(0) => number,
                        To::Multiple(of) => number.next_multiple_of(*of),
                    };
                    edit.inside = (end > number).then_some(end);
                    true
                } else {
                    false
                }
            }
        };
        is != edit.negated
    }
}

impl Substitute {
    /// The text after replacing; `None` where nothing was found.
    fn applied(&self, line: &str, finder: &Finder) -> Option<String> {
        if !finder.fits(line) {
            return None;
        }
        let mut out = String::new();
        let mut end = 0;
        let mut changed = false;
        for (index, captures) in finder.regex.captures_iter(line).enumerate() {
            let Some(whole) = captures.get(0) else {
                continue;
            };
            if index + 1 < self.nth {
                continue;
            }
            out.push_str(&line[end..whole.start()]);
            let (mut case, mut next) = (Case::End, None);
            for piece in &self.with {
                let text = match piece {
                    Piece::Case(new @ (Case::UpperNext | Case::LowerNext)) => {
                        next = Some(*new);
                        continue;
                    }
                    Piece::Case(new) => {
                        case = *new;
                        continue;
                    }
                    Piece::Text(text) => text,
                    Piece::Group(group) => captures.get(*group).map_or("", |found| found.as_str()),
                };
                let text = match case {
                    Case::Upper => text.to_uppercase(),
                    Case::Lower => text.to_lowercase(),
                    _ => text.to_owned(),
                };
                let mut chars = text.chars();
                match (next, chars.next()) {
                    (Some(case), Some(first)) => {
                        next = None;
                        if case == Case::UpperNext {
                            out.extend(first.to_uppercase());
                        } else {
                            out.extend(first.to_lowercase());
                        }
                        out.push_str(chars.as_str());
                    }
                    _ => out.push_str(&text),
                }
            }
            end = whole.end();
            changed = true;
            if !self.global || out.len() > 2 * SPACE {
                break;
            }
        }
        out.push_str(&line[end..]);
        changed.then_some(out)
    }
}

/// The lines that are still to be read: one is made a text of its own only when its turn comes, which for most of what
/// never ends it does not.
#[derive(Default)]
struct Lines {
    text: String,
    at: usize,
    left: usize,
    end: char,
}

impl Lines {
    /// Adds the lines of a text, whose last one has no end.
    fn add(&mut self, text: &str, end: char) {
        if self.left > 0 {
            self.text.push(end);
        }
        self.end = end;
        self.left += text.matches(end).count() + 1;
        self.text.push_str(text);
    }

    fn pop_front(&mut self) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        let rest = &self.text[self.at..];
        let line = rest.split(self.end).next().unwrap_or(rest);
        self.at = (self.at + line.len() + self.end.len_utf8()).min(self.text.len());
        Some(line.to_owned())
    }

    fn is_empty(&self) -> bool {
        self.left == 0
    }

    fn len(&self) -> usize {
        self.left
    }
}

/// A text as `l` shows it: nothing in it is invisible, and long lines are folded.
fn listed(text: &str) -> String {
    let mut units = Vec::new();
    for byte in text.bytes() {
        units.push(match byte {
            b'\\' => "\\\\".to_owned(),
            7 => "\\a".to_owned(),
            8 => "\\b".to_owned(),
            12 => "\\f".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            11 => "\\v".to_owned(),
            32..=126 => char::from(byte).to_string(),
            byte => format!("\\{byte:03o}"),
        });
    }
    let (mut out, mut width) = (String::new(), 0);
    for unit in units {
        if width + unit.len() > 69 {
            out.push_str("\\\n");
            width = 0;
        }
        width += unit.len();
        out.push_str(&unit);
    }
    out.push_str("$\n");
    out
}

/// Where a script is wrong, as far as there is a place, and what is wrong.
type Wrong = (Option<usize>, String);

/// Reads a script.
struct Reader {
    chars: Vec<char>,
    at: usize,
    extended: bool,
    /// The groups that are open.
    open: Vec<usize>,
    labels: BTreeMap<String, usize>,
    /// Commands that go to a label.
    jumps: Vec<(usize, String)>,
    edits: Vec<Edit>,
}

impl Reader {
    fn new(script: &str, extended: bool) -> Self {
        Self {
            chars: script.chars().collect(),
            at: 0,
            extended,
            open: Vec::new(),
            labels: BTreeMap::new(),
            jumps: Vec::new(),
            edits: Vec::new(),
        }
    }

    fn script(mut self) -> Result<Vec<Edit>, Wrong> {
        loop {
            while self.peek().is_some_and(|c| c.is_whitespace() || c == ';') {
                self.at += 1;
            }
            match self.peek() {
                None => break,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some(_) => self.edit()?,
            }
            if self.edits.len() > COMMANDS {
                return Err(self.wrong(&said(
                    "practice-sed-commands",
                    &[("count", &COMMANDS.to_string())],
                )));
            }
        }
        if !self.open.is_empty() {
            return Err((Some(0), "unmatched `{'".to_owned()));
        }
        for (edit, label) in std::mem::take(&mut self.jumps) {
            let to = if label.is_empty() {
                self.edits.len()
            } else {
                *self
                    .labels
                    .get(&label)
                    .ok_or_else(|| (None, format!("can't find label for jump to `{label}'")))?
            };
            if let What::Branch(_, target) = &mut self.edits[edit].what {
                *target = to;
            }
        }
        Ok(self.edits)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn wrong(&self, message: &str) -> Wrong {
        (Some(self.at), message.to_owned())
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(|c| c == ' ' || c == '\t') {
            self.at += 1;
        }
    }

    /// The rest of the line: a file's name.
    fn rest_of_line(&mut self) -> String {
        self.spaces();
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| *c != '\n') {
            text.push(c);
            self.at += 1;
        }
        text
    }

    fn label(&mut self) -> String {
        self.spaces();
        let mut text = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| !c.is_whitespace() && !matches!(c, ';' | '}'))
        {
            text.push(c);
            self.at += 1;
        }
        text
    }

    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        let mut number = 0_usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit as usize);
            self.at += 1;
        }
        (self.at > start).then_some(number)
    }

    fn edit(&mut self) -> Result<(), Wrong> {
        let from = self.address()?;
        let mut to = None;
        self.spaces();
        if from.is_some() && self.peek() == Some(',') {
            self.at += 1;
            self.spaces();
            to = match self.peek() {
                Some(sign @ ('+' | '~')) => {
                    self.at += 1;
                    let number = self
                        .number()
                        .ok_or_else(|| self.wrong("expected newer version of sed"))?;
                    Some(if sign == '+' {
                        To::Plus(number)
                    } else {
                        To::Multiple(number)
                    })
                }
                _ => self.address()?.map(To::At),
            };
            if to.is_none() {
                return Err(self.wrong("unexpected `,'"));
            }
        }
        if matches!(from, Some(Address::Line(0))) && !matches!(to, Some(To::At(Address::Fits(_)))) {
            return Err(self.wrong("invalid usage of line address 0"));
        }
        self.spaces();
        let negated = self.peek() == Some('!');
        while self.peek().is_some_and(|c| c == '!' || c == ' ') {
            self.at += 1;
        }
        let Some(command) = self.peek() else {
            return Err(self.wrong("missing command"));
        };
        self.at += 1;
        let index = self.edits.len();
        let what = match command {
            '{' => {
                self.open.push(index);
                What::Group(0)
            }
            '}' => {
                if from.is_some() {
                    return Err(self.wrong("} doesn't want any addresses"));
                }
                let open = self
                    .open
                    .pop()
                    .ok_or_else(|| self.wrong("unexpected `}'"))?;
                self.edits[open].what = What::Group(index);
                return self.end_of_command();
            }
            ':' => {
                if from.is_some() {
                    return Err(self.wrong(": doesn't want any addresses"));
                }
                let label = self.label();
                if label.is_empty() {
                    return Err(self.wrong("\":\" lacks a label"));
                }
                self.labels.insert(label, index);
                return Ok(());
            }
            _ => self.command(command, index)?,
        };
        self.edits.push(Edit {
            from,
            to,
            negated,
            what,
            inside: None,
        });
        Ok(())
    }

    /// Nothing but the end of a command stands here.
    fn end_of_command(&mut self) -> Result<(), Wrong> {
        self.spaces();
        match self.peek() {
            None | Some(';' | '\n' | '}' | '#') => Ok(()),
            Some(_) => {
                self.at += 1;
                Err(self.wrong("extra characters after command"))
            }
        }
    }

    fn command(&mut self, command: char, index: usize) -> Result<What, Wrong> {
        let what = match command {
            'd' => What::Delete,
            'D' => What::DeleteFirst,
            'p' => What::Print,
            'P' => What::PrintFirst,
            'h' => What::Hold,
            'H' => What::HoldMore,
            'g' => What::Get,
            'G' => What::GetMore,
            'x' => What::Exchange,
            'n' => What::Next,
            'N' => What::NextMore,
            'z' => What::Empty,
            'F' => What::File,
            'l' => What::List,
            '=' => What::Number,
            'q' | 'Q' => {
                self.spaces();
                let code = self.number().unwrap_or(0);
                What::Quit {
                    code: Exit::try_from(code % 256).unwrap_or(0),
                    prints: command == 'q',
                }
            }
            'b' | 't' | 'T' => {
                let label = self.label();
                self.jumps.push((index, label));
                let when = match command {
                    'b' => When::Always,
                    't' => When::Replaced,
                    _ => When::NotReplaced,
                };
                What::Branch(when, 0)
            }
            's' => self.substitute()?,
            'y' => self.translate()?,
            'a' | 'i' | 'c' => {
                let text = self.text()?;
                return Ok(match command {
                    'a' => What::Append(text),
                    'i' => What::Insert(text),
                    _ => What::Change(text),
                });
            }
            'r' | 'w' => {
                let file = self.rest_of_line();
                if file.is_empty() {
                    return Err(self.wrong("missing filename in r/R/w/W commands"));
                }
                return Ok(if command == 'r' {
                    What::ReadFile(file)
                } else {
                    What::WriteFile(file)
                });
            }
            'e' | 'R' | 'W' | 'v' => {
                return Err(self.wrong(&said(
                    "practice-sed-command",
                    &[("command", &command.to_string())],
                )));
            }
            other => return Err(self.wrong(&format!("unknown command: `{other}'"))),
        };
        self.end_of_command()?;
        Ok(what)
    }

    /// The text of `a`, `i` or `c`.
    fn text(&mut self) -> Result<String, Wrong> {
        self.spaces();
        if self.peek().is_none() {
            return Err(self.wrong("expected \\ after `a', `c' or `i'"));
        }
        if self.peek() == Some('\\') {
            self.at += 1;
            let after = self.at;
            self.spaces();
            if self.peek() == Some('\n') {
                self.at += 1;
            } else {
                // What stands on the same line keeps its spaces.
                self.at = after;
            }
            if self.peek().is_none() {
                return Err(self.wrong("incomplete command"));
            }
        }
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\n' => break,
                '\\' => {
                    if let Some(next) = self.peek() {
                        self.at += 1;
                        text.push(if next == 't' { '\t' } else { next });
                    }
                }
                c => text.push(c),
            }
        }
        Ok(text)
    }

    fn delimited(&mut self, name: char) -> Result<(String, String), Wrong> {
        let unterminated = |at| (Some(at), format!("unterminated `{name}' command"));
        let delimiter = self.peek().ok_or_else(|| unterminated(self.at))?;
        self.at += 1;
        let first = self
            .until(delimiter, name == 's')
            .ok_or_else(|| unterminated(self.chars.len()))?;
        let second = self
            .until(delimiter, false)
            .ok_or_else(|| unterminated(self.chars.len()))?;
        Ok((first, second))
    }

    fn substitute(&mut self) -> Result<What, Wrong> {
        let (pattern, with) = self.delimited('s')?;
        let (mut global, mut print, mut ignore, mut nth) = (false, false, false, 1);
        let mut file = None;
        while let Some(flag) = self.peek() {
            match flag {
                'g' => global = true,
                'p' => print = true,
                'i' | 'I' => ignore = true,
                '1'..='9' => {
                    nth = self.number().unwrap_or(1);
                    continue;
                }
                '0' => {
                    return Err(self.wrong("number option to `s' command may not be zero"));
                }
                'w' => {
                    self.at += 1;
                    file = Some(self.rest_of_line());
                    break;
                }
                'e' | 'm' | 'M' => {
                    self.at += 1;
                    return Err(self.wrong(&said(
                        "practice-sed-command",
                        &[("command", &format!("s///{flag}"))],
                    )));
                }
                ';' | '\n' | ' ' | '\t' | '}' | '#' => break,
                _ => {
                    self.at += 1;
                    return Err(self.wrong("unknown option to `s'"));
                }
            }
            self.at += 1;
        }
        let with = pieces(&with);
        let finder = self.finder(&pattern, ignore)?;
        let groups = finder
            .as_ref()
            .map_or(9, |finder| finder.regex.captures_len() - 1);
        for piece in &with {
            if let Piece::Group(group) = piece
                && *group > groups
            {
                return Err(
                    self.wrong(&format!("invalid reference \\{group} on `s' command's RHS"))
                );
            }
        }
        Ok(What::Substitute(Box::new(Substitute {
            finder,
            with,
            global,
            nth,
            print,
            file,
        })))
    }

    fn translate(&mut self) -> Result<What, Wrong> {
        let (from, to) = self.delimited('y')?;
        let plain = |text: &str| {
            let mut chars = text.chars();
            let mut out = Vec::new();
            while let Some(c) = chars.next() {
                out.push(if c == '\\' {
                    match chars.next() {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some(other) => other,
                        None => '\\',
                    }
                } else {
                    c
                });
            }
            out
        };
        let (from, to) = (plain(&from), plain(&to));
        if from.len() != to.len() {
            return Err(self.wrong("strings for `y' command are different lengths"));
        }
        Ok(What::Translate(from, to))
    }

    fn finder(&self, pattern: &str, ignore: bool) -> Result<Option<Rc<Finder>>, Wrong> {
        if pattern.is_empty() {
            return Ok(None);
        }
        finder(pattern, self.extended, ignore)
            .map(|finder| Some(Rc::new(finder)))
            .map_err(|message| self.wrong(&message))
    }

    fn address(&mut self) -> Result<Option<Address>, Wrong> {
        match self.peek() {
            Some('$') => {
                self.at += 1;
                Ok(Some(Address::Last))
            }
            Some(c) if c.is_ascii_digit() => {
                let first = self.number().unwrap_or(0);
                if self.peek() == Some('~') {
                    self.at += 1;
                    return Ok(Some(Address::Step(first, self.number().unwrap_or(0))));
                }
                Ok(Some(Address::Line(first)))
            }
            Some(mut delimiter @ ('/' | '\\')) => {
                self.at += 1;
                if delimiter == '\\' {
                    delimiter = self.peek().unwrap_or('/');
                    self.at += 1;
                }
                let pattern = self.until(delimiter, true).ok_or_else(|| {
                    (
                        Some(self.chars.len()),
                        "unterminated address regex".to_owned(),
                    )
                })?;
                let mut ignore = false;
                while let Some(flag) = self.peek().filter(|c| matches!(c, 'I' | 'M')) {
                    ignore |= flag == 'I';
                    self.at += 1;
                }
                Ok(Some(Address::Fits(self.finder(&pattern, ignore)?)))
            }
            _ => Ok(None),
        }
    }

    /// The text up to a delimiter that no backslash stands before, and that is not in brackets of a pattern.
    fn until(&mut self, delimiter: char, is_pattern: bool) -> Option<String> {
        let mut text = String::new();
        // Where brackets began: `[]x]` and `[^]x]` hold a bracket.
        let mut set: Option<usize> = None;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\\' if set.is_none() => {
                    let next = self.peek()?;
                    self.at += 1;
                    if next != delimiter {
                        text.push('\\');
                    }
                    text.push(next);
                }
                c if c == delimiter && set.is_none() => return Some(text),
                c => {
                    match set {
                        None if c == '[' && is_pattern => set = Some(text.len() + 1),
                        Some(start) if c == ']' && !matches!(&text[start..], "" | "^") => {
                            set = None;
                        }
                        _ => {}
                    }
                    text.push(c);
                }
            }
        }
        None
    }
}

/// What is put in the place of what was found, in pieces.
fn pieces(with: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        let special = match c {
            '&' => Some(Piece::Group(0)),
            '\\' => match chars.next() {
                Some(digit @ '0'..='9') => {
                    Some(Piece::Group(digit.to_digit(10).unwrap_or(0) as usize))
                }
                Some('U') => Some(Piece::Case(Case::Upper)),
                Some('L') => Some(Piece::Case(Case::Lower)),
                Some('E') => Some(Piece::Case(Case::End)),
                Some('u') => Some(Piece::Case(Case::UpperNext)),
                Some('l') => Some(Piece::Case(Case::LowerNext)),
                Some('n') => {
                    text.push('\n');
                    None
                }
                Some('t') => {
                    text.push('\t');
                    None
                }
                Some('r') => {
                    text.push('\r');
                    None
                }
                other => {
                    text.push(other.unwrap_or('\\'));
                    None
                }
            },
            c => {
                text.push(c);
                None
            }
        };
        if let Some(special) = special {
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(special);
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_script_is_said_as_sed_says_it() {
        for (script, at, message) in [
            ("s/a", Some(3), "unterminated `s' command"),
            ("k", Some(1), "unknown command: `k'"),
            ("1{p", Some(0), "unmatched `{'"),
            ("p}", Some(2), "unexpected `}'"),
            ("bx", None, "can't find label for jump to `x'"),
            ("1,d", Some(2), "unexpected `,'"),
            (
                "s/a/\\1/",
                Some(7),
                "invalid reference \\1 on `s' command's RHS",
            ),
        ] {
            let wrong = Reader::new(script, false).script().err();
            assert_eq!(wrong, Some((at, message.to_owned())), "{script}");
        }
    }
}
