//! The protocol of a cluster keeps its promises in every state, and no rule of it can be left out.
#![forbid(unsafe_code)]

use linewarden_models::cluster::{Cluster, Flaw, Left};
use stateright::{Checker, Model};
use std::collections::BTreeMap;

const FAILOVER: Left = Left { requests: 3, losses: 1, cancelled: 1, deaths: 0, failovers: 1, restores: 0 };
const RESTORE: Left = Left { requests: 2, losses: 0, cancelled: 0, deaths: 1, failovers: 0, restores: 1 };

/// The promises that are broken or never come to pass, by name.
fn broken(left: Left, flaw: Option<Flaw>) -> BTreeMap<&'static str, String> {
    let checker = Cluster { left, flaw }.checker().threads(2).spawn_bfs().join();
    println!("{flaw:?}: {} states", checker.unique_state_count());
    checker
        .model()
        .properties()
        .iter()
        .filter_map(|property| {
            let found = checker.discovery(property.name);
            let is_kept = match property.expectation {
                stateright::Expectation::Sometimes => found.is_some(),
                _ => found.is_none(),
            };
            (!is_kept).then(|| (property.name, found.map_or_else(String::new, |path| format!("{path:?}"))))
        })
        .collect()
}

#[test]
fn the_protocol_keeps_its_promises() {
    for left in [FAILOVER, RESTORE] {
        let broken = broken(left.clone(), None);
        assert!(broken.is_empty(), "{left:?}: {broken:#?}");
    }
}

/// Minutes and gigabytes: two lost connections and two deaths more. `make models-long`.
#[test]
#[ignore = "takes minutes"]
fn the_protocol_keeps_its_promises_longer() {
    let left = Left { requests: 3, losses: 2, cancelled: 1, deaths: 1, failovers: 1, restores: 0 };
    let broken = broken(left, None);
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_rule_can_be_left_out() {
    for (left, flaw, promise) in [
        (FAILOVER, Flaw::HashNotCompared, "a node of the cluster's epoch is on its line, or forked"),
        (FAILOVER, Flaw::AppendNotCompared, "a change set follows what it was tried on"),
        (FAILOVER, Flaw::NoFence, "what was refused never is"),
        (FAILOVER, Flaw::RepeatedBlindly, "a request is made once"),
        (FAILOVER, Flaw::WarningIgnored, "what was acknowledged is in the log"),
        (FAILOVER, Flaw::FoundNotAwaited, "what was acknowledged is in the log"),
        (FAILOVER, Flaw::OlderEpochFollowed, "a node never goes back in an epoch"),
        (RESTORE, Flaw::GoesBackInTheEpoch, "a node never goes back in an epoch"),
        (FAILOVER, Flaw::EpochNotRaised, "a forked node goes back to the line"),
    ] {
        let broken = broken(left, Some(flaw));
        assert!(broken.contains_key(promise), "{flaw:?} breaks {:?}, not: {promise}", broken.keys());
    }
}
