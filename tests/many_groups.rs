//! People in more groups than a record holds: their lists lie elsewhere, and every combination of short and long must answer
//! as a plain look at the member lists does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::Document;
use linewarden::internals::engine::Engine;
use linewarden::internals::system::System;
use proptest::prelude::*;

const LEVELS: [&str; 5] = ["external", "employee", "team_colleague", "assistant", "assistant_plus"];
const USERS: usize = 8;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_highest_level_of_all_shared_groups_counts(
        // Some users are in nearly every group, some in hardly any.
        groups in prop::collection::vec((0..LEVELS.len(), prop::array::uniform8(0u32..100)), 0..40),
        zeal in prop::array::uniform8(prop::sample::select(vec![5u32, 20, 50, 95])),
    ) {
        let mut text = String::from("domain = \"a.example\"\nsystems = [\"xphone\"]\n");
        for user in 0..USERS {
            text += &format!("[[user]]\nname = \"u{user}\"\n");
        }
        let member = |group: &(usize, [u32; 8]), user: usize| group.1[user] < zeal[user];
        for (place, group) in groups.iter().enumerate() {
            let members: Vec<_> =
                (0..USERS).filter(|user| member(group, *user)).map(|user| format!("\"u{user}\"")).collect();
            let level = LEVELS[group.0];
            text += &format!(
                "[[workgroup]]\nname = \"g{place}\"\nlevel = \"{level}\"\nmembers = [{}]\n", members.join(", ")
            );
        }
        let engine = Engine::from_documents(&[Document { name: "a.toml".into(), text }]).unwrap();
        let party = |user: usize| engine.find(None, &format!("u{user}")).unwrap();
        for actor in 0..USERS {
            for target in (0..USERS).filter(|target| *target != actor) {
                let shared = groups.iter().filter(|group| member(group, actor) && member(group, target));
                let expected = shared.map(|group| group.0).max().map_or("unknown", |level| LEVELS[level]);
                let pair = engine.pair(party(actor), party(target));
                prop_assert_eq!(&pair.levels, &[(System::Xphone, expected.to_string())]);
                prop_assert_eq!(pair.rights, engine.evaluate(party(actor), party(target)));
            }
        }
    }
}
