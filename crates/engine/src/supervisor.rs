//! Keeps one child running, on one port, from [`Engine::start`] to [`Engine::stop`].

use crate::folder::{DICTIONARY_USER, USER};
use crate::process::{Launch, Process};
use crate::{Config, Endpoint, Error, Login, State, library};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Another program may take a port between our choice and the child's start; not that often.
const PORT_ATTEMPTS: u32 = 5;

/// The child of a process that was killed shuts down by itself within two seconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// Pause before the lock is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(200);

/// First and longest pause before a child that ended is started again; it doubles in between.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(10)];

/// A child that ran this long was well: the next pause is the first one again.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// The running engine. Dropping it stops the child as well, without waiting for it.
#[derive(Debug)]
pub struct Engine {
    endpoint: Endpoint,
    state: watch::Receiver<State>,
    pid: Arc<AtomicU32>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

impl Engine {
    /// Starts the engine on a free port of 127.0.0.1 and waits until it answers.
    ///
    /// Waits up to ten seconds for another engine to leave the folder, since the child of a
    /// process that was killed takes up to two to end.
    ///
    /// # Errors
    /// When the platform, the library, the folder or the engine itself does not allow it.
    pub async fn start(config: Config) -> Result<Self, Error> {
        library::check_machine()?;
        let launch = Launch::new(&config)?;
        let (port, process) = first_start(&launch).await?;
        let endpoint = Endpoint {
            url: format!("http://127.0.0.1:{port}"),
            user: USER.to_owned(),
            password: launch.folder.password.clone(),
            dictionary: Login {
                user: DICTIONARY_USER.to_owned(),
                password: launch.folder.dictionary_password.clone(),
            },
        };
        let (state_sender, state) = watch::channel(State::Ready);
        let (stop, stop_receiver) = oneshot::channel();
        let pid = Arc::new(AtomicU32::new(process.pid().unwrap_or(0)));
        let supervisor = Supervisor { launch, port, state: state_sender, pid: Arc::clone(&pid) };
        let task = tokio::spawn(supervisor.run(process, stop_receiver));
        Ok(Self { endpoint, state, pid, stop, task })
    }

    /// Where it answers. The same for the whole life of the engine.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How it is, as it changes.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// The child's process id, while there is a child.
    pub fn pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// Stops the engine and waits for its end.
    ///
    /// Queries in flight are cut off, and their clients may take what came for the whole
    /// answer: whoever asks or writes must be stopped first. Connections that are idle and
    /// open delay the end by up to three seconds; without them it takes a few hundredths of one.
    ///
    /// # Errors
    /// When the child did not end in time and was killed.
    pub async fn stop(self) -> Result<(), Error> {
        // A supervisor that is gone has no child.
        let _ = self.stop.send(());
        self.task.await.unwrap_or(Ok(()))
    }
}

/// Starts the first child: on a free port, and when the folder is free.
async fn first_start(launch: &Launch) -> Result<(u16, Process), Error> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    let mut attempts = 0;
    let mut was_locked = false;
    loop {
        let port = free_port()?;
        match launch.start(port).await {
            Ok(process) => return Ok((port, process)),
            Err(Error::PortTaken { .. }) if attempts < PORT_ATTEMPTS => attempts += 1,
            Err(error @ Error::Locked { .. }) if Instant::now() < deadline => {
                if !was_locked {
                    tracing::warn!("{error}; waiting up to {} s for it", LOCK_PATIENCE.as_secs());
                }
                was_locked = true;
                sleep(LOCK_RETRY).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::NoPort)?;
    Ok(listener.local_addr().map_err(Error::NoPort)?.port())
}

struct Supervisor {
    launch: Launch,
    port: u16,
    state: watch::Sender<State>,
    pid: Arc<AtomicU32>,
}

impl Supervisor {
    /// Keeps a child running until told to stop, or until the [`Engine`] is dropped.
    async fn run(self, first: Process, mut stop: oneshot::Receiver<()>) -> Result<(), Error> {
        let mut child = Some(first);
        let mut pause = BACK_OFF[0];
        let result = loop {
            let why = match child.take() {
                Some(mut process) => {
                    let since = Instant::now();
                    let Some(why) = self.watch(&mut process, &mut stop).await else {
                        break process.stop().await;
                    };
                    if since.elapsed() >= WELL_AFTER {
                        pause = BACK_OFF[0];
                    }
                    why
                }
                None => {
                    self.state.send_replace(State::Starting);
                    tokio::select! {
                        _ = &mut stop => break Ok(()),
                        started = self.launch.start(self.port) => match started {
                            Ok(process) => {
                                self.is_ready(&process);
                                child = Some(process);
                                continue;
                            }
                            Err(error) => error,
                        }
                    }
                }
            };
            self.is_down(&why, pause);
            tokio::select! {
                _ = &mut stop => break Ok(()),
                () = sleep(pause) => pause = (pause * 2).min(BACK_OFF[1]),
            }
        };
        self.pid.store(0, Ordering::Relaxed);
        self.state.send_replace(State::Stopped);
        result
    }

    /// Waits for the end of the child, or ends it when it hangs, and says why; `None` when told
    /// to stop.
    async fn watch(
        &self,
        process: &mut Process,
        stop: &mut oneshot::Receiver<()>,
    ) -> Option<Error> {
        let hung = self.launch.hang(process.port());
        tokio::select! {
            _ = stop => return None,
            error = process.end(&self.launch) => return Some(error),
            () = hung => {}
        }
        Some(process.kill(&self.launch).await)
    }

    fn is_ready(&self, process: &Process) {
        tracing::info!(port = self.port, "the engine answers again");
        self.pid.store(process.pid().unwrap_or(0), Ordering::Relaxed);
        self.state.send_replace(State::Ready);
    }

    fn is_down(&self, why: &Error, pause: Duration) {
        tracing::error!("{why}; starting it again in {} ms", pause.as_millis());
        self.pid.store(0, Ordering::Relaxed);
        self.state.send_replace(State::Restarting { why: why.to_string() });
    }
}
