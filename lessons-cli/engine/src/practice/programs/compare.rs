//! Programs that compare files: `diff`, `cmp`, `comm`.

use super::Program;
use super::options::Spec;
use super::text::{input, problem};
use crate::practice::process::{Call, Exit};
use crate::practice::said::said;
use crate::practice::{Node, join};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("cmp", cmp),
    Program::base("comm", comm),
    Program::base("diff", diff),
];

/// How many lines may differ between two files.
const MOST_CHANGES: usize = 400;

fn diff(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "uqsrNibBwU:a",
        &[
            ("unified[", 'u'),
            ("brief", 'q'),
            ("report-identical-files", 's'),
            ("recursive", 'r'),
            ("new-file", 'N'),
            ("ignore-case", 'i'),
            ("ignore-space-change", 'b'),
            ("ignore-all-space", 'w'),
            ("ignore-blank-lines", 'B'),
            ("color[", '0'),
        ],
    );
    let options = match SPEC.read_quietly(&call.rest()) {
        Ok(options) => options,
        Err(problem) => {
            call.error(format!(
                "diff: {problem}\ndiff: Try 'diff --help' for more information."
            ));
            return 2;
        }
    };
    let [left, right] = options.words.as_slice() else {
        let what = match options.words.last() {
            None => "missing operand after 'diff'".to_owned(),
            Some(only) if options.words.len() == 1 => format!("missing operand after '{only}'"),
            Some(last) => format!("extra operand '{last}'"),
        };
        call.error(format!(
            "diff: {what}\ndiff: Try 'diff --help' for more information."
        ));
        return 2;
    };
    let around = if options.has('U') {
        options.value('U').and_then(|count| count.parse().ok())
    } else {
        options.has('u').then_some(3)
    };
    let ways = Ways {
        around,
        brief: options.has('q'),
        says_same: options.has('s'),
        recursive: options.has('r'),
        new: options.has('N'),
        case: options.has('i'),
        blanks: options.has('b') || options.has('w'),
    };
    let is_dir = |call: &mut Call<'_>, file: &str| call.files().get(file).is_ok_and(Node::is_dir);
    let (mut left, mut right) = (left.clone(), right.clone());
    match (is_dir(call, &left), is_dir(call, &right)) {
        (true, true) => return folders(call, &ways, &left, &right, 0),
        (true, false) => left = join(&left, right.rsplit('/').next().unwrap_or(&right)),
        (false, true) => right = join(&right, left.rsplit('/').next().unwrap_or(&left)),
        (false, false) => {}
    }
    files(call, &ways, &left, &right, false)
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the options of diff, each given or not"
)]
struct Ways {
    /// How many lines around a change are shown; `None` for the plain form.
    around: Option<usize>,
    brief: bool,
    says_same: bool,
    recursive: bool,
    new: bool,
    case: bool,
    blanks: bool,
}

fn folders(call: &mut Call<'_>, ways: &Ways, left: &str, right: &str, depth: usize) -> Exit {
    let list = |call: &mut Call<'_>, folder: &str| call.files().list(folder).unwrap_or_default();
    let (ours, theirs) = (list(call, left), list(call, right));
    let mut names: Vec<&String> = ours.iter().chain(&theirs).collect();
    names.sort();
    names.dedup();
    let mut exit = 0;
    for name in names {
        if !call.system.spend(5) {
            return 130;
        }
        let (one, other) = (join(left, name), join(right, name));
        if !(ways.new && ways.recursive) {
            let alone = match (ours.contains(name), theirs.contains(name)) {
                (true, false) => Some(left),
                (false, true) => Some(right),
                _ => None,
            };
            if let Some(folder) = alone {
                call.line(format!("Only in {folder}: {name}"));
                exit = exit.max(1);
                continue;
            }
        }
        let is_dir =
            |call: &mut Call<'_>, path: &str| call.files().get(path).is_ok_and(Node::is_dir);
        let found = match (is_dir(call, &one), is_dir(call, &other)) {
            (true, true) if ways.recursive && depth < 30 => {
                folders(call, ways, &one, &other, depth + 1)
            }
            (true, true) => {
                call.line(format!("Common subdirectories: {one} and {other}"));
                0
            }
            _ => files(call, ways, &one, &other, true),
        };
        exit = exit.max(found);
    }
    exit
}

fn files(call: &mut Call<'_>, ways: &Ways, left: &str, right: &str, titled: bool) -> Exit {
    let mut texts = Vec::new();
    for file in [left, right] {
        let missing = file != "-" && call.files().get(file).is_err();
        if missing && ways.new {
            texts.push(Vec::new());
        } else {
            let read = if file == "-" {
                Ok(call.read_all())
            } else {
                call.files().read(file).map(|bytes| bytes.to_vec())
            };
            match read {
                Ok(bytes) => texts.push(bytes),
                Err(errno) => {
                    call.error(format!("diff: {file}: {}", problem(errno)));
                    return 2;
                }
            }
        }
    }
    let [one, other] = texts.as_slice() else {
        return 2;
    };
    if one == other {
        if ways.says_same {
            call.line(format!("Files {left} and {right} are identical"));
        }
        return 0;
    }
    if ways.brief {
        call.line(format!("Files {left} and {right} differ"));
        return 1;
    }
    if one.contains(&0) || other.contains(&0) {
        call.line(format!("Binary files {left} and {right} differ"));
        return 2;
    }
    let count = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() * 2 + bytes.len() / 32;
    if !call.system.spend((count(one) + count(other)) as u64) {
        return 130;
    }
    let (one, other) = (
        String::from_utf8_lossy(one).into_owned(),
        String::from_utf8_lossy(other).into_owned(),
    );
    let split =
        |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    let (one, other) = (split(&one), split(&other));
    let key = |line: &String| {
        let mut key = line.clone();
        if ways.case {
            key = key.to_lowercase();
        }
        if ways.blanks {
            key = key.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        key
    };
    let keys = |lines: &[String]| lines.iter().map(key).collect::<Vec<_>>();
    let Some(changes) = changes(call, &keys(&one), &keys(&other)) else {
        return 2;
    };
    if changes.is_empty() {
        return 0;
    }
    if titled {
        let option = match ways.around {
            Some(3) => " -u".to_owned(),
            Some(around) => format!(" -U {around}"),
            None => String::new(),
        };
        let recursive = if ways.recursive { " -r" } else { "" };
        call.line(format!("diff{recursive}{option} {left} {right}"));
    }
    match ways.around {
        Some(around) => {
            for (mark, file) in [("---", left), ("+++", right)] {
                let time = call.files().get(file).map_or(0, |node| node.mtime);
                let time = super::clock::stamp(time);
                call.line(format!("{mark} {file}\t{time}"));
            }
            unified(call, &changes, &one, &other, around);
        }
        None => plain(call, &changes, &one, &other),
    }
    1
}

/// Lines of the one file that others of the other stand for: from where to before where.
type Change = (usize, usize, usize, usize);

/// The least changes that make the one of the other, by Myers' way; `None` where there are too many.
fn changes(call: &mut Call<'_>, one: &[String], other: &[String]) -> Option<Vec<Change>> {
    // What is the same at both ends needs no look.
    let before = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let after = one[before..]
        .iter()
        .rev()
        .zip(other[before..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (
        &one[before..one.len() - after],
        &other[before..other.len() - after],
    );
    let (rows, columns) = (a.len(), b.len());
    if !call.system.spend((one.len() + other.len()) as u64 / 8 + 1) {
        return None;
    }
    let most = (rows + columns).min(MOST_CHANGES);
    // How far each diagonal reaches, after each number of changes.
    let middle = most + 1;
    let mut reach = vec![0_usize; 2 * most + 3];
    let mut steps: Vec<Vec<usize>> = Vec::new();
    let mut found = None;
    'search: for count in 0..=most {
        if !call.system.spend(2 + count as u64 / 4) {
            return None;
        }
        steps.push(reach.clone());
        for index in (middle - count..=middle + count).step_by(2) {
            let down = index == middle - count
                || (index != middle + count && reach[index - 1] < reach[index + 1]);
            let mut x = if down {
                reach[index + 1]
            } else {
                reach[index - 1] + 1
            };
            let Some(mut y) = (x + middle).checked_sub(index) else {
                continue;
            };
            if x > rows || y > columns {
                reach[index] = x;
                continue;
            }
            while x < rows && y < columns && a[x] == b[y] {
                x += 1;
                y += 1;
            }
            reach[index] = x;
            if x >= rows && y >= columns {
                found = Some(count);
                break 'search;
            }
        }
    }
    let Some(count) = found else {
        call.error(said("practice-diff-too-long", &[]));
        return None;
    };
    // Back from the end, change by change.
    let mut edits: Vec<(usize, usize, bool)> = Vec::new();
    let (mut x, mut y) = (rows, columns);
    for count in (1..=count).rev() {
        let reach = &steps[count];
        let index = x + middle - y;
        let down = index == middle - count
            || (index != middle + count && reach[index - 1] < reach[index + 1]);
        let from = if down { index + 1 } else { index - 1 };
        let from_x = reach[from];
        let from_y = (from_x + middle).saturating_sub(from);
        edits.push((from_x, from_y, down));
        (x, y) = (from_x, from_y);
    }
    edits.reverse();
    let mut changes: Vec<Change> = Vec::new();
    for (x, y, down) in edits {
        let (x, y) = (x + before, y + before);
        let (to_x, to_y) = if down { (x, y + 1) } else { (x + 1, y) };
        match changes.last_mut() {
            Some(last) if last.1 == x && last.3 == y => {
                last.1 = to_x;
                last.3 = to_y;
            }
            _ => changes.push((x, to_x, y, to_y)),
        }
    }
    Some(changes)
}

fn marked(call: &mut Call<'_>, mark: &str, line: &str) -> bool {
    if line.ends_with('\n') {
        call.print(format!("{mark}{line}"))
    } else {
        call.print(format!("{mark}{line}\n\\ No newline at end of file\n"))
    }
}

fn plain(call: &mut Call<'_>, changes: &[Change], one: &[String], other: &[String]) {
    let range = |from: usize, to: usize| {
        if to - from <= 1 {
            to.to_string()
        } else {
            format!("{},{to}", from + 1)
        }
    };
    for (from, to, new_from, new_to) in changes.iter().copied() {
        let letter = match (from == to, new_from == new_to) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        call.line(format!(
            "{}{letter}{}",
            range(from, to),
            range(new_from, new_to)
        ));
        for line in &one[from..to] {
            marked(call, "< ", line);
        }
        if letter == 'c' {
            call.line("---");
        }
        for line in &other[new_from..new_to] {
            if !marked(call, "> ", line) {
                return;
            }
        }
    }
}

fn unified(
    call: &mut Call<'_>,
    changes: &[Change],
    one: &[String],
    other: &[String],
    around: usize,
) {
    let mut at = 0;
    while at < changes.len() {
        let mut end = at;
        while end + 1 < changes.len() && changes[end + 1].0 - changes[end].1 <= 2 * around {
            end += 1;
        }
        let (first, last) = (changes[at], changes[end]);
        let (from, new_from) = (
            first.0.saturating_sub(around),
            first.2.saturating_sub(around),
        );
        // Both sides have as many lines of context.
        let lead = (first.0 - from).min(first.2 - new_from);
        let (from, new_from) = (first.0 - lead, first.2 - lead);
        let tail = around.min(one.len() - last.1);
        let (to, new_to) = (last.1 + tail, last.3 + tail);
        let range = |from: usize, to: usize| match to - from {
            0 => format!("{from},0"),
            1 => format!("{}", from + 1),
            count => format!("{},{count}", from + 1),
        };
        call.line(format!(
            "@@ -{} +{} @@",
            range(from, to),
            range(new_from, new_to)
        ));
        let mut place = from;
        for (start, stop, new_start, new_stop) in changes[at..=end].iter().copied() {
            for line in &one[place..start] {
                marked(call, " ", line);
            }
            for line in &one[start..stop] {
                marked(call, "-", line);
            }
            for line in &other[new_start..new_stop] {
                marked(call, "+", line);
            }
            place = stop;
        }
        for line in &one[place..to] {
            if !marked(call, " ", line) {
                return;
            }
        }
        at = end + 1;
    }
}

fn cmp(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("sl", &[("silent", 's'), ("quiet", 's')]);
    let Some(options) = SPEC.read(call) else {
        return 2;
    };
    let [left, right, ..] = options.words.as_slice() else {
        let after = options.words.last().map_or("cmp", String::as_str);
        call.error(format!(
            "cmp: missing operand after '{after}'\ncmp: Try 'cmp --help' for more information."
        ));
        return 2;
    };
    let (left, right) = (left.clone(), right.clone());
    let (Some(one), Some(other)) = (input(call, &left), input(call, &right)) else {
        return 2;
    };
    match one.iter().zip(&other).position(|(a, b)| a != b) {
        Some(at) => {
            if !options.has('s') {
                let line = 1 + memchr::memchr_iter(b'\n', &one[..at]).count();
                call.line(format!(
                    "{left} {right} differ: byte {}, line {line}",
                    at + 1
                ));
            }
            1
        }
        None if one.len() == other.len() => 0,
        None => {
            let (short, bytes) = if one.len() < other.len() {
                (&left, &one)
            } else {
                (&right, &other)
            };
            if !options.has('s') {
                let text = if bytes.is_empty() {
                    format!("cmp: EOF on {short} which is empty")
                } else {
                    let lines = memchr::memchr_iter(b'\n', bytes).count();
                    format!(
                        "cmp: EOF on {short} after byte {}, line {lines}",
                        bytes.len()
                    )
                };
                call.error(text);
            }
            1
        }
    }
}

fn comm(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::short("123");
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let [left, right] = options.words.as_slice() else {
        let what = match options.words.as_slice() {
            [] => "missing operand".to_owned(),
            [only] => format!("missing operand after ‘{only}’"),
            [.., last] => format!("extra operand ‘{last}’"),
        };
        call.error(format!(
            "comm: {what}\nTry 'comm --help' for more information."
        ));
        return 1;
    };
    let (left, right) = (left.clone(), right.clone());
    let (Some(one), Some(other)) = (input(call, &left), input(call, &right)) else {
        return 1;
    };
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (lines(&one), lines(&other));
    let (mut a, mut b) = (0, 0);
    let shows = |column: char| !options.has(column);
    while a < one.len() || b < other.len() {
        let order = match (one.get(a), other.get(b)) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        let (column, line) = match order {
            std::cmp::Ordering::Less => ('1', &one[a]),
            std::cmp::Ordering::Greater => ('2', &other[b]),
            std::cmp::Ordering::Equal => ('3', &one[a]),
        };
        if shows(column) {
            let mut indent = String::new();
            if column > '1' && shows('1') {
                indent.push('\t');
            }
            if column > '2' && shows('2') {
                indent.push('\t');
            }
            if !call.line(format!("{indent}{line}")) {
                return 0;
            }
        }
        if order.is_le() {
            a += 1;
        }
        if order.is_ge() {
            b += 1;
        }
    }
    0
}
