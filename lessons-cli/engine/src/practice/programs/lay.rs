//! Programs that lay lines out anew: `column`, `fold`, `join`, `shuf`, `split`.

use std::cmp::Ordering;

use super::Program;
use super::options::Spec;
use super::text::{input, inputs};
use crate::practice::process::{Call, Exit};
use crate::practice::shell::ansi_c;

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("column", column),
    Program::base("fold", fold),
    Program::base("join", join),
    Program::base("shuf", shuf),
    Program::base("split", split),
];

/// The inputs' lines without their ends; `None` when the command line has to end.
fn lines(call: &mut Call<'_>, files: &[String], good: &mut bool) -> Option<Vec<String>> {
    let (bytes, read) = inputs(call, files);
    *good &= read;
    // Each line becomes a text of its own, and is laid out as one.
    let count = memchr::memchr_iter(b'\n', &bytes).count();
    let steps = (bytes.len() / 64 + 2 * count + 1) as u64;
    call.system.spend(steps).then(|| {
        let text = String::from_utf8_lossy(&bytes);
        let body = text.strip_suffix('\n').unwrap_or(&text);
        if text.is_empty() {
            Vec::new()
        } else {
            body.split('\n').map(str::to_owned).collect()
        }
    })
}

fn column(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "ts:o:c:xN:R:L",
        &[
            ("table", 't'),
            ("separator=", 's'),
            ("output-separator=", 'o'),
            ("output-width=", 'c'),
            ("fillrows", 'x'),
            ("table-columns=", 'N'),
            ("table-right=", 'R'),
            ("keep-empty-lines", 'L'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let mut good = true;
    let Some(mut lines) = lines(call, &options.words, &mut good) else {
        return 130;
    };
    if !options.has('L') {
        lines.retain(|line| !line.trim().is_empty());
    }
    let exit = Exit::from(!good);
    if !options.has('t') {
        let names: Vec<&str> = lines.iter().map(String::as_str).collect();
        let width = options.value('c').and_then(|width| width.parse().ok());
        call.print(by_tabs(&names, width.unwrap_or(80), options.has('x')));
        return exit;
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if let Some(names) = options.value('N') {
        rows.push(names.split(',').map(str::to_owned).collect());
    }
    rows.extend(lines.iter().map(|line| {
        match options.value('s') {
            // Each of these letters ends a cell, and an empty cell is one.
            Some(letters) => line
                .split(|c| letters.contains(c))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
            None => line.split_whitespace().map(str::to_owned).collect(),
        }
    }));
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    if !call.system.spend((count * rows.len()) as u64 / 4) {
        return 130;
    }
    let widths: Vec<usize> = (0..count)
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let right: Vec<usize> = options
        .value('R')
        .unwrap_or_default()
        .split(',')
        .filter_map(|number| number.parse().ok())
        .collect();
    let between = options.value('o').unwrap_or("  ");
    for row in &rows {
        let mut line = String::new();
        for (at, width) in widths.iter().enumerate() {
            let cell = row.get(at).map_or("", String::as_str);
            if at > 0 {
                line.push_str(between);
            }
            if right.contains(&(at + 1)) {
                line.push_str(&format!("{cell:>width$}"));
            } else if at + 1 < count {
                line.push_str(&format!("{cell:<width$}"));
            } else {
                line.push_str(cell);
            }
        }
        if !call.line(line) {
            break;
        }
    }
    exit
}

/// Names in columns with tabs between, as `column` without `-t` has them.
fn by_tabs(names: &[&str], width: usize, by_rows: bool) -> String {
    let widest = names.iter().map(|name| name.chars().count()).max();
    let cell = (widest.unwrap_or(0) / 8 + 1) * 8;
    let columns = (width / cell).max(1);
    let rows = names.len().div_ceil(columns);
    let mut text = String::new();
    for row in 0..rows {
        let mut used = 0;
        for column in 0..columns {
            let at = if by_rows {
                row * columns + column
            } else {
                column * rows + row
            };
            let Some(name) = names.get(at) else {
                continue;
            };
            while used < column * cell {
                text.push('\t');
                used = (used / 8 + 1) * 8;
            }
            text.push_str(name);
            used += name.chars().count();
        }
        text.push('\n');
    }
    text
}

fn fold(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("bsw:", &[("width=", 'w'), ("spaces", 's'), ("bytes", 'b')]);
    // `fold -20` is `fold -w 20`.
    for arg in call.args.iter_mut().skip(1) {
        if let Some(digits) = arg.strip_prefix('-')
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            *arg = format!("-w{digits}");
        }
    }
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let width = options.value('w').unwrap_or("80");
    let Some(width) = width.parse::<usize>().ok().filter(|width| *width > 0) else {
        call.error(format!("fold: invalid number of columns: ‘{width}’"));
        return 1;
    };
    let mut good = true;
    let Some(lines) = lines(call, &options.words, &mut good) else {
        return 130;
    };
    for line in lines {
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width {
            let cut = if options.has('s') {
                let space = rest[..width].iter().rposition(|c| c.is_whitespace());
                space.map_or(width, |at| at + 1)
            } else {
                width
            };
            let tail = rest.split_off(cut);
            if !call.line(rest.iter().collect::<String>()) {
                return Exit::from(!good);
            }
            rest = tail;
        }
        if !call.line(rest.iter().collect::<String>()) {
            break;
        }
    }
    Exit::from(!good)
}

fn join(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "1:2:j:t:a:v:o:e:i",
        &[
            ("ignore-case", 'i'),
            ("header", 'h'),
            ("nocheck-order", 'n'),
            ("check-order", 'c'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let [one, two] = options.words.as_slice() else {
        call.error(match options.words.as_slice() {
            [] => "join: missing operand\nTry 'join --help' for more information.".to_owned(),
            [one] => format!(
                "join: missing operand after ‘{one}’\nTry 'join --help' for more information."
            ),
            [.., extra] => {
                format!("join: extra operand ‘{extra}’\nTry 'join --help' for more information.")
            }
        });
        return 1;
    };
    let field = |letter| {
        let value = options.value(letter).or_else(|| options.value('j'));
        let number = value.map_or(Some(1), |value| value.parse::<usize>().ok());
        number.filter(|number| *number > 0).map(|number| number - 1)
    };
    let (Some(key_of_one), Some(key_of_two)) = (field('1'), field('2')) else {
        call.error("join: invalid field number");
        return 1;
    };
    let between = options
        .value('t')
        .and_then(|text| ansi_c(text).chars().next());
    let mut tables = Vec::new();
    for file in [one, two] {
        let Some(bytes) = input(call, file) else {
            return 1;
        };
        if !call.system.spend(bytes.len() as u64 / 32) {
            return 130;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let rows: Vec<Vec<String>> = text
            .lines()
            .map(|line| match between {
                Some(c) => line.split(c).map(str::to_owned).collect(),
                None => line.split_whitespace().map(str::to_owned).collect(),
            })
            .collect();
        tables.push(rows);
    }
    let show = between.unwrap_or(' ').to_string();
    let empty = options.value('e').unwrap_or_default();
    let shown = |key: &str, left: Option<&Vec<String>>, right: Option<&Vec<String>>| {
        if let Some(format) = options.value('o').filter(|format| *format != "auto") {
            let cells = format.split([',', ' ']).map(|cell| {
                let found = match cell.split_once('.') {
                    Some((table, field)) => {
                        let row = if table == "1" { left } else { right };
                        let at = field.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
                        row.zip(at).and_then(|(row, at)| row.get(at))
                    }
                    None => return key.to_owned(),
                };
                found.map_or_else(|| empty.to_owned(), Clone::clone)
            });
            return cells.collect::<Vec<_>>().join(&show);
        }
        let mut cells = vec![key.to_owned()];
        for (row, key) in [(left, key_of_one), (right, key_of_two)] {
            let rest = row.into_iter().flatten().enumerate();
            cells.extend(
                rest.filter(|(at, _)| *at != key)
                    .map(|(_, cell)| cell.clone()),
            );
        }
        cells.join(&show)
    };
    let alone = |table: &str| {
        options
            .values('a')
            .chain(options.values('v'))
            .any(|given| given == table)
    };
    let (left, right) = (&tables[0], &tables[1]);
    let key = |row: &[String], at: usize| {
        let key = row.get(at).cloned().unwrap_or_default();
        if options.has('i') {
            key.to_lowercase()
        } else {
            key
        }
    };
    let (mut i, mut j) = (0, 0);
    loop {
        let order = match (left.get(i), right.get(j)) {
            (None, None) => return 0,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(two)) => key(one, key_of_one).cmp(&key(two, key_of_two)),
        };
        let mut rows = Vec::new();
        match order {
            Ordering::Less => {
                if alone("1") {
                    let name = left[i].get(key_of_one).map_or("", String::as_str);
                    rows.push(shown(name, Some(&left[i]), None));
                }
                i += 1;
            }
            Ordering::Greater => {
                if alone("2") {
                    let name = right[j].get(key_of_two).map_or("", String::as_str);
                    rows.push(shown(name, None, Some(&right[j])));
                }
                j += 1;
            }
            Ordering::Equal => {
                let same = key(&left[i], key_of_one);
                let end = |table: &[Vec<String>], from: usize, at| {
                    let rows = table[from..].iter();
                    from + rows.take_while(|row| key(row, at) == same).count()
                };
                let (to, until) = (end(left, i, key_of_one), end(right, j, key_of_two));
                if !options.has('v') {
                    if !call.system.spend(((to - i) * (until - j)) as u64) {
                        return 130;
                    }
                    for one in &left[i..to] {
                        for two in &right[j..until] {
                            let name = one.get(key_of_one).map_or("", String::as_str);
                            rows.push(shown(name, Some(one), Some(two)));
                        }
                    }
                }
                (i, j) = (to, until);
            }
        }
        for row in rows {
            if !call.line(row) {
                return 0;
            }
        }
    }
}

fn shuf(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "en:i:r",
        &[
            ("echo", 'e'),
            ("head-count=", 'n'),
            ("input-range=", 'i'),
            ("repeat", 'r'),
            ("random-source=", 's'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let mut good = true;
    let mut lines = if let Some(range) = options.value('i') {
        let ends = range
            .split_once('-')
            .and_then(|(low, high)| Some((low.parse::<u64>().ok()?, high.parse::<u64>().ok()?)));
        let Some((low, high)) = ends.filter(|(low, high)| low <= high) else {
            call.error(format!("shuf: invalid input range: ‘{range}’"));
            return 1;
        };
        if !call.system.spend((high - low) / 8) {
            return 130;
        }
        (low..=high).map(|number| number.to_string()).collect()
    } else if options.has('e') {
        options.words.clone()
    } else {
        match lines(call, &options.words, &mut good) {
            Some(lines) => lines,
            None => return 130,
        }
    };
    let most = match options.value('n').map(str::parse::<usize>) {
        None => usize::MAX,
        Some(Ok(most)) => most,
        Some(Err(_)) => {
            let given = options.value('n').unwrap_or_default();
            call.error(format!("shuf: invalid line count: ‘{given}’"));
            return 1;
        }
    };
    if options.has('r') {
        if lines.is_empty() {
            call.error("shuf: no lines to repeat");
            return 1;
        }
        for _ in 0..most {
            let at = usize::try_from(call.system.outside.random()).unwrap_or(0) % lines.len();
            if !call.line(&lines[at]) {
                break;
            }
        }
        return Exit::from(!good);
    }
    for at in (1..lines.len()).rev() {
        let other = usize::try_from(call.system.outside.random()).unwrap_or(0) % (at + 1);
        lines.swap(at, other);
    }
    for line in lines.iter().take(most) {
        if !call.line(line) {
            break;
        }
    }
    Exit::from(!good)
}

fn split(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "l:b:n:C:da:x",
        &[
            ("lines=", 'l'),
            ("bytes=", 'b'),
            ("number=", 'n'),
            ("numeric-suffixes[", 'd'),
            ("suffix-length=", 'a'),
            ("additional-suffix=", 'S'),
            ("verbose", 'v'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let file = options.words.first().map_or("-", String::as_str).to_owned();
    let prefix = options.words.get(1).map_or("x", String::as_str).to_owned();
    let bytes = if file == "-" {
        call.read_all()
    } else {
        match call.files().read(&file) {
            Ok(bytes) => bytes.to_vec(),
            Err(errno) => {
                let why = super::text::problem(errno);
                call.error(format!("split: cannot open '{file}' for reading: {why}"));
                return 1;
            }
        }
    };
    let wrong = |call: &mut Call<'_>, what: &str, given: &str| {
        call.error(format!("split: invalid number of {what}: ‘{given}’"));
        1
    };
    let pieces: Vec<&[u8]> = if let Some(given) = options.value('n') {
        // `l/3` cuts only between lines.
        let whole = given.strip_prefix("l/");
        let Some(count) = whole
            .unwrap_or(given)
            .parse::<usize>()
            .ok()
            .filter(|count| *count > 0)
        else {
            return wrong(call, "chunks", given);
        };
        let count = count.min(1000);
        let mut pieces = Vec::new();
        let mut from = 0;
        for piece in 1..=count {
            let mut to = bytes.len() * piece / count;
            if whole.is_some() && to > 0 {
                let line = bytes[to - 1..].iter().position(|byte| *byte == b'\n');
                to = line.map_or(bytes.len(), |at| to + at);
            }
            let to = to.max(from);
            pieces.push(&bytes[from..to]);
            from = to;
        }
        pieces
    } else if let Some(given) = options.value('b') {
        let Some(size) = super::blocks::size(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size > 0)
        else {
            return wrong(call, "bytes", given);
        };
        bytes.chunks(size).collect()
    } else {
        let given = options.value('l').unwrap_or("1000");
        let Some(count) = given.parse::<usize>().ok().filter(|count| *count > 0) else {
            return wrong(call, "lines", given);
        };
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let mut from = 0;
        lines
            .chunks(count)
            .map(|chunk| {
                let start = from;
                from += chunk.iter().map(|line| line.len()).sum::<usize>();
                &bytes[start..from]
            })
            .collect()
    };
    let (letters, radix): (&[u8], usize) = if options.has('d') {
        (b"0123456789", 10)
    } else {
        (b"abcdefghijklmnopqrstuvwxyz", 26)
    };
    let length = options
        .value('a')
        .and_then(|text| text.parse::<usize>().ok());
    let length = length
        .filter(|length| (1..=10).contains(length))
        .unwrap_or(2);
    for (index, piece) in pieces.iter().enumerate() {
        let (mut rest, mut suffix) = (index, Vec::new());
        for _ in 0..length {
            suffix.insert(0, letters[rest % radix]);
            rest /= radix;
        }
        if rest > 0 {
            call.error("split: output file suffixes exhausted");
            return 1;
        }
        let end = options.value('S').unwrap_or_default();
        let name = format!("{prefix}{}{end}", String::from_utf8_lossy(&suffix));
        if !call.system.spend(25 + piece.len() as u64 / 256) {
            return 130;
        }
        if let Err(errno) = call.files().write(&name, piece, false) {
            call.error(format!("split: {name}: {errno}"));
            return 1;
        }
        if options.has('v') {
            call.line(format!("creating file '{name}'"));
        }
    }
    0
}
