//! The outputs of a machine that a page shows in the place of the book's recorded ones.

use lessons_engine::annotate::annotate;
use lessons_engine::draw;
use lessons_engine::explain::Asked;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Message;
use lessons_engine::machine::nvml::{Nvml, NvmlFailure};
use lessons_engine::machine::{Identity, Machine, NotRun, Output, Platform, Select, Stat, Unread};
use lessons_engine::outputs::{self, Shown};
use lessons_engine::read::recognise::Kind;
use lessons_engine::read::topo;
use lessons_engine::recording::Recording;
use lessons_engine::texts::Texts;
use serde::Serialize;

use crate::live::{Live, LiveOptions};

/// What a command of the chapters shows on a machine: `lessons-serve-output/1`.
#[derive(Serialize)]
pub(super) struct OutputDocument<'a> {
    schema: &'static str,
    machine: &'a Identity,
    kind: &'static str,
    /// The command line that shows it; none shows a wheel's name.
    command: Option<String>,
    /// What it was made from, where no program printed it.
    drawn: Option<String>,
    /// The output with every field explained in place.
    html: Option<String>,
    /// The picture of a topology, as SVG.
    picture: Option<String>,
    /// Why there is no output.
    why: Option<String>,
}

impl<'a> OutputDocument<'a> {
    /// What a machine shows, by what was last read of it. A file that the checks do not ask for is read now, where the machine
    /// is this one; no program is run.
    pub(super) fn new(
        machine: &'a Identity,
        kind: Kind,
        recording: &Recording,
        live: Option<&LiveOptions>,
        texts: &Texts,
    ) -> Self {
        let live = live.map(|options| Live::new(options.clone()));
        let read = Read { recording, live };
        let mut document = Self {
            schema: "lessons-serve-output/1",
            machine,
            kind: kind.name(),
            command: None,
            drawn: None,
            html: None,
            picture: None,
            why: None,
        };
        if let Err(why) = document.show(kind, &Facts::new(&read), texts) {
            document.why = Some(texts.sentence(&why));
        }
        document
    }

    fn show(&mut self, kind: Kind, facts: &Facts<'_>, texts: &Texts) -> Result<(), Message> {
        let shown: Shown = outputs::of(kind, facts)?;
        self.command = shown.command.map(|argv| argv.join(" "));
        let id = format!("own-{}", kind.name());
        let html = annotate(&shown.text, Some(kind), &Asked::default(), texts, &id);
        self.html = Some(html.map_err(|_| outputs::unusual(&shown))?);
        self.drawn = shown.drawn.map(|drawn| texts.sentence(&drawn));
        if kind == Kind::Topo {
            let topo = topo::read(&shown.text).ok();
            self.picture = topo.map(|topo| draw::topology::svg(&topo, texts));
        }
        Ok(())
    }
}

/// What was read of a machine, and the files of this machine besides.
struct Read<'a> {
    recording: &'a Recording,
    live: Option<Live>,
}

impl Read<'_> {
    fn or_live<T>(
        &self,
        known: Result<T, Unread>,
        ask: impl FnOnce(&Live) -> Result<T, Unread>,
    ) -> Result<T, Unread> {
        match (known, &self.live) {
            (Err(Unread::NotRecorded), Some(live)) => ask(live),
            (known, _) => known,
        }
    }
}

impl Machine for Read<'_> {
    fn identity(&self) -> Identity {
        self.recording.identity()
    }

    fn platform(&self) -> Platform {
        self.recording.platform()
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        self.or_live(self.recording.text(path), |live| live.text(path))
    }

    fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        let known = self.recording.excerpt(path, select);
        self.or_live(known, |live| live.excerpt(path, select))
    }

    fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        self.or_live(self.recording.link(path), |live| live.link(path))
    }

    fn stat(&self, path: &str) -> Result<Stat, Unread> {
        self.or_live(self.recording.stat(path), |live| live.stat(path))
    }

    fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        self.or_live(self.recording.dir(path), |live| live.dir(path))
    }

    fn command(&self, argv: &[&str]) -> Result<Output, NotRun> {
        match self.recording.command(argv) {
            // What a check does not ask for is not asked for here.
            Err(NotRun::NotRecorded) if self.live.is_some() => Err(NotRun::NotAsked),
            said => said,
        }
    }

    fn env(&self, name: &str) -> Result<Option<String>, Unread> {
        self.recording.env(name)
    }

    fn nvml(&self) -> Result<Nvml, NvmlFailure> {
        self.recording.nvml()
    }
}
