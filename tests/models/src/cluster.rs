//! Model of the protocol by which a change comes into the log of a cluster and every node follows it: `crates/agent/src/change.rs`,
//! `crates/agent/src/node.rs` and the functions of `crates/agent/sql/`. Stateright visits every state that a few changes, lost
//! connections, cancelled waits, deaths, one failover or one restored backup can lead to.
//!
//! A change set stands for itself and for its hash: two logs have the same hash at a revision if their change sets up to there are equal. Each
//! rule of the protocol can be left out by naming a [`Flaw`]; a rule whose flaw breaks no promise is not shown to be needed.
#![forbid(unsafe_code)]

use stateright::{Model, Property};
use std::collections::BTreeSet;

/// Which rule is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A node takes what comes after its revision without comparing the hash of that revision.
    HashNotCompared,
    /// The database appends without comparing its end with what the change was tried on.
    AppendNotCompared,
    /// What became of an attempt is looked up without a fence against the attempt that is still on its way.
    NoFence,
    /// An attempt whose answer was lost is made again.
    RepeatedBlindly,
    /// A commit whose wait for the standby was cancelled is acknowledged.
    WarningIgnored,
    /// An attempt that is found in the log is acknowledged without waiting for the standby.
    FoundNotAwaited,
    /// A node follows a database of an older epoch than it has heard of.
    OlderEpochFollowed,
    /// A forked node goes back in the same epoch, without an administrator's order.
    GoesBackInTheEpoch,
    /// A promoted database keeps the epoch.
    EpochNotRaised,
}

/// What a program asked for, counted from 0.
pub type Request = u8;

/// One attempt to append a request's change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt {
    pub request: Request,
    /// Drawn anew for each attempt.
    pub number: u8,
}

/// A change set in a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set {
    pub attempt: Attempt,
    /// What the log was when the change was tried.
    pub tried_on: Vec<Attempt>,
}

/// What a database writes, in the order in which its standby gets it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    Set(Set),
    Fence,
    Epoch,
}

/// What an agent sends to a database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    Append { node: usize, attempt: Attempt, tried_on: Vec<Attempt>, epoch: u8, fence: u8 },
    Settle { node: usize, attempt: Attempt },
}

/// Whose commit a database works on, and whether it is one that settles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit {
    node: usize,
    attempt: Attempt,
    settles: bool,
    found: bool,
}

/// A database: the primary first, and its standby.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Database {
    records: Vec<Record>,
    /// The commit that waits for the standby. Until it ends it holds the row of the shard, and others do not see what it wrote.
    waits: Option<Commit>,
    /// Whether this database was promoted and no agent has raised the epoch since.
    promoted: bool,
}

impl Database {
    fn sets(&self) -> impl Iterator<Item = &Set> {
        self.records.iter().filter_map(|record| match record {
            Record::Set(set) => Some(set),
            _ => None,
        })
    }

    fn log(&self) -> Vec<Attempt> {
        self.sets().map(|set| set.attempt).collect()
    }

    /// What other transactions see.
    fn visible(&self) -> Vec<Attempt> {
        let mut log = self.log();
        if self.waits.as_ref().is_some_and(|commit| !commit.settles) {
            log.pop();
        }
        log
    }

    fn count(&self, of: &Record) -> u8 {
        self.records.iter().filter(|record| *record == of).count() as u8
    }

    fn epoch(&self) -> u8 {
        1 + self.count(&Record::Epoch)
    }

    fn fence(&self) -> u8 {
        self.count(&Record::Fence)
    }
}

/// How far a node's change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The append is sent, its answer not there.
    Sent,
    /// The connection was lost.
    Lost,
    /// It asked what became of it.
    Settling,
}

/// A node: its store and its agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    log: Vec<Attempt>,
    epoch: u8,
    forked: bool,
    changes: Option<(Attempt, Phase)>,
}

/// What may still happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Left {
    pub requests: u8,
    pub losses: u8,
    pub cancelled: u8,
    pub deaths: u8,
    pub failovers: u8,
    pub restores: u8,
}

/// All of the cluster, and what was promised to programs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    databases: [Database; 2],
    /// The database whose line is the cluster's.
    primary: usize,
    /// What is on its way to each database.
    network: [BTreeSet<Message>; 2],
    nodes: [Node; 2],
    /// How many requests and attempts there were.
    requests: Request,
    attempts: u8,
    acknowledged: BTreeSet<Attempt>,
    refused: BTreeSet<Attempt>,
    /// Whether a backup was put in the database's place.
    restored: bool,
    /// Whether a node once went back in an epoch, or to an older one.
    went_back: bool,
    /// Whether a forked node went back to the cluster's line.
    healed: bool,
    /// Whether an attempt whose answer was lost was found in the log and acknowledged.
    found: bool,
    left: Left,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A node tries a new request on what it has, and sends it to a database.
    Send { node: usize, to: usize },
    /// A message arrives.
    Arrive { at: usize, message: Message },
    /// The standby gets the next record.
    Replicate,
    /// The wait for the standby is cancelled.
    Cancel { at: usize },
    /// A node loses the connection to the database.
    Lose { node: usize },
    /// A node asks a database what became of its attempt.
    Ask { node: usize, to: usize },
    /// A node takes what a database has.
    Follow { node: usize, of: usize },
    /// A node's agent is killed and starts anew.
    Kill { node: usize },
    /// The standby is promoted. The old primary may go on, alone.
    Promote,
    /// The database is put back to an older state, in the same epoch.
    Restore,
}

/// A cluster in which so much happens.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub left: Left,
    pub flaw: Option<Flaw>,
}

impl Cluster {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The end of a commit: what is there is durable, or the wait was cancelled and a warning says so.
    fn ended(&self, state: &mut State, commit: &Commit, warned: bool) {
        let Commit { node, attempt, settles, found } = *commit;
        let Some((own, phase)) = state.nodes[node].changes else { return };
        if own != attempt || (phase == Phase::Settling) != settles {
            return;
        }
        if warned && !self.has(Flaw::WarningIgnored) {
            // As a lost connection: what became of it is asked anew.
            state.nodes[node].changes = Some((attempt, Phase::Lost));
            return;
        }
        state.nodes[node].changes = None;
        state.found |= settles && found;
        match found {
            true => state.acknowledged.insert(attempt),
            false => state.refused.insert(attempt),
        };
    }

    /// Writes a record; the commit waits for the standby where there is one.
    fn write(&self, state: &mut State, at: usize, record: Record, commit: Commit) {
        state.databases[at].records.push(record);
        state.databases[at].waits = Some(commit.clone());
        // A promoted database has no standby yet. The old primary still waits for the one that left it.
        if at == 1 {
            state.databases[at].waits = None;
            self.ended(state, &commit, false);
        }
    }

    fn arrive(&self, state: &mut State, at: usize, message: &Message) {
        state.network[at].remove(message);
        let database = &state.databases[at];
        match message {
            Message::Append { node, attempt, tried_on, epoch, fence } => {
                let compared = *tried_on == database.log() || self.has(Flaw::AppendNotCompared);
                let is_fenced = database.fence() != *fence && !self.has(Flaw::NoFence);
                if !compared || is_fenced || database.epoch() != *epoch || database.promoted {
                    // Another change came first: nothing was appended, and the program is refused or tries anew as another request.
                    let commit = Commit { node: *node, attempt: *attempt, settles: false, found: false };
                    return self.ended(state, &commit, false);
                }
                let set = Set { attempt: *attempt, tried_on: tried_on.clone() };
                let commit = Commit { node: *node, attempt: *attempt, settles: false, found: true };
                self.write(state, at, Record::Set(set), commit);
            }
            Message::Settle { node, attempt } => {
                let found = database.sets().any(|set| set.attempt == *attempt);
                let commit = Commit { node: *node, attempt: *attempt, settles: true, found };
                match found && self.has(Flaw::FoundNotAwaited) {
                    true => self.ended(state, &commit, false),
                    false => self.write(state, at, Record::Fence, commit),
                }
            }
        }
    }

    /// The first who looks at a promoted database raises the epoch.
    fn look(&self, database: &mut Database) {
        if std::mem::take(&mut database.promoted) && !self.has(Flaw::EpochNotRaised) {
            database.records.push(Record::Epoch);
        }
    }

    /// Sends a new attempt, which was tried on all of the log.
    fn send(&self, mut state: State, node: usize, to: usize, request: Request) -> Option<State> {
        self.look(&mut state.databases[to]);
        let database = &state.databases[to];
        let (epoch, fence) = (database.epoch(), database.fence());
        let own = &mut state.nodes[node];
        if own.log != database.visible() || own.epoch != epoch {
            return None;
        }
        let (attempt, tried_on) = (Attempt { request, number: state.attempts }, own.log.clone());
        state.attempts += 1;
        own.changes = Some((attempt, Phase::Sent));
        state.network[to].insert(Message::Append { node, attempt, tried_on, epoch, fence });
        Some(state)
    }

    fn follow(&self, state: &mut State, node: usize, of: usize) -> bool {
        let (there, epoch) = (state.databases[of].visible(), state.databases[of].epoch());
        let here = &mut state.nodes[node];
        if epoch < here.epoch && !self.has(Flaw::OlderEpochFollowed) {
            return false;
        }
        let before = here.clone();
        if self.has(Flaw::HashNotCompared) {
            here.log.extend(there.iter().skip(before.log.len()));
            here.epoch = epoch;
        } else if there.starts_with(&here.log) {
            *here = Node { log: there, epoch, forked: false, changes: here.changes };
        } else if epoch > here.epoch || self.has(Flaw::GoesBackInTheEpoch) || epoch < here.epoch {
            *here = Node { log: there, epoch, forked: false, changes: here.changes };
            state.healed = true;
        } else {
            here.forked = true;
        }
        let here = &state.nodes[node];
        state.went_back |=
            here.epoch < before.epoch || here.epoch == before.epoch && !here.log.starts_with(&before.log);
        *here != before
    }
}

impl Model for Cluster {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let node = Node { epoch: 1, ..Node::default() };
        vec![State {
            databases: [Database::default(), Database::default()],
            primary: 0,
            network: [BTreeSet::new(), BTreeSet::new()],
            nodes: [node.clone(), node],
            requests: 0,
            attempts: 0,
            acknowledged: BTreeSet::new(),
            refused: BTreeSet::new(),
            restored: false,
            went_back: false,
            healed: false,
            found: false,
            left: self.left.clone(),
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        // Before it is promoted the standby takes no statement that writes, and agents look for one that does.
        let written = 0..=state.primary;
        for node in 0..state.nodes.len() {
            let own = &state.nodes[node];
            for at in written.clone() {
                if own.changes.is_none() && state.left.requests > 0 && !own.forked {
                    steps.push(Step::Send { node, to: at });
                }
                if matches!(own.changes, Some((_, Phase::Lost))) {
                    steps.push(Step::Ask { node, to: at });
                }
                steps.push(Step::Follow { node, of: at });
            }
            if own.changes.is_some_and(|(_, phase)| phase != Phase::Lost) && state.left.losses > 0 {
                steps.push(Step::Lose { node });
            }
            if own.changes.is_some() && state.left.deaths > 0 {
                steps.push(Step::Kill { node });
            }
        }
        for at in written {
            if state.databases[at].waits.is_none() {
                steps.extend(state.network[at].iter().map(|message| Step::Arrive { at, message: message.clone() }));
            } else if state.left.cancelled > 0 {
                steps.push(Step::Cancel { at });
            }
        }
        if state.primary == 0 && state.databases[1].records.len() < state.databases[0].records.len() {
            steps.push(Step::Replicate);
        }
        if state.primary == 0 && state.left.failovers > 0 {
            steps.push(Step::Promote);
        }
        if state.left.restores > 0 && !state.databases[state.primary].records.is_empty() {
            steps.push(Step::Restore);
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        match step {
            Step::Send { node, to } => {
                let request = state.requests;
                state.requests += 1;
                state.left.requests -= 1;
                return self.send(state, node, to, request);
            }
            Step::Arrive { at, message } => self.arrive(&mut state, at, &message),
            Step::Replicate => {
                let next = state.databases[0].records.get(state.databases[1].records.len())?.clone();
                state.databases[1].records.push(next);
                if state.databases[1].records.len() == state.databases[0].records.len()
                    && let Some(commit) = state.databases[0].waits.take()
                {
                    self.ended(&mut state, &commit, false);
                }
            }
            Step::Cancel { at } => {
                state.left.cancelled -= 1;
                let commit = state.databases[at].waits.take()?;
                self.ended(&mut state, &commit, true);
            }
            Step::Lose { node } => {
                state.left.losses -= 1;
                let (attempt, _) = state.nodes[node].changes?;
                state.nodes[node].changes = Some((attempt, Phase::Lost));
            }
            Step::Ask { node, to } => {
                let (attempt, _) = state.nodes[node].changes?;
                if self.has(Flaw::RepeatedBlindly) {
                    return self.send(state, node, to, attempt.request);
                }
                state.nodes[node].changes = Some((attempt, Phase::Settling));
                state.network[to].insert(Message::Settle { node, attempt });
            }
            Step::Follow { node, of } => {
                self.look(&mut state.databases[of]);
                if !self.follow(&mut state, node, of) && state == *last {
                    return None;
                }
            }
            Step::Kill { node } => {
                state.left.deaths -= 1;
                state.nodes[node].changes = None;
            }
            Step::Promote => {
                state.left.failovers -= 1;
                state.primary = 1;
                state.databases[1].promoted = true;
            }
            Step::Restore => {
                state.left.restores -= 1;
                state.restored = true;
                let primary = state.primary;
                state.network[primary].clear();
                let database = &mut state.databases[primary];
                database.records.pop();
                database.waits = None;
                if primary == 0 {
                    let most = state.databases[0].records.len();
                    state.databases[1].records.truncate(most);
                }
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what was acknowledged is in the log", |_, state: &State| {
                let log = state.databases[state.primary].log();
                state.restored || state.acknowledged.iter().all(|attempt| log.contains(attempt))
            }),
            Property::always("what was refused never is", |_, state: &State| {
                let log = state.databases[state.primary].log();
                state.refused.iter().all(|attempt| !log.contains(attempt))
            }),
            Property::always("a request is made once", |_, state: &State| {
                let log = state.databases[state.primary].log();
                let requests: BTreeSet<_> = log.iter().map(|attempt| attempt.request).collect();
                requests.len() == log.len()
            }),
            Property::always("a change set follows what it was tried on", |_, state: &State| {
                state.databases.iter().all(|database| {
                    let log = database.log();
                    database.sets().enumerate().all(|(index, set)| set.tried_on == log[..index])
                })
            }),
            Property::always("a node of the cluster's epoch is on its line, or forked", |_, state: &State| {
                let database = &state.databases[state.primary];
                let on_line = |node: &Node| database.log().starts_with(&node.log);
                let counts = |node: &Node| !node.forked && node.epoch == database.epoch() && !database.promoted;
                state.restored || state.nodes.iter().all(|node| !counts(node) || on_line(node))
            }),
            Property::always("a node never goes back in an epoch", |_, state: &State| !state.went_back),
            Property::sometimes("a change of the new epoch is acknowledged", |_, state: &State| {
                let records = &state.databases[1].records;
                let renewed = records.iter().skip_while(|record| **record != Record::Epoch);
                state.restored
                    || renewed.into_iter().any(|record| match record {
                        Record::Set(set) => state.acknowledged.contains(&set.attempt),
                        _ => false,
                    })
            }),
            Property::sometimes("a lost answer is settled as made", |_, state: &State| state.restored || state.found),
            Property::sometimes("a forked node goes back to the line", |_, state: &State| {
                state.restored || state.healed
            }),
        ]
    }
}
