//! Cells of XPhone's matrix that a document relies on and that the vendor does not state (R1). It must never report a stated cell.
#![forbid(unsafe_code)]

use super::Report;
use crate::id::Line;
use crate::policy::Domain;
use crate::rule::Side;
use crate::system::xphone::{Certainty, Label};
use std::collections::BTreeSet;

pub(super) fn check(report: &mut Report<'_>) {
    let domain = report.domain;
    let labels = labels(domain);
    for row in domain.xphone.matrix.rows() {
        let relies = |label: &&Label| row.cell(**label) && row.certainty(**label) == Certainty::Inferred;
        let relied: Vec<String> = labels.iter().filter(relies).map(|label| format!("`{}`", label.word())).collect();
        let (Some(right), false) = (row.rights.first(), relied.is_empty()) else { continue };
        let what = format!("row {} (`{right}`) for {}", row.number, relied.join(" and "));
        let sure = "not stated by the vendor: set the row in [matrix.xphone] to be sure";
        let many = format!("cells of XPhone's matrix are inferred, {sure}");
        let one = format!("{what} is an inferred cell of the matrix, {sure}");
        report.add("inferred-cell", Line::default(), many, || what, || one);
    }
}

/// The labels that the document gives. The labels of transfers are the system's own, which no document can avoid.
fn labels(domain: &Domain) -> BTreeSet<Label> {
    let xphone = &domain.xphone;
    let mut labels = BTreeSet::new();
    for site in &xphone.sites {
        labels.extend([site.defaults.same_site, site.defaults.other_sites, site.defaults.outside]);
        labels
            .extend(site.groups.iter().flat_map(|group| [group.same_site, group.other_sites, group.outside]).flatten());
    }
    labels.extend(xphone.workgroups.iter().map(|group| group.label));
    const SIDES: [Side; 2] = [Side::Observers, Side::Members];
    for group in &xphone.monitoring_groups {
        labels.extend(SIDES.into_iter().flat_map(|from| SIDES.map(|to| group.label(from, to))).flatten());
    }
    for user in &domain.users {
        labels.extend(user.xphone.settings.iter().map(|setting| setting.label));
        labels.extend(user.xphone.assistant.then_some(Label::Assistant));
    }
    labels
}
