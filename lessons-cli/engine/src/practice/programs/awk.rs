//! `awk`, as Ubuntu's mawk plays it: patterns and actions over the fields of records.
//!
//! [`syntax`] reads a program, [`run`] plays it. What is gawk's alone, and `nextfile`, say that they are not played.

use super::Program;
use crate::practice::process::{Call, Exit};

mod run;
mod syntax;

pub(super) const PROGRAMS: &[Program] = &[Program::base("awk", awk), Program::base("mawk", awk)];

const USAGE: &str = "\
Usage: mawk [Options] [Program] [file ...]

Program:
    The -f option value is the name of a file containing program text.
    If no -f option is given, a \"--\" ends option processing; the following
    parameters are the program text.

Options:
    -f program-file  Program  text is read from file instead of from the
                     command-line.  Multiple -f options are accepted.
    -F value         sets the field separator, FS, to value.
    -v var=value     assigns value to program variable var.
    --               unambiguous end of options.
";

fn awk(call: &mut Call<'_>) -> Exit {
    let mut words = call.rest().into_iter().peekable();
    let mut assignments = Vec::new();
    let mut program: Option<String> = None;
    while let Some(word) = words.next_if(|word| word.starts_with('-') && word.len() > 1) {
        if word == "--" {
            break;
        }
        if matches!(word.as_str(), "-W" | "--version" | "-version") {
            call.print("mawk 1.3.4 20240123\n");
            return 0;
        }
        let (letter, value) = word.split_at(2);
        if !matches!(letter, "-F" | "-v" | "-f") {
            call.error(format!("awk: not an option: {word}"));
            return 2;
        }
        let value = if value.is_empty() {
            words.next()
        } else {
            Some(value.to_owned())
        };
        let Some(value) = value else {
            call.error(format!(
                "awk: option requires an argument -- {}",
                &letter[1..]
            ));
            call.print(USAGE);
            return 2;
        };
        match letter {
            "-F" => {
                // A `t` alone is a tab, as POSIX has it.
                let value = if value == "t" { "\t".to_owned() } else { value };
                assignments.push(("FS".to_owned(), value));
            }
            "-v" => match value.split_once('=') {
                Some((name, value)) if is_name(name) => {
                    assignments.push((name.to_owned(), value.to_owned()));
                }
                _ => {
                    call.error(format!("awk: improper assignment: -v {value}"));
                    return 2;
                }
            },
            _ => match call.files().read(&value) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    program = Some(match program {
                        Some(before) => format!("{before}\n{text}"),
                        None => text,
                    });
                }
                Err(errno) => {
                    call.error(format!("awk: couldn't open program file {value}: {errno}"));
                    return 2;
                }
            },
        }
    }
    let Some(program) = program.or_else(|| words.next()) else {
        let sink = call.process.stderr.clone();
        let _ = call.system.write(&sink, USAGE.as_bytes());
        return 2;
    };
    if !call.system.spend(program.len() as u64 / 4 + 10) {
        return 130;
    }
    let script = match syntax::read(&program) {
        Ok(script) => script,
        Err(message) => {
            call.error(format!("awk: {message}"));
            return 2;
        }
    };
    let files: Vec<String> = words.collect();
    run::run(call, &script, &assignments, &files)
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
