//! The books: the policy and the names that the image in force was compiled from, for questions in words and for changes.
#![forbid(unsafe_code)]

use super::Engine;
use crate::directory::Directory;
use crate::error::Result;
use crate::id::Party;
use crate::image::Image;
use crate::image::compile::{self, Origins};
use crate::policy::Policy;

/// Parties more than there are now for which an image has room.
const ROOM: u32 = 1024;

/// What an image was compiled from.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub policy: Policy,
    pub names: Directory,
    pub origins: Origins,
    /// The revision they are at; 0 before anything was loaded.
    pub revision: u64,
}

impl Engine {
    /// Asks the image together with the books it was compiled from.
    pub(super) fn with_books<R>(&self, mut question: impl FnMut(&Books, Image<'_>) -> R) -> R {
        loop {
            let books = self.books.read();
            let asked =
                self.published.read(|image| (image.revision() == books.revision).then(|| question(&books, image)));
            match asked {
                Some(answer) => return answer,
                None => {
                    drop(books);
                    std::thread::yield_now();
                }
            }
        }
    }

    /// Asks the names, once they know the party.
    pub(super) fn with_names<R>(&self, _party: Party, question: impl Fn(&Directory) -> R) -> R {
        question(&self.books.read().names)
    }

    /// Puts altered books in force, compiled anew. `alter` gets a copy. Only one caller at a time.
    pub(super) fn publish_anew(&self, alter: impl FnOnce(&mut Books)) -> Result<u64> {
        let mut books = self.books.read().clone();
        alter(&mut books);
        let revision = books.revision;
        let (prepared, origins) = compile::prepare(&self.published, &books.policy, &books.names, ROOM, books.revision)?;
        books.origins = origins;
        let mut shelf = self.books.write();
        self.published.publish(prepared, || self.cache.forget_all());
        let old = std::mem::replace(&mut *shelf, books);
        drop(shelf);
        // A big policy takes a while to take down: nobody has to wait for that.
        drop(old);
        Ok(revision)
    }
}
