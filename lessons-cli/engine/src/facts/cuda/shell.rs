//! What a new shell reads when it starts.

use crate::facts::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};

/// The shells whose start-up files are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// bash, and `sh` as a login shell.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

/// What start-up files hold of paths and CUDA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Startup {
    /// Their lines, comments left out.
    pub lines: Vec<StartupLine>,
    /// The files that could not be read, each with the only shell that reads it.
    pub unread: Vec<(Option<Shell>, Unknown)>,
}

impl Startup {
    /// The first file that could not be read although a shell reads it; of a shell that is not known, all count.
    pub fn unread_by(&self, shell: Option<Shell>) -> Option<&Unknown> {
        self.unread
            .iter()
            .find(|(only, _)| is_read_by(*only, shell))
            .map(|(_, unknown)| unknown)
    }
}

/// A line of a start-up file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupLine {
    /// `/home/me/.bashrc`
    pub file: String,
    /// The line, trimmed.
    pub line: String,
    /// The only shell that reads the file; `None` where more do.
    pub shell: Option<Shell>,
}

impl StartupLine {
    /// Whether a shell reads the line; one that is not known may read any.
    pub fn is_read_by(&self, shell: Option<Shell>) -> bool {
        is_read_by(self.shell, shell)
    }
}

fn is_read_by(only: Option<Shell>, shell: Option<Shell>) -> bool {
    shell.is_none() || only.is_none() || only == shell
}

/// In the home folder.
const PERSONAL: [(&str, Option<Shell>); 11] = [
    (".bashrc", Some(Shell::Bash)),
    (".bash_profile", Some(Shell::Bash)),
    (".bash_login", Some(Shell::Bash)),
    (".bash_aliases", Some(Shell::Bash)),
    (".profile", None),
    (".zshrc", Some(Shell::Zsh)),
    (".zprofile", Some(Shell::Zsh)),
    (".zshenv", Some(Shell::Zsh)),
    (".config/fish/config.fish", Some(Shell::Fish)),
    (".config/fish/fish_variables", Some(Shell::Fish)),
    (".pam_environment", None),
];

/// For all users.
const COMMON: [(&str, Option<Shell>); 4] = [
    ("/etc/environment", None),
    ("/etc/profile", None),
    ("/etc/bash.bashrc", Some(Shell::Bash)),
    ("/etc/zsh/zshenv", Some(Shell::Zsh)),
];

const PROFILE_FOLDER: &str = "/etc/profile.d";

/// Start-up files may hold secrets, and a recording is shown to others: only these lines are read.
const LINES: Select = Select::Lines(&["PATH", "path", "cuda", "CUDA"]);

impl Facts<'_> {
    /// The reader's shell, from `$SHELL`; `None` for one whose files are not known.
    pub fn shell(&self) -> Known<Option<Shell>> {
        let shell = self.env("SHELL")?.unwrap_or_default();
        Ok(match shell.rsplit('/').next() {
            Some("bash" | "sh" | "dash") => Some(Shell::Bash),
            Some("zsh") => Some(Shell::Zsh),
            Some("fish") => Some(Shell::Fish),
            _ => None,
        })
    }

    /// The lines about paths and CUDA in the files that new shells read.
    pub fn startup(&self) -> &Startup {
        self.cuda.startup.get_or_init(|| {
            let mut startup = Startup::default();
            match self.env_filled("HOME") {
                Ok(Some(home)) => {
                    let home = home.trim_end_matches('/');
                    for (file, shell) in PERSONAL {
                        self.read_startup(&mut startup, format!("{home}/{file}"), shell);
                    }
                }
                Ok(None) => {}
                Err(unknown) => startup.unread.push((None, unknown)),
            }
            for (file, shell) in COMMON {
                self.read_startup(&mut startup, file.to_owned(), shell);
            }
            match self.dir_or_empty(PROFILE_FOLDER) {
                Ok(names) => {
                    for name in names {
                        if name
                            .rsplit_once('.')
                            .is_none_or(|(_, ending)| ending != "sh")
                        {
                            continue;
                        }
                        self.read_startup(&mut startup, format!("{PROFILE_FOLDER}/{name}"), None);
                    }
                }
                Err(unknown) => startup.unread.push((None, unknown)),
            }
            startup
        })
    }

    fn read_startup(&self, startup: &mut Startup, file: String, shell: Option<Shell>) {
        match self.excerpt(&file, LINES) {
            Ok(text) => startup.lines.extend(
                text.lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty() && !line.starts_with('#'))
                    .map(|line| StartupLine {
                        file: file.clone(),
                        line: line.to_owned(),
                        shell,
                    }),
            ),
            Err(Unread::NotFound) => {}
            Err(why) => startup.unread.push((shell, Unknown::unread(file, why))),
        }
    }
}
