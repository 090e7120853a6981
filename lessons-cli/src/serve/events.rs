//! The stream of events: first everything, then what changes, for as long as the page listens.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::App;
use super::board::{Board, Change};
use super::documents::{OneStepDocument, STEP_SCHEMA};
use super::frame;
use super::problem::Problem;

/// How often a quiet stream shows that it lives, so that nothing in between takes it for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many events wait for a page that takes them slowly. Behind them it misses some, and is then sent everything.
const WAITING: usize = 8;

/// Opens a stream for a machine.
pub(super) fn open(app: &Arc<App>, board: Arc<Board>) -> Result<Response<Body>, Problem> {
    let permit = Arc::clone(&app.streams)
        .try_acquire_owned()
        .map_err(|_| Problem::busy())?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(feed(Arc::clone(app), board, sender, permit));
    let mut response = Response::new(Body::new(Stream(receiver)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Sends events until the page is gone or the server ends.
async fn feed(
    app: Arc<App>,
    board: Arc<Board>,
    page: mpsc::Sender<Bytes>,
    _permit: OwnedSemaphorePermit,
) {
    // Before anything is sent, so that nothing is missed.
    let (_listener, mut changes) = board.listen();
    let (_marks_listener, mut marks) = app.keeper.listen();
    let mut ending = app.ending.clone();
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    // A laptop that was asleep has nothing to catch up with.
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);

    // The first look may take its time: headers and a sign of life come before it.
    let mut alive = page.send(frame::HEARTBEAT).await.is_ok();
    alive = alive
        && tokio::select! {
            () = page.closed() => false,
            () = super::ended(&mut ending) => false,
            sent = send_whole(&app, &board, &page) => sent,
        };
    while alive {
        alive = tokio::select! {
            () = page.closed() => false,
            () = super::ended(&mut ending) => false,
            change = changes.recv() => match change {
                Ok(Change::Step(index, now)) => {
                    let Some(detail) = now.steps.get(index) else { continue };
                    let document = OneStepDocument {
                        schema: STEP_SCHEMA,
                        machine: &now.document.machine,
                        detail,
                        progress: app.keeper.held().step(detail.step.id),
                    };
                    page.send(frame::event("step", &document)).await.is_ok()
                }
                Ok(Change::Problem(frame)) => page.send(frame).await.is_ok(),
                Err(RecvError::Lagged(_)) => send_whole(&app, &board, &page).await,
                Err(RecvError::Closed) => false,
            },
            change = marks.recv() => match change {
                Ok(frame) => page.send(frame).await.is_ok(),
                Err(RecvError::Lagged(_)) => send_whole(&app, &board, &page).await,
                Err(RecvError::Closed) => false,
            },
            _ = heartbeat.tick() => page.send(frame::HEARTBEAT).await.is_ok(),
        };
    }
}

/// Sends everything; whether the page still takes it.
async fn send_whole(app: &App, board: &Board, page: &mpsc::Sender<Bytes>) -> bool {
    let now = match board.now().await {
        Ok(now) => now,
        Err(problem) => return page.send(frame::problem(Some(&problem))).await.is_ok(),
    };
    let held = app.keeper.held();
    let report = board.whole(&now, &held.marks, held.number);
    if page.send(report.frame).await.is_err() {
        return false;
    }
    if now.problem.is_some()
        && page
            .send(frame::problem(now.problem.as_ref()))
            .await
            .is_err()
    {
        return false;
    }
    held.notice.is_none()
        || page
            .send(frame::event("progress", &held.document()))
            .await
            .is_ok()
}

/// A body that is written as it comes.
struct Stream(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0
            .poll_recv(context)
            .map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}
