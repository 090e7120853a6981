//! `lessons completions` and `lessons man`: both made from the command line's own definition.

use anyhow::Result;
use clap::CommandFactory;

use crate::Done;
use crate::cli::Cli;

pub(super) fn completions(shell: clap_complete::Shell) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "lessons", &mut script);
    Done::good(String::from_utf8_lossy(&script))
}

pub(super) fn man() -> Result<Done> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    Ok(Done::good(String::from_utf8_lossy(&page)))
}
