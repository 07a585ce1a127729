//! Compiles a policy straight into a block that is not in force.
#![forbid(unsafe_code)]

use super::published::{Prepared, Published};
use crate::directory::Directory;
use crate::error::{ErrorKind, Result};
use crate::image::compile::{Compiled, Origins};
use crate::policy::Policy;

/// Compiles `policy` into an image that is to be put in force as `revision`. `room` is for how many parties more than the
/// directory has numbers for, so that a party can be added without compiling anew. With it comes which entry each group key
/// came from.
///
/// # Errors
/// `Limit` when it is too big, `File` when there is no room for it.
pub fn prepare(
    published: &Published,
    policy: &Policy,
    directory: &Directory,
    room: u32,
    revision: u64,
) -> Result<(Prepared, Origins)> {
    let compiled = Compiled::new(policy, directory, room, revision)?;
    let mut params = compiled.params();
    loop {
        match published.prepare(compiled.words(params), |words| compiled.write(words, params)) {
            Ok((prepared, ())) => return Ok((prepared, compiled.origins)),
            Err(error) if error.kind() == ErrorKind::Limit && params.roomier() != params => params = params.roomier(),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, Document};
    use crate::id::DomainId;
    use crate::image::format::domain::{DOMAIN_WORDS, Field, OUTCOME_WORDS, pack_outcome};
    use crate::image::format::{Header, Image, halves};
    use crate::right::Right;
    use crate::rule::Outcome;
    use std::sync::atomic::Ordering;

    /// Only the bit in its outcome says that a group gives nothing towards oneself, never a right that it happens to give.
    #[test]
    fn what_a_group_gives_towards_oneself_does_not_hang_on_other_rights() {
        let text = r#"
            domain = "a.example"
            systems = ["pascom"]
            [[user]]
            name = "alice"
            [[permission]]
            name = "pickup"
            types = ["pickup.group"]
            users = ["alice"]
        "#;
        let mut directory = Directory::default();
        let policy = document::load(&[Document { name: "a.toml".into(), text: text.into() }], &mut directory).unwrap();
        let alice = policy.domains[0].users[0].party;
        let published = Published::private().unwrap();
        published.publish(prepare(&published, &policy, &directory, 0, 1).unwrap().0, || ());
        let (words, _) = published.copy().unwrap();
        let image = Image::new(&words);
        let pickup = Right::CALL_PICKUP.mask();
        assert!(image.rights(alice, alice, None).contains(pickup));
        // The same group as if it gave chat too.
        let block = image.header(Header::Domains).0 as usize + DomainId(0).index() * DOMAIN_WORDS;
        let (table, count) = halves(image.word(block + Field::Outcomes as usize));
        let rows = (0..count as usize).map(|row| table as usize + row * OUTCOME_WORDS);
        let row = rows.clone().find(|row| image.word(row + 2) == pack_outcome(&Outcome::plain(pickup))[2]).unwrap();
        let write = |outcome: &Outcome| {
            pack_outcome(outcome)
                .into_iter()
                .zip(row..)
                .for_each(|(word, at)| words[at].store(word, Ordering::Relaxed));
        };
        let gives = Outcome::plain(pickup | Right::CHAT_EXCHANGE.mask());
        write(&gives);
        assert!(image.rights(alice, alice, None).contains(gives.plain));
        write(&Outcome { others_only: true, ..gives });
        assert!(!image.rights(alice, alice, None).has(Right::CHAT_EXCHANGE));
    }
}
