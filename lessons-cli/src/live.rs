//! The machine that this program runs on.
//!
//! Files come first, NVML second, and a program runs only where nothing else tells. Nothing is changed, no root is
//! needed and no network is used. One thing is out of our hands: NVML, opened by root, may create `/dev/nvidiactl`,
//! so that file proves nothing about a driver.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use lessons_engine::machine::nvml::{Nvml, NvmlFailure};
use lessons_engine::machine::{
    Identity, Kind, Machine, NotRun, Output, Platform, Select, Stat, Unread,
};
use lessons_engine::programs as known;

mod files;
mod group;
#[cfg(target_os = "linux")]
mod loader;
mod nvml;
mod power;
mod programs;
#[cfg(unix)]
mod signals;

#[cfg(unix)]
pub use signals::{end_programs, end_programs_on_signals, note_interrupts, take_interrupt};

/// Elsewhere the terminal's library notes Ctrl-C while a line is typed, and nothing does it while a command runs.
#[cfg(not(unix))]
pub fn note_interrupts() {}

/// Whether Ctrl-C was pressed since the last time.
#[cfg(not(unix))]
pub fn take_interrupt() -> bool {
    false
}

use files::Files;
use programs::Programs;

/// How many times longer a Python may take to import torch and run a kernel than any other program: from a cold disk
/// this alone takes longer than all else together.
const TORCH_PATIENCE: u32 = 6;

/// How the live machine is to be read.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// How long a program, or NVML, may take. A program that is asked about torch may take six times as long.
    pub time_limit: Duration,
    /// Whether a Python may be started to ask it about its torch.
    pub deep: bool,
    /// Whether NVML may be asked where that wakes a sleeping GPU.
    pub wake: bool,
    /// The folder that stands for `/`: all files are read below it, links included. Programs of a fixed name, NVML
    /// and the environment are the running system's own.
    pub root: PathBuf,
}

impl LiveOptions {
    /// How long a Python may take that is asked about its torch.
    pub fn torch_limit(time_limit: Duration) -> Duration {
        time_limit.saturating_mul(TORCH_PATIENCE)
    }
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(10),
            deep: false,
            wake: false,
            root: PathBuf::from("/"),
        }
    }
}

/// The live machine. Dropping it ends every program that it started.
#[derive(Debug)]
pub struct Live {
    deep: bool,
    wake: bool,
    time_limit: Duration,
    files: Files,
    programs: Programs,
    nvml: nvml::Asked,
    asleep: OnceLock<bool>,
}

impl Live {
    /// The live machine; nothing is read and nothing runs yet.
    pub fn new(options: LiveOptions) -> Self {
        Self {
            deep: options.deep,
            wake: options.wake,
            time_limit: options.time_limit,
            files: Files::below(options.root),
            programs: Programs::on(std::env::var_os("PATH")),
            nvml: nvml::Asked::new(options.time_limit),
            asleep: OnceLock::new(),
        }
    }

    /// Where a path of the machine is in the running system; `None` for what is no path.
    pub fn place(&self, path: &str) -> Option<PathBuf> {
        self.files.place(path, files::Last::Itself).ok()
    }

    /// Whether asking the driver would wake a GPU, and nobody wants that.
    fn must_not_wake(&self) -> bool {
        !self.wake
            && *self
                .asleep
                .get_or_init(|| power::all_gpus_suspended(&self.files))
    }

    /// How long this program may take; why it may not run at all.
    fn admit(&self, argv: &[&str]) -> Result<Duration, NotRun> {
        if !known::is_known(argv) {
            return Err(NotRun::NotAsked);
        }
        if known::FIXED.contains(&argv) {
            // nvidia-smi asks the driver, which wakes the GPU just as NVML does.
            let wakes = argv == known::NVIDIA_SMI_TOPO;
            return if wakes && self.must_not_wake() {
                Err(NotRun::NotAsked)
            } else {
                Ok(self.time_limit)
            };
        }
        if self.deep {
            Ok(LiveOptions::torch_limit(self.time_limit))
        } else {
            Err(NotRun::NotAsked)
        }
    }
}

impl Machine for Live {
    fn identity(&self) -> Identity {
        Identity {
            name: "this machine".to_owned(),
            kind: Kind::Live,
        }
    }

    fn platform(&self) -> Platform {
        Platform {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            kernel: self
                .files
                .text("/proc/sys/kernel/osrelease")
                .ok()
                .map(|release| release.trim_end().to_owned()),
        }
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        self.files.text(path)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        self.files.link(path)
    }

    fn stat(&self, path: &str) -> Result<Stat, Unread> {
        self.files.stat(path)
    }

    fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        self.files.dir(path)
    }

    fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        self.files.excerpt(path, select)
    }

    fn command(&self, argv: &[&str]) -> Result<Output, NotRun> {
        let limit = self.admit(argv)?;
        self.programs.output(argv, limit, &self.files)
    }

    fn env(&self, name: &str) -> Result<Option<String>, Unread> {
        Ok(std::env::var_os(name).map(|value| lossy(&value)))
    }

    fn nvml(&self) -> Result<Nvml, NvmlFailure> {
        if self.must_not_wake() {
            return Err(nvml::suspended());
        }
        self.nvml.answer(&self.files)
    }

    fn prepare(&self, programs: &[&[&str]], nvml: bool) {
        if nvml && !self.must_not_wake() {
            self.nvml.start(&self.files);
        }
        for argv in programs {
            if let Ok(limit) = self.admit(argv) {
                self.programs.start(argv, limit, &self.files);
            }
        }
    }
}

fn lossy(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_shared<T: Send + Sync>() {}

    #[test]
    fn it_can_be_asked_from_many_threads() {
        assert_shared::<Live>();
    }

    #[test]
    fn nothing_but_the_known_programs_runs() {
        let live = Live::new(LiveOptions::default());
        for argv in [&["sh", "-c", "true"][..], &["nvcc"], &["gcc", "-v"], &[]] {
            assert_eq!(live.command(argv), Err(NotRun::NotAsked), "{argv:?}");
        }
    }

    #[test]
    fn python_starts_only_when_asked_to() {
        let python = known::torch_probe("/nonexistent/bin/python");
        let live = Live::new(LiveOptions::default());
        assert_eq!(live.command(&python), Err(NotRun::NotAsked));
        let live = Live::new(LiveOptions {
            deep: true,
            ..LiveOptions::default()
        });
        assert_eq!(live.command(&python), Err(NotRun::NotFound));
    }

    #[test]
    fn the_environment_is_this_process_s() {
        let live = Live::new(LiveOptions::default());
        let path = std::env::var_os("PATH").map(|path| lossy(&path));
        assert_eq!(live.env("PATH"), Ok(path));
        assert_eq!(live.env("LESSONS_NO_SUCH_VARIABLE"), Ok(None));
        assert_eq!(live.env(""), Ok(None));
    }
}
