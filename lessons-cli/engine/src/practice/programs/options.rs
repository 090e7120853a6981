//! Options of a command line, and what the GNU tools say of wrong ones.

use crate::practice::process::Call;
use crate::practice::said::said;

/// What stood on a command line.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    given: Vec<(char, Option<String>)>,
    /// The words that are no options.
    pub(super) words: Vec<String>,
}

/// The options that a program takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    /// The short ones; `:` follows one that takes a value.
    pub(super) short: &'static str,
    /// The long ones, each with the short one that it is the same as. `=` at the end of a name: it takes a value,
    /// `[` at the end: it may have one.
    pub(super) long: &'static [(&'static str, char)],
    /// Whether options end at the first word, as of programs that run another one.
    pub(super) stops: bool,
}

impl Spec {
    /// Short options only.
    pub(super) const fn short(short: &'static str) -> Self {
        Self {
            short,
            long: &[],
            stops: false,
        }
    }

    /// Short and long options.
    pub(super) const fn new(short: &'static str, long: &'static [(&'static str, char)]) -> Self {
        Self {
            short,
            long,
            stops: false,
        }
    }

    /// The same, but options end at the first word.
    pub(super) const fn stopping(mut self) -> Self {
        self.stops = true;
        self
    }

    /// Reads a command line; `None` when something was wrong and has been said.
    pub(super) fn read(self, call: &mut Call<'_>) -> Option<Options> {
        match self.of(&call.rest()) {
            Ok(options) => Some(options),
            Err(problem) if problem == "unrecognized option '--help'" => {
                call.error(said("practice-no-manual", &[]));
                None
            }
            Err(problem) => {
                let name = call.name();
                call.error(format!("{name}: {problem}"));
                call.error(format!("Try '{name} --help' for more information."));
                None
            }
        }
    }

    /// As [`Spec::read`], for a program that says it in its own way.
    pub(super) fn read_quietly(self, args: &[String]) -> Result<Options, String> {
        self.of(args)
    }

    fn of(self, args: &[String]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            at += 1;
            if arg == "--" {
                options.words.extend_from_slice(&args[at..]);
                break;
            }
            if let Some(long) = arg.strip_prefix("--") {
                let (name, mut value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let fitting: Vec<_> = self
                    .long
                    .iter()
                    .filter(|(known, _)| known.trim_end_matches(['=', '[']).starts_with(name))
                    .collect();
                let exact = fitting
                    .iter()
                    .find(|(known, _)| known.trim_end_matches(['=', '[']) == name);
                let Some((known, short)) = exact.or(match fitting.as_slice() {
                    [one] => Some(one),
                    _ => None,
                }) else {
                    return Err(format!("unrecognized option '--{name}'"));
                };
                if known.ends_with('=') {
                    if value.is_none() {
                        value = args.get(at).cloned();
                        at += 1;
                    }
                    if value.is_none() {
                        return Err(format!("option '--{name}' requires an argument"));
                    }
                } else if value.is_some() && !known.ends_with('[') {
                    return Err(format!("option '--{name}' doesn't allow an argument"));
                }
                options.given.push((*short, value));
                continue;
            }
            if !arg.starts_with('-') || arg == "-" {
                if self.stops {
                    options.words.extend_from_slice(&args[at - 1..]);
                    break;
                }
                options.words.push(arg.clone());
                continue;
            }
            let letters: Vec<char> = arg[1..].chars().collect();
            let mut index = 0;
            while let Some(&letter) = letters.get(index) {
                index += 1;
                let Some(place) = self
                    .short
                    .find(letter)
                    .filter(|_| !matches!(letter, ':' | '['))
                else {
                    return Err(format!("invalid option -- '{letter}'"));
                };
                let after = &self.short[place + letter.len_utf8()..];
                // A value that may be left out stands in the same word.
                if after.starts_with('[') && index < letters.len() {
                    let value = letters[index..].iter().collect();
                    options.given.push((letter, Some(value)));
                    break;
                }
                if !after.starts_with(':') {
                    options.given.push((letter, None));
                    continue;
                }
                let value = if index < letters.len() {
                    letters[index..].iter().collect()
                } else {
                    at += 1;
                    args.get(at - 1)
                        .cloned()
                        .ok_or_else(|| format!("option requires an argument -- '{letter}'"))?
                };
                options.given.push((letter, Some(value)));
                break;
            }
        }
        Ok(options)
    }
}

impl Options {
    /// Whether an option was given.
    pub(super) fn has(&self, letter: char) -> bool {
        self.given.iter().any(|(given, _)| *given == letter)
    }

    /// Whether none was given.
    pub(super) fn given_none(&self) -> bool {
        self.given.is_empty()
    }

    /// The value of an option, as given last.
    pub(super) fn value(&self, letter: char) -> Option<&str> {
        self.given
            .iter()
            .rev()
            .find(|(given, _)| *given == letter)
            .and_then(|(_, value)| value.as_deref())
    }

    /// All values of an option.
    pub(super) fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.given
            .iter()
            .filter(move |(given, _)| *given == letter)
            .filter_map(|(_, value)| value.as_deref())
    }

    /// Which of some options was given last.
    pub(super) fn last_of(&self, letters: &str) -> Option<char> {
        self.given
            .iter()
            .rev()
            .map(|(given, _)| *given)
            .find(|given| letters.contains(*given))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_getopt_does() {
        const SPEC: Spec = Spec::new("ln:r", &[("lines=", 'n'), ("color[", 'c'), ("long", 'l')]);
        let of = |words: &[&str]| {
            SPEC.of(&words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>())
        };
        let options = of(&["-ln3", "a", "--lines=4", "--color=auto", "--", "-r"]).unwrap();
        assert_eq!(options.value('n'), Some("4"));
        assert_eq!(options.words, ["a", "-r"]);
        assert!(options.has('l') && options.has('c') && !options.has('r'));
        assert_eq!(of(&["-x"]).unwrap_err(), "invalid option -- 'x'");
        assert_eq!(of(&["--nope"]).unwrap_err(), "unrecognized option '--nope'");
        assert_eq!(
            of(&["-n"]).unwrap_err(),
            "option requires an argument -- 'n'"
        );
        assert_eq!(
            of(&["--lo=1"]).unwrap_err(),
            "option '--lo' doesn't allow an argument"
        );
    }
}
