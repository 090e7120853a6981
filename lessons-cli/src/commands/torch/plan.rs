//! `lessons torch plan`: from what a machine has to the command that installs torch on it.

mod text;

use anyhow::{Result, anyhow, bail};
use lessons_engine::catalogue::{Catalogue, Shelf};
use lessons_engine::facts::Facts;
use lessons_engine::finding::Message;
use lessons_engine::plan::{Asked, Plan, Question, Tool, plan};

use crate::cli::{InstallTool, LiveArgs, PlanArgs};
use crate::offers::{self, Found, Place};
use crate::{Done, Exit, WrongUsage, clock, machines};

pub(super) fn run(args: PlanArgs, live: &LiveArgs) -> Result<Done> {
    let asked = Asked {
        driver: args.driver,
        cuda: args.cuda,
        python: args.python,
        torch: args.torch,
        gpus: args.gpu,
        companions: args.companions.map(|companions| companions.0),
        mirror: args.mirror,
        tool: args.tool.map(|tool| match tool {
            InstallTool::Pip => Tool::Pip,
            InstallTool::Uv => Tool::Uv,
        }),
        os: args.os,
        arch: args.arch,
        libc: args.libc,
    };
    let question = match &args.machine {
        Some(name) => Question::new(&asked, Some(&Facts::new(&machines::open(name)?))),
        None => Question::new(&asked, Some(&Facts::new(&super::super::live(live)))),
    };
    if let Some(message) = question.driver_beside_cuda(&asked) {
        return Err(WrongUsage(super::super::texts().sentence(&message)).into());
    }
    if args.live {
        let catalogue = asked_now(&question, live)?;
        let mut plan = plan(question, &Shelf::new(&catalogue));
        plan.live = true;
        return show(&plan, args.json);
    }
    show(&plan(question, Shelf::bundled()), args.json)
}

fn show(plan: &Plan<'_>, json: bool) -> Result<Done> {
    let text = if json {
        serde_json::to_string_pretty(&plan.document())? + "\n"
    } else {
        text::show(plan, &super::super::texts())
    };
    Ok(Done {
        text,
        exit: if plan.chosen.is_some() {
            Exit::Good
        } else {
            Exit::Failed
        },
    })
}

/// How often the index is asked for another build, because it does not have the one before. There are not as many tags.
const MOST_ROUNDS: usize = 24;

/// The bundled catalogue, and above it what the index says now of the build that would be chosen and its companions.
/// Where it does not have that build, the next best is looked for in the same way.
fn asked_now(question: &Question, live: &LiveArgs) -> Result<Catalogue> {
    let client = offers::client(live.time_limit);
    let today: String = clock::now()?.to_string().chars().take(10).collect();
    let mut catalogue = Catalogue::bundled().clone();
    let mut read: Vec<(String, String)> = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let pages: Vec<(String, String)> = {
            let plan = plan(question.clone(), &Shelf::new(&catalogue));
            let Some(fit) = &plan.chosen else { break };
            let address = match plan.install(fit).address() {
                Some(address) => address.url,
                None => offers::PYPI.to_owned(),
            };
            let companions = fit
                .companions
                .iter()
                .map(|(package, _)| package.to_string());
            std::iter::once("torch".to_owned())
                .chain(companions)
                .map(|project| (address.clone(), project))
                .filter(|page| !read.contains(page))
                .collect()
        };
        if pages.is_empty() {
            break;
        }
        for (address, project) in pages {
            let found = Place::Address(address.clone())
                .read(&project, &client)
                .and_then(|found| of_project(found, &project))
                .map_err(|error| not_now(&error))?;
            for listing in offers::catalogue(&found, &project, &today).listings {
                catalogue.add(listing);
            }
            read.push((address, project));
        }
    }
    Ok(catalogue)
}

/// Refuses a page of something else: it would say of every wheel that it is not there.
fn of_project(found: Vec<Found>, project: &str) -> Result<Vec<Found>> {
    for page in &found {
        let releases = &page.index.releases;
        if releases.iter().all(|release| release.project != project)
            && let Some(other) = releases.first()
        {
            let message = Message::shared("plan-live-other-project")
                .arg("page", &page.from)
                .arg("project", project)
                .arg("other", &other.project);
            bail!(super::super::texts().sentence(&message));
        }
    }
    Ok(found)
}

/// What can be had when the index does not answer.
fn not_now(error: &anyhow::Error) -> anyhow::Error {
    let message = Message::shared("plan-live-failed")
        .arg("why", format!("{error:#}"))
        .arg("as-of", &*Catalogue::bundled().as_of);
    anyhow!(super::super::texts().sentence(&message))
}
