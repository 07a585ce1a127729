//! The keys of a document that have facts of one system, for facts of a system that the domain does not run. It must never decide
//! whether a fact has an effect.
#![forbid(unsafe_code)]

use super::{estos, keevio, linewarden, pascom, xphone};
use crate::policy::Domain;
use crate::system::System;

/// The keys of `system` that have facts, in the order of the documented example.
pub(super) fn keys(domain: &Domain, system: System) -> Vec<&'static str> {
    let facts = match system {
        System::Xphone => xphone::facts(domain).to_vec(),
        System::Estos => estos::facts(domain).to_vec(),
        System::Pascom => pascom::facts(domain).to_vec(),
        System::Keevio => keevio::facts(domain).to_vec(),
        System::Linewarden => linewarden::facts(domain).to_vec(),
    };
    let matrix = domain.overrides.iter().any(|row| row.system == system);
    let rows = matrix.then_some("matrix");
    facts.into_iter().filter(|(_, has)| *has).map(|(key, _)| key).chain(rows).collect()
}
