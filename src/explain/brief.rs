//! An answer with its reason in one line, from the image alone. It must never read a policy, nor say that an answer is certain where
//! that hangs on what only the policy knows: then there is no brief answer.
#![forbid(unsafe_code)]

use super::reason::{Decided, decide};
use super::{Explanation, Reason};
use crate::calendar::clock::{self, Reading};
use crate::id::{DomainId, Kind};
use crate::image::evaluate::check::{Trace, TraceEvent};
use crate::image::{Image, ReadMode, Resolved};
use crate::right::Right;
use crate::right::phrase::phrase;
use crate::system::xphone::{Certainty, Label, Matrix, TransferRole};

/// The label in force at an instant.
struct InForce {
    label: Option<Label>,
    reading: Option<Reading>,
}

impl Trace for InForce {
    fn event(&mut self, event: TraceEvent) {
        if let TraceEvent::Label(step, _) = event {
            self.label = self.label.or(Label::from_step(step));
        }
    }

    fn clock(&mut self) -> Reading {
        *self.reading.get_or_insert_with(clock::read)
    }
}

/// The answer without sources and suggestions. `texts` are those of actor and target; their domains stand before them where they are of
/// different ones. `None` if actor, target or right is unknown, or the answer may rest on a cell of a matrix that no vendor states.
pub(crate) fn brief<M: ReadMode>(
    image: &Image<'_, M>,
    (actor, target): (Resolved, Resolved),
    right: Right,
    role: Option<TransferRole>,
    texts: [String; 2],
) -> Option<Explanation> {
    let Decided { rights, reason, reading } = decide(image, (actor, target), right, role)?;
    let known = |party| match party {
        Resolved::Party(party) => image.party(party),
        Resolved::Unlisted(domain) => Some((domain, Kind::Contact)),
    };
    let ((home, kind), (domain, _)) = (known(actor)?, known(target)?);
    let mut found = InForce { label: None, reading };
    let _ = image.between(actor, target, role, &mut found);
    let inside = home == domain && kind == Kind::User;
    if found.label.is_some_and(|label| !is_stated(image, domain, (label, inside), right)) {
        return None;
    }
    let name = |domain| image.domain_name(domain).unwrap_or_default();
    let [actor, target] = match home == domain {
        true => texts,
        false => [format!("{}/{}", name(home), texts[0]), format!("{}/{}", name(domain), texts[1])],
    };
    let allowed = rights.has(right);
    let verb = if allowed { "may" } else { "may not" };
    let why = words(reason, found.label);
    Some(Explanation {
        allowed,
        domain: name(domain),
        summary: format!("{actor} {verb} {} {target}: {why}", phrase(right.mask())),
        actor,
        right: right.to_string(),
        target,
        reason,
        certainty: Certainty::Stated,
        rests_on: String::new(),
        sources: Vec::new(),
        changes: Vec::new(),
        no_change: String::new(),
        revision: image.revision(),
    })
}

/// Whether the vendor states the cell of that label. Where a domain's matrix is another one than the vendor's, only the policy knows.
fn is_stated<M: ReadMode>(
    image: &Image<'_, M>,
    domain: DomainId,
    (label, inside): (Label, bool),
    right: Right,
) -> bool {
    let matrix = Matrix::default();
    matrix.certainty(label, inside, right).0 == Certainty::Stated
        && Label::ALL.iter().all(|label| {
            image.rights_of_label(domain, *label as u8, inside).has(right) == matrix.rights(*label, inside).has(right)
        })
}

/// A reason in words; `label` is the one in force.
fn words(reason: Reason, label: Option<Label>) -> String {
    let gives = label.map_or_else(String::new, |label| format!(": {}", label.word()));
    match reason {
        Reason::Unknown | Reason::NotGranted => "no source gives it".into(),
        Reason::NotApplicable => "the right does not apply between these parties".into(),
        Reason::OwnSettingLacks => {
            let label = label.map_or_else(String::new, |label| format!(" `{}`", label.word()));
            format!("the target's own setting{label} lacks it and overrides the rest")
        }
        Reason::Vip => "the target is a VIP and has set nothing for the actor".into(),
        Reason::PrivateLine => "the line is private, so only the target sees the numbers of its calls".into(),
        Reason::Exempt => "the target is exempt from it".into(),
        Reason::TooOld => "the last word from the cluster is older than the domain allows".into(),
        Reason::Oneself => "towards oneself".into(),
        Reason::OwnSetting => format!("own setting of the target{gives}"),
        Reason::SiteDefault => format!("default of the target's site or configuration group{gives}"),
        Reason::Workgroup => format!("a workgroup{gives}"),
        Reason::MonitoringGroup => format!("a monitoring group{gives}"),
        Reason::Assistant => format!("the actor is flagged as assistant{gives}"),
        Reason::Transfer => format!("the actor's part in a transfer{gives}"),
        Reason::UnknownLabel => format!("no relationship applies{gives}"),
        Reason::GlobalAuthorization => "global preset".into(),
        Reason::AuthorizationGroup => "an authorization group".into(),
        Reason::GroupLeader => "leader of an authorization group".into(),
        Reason::OwnGrant => "own grant of the target".into(),
        Reason::SourcesTogether => "several sources together give all parts of it".into(),
        Reason::AdministrativeGrant => "grant by the administrator".into(),
        Reason::Permission => "a permission".into(),
        Reason::OpenDefault => "open until a permission carries the role type".into(),
        Reason::Agent => "agents of the team".into(),
        Reason::Subscription => "subscription to the target".into(),
        Reason::Realm => "permission realm".into(),
        Reason::RelationRule => "changes of relations".into(),
        Reason::Rule => "a rule".into(),
        Reason::Destination => "a destination of every forwarding".into(),
    }
}
