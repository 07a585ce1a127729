//! Unlisted contacts: outside addresses that a question named and no policy does. They have numbers above those of all parties, in
//! this process only, and a number's address is resolved at each question.
//!
//! Addresses come from strangers, so there is room for the last 65,536 only. A new one takes the slot of one that was asked for
//! once; one that was found again since its last turn stays. An address that had to go gets a new number when it is found again.
//! A number must never be given to a second address: one that a caller still holds names no party, and every answer is no.
#![forbid(unsafe_code)]

use super::Named;
use crate::address::LONGEST;
use crate::id::{DomainId, Kind, Party};
use crate::memory::Words;
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

/// The addresses, each in a slot of its own. Reading takes no lock: a slot says whose number it holds before and after it is read.
pub struct UnlistedContacts {
    /// Words of the slots, mapped as they are needed.
    chunks: [OnceCell<Words>; UnlistedContacts::CHUNKS],
    admissions: Mutex<Admissions>,
    /// Slots there are, and numbers of each; fewer in tests only.
    slots: usize,
    numbers: u32,
}

/// What only those who give numbers look at.
#[derive(Default)]
struct Admissions {
    numbers: HashMap<Key, Party>,
    held: Vec<Held>,
    /// The slot that is looked at next for room.
    hand: usize,
    /// Slots all of whose numbers were given.
    spent: usize,
}

type Key = (DomainId, Arc<str>);

/// What a slot holds.
struct Held {
    key: Key,
    /// How many addresses it held before.
    turn: u32,
    /// Whether the address was found again.
    again: bool,
}

impl UnlistedContacts {
    const CHUNKS: usize = 64;
    const CHUNK: usize = 1024;
    /// Addresses that have numbers at the same time.
    pub const MOST: usize = UnlistedContacts::CHUNKS * UnlistedContacts::CHUNK;
    const FIRST: u32 = 1 << 26;
    /// Numbers of a slot. The highest of all numbers is never given: in C it is the administrator.
    const NUMBERS: u32 = (u32::MAX - UnlistedContacts::FIRST) / UnlistedContacts::MOST as u32;
    /// How long a look-up waits for others that give numbers.
    const PATIENCE: Duration = Duration::from_millis(100);
    /// Words of a slot: its number, domain and length, the address.
    const SLOT_WORDS: usize = 2 + LONGEST.div_ceil(8);

    /// Whether the number is one of these.
    #[inline]
    pub fn is_unlisted(party: Party) -> bool {
        party.0 >= UnlistedContacts::FIRST
    }

    /// Passes the address of that number, and its domain, to `look`. `None` if the number was never given, or its slot was given to
    /// another address.
    pub fn read<R>(&self, party: Party, look: impl FnOnce(DomainId, &str) -> R) -> Option<R> {
        let slot = party.0.checked_sub(UnlistedContacts::FIRST)? as usize % UnlistedContacts::MOST;
        let words = self.chunks.get(slot / UnlistedContacts::CHUNK)?.get()?;
        let [number, form, text @ ..] = slot_of(words, slot)? else { return None };
        // Pairs with the release at the end of `write`: the words of this number are in their slots.
        if number.load(Ordering::Acquire) != u64::from(party.0) {
            return None;
        }
        let form = form.load(Ordering::Relaxed);
        let (domain, length) = ((form >> 32) as u16, form as u32 as usize);
        let mut bytes = [0; LONGEST.next_multiple_of(8)];
        for (part, word) in bytes.chunks_exact_mut(8).zip(text).take(length.div_ceil(8)) {
            part.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        // Pairs with the release fence in `write`: if a word above is of a later address, the number is no longer this one. No
        // number comes back, so an equal one means that nothing was written meanwhile.
        fence(Ordering::Acquire);
        if number.load(Ordering::Relaxed) != u64::from(party.0) {
            return None;
        }
        Some(look(DomainId(domain), std::str::from_utf8(bytes.get(..length)?).ok()?))
    }

    /// Domain, kind and address of that number, as for [`UnlistedContacts::read`].
    pub fn named(&self, party: Party) -> Option<Named> {
        self.read(party, |domain, address| Named { domain, kind: Kind::Contact, name: address.into() })
    }

    /// The number of an address, in its one form, in that domain; given now if it has none. `None` when another thread holds the lock
    /// for too long, or after four thousand million addresses, when all numbers were given.
    pub fn admit(&self, domain: DomainId, address: &str) -> Option<Party> {
        if address.len() > LONGEST {
            return None;
        }
        let mut admissions = self.admissions.try_lock_for(UnlistedContacts::PATIENCE)?;
        let key: Key = (domain, address.into());
        if let Some(known) = admissions.numbers.get(&key).copied() {
            let slot = (known.0 - UnlistedContacts::FIRST) as usize % UnlistedContacts::MOST;
            admissions.held.get_mut(slot)?.again = true;
            return Some(known);
        }
        let next = admissions.held.len();
        let slot = if next < self.slots { next } else { admissions.make_room(self.numbers)? };
        let chunk = self.chunks.get(slot / UnlistedContacts::CHUNK)?;
        let chunk =
            chunk.get_or_try_init(|| Words::zeroed(UnlistedContacts::CHUNK * UnlistedContacts::SLOT_WORDS)).ok()?;
        let words = slot_of(chunk, slot)?;
        let held = Held { key: key.clone(), turn: 0, again: false };
        let turn = match admissions.held.get_mut(slot) {
            Some(old) => {
                let turn = old.turn + 1;
                let gone = std::mem::replace(old, Held { turn, ..held }).key;
                admissions.numbers.remove(&gone);
                turn
            }
            None => {
                admissions.held.push(held);
                0
            }
        };
        let party = Party(UnlistedContacts::FIRST + turn * UnlistedContacts::MOST as u32 + slot as u32);
        write(words, party, domain, address);
        admissions.numbers.insert(key, party);
        if turn + 1 == self.numbers {
            admissions.spent += 1;
        }
        Some(party)
    }
}

impl Admissions {
    /// A slot whose address may go: the next that was not found again since its last turn, and has a number left.
    fn make_room(&mut self, numbers: u32) -> Option<usize> {
        if self.spent == self.held.len() {
            return None;
        }
        // In the first round every address may have been found again, in the second none was.
        for _ in 0..2 * self.held.len() {
            let slot = self.hand;
            self.hand = (slot + 1) % self.held.len();
            let held = self.held.get_mut(slot)?;
            let again = std::mem::take(&mut held.again);
            if !again && held.turn + 1 < numbers {
                return Some(slot);
            }
        }
        None
    }
}

/// The words of a slot in its chunk.
fn slot_of(chunk: &[AtomicU64], slot: usize) -> Option<&[AtomicU64]> {
    let from = slot % UnlistedContacts::CHUNK * UnlistedContacts::SLOT_WORDS;
    chunk.get(from..from + UnlistedContacts::SLOT_WORDS)
}

/// Writes an address into a slot. Only the holder of the lock may call it.
fn write(words: &[AtomicU64], party: Party, domain: DomainId, address: &str) {
    let [number, form, text @ ..] = words else { return };
    number.store(0, Ordering::Relaxed);
    // Pairs with the acquire fence in `read`: a reader that sees one of the words below also sees that the old number is gone.
    fence(Ordering::Release);
    form.store(u64::from(domain.0) << 32 | address.len() as u64, Ordering::Relaxed);
    for (part, word) in address.as_bytes().chunks(8).zip(text) {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(part).for_each(|(byte, of)| *byte = *of);
        word.store(u64::from_le_bytes(bytes), Ordering::Relaxed);
    }
    number.store(u64::from(party.0), Ordering::Release);
}

impl Default for UnlistedContacts {
    fn default() -> UnlistedContacts {
        UnlistedContacts {
            chunks: [const { OnceCell::new() }; UnlistedContacts::CHUNKS],
            admissions: Mutex::default(),
            slots: UnlistedContacts::MOST,
            numbers: UnlistedContacts::NUMBERS,
        }
    }
}

impl std::fmt::Debug for UnlistedContacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnlistedContacts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: DomainId = DomainId(0);

    fn stranger(number: usize) -> String {
        format!("sip:{number}@strangers.example")
    }

    /// `LW_ADMINISTRATOR` is the highest number there is: a stranger with it could change everything.
    #[test]
    fn no_contact_has_the_number_of_the_administrator() {
        let numbers = u64::from(UnlistedContacts::NUMBERS) * UnlistedContacts::MOST as u64;
        assert!(u64::from(UnlistedContacts::FIRST) + numbers - 1 < u64::from(u32::MAX));
        assert!(numbers > 4_000_000_000);
    }

    #[test]
    fn strangers_take_no_place_from_one_who_is_asked_about_again() {
        let contacts = UnlistedContacts { slots: 8, ..UnlistedContacts::default() };
        let bob = contacts.admit(HERE, "sip:bob@x.example").unwrap();
        let mut seen = vec![bob];
        for number in 0..1000 {
            let party = contacts.admit(HERE, &stranger(number)).unwrap();
            assert!(!seen.contains(&party), "number {party:?} was given twice");
            seen.push(party);
            assert_eq!(contacts.named(party).unwrap().name.as_ref(), stranger(number));
            assert_eq!(contacts.admit(HERE, "sip:bob@x.example"), Some(bob));
        }
        assert_eq!(contacts.named(bob).unwrap().name.as_ref(), "sip:bob@x.example");
        let first = *seen.get(1).unwrap();
        assert!(contacts.named(first).is_none(), "an address that had to go");
        let anew = contacts.admit(HERE, &stranger(0)).unwrap();
        assert!(!seen.contains(&anew));
        assert!(contacts.named(first).is_none(), "a number that had to go stays gone");
    }

    #[test]
    fn when_all_were_found_again_the_first_of_them_goes() {
        let contacts = UnlistedContacts { slots: 4, ..UnlistedContacts::default() };
        let all: Vec<Party> = (0..4).map(|number| contacts.admit(HERE, &stranger(number)).unwrap()).collect();
        (0..4).for_each(|number| assert_eq!(contacts.admit(HERE, &stranger(number)), Some(all[number])));
        assert!(contacts.admit(HERE, &stranger(4)).is_some());
        assert_eq!(all.iter().filter(|party| contacts.named(**party).is_none()).count(), 1);
    }

    #[test]
    fn numbers_that_are_used_up_are_not_given_again() {
        let contacts = UnlistedContacts { slots: 3, numbers: 5, ..UnlistedContacts::default() };
        let mut given: Vec<Party> = (0..15).map(|number| contacts.admit(HERE, &stranger(number)).unwrap()).collect();
        assert_eq!(contacts.admit(HERE, &stranger(15)), None);
        assert_eq!(contacts.admit(HERE, &stranger(14)), given.last().copied());
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 15);
    }

    #[test]
    fn an_address_of_any_length_is_itself() {
        let contacts = UnlistedContacts::default();
        for length in [5, 7, 8, 9, 64, 511, 512, LONGEST] {
            let address = format!("sip:{}", "a".repeat(length - 4));
            let party = contacts.admit(DomainId(9), &address).unwrap();
            contacts.read(party, |domain, text| assert_eq!((domain, text), (DomainId(9), &*address))).unwrap();
        }
        assert_eq!(contacts.admit(HERE, &"a".repeat(LONGEST + 1)), None);
        assert!(contacts.named(Party(u32::MAX)).is_none() && contacts.named(Party(7)).is_none());
    }

    /// Readers beside a writer that gives every slot away all the time: an address is that of the number, or none.
    #[test]
    fn readers_see_the_address_of_their_number_or_none() {
        let contacts = UnlistedContacts { slots: 2, ..UnlistedContacts::default() };
        let given: Vec<AtomicU64> = (0..2).map(|_| AtomicU64::new(0)).collect();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let text = |number: u64| format!("sip:{}@x.example", number.to_string().repeat(1 + number as usize % 9));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut met = 0;
                    while !stop.load(Ordering::Relaxed) || met == 0 {
                        for one in &given {
                            let word = one.load(Ordering::Acquire);
                            let (party, number) = (Party((word >> 32) as u32), word & u64::from(u32::MAX));
                            if let Some(named) = contacts.named(party) {
                                assert_eq!(named.name.as_ref(), text(number));
                                met += 1;
                            }
                        }
                    }
                });
            }
            for number in 0..60_000u64 {
                let party = contacts.admit(HERE, &text(number)).unwrap();
                given[number as usize % 2].store(u64::from(party.0) << 32 | number, Ordering::Release);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
