//! Programs that print and pass on text.

use super::Program;
use crate::practice::process::{Call, Exit};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("cat", cat),
    Program::base("echo", echo),
    Program::base("ls", ls),
    Program::base("dash", cat),
];

fn cat(call: &mut Call<'_>) -> Exit {
    let files = call.rest();
    let mut exit = 0;
    if files.is_empty() {
        let bytes = call.read_all();
        call.print(bytes);
    }
    for file in files {
        match call.files().read(&file) {
            Ok(bytes) => {
                call.print(bytes.as_slice());
            }
            Err(errno) => {
                call.error(format!("cat: {file}: {errno}"));
                exit = 1;
            }
        }
    }
    exit
}

fn echo(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    call.line(words.join(" "));
    0
}

fn ls(call: &mut Call<'_>) -> Exit {
    let cwd = call.process.cwd.clone();
    match call.files().list(&cwd) {
        Ok(names) => {
            for name in names {
                call.line(name);
            }
            0
        }
        Err(errno) => {
            call.error(format!("ls: cannot open directory '.': {errno}"));
            2
        }
    }
}
