//! A change that a program asks for: tried on the policy here, appended to the cluster's log, followed, answered. No lock of the store or its
//! image is held while the log is waited for.
//!
//! An append must never be repeated while it is not known what became of the first, and an answer must never say more than is known.
#![forbid(unsafe_code)]

use crate::cluster::{Appended, Attempt, Cluster, Fault, Hash, Log};
use crate::node::{Node, Stop};
use crate::random::random;
use linewarden::agent::{Answer, Request, Trial};
use linewarden::{Error, ErrorKind};
use std::time::Duration;
use tokio::task::block_in_place;
use tokio::time::Instant;

/// How long a change may take; a program waits for a minute.
const PATIENCE: Duration = Duration::from_secs(45);
/// How long it waits before it asks again what became of an append.
const AGAIN: Duration = Duration::from_millis(300);

/// The result of an attempt whose answer was not lost.
enum Step {
    /// The change is in the log with this revision and hash.
    Done(u64, Hash),
    /// Another change came first.
    Again,
    /// The answer to the program.
    End(Answer),
}

impl<C: Cluster> Node<C> {
    /// Makes a change, and answers when it is durable in the log and in force here.
    pub async fn change(&self, request: Request) -> Answer {
        let until = Instant::now() + PATIENCE;
        let Ok(mut writer) = tokio::time::timeout_at(until, self.writer.lock()).await else {
            return Answer::refused(&Error::new(
                ErrorKind::File,
                "other changes wait for the log: nothing was changed",
            ));
        };
        while Instant::now() < until {
            let log = match writer.take() {
                Some(log) => log,
                None => match self.cluster.connect(&self.shard).await {
                    Ok(log) => log,
                    Err(fault) => return Answer::refused(&self.refusal(fault.message())),
                },
            };
            let step = self.attempt(&log, &request, until).await;
            match step {
                Ok(Step::Done(revision, hash)) => {
                    let answer = self.followed(&log, revision, hash, until).await;
                    *writer = Some(log);
                    return answer;
                }
                Ok(Step::Again) => *writer = Some(log),
                Ok(Step::End(answer)) => {
                    *writer = Some(log);
                    return answer;
                }
                // The connection is not used again.
                Err(answer) => return answer,
            }
        }
        Answer::refused(&Error::new(ErrorKind::File, "other changes come all the time: nothing was changed, try again"))
    }

    /// One attempt. An error is the answer where the connection was lost.
    async fn attempt(&self, log: &C::Log, request: &Request, until: Instant) -> Result<Step, Answer> {
        let cut_off = |why: &str| Answer::refused(&self.refusal(why));
        // A stale policy must neither refuse nor say that there is nothing to change.
        let head = match self.caught_up(log, false).await {
            Ok(head) => head,
            Err(Stop::Store(error)) => {
                let error = Error::new(error.kind(), format!("{error}; nothing was changed"));
                return Ok(Step::End(Answer::refused(&error)));
            }
            Err(stop) => return Err(cut_off(stop.message())),
        };
        let (revision, tried) = match block_in_place(|| self.engine.try_change(request)) {
            Ok(tried) => tried,
            Err(error) => return Ok(Step::End(Answer::refused(&error))),
        };
        if request.after.is_some_and(|after| after != revision) {
            return Ok(Step::End(Answer::Behind));
        }
        let Some(tried) = tried else { return Ok(Step::End(self.done(revision))) };
        let attempt = drawn().map_err(|error| Answer::refused(&error))?;
        match log.append(&head, &tried, &attempt).await {
            Ok(Appended::Done(revision, hash)) => Ok(Step::Done(revision, hash)),
            Ok(Appended::Behind) => Ok(Step::Again),
            Err(Fault::Said(why)) => {
                let error = Error::new(ErrorKind::File, format!("{why}; nothing was changed"));
                Ok(Step::End(Answer::refused(&error)))
            }
            Err(Fault::Lost(why)) => Err(self.settled(&tried, &attempt, &why, until).await),
        }
    }

    /// Finds out what became of an append whose answer was lost.
    async fn settled(&self, tried: &Trial, attempt: &Attempt, why: &str, until: Instant) -> Answer {
        eprintln!("{}: an append after revision {} is not answered: {why}", self.path().display(), tried.after);
        while Instant::now() < until {
            if let Ok(log) = self.cluster.connect(&self.shard).await {
                match log.settle(tried.after, attempt).await {
                    Ok(Some((revision, hash))) => return self.followed(&log, revision, hash, until).await,
                    Ok(None) => return Answer::refused(&self.refusal(why)),
                    Err(_) => {}
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
        Answer::Unknown {
            message: format!("{why}, and what became of revision {} could not be found out", tried.after + 1),
        }
    }

    /// Puts a revision in force that the log has with that hash, and answers when it is.
    async fn followed(&self, log: &C::Log, revision: u64, hash: Hash, until: Instant) -> Answer {
        loop {
            let followed = self.caught_up(log, false).await;
            // Where this connection was lost, the node follows by its other one.
            if self.engine.revision() >= revision {
                let here = block_in_place(|| self.engine.batch(revision, 0));
                return match here {
                    Ok(here) if here.before == hash => self.done(revision),
                    _ => unknown(revision, "another line of the log is in force here by now"),
                };
            }
            if Instant::now() >= until {
                let why = followed.as_ref().err().map_or("the log ends before it now", |stop| stop.message());
                return unknown(revision, why);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn done(&self, revision: u64) -> Answer {
        match block_in_place(|| self.engine.token(revision)) {
            Ok(token) => Answer::Done { revision, token: token.to_string() },
            Err(error) => Answer::Unknown { message: format!("revision {revision} was made: {error}") },
        }
    }
}

/// The answer for a change that the log has and this node has not.
fn unknown(revision: u64, why: &str) -> Answer {
    Answer::Unknown { message: format!("the log had it as revision {revision}, which is not in force here: {why}") }
}

/// The random bytes by which the log knows this attempt.
fn drawn() -> Result<Attempt, Error> {
    random().map_err(|error| Error::new(ErrorKind::File, format!("no random numbers: {error}; nothing was changed")))
}
