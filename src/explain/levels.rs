//! The actor's level towards the target in each system that has levels or states; `sources/` has the file of each system. It must never decide a right.
#![forbid(unsafe_code)]

use super::Answered;
use crate::id::Kind;
use crate::system::System;

impl Answered<'_> {
    /// The actor's level in each system of the target's domain that has levels or states. None towards oneself, and none in a system
    /// that has no rights between such parties.
    pub fn levels(&self) -> Vec<(System, String)> {
        let systems = self.domain.systems;
        let target = self.domain.kind(self.question.target);
        let mut levels = Vec::new();
        if self.actor == self.question.target {
            return levels;
        }
        if systems.has(System::Xphone) && target == Some(Kind::User) {
            levels.extend(self.label().map(|label| (System::Xphone, label.word().to_string())));
        }
        if systems.has(System::Estos) && target == Some(Kind::User) {
            levels.push((System::Estos, self.estos_level()));
        }
        if systems.has(System::Keevio) && matches!(target, Some(Kind::User | Kind::Contact)) {
            levels.push((System::Keevio, self.roster_state()));
        }
        levels
    }
}
