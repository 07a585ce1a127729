//! The engine: one source opened, questions answered, reloaded as a whole or not at all.
//!
//! Checks read the published image and nothing else. Whatever needs words (explanations, lists of parties, nearest names) also
//! reads the policy behind it, under a lock that a reload holds only for the moment of the change.
#![forbid(unsafe_code)]

use crate::cache::PairCache;
use crate::directory::{self, Directory};
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::explain::{self, Answered, Question};
use crate::fncode;
use crate::id::{DomainId, Kind, Party};
use crate::image::compile::{self, Origins};
use crate::image::published::Published;
use crate::image::{Image, Resolved};
use crate::policy::codes::Function;
use crate::policy::{Domain, Policy};
use crate::right::{Right, RightSet};
use crate::system::System;
use crate::system::xphone::TransferRole;
use crate::wording;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use crate::explain::{Explanation, Reason, Source, Suggestion};
pub use crate::lint::Finding;

/// Numbers for outside addresses that no document names, in an engine's life.
const OUTSIDERS: u32 = 65_536;
/// How long a look-up of such an address waits for a reload that is going on.
const PATIENCE: Duration = Duration::from_millis(100);

/// The rights of every domain of one source. Shared by all threads; checks take no lock and allocate nothing.
#[derive(Debug)]
pub struct Engine {
    source: Option<PathBuf>,
    published: Published,
    cache: PairCache,
    names: RwLock<Directory>,
    loaded: RwLock<Arc<Loaded>>,
    /// Held by whoever changes what is in force; how many outside addresses have got a number.
    writer: Mutex<u32>,
}

/// What the image in force was compiled from.
#[derive(Debug)]
struct Loaded {
    policy: Policy,
    origins: Origins,
    revision: u64,
}

/// A yes or no with its reason; all zero is a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    /// The answer.
    pub allowed: bool,
    /// Why.
    pub reason: Reason,
    /// The revision the answer was given from.
    pub revision: u64,
    /// Line of the deciding entry in the document of the target's domain, 0 where no entry decided.
    pub line: u32,
}

/// All rights of a pair, with the level it holds in each system.
#[derive(Clone, Debug)]
pub struct PairRights {
    /// The rights.
    pub rights: RightSet,
    /// For each system of the target's domain that has levels or states: the system and what the actor holds.
    pub levels: Vec<(System, String)>,
}

/// What a dialled function code means and whether the actor may.
#[derive(Clone, Debug, Serialize)]
pub struct DialAnswer {
    /// The function.
    pub function: Function,
    /// Whose call, forwarding or login it concerns.
    #[serde(skip)]
    pub subject: Party,
    /// The line of the extension that was dialled: 1, 2 or 3; 0 where none was, or a team's.
    pub line: u32,
    /// The same as text.
    #[serde(rename = "subject")]
    pub subject_text: String,
    /// The forwarding's target as dialled; empty where there is none.
    pub digits: String,
    /// The right that was asked; empty where none is needed.
    pub right: String,
    /// Whether the actor may.
    pub allowed: bool,
    /// Why, in one line.
    pub why: String,
}

impl Engine {
    /// Opens a document or a folder of documents.
    ///
    /// # Errors
    /// `File` when it cannot be read, `Document` with every fault of every document, `Limit` when it is too big.
    pub fn open(source: &Path) -> Result<Engine> {
        let documents = document::read(source)?;
        Engine::load(Some(source.to_path_buf()), &documents)
    }

    /// An engine over documents in memory; it cannot be reloaded.
    ///
    /// # Errors
    /// As for [`Engine::open`].
    pub fn from_documents(documents: &[Document]) -> Result<Engine> {
        Engine::load(None, documents)
    }

    fn load(source: Option<PathBuf>, documents: &[Document]) -> Result<Engine> {
        let mut names = Directory::default();
        let policy = document::load(documents, &mut names)?;
        Engine::assemble(source, policy, names)
    }

    /// An engine over a policy that was put together in memory, with the directory its parties are named in.
    ///
    /// # Errors
    /// `Limit` when it is too big.
    pub fn from_policy(policy: Policy, names: Directory) -> Result<Engine> {
        Engine::assemble(None, policy, names)
    }

    fn assemble(source: Option<PathBuf>, policy: Policy, names: Directory) -> Result<Engine> {
        let published = Published::default();
        let origins = compile::publish(&published, &policy, &names, OUTSIDERS, 1)?;
        let loaded = Arc::new(Loaded { policy, origins, revision: 1 });
        Ok(Engine {
            source,
            published,
            cache: PairCache::default(),
            names: RwLock::new(names),
            loaded: RwLock::new(loaded),
            writer: Mutex::new(0),
        })
    }

    /// Reads the source again and returns the new revision. Checks go on meanwhile; on failure the old answers stay in force.
    ///
    /// # Errors
    /// As for [`Engine::open`]; `Argument` when the engine was not opened from a file or folder.
    pub fn reload(&self) -> Result<u64> {
        let Some(source) = &self.source else {
            return Err(Error::new(ErrorKind::Argument, "this engine was not opened from a file or folder"));
        };
        let outsiders = self.writer.lock();
        let documents = document::read(source)?;
        let policy = document::load(&documents, &mut self.names.write())?;
        let revision = self.revision() + 1;
        let left = OUTSIDERS.saturating_sub(*outsiders);
        let origins = compile::publish(&self.published, &policy, &self.names.read(), left, revision)?;
        self.cache.forget_all();
        let old = std::mem::replace(&mut *self.loaded.write(), Arc::new(Loaded { policy, origins, revision }));
        drop(outsiders);
        // A big policy takes a while to take down: nobody has to wait for that.
        drop(old);
        Ok(revision)
    }

    /// The revision in force: 1 after opening, one more with every reload.
    pub fn revision(&self) -> u64 {
        self.published.read(|image| image.revision())
    }

    /// Bytes of the image in force.
    pub fn image_bytes(&self) -> usize {
        self.published.read(|image| image.used_words()) as usize * size_of::<u64>()
    }

    /// The party of that name or extension. `domain` may be `None` when the engine has one domain or `text` is
    /// `domain/name`. A `sip:` address nobody names gets a number of its own (at most 65,536 of them in an engine's life).
    /// Takes no lock and allocates nothing unless such a number has to be given; that waits at most a tenth of a second for a
    /// reload that is going on, and then says `None`.
    pub fn find(&self, domain: Option<&str>, text: &str) -> Option<Party> {
        match self.published.read(|image| find_in(&image, domain, text))? {
            Resolved::Party(party) => Some(party),
            Resolved::Outsider(domain) => self.admit(domain, text),
        }
    }

    /// The number of an outside address that no document names.
    #[cold]
    fn admit(&self, domain: DomainId, text: &str) -> Option<Party> {
        let text = text.rsplit_once('/').map_or(text, |(_, name)| name);
        let address = directory::sip_address(text)?.text();
        let mut given = self.writer.try_lock_for(PATIENCE)?;
        let mut names = self.names.write();
        if let Some(known) = names.party(domain, Kind::Contact, &address) {
            return Some(known);
        }
        if *given >= OUTSIDERS {
            return None;
        }
        let party = names.add_party(domain, Kind::Contact, &address).ok()?;
        *given += 1;
        let admitted = self.published.read(|image| image.admit_outsider(party, domain));
        self.cache.forget(party);
        admitted.then_some(party)
    }

    /// The same with an error that says what is near; for people.
    ///
    /// # Errors
    /// `Unknown` when nobody bears the name, `Argument` when the domain has to be named.
    pub fn resolve(&self, domain: Option<&str>, text: &str) -> Result<Party> {
        if let Some(party) = self.find(domain, text) {
            return Ok(party);
        }
        let loaded = self.loaded();
        let (domain, text) = text.split_once('/').map_or((domain, text), |(domain, text)| (Some(domain), text));
        let domain = match domain {
            Some(name) => {
                loaded.policy.domains.iter().find(|domain| domain.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                    let domains = loaded.policy.domains.iter().map(|domain| domain.name.as_str());
                    Error::new(ErrorKind::Unknown, format!("unknown domain `{name}`{}", nearest(name, domains)))
                })?
            }
            None => match loaded.policy.domains.as_slice() {
                [only] => only,
                _ => {
                    let message = format!("`{text}` needs its domain, as in `domain/{text}`: there are several");
                    return Err(Error::new(ErrorKind::Argument, message));
                }
            },
        };
        let names = self.names.read();
        let texts: Vec<String> = domain.parties().map(|(party, _)| names.text(party)).collect();
        let mut numbers: Vec<&str> = domain.numbers.keys().map(|number| &**number).collect();
        // A map has no order; of two numbers equally near always the same is named.
        numbers.sort_unstable();
        let near = nearest(text, texts.iter().map(String::as_str).chain(numbers));
        Err(Error::new(ErrorKind::Unknown, format!("nobody in `{}` is called `{text}`{near}", domain.name)))
    }

    /// A party as its own domain writes it: `alice`, `team:support`, `sip:bob@partner.example`. Empty for nobody.
    pub fn text(&self, party: Party) -> String {
        self.names.read().text(party)
    }

    /// Which of a user's lines an extension is, alone or with its domain: 1, 2 or 3; 0 for none of them.
    pub fn line_of(&self, party: Party, extension: &str) -> u32 {
        let loaded = self.loaded();
        let domain = self.kind(party).and_then(|(domain, _)| loaded.policy.domain(domain));
        let Some(domain) = domain else { return 0 };
        match extension.split_once('/') {
            Some((name, extension)) if name.eq_ignore_ascii_case(&domain.name) => domain.line_of(party, extension),
            Some(_) => 0,
            None => domain.line_of(party, extension),
        }
    }

    /// A party's domain and kind; `None` for nobody and for whoever the policy no longer has.
    pub fn kind(&self, party: Party) -> Option<(DomainId, Kind)> {
        self.published.read(|image| image.party(party))
    }

    /// The domains, in the order of their documents, with their names.
    pub fn domains(&self) -> Vec<(DomainId, String)> {
        self.loaded().policy.domains.iter().map(|domain| (domain.id, domain.name.clone())).collect()
    }

    /// The live parties of a domain, sorted by the bytes of their text.
    pub fn parties(&self, domain: DomainId) -> Vec<Party> {
        let loaded = self.loaded();
        let parties = loaded.policy.domain(domain).map(|domain| domain.parties().map(|(party, _)| party).collect());
        self.sorted(parties.unwrap_or_default())
    }

    /// May `actor` do `right` to `target`?
    #[inline]
    pub fn may(&self, actor: Party, right: Right, target: Party) -> bool {
        self.rights(actor, target).has(right)
    }

    /// The same while the actor has a part in a transfer with the target.
    #[inline]
    pub fn may_in_call(&self, actor: Party, right: Right, target: Party, role: TransferRole) -> bool {
        self.published.read(|image| image.rights(actor, target, Some(role))).has(right)
    }

    /// All rights of the pair.
    #[inline]
    pub fn rights(&self, actor: Party, target: Party) -> RightSet {
        self.cache.rights(actor, target, || self.evaluate(actor, target))
    }

    /// The rights of a pair that was asked lately, if nothing has changed since. It cannot panic.
    #[inline]
    pub fn kept(&self, actor: Party, target: Party) -> Option<RightSet> {
        self.cache.kept(actor, target)
    }

    /// The same without the pair cache.
    #[inline(never)]
    pub fn evaluate(&self, actor: Party, target: Party) -> RightSet {
        self.published.read(|image| image.rights(actor, target, None))
    }

    /// Many targets at once, answered from one revision; `out` gets one answer for each target that fits. Returns how many are
    /// yes.
    pub fn may_many(&self, actor: Party, right: Right, targets: &[Party], out: &mut [bool]) -> usize {
        self.published.read(|image| {
            let answers = image.rights_of_many(targets.iter().take(out.len()).map(|target| (actor, *target)));
            let answers = answers.map(|rights| rights.has(right));
            fill(out, answers)
        })
    }

    /// Many actors at once, likewise.
    pub fn many_may(&self, actors: &[Party], right: Right, target: Party, out: &mut [bool]) -> usize {
        self.published.read(|image| {
            let answers = image.rights_of_many(actors.iter().take(out.len()).map(|actor| (*actor, target)));
            let answers = answers.map(|rights| rights.has(right));
            fill(out, answers)
        })
    }

    /// The same question by names or extensions; unknown names are refused. An unlisted `sip:` address is an outside contact
    /// without entries and gets no number. Takes no lock and allocates nothing.
    pub fn may_named(&self, domain: Option<&str>, actor: &str, right: &str, target: &str) -> bool {
        let Some(right) = Right::parse(right) else { return false };
        let rights = self.published.read(|image| {
            let (Some(actor), Some(target)) = (find_in(&image, domain, actor), find_in(&image, domain, target)) else {
                return RightSet::EMPTY;
            };
            match (actor, target) {
                (Resolved::Party(actor), Resolved::Party(target)) => image.rights(actor, target, None),
                (Resolved::Outsider(domain), Resolved::Party(target)) => {
                    let same = image.party(target).is_some_and(|(of_target, _)| of_target == domain);
                    if same { image.rights_of_outsider(target, None) } else { RightSet::EMPTY }
                }
                (Resolved::Party(actor), Resolved::Outsider(domain)) => image.rights_to_outsider(actor, domain),
                (Resolved::Outsider(_), Resolved::Outsider(_)) => RightSet::EMPTY,
            }
        });
        rights.has(right)
    }

    /// The answer with its reason. Waits for a lock that a reload holds for a moment; the plain check never does.
    pub fn decide(&self, actor: Party, right: Right, target: Party) -> Decision {
        self.answered(actor, right, target, None, |answered, _, revision| match answered {
            Some(answered) => {
                let (reason, line) = answered.reason();
                Decision { allowed: answered.allowed(), reason, revision, line: line.0 }
            }
            None => Decision { revision, ..Decision::default() },
        })
    }

    /// The answer with every source and, for a no, what would make it yes.
    pub fn explain(&self, actor: Party, right: Right, target: Party, role: Option<TransferRole>) -> Explanation {
        self.answered(actor, right, target, role, |answered, names, revision| match answered {
            Some(answered) => answered.explanation(revision),
            None => explain::unknown(names, actor, right, target, revision),
        })
    }

    /// Asks with a trace, the policy and the names behind the image at hand. `answer` is called with the names locked, which
    /// must not be locked again: a writer that waits in between would wait for ever, and so would everybody.
    fn answered<R>(
        &self,
        actor: Party,
        right: Right,
        target: Party,
        role: Option<TransferRole>,
        answer: impl Fn(Option<Answered<'_>>, &Directory, u64) -> R,
    ) -> R {
        self.with_policy(|loaded, image| {
            let names = self.names.read();
            let question = Question {
                policy: &loaded.policy,
                names: &names,
                origins: &loaded.origins,
                actor,
                right,
                target,
                role,
            };
            answer(question.ask(image), &names, loaded.revision)
        })
    }

    /// All rights of a pair and the level it holds in each system.
    pub fn pair(&self, actor: Party, target: Party) -> PairRights {
        self.answered(actor, Right::CONTACT_NAME_READ, target, None, |answered, _, _| match answered {
            Some(answered) => PairRights { rights: answered.rights, levels: answered.levels() },
            None => PairRights { rights: RightSet::EMPTY, levels: Vec::new() },
        })
    }

    /// Everyone of the target's domain who may, sorted by text.
    pub fn who(&self, right: Right, target: Party) -> Vec<Party> {
        let Some((domain, _)) = self.kind(target) else { return Vec::new() };
        self.filtered(domain, |image, party| image.rights(party, target, None).has(right))
    }

    /// Everyone of the actor's domain on whom the actor may, sorted by text.
    pub fn whom(&self, actor: Party, right: Right) -> Vec<Party> {
        let Some((domain, _)) = self.kind(actor) else { return Vec::new() };
        self.filtered(domain, |image, party| image.rights(actor, party, None).has(right))
    }

    fn filtered(&self, domain: DomainId, keep: impl Fn(&Image<'_>, Party) -> bool) -> Vec<Party> {
        let kept = self.with_policy(|loaded, image| {
            let Some(domain) = loaded.policy.domain(domain) else { return Vec::new() };
            domain.parties().map(|(party, _)| party).filter(|party| keep(&image, *party)).collect()
        });
        self.sorted(kept)
    }

    fn sorted(&self, mut parties: Vec<Party>) -> Vec<Party> {
        let names = self.names.read();
        parties.sort_by_cached_key(|party| names.text(*party));
        parties
    }

    /// What a dialled function code means and whether the actor may. One's own forwarding needs no right. A login is asked for
    /// the location one dials from, so a code that logs somebody in is allowed to a user only when the location cannot matter.
    ///
    /// # Errors
    /// `Unknown` when the actor is nobody or the code names nobody, `Code` when it is malformed or not assigned.
    pub fn dial(&self, actor: Party, code: &str) -> Result<DialAnswer> {
        self.meaning(actor, code, true)
    }

    /// The same for calls: why it is so stays unsaid.
    ///
    /// # Errors
    /// As for [`Engine::dial`].
    pub fn dialled(&self, actor: Party, code: &str) -> Result<DialAnswer> {
        self.meaning(actor, code, false)
    }

    fn meaning(&self, actor: Party, code: &str, words: bool) -> Result<DialAnswer> {
        let loaded = self.loaded();
        let Some((domain, kind)) = self.kind(actor) else {
            return Err(Error::new(ErrorKind::Unknown, "nobody dials"));
        };
        let Some(domain) = loaded.policy.domain(domain) else {
            return Err(Error::new(ErrorKind::Unknown, "the domain is no longer there"));
        };
        let dialled = fncode::parse(domain, actor, code)?;
        let subject_text = self.text(dialled.subject);
        let (right, allowed, why) = match dialled.function {
            Function::Pickup => self.judge(actor, Right::CALL_PICKUP, dialled.subject, words),
            Function::ForwardAsk | Function::ForwardToggle | Function::ForwardSet => {
                if actor == dialled.subject && kind == Kind::User {
                    (String::new(), true, "one's own forwarding needs no right".into())
                } else {
                    self.judge(actor, Right::FORWARDING_SET, dialled.subject, words)
                }
            }
            Function::Login if dialled.log_out => (String::new(), true, "logging out needs no right".into()),
            Function::Login => self.judge_login(domain, actor, kind, dialled.subject, words),
        };
        let (function, subject, line, digits) = (dialled.function, dialled.subject, dialled.line, dialled.digits);
        Ok(DialAnswer { function, subject, line, subject_text, digits, right, allowed, why })
    }

    fn judge(&self, actor: Party, right: Right, target: Party, words: bool) -> (String, bool, String) {
        if !words {
            return (right.to_string(), self.may(actor, right, target), String::new());
        }
        let (allowed, summary) =
            self.answered(actor, right, target, None, |answered, names, revision| match answered {
                Some(answered) => answered.verdict(),
                None => (false, explain::unknown(names, actor, right, target, revision).summary),
            });
        (right.to_string(), allowed, summary)
    }

    fn judge_login(
        &self,
        domain: &Domain,
        actor: Party,
        kind: Kind,
        subject: Party,
        words: bool,
    ) -> (String, bool, String) {
        if kind == Kind::Location {
            return self.judge(subject, Right::LOCATION_LOGIN, actor, words);
        }
        let right = Right::LOCATION_LOGIN;
        let mut locations = domain.places.iter().filter(|place| place.kind == Kind::Location).peekable();
        let anywhere = locations.peek().is_some() && locations.all(|place| self.may(subject, right, place.party));
        let subject = self.text(subject);
        let why = if anywhere {
            format!("{subject} may log in at every location")
        } else {
            format!("it depends on the location one dials from: ask `location.login` of {subject} for it")
        };
        (right.to_string(), anywhere, why)
    }

    /// Who is told of a waiting call of `team`, given which of its agents are logged out or paused. Sorted by text.
    ///
    /// # Errors
    /// `Unknown` when `team` is no team of a domain that runs pascom, `Argument` when a party is no agent of it.
    pub fn notified(&self, team: Party, logged_out: &[Party], paused: &[Party]) -> Result<Vec<Party>> {
        let loaded = self.loaded();
        let domain = self.kind(team).and_then(|(domain, _)| loaded.policy.domain(domain));
        let Some(domain) = domain else { return Err(Error::new(ErrorKind::Unknown, "no such team")) };
        crate::notified::notified(domain, team, logged_out, paused).map(|parties| self.sorted(parties))
    }

    /// What is legal but likely wrong.
    pub fn lint(&self) -> Vec<Finding> {
        let loaded = self.loaded();
        let names = self.names.read();
        loaded.policy.domains.iter().flat_map(|domain| crate::lint::lint(domain, &names)).collect()
    }

    /// The named groups of a domain's users, for putting changes into words.
    pub fn named_groups(&self, domain: DomainId) -> Vec<(String, Vec<Party>)> {
        self.loaded().policy.domain(domain).map_or_else(Vec::new, named_groups)
    }

    /// Writes a domain as a document that loads to the same answers.
    ///
    /// # Errors
    /// What `out` answers; `NotFound` when there is no such domain.
    pub fn write_document(&self, domain: DomainId, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        let loaded = self.loaded();
        let domain = loaded.policy.domain(domain).ok_or(std::io::ErrorKind::NotFound)?;
        document::write(domain, &self.names.read(), out)
    }

    fn loaded(&self) -> Arc<Loaded> {
        self.loaded.read().clone()
    }

    /// Asks the image together with the policy it was compiled from. Between publishing an image and naming its policy a reload
    /// leaves a moment in which the two differ; it is waited for.
    fn with_policy<R>(&self, question: impl Fn(&Loaded, Image<'_>) -> R) -> R {
        loop {
            let loaded = self.loaded();
            let answer =
                self.published.read(|image| (image.revision() == loaded.revision).then(|| question(&loaded, image)));
            match answer {
                Some(answer) => return answer,
                None => std::thread::yield_now(),
            }
        }
    }
}

/// What a text stands for: `domain/name`, or a name in `domain`, or in the only domain there is.
#[inline]
fn find_in(image: &Image<'_>, domain: Option<&str>, text: &str) -> Option<Resolved> {
    let (domain, text) = match text.split_once('/') {
        Some((domain, text)) => (image.find_domain(domain)?, text),
        None => match domain {
            Some(name) => (image.find_domain(name)?, text),
            None => (image.only_domain()?, text),
        },
    };
    image.find(domain, text)
}

fn fill(out: &mut [bool], answers: impl Iterator<Item = bool>) -> usize {
    let mut allowed = 0;
    for (place, answer) in out.iter_mut().zip(answers) {
        *place = answer;
        allowed += usize::from(answer);
    }
    allowed
}

/// `; did you mean ...?` where a name is near.
fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> String {
    wording::nearest(text, names).map(wording::did_you_mean).unwrap_or_default()
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
