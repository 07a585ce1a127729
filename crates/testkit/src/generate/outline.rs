//! The parts that a company's outline is made of. They are drawn in `draw` and put together in `company`.
#![forbid(unsafe_code)]

use std::ops::Range;

pub(super) struct Site {
    pub name: String,
    pub users: Range<u32>,
    pub departments: Range<u32>,
    /// Number of the first hot desk, counted over all sites, and of the first one of the next site.
    pub desks: Range<u32>,
}

pub(super) struct Department {
    pub site: u32,
    pub name: String,
    pub users: Range<u32>,
}

/// A pascom team: the reception of a site, or the queue of a department.
pub(super) struct Queue {
    pub site: u32,
    pub department: Option<u32>,
}

/// A user's name: places in the lists of names, and how many namesakes came before.
pub(super) struct Name {
    pub first: u8,
    pub last: u8,
    pub namesakes: u32,
}

/// Lists of numbers, one after the other.
pub(super) struct Lists {
    pub ends: Vec<u32>,
    pub numbers: Vec<u32>,
}

impl Lists {
    pub fn get(&self, list: u32) -> &[u32] {
        let end = self.ends.get(list as usize).copied().unwrap_or(0);
        let start = list.checked_sub(1).and_then(|before| self.ends.get(before as usize)).copied().unwrap_or(0);
        self.numbers.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// For each number below `count` the lists it stands in.
    pub fn inverse(&self, count: u32) -> Lists {
        let mut next = vec![0; count as usize + 1];
        for number in &self.numbers {
            if let Some(place) = next.get_mut(*number as usize + 1) {
                *place += 1;
            }
        }
        let mut before = 0;
        for place in &mut next {
            before += *place;
            *place = before;
        }
        let mut numbers = vec![0; self.numbers.len()];
        for list in 0..self.ends.len() as u32 {
            for number in self.get(list) {
                if let Some(place) = next.get_mut(*number as usize) {
                    if let Some(entry) = numbers.get_mut(*place as usize) {
                        *entry = list;
                    }
                    *place += 1;
                }
            }
        }
        next.truncate(count as usize);
        Lists { ends: next, numbers }
    }
}
