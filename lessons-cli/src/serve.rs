//! The book with live checks, on this computer and for it, unless others are let in: pages from memory, an API, and a
//! stream of what changes.
//!
//! The reader's machine is looked at while a page listens, and once for all pages that do. Nothing that a page sends is ever
//! run; a page names machines and steps, and pastes text to be explained.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use lessons_engine::finding::Arg;
use lessons_engine::texts::Texts;
use lessons_engine::visible::visible_lines;
use tokio::sync::{Semaphore, watch};

use crate::book::Source;
use crate::live::LiveOptions;
use crate::progress::Store;
use crate::style;

mod api;
mod board;
mod documents;
mod events;
mod frame;
mod guard;
mod hosts;
mod listen;
mod machines;
mod marks;
mod openapi;
mod outputs;
mod policy;
mod problem;
mod site;

use hosts::Hosts;
pub use hosts::{AllowedHost, Host};
use listen::{NoPort, Port, Taken};
use machines::Machines;
use marks::Keeper;
use site::Site;

/// The port, where none is asked for.
pub const PORT: u16 = 8910;

/// How many streams of events at once, where there are connections enough, and how many checks that somebody waits for.
const MAX_STREAMS: usize = 768;
const MAX_CHECKS: usize = 64;

/// How many pasted texts are explained at once; the others wait.
const MAX_READERS: usize = 2;

/// What to serve, and how.
pub struct Options {
    /// The port; `None` for [`PORT`] or one near it.
    pub port: Option<u16>,
    /// Where to listen; `None` for loopback, which only this computer reaches.
    pub host: Option<Host>,
    /// By which other names it may be asked.
    pub allowed: Vec<AllowedHost>,
    /// The recording to show, by name or file; `None` for this machine.
    pub machine: Option<String>,
    /// Whether to open the browser.
    pub open: bool,
    /// The folder with `book.toml`, where one was named.
    pub root: Option<PathBuf>,
    /// How this machine is read.
    pub live: LiveOptions,
    /// Where progress is kept.
    pub store: Store,
    /// The texts of the reader's language.
    pub texts: Texts,
}

/// What all requests share.
struct App {
    site: Site,
    /// The token of this run.
    token: String,
    hosts: Hosts,
    machines: Machines,
    keeper: Arc<Keeper>,
    streams: Arc<Semaphore>,
    checks: Semaphore,
    readers: Semaphore,
    texts: Arc<Texts>,
    ending: watch::Receiver<bool>,
}

/// Serves until Ctrl-C or SIGTERM.
pub fn run(options: Options) -> Result<()> {
    let say = Arc::new(options.texts);
    let addresses = match &options.host {
        None => hosts::loopback(),
        Some(host) => host.addresses().with_context(|| {
            format!("tried to look up {host}; give an address of this computer to --host")
        })?,
    };
    let port = match options.port {
        Some(number) => Port::exactly(number, &addresses),
        None => Port::near(PORT, &addresses),
    }
    .map_err(|why| no_port(why, &addresses))?;
    if let Some(taken) = &port.instead_of {
        note(&sentence(&say, "serve-other-port", taken, port.number));
    }

    let token = token()?;
    let source = Source::find(options.root.as_deref());
    let site = Site::build(&source, &token, std::env::current_exe().ok().as_deref())?;
    let keeper = Keeper::new(options.store)?;
    let remembering = Arc::clone(&keeper);
    let machines = Machines::new(
        options.machine.as_deref(),
        options.live,
        &say,
        move |report| remembering.remember(report),
    )?;

    let open_to_others = addresses.iter().any(|address| !address.is_loopback());
    let hosts = Hosts::new(port.number, options.host.as_ref(), options.allowed);
    let address = hosts.address.clone();
    let args = [
        ("address", Arg::Text(link(&address))),
        ("machine", Arg::Text(machines.serving_title().to_owned())),
        ("others", Arg::Text(yes_or_no(open_to_others))),
    ];
    let mut lines = say.shared("serve-ready", &args);
    if let Source::Folder(root) = &source {
        // A path from here would not say where that is.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.clone());
        let root = root.components().as_path().display().to_string();
        let root = [("root", Arg::Text(root))];
        lines.push('\n');
        lines.push_str(&visible_lines(&say.shared("serve-from", &root)));
    }
    if !open_to_others && std::env::var_os("SSH_CONNECTION").is_some() {
        let number = [("port", Arg::Text(port.number.to_string()))];
        lines.push('\n');
        lines.push_str(&say.shared("serve-tunnel", &number));
    }

    let (end, ending) = watch::channel(false);
    let app = Arc::new(App {
        site,
        token,
        hosts,
        machines,
        keeper,
        // Pages still have to be had while all that may listen do.
        streams: Arc::new(Semaphore::new(
            MAX_STREAMS.min(listen::max_connections() / 4 * 3),
        )),
        checks: Semaphore::new(MAX_CHECKS),
        readers: Semaphore::new(MAX_READERS),
        texts: Arc::clone(&say),
        ending: ending.clone(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .enable_all()
        .build()
        .context("tried to start the server's threads")?;
    let served = runtime.block_on(async {
        tokio::spawn(async move {
            stop_asked().await;
            end.send_replace(true);
            // Whoever asks twice does not want to wait.
            stop_asked().await;
            #[cfg(unix)]
            crate::live::end_programs();
            std::process::exit(130);
        });
        say_ready(&lines);
        if open_to_others {
            let elsewhere = hosts::from_elsewhere(&addresses, port.number).unwrap_or_default();
            let args = [
                ("known", Arg::Text(yes_or_no(!elsewhere.is_empty()))),
                ("address", Arg::Text(elsewhere)),
            ];
            warn(&say.shared("serve-others", &args));
        }
        if options.open
            && let Err(error) = open::that_detached(&address)
        {
            note(&format!(
                "no browser could be opened ({error}); open {address}"
            ));
        }
        if app.machines.is_live() {
            // Ready when the first page asks.
            let ours = Arc::clone(&app);
            tokio::spawn(async move {
                if let Ok(board) = ours.machines.find(None).await {
                    let _ = board.now().await;
                }
            });
        }
        listen::serve(port, api::router(Arc::clone(&app)), ending).await
    });
    app.machines.stop();
    app.keeper.stop();
    #[cfg(unix)]
    crate::live::end_programs();
    // A program that is being waited for, and a first look, may take their time.
    runtime.shutdown_background();
    served.with_context(|| format!("tried to serve {address}"))
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminate), Ok(mut hang_up)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Waits until the server ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    // An error is an end as well.
    drop(ending.wait_for(|ending| *ending).await);
}

/// A token that nobody can guess.
fn token() -> Result<String> {
    use std::fmt::Write as _;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| anyhow!("tried to make a token: {error}"))?;
    Ok(random.iter().fold(String::new(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}

fn no_port(why: NoPort, addresses: &[IpAddr]) -> anyhow::Error {
    match why {
        NoPort::Taken(taken) => {
            let by = taken.by.map_or_else(String::new, |by| format!(" by {by}"));
            let advice = taken.free.map_or_else(
                || "name another with --port".to_owned(),
                |free| format!("{free} is free: lessons serve --port {free}"),
            );
            anyhow!(
                "tried to listen to port {}: it is taken{by}; {advice}",
                taken.port
            )
        }
        NoPort::Refused(port, error) => {
            let at: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let advice = if error.kind() == io::ErrorKind::AddrNotAvailable {
                "give an address of this computer to --host, or 0.0.0.0 for all of them"
            } else {
                "name another with --port"
            };
            anyhow!(
                "tried to listen to port {port} at {}: {error}; {advice}",
                at.join(", ")
            )
        }
    }
}

fn sentence(say: &Texts, text: &str, taken: &Taken, port: u16) -> String {
    let by = taken.by.clone().unwrap_or_default();
    let args = [
        ("taken", Arg::Text(taken.port.to_string())),
        ("known", Arg::Text(yes_or_no(!by.is_empty()))),
        ("by", Arg::Text(by)),
        ("port", Arg::Text(port.to_string())),
    ];
    say.shared(text, &args)
}

/// A choice for a message.
fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// The address as a link, where a terminal shows it.
fn link(address: &str) -> String {
    if io::stdout().is_terminal() {
        format!("\x1b]8;;{address}\x1b\\{address}\x1b]8;;\x1b\\")
    } else {
        address.to_owned()
    }
}

fn say_ready(lines: &str) {
    let mut out = anstream::stdout().lock();
    // Whoever started this may not read what it says.
    let _ = writeln!(out, "{lines}").and_then(|()| out.flush());
}

/// Says something that is not the result.
fn note(text: &str) {
    beside(&style::paint(style::OPEN, "note:"), text);
}

/// Says what the reader has to know.
fn warn(text: &str) {
    beside(&style::paint(style::BAD, "warning:"), text);
}

fn beside(label: &str, text: &str) {
    let _ = writeln!(anstream::stderr(), "{label} {}", visible_lines(text));
}
