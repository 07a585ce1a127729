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
    use crate::image::compile::{origins, patch::update};
    use crate::image::format::domain::{DOMAIN_WORDS, Field, OUTCOME_WORDS, pack_outcome};
    use crate::image::format::names::{EMPTIED, SLOT_WORDS, hash, home};
    use crate::image::format::secret::Secret;
    use crate::image::format::{Header, Image, halves};
    use crate::policy::change::{Author, parse};
    use crate::right::Right;
    use crate::rule::Outcome;
    use std::sync::atomic::{AtomicU64, Ordering};

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

    fn loaded(users: &[String]) -> (Policy, Directory) {
        let mut text = String::from("domain = \"a.example\"\nsystems = [\"xphone\"]\n");
        users.iter().for_each(|user| text += &format!("[[user]]\nname = \"{user}\"\n"));
        let mut directory = Directory::default();
        let documents = [Document { name: "a.toml".into(), text }];
        (document::load(&documents, &mut directory).unwrap(), directory)
    }

    fn words_of(policy: &Policy, directory: &Directory) -> Vec<AtomicU64> {
        let published = Published::private().unwrap();
        published.publish(prepare(&published, policy, directory, 3 * CHOSEN as u32, 1).unwrap().0, || ());
        published.copy().unwrap().0.iter().map(|word| AtomicU64::new(word.load(Ordering::Relaxed))).collect()
    }

    /// Slots that a search for each name in the index looks at, on average.
    fn looks(image: &Image<'_>) -> f64 {
        let (offset, slots) = image.header(Header::Index);
        let slot = |index: u32| image.word(offset as usize + index as usize * SLOT_WORDS);
        let held = (0..slots).filter(|index| slot(*index) > EMPTIED);
        let each = held.map(|index| (u64::from(index).wrapping_sub(home(slot(index))) & u64::from(slots - 1)) + 1);
        each.clone().sum::<u64>() as f64 / each.count() as f64
    }

    /// Names that all begin their search in a 64th of an index with this secret.
    fn chosen(secret: Secret, name: &str, slots: u32) -> Vec<String> {
        let names = (0..).map(|number| name.replace('#', &number.to_string()));
        let crowded =
            |name: &String| home(hash(secret, 0, name.as_bytes())) & u64::from(slots - 1) < u64::from(slots / 64);
        names.filter(crowded).take(CHOSEN).collect()
    }

    const CHOSEN: usize = 1000;

    /// Who can add names to one image, and sees how they lie in another, must not be able to choose ones that collide.
    #[test]
    fn names_chosen_by_the_secret_of_another_image_do_not_crowd() {
        let users = loaded(&(0..CHOSEN).map(|number| format!("u{number}")).collect::<Vec<_>>());
        let (seen, image) = [(); 2].map(|()| words_of(&users.0, &users.1)).into();
        let (seen, secret) = (Image::new(&seen), Image::new(&image).secret());
        assert_ne!(seen.secret(), secret);
        let slots = seen.header(Header::Index).1;
        // As users of a document.
        let names = chosen(seen.secret(), "c#", slots);
        let (policy, directory) = loaded(&names);
        let (again, other) = [(); 2].map(|()| words_of(&policy, &directory)).into();
        assert!(looks(&Image::new(&again)) < 4.0 && looks(&Image::new(&other)) < 4.0);
        let find = |image: &Image<'_>, name: &str| image.find(DomainId(0), name);
        assert!(names.iter().all(|name| find(&Image::new(&again), name) == find(&Image::new(&other), name)));
        // As own settings of a user, each a patch of the image.
        let (mut policy, mut directory) = users;
        let origins = origins(&policy, &directory);
        let user = policy.domains[0].users[0].party;
        let addresses = chosen(seen.secret(), "sip:c#@x.example", slots);
        for (address, revision) in addresses.iter().zip(2..) {
            let entries = parse(&format!("set relationship u0 {address} external"), Some("a.example")).unwrap();
            let done = policy.apply(&mut directory, Some(Author::User(user)), &entries).unwrap();
            let held = Image::new(&image);
            let Some(patch) = update(&held, &policy, (&directory, &origins), &done.dirty, revision) else { break };
            patch.words.iter().for_each(|(at, word)| image[*at as usize].store(*word, Ordering::Relaxed));
            assert!(find(&Image::new(&image), address).is_some());
        }
        let patched = Image::new(&image);
        assert_eq!(patched.secret(), secret);
        assert!(patched.revision() > 100, "{}", patched.revision());
        assert!(looks(&patched) < 4.0, "{}", looks(&patched));
    }
}
