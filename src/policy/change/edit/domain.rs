//! Applies changes of what holds for a domain as a whole: systems, function codes, the longest age, matrix rows. It never judges who may make
//! them.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::id::Line;
use crate::policy::Override;
use crate::policy::change::DirtyPart;
use crate::policy::change::editor::{Editor, fault, unknown};
use crate::policy::change::vocabulary::DomainChange;
use crate::policy::codes::Function;
use crate::policy::valid::{LONGEST_CODE, MOST_AGE, is_code};
use crate::system::estos::Level;
use crate::system::xphone::Label;
use crate::system::{System, Systems};
use crate::wording::{expected, quote};

impl Editor<'_> {
    /// Makes a change of the domain as a whole.
    pub fn domain_change(&mut self, change: DomainChange<'_>) -> Result<()> {
        use DomainChange as C;
        match change {
            C::SetSystems { systems } => self.set_systems(systems)?,
            C::SetCode { function, code } => self.set_code(*function, code)?,
            C::SetLongestAge { seconds } => self.set_longest_age(*seconds)?,
            C::SetMatrix { system, right, levels } => self.set_matrix(*system, right, Some(levels))?,
            C::ClearMatrix { system, right } => self.set_matrix(*system, right, None)?,
        }
        Ok(())
    }

    fn set_systems(&mut self, systems: &[System]) -> Result<()> {
        if systems.is_empty() {
            return fault(format!("no system{}", expected(&System::ALL.map(System::name))));
        }
        let systems: Systems = systems.iter().copied().collect();
        self.put(systems, |domain| Some(&mut domain.systems));
        self.dirty(DirtyPart::Domain);
        Ok(())
    }

    fn set_code(&mut self, function: Function, code: &str) -> Result<()> {
        if !is_code(code) {
            let wanted = format!("`*` or `#`, then digits, `*` and `#`, at most {LONGEST_CODE} in all");
            return fault(format!("code {}, expected {wanted}", quote(code)));
        }
        let others = self.domain.codes.iter().filter(|(other, _)| *other != function);
        for (other, held) in others {
            if code.starts_with(held) || held.starts_with(code) {
                let (code, held, key) = (quote(code), quote(held), other.key());
                return fault(format!("code {code} and {held} for `{key}` begin alike"));
            }
        }
        let mut codes = self.domain.codes.clone();
        codes.set(function, code);
        self.put(codes, |domain| Some(&mut domain.codes));
        self.dirty(DirtyPart::Codes);
        self.dirty(DirtyPart::State);
        Ok(())
    }

    fn set_longest_age(&mut self, seconds: u32) -> Result<()> {
        if seconds > MOST_AGE {
            return fault(format!("{seconds} seconds, expected at most {MOST_AGE}"));
        }
        if self.domain.longest_age != seconds {
            self.put(seconds, |domain| Some(&mut domain.longest_age));
            self.dirty(DirtyPart::Domain);
        }
        Ok(())
    }

    /// Replaces a row of a matrix, or restores the vendor's.
    fn set_matrix(&mut self, system: System, key: &str, levels: Option<&[String]>) -> Result<()> {
        let (keys, words): (Vec<&str>, Vec<&str>) = match system {
            System::Xphone => {
                (self.domain.xphone.matrix.keys().collect(), Label::ALL.iter().map(|label| label.word()).collect())
            }
            System::Estos => {
                (self.domain.estos.tables.keys().collect(), Level::ALL.iter().map(|level| level.word()).collect())
            }
            _ => return fault(format!("{} has no matrix, expected `xphone` or `estos`", system.name())),
        };
        if !keys.contains(&key) {
            return unknown("row", key, keys.into_iter());
        }
        for (level, at) in levels.unwrap_or_default().iter().zip(0..) {
            if !words.contains(&level.as_str()) {
                return unknown("level", level, words.into_iter());
            }
            if levels.unwrap_or_default().iter().take(at).any(|other| other == level) {
                return fault(format!("{} stands twice", quote(level)));
            }
        }
        let mut overrides = self.domain.overrides.clone();
        let held = overrides.iter().position(|row| row.system == system && row.key == key);
        let entry = levels.map(|levels| levels.to_vec());
        match (held.and_then(|at| overrides.get_mut(at)), entry) {
            (Some(row), Some(levels)) if row.levels == levels => return Ok(()),
            (Some(row), Some(levels)) => *row = Override { system, key: key.into(), levels, line: Line::default() },
            (Some(_), None) => overrides.retain(|row| row.system != system || row.key != key),
            (None, Some(levels)) => overrides.push(Override { system, key: key.into(), levels, line: Line::default() }),
            (None, None) => return Ok(()),
        }
        let (matrix, tables) = Override::tables(&overrides);
        self.put(overrides, |domain| Some(&mut domain.overrides));
        self.put(matrix, |domain| Some(&mut domain.xphone.matrix));
        self.put(tables, |domain| Some(&mut domain.estos.tables));
        self.written(system);
        self.dirty(match system {
            // Pairs have labels, whatever these give.
            System::Xphone => DirtyPart::Rules,
            _ => DirtyPart::Domain,
        });
        Ok(())
    }
}
