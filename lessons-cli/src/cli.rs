//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use lessons_engine::plan::{AskedCuda, AskedDriver, AskedTorch, Gpu, Libc, Place};
use lessons_engine::tables::torch_matrix::Package;
use lessons_engine::tables::{Arch, Os};
use lessons_engine::version::{BuildTag, CudaVersion, PythonVersion};

use crate::serve::{AllowedHost, Host};

/// From a bare machine to a working PyTorch on an NVIDIA GPU, every step checked
///
/// Without a command: where you are in the lessons on this machine, and what is next. Nothing here changes your
/// machine, needs root or uses the network; commands are printed for you to run.
#[derive(Debug, Parser)]
#[command(
    name = "lessons",
    version,
    propagate_version = false,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How the live machine is read.
    #[command(flatten)]
    pub live: LiveArgs,
}

/// How the live machine is read.
#[derive(Debug, Clone, Args)]
pub struct LiveArgs {
    /// Also ask Python: import torch and run a small kernel on each GPU
    #[arg(long, global = true, help_heading = "Reading this machine")]
    pub deep: bool,

    /// Ask the driver even when that wakes a sleeping GPU
    #[arg(long, global = true, help_heading = "Reading this machine")]
    pub wake: bool,

    /// The longest that any program may take
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        default_value = "10",
        value_parser = seconds,
        help_heading = "Reading this machine"
    )]
    pub time_limit: Duration,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lessons and steps with your progress
    List {
        /// As JSON (schema lessons-list/1)
        #[arg(long)]
        json: bool,
    },
    /// Check steps, live or on a recorded machine
    Check(CheckArgs),
    /// Why a step matters, how to do it, and what its check says
    Show {
        /// The step, such as driver.installed
        step: String,
        /// Read from this recording (a name or a file) instead of this machine
        #[arg(long, value_name = "NAME|FILE")]
        machine: Option<String>,
    },
    /// One hint for a step; each time you ask, a stronger one
    Hint {
        /// The step
        step: String,
        /// Show this level, and remember nothing
        #[arg(long, value_name = "N")]
        level: Option<usize>,
        /// All hints at once
        #[arg(long, conflicts_with = "level")]
        all: bool,
        /// What the hints are about: a bundled recording, or a recording in a file; without it, this machine
        #[arg(long, value_name = "NAME|FILE")]
        machine: Option<String>,
    },
    /// Mark a step as done by hand, where no check can see it
    Done {
        /// The step
        step: String,
    },
    /// Skip a step: it is left out of what is next, and does not count as done
    Skip {
        /// The step
        step: String,
    },
    /// Forget the progress of a step, or of all
    Reset {
        /// The step
        #[arg(required_unless_present = "all")]
        step: Option<String>,
        /// Forget everything; a backup is kept
        #[arg(long, conflicts_with = "step")]
        all: bool,
        /// Do not ask
        #[arg(long, requires = "all")]
        yes: bool,
    },
    /// Type into a machine that does not exist: commands do what they would do, and nothing of yours changes
    ///
    /// Without a name: the exercises. A name is an exercise, or one of `lessons machines`.
    Practice(PracticeArgs),
    /// Your progress; to take it elsewhere, export and import it
    Progress {
        /// What to do with it.
        #[command(subcommand)]
        action: Option<ProgressAction>,
    },
    /// Recorded machines to practise on
    Machines {
        /// What to do.
        #[command(subcommand)]
        action: Option<MachinesAction>,
        /// As JSON (schema lessons-machines/1)
        #[arg(long)]
        json: bool,
    },
    /// Record this machine: everything that the checks read, to replay anywhere
    Record {
        /// The file to write; without it, or for -, standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
        /// The recording's name
        #[arg(long, default_value = "my-machine")]
        name: String,
        /// Keep user and host names, serial numbers, UUIDs and addresses
        #[arg(long)]
        no_redact: bool,
    },
    /// Explain any pasted output, field by field
    ///
    /// Without a kind, what was pasted is recognised.
    #[command(after_help = READ_HELP)]
    Read(ReadArgs),
    /// The PyTorch desk: what to install, which wheels there are, and whether torch stands here
    Torch {
        /// What to ask.
        #[command(subcommand)]
        action: TorchAction,
    },
    /// What an error message means: its possible causes, told apart on this machine
    ///
    /// The text may be a sentence from the screen, words that you remember of it, or a whole log. It only leads to the
    /// causes that it can have; which of them holds here is decided by checks, and those run at once.
    #[command(after_help = WHY_HELP)]
    Why(WhyArgs),
    /// Questions about recorded machines, with the answers explained
    Quiz(QuizArgs),
    /// Check again whenever something changes, until you stop it
    Watch {
        /// Steps or lessons; without any, all
        #[arg(value_name = "STEP|LESSON")]
        what: Vec<String>,
        /// Seconds between two looks
        #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
        every: Duration,
    },
    /// Open the book with this machine in it: its pages check, and change as the machine does
    ///
    /// Only this computer can open the pages. What they show changes as soon as the machine does.
    Serve(ServeArgs),
    /// Build the book, or serve it to a stock mdBook
    Book {
        /// What to do.
        #[command(subcommand)]
        action: BookAction,
    },
    /// For the authors of lessons
    Dev {
        /// What to do.
        #[command(subcommand)]
        action: DevAction,
    },
    /// Print a completion script
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// What to practise on, and how.
#[derive(Debug, Args)]
pub struct PracticeArgs {
    /// An exercise, or a machine
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Play the commands of a file, or of standard input with -, and say whether the goal is reached
    #[arg(long, value_name = "FILE", requires = "name", value_hint = ValueHint::FilePath)]
    pub script: Option<PathBuf>,
    /// As JSON (schema lessons-practice/1; of the list, lessons-practice-list/1)
    #[arg(long)]
    pub json: bool,
    /// Begin at the start again
    #[arg(long, requires = "name")]
    pub reset: bool,
}

/// What to check, where, and how to show it.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Steps or lessons; without any, all
    #[arg(value_name = "STEP|LESSON")]
    pub what: Vec<String>,
    /// Check this recording (a name or a file) instead of this machine
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<String>,
    /// Recommended steps count like required ones
    #[arg(long)]
    pub strict: bool,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// The kinds of output, which the usage cannot name one by one.
const READ_HELP: &str = "\
Kinds:
  smi      nvidia-smi in any of its forms
  topo     nvidia-smi topo -m
  drivers  ubuntu-drivers devices, or list
  nvcc     nvcc --version
  wheel    a wheel's file name
  index    a page of a package index, or a list of files
  env      python -m torch.utils.collect_env

Examples:
  nvidia-smi | lessons read
  lessons read topo matrix.txt --svg topology.svg
  lessons read torch-2.9.1+cu126-cp311-cp311-win_amd64.whl";

/// What to read, and what of it to show.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// What it is, and the file; without a file, or with -, standard input
    #[arg(value_name = "KIND] [FILE", num_args = 0..=2, value_hint = ValueHint::FilePath)]
    pub what: Vec<String>,
    /// As JSON (schema lessons-read-KIND/1)
    #[arg(long)]
    pub json: bool,
    /// What it says about the steps, by the checks of `lessons check`
    #[arg(long)]
    pub step: bool,
    /// Of a topology: also write the drawing as SVG; - prints it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub svg: Option<PathBuf>,
    /// Of driver packages: choose one that is new enough for this CUDA
    #[arg(long, value_name = "X.Y")]
    pub for_cuda: Option<CudaVersion>,
}

/// How a text is given to `lessons why`.
const WHY_HELP: &str = "\
Examples:
  lessons why 'Failed to initialize NVML: Driver/library version mismatch'
  lessons why torch does not see my gpu
  python train.py 2>&1 | lessons why -
  sudo dmesg | lessons why - --json";

/// What was seen, and where to look for its cause.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The text; without one, or with -, standard input
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    /// Look on this recording (a name or a file) instead of this machine
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<String>,
    /// As JSON (schema lessons-why/1)
    #[arg(long)]
    pub json: bool,
}

/// What to serve, and where.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The port to listen on; 0 takes any that is free
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Listen at this address of this computer, so that others can open the book too; 0.0.0.0 for all addresses
    ///
    /// Without it, only this computer can. Whoever can reach the address sees what the checks say of this machine, and can
    /// mark its steps: there is no password.
    #[arg(long, value_name = "ADDR")]
    pub host: Option<Host>,
    /// Also answer to this name of this computer (NAME or NAME:PORT); can be given several times
    ///
    /// An address is answered to where it is reached, and localhost always. Any other name is refused, since a page
    /// elsewhere could have its own name lead here.
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<AllowedHost>,
    /// Show this recording (a name or a file) instead of this machine
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<String>,
    /// Open the book in your browser
    #[arg(long)]
    pub open: bool,
    /// The folder with book.toml; without it, the current folder if the book is there, else the book that came along
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub root: Option<PathBuf>,
}

/// What to ask.
#[derive(Debug, Args)]
pub struct QuizArgs {
    /// The lesson to ask about; without one, all
    pub lesson: Option<String>,
    /// The same questions as a quiz that showed this number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many questions
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=200))]
    pub count: u16,
    /// As JSON, with answers and explanations (schema lessons-quiz/1)
    #[arg(long)]
    pub json: bool,
}

/// How `lessons check` shows what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document (schema lessons-check/1)
    Json,
    /// One JSON document a step, each on its line
    Jsonl,
    /// JUnit's XML, for CI
    Junit,
    /// Test Anything Protocol 14
    Tap,
    /// Metrics for Prometheus
    Prometheus,
}

/// What to ask of the PyTorch desk.
#[derive(Debug, Subcommand)]
pub enum TorchAction {
    /// The command that installs torch here, or on a machine that you describe
    ///
    /// What you do not give is read from this machine, or from --machine. Nothing but --live uses the network.
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArgs),
    /// Which wheels there are for a CUDA version and a Python, newest first
    ///
    /// From the list that comes along; with --index from an index itself. Nothing but --index uses the network.
    #[command(after_help = WHEELS_HELP)]
    Wheels(WheelsArgs),
    /// After the install: whether torch stands here, with all that it rests on
    ///
    /// Checks the steps of the torch lesson and what they need. With --deep torch also multiplies and convolves a
    /// little on each GPU, under a time limit.
    Verify(VerifyArgs),
}

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Verify this recording (a name or a file) instead of this machine
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<String>,
    /// Recommended steps count like required ones
    #[arg(long)]
    pub strict: bool,
    /// As JSON (schema lessons-check/1)
    #[arg(long)]
    pub json: bool,
}

/// What may be asked of a plan.
const PLAN_HELP: &str = "\
Examples:
  lessons torch plan
  lessons torch plan --cuda 12.4 --python 3.11
  lessons torch plan --driver 580.95.05 --gpu \"RTX 5090\" --with torchvision,torchaudio
  lessons torch plan --gpu \"GTX 1080 Ti\" --os windows --mirror nju
  lessons torch plan --torch '>=2.6,<2.9' --gpu sm_86 --json

Exit: 0 there is a plan, 1 nothing fits, 2 wrong usage, 4 an input could not be read";

/// What a plan is for.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The NVIDIA driver, such as 580.95.05, or its branch alone
    #[arg(long, value_name = "VERSION")]
    pub driver: Option<AskedDriver>,
    /// The machine's CUDA as people name it (12.4); or cpu, rocm, xpu for a build without CUDA
    #[arg(long, value_name = "X.Y")]
    pub cuda: Option<AskedCuda>,
    /// The Python, such as 3.11; free-threaded as 3.13t
    #[arg(long, value_name = "X.Y", value_parser = python)]
    pub python: Option<PythonVersion>,
    /// A version of torch (2.8.0), or conditions ('>=2.6,<2.9')
    #[arg(long, value_name = "VERSION")]
    pub torch: Option<AskedTorch>,
    /// The GPU by its name ("RTX 4090") or its compute capability (8.9); several with commas
    #[arg(long, value_name = "NAME|sm_XY", value_delimiter = ',')]
    pub gpu: Vec<Gpu>,
    /// What to install next to it: torchvision, torchaudio, torchtext, torchcodec; or none
    #[arg(long = "with", value_name = "PACKAGE,…", value_parser = companions)]
    pub companions: Option<Companions>,
    /// Where to download from: official, nju, sjtu, aliyun, or an address
    #[arg(long, value_name = "NAME|URL")]
    pub mirror: Option<Place>,
    /// Show commands for this tool alone
    #[arg(long, value_enum)]
    pub tool: Option<InstallTool>,
    /// The operating system: linux, windows or macos
    #[arg(long, value_name = "OS")]
    pub os: Option<Os>,
    /// The processor, named as by uname -m
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Arch>,
    /// The C library of Linux: glibc's version, or musl
    #[arg(long, value_name = "VERSION|musl")]
    pub libc: Option<Libc>,
    /// Read what is not given from this recording (a name or a file) instead of this machine
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<String>,
    /// Ask the index now whether the wheels are there
    #[arg(long)]
    pub live: bool,
    /// As JSON (schema lessons-torch-plan/1)
    #[arg(long)]
    pub json: bool,
}

/// What to install next to torch.
#[derive(Debug, Clone)]
pub struct Companions(pub Vec<Package>);

/// What installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InstallTool {
    /// pip
    Pip,
    /// uv
    Uv,
}

/// Where wheels may be looked for.
const WHEELS_HELP: &str = "\
Indexes:
  official, nju, sjtu, aliyun, pypi   by name; for all but pypi say --cuda
  https://…                           an index (below it, the project's page), or a page
  FILE                                a saved page, or a list of names
  FOLDER                              saved pages and wheels

Examples:
  lessons torch wheels --cuda 12.4 --python 3.11
  lessons torch wheels --cuda 13.0 --nightly --index official
  lessons torch wheels --package torchvision --index pypi";

/// Which wheels to list.
#[derive(Debug, Args)]
pub struct WheelsArgs {
    /// The CUDA version (12.4), or another build (cpu, rocm6.4, xpu)
    #[arg(long, value_name = "X.Y", value_parser = build)]
    pub cuda: Option<BuildTag>,
    /// The Python, such as 3.11; free-threaded as 3.13t
    #[arg(long, value_name = "X.Y", value_parser = python)]
    pub python: Option<PythonVersion>,
    /// Nightlies in place of stable releases
    #[arg(long)]
    pub nightly: bool,
    /// Look there, instead of into the list that comes along
    #[arg(long, value_name = "URL|FILE|FOLDER|NAME", value_hint = ValueHint::AnyPath)]
    pub index: Option<String>,
    /// The project
    #[arg(long, value_name = "NAME", default_value = "torch", value_parser = project)]
    pub package: String,
    /// For this operating system alone: linux, windows or macos
    #[arg(long, value_name = "OS")]
    pub os: Option<Os>,
    /// For this processor alone, named as by uname -m
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Arch>,
    /// As JSON (schema lessons-torch-wheels/1)
    #[arg(long)]
    pub json: bool,
}

/// What to do with progress.
#[derive(Debug, Subcommand)]
pub enum ProgressAction {
    /// Print your progress as one JSON document
    Export,
    /// Add the progress of another machine to this one's
    Import {
        /// The exported file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
}

/// What to do with machines.
#[derive(Debug, Subcommand)]
pub enum MachinesAction {
    /// Print one recording
    Show {
        /// Its name
        name: String,
    },
}

/// What to do with the book.
#[derive(Debug, Subcommand)]
pub enum BookAction {
    /// Build the book and check every link in it
    Build {
        /// The folder to write; without it, as book.toml says: book/build
        #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        dest: Option<PathBuf>,
        /// The language
        #[arg(long, default_value = "en")]
        lang: String,
        /// The folder with book.toml; without it, the current folder if a book is there, else the book that came along
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        root: Option<PathBuf>,
    },
    /// What a stock mdBook calls: its preprocessor protocol on standard input and output
    Preprocess {
        /// The words that mdBook passes: `supports RENDERER`, or nothing
        #[arg(value_name = "WORD", num_args = 0..)]
        words: Vec<String>,
    },
}

/// What authors do.
#[derive(Debug, Subcommand)]
pub enum DevAction {
    /// Check that every step has its texts, chapter and recordings, and that every list agrees with the registry
    Check {
        /// The folder with book.toml
        #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
        root: PathBuf,
    },
    /// Bring the tables of wheels and releases up to date, and show what changed
    ///
    /// Reads the pages of torch and its companions on an index, the metadata of each release there, and whatever other
    /// pages are given. Shows what changes in the list of wheels (torch-wheels.tsv) and in the table of releases
    /// (torch-matrix.json), and what only a person can decide. Nothing is written without --write; a page that is cut
    /// short, or is of something else, is refused.
    Refresh(RefreshArgs),
}

/// What to refresh from.
#[derive(Debug, Args)]
pub struct RefreshArgs {
    /// The index with the projects' own pages, or a folder with them saved as torch.json, torchvision.json …
    #[arg(long, value_name = "URL|FOLDER", default_value = crate::offers::PYPI, value_hint = ValueHint::AnyPath)]
    pub index: String,
    /// Also a page of another index, or a list of names that were seen
    #[arg(long, value_name = "URL|FILE", value_hint = ValueHint::AnyPath)]
    pub page: Vec<String>,
    /// The day on which the pages were read; without it, today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub as_of: Option<String>,
    /// Write what changed
    #[arg(long)]
    pub write: bool,
    /// Also take in a page that lacks many of the wheels that are known
    #[arg(long)]
    pub accept_loss: bool,
    /// The folder with book.toml
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub root: PathBuf,
}

/// A day as tables have it.
fn day(text: &str) -> Result<String, String> {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) => Ok(day.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// A Python as people write it: `3.12`, `Python 3.12.4`, `python3.12`, `py312`, `312`.
fn python(text: &str) -> Result<PythonVersion, String> {
    let lower = text.trim().to_ascii_lowercase();
    let number = lower
        .strip_prefix("python")
        .or_else(|| lower.strip_prefix("py"))
        .unwrap_or(&lower)
        .trim_start_matches([' ', '-']);
    let digits = number.trim_end_matches('t');
    let squeezed = (2..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let read = if squeezed {
        format!("cp{number}").parse()
    } else {
        number.parse()
    };
    read.map_err(|error: lessons_engine::version::VersionError| error.to_string())
}

/// A build: by its tag (`cu126`, `cpu`), or by its CUDA version alone.
fn build(text: &str) -> Result<BuildTag, String> {
    match text.parse::<BuildTag>() {
        Ok(tag) => Ok(tag),
        Err(error) => match text.trim().parse::<CudaVersion>() {
            Ok(cuda) => Ok(BuildTag::Cuda(cuda.release())),
            Err(_) => Err(error.to_string()),
        },
    }
}

/// The names of companions between commas; none is none.
fn companions(text: &str) -> Result<Companions, String> {
    let mut packages = Vec::new();
    for name in text.split(',').map(str::trim) {
        if name.is_empty() || name == "none" {
            continue;
        }
        let package: Package = name.parse().map_err(
            |error: lessons_engine::tables::torch_matrix::NotACompanion| error.to_string(),
        )?;
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    Ok(Companions(packages))
}

/// A project's name: letters, digits, and single signs between them.
fn project(text: &str) -> Result<String, String> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_name = ends(text.chars().next())
        && ends(text.chars().last())
        && text.len() <= 100
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a project's name has letters, digits, -, _ and .".to_owned())
    }
}

/// Seconds, with parts, more than none and no more than a day.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("give seconds, more than 0 and at most 86400".to_owned()),
    }
}
