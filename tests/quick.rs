//! Most answers are found at once, without a call; the rest by the whole evaluation. Both must say the same of every pair, alone and in a
//! panel.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document;
use linewarden::internals::heard;
use linewarden::internals::image::publish::{self, published::Published};
use linewarden::internals::image::{Image, One, Query, ReadMode, heard_word};
use linewarden::internals::policy::Policy;
use linewarden::internals::system::System;
use linewarden::{Party, RightSet};
use linewarden_testkit::generate::{self, Options};
use linewarden_testkit::random::companies;
use proptest::prelude::*;

/// Compares both ways for these pairs, and counts those that are found at once.
struct BothWays<'p>(&'p [(Party, Party)]);

impl Query for BothWays<'_> {
    type Answer = usize;

    fn run<M: ReadMode>(&mut self, image: &Image<'_, M>) -> usize {
        let mut at_once = 0;
        for (actor, target) in self.0 {
            let whole = image.rights(*actor, *target, None);
            if let Some(rights) = image.quick_rights(*actor, *target) {
                assert_eq!(rights, whole, "{actor:?} {target:?}");
                at_once += 1;
            }
        }
        at_once
    }
}

/// Compares a panel's answers with the whole evaluation's.
struct Panel<'p>(Party, &'p [Party]);

impl Query for Panel<'_> {
    type Answer = ();

    fn run<M: ReadMode>(&mut self, image: &Image<'_, M>) {
        let Panel(one, others) = *self;
        let as_actor: Vec<RightSet> = others.iter().map(|other| image.rights(one, *other, None)).collect();
        let as_target: Vec<RightSet> = others.iter().map(|other| image.rights(*other, one, None)).collect();
        for (side, expected) in [(One::Actor(one), as_actor), (One::Target(one), as_target)] {
            let mut found = Vec::new();
            image.rights_of_many(side, others, |rights| found.push(rights));
            assert_eq!(found, expected, "{side:?}");
        }
    }
}

fn published(policy: &Policy, names: &Directory) -> Published {
    let published = Published::private().unwrap();
    let (prepared, _) = publish::prepare(&published, policy, names, 0, 1).unwrap();
    published.amend(&prepared, heard_word(heard::ALWAYS));
    published.publish(prepared, || ());
    published
}

#[test]
fn a_big_company_is_answered_alike_and_mostly_at_once() {
    let mut names = Directory::default();
    let options =
        Options { users: 3_000, seed: 11, systems: [System::Xphone].into_iter().collect(), ..Options::default() };
    let policy = generate::policy(&options, &mut names).unwrap();
    let published = published(&policy, &names);
    let users: Vec<Party> = policy.domains[0].users.iter().map(|user| user.party).collect();
    // Every own setting, and every user with many others: some meet in groups, in lists of them, or behind a full bucket.
    let own = policy.domains[0].users.iter();
    let own = own.flat_map(|user| user.xphone.settings.iter().map(|setting| (setting.viewer, user.party)));
    let step = |by: usize| users.iter().enumerate().map(move |(at, user)| (*user, (at + by) % 3_000));
    let spread = (0..60).flat_map(|by| step(by * by * 7 + by)).map(|(user, other)| (user, users[other]));
    let pairs: Vec<(Party, Party)> = own.chain(spread).collect();
    let at_once = published.query(BothWays(&pairs));
    assert!(at_once * 100 > pairs.len() * 90, "{at_once} of {}", pairs.len());
    assert_eq!(published.look(Once(users[0], users[1])), published.query(Once(users[0], users[1])));
    for others in users.chunks(67).take(20) {
        published.query(Panel(users[7], others));
    }
}

struct Once(Party, Party);

impl Query for Once {
    type Answer = Option<RightSet>;

    fn run<M: ReadMode>(&mut self, image: &Image<'_, M>) -> Option<RightSet> {
        image.quick_rights(self.0, self.1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_pair_of_any_company_is_answered_alike(company in companies()) {
        let mut names = Directory::default();
        let policy = document::load(&company.documents, &mut names).unwrap();
        let published = published(&policy, &names);
        // Also numbers that no party has.
        let parties: Vec<Party> = (0..names.last_party().0 + 4).map(Party).chain([Party(u32::MAX)]).collect();
        let pairs: Vec<_> = parties.iter().flat_map(|actor| parties.iter().map(|target| (*actor, *target))).collect();
        published.query(BothWays(&pairs));
        for one in &parties {
            published.query(Panel(*one, &parties));
        }
    }
}
