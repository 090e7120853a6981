//! The machines that a page can show: this one, the recordings that came along, and the file that the reader named. A page
//! names them; it cannot name a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow};
use axum::http::StatusCode;
use lessons_engine::bundled;
use lessons_engine::machine::Kind;
use lessons_engine::recording::Recording;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;
use lessons_engine::visible::visible;

use super::board::Board;
use super::documents::{MachineEntry, MachinesDocument};
use super::problem::Problem;
use crate::live::LiveOptions;
use crate::{machines, nearest};

/// What the live machine is called in an address.
pub(super) const LIVE: &str = "this-machine";

/// What the recording is called that the reader gave as a file.
const FILE: &str = "served-recording";

/// All machines.
pub(super) struct Machines {
    texts: Arc<Texts>,
    live: Arc<Board>,
    file: Option<Arc<Board>>,
    bundled: BTreeMap<&'static str, OnceLock<Arc<Board>>>,
    /// What is shown without asking for a machine.
    serving: &'static str,
    described: Vec<Described>,
}

struct Described {
    name: &'static str,
    title: String,
    summary: String,
    lesson: Option<String>,
    kind: Kind,
}

impl Machines {
    /// `machine` is what the reader gave: a recording's name, or its file; `None` for this machine.
    pub(super) fn new(
        machine: Option<&str>,
        options: LiveOptions,
        texts: &Arc<Texts>,
        remember: impl Fn(&Report) + Send + 'static,
    ) -> Result<Self> {
        let mut described = vec![Described {
            name: LIVE,
            title: texts.shared("serve-this-machine", &[]),
            summary: texts.shared("serve-this-machine-summary", &[]),
            lesson: None,
            kind: Kind::Live,
        }];
        let mut serving = LIVE;
        let mut file = None;
        if let Some(name) = machine {
            if let Some(known) = bundled::names().find(|known| *known == name) {
                serving = known;
            } else {
                let recording = machines::open(name)?;
                described.push(Described::of(FILE, &recording));
                file = Some(if name == "-" {
                    Board::of_recording(recording, texts)
                } else {
                    let path = std::path::absolute(PathBuf::from(name))?;
                    Board::of_file(path, recording, texts)?
                });
                serving = FILE;
            }
        }
        let mut bundled = BTreeMap::new();
        for name in bundled::names() {
            let recording = bundled::recording(name)
                .with_context(|| format!("the bundled recording {name} is gone"))?
                .map_err(|error| anyhow!("the bundled recording {name}: {error}"))?;
            described.push(Described::of(name, &recording));
            bundled.insert(name, OnceLock::new());
        }
        Ok(Self {
            live: Board::of_live(options, texts, remember)?,
            file,
            bundled,
            serving,
            described,
            texts: Arc::clone(texts),
        })
    }

    /// The machine that a page names; without a name, the one that is served.
    pub(super) async fn find(&self, name: Option<&str>) -> Result<Arc<Board>, Problem> {
        let name = name.filter(|name| !name.is_empty()).unwrap_or(self.serving);
        if name == LIVE {
            return Ok(Arc::clone(&self.live));
        }
        if let Some(file) = self.file.as_ref().filter(|_| name == FILE) {
            return Ok(Arc::clone(file));
        }
        let Some((name, board)) = self.bundled.get_key_value(name) else {
            let known = self.described.iter().map(|machine| machine.name);
            let wrong = nearest::unknown("machine", name, known, "/api/machines");
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                wrong.to_string(),
                "ask /api/machines for the names",
            ));
        };
        if let Some(board) = board.get() {
            return Ok(Arc::clone(board));
        }
        let (name, texts) = (*name, Arc::clone(&self.texts));
        let checked = tokio::task::spawn_blocking(move || Board::of_bundled(name, &texts));
        let made = checked.await.ok().flatten().ok_or_else(Problem::busy)?;
        Ok(Arc::clone(board.get_or_init(|| made)))
    }

    /// All of them, as the API shows them.
    pub(super) fn document(&self) -> MachinesDocument<'_> {
        MachinesDocument {
            schema: "lessons-machines/1",
            serving: self.serving,
            machines: self.described.iter().map(Described::entry).collect(),
        }
    }

    /// What is shown without asking for a machine, in one line.
    pub(super) fn serving_title(&self) -> &str {
        let mut all = self.described.iter();
        all.find(|machine| machine.name == self.serving)
            .map_or("", |machine| &machine.title)
    }

    /// Whether this machine is shown without asking for one; it is then looked at before somebody asks.
    pub(super) fn is_live(&self) -> bool {
        self.serving == LIVE
    }

    /// Ends watching.
    pub(super) fn stop(&self) {
        self.live.stop();
        if let Some(file) = &self.file {
            file.stop();
        }
    }
}

impl Described {
    fn of(name: &'static str, recording: &Recording) -> Self {
        let or_name = |text: &str| {
            visible(if text.is_empty() {
                &recording.name
            } else {
                text
            })
        };
        Self {
            name,
            title: or_name(&recording.title),
            summary: or_name(&recording.summary),
            lesson: recording.lesson.as_deref().map(visible),
            kind: Kind::Recording,
        }
    }

    fn entry(&self) -> MachineEntry<'_> {
        MachineEntry {
            name: self.name,
            title: &self.title,
            summary: &self.summary,
            lesson: self.lesson.as_deref(),
            kind: self.kind,
        }
    }
}
