//! `lessons torch wheels`: which wheels there are, newest first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use lessons_engine::finding::Message;
use lessons_engine::read::index::Yanked;
use lessons_engine::texts::Texts;
use lessons_engine::version::{BuildTag, PythonVersion};
use lessons_engine::visible::visible;
use lessons_engine::wheels::{self, Answer, Asked, Nearest, Offer, Release, WhyNone};

use crate::cli::{LiveArgs, WheelsArgs};
use crate::offers::{self, Place};
use crate::wrap::{self, wrapped};
use crate::{Done, Exit, clock, style};

pub(super) fn run(args: WheelsArgs, live: &LiveArgs) -> Result<Done> {
    let asked = Asked {
        package: args.package,
        build: args.cuda,
        python: args.python,
        os: args.os,
        arch: args.arch,
        nightly: args.nightly,
    };
    let answer = if let Some(index) = &args.index {
        let place = Place::typed(index, asked.build.as_ref(), asked.nightly)?;
        let pages = place.read(&asked.package, &offers::client(live.time_limit))?;
        let today = clock::now()?
            .to_string()
            .chars()
            .take(10)
            .collect::<String>();
        let catalogue = offers::catalogue(&pages, &asked.package, &today);
        wheels::answer(&catalogue, asked)
    } else {
        wheels::bundled(asked)
    };
    let text = if args.json {
        serde_json::to_string_pretty(&answer)? + "\n"
    } else {
        Page {
            answer: &answer,
            index: args.index.as_deref(),
            texts: &super::super::texts(),
        }
        .text()
    };
    Ok(Done {
        text,
        exit: if answer.nearest.is_some() {
            Exit::Failed
        } else {
            Exit::Good
        },
    })
}

/// The answer as people read it.
struct Page<'a> {
    answer: &'a Answer,
    index: Option<&'a str>,
    texts: &'a Texts,
}

impl Page<'_> {
    fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}\n", style::paint(style::HEADING, self.heading()));
        for release in &self.answer.releases {
            self.release(&mut out, release);
        }
        if !self.answer.releases.is_empty() {
            out.push('\n');
        }
        if !self.answer.unnamed.is_empty() {
            let unnamed = Message::shared("wheels-unnamed")
                .arg("versions", self.answer.unnamed.join(", "))
                .count("count", self.answer.unnamed.len());
            self.say(&mut out, &unnamed);
        }
        if let Some(nearest) = &self.answer.nearest {
            self.nearest(&mut out, nearest);
        }
        self.sources(&mut out);
        out
    }

    fn heading(&self) -> String {
        let asked = &self.answer.asked;
        let any = || self.texts.shared("wheels-any", &[]);
        let build = asked.build.as_ref().map_or_else(any, build_name);
        let python = asked.python.map_or_else(any, |python| python.to_string());
        let heading = Message::shared(if asked.nightly {
            "wheels-heading-nightly"
        } else {
            "wheels-heading"
        })
        .arg("package", &asked.package)
        .arg("build", build)
        .arg("python", python);
        self.texts.sentence(&heading)
    }

    /// A version on a line; where no Python was asked for, a line below it for each platform with its Pythons.
    fn release(&self, out: &mut String, release: &Release) {
        let mut platforms: BTreeMap<String, Vec<&Offer>> = BTreeMap::new();
        for wheel in &release.wheels {
            platforms
                .entry(wheel.platform_tags.join("."))
                .or_default()
                .push(wheel);
        }
        let place = if release.repository == "pypi" && release.builds.len() == 1 {
            format!("pypi, {}", release.builds[0])
        } else {
            release.repository.clone()
        };
        let version = format!("{:<24}", visible(&release.version));
        let begin = format!(
            "{} {:<16}",
            style::paint(style::TYPE, version),
            visible(&place)
        );
        if self.answer.asked.python.is_some() {
            let named: Vec<String> = platforms
                .iter()
                .map(|(platform, wheels)| {
                    let mut words = visible(platform);
                    if let Some(build) = wheels
                        .first()
                        .and_then(|wheel| wheel.build.as_ref())
                        .filter(|_| release.builds.len() > 1)
                    {
                        let _ = write!(words, " {build}");
                    }
                    if let Some(size) = wheels.iter().find_map(|wheel| wheel.size) {
                        let _ = write!(words, " {}", megabytes(size));
                    }
                    if let Some(wheel) = wheels.iter().find(|wheel| wheel.yanked != Yanked::No) {
                        let _ = write!(words, " ({})", self.yanked(wheel));
                    }
                    words
                })
                .collect();
            let rest = " ".repeat(42);
            let named = named.join(" · ");
            let lines = wrapped(&format!("{begin} "), &rest, &named, wrap::screen());
            let _ = writeln!(out, "{lines}");
            return;
        }
        let _ = writeln!(out, "{begin}");
        for (platform, wheels) in platforms {
            let mut pythons: Vec<String> = wheels.iter().map(|wheel| python_name(wheel)).collect();
            pythons.dedup();
            let _ = writeln!(
                out,
                "    {:<34} {}",
                visible(&platform),
                visible(&pythons.join(" "))
            );
        }
    }

    fn yanked(&self, wheel: &Offer) -> String {
        match &wheel.yanked {
            Yanked::Because(reason) => self
                .texts
                .sentence(&Message::shared("wheels-yanked-because").arg("reason", visible(reason))),
            _ => self.texts.shared("wheels-yanked", &[]),
        }
    }

    fn nearest(&self, out: &mut String, nearest: &Nearest) {
        let asked = &self.answer.asked;
        let build = asked.build.as_ref().map_or_else(String::new, build_name);
        let python = asked
            .python
            .map_or_else(String::new, |python| python.to_string());
        let why = Message::shared(match nearest.why {
            WhyNone::NoSuchProject => "wheels-none-project",
            WhyNone::OtherChannel if asked.nightly => "wheels-none-nightly",
            WhyNone::OtherChannel => "wheels-none-stable",
            WhyNone::NoSuchBuild => "wheels-none-build",
            WhyNone::NoSuchPython => "wheels-none-python",
            WhyNone::NotTogether => "wheels-none-together",
            WhyNone::OtherPlatform => "wheels-none-platform",
        })
        .arg("package", &asked.package)
        .arg("build", &build)
        .arg("python", &python)
        .arg("projects", shortened(&nearest.projects));
        self.say(out, &why);
        if !nearest.pythons.is_empty() && asked.python.is_some() && asked.build.is_some() {
            let pythons: Vec<String> = nearest.pythons.iter().map(ToString::to_string).collect();
            let line = Message::shared("wheels-nearest-pythons")
                .arg("build", &build)
                .arg("pythons", pythons.join(", "))
                .arg("newest", nearest.newest_of_build.as_deref().unwrap_or("?"));
            self.say(out, &line);
        }
        if !nearest.builds.is_empty() && asked.build.is_some() {
            let builds: Vec<String> = nearest.builds.iter().map(ToString::to_string).collect();
            let line = Message::shared(if asked.python.is_some() {
                "wheels-nearest-builds-for-python"
            } else {
                "wheels-nearest-builds"
            })
            .arg("python", &python)
            .arg("builds", shortened(&builds))
            .arg(
                "newest",
                nearest.newest_for_python.as_deref().unwrap_or("?"),
            );
            self.say(out, &line);
        }
        if nearest.untold > 0 && asked.build.is_some() {
            let line = Message::shared("wheels-nearest-untold")
                .count("count", nearest.untold)
                .arg(
                    "newest",
                    nearest.newest_for_python.as_deref().unwrap_or("?"),
                );
            self.say(out, &line);
        }
        if nearest.why == WhyNone::OtherPlatform {
            let line = Message::shared("wheels-nearest-platforms")
                .arg("platforms", nearest.platforms.join(", "));
            self.say(out, &line);
        }
        out.push('\n');
    }

    /// Where this comes from, and how to learn more.
    fn sources(&self, out: &mut String) {
        let answer = self.answer;
        if let Some(index) = self.index {
            let incomplete = !answer.sources.iter().any(|source| source.whole);
            let line = Message::shared(if incomplete {
                "wheels-source-part"
            } else {
                "wheels-source-index"
            })
            .arg("index", index)
            .arg("day", &answer.as_of);
            self.say(out, &line);
            return;
        }
        let parts: Vec<&str> = answer
            .sources
            .iter()
            .filter(|source| !source.whole)
            .map(|source| source.repository.as_str())
            .collect();
        let line = Message::shared(if parts.is_empty() {
            "wheels-source-snapshot"
        } else {
            "wheels-source-snapshot-part"
        })
        .arg("day", &answer.as_of);
        self.say(out, &line);
        let asked = &answer.asked;
        let mut command = "lessons torch wheels".to_owned();
        if asked.package != "torch" {
            let _ = write!(command, " --package {}", visible(&asked.package));
        }
        // Nightlies are on PyTorch's own index alone, which has a folder for each build.
        let newest = answer
            .releases
            .first()
            .and_then(|release| release.builds.first());
        let build = asked.build.as_ref().or(newest.filter(|_| asked.nightly));
        let index = if let Some(build) = build {
            let cuda = build
                .cuda()
                .map_or_else(|| build.to_string(), |cuda| cuda.to_string());
            let _ = write!(command, " --cuda {cuda}");
            "official"
        } else {
            "pypi"
        };
        if let Some(python) = asked.python {
            let _ = write!(command, " --python {python}");
        }
        if asked.nightly {
            command.push_str(" --nightly");
        }
        let _ = write!(command, " --index {index}");
        let _ = writeln!(out, "    {}", style::paint(style::TYPE, command));
    }

    fn say(&self, out: &mut String, message: &Message) {
        let sentence = self.texts.sentence(message);
        let _ = writeln!(out, "{}", wrapped("", "", &sentence, wrap::screen()));
    }
}

/// `CUDA 12.4 (cu124)`.
fn build_name(build: &BuildTag) -> String {
    match build.cuda() {
        Some(cuda) => format!("CUDA {cuda} ({build})"),
        None => build.to_string(),
    }
}

/// The Python of a wheel as one would type it: `3.11`, and the tags where they say something else.
fn python_name(wheel: &Offer) -> String {
    let own = wheel
        .abi_tags
        .iter()
        .chain(&wheel.python_tags)
        .find_map(|tag| PythonVersion::from_tag(tag).ok());
    match own {
        Some(python) => python.to_string(),
        None => format!(
            "{}-{}",
            wheel.python_tags.join("."),
            wheel.abi_tags.join(".")
        ),
    }
}

fn megabytes(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{} kB", bytes.div_ceil(1000))
    } else {
        format!("{} MB", bytes / 1_000_000)
    }
}

/// The first names of a list that may be long.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    if names.len() > SHOWN {
        shown.push("…");
    }
    shown.join(", ")
}
