//! Builtins that read: `read`, `mapfile`, and `getopts`, which reads options.

use super::{Flow, LONGEST, Shell, Variable, is_name};
use crate::practice::process::{Exit, System};
use crate::practice::streams::{Input, Line};

/// Options that were given, each with its value, and the words behind them.
type Given = (Vec<(char, String)>, Vec<String>);

/// The options of a builtin: letters, and those with a value; otherwise the letter that is none.
fn options(args: &[String], flags: &str, valued: &str) -> Result<Given, char> {
    let mut given = Vec::new();
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        at += 1;
        if arg == "--" {
            break;
        }
        let Some(letters) = arg.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            at -= 1;
            break;
        };
        let mut chars = letters.chars();
        while let Some(letter) = chars.next() {
            if flags.contains(letter) {
                given.push((letter, String::new()));
            } else if valued.contains(letter) {
                let mut value = chars.as_str().to_owned();
                if value.is_empty() {
                    value = args.get(at).cloned().ok_or(letter)?;
                    at += 1;
                }
                given.push((letter, value));
                break;
            } else {
                return Err(letter);
            }
        }
    }
    Ok((given, args.get(at..).unwrap_or_default().to_vec()))
}

fn wrong_option(shell: &mut Shell, system: &mut System, name: &str, letter: char, usage: &str) {
    shell.complain(system, &format!("{name}: -{letter}: invalid option"));
    let sink = shell.streams.stderr.clone();
    let _ = system.write(&sink, format!("{name}: usage: {usage}\n").as_bytes());
    shell.status = 2;
}

impl Shell {
    fn input_of(&mut self, system: &mut System, fd: Option<&str>) -> Option<Input> {
        let Some(fd) = fd else {
            return Some(self.streams.stdin.clone());
        };
        let input = match fd {
            "0" => Some(self.streams.stdin.clone()),
            fd => fd
                .parse()
                .ok()
                .and_then(|fd: i32| self.streams.inputs.get(&fd).cloned()),
        };
        if input.is_none() {
            self.complain(
                system,
                &format!("read: {fd}: invalid file descriptor: Bad file descriptor"),
            );
            self.status = 1;
        }
        input
    }
}

/// Reads a line, or what an option asks for, into variables.
pub(super) fn read(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    const USAGE: &str = "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]";
    let (given, names) = match options(args, "ers", "adinNptu") {
        Ok(read) => read,
        Err(letter) => {
            wrong_option(shell, system, "read", letter, USAGE);
            return Ok(());
        }
    };
    let has = |letter| given.iter().any(|(given, _)| *given == letter);
    let value = |letter| {
        given
            .iter()
            .rev()
            .find(|(given, _)| *given == letter)
            .map(|(_, value)| value.as_str())
    };
    if let Some(name) = names.iter().find(|name| {
        let name = name.split('[').next().unwrap_or_default();
        !is_name(name)
    }) {
        shell.complain(system, &format!("read: `{name}': not a valid identifier"));
        shell.status = 1;
        return Ok(());
    }
    let count = match value('N').or(value('n')).map(str::parse::<usize>) {
        None => None,
        Some(Ok(count)) => Some(count),
        Some(Err(_)) => {
            let text = value('N').or(value('n')).unwrap_or_default();
            shell.complain(system, &format!("read: {text}: invalid number"));
            shell.status = 1;
            return Ok(());
        }
    };
    let end = match value('d') {
        Some(text) => text.bytes().next().unwrap_or(0),
        None => b'\n',
    };
    let Some(input) = shell.input_of(system, value('u')) else {
        return Ok(());
    };
    let exactly = has('N');
    let text = read_text(
        system,
        &input,
        end,
        count,
        exactly,
        has('r'),
        value('p'),
        has('s'),
    );
    if !system.spend(4 + text.as_ref().map_or(0, String::len) as u64 / 64) {
        return Err(Flow::Stop);
    }
    let Some(text) = text else {
        for name in &names {
            shell.assign(system, name, String::new())?;
        }
        shell.status = 1;
        return Ok(());
    };
    let closing = char::from(end);
    let complete =
        text.ends_with(closing) || count.is_some_and(|count| text.chars().count() >= count);
    let status = Exit::from(!complete);
    let text = if exactly {
        text.as_str()
    } else {
        text.strip_suffix(closing).unwrap_or(&text)
    };
    let text = if has('r') {
        text.to_owned()
    } else {
        unescaped(text)
    };
    if let Some(array) = value('a') {
        let separators = shell.separators();
        if !system.spend(text.len() as u64 / 8) {
            return Err(Flow::Stop);
        }
        let fields = fields(&text, &separators, usize::MAX);
        if !system.spend(3 * fields.len() as u64) {
            return Err(Flow::Stop);
        }
        shell
            .variables_mut()
            .insert(array.to_owned(), Variable::list(fields));
    } else if names.is_empty() {
        shell.assign(system, "REPLY", text)?;
    } else if exactly {
        shell.assign(system, &names[0], text)?;
    } else {
        let separators = shell.separators();
        let mut fields = fields(&text, &separators, names.len()).into_iter();
        for name in &names {
            let value = fields.next().unwrap_or_default();
            match name.split_once('[') {
                Some((array, index)) => {
                    let index = index.trim_end_matches(']').parse().unwrap_or(0);
                    shell.set_element(array, index, value);
                }
                None => shell.assign(system, name, value)?,
            }
        }
    }
    shell.status = status;
    Ok(())
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is one of the options of `read`"
)]
fn read_text(
    system: &mut System,
    input: &Input,
    end: u8,
    count: Option<usize>,
    exactly: bool,
    raw: bool,
    prompt: Option<&str>,
    secret: bool,
) -> Option<String> {
    let end_of_unit = if exactly { None } else { Some(end) };
    let mut text = String::new();
    loop {
        let most = count.map_or(usize::MAX, |count| {
            count.saturating_sub(text.chars().count())
        });
        if most == 0 {
            return Some(text);
        }
        let piece = match end_of_unit {
            Some(end) => input.until(end, most),
            None => match input.until(b'\n', most) {
                Line::Of(line) => Line::Of(line),
                other => other,
            },
        };
        match piece {
            Line::Of(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            Line::End => return (!text.is_empty()).then_some(text),
            Line::Terminal => {
                let line = system.ask(prompt.unwrap_or_default(), secret)?;
                text.push_str(&line);
                text.push('\n');
                return Some(text);
            }
        }
        if text.len() > LONGEST {
            return Some(text);
        }
        if exactly {
            continue;
        }
        // A backslash at the end of a line joins it with the next one.
        let joins = !raw && end == b'\n' && count.is_none() && {
            let line = text.strip_suffix('\n').unwrap_or(&text);
            text.ends_with('\n')
                && line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
        };
        if !joins {
            return Some(text);
        }
        text.truncate(text.len() - 2);
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.extend(chars.next());
        } else {
            out.push(c);
        }
    }
    out
}

impl Shell {
    fn separators(&self) -> String {
        self.get("IFS").unwrap_or_else(|| " \t\n".to_owned())
    }
}

/// The fields of a line: so many at most, of which the last has the rest.
fn fields(line: &str, separators: &str, most: usize) -> Vec<String> {
    let is_separator = |c: char| separators.contains(c);
    let is_blank = |c: char| c.is_whitespace() && is_separator(c);
    let mut fields = Vec::new();
    let mut rest = line.trim_matches(is_blank);
    while !rest.is_empty() {
        if fields.len() + 1 == most {
            // One separator behind the last field is no part of it.
            let last = match rest.strip_suffix(|c| is_separator(c) && !is_blank(c)) {
                Some(before) if !before.contains(is_separator) => before,
                _ => rest,
            };
            fields.push(last.to_owned());
            break;
        }
        let Some(end) = rest.find(is_separator) else {
            fields.push(rest.to_owned());
            break;
        };
        fields.push(rest[..end].to_owned());
        rest = rest[end..].trim_start_matches(is_blank);
        if let Some(after) = rest.strip_prefix(|c| is_separator(c) && !is_blank(c)) {
            rest = after.trim_start_matches(is_blank);
        }
    }
    fields
}

/// `mapfile` and `readarray`: lines into an array.
pub(super) fn mapfile(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    const USAGE: &str = "mapfile [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]";
    let (given, names) = match options(args, "t", "dnsu") {
        Ok(read) => read,
        Err(letter) => {
            let name = args[0].clone();
            wrong_option(shell, system, &name, letter, USAGE);
            return Ok(());
        }
    };
    let value = |letter| {
        given
            .iter()
            .rev()
            .find(|(given, _)| *given == letter)
            .map(|(_, value)| value.as_str())
    };
    let number = |letter| value(letter).and_then(|text| text.parse::<usize>().ok());
    let cuts = given.iter().any(|(given, _)| *given == 't');
    let end = match value('d') {
        Some(text) => text.bytes().next().unwrap_or(0),
        None => b'\n',
    };
    let skip = number('s').unwrap_or(0);
    let most = number('n').filter(|most| *most > 0).unwrap_or(usize::MAX);
    let Some(input) = shell.input_of(system, value('u')) else {
        return Ok(());
    };
    let mut lines = Vec::new();
    let mut seen = 0;
    while lines.len() < most {
        let line = match input.until(end, usize::MAX) {
            Line::Of(line) => String::from_utf8_lossy(&line).into_owned(),
            Line::End => break,
            Line::Terminal => match system.ask("", false) {
                Some(line) => format!("{line}\n"),
                None => break,
            },
        };
        if !system.spend(2 + line.len() as u64 / 64) {
            return Err(Flow::Stop);
        }
        seen += 1;
        if seen <= skip {
            continue;
        }
        lines.push(if cuts {
            line.strip_suffix(char::from(end))
                .map_or(line.clone(), str::to_owned)
        } else {
            line
        });
    }
    let name = names.first().map_or("MAPFILE", String::as_str);
    shell
        .variables_mut()
        .insert(name.to_owned(), Variable::list(lines));
    shell.status = 0;
    Ok(())
}

/// `getopts`: the next option of a script's or a function's words.
pub(super) fn getopts(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let (Some(spec), Some(name)) = (args.get(1).cloned(), args.get(2).cloned()) else {
        let sink = shell.streams.stderr.clone();
        let _ = system.write(&sink, b"getopts: usage: getopts optstring name [arg ...]\n");
        shell.status = 2;
        return Ok(());
    };
    let words = match args.get(3..) {
        Some(words) if !words.is_empty() => words.to_vec(),
        _ => shell.params.clone(),
    };
    let quiet = spec.starts_with(':');
    let mut word: usize = shell
        .get("OPTIND")
        .and_then(|number| number.parse().ok())
        .unwrap_or(1)
        .max(1);
    let mut letter_at = if shell.getopts.0 == word {
        shell.getopts.1
    } else {
        0
    };
    let current = words.get(word - 1).cloned().unwrap_or_default();
    if letter_at == 0 && (!current.starts_with('-') || current == "-" || current == "--") {
        if current == "--" {
            word += 1;
        }
        shell.getopts = (word, 0);
        shell.assign(system, "OPTIND", word.to_string())?;
        shell.assign(system, &name, "?".to_owned())?;
        shell.status = 1;
        return Ok(());
    }
    let letters: Vec<char> = current.chars().skip(1).collect();
    let letter = letters.get(letter_at).copied().unwrap_or('?');
    letter_at += 1;
    let known = spec
        .char_indices()
        .find(|(at, c)| *c == letter && letter != ':' && !(*at == 0 && quiet));
    let takes = known.is_some_and(|(at, c)| spec[at + c.len_utf8()..].starts_with(':'));
    let mut argument = None;
    let mut found = letter.to_string();
    if takes {
        let rest: String = letters[letter_at.min(letters.len())..].iter().collect();
        letter_at = letters.len();
        if rest.is_empty() {
            word += 1;
            match words.get(word - 1) {
                Some(value) => argument = Some(value.clone()),
                None if quiet => {
                    argument = Some(letter.to_string());
                    ":".clone_into(&mut found);
                }
                None => {
                    shell.complain(system, &format!("option requires an argument -- {letter}"));
                    "?".clone_into(&mut found);
                }
            }
        } else {
            argument = Some(rest);
        }
    } else if known.is_none() {
        "?".clone_into(&mut found);
        if quiet {
            argument = Some(letter.to_string());
        } else {
            shell.complain(system, &format!("illegal option -- {letter}"));
        }
    }
    if letter_at >= letters.len() {
        word += 1;
        letter_at = 0;
    }
    shell.getopts = (word, letter_at);
    shell.assign(system, "OPTIND", word.to_string())?;
    match argument {
        Some(argument) => shell.assign(system, "OPTARG", argument)?,
        None => {
            shell.variables_mut().remove("OPTARG");
        }
    }
    shell.assign(system, &name, found)?;
    shell.status = 0;
    Ok(())
}
