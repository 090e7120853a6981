//! A plan as JSON: `lessons-torch-plan/1`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Driver, Fit, Given, Libc, Plan, Rejected, Source, Tool, Weight};
use crate::texts::Texts;
use crate::version::BuildTag;

/// A plan, to be written as JSON. Words for reasons (`id`) are stable; sentences are English.
#[derive(Debug, Serialize)]
pub struct Document {
    schema: &'static str,
    inputs: Inputs,
    chosen: Option<Chosen>,
    commands: Vec<Command>,
    alternatives: Vec<Alternative>,
    rejected: Vec<Rejection>,
    notes: Vec<Note>,
    snapshot_as_of: String,
    live: bool,
}

#[derive(Debug, Serialize)]
struct Inputs {
    os: Input,
    arch: Input,
    libc: Option<Input>,
    python: Input,
    driver: Option<Input>,
    cuda: Option<Input>,
    gpus: Vec<GpuInput>,
    torch: Option<Input>,
    with: ListInput,
    mirror: Input,
    tool: Option<Input>,
}

#[derive(Debug, Serialize)]
struct Input {
    value: String,
    source: String,
}

#[derive(Debug, Serialize)]
struct ListInput {
    value: Vec<String>,
    source: String,
}

#[derive(Debug, Serialize)]
struct GpuInput {
    name: Option<String>,
    compute_capability: Option<String>,
    source: String,
}

#[derive(Debug, Serialize)]
struct Chosen {
    torch: String,
    cuda_tag: String,
    index_url: Option<String>,
    wheel: Option<String>,
    wheel_seen: bool,
    wheel_size: Option<u64>,
    wheel_sha256: Option<String>,
    companions: BTreeMap<String, String>,
    requirements: Vec<String>,
    needs_driver: Option<String>,
    known_faults: Vec<Fault>,
}

#[derive(Debug, Serialize)]
struct Fault {
    id: String,
    severity: String,
    workload: String,
    certain: bool,
}

#[derive(Debug, Serialize)]
struct Command {
    tool: &'static str,
    run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<String>,
}

#[derive(Debug, Serialize)]
struct Alternative {
    id: &'static str,
    when: String,
    fits_now: bool,
    torch: String,
    cuda_tag: String,
    python: Option<String>,
    index_url: Option<String>,
    companions: BTreeMap<String, String>,
    run: String,
}

#[derive(Debug, Serialize)]
struct Rejection {
    what: String,
    why: String,
    id: &'static str,
    builds: Vec<RejectedBuild>,
}

#[derive(Debug, Serialize)]
struct RejectedBuild {
    torch: String,
    cuda_tag: String,
}

#[derive(Debug, Serialize)]
struct Note {
    id: &'static str,
    level: &'static str,
    text: String,
}

impl Plan<'_> {
    /// The plan as JSON has it.
    pub fn document(&self) -> Document {
        let texts = Texts::english();
        Document {
            schema: "lessons-torch-plan/1",
            inputs: self.inputs(),
            chosen: self.chosen.as_ref().map(|fit| self.chosen(fit)),
            commands: self.commands(),
            alternatives: self
                .alternatives
                .iter()
                .map(|other| {
                    let install = self.install(&other.fit);
                    Alternative {
                        id: other.id,
                        when: texts.sentence(&other.when),
                        fits_now: other.fits_now,
                        torch: other.fit.build.release.torch.to_string(),
                        cuda_tag: other.fit.build.tag.to_string(),
                        python: other.python.map(|python| python.to_string()),
                        index_url: install.address().map(|address| address.url),
                        companions: companions(&other.fit),
                        run: match self.tools().first() {
                            Some(Tool::Uv) => install.uv(),
                            _ => install.pip(),
                        },
                    }
                })
                .collect(),
            rejected: self
                .rejected
                .iter()
                .map(|rejected| Rejection {
                    what: self.what(rejected),
                    why: texts.sentence(&rejected.why),
                    id: rejected.id,
                    builds: rejected
                        .builds
                        .iter()
                        .map(|build| RejectedBuild {
                            torch: build.release.torch.to_string(),
                            cuda_tag: build.tag.to_string(),
                        })
                        .collect(),
                })
                .collect(),
            notes: self
                .notes
                .iter()
                .map(|note| Note {
                    id: note.id,
                    level: match note.weight {
                        Weight::Warning => "warning",
                        Weight::Reason => "reason",
                        Weight::Remark => "remark",
                    },
                    text: texts.sentence(&note.text),
                })
                .collect(),
            snapshot_as_of: self.as_of.clone(),
            live: self.live,
        }
    }

    /// The commands of the chosen build, for each tool that is asked for.
    fn commands(&self) -> Vec<Command> {
        let Some(fit) = &self.chosen else {
            return Vec::new();
        };
        let install = self.install(fit);
        let mut commands = Vec::new();
        for tool in self.tools() {
            match tool {
                Tool::Pip => commands.push(Command {
                    tool: "pip",
                    run: install.pip(),
                    file: None,
                    lines: None,
                }),
                Tool::Uv => {
                    commands.push(Command {
                        tool: "uv",
                        run: install.uv(),
                        file: None,
                        lines: None,
                    });
                    let lines = install.pyproject();
                    commands.push(Command {
                        tool: "uv-project",
                        run: install.uv_add(),
                        file: lines.is_some().then_some("pyproject.toml"),
                        lines,
                    });
                }
            }
        }
        commands
    }

    fn chosen(&self, fit: &Fit<'_>) -> Chosen {
        let install = self.install(fit);
        let wheel = fit.wheel.as_ref();
        Chosen {
            torch: fit.build.release.torch.to_string(),
            cuda_tag: fit.build.tag.to_string(),
            index_url: install.address().map(|address| address.url),
            wheel: wheel.map(|wheel| wheel.name().to_owned()),
            wheel_seen: matches!(wheel, Some(super::Offer::Seen(_))),
            wheel_size: wheel.and_then(super::Offer::size),
            wheel_sha256: wheel.and_then(|wheel| wheel.sha256().map(str::to_owned)),
            companions: companions(fit),
            requirements: install.requirements(),
            needs_driver: super::floor(&fit.build.tag, self.question.driver_os)
                .map(|floor| floor.to_string()),
            known_faults: fit
                .faults
                .iter()
                .map(|hit| Fault {
                    id: hit.row.id.clone(),
                    severity: hit.severity.to_string(),
                    workload: hit.row.workload.clone(),
                    certain: hit.certain,
                })
                .collect(),
        }
    }

    fn inputs(&self) -> Inputs {
        let question = &self.question;
        let driver = question.driver.as_ref();
        let platform = &question.platform;
        Inputs {
            os: input(platform.value.os, &platform.source),
            arch: input(platform.value.arch, &platform.source),
            libc: question.libc.as_ref().map(|libc| {
                let value = match libc.value {
                    Libc::Musl => "musl".to_owned(),
                    Libc::Glibc(major, minor) => format!("glibc {major}.{minor}"),
                };
                input(value, &libc.source)
            }),
            python: input(question.python.value, &question.python.source),
            driver: driver.and_then(|given| match &given.value {
                Driver::Version(version) => Some(input(version, &given.source)),
                Driver::Supports(_) => None,
            }),
            cuda: driver.and_then(|given| match &given.value {
                Driver::Supports(cuda) => Some(input(cuda, &given.source)),
                Driver::Version(_) => None,
            }),
            gpus: question
                .gpus
                .iter()
                .map(|Given { value, source }| GpuInput {
                    name: value.name.as_deref().map(crate::visible::visible),
                    compute_capability: value.compute_capability.map(|cc| cc.to_string()),
                    source: shown(source),
                })
                .collect(),
            torch: question
                .torch
                .as_ref()
                .map(|torch| input(&torch.text, &Source::Option("--torch"))),
            with: ListInput {
                value: question
                    .companions
                    .value
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                source: shown(&question.companions.source),
            },
            mirror: Input {
                value: question.mirror.name().to_owned(),
                source: if question.mirror.is_official() {
                    shown(&Source::Assumed)
                } else {
                    "--mirror".to_owned()
                },
            },
            tool: question.tool.map(|tool| {
                let name = match tool {
                    Tool::Pip => "pip",
                    Tool::Uv => "uv",
                };
                input(name, &Source::Option("--tool"))
            }),
        }
    }

    /// The builds of a rejection: `torch 2.12.0 – 2.15.0 (cu130, cu132)`; what was asked for where there is none.
    pub fn what(&self, rejected: &Rejected) -> String {
        let mut runs: Vec<(String, String, Vec<&BuildTag>)> = Vec::new();
        let mut by_release: Vec<(String, Vec<&BuildTag>)> = Vec::new();
        for build in &rejected.builds {
            let torch = build.release.torch.to_string();
            match by_release.iter_mut().find(|(known, _)| *known == torch) {
                Some((_, tags)) => tags.push(&build.tag),
                None => by_release.push((torch, vec![&build.tag])),
            }
        }
        for (torch, tags) in by_release {
            match runs.last_mut() {
                Some((_, oldest, known)) if *known == tags => *oldest = torch,
                _ => runs.push((torch.clone(), torch, tags)),
            }
        }
        if runs.is_empty() {
            return self.question.torch.as_ref().map_or_else(
                || "torch".to_owned(),
                |torch| format!("torch {}", torch.text),
            );
        }
        let runs = runs.iter().map(|(newest, oldest, tags)| {
            let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
            if newest == oldest {
                format!("{newest} ({})", tags.join(", "))
            } else {
                format!("{oldest} – {newest} ({})", tags.join(", "))
            }
        });
        format!("torch {}", runs.collect::<Vec<_>>().join(", "))
    }
}

fn companions(fit: &Fit<'_>) -> BTreeMap<String, String> {
    fit.companions
        .iter()
        .map(|(package, version)| (package.to_string(), version.to_string()))
        .collect()
}

fn input(value: impl std::fmt::Display, source: &Source) -> Input {
    Input {
        value: value.to_string(),
        source: shown(source),
    }
}

/// Where a value comes from, in a word.
pub(super) fn shown(source: &Source) -> String {
    match source {
        Source::Option(name) => (*name).to_owned(),
        Source::Machine(place) => crate::visible::visible(place),
        Source::Assumed => "assumed".to_owned(),
    }
}
