//! The API under `/api/`: what its paths are, what they take and what they give. `/api/openapi.json` describes it.

#![expect(unused_qualifications, reason = "utoipa's macro writes them")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use http_body_util::{BodyExt as _, Limited};
use lessons_engine::annotate::annotate;
use lessons_engine::explain::Asked as Explaining;
use lessons_engine::outputs;
use lessons_engine::read::recognise::Kind;
use lessons_engine::read::said::{self, NotRead};
use lessons_engine::steps::{self, Step};
use lessons_engine::texts::Texts;
use serde::Deserialize;
use tokio::sync::SemaphorePermit;
use utoipa::IntoParams;

use super::documents::{Change, OneStepDocument, Paste, ReadDocument, STEP_SCHEMA};
use super::outputs::OutputDocument;
use super::problem::{Problem, json};
use super::{App, events, guard, openapi};
use crate::nearest;

/// The most that a change of progress may be, in bytes.
const MAX_CHANGE: usize = 4 << 10;

/// The most that a pasted text may be: more than any of these tools prints.
const MAX_PASTE: usize = 1 << 20;

/// How long a request may take to send its body, and how long the rest of one that is too large is still taken in, so that
/// its sender gets to read the answer.
const BODY_TIME: Duration = Duration::from_secs(10);
const DRAIN_TIME: Duration = Duration::from_secs(3);

/// All paths.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/steps", get(all_steps))
        .route("/api/steps/{id}", get(one_step))
        .route("/api/steps/{id}/check", post(check))
        .route("/api/machines", get(machines))
        .route("/api/outputs/{kind}", get(output))
        .route("/api/read", post(read))
        .route("/api/progress", post(progress))
        .route("/api/events", get(stream))
        .route("/api/openapi.json", get(description))
        .fallback(page)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            guard::guard,
        ))
        .with_state(app)
}

type Answer = Result<Response<Body>, Problem>;

/// Which machine.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A name of `/api/machines`; without it, the machine that is served.
    machine: Option<String>,
}

/// What all steps say
#[utoipa::path(
    get, path = "/api/steps", params(Asked),
    responses(
        (status = 200, description = "`lessons-check/1` with the reader's progress", body = ref("#/components/schemas/lessons-check")),
        (status = 400, description = "A query that cannot be read", body = Problem),
        (status = 404, description = "No such machine", body = Problem),
        (status = 504, description = "The machine has not answered in time", body = Problem),
    )
)]
pub(super) async fn all_steps(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let board = app.machines.find(machine(asked)?.as_deref()).await?;
    let now = board.now().await?;
    let held = app.keeper.held();
    let document = board.whole(&now, &held.marks, held.number).json;
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}

/// What one step says, why it matters, and its hints
#[utoipa::path(
    get, path = "/api/steps/{id}", params(("id" = String, Path, description = "The step", example = "driver.installed"), Asked),
    responses(
        (status = 200, description = "`lessons-serve-step/1`", body = ref("#/components/schemas/lessons-serve-step")),
        (status = 400, description = "A path or query that cannot be read", body = Problem),
        (status = 404, description = "No such step or machine", body = Problem),
        (status = 504, description = "The machine has not answered in time", body = Problem),
    )
)]
pub(super) async fn one_step(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let step = step(id)?;
    let board = app.machines.find(machine(asked)?.as_deref()).await?;
    let now = board.now().await?;
    answer(&app, &now, step)
}

/// Check a step now
#[utoipa::path(
    post, path = "/api/steps/{id}/check", params(("id" = String, Path, description = "The step", example = "driver.installed"), Asked),
    responses(
        (status = 200, description = "`lessons-serve-step/1`; pages that listen get the event `step`", body = ref("#/components/schemas/lessons-serve-step")),
        (status = 400, description = "A path or query that cannot be read", body = Problem),
        (status = 403, description = "Without the token of this run", body = Problem),
        (status = 404, description = "No such step or machine", body = Problem),
        (status = 503, description = "Too much at once", body = Problem),
        (status = 504, description = "The machine has not answered in time", body = Problem),
    ),
    security(("token" = []))
)]
pub(super) async fn check(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    guard::has_token(&app, &headers)?;
    let step = step(id)?;
    let board = app.machines.find(machine(asked)?.as_deref()).await?;
    let _permit = app.checks.try_acquire().map_err(|_| Problem::busy())?;
    let now = board.check().await?;
    board.show(&now, step.id);
    answer(&app, &now, step)
}

/// The machines that a page can show
#[utoipa::path(
    get, path = "/api/machines",
    responses((status = 200, description = "`lessons-machines/1`", body = ref("#/components/schemas/lessons-machines")))
)]
pub(super) async fn machines(State(app): State<Arc<App>>) -> Answer {
    Ok(json(&app.machines.document()))
}

/// Mark a step as done or skipped by hand, or forget it
#[utoipa::path(
    post, path = "/api/progress", request_body = Change,
    responses(
        (status = 200, description = "The reader's progress; pages that listen get the event `progress`", body = super::documents::ProgressDocument),
        (status = 400, description = "A body that cannot be read", body = Problem),
        (status = 403, description = "Without the token of this run", body = Problem),
        (status = 404, description = "No such step", body = Problem),
        (status = 408, description = "The body took too long", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 500, description = "It could not be saved", body = Problem),
    ),
    security(("token" = []))
)]
pub(super) async fn progress(State(app): State<Arc<App>>, request: Request) -> Answer {
    guard::has_token(&app, request.headers())?;
    let body = body(request, MAX_CHANGE).await?;
    let change: Change = serde_json::from_slice(&body).map_err(|error| {
        let hint = "send {\"step\": ID, \"action\": \"done\"|\"skip\"|\"reset\"}";
        wrong_json(&error, hint)
    })?;
    let step = find(&change.step)?;
    let ours = Arc::clone(&app);
    let changed = tokio::task::spawn_blocking(move || ours.keeper.change(step, change.action));
    let held = changed.await.map_err(|_| Problem::busy())??;
    Ok(json(&held.document()))
}

/// What a command of the chapters shows on a machine, explained field by field
///
/// As the program printed it when the checks asked it, or drawn from what else is known; no program is run for this.
#[utoipa::path(
    get, path = "/api/outputs/{kind}", params(("kind" = String, Path, description = "`smi`, `topo`, `drivers`, `nvcc`, or `wheel` for the wheel of the installed torch", example = "smi"), Asked),
    responses(
        (status = 200, description = "`lessons-serve-output/1`", body = ref("#/components/schemas/lessons-serve-output")),
        (status = 400, description = "A path or query that cannot be read", body = Problem),
        (status = 404, description = "No such kind or machine", body = Problem),
        (status = 503, description = "Too much at once", body = Problem),
        (status = 504, description = "The machine has not answered in time", body = Problem),
    )
)]
pub(super) async fn output(
    State(app): State<Arc<App>>,
    kind: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let Path(name) =
        kind.map_err(|error| wrong_path(&error, "a kind of output is like smi or topo"))?;
    let mut known = outputs::KINDS.into_iter();
    let kind = known.find(|kind| kind.name() == name).ok_or_else(|| {
        let known = outputs::KINDS.map(Kind::name);
        let wrong = nearest::unknown("kind of output", &name, known, "/api/openapi.json");
        Problem::new(
            StatusCode::NOT_FOUND,
            wrong.to_string(),
            "a kind of output is like smi or topo",
        )
    })?;
    let board = app.machines.find(machine(asked)?.as_deref()).await?;
    let now = board.now().await?;
    let _permit = turn(&app).await?;
    let ours = Arc::clone(&app);
    let shown = tokio::task::spawn_blocking(move || {
        let recording = board.recording();
        let shown = recording.map(|recording| {
            OutputDocument::new(
                &now.document.machine,
                kind,
                &recording,
                board.live(),
                &ours.texts,
            )
        });
        Ok(json(&shown.ok_or_else(Problem::busy)?))
    });
    shown.await.map_err(|_| Problem::busy())?
}

/// What a pasted text is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Pasted {
    /// `smi`, `topo`, `drivers`, `nvcc`, `wheel`, `index` or `env`; `auto`, or nothing, recognises it.
    kind: Option<String>,
}

/// Explain a pasted output, field by field
///
/// The body is the text itself, or JSON that holds it. Nothing of it is kept.
#[utoipa::path(
    post, path = "/api/read", params(Pasted),
    request_body(content((String = "text/plain"), (Paste = "application/json"))),
    responses(
        (status = 200, description = "`lessons-serve-read/1`", body = ref("#/components/schemas/lessons-serve-read")),
        (status = 400, description = "A query or body that cannot be read", body = Problem),
        (status = 404, description = "No such kind", body = Problem),
        (status = 408, description = "The body took too long", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Nothing in the text is known", body = Problem),
        (status = 503, description = "Too much at once", body = Problem),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    asked: Result<Query<Pasted>, QueryRejection>,
    request: Request,
) -> Answer {
    let Query(asked) =
        asked.map_err(|error| wrong_query(&error, "the only parameter is kind, once"))?;
    let kind = match asked.kind.as_deref() {
        None | Some("auto") => None,
        Some(name) => Some(Kind::find(name).ok_or_else(|| {
            let known = Kind::ALL.map(Kind::name);
            let wrong = nearest::unknown("kind of output", name, known, "lessons read --help");
            Problem::new(
                StatusCode::NOT_FOUND,
                wrong.to_string(),
                "leave it out, or say auto",
            )
        })?),
    };
    let is_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim_start().starts_with("application/json"));
    let body = body(request, MAX_PASTE).await?;
    let text = if is_json {
        let paste: Paste = serde_json::from_slice(&body).map_err(|error| {
            wrong_json(
                &error,
                "send {\"text\": …}, or the text itself as text/plain",
            )
        })?;
        paste.text
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    let _permit = turn(&app).await?;
    let ours = Arc::clone(&app);
    let read = tokio::task::spawn_blocking(move || explained(&text, kind, &ours.texts));
    read.await.map_err(|_| Problem::busy())?
}

/// Waits for a turn to explain an output, but not forever.
async fn turn(app: &App) -> Result<SemaphorePermit<'_>, Problem> {
    let turn = tokio::time::timeout(BODY_TIME, app.readers.acquire()).await;
    turn.ok().and_then(Result::ok).ok_or_else(Problem::busy)
}

fn explained(text: &str, kind: Option<Kind>, texts: &Texts) -> Answer {
    let refused = |why: NotRead| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            texts.sentence(&why.message()),
            "paste what a command printed, its first lines included",
        )
    };
    let asked = Explaining::default();
    let html = annotate(text, kind, &asked, texts, "pasted").map_err(refused)?;
    let said =
        said::read(lessons_engine::read::text::Pasted::new(text).text(), kind).map_err(refused)?;
    Ok(json(&ReadDocument::new(&said, &asked, html, texts)))
}

/// What changes, as server-sent events
///
/// First `report` with what `/api/steps` gives, then `step` with what `/api/steps/{id}` gives for each step that changes,
/// `progress` when the reader's progress does, and `problem` when the machine cannot be read any more (`null`: it can
/// again). Whoever connects anew, or has fallen behind, gets everything again as `report`.
#[utoipa::path(
    get, path = "/api/events", params(Asked),
    responses(
        (status = 200, description = "The events", content_type = "text/event-stream", body = String),
        (status = 400, description = "A query that cannot be read", body = Problem),
        (status = 404, description = "No such machine", body = Problem),
        (status = 503, description = "Too many listen", body = Problem),
    )
)]
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let board = app.machines.find(machine(asked)?.as_deref()).await?;
    events::open(&app, board)
}

async fn description() -> Answer {
    Ok(json(openapi::document()))
}

async fn page(State(app): State<Arc<App>>, request: Request) -> Answer {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "there is no such path",
            "/api/openapi.json lists them all",
        ));
    }
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return wrong_method().await;
    }
    Ok(app.site.page(path, request.headers()))
}

async fn wrong_method() -> Answer {
    Err(Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path does not take this method",
        "/api/openapi.json lists what each path takes",
    ))
}

fn machine(asked: Result<Query<Asked>, QueryRejection>) -> Result<Option<String>, Problem> {
    match asked {
        Ok(Query(asked)) => Ok(asked.machine),
        Err(error) => Err(wrong_query(&error, "the only parameter is machine, once")),
    }
}

fn wrong_query(error: &QueryRejection, hint: &str) -> Problem {
    let said = lessons_engine::visible::visible(&error.body_text());
    let error = format!("tried to read the query: {said}");
    Problem::new(StatusCode::BAD_REQUEST, error, hint)
}

fn wrong_json(error: &serde_json::Error, hint: &str) -> Problem {
    let said = lessons_engine::visible::visible(&error.to_string());
    let error = format!("tried to read the body as JSON: {said}");
    Problem::new(StatusCode::BAD_REQUEST, error, hint)
}

fn step(id: Result<Path<String>, PathRejection>) -> Result<&'static Step, Problem> {
    match id {
        Ok(Path(id)) => find(&id),
        Err(error) => Err(wrong_path(&error, "a step's id is like driver.installed")),
    }
}

fn wrong_path(error: &PathRejection, hint: &str) -> Problem {
    let said = lessons_engine::visible::visible(&error.body_text());
    let error = format!("tried to read the path: {said}");
    Problem::new(StatusCode::BAD_REQUEST, error, hint)
}

fn find(id: &str) -> Result<&'static Step, Problem> {
    steps::find(id).ok_or_else(|| {
        let wrong = nearest::unknown("step", id, steps::all().map(|step| step.id), "/api/steps");
        Problem::new(
            StatusCode::NOT_FOUND,
            wrong.to_string(),
            "a step's id is like driver.installed",
        )
    })
}

fn answer(app: &App, now: &super::board::Now, step: &Step) -> Answer {
    let detail = now.step(step.id).ok_or_else(Problem::busy)?;
    Ok(json(&OneStepDocument {
        schema: STEP_SCHEMA,
        machine: &now.document.machine,
        detail,
        progress: app.keeper.held().step(step.id),
    }))
}

/// The body, up to a limit.
async fn body(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {limit} bytes"),
            "send less",
        )
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let mut body = request.into_body();
    if announced.is_some_and(|length| length > limit as u64) {
        drain(body).await;
        return Err(too_large());
    }
    let read = async { Limited::new(&mut body, limit).collect().await };
    match tokio::time::timeout(BODY_TIME, read).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            drain(body).await;
            Err(too_large())
        }
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "the body broke off",
            "send it again",
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body took too long",
            "send it at once",
        )),
    }
}

/// Takes in what is still sent, and forgets it.
async fn drain(mut body: Body) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(DRAIN_TIME, rest).await;
}
