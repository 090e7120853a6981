//! A script, played line by line as if somebody typed it.

use super::outside::Lines;
use super::session::{Ended, Played, Session};

/// How many lines one command may go over.
const OPEN: usize = 2000;

/// Types the lines at the prompt of a session whose [`super::Script`] shares them, and gives back what came of each
/// command. Empty lines and comments are passed over; a command that is open takes the next lines, too. `exit` in the
/// first shell ends it.
pub fn play(session: &mut Session, lines: &Lines) -> Vec<Played> {
    let mut transcript = Vec::new();
    let mut command = String::new();
    let mut count = 0;
    loop {
        let next = lines.borrow_mut().pop_front();
        let Some(line) = next else {
            break;
        };
        if command.is_empty() {
            let line = line.trim();
            // A pasted prompt is no part of a command, and an answer that nothing asked for is none.
            if line.is_empty() || line.starts_with('#') || line.starts_with("> ") {
                continue;
            }
        } else {
            command.push('\n');
        }
        command.push_str(&line);
        count += 1;
        if count < OPEN && !lines.borrow().is_empty() && Session::is_open(&format!("{command}\n")) {
            continue;
        }
        let played = session.run(&command);
        let ended = played.ended;
        transcript.push(played);
        command.clear();
        count = 0;
        if ended == Some(Ended::Shell) {
            break;
        }
    }
    transcript
}
