//! Questions for people and lists: decisions with reasons, explanations, parties, findings of lint, export. Only `decide`, `line_of`,
//! `text` and `domain_name_of` are for calls: over a store they must never read the policy snapshot. `who`, `whom` and `parties` do
//! not read it either, but visit every party.
#![forbid(unsafe_code)]

use super::Engine;
use super::queries::{Decision, Why};
use super::snapshot::Snapshot;
use crate::address;
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::explain::{self, Answered, Explanation, Question, Reason, Source};
use crate::id::{DomainId, Kind, Party};
use crate::image::{Image, Resolved};
use crate::lint::Finding;
use crate::policy::{Administrator, Area, Domain};
use crate::right::{Right, RightSet};
use crate::system::xphone::TransferRole;
use crate::system::{System, keevio};
use crate::wording::{expected, meant_name, quote};

/// All rights of a pair, with the level it holds in each system.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PairRights {
    /// The rights.
    pub rights: RightSet,
    /// The level or state that the actor has in each system of the target's domain.
    pub levels: Vec<(System, String)>,
    /// The rights that rest on an inferred cell of a vendor's matrix.
    pub inferred: RightSet,
}

impl Engine {
    /// As [`Engine::find`], with an error that suggests the nearest name.
    ///
    /// # Errors
    /// `Unknown` for an unknown name, `Argument` when the domain is missing.
    pub fn resolve(&self, domain: Option<&str>, text: &str) -> Result<Party> {
        if let Some(party) = self.find(domain, text) {
            return Ok(party);
        }
        Err(self.unknown_name(domain, text))
    }

    /// The answer with its reason. Over a store it takes no lock, allocates nothing and returns no line. Over documents it takes the
    /// snapshot's lock, which a reload holds for a moment.
    pub fn decide(&self, actor: Party, right: Right, target: Party) -> Decision {
        if self.has_store() {
            return self.published.query(Why { engine: self, actor, right, target });
        }
        self.answered(actor, right, target, None, |answered, _, revision| match answered {
            Some(answered) => {
                let (allowed, reason, line) = (answered.allowed(), answered.reason, answered.line().0);
                Decision { allowed, reason, revision, line }
            }
            None => Decision { revision, ..Decision::default() },
        })
    }

    /// The answer with every source and, for a no, the changes that would make it yes.
    pub fn explain(&self, actor: Party, right: Right, target: Party, role: Option<TransferRole>) -> Explanation {
        self.answered(actor, right, target, role, |answered, names, revision| match answered {
            Some(answered) => answered.explanation(revision),
            None => explain::unknown(names, actor, right, target, revision),
        })
    }

    /// The reason of the answer, and for a yes the source that decides: what [`Engine::explain`] says of it, without the work for all
    /// others. No source where several give the right together, and for a no. For people: it reads the policy.
    pub fn deciding_source(&self, actor: Party, right: Right, target: Party) -> (Reason, Option<Source>) {
        self.answered(actor, right, target, None, |answered, _, _| match answered {
            Some(answered) => (answered.reason, answered.deciding_source()),
            None => (Reason::Unknown, None),
        })
    }

    /// The answer with its reason in one line; sources and changes may be missing. Over a store it is read from the image, so the line
    /// names the kind of source and not its name. Only where the answer may rest on a matrix cell that no vendor states, the policy is
    /// read.
    pub fn explain_briefly(
        &self,
        actor: Party,
        right: Right,
        target: Party,
        role: Option<TransferRole>,
    ) -> Explanation {
        let brief = self.has_store().then(|| {
            self.published.read(|image| {
                let of = |party| image.resolve(&self.unlisted, party);
                let texts =
                    [actor, target].map(|party| self.named(&image, party).map_or_else(String::new, |(_, text)| text));
                explain::brief(&image, (of(actor), of(target)), right, role, texts)
            })
        });
        brief.flatten().unwrap_or_else(|| self.explain(actor, right, target, role))
    }

    /// Answers a question with its trace, and passes it to `answer` with the names and the revision.
    pub(super) fn answered<R>(
        &self,
        actor: Party,
        right: Right,
        target: Party,
        role: Option<TransferRole>,
        answer: impl Fn(Option<Answered<'_>>, &Directory, u64) -> R,
    ) -> R {
        self.with_snapshot(|snapshot, image| {
            let question = Question {
                policy: &snapshot.policy,
                names: &snapshot.names,
                origins: &snapshot.origins,
                actor,
                right,
                target,
                role,
            };
            answer(question.ask(image), &snapshot.names, snapshot.revision)
        })
    }

    /// All rights of a pair and its level in each system.
    pub fn pair(&self, actor: Party, target: Party) -> PairRights {
        self.answered(actor, Right::CONTACT_NAME_READ, target, None, |answered, _, _| match answered {
            Some(answered) => {
                let (rights, levels) = (answered.rights, answered.levels());
                PairRights { rights, levels, inferred: answered.inferred() }
            }
            None => PairRights { rights: RightSet::EMPTY, levels: Vec::new(), inferred: RightSet::EMPTY },
        })
    }

    /// The parties of the target's domain that have the right on it, sorted by text.
    pub fn who(&self, right: Right, target: Party) -> Vec<Party> {
        let Some((domain, _)) = self.kind(target) else { return Vec::new() };
        self.filtered(domain, |image, party| self.ask(image, party, target, None).has(right))
    }

    /// The parties of the actor's domain on which the actor has the right, sorted by text.
    pub fn whom(&self, actor: Party, right: Right) -> Vec<Party> {
        let Some((domain, _)) = self.kind(actor) else { return Vec::new() };
        self.filtered(domain, |image, party| self.ask(image, actor, party, None).has(right))
    }

    /// The rights that no other party has on this user, whatever a rule says (L11). None where the user's domain does not run
    /// linewarden.
    ///
    /// ```
    /// use linewarden::{Document, Engine, Right};
    ///
    /// let text = r#"
    ///     domain = "acme.example"
    ///     systems = ["linewarden"]
    ///     user = [{ name = "wilma", exempt = ["call.listen"] }]
    /// "#;
    /// let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }])?;
    /// assert!(engine.exempt(engine.resolve(None, "wilma")?).has(Right::CALL_LISTEN));
    /// # Ok::<(), linewarden::Error>(())
    /// ```
    pub fn exempt(&self, user: Party) -> RightSet {
        self.published.read(|image| match image.resolve(&self.unlisted, user) {
            Resolved::Party(user) => image.exempt(user),
            Resolved::Unlisted(_) => RightSet::EMPTY,
        })
    }

    /// The parties that pass `keep`, all of them tested on one image, sorted by text. Only those that pass are sorted.
    fn filtered(&self, domain: DomainId, keep: impl Fn(&Image<'_>, Party) -> bool) -> Vec<Party> {
        self.sorted(self.published.read(|image| image.parties(domain).filter(|party| keep(&image, *party)).collect()))
    }

    /// The parties of a domain, without removed ones, sorted by the bytes of their text.
    pub fn parties(&self, domain: DomainId) -> Vec<Party> {
        self.sorted(self.published.read(|image| image.parties(domain).collect()))
    }

    /// The parties of a domain with texts and kinds, sorted by text, all of one image.
    pub(crate) fn named_parties(&self, domain: DomainId) -> Vec<(String, Kind, Party)> {
        let mut named: Vec<_> = self.published.read(|image| {
            let named = |party| Some((image.named(party)?.1, image.party(party)?.1, party));
            image.parties(domain).filter_map(named).collect()
        });
        named.sort_unstable();
        named
    }

    pub(super) fn sorted(&self, parties: Vec<Party>) -> Vec<Party> {
        let mut named: Vec<(String, Party)> = self.published.read(|image| {
            let text = |party: &Party| self.named(&image, *party).map_or_else(String::new, |(_, text)| text);
            parties.iter().map(|party| (text(party), *party)).collect()
        });
        named.sort_unstable();
        named.into_iter().map(|(_, party)| party).collect()
    }

    /// A party's domain and text, unlisted contacts included.
    fn named(&self, image: &Image<'_>, party: Party) -> Option<(DomainId, String)> {
        self.unlisted.read(party, |domain, address| (domain, address.to_string())).or_else(|| image.named(party))
    }

    /// The document of a party's domain, if `revision` is in force; `None` over a store, which has none. For people: over a store it reads
    /// the policy.
    pub fn file_of(&self, party: Party, revision: u64) -> Option<String> {
        let (domain, _) = self.kind(party)?;
        self.with_snapshot(|snapshot, _| {
            let file = &snapshot.policy.domain(domain)?.file;
            (snapshot.revision == revision && !file.is_empty()).then(|| file.to_string())
        })
    }

    /// A party as its own domain writes it: `alice`, `team:support`, `sip:bob@partner.example`. Empty for an unknown party.
    pub fn text(&self, party: Party) -> String {
        self.published.read(|image| self.named(&image, party)).map_or_else(String::new, |(_, text)| text)
    }

    /// Which of a user's lines an extension (alone or as `domain/extension`) is: 1, 2 or 3; 0 for none. Takes no lock and allocates
    /// nothing.
    pub fn line_of(&self, party: Party, extension: &str) -> u32 {
        self.published
            .read(|image| {
                let (domain, _) = image.party(party)?;
                let extension = match address::split(extension) {
                    (Some(name), _) if image.find_domain(name) != Some(domain) => return None,
                    (_, extension) => extension,
                };
                let (whose, line) = image.extension(domain, extension)?;
                (whose == party).then_some(line)
            })
            .unwrap_or(0)
    }

    /// The name of a party's domain.
    pub fn domain_name_of(&self, party: Party) -> Option<String> {
        let (domain, _) = self.kind(party)?;
        self.published.read(|image| image.domain_name(domain))
    }

    /// The name of a party's domain, and the systems it runs. Over a store it reads the policy, which takes
    /// seconds in a big company: never ask it on a call.
    pub fn domain_of(&self, party: Party) -> Option<(String, Vec<System>)> {
        let (domain, _) = self.kind(party)?;
        self.with_snapshot(|snapshot, _| {
            snapshot.policy.domain(domain).map(|domain| (domain.name.clone(), domain.systems.iter().collect()))
        })
    }

    /// A party as that domain writes it: a user of another domain is a `sip:` address there. Empty for an unknown party.
    pub fn text_in(&self, domain: &str, party: Party) -> String {
        self.published
            .read(|image| {
                let (own, text) = self.named(&image, party)?;
                // Every text but a user's name has a colon.
                let own =
                    image.domain_name(own).filter(|own| !text.contains(':') && !address::is_same_domain(own, domain));
                Some(own.map_or_else(|| text.clone(), |own| address::address_of(&text, &own)))
            })
            .unwrap_or_default()
    }

    /// The domains, in the order of their documents, with their names.
    pub fn domains(&self) -> Vec<(DomainId, String)> {
        self.published.read(|image| image.domains())
    }

    /// The users that `team` notifies of a waiting call, sorted by text. `logged_out` and `paused` are added to the domain's own state.
    /// Over a store it reads the policy, which can take seconds in a big company: never ask it on a call.
    ///
    /// # Errors
    /// `Unknown` when `team` is no team of a domain that runs pascom, `Argument` when a party is no agent of it.
    pub fn notified(&self, team: Party, logged_out: &[Party], paused: &[Party]) -> Result<Vec<Party>> {
        let Some((domain, _)) = self.kind(team) else { return Err(Error::new(ErrorKind::Unknown, "no such team")) };
        let notified = self.with_snapshot(|snapshot, _| match snapshot.policy.domain(domain) {
            Some(domain) => {
                let also = |given: &[Party], of: &mut dyn Iterator<Item = Party>| -> Vec<Party> {
                    given.iter().copied().chain(of).collect()
                };
                let logged_out = also(logged_out, &mut domain.state.logged_out(team));
                let paused = also(paused, &mut domain.state.paused(team));
                crate::notified::notified(domain, team, &logged_out, &paused)
            }
            None => Err(Error::new(ErrorKind::Unknown, "no such team")),
        });
        notified.map(|parties| self.sorted(parties))
    }

    /// The users who may change one thing, in addition to the administrator, sorted by text (R8). `thing` is `site:NAME`,
    /// `workgroup:NAME`, `monitoring_group:NAME`, `permission:NAME` or `team:NAME`, after `DOMAIN/` if `domain` is `None` and there
    /// are several. Over a store it reads the policy, which can take seconds in a big company: never ask it on a call.
    ///
    /// # Errors
    /// `Unknown` when there is no such thing, `Argument` when the text has another form or the domain is missing.
    pub fn administrators(&self, domain: Option<&str>, thing: &str) -> Result<Vec<Party>> {
        let users = self.with_snapshot(|snapshot, _| {
            let (domain, thing) = within(snapshot, domain, thing)?;
            let kind = |area: &&Area| area.one().replace(' ', "_");
            let parts = thing.split_once(':');
            let parts = parts.and_then(|(word, name)| Some((Area::ALL.iter().find(|area| kind(area) == word)?, name)));
            let Some((area, name)) = parts else {
                let kinds: Vec<String> = Area::ALL.iter().map(|area| format!("{}:NAME", kind(&area))).collect();
                let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
                let message = format!("{}{}", quote(thing), expected(&kinds));
                return Err(Error::new(ErrorKind::Argument, message));
            };
            let plain = |party| snapshot.names.named(party).map_or("", |named| &*named.name);
            let known: Vec<&str> = match area {
                Area::Teams => domain.teams.iter().map(|team| plain(team.party)).collect(),
                area => domain.names_in(*area),
            };
            if !known.contains(&name) {
                let near = meant_name(name, known.into_iter());
                let message = format!("unknown {} {} in `{}`{near}", area.one(), quote(name), domain.name);
                return Err(Error::new(ErrorKind::Unknown, message));
            }
            let has = |administrator: &&Administrator| match area {
                Area::Teams => administrator.teams.iter().any(|team| plain(*team) == name),
                area => administrator.holds(*area, name),
            };
            Ok(domain.administrators.iter().filter(has).map(|administrator| administrator.user).collect())
        });
        users.map(|users| self.sorted(users))
    }

    /// The viewers whose inquiry (estos) or subscription (keevio) waits for an answer by `owner`, sorted by text. Over a
    /// store it reads the policy, which can take seconds in a big company: never ask it on a call.
    pub fn pending(&self, owner: Party) -> Vec<Party> {
        let mut pending = self.with_snapshot(|snapshot, _| {
            let Some(domain) = snapshot.domain_of(owner) else { return Vec::new() };
            let subscriptions = domain
                .keevio
                .subscriptions
                .iter()
                .filter(|((_, of), subscription)| *of == owner && subscription.state == keevio::State::Pending);
            domain.state.pending(owner).chain(subscriptions.map(|((viewer, _), _)| *viewer)).collect()
        });
        pending.sort_unstable();
        pending.dedup();
        self.sorted(pending)
    }

    /// The state of `viewer`'s keevio subscription to `owner`, if there is one. Over a store it reads the policy, which takes
    /// seconds in a big company: never ask it on a call.
    pub fn subscription(&self, viewer: Party, owner: Party) -> Option<keevio::State> {
        self.with_snapshot(|snapshot, _| snapshot.domain_of(owner)?.keevio.state(viewer, owner))
    }

    /// What is legal but likely wrong.
    pub fn lint(&self) -> Vec<Finding> {
        self.with_snapshot(|snapshot, _| {
            let at = snapshot.policy.instant();
            snapshot.policy.domains.iter().flat_map(|domain| crate::lint::lint(domain, &snapshot.names, at)).collect()
        })
    }

    /// What is legal but likely wrong in one domain.
    pub fn lint_domain(&self, domain: DomainId) -> Vec<Finding> {
        self.with_snapshot(|snapshot, _| {
            let at = snapshot.policy.instant();
            let lint = |domain| crate::lint::lint(domain, &snapshot.names, at);
            snapshot.policy.domain(domain).map_or_else(Vec::new, lint)
        })
    }

    /// The named groups of a domain's users, for describing changes.
    pub(crate) fn named_groups(&self, domain: DomainId) -> Vec<(String, Vec<Party>)> {
        self.with_snapshot(|snapshot, _| snapshot.policy.domain(domain).map_or_else(Vec::new, named_groups))
    }
}

/// The domain of a text, and the text without it.
fn within<'b, 't>(snapshot: &'b Snapshot, domain: Option<&str>, text: &'t str) -> Result<(&'b Domain, &'t str)> {
    let (before, text) = address::split(text);
    let domain = before.or(domain);
    let domain = match domain {
        Some(name) => snapshot.policy.domain_named(name).ok_or_else(|| {
            let domains = snapshot.policy.domains.iter().map(|domain| domain.name.as_str());
            Error::new(ErrorKind::Unknown, format!("unknown domain `{name}`{}", meant_name(name, domains)))
        })?,
        None => match snapshot.policy.domains.as_slice() {
            [only] => only,
            _ => {
                let message = format!("`{text}` needs its domain, as in `domain/{text}`: there are several");
                return Err(Error::new(ErrorKind::Argument, message));
            }
        },
    };
    Ok((domain, text))
}

fn named_groups(domain: &Domain) -> Vec<(String, Vec<Party>)> {
    let mut groups: Vec<(String, Vec<Party>)> =
        domain.xphone.sites.iter().map(|site| (site.name.clone(), Vec::new())).collect();
    for user in &domain.users {
        if let Some((_, members)) = user.xphone.site.and_then(|site| groups.get_mut(usize::from(site))) {
            members.push(user.party);
        }
    }
    groups.extend(domain.xphone.workgroups.iter().map(|group| (group.name.clone(), group.members.clone())));
    for group in &domain.xphone.monitoring_groups {
        groups.push((format!("{} observers", group.name), group.observers.clone()));
        groups.push((group.name.clone(), group.members.clone()));
    }
    groups.extend(domain.estos.groups.iter().map(|group| (group.name.clone(), group.members.clone())));
    let permissions = domain.pascom.permissions.iter().filter(|permission| !permission.automatic.users);
    groups.extend(permissions.map(|permission| (permission.name.clone(), permission.users.clone())));
    groups
}
