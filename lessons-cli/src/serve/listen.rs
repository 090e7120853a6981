//! The socket: which port, and who has it where it is taken; connections, how many and how long.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, Sleep};

use super::guard::Reached;
use super::problem::Problem;

#[cfg(target_os = "linux")]
mod owner;

/// How long the head of a request may take to come, the wait for it included: a browser that has nothing to ask connects
/// anew when it has.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a connection may take nothing of what is sent to it.
const STUCK_TIME: Duration = Duration::from_secs(30);

/// How long connections may take to end when the server does.
const FAREWELL: Duration = Duration::from_secs(2);

/// How many files a process needs beside its connections.
const OTHER_FILES: u64 = 128;

/// The most connections at once, and how many more are told that there are as many as can be.
const MAX_CONNECTIONS: usize = 1024;
const MAX_REFUSALS: usize = 32;

/// How long a connection that is refused may take to hear of it.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// Ports that are tried after one that is taken.
const TRIES: u16 = 20;

/// A port of this computer, listened to at some of its addresses.
pub(super) struct Port {
    listeners: Vec<TcpListener>,
    /// Its number.
    pub(super) number: u16,
    /// The one that was wanted, and who has it, where that is another.
    pub(super) instead_of: Option<Taken>,
}

/// A port that somebody else listens to.
#[derive(Debug)]
pub(super) struct Taken {
    /// Its number.
    pub(super) port: u16,
    /// The program that listens, as far as that can be seen.
    pub(super) by: Option<String>,
    /// A port that is free.
    pub(super) free: Option<u16>,
}

/// Why no port is listened to.
#[derive(Debug)]
pub(super) enum NoPort {
    /// The one that was asked for is taken.
    Taken(Taken),
    /// The system refused.
    Refused(u16, io::Error),
}

impl Port {
    /// Listens to this port, and to no other.
    pub(super) fn exactly(number: u16, at: &[IpAddr]) -> Result<Self, NoPort> {
        match listen(number, at) {
            Ok(port) => Ok(port),
            Err(error) if is_taken(&error) => Err(NoPort::Taken(Taken {
                port: number,
                by: owner(number),
                free: next(number, at).map(|port| port.number),
            })),
            Err(error) => Err(NoPort::Refused(number, error)),
        }
    }

    /// Listens to this port, or to the next that is free.
    pub(super) fn near(number: u16, at: &[IpAddr]) -> Result<Self, NoPort> {
        match listen(number, at) {
            Ok(port) => Ok(port),
            Err(error) if is_taken(&error) => {
                let taken = Taken {
                    port: number,
                    by: owner(number),
                    free: None,
                };
                match next(number, at) {
                    Some(mut port) => {
                        port.instead_of = Some(taken);
                        Ok(port)
                    }
                    None => Err(NoPort::Taken(taken)),
                }
            }
            Err(error) => Err(NoPort::Refused(number, error)),
        }
    }
}

fn is_taken(error: &io::Error) -> bool {
    // Windows says that a port is taken for another's use as that access is denied.
    error.kind() == io::ErrorKind::AddrInUse
        || (cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied)
}

fn next(after: u16, at: &[IpAddr]) -> Option<Port> {
    (1..=TRIES)
        .filter_map(|more| after.checked_add(more))
        .find_map(|number| listen(number, at).ok())
}

/// Listens to a port at the first of the addresses, and at the others as far as they are there.
fn listen(number: u16, at: &[IpAddr]) -> io::Result<Port> {
    let mut listeners = Vec::new();
    let mut number = number;
    for &address in at {
        match TcpListener::bind(SocketAddr::new(address, number)) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                number = listener.local_addr()?.port();
                listeners.push(listener);
            }
            // The name would lead to somebody else as well.
            Err(error) if listeners.is_empty() || is_taken(&error) => return Err(error),
            Err(_) => {}
        }
    }
    if listeners.is_empty() {
        return Err(io::ErrorKind::AddrNotAvailable.into());
    }
    Ok(Port {
        listeners,
        number,
        instead_of: None,
    })
}

#[cfg(target_os = "linux")]
fn owner(port: u16) -> Option<String> {
    owner::of(port)
}

#[cfg(not(target_os = "linux"))]
fn owner(_port: u16) -> Option<String> {
    None
}

/// Answers until `ending` is true, then lets connections end.
pub(super) async fn serve(
    port: Port,
    router: Router,
    ending: watch::Receiver<bool>,
) -> io::Result<()> {
    let connections = Arc::new(Semaphore::new(max_connections()));
    let all = u32::try_from(connections.available_permits()).unwrap_or(u32::MAX);
    let refusals = Arc::new(Semaphore::new(MAX_REFUSALS));
    let mut accepting = Vec::new();
    for listener in port.listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        accepting.push(tokio::spawn(accept(
            listener,
            router.clone(),
            Arc::clone(&connections),
            Arc::clone(&refusals),
            ending.clone(),
        )));
    }
    for accepting in accepting {
        let _ = accepting.await;
    }
    // All are back when the last connection has ended.
    let _ = tokio::time::timeout(FAREWELL, connections.acquire_many(all)).await;
    Ok(())
}

async fn accept(
    listener: tokio::net::TcpListener,
    router: Router,
    connections: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    mut ending: watch::Receiver<bool>,
) {
    loop {
        let next = async {
            // Where even those who are refused are as many as can be, the others wait in the kernel's queue.
            let refusal = Arc::clone(&refusals).acquire_owned().await;
            (refusal, listener.accept().await)
        };
        let (refusal, accepted) = tokio::select! {
            () = super::ended(&mut ending) => return,
            next = next => next,
        };
        let Ok((stream, _)) = accepted else {
            // No file is left, or the peer is gone already. The first needs time.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        match Arc::clone(&connections).try_acquire_owned() {
            Ok(permit) => {
                let (router, ending) = (router.clone(), ending.clone());
                tokio::spawn(async move {
                    converse(stream, router, ending).await;
                    drop(permit);
                });
            }
            Err(_) => {
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(REFUSAL_TIME, refuse(stream)).await;
                    drop(refusal);
                });
            }
        }
    }
}

/// Says that there are as many connections as can be.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    let body = serde_json::to_string(&Problem::busy()).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Retry-After: 1\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // To close with something unread would take the answer back.
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// One connection from its begin to its end.
async fn converse(stream: TcpStream, router: Router, mut ending: watch::Receiver<bool>) {
    // An event is small and must not wait for the next.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 << 10);
    let reached = stream
        .local_addr()
        .map(|address| address.ip().to_canonical());
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Ok(reached) = reached {
            request.extensions_mut().insert(Reached(reached));
        }
        service.call(request)
    });
    let stream = TokioIo::new(Moving::new(stream));
    let connection = http.serve_connection(stream, service);
    tokio::pin!(connection);
    tokio::select! {
        // What goes wrong with a connection is its peer's loss.
        _ = connection.as_mut() => {}
        () = super::ended(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(FAREWELL, connection).await;
        }
    }
}

/// As many as there are files for.
pub(super) fn max_connections() -> usize {
    #[cfg(unix)]
    if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        let left = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(MAX_CONNECTIONS);
        return left.clamp(16, MAX_CONNECTIONS);
    }
    MAX_CONNECTIONS
}

/// A connection that ends when its peer takes nothing for too long. Otherwise one that is written to would stay for hours.
struct Moving {
    stream: TcpStream,
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Moving {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            stuck: None,
        }
    }

    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + STUCK_TIME)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Moving {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Moving {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
