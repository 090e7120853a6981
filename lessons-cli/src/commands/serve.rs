//! `lessons serve`: the book with live checks.

use anyhow::Result;

use crate::cli::{LiveArgs, ServeArgs};
use crate::{Done, serve};

pub(super) fn run(args: &ServeArgs, live: &LiveArgs) -> Result<Done> {
    serve::run(serve::Options {
        port: args.port,
        host: args.host.clone(),
        allowed: args.allow_host.clone(),
        machine: args.machine.clone(),
        open: args.open,
        root: args.root.clone(),
        live: super::live_options(live),
        store: super::store(),
        texts: super::texts(),
    })?;
    Ok(Done::good(""))
}
