//! `find`: an expression, looked at for every file of a tree.

use super::Program;
use super::search::{Finder, finder};
use crate::practice::process::{Call, CannotRun, Exit};
use crate::practice::said::said;
use crate::practice::shell::{Pattern, ansi_c};
use crate::practice::tree::{Content, Errno, Node, Owner, split};

pub(super) const PROGRAMS: &[Program] = &[Program::base("find", find)];

/// How deep brackets and `!` may be in one another.
const DEEPEST: usize = 50;

fn find(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let options = words
        .iter()
        .take_while(|word| matches!(word.as_str(), "-P" | "-H"))
        .count();
    let starts: Vec<String> = words[options..]
        .iter()
        .take_while(|word| !is_expression(word))
        .cloned()
        .collect();
    let rest = &words[options + starts.len()..];
    let starts = if starts.is_empty() {
        vec![".".to_owned()]
    } else {
        starts
    };
    let mut reader = Reader {
        words: rest,
        at: 0,
        depth: 0,
        query: Query::default(),
        extended: false,
    };
    let expression = match reader.expression(call) {
        Ok(expression) => expression,
        Err(message) => {
            call.error(message);
            return 1;
        }
    };
    let mut query = reader.query;
    let expression = if query.acts {
        expression
    } else {
        Expr::And(vec![expression, Expr::Act(Action::Print('\n'))])
    };
    let mut exit = 0;
    for start in &starts {
        if look(call, start, &expression, &mut query).is_err() {
            exit = 1;
        }
        if call.system.stopped.is_some() {
            return 130;
        }
        if query.quits {
            break;
        }
    }
    for (words, hits) in std::mem::take(&mut query.at_once) {
        if hits.is_empty() {
            continue;
        }
        let args = words
            .iter()
            .flat_map(|word| {
                if word == "{}" {
                    hits.clone()
                } else {
                    vec![word.clone()]
                }
            })
            .collect();
        if run(call, args, None) != Some(0) {
            exit = 1;
        }
    }
    if query.failed { 1 } else { exit }
}

/// Whether the starting points end here.
fn is_expression(word: &str) -> bool {
    (word.len() > 1 && word.starts_with('-')) || matches!(word, "(" | ")" | "!" | ",")
}

/// Looks at all files from a starting point on; `Err` when something could not be looked at.
fn look(call: &mut Call<'_>, start: &str, expression: &Expr, query: &mut Query) -> Result<(), ()> {
    let path = call.files().path(start);
    let found = match call.files().get_link(start).map(|_| ()) {
        Ok(()) => call.system.machine.tree.walk(&path),
        Err(errno) => Err(errno),
    };
    let found: Vec<(String, Node)> = match found {
        Ok(found) => found
            .into_iter()
            .map(|(path, node)| (path, node.clone()))
            .collect(),
        Err(errno) => {
            call.error(format!("find: ‘{start}’: {errno}"));
            return Err(());
        }
    };
    if !call.system.spend(found.len() as u64) {
        return Ok(());
    }
    let root = found
        .first()
        .map(|(path, _)| path.clone())
        .unwrap_or_default();
    let root_length = if root == "/" { 0 } else { root.len() };
    let mut whole = Ok(());
    let mut skipped: Option<String> = None;
    let mut hits = Vec::new();
    for (path, node) in found {
        if let Some(folder) = &skipped
            && path.starts_with(folder.as_str())
        {
            continue;
        }
        let rest = &path[root_length.min(path.len())..];
        let depth = rest.split('/').filter(|part| !part.is_empty()).count();
        let shown = if depth == 0 {
            start.to_owned()
        } else {
            format!("{}{rest}", start.trim_end_matches('/'))
        };
        let is_closed = node.is_dir() && depth < query.deepest && !call.files().allows(&node, 5);
        let hit = Hit {
            start: start.to_owned(),
            below: rest.trim_start_matches('/').to_owned(),
            shown,
            node,
            depth,
        };
        if is_closed {
            call.error(format!("find: ‘{}’: Permission denied", hit.shown));
            skipped = Some(format!("{}/", path.trim_end_matches('/')));
            whole = Err(());
        }
        if depth > query.deepest {
            continue;
        }
        // What is in a folder comes before it where that is asked for.
        if query.folders_last {
            hits.push(hit);
            continue;
        }
        if depth < query.least {
            continue;
        }
        query.prunes = false;
        expression.holds(call, &hit, query);
        if query.prunes {
            skipped = Some(format!("{}/", path.trim_end_matches('/')));
        }
        if query.quits || call.system.stopped.is_some() {
            return whole;
        }
    }
    for hit in in_depth_first_order(hits) {
        if hit.depth >= query.least {
            expression.holds(call, &hit, query);
        }
        if query.quits || call.system.stopped.is_some() {
            break;
        }
    }
    whole
}

/// Files so that each folder comes after all that is in it.
fn in_depth_first_order(hits: Vec<Hit>) -> Vec<Hit> {
    let mut ordered = Vec::with_capacity(hits.len());
    let mut open: Vec<Hit> = Vec::new();
    for hit in hits {
        while open.last().is_some_and(|folder| folder.depth >= hit.depth) {
            ordered.extend(open.pop());
        }
        open.push(hit);
    }
    while let Some(folder) = open.pop() {
        ordered.push(folder);
    }
    ordered
}

/// A file that is looked at.
struct Hit {
    /// The starting point as it was typed.
    start: String,
    /// The path below the starting point.
    below: String,
    /// The path as it is shown.
    shown: String,
    node: Node,
    depth: usize,
}

/// What holds for the whole search, and what comes of it.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
struct Query {
    deepest: usize,
    least: usize,
    folders_last: bool,
    /// Whether the expression has an action of its own.
    acts: bool,
    prunes: bool,
    quits: bool,
    failed: bool,
    /// The commands of `-exec … +`, each with what was found for it.
    at_once: Vec<(Vec<String>, Vec<String>)>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            deepest: usize::MAX,
            least: 0,
            folders_last: false,
            acts: false,
            prunes: false,
            quits: false,
            failed: false,
            at_once: Vec::new(),
        }
    }
}

enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// The last one counts.
    Comma(Vec<Expr>),
    Not(Box<Expr>),
    Test(Test),
    Act(Action),
}

enum Test {
    Always(bool),
    Name {
        pattern: Pattern,
        lower: bool,
    },
    Path {
        pattern: Pattern,
        lower: bool,
    },
    Target(Pattern),
    Fits(Finder),
    Kind(String),
    User(String),
    Group(String),
    Empty,
    /// The person may read, write, run it.
    Allowed(u32),
    Size {
        compared: Compared,
        unit: u64,
    },
    Newer(i64),
    /// Its age, in units of so many seconds.
    Age {
        compared: Compared,
        unit: i64,
    },
    Permissions {
        bits: u32,
        how: Bits,
    },
}

/// A number after `+`, `-` or nothing.
#[derive(Clone, Copy)]
enum Compared {
    More(u64),
    Less(u64),
    Exactly(u64),
}

#[derive(Clone, Copy)]
enum Bits {
    Exactly,
    All,
    Any,
}

enum Action {
    /// Prints the path and what ends it.
    Print(char),
    Printf(String),
    Delete,
    Prune,
    Quit,
    Run {
        words: Vec<String>,
        in_folder: bool,
        asks: bool,
    },
    /// The number of a command that is run once, at the end.
    Gather(usize),
}

impl Compared {
    fn read(text: &str) -> Option<Self> {
        Some(match text.as_bytes().first()? {
            b'+' => Self::More(text[1..].parse().ok()?),
            b'-' => Self::Less(text[1..].parse().ok()?),
            _ => Self::Exactly(text.parse().ok()?),
        })
    }

    fn fits(self, number: u64) -> bool {
        match self {
            Self::More(than) => number > than,
            Self::Less(than) => number < than,
            Self::Exactly(than) => number == than,
        }
    }
}

impl Expr {
    fn holds(&self, call: &mut Call<'_>, hit: &Hit, query: &mut Query) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(call, hit, query)),
            Self::Or(all) => all.iter().any(|one| one.holds(call, hit, query)),
            Self::Comma(all) => all.iter().fold(true, |_, one| one.holds(call, hit, query)),
            Self::Not(one) => !one.holds(call, hit, query),
            Self::Test(test) => test.fits(call, hit),
            Self::Act(action) => action.done(call, hit, query),
        }
    }
}

impl Test {
    fn fits(&self, call: &mut Call<'_>, hit: &Hit) -> bool {
        let node = &hit.node;
        let cased = |text: &str, lower: bool| {
            if lower {
                text.to_lowercase()
            } else {
                text.to_owned()
            }
        };
        let owner = |call: &Call<'_>| match node.owner {
            Owner::Root => "root".to_owned(),
            Owner::User => call.system.machine.person.name.clone(),
        };
        match self {
            Self::Always(is) => *is,
            Self::Name { pattern, lower } => pattern.fits(&cased(last_part(&hit.shown), *lower)),
            Self::Path { pattern, lower } => pattern.fits(&cased(&hit.shown, *lower)),
            Self::Target(pattern) => match &node.content {
                Content::Link(target) => pattern.fits(target),
                _ => false,
            },
            Self::Fits(finder) => {
                call.system.spend(finder.cost(hit.shown.len()) as u64);
                finder
                    .regex
                    .find(&hit.shown)
                    .is_some_and(|found| found.len() == hit.shown.len())
            }
            Self::Kind(kinds) => kinds.contains(kind(node)),
            Self::User(name) | Self::Group(name) => {
                let owner = owner(call);
                let number = if owner == "root" { "0" } else { "1000" };
                *name == owner || name == number
            }
            Self::Empty => match &node.content {
                Content::Dir(names) => names.is_empty(),
                Content::File(_) | Content::Untold(_) => node.size() == 0,
                _ => false,
            },
            Self::Allowed(bits) => call.files().allows(node, *bits),
            Self::Size { compared, unit } => compared.fits(node.size().div_ceil(*unit)),
            Self::Newer(than) => node.mtime > *than,
            Self::Age { compared, unit } => {
                let age = call.system.machine.clock.saturating_sub(node.mtime).max(0);
                // Days that have begun do not count, minutes that have begun do.
                let units = if *unit == 60 {
                    u64::try_from(age).unwrap_or(0).div_ceil(60)
                } else {
                    u64::try_from(age / unit).unwrap_or(0)
                };
                compared.fits(units)
            }
            Self::Permissions { bits, how } => {
                let mode = node.mode & 0o7777;
                match how {
                    Bits::Exactly => mode == *bits,
                    Bits::All => mode & bits == *bits,
                    Bits::Any => *bits == 0 || mode & bits != 0,
                }
            }
        }
    }
}

impl Action {
    fn done(&self, call: &mut Call<'_>, hit: &Hit, query: &mut Query) -> bool {
        match self {
            Self::Print(end) => {
                if !call.print(format!("{}{end}", hit.shown)) {
                    query.quits = true;
                }
                true
            }
            Self::Printf(format) => {
                let text = printed(call, format, hit);
                if !call.print(text) {
                    query.quits = true;
                }
                true
            }
            Self::Delete => {
                if hit.shown == "." {
                    return true;
                }
                let full = matches!(
                    call.files().get_link(&hit.shown).map(|node| &node.content),
                    Ok(Content::Dir(names)) if !names.is_empty()
                );
                let removed = if full {
                    Err(Errno::NotEmpty)
                } else {
                    call.files().remove(&hit.shown).map(|_| ())
                };
                if let Err(errno) = removed {
                    call.error(format!("find: cannot delete ‘{}’: {errno}", hit.shown));
                    query.failed = true;
                    return false;
                }
                true
            }
            Self::Prune => {
                query.prunes = true;
                true
            }
            // What comes after it is not done either, printing neither.
            Self::Quit => {
                query.quits = true;
                false
            }
            Self::Gather(index) => {
                if let Some((_, hits)) = query.at_once.get_mut(*index) {
                    hits.push(hit.shown.clone());
                }
                true
            }
            Self::Run {
                words,
                in_folder,
                asks,
            } => {
                let (folder, name) = if *in_folder {
                    let path = call.files().path(&hit.shown);
                    match split(&path) {
                        Some((folder, name)) => (Some(folder), format!("./{name}")),
                        None => (Some("/".to_owned()), "./".to_owned()),
                    }
                } else {
                    (None, hit.shown.clone())
                };
                let args: Vec<String> =
                    words.iter().map(|word| word.replace("{}", &name)).collect();
                if *asks {
                    let question = format!("< {} ... {name} > ? ", args.join(" "));
                    let answer = call.system.ask(&question, false);
                    if !answer.is_some_and(|answer| answer.trim_start().starts_with(['y', 'Y'])) {
                        return false;
                    }
                }
                run(call, args, folder) == Some(0)
            }
        }
    }
}

/// Runs a command for what was found; `None` where it could not be run, which has been said.
fn run(call: &mut Call<'_>, args: Vec<String>, folder: Option<String>) -> Option<Exit> {
    let name = args.first().cloned().unwrap_or_default();
    let mut process = call.process.clone();
    if let Some(folder) = folder {
        process.cwd = folder;
    }
    match call.system.run(process, args) {
        Ok(exit) => Some(exit),
        Err(CannotRun::File(errno)) => {
            call.error(format!("find: ‘{name}’: {errno}"));
            None
        }
        Err(_) => {
            call.error(format!("find: ‘{name}’: No such file or directory"));
            None
        }
    }
}

/// The letter of a file's kind, as `-type` and `%y` have it.
fn kind(node: &Node) -> char {
    match node.content {
        Content::Dir(_) => 'd',
        Content::Link(_) => 'l',
        Content::Device(_) => 'c',
        _ => 'f',
    }
}

fn last_part(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// What `-printf` prints of a file.
fn printed(call: &mut Call<'_>, format: &str, hit: &Hit) -> String {
    let node = &hit.node;
    let owner = match node.owner {
        Owner::Root => "root".to_owned(),
        Owner::User => call.system.machine.person.name.clone(),
    };
    let number = if owner == "root" { "0" } else { "1000" };
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('c') => return out,
                Some('0') => out.push('\0'),
                Some(letter) => out.push_str(&ansi_c(&format!("\\{letter}"))),
                None => out.push('\\'),
            },
            '%' => {
                let mut width = String::new();
                while let Some(c) = chars.next_if(|c| c.is_ascii_digit() || *c == '-') {
                    width.push(c);
                }
                let text = match chars.next() {
                    Some('p') => hit.shown.clone(),
                    Some('f') => last_part(&hit.shown).to_owned(),
                    Some('h') => match hit.shown.trim_end_matches('/').rsplit_once('/') {
                        Some(("", _)) => String::new(),
                        Some((folder, _)) => folder.to_owned(),
                        None => ".".to_owned(),
                    },
                    Some('P') => hit.below.clone(),
                    Some('H') => hit.start.clone(),
                    Some('d') => hit.depth.to_string(),
                    Some('s') => node.size().to_string(),
                    Some('k') => node.size().div_ceil(4096).saturating_mul(4).to_string(),
                    Some('b') => node.size().div_ceil(4096).saturating_mul(8).to_string(),
                    Some('y' | 'Y') => kind(node).to_string(),
                    Some('m') => format!("{:o}", node.mode & 0o7777),
                    Some('M') => super::folders::mode_text(node),
                    Some('u' | 'g') => owner.clone(),
                    Some('U' | 'G') => number.to_owned(),
                    Some('l') => match &node.content {
                        Content::Link(target) => target.clone(),
                        _ => String::new(),
                    },
                    Some('n') => "1".to_owned(),
                    Some('t' | 'a' | 'c') => {
                        super::clock::formatted("%a %b %e %H:%M:%S.0000000000 %Y", node.mtime)
                    }
                    Some('T' | 'A' | 'C') => match chars.next() {
                        Some('@') => format!("{}.0000000000", node.mtime),
                        Some('+') => {
                            super::clock::formatted("%Y-%m-%d+%H:%M:%S.0000000000", node.mtime)
                        }
                        Some(letter) => super::clock::formatted(&format!("%{letter}"), node.mtime),
                        None => String::new(),
                    },
                    Some('%') => "%".to_owned(),
                    Some(other) => format!("%{other}"),
                    None => "%".to_owned(),
                };
                let (left, digits) = match width.strip_prefix('-') {
                    Some(digits) => (true, digits),
                    None => (false, width.as_str()),
                };
                let width = digits.parse::<usize>().unwrap_or(0).min(1000);
                if left {
                    out.push_str(&format!("{text:<width$}"));
                } else {
                    out.push_str(&format!("{text:>width$}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Reads an expression.
struct Reader<'w> {
    words: &'w [String],
    at: usize,
    depth: usize,
    query: Query,
    /// Whether `-regex` has extended expressions.
    extended: bool,
}

impl Reader<'_> {
    fn expression(&mut self, call: &mut Call<'_>) -> Result<Expr, String> {
        let expression = self.comma(call)?;
        match self.peek() {
            None => Ok(expression),
            Some(")") => Err("find: invalid expression; you have too many ')'".to_owned()),
            Some(word) => Err(format!("find: paths must precede expression: `{word}'")),
        }
    }

    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn comma(&mut self, call: &mut Call<'_>) -> Result<Expr, String> {
        let mut all = vec![self.or(call)?];
        while self.peek() == Some(",") {
            self.at += 1;
            all.push(self.or(call)?);
        }
        Ok(Expr::Comma(all))
    }

    fn or(&mut self, call: &mut Call<'_>) -> Result<Expr, String> {
        let mut all = vec![self.and(call)?];
        while matches!(self.peek(), Some("-o" | "-or")) {
            let operator = self.peek().unwrap_or_default().to_owned();
            self.at += 1;
            if matches!(self.peek(), None | Some(")" | "-o" | "-or")) {
                return Err(format!("find: expected an expression after `{operator}'"));
            }
            all.push(self.and(call)?);
        }
        Ok(Expr::Or(all))
    }

    fn and(&mut self, call: &mut Call<'_>) -> Result<Expr, String> {
        let mut all = Vec::new();
        loop {
            match self.peek() {
                Some("-a" | "-and") => {
                    if all.is_empty() {
                        let operator = self.peek().unwrap_or_default();
                        return Err(format!(
                            "find: invalid expression; you have used a binary operator '{operator}' with nothing before it."
                        ));
                    }
                    self.at += 1;
                }
                Some("-o" | "-or") if all.is_empty() => {
                    let operator = self.peek().unwrap_or_default();
                    return Err(format!(
                        "find: invalid expression; you have used a binary operator '{operator}' with nothing before it."
                    ));
                }
                None | Some("-o" | "-or" | ")" | ",") => return Ok(Expr::And(all)),
                Some(_) => all.push(self.one(call)?),
            }
        }
    }

    fn one(&mut self, call: &mut Call<'_>) -> Result<Expr, String> {
        let word = self.peek().unwrap_or_default().to_owned();
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(said("practice-too-nested", &[]));
        }
        let expression = match word.as_str() {
            "!" | "-not" => {
                if self.peek().is_none() {
                    return Err(format!("find: expected an expression after `{word}'"));
                }
                Expr::Not(Box::new(self.one(call)?))
            }
            "(" => {
                if self.peek() == Some(")") {
                    return Err(
                        "find: invalid expression; empty parentheses are not allowed.".to_owned(),
                    );
                }
                let inner = self.comma(call)?;
                if self.peek() != Some(")") {
                    return Err("find: invalid expression; I was expecting to find a ')' somewhere but did not see one.".to_owned());
                }
                self.at += 1;
                inner
            }
            word if !word.starts_with('-') => {
                let mut message = format!("find: paths must precede expression: `{word}'");
                // The shell has made several words of one.
                if let Some(before) = self.at.checked_sub(3).map(|at| &self.words[at])
                    && matches!(before.as_str(), "-name" | "-iname" | "-path")
                {
                    message.push_str(&format!(
                        "\nfind: possible unquoted pattern after predicate `{before}'?"
                    ));
                }
                return Err(message);
            }
            word => self.primary(call, word)?,
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn value(&mut self, word: &str) -> Result<String, String> {
        self.at += 1;
        self.words
            .get(self.at - 1)
            .cloned()
            .ok_or_else(|| format!("find: missing argument to `{word}'"))
    }

    fn primary(&mut self, call: &mut Call<'_>, word: &str) -> Result<Expr, String> {
        let test = match word {
            "-print" => return Ok(self.act(Action::Print('\n'))),
            "-print0" => return Ok(self.act(Action::Print('\0'))),
            "-printf" => {
                let format = self.value(word)?;
                return Ok(self.act(Action::Printf(format)));
            }
            "-delete" => {
                self.query.folders_last = true;
                return Ok(self.act(Action::Delete));
            }
            "-prune" => return Ok(Expr::Act(Action::Prune)),
            "-quit" => return Ok(Expr::Act(Action::Quit)),
            "-exec" | "-execdir" | "-ok" | "-okdir" => return self.command(word),
            "-depth" | "-d" => {
                self.query.folders_last = true;
                Test::Always(true)
            }
            "-maxdepth" | "-mindepth" => {
                let value = self.value(word)?;
                let Ok(depth) = value.parse() else {
                    return Err(format!(
                        "find: Expected a positive decimal integer argument to {word}, but got ‘{value}’"
                    ));
                };
                if word == "-maxdepth" {
                    self.query.deepest = depth;
                } else {
                    self.query.least = depth;
                }
                Test::Always(true)
            }
            "-regextype" => {
                let kind = self.value(word)?;
                self.extended = !matches!(
                    kind.as_str(),
                    "emacs" | "findutils-default" | "grep" | "posix-basic" | "sed" | "ed"
                );
                Test::Always(true)
            }
            "-true"
            | "-xdev"
            | "-mount"
            | "-noleaf"
            | "-warn"
            | "-nowarn"
            | "-daystart"
            | "-ignore_readdir_race" => Test::Always(true),
            "-false" | "-nouser" | "-nogroup" => Test::Always(false),
            "-empty" => Test::Empty,
            "-readable" => Test::Allowed(4),
            "-writable" => Test::Allowed(2),
            "-executable" => Test::Allowed(1),
            "-name" | "-iname" | "-path" | "-wholename" | "-ipath" | "-iwholename" | "-lname" => {
                let value = self.value(word)?;
                let lower = word.starts_with("-i");
                let pattern = Pattern::new(&if lower { value.to_lowercase() } else { value });
                match word {
                    "-name" | "-iname" => Test::Name { pattern, lower },
                    "-lname" => Test::Target(pattern),
                    _ => Test::Path { pattern, lower },
                }
            }
            "-regex" | "-iregex" => {
                let value = self.value(word)?;
                let pattern = if self.extended {
                    value
                } else {
                    of_emacs(&value)
                };
                match finder(&pattern, self.extended, word == "-iregex") {
                    Ok(finder) => Test::Fits(finder),
                    Err(message) => return Err(format!("find: {message}")),
                }
            }
            "-type" | "-xtype" => {
                let value = self.value(word)?;
                let kinds: String = value.split(',').collect();
                if kinds.is_empty()
                    || !kinds.chars().all(|kind| "fdlcbpsD".contains(kind))
                    || value.split(',').any(|kind| kind.len() != 1)
                {
                    return Err(format!("find: Unknown argument to {word}: {value}"));
                }
                Test::Kind(kinds)
            }
            "-user" | "-uid" => Test::User(self.value(word)?),
            "-group" | "-gid" => Test::Group(self.value(word)?),
            "-size" => {
                let value = self.value(word)?;
                let (number, unit) = match value.char_indices().last() {
                    Some((at, 'c')) => (&value[..at], 1),
                    Some((at, 'w')) => (&value[..at], 2),
                    Some((at, 'b')) => (&value[..at], 512),
                    Some((at, 'k')) => (&value[..at], 1 << 10),
                    Some((at, 'M')) => (&value[..at], 1 << 20),
                    Some((at, 'G')) => (&value[..at], 1 << 30),
                    _ => (value.as_str(), 512),
                };
                let Some(compared) = Compared::read(number) else {
                    return Err(format!("find: invalid -size type `{value}'"));
                };
                Test::Size { compared, unit }
            }
            "-newer" | "-anewer" | "-cnewer" => {
                let file = self.value(word)?;
                match call.files().get(&file).map(|node| node.mtime) {
                    Ok(mtime) => Test::Newer(mtime),
                    Err(errno) => return Err(format!("find: ‘{file}’: {errno}")),
                }
            }
            "-mtime" | "-atime" | "-ctime" | "-mmin" | "-amin" | "-cmin" => {
                let value = self.value(word)?;
                let Some(compared) = Compared::read(&value) else {
                    return Err(format!("find: invalid argument `{value}' to `{word}'"));
                };
                let unit = if word.ends_with("min") { 60 } else { 86_400 };
                Test::Age { compared, unit }
            }
            "-perm" => {
                let value = self.value(word)?;
                permissions(&value).ok_or_else(|| format!("find: invalid mode ‘{value}’"))?
            }
            "-ls" | "-fprint" | "-fprintf" | "-fls" | "-newermt" | "-samefile" | "-inum"
            | "-links" | "-L" | "-follow" | "-used" | "-fstype" | "-files0-from" => {
                return Err(said("practice-find", &[("what", word)]));
            }
            other => return Err(format!("find: unknown predicate `{other}'")),
        };
        Ok(Expr::Test(test))
    }

    fn act(&mut self, action: Action) -> Expr {
        self.query.acts = true;
        Expr::Act(action)
    }

    /// The command of `-exec` and of what is like it.
    fn command(&mut self, word: &str) -> Result<Expr, String> {
        let rest = &self.words[self.at..];
        let ends = |(index, word): (usize, &String)| {
            word == ";" || (word == "+" && index > 0 && rest[index - 1] == "{}")
        };
        let Some(end) = rest
            .iter()
            .enumerate()
            .position(ends)
            .filter(|end| *end > 0)
        else {
            return Err(format!("find: missing argument to `{word}'"));
        };
        let words = rest[..end].to_vec();
        let at_once = rest[end] == "+";
        self.at += end + 1;
        let action = if at_once {
            self.query.at_once.push((words, Vec::new()));
            Action::Gather(self.query.at_once.len() - 1)
        } else {
            Action::Run {
                words,
                in_folder: word.ends_with("dir"),
                asks: word.starts_with("-ok"),
            }
        };
        Ok(self.act(action))
    }
}

/// An expression as Emacs has it, which is a basic one with `+` and `?`.
fn of_emacs(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            '+' | '?' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// What `-perm` asks for: `644`, `-u+x`, `/222`.
fn permissions(value: &str) -> Option<Test> {
    let (how, text) = match value.as_bytes().first()? {
        b'-' => (Bits::All, &value[1..]),
        b'/' => (Bits::Any, &value[1..]),
        _ => (Bits::Exactly, value),
    };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let bits = u32::from_str_radix(text, 8)
            .ok()
            .filter(|bits| *bits <= 0o7777)?;
        return Some(Test::Permissions { bits, how });
    }
    let mut bits = 0;
    for part in text.split(',') {
        let at = part.find(['+', '='])?;
        let mut classes = 0;
        for who in part[..at].chars() {
            classes |= match who {
                'u' => 0o700,
                'g' => 0o070,
                'o' => 0o007,
                'a' => 0o777,
                _ => return None,
            };
        }
        if classes == 0 {
            classes = 0o777;
        }
        for right in part[at + 1..].chars() {
            bits |= match right {
                'r' => 0o444 & classes,
                'w' => 0o222 & classes,
                'x' => 0o111 & classes,
                's' => {
                    (if classes & 0o700 > 0 { 0o4000 } else { 0 })
                        | (if classes & 0o070 > 0 { 0o2000 } else { 0 })
                }
                't' => 0o1000,
                _ => return None,
            };
        }
    }
    Some(Test::Permissions { bits, how })
}
