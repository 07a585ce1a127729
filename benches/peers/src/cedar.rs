//! cedar-policy: the rule as five policies, or as one, over entities with sets.

use crate::facts::{Facts, Person};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use std::collections::{HashMap, HashSet};

const FIVE: &str = r#"
permit(principal, action == Action::"pickUp", resource) when { resource.yes.contains(principal) };
permit(principal, action == Action::"pickUp", resource)
when { principal.assistant && !resource.vip && !resource.no.contains(principal) };
permit(principal, action == Action::"pickUp", resource)
when { resource.sameSite && principal.site == resource.site && !resource.vip && !resource.no.contains(principal) };
permit(principal, action == Action::"pickUp", resource)
when { resource.otherSites && principal.site != resource.site && !resource.vip && !resource.no.contains(principal) };
permit(principal, action == Action::"pickUp", resource)
when { principal.acts.containsAny(resource.targets) && !resource.vip && !resource.no.contains(principal) };
"#;

const ONE: &str = r#"
permit(principal, action == Action::"pickUp", resource) when {
    resource.yes.contains(principal) ||
    (!resource.vip && !resource.no.contains(principal) && (
        principal.assistant ||
        (if principal.site == resource.site then resource.sameSite else resource.otherSites) ||
        principal.acts.containsAny(resource.targets)))
};
"#;

pub struct Cedar {
    authorizer: Authorizer,
    five: PolicySet,
    one: PolicySet,
    entities: Entities,
    users: Vec<EntityUid>,
    action: EntityUid,
}

fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse::<EntityTypeName>().unwrap(), EntityId::new(id))
}

impl Cedar {
    pub fn new(facts: &Facts) -> Cedar {
        let users: Vec<EntityUid> = facts.people.iter().map(|person| uid("User", &person.name)).collect();
        let people = |list: &[usize]| {
            RestrictedExpression::new_set(
                list.iter().map(|place| RestrictedExpression::new_entity_uid(users[*place].clone())),
            )
        };
        let groups = |list: &[u32]| {
            RestrictedExpression::new_set(list.iter().map(|group| RestrictedExpression::new_long(i64::from(*group))))
        };
        let entity = |(person, uid): (&Person, &EntityUid)| {
            let attributes = HashMap::from([
                ("site".into(), RestrictedExpression::new_long(person.site.map_or(-1, i64::from))),
                ("sameSite".into(), RestrictedExpression::new_bool(person.same_site)),
                ("otherSites".into(), RestrictedExpression::new_bool(person.other_sites)),
                ("vip".into(), RestrictedExpression::new_bool(person.vip)),
                ("assistant".into(), RestrictedExpression::new_bool(person.assistant)),
                ("acts".into(), groups(&person.acts)),
                ("targets".into(), groups(&person.targets)),
                ("yes".into(), people(&person.yes)),
                ("no".into(), people(&person.no)),
            ]);
            Entity::new(uid.clone(), attributes, HashSet::new()).unwrap()
        };
        let entities = Entities::from_entities(facts.people.iter().zip(&users).map(entity), None).unwrap();
        Cedar {
            authorizer: Authorizer::new(),
            five: FIVE.parse().unwrap(),
            one: ONE.parse().unwrap(),
            entities,
            action: uid("Action", "pickUp"),
            users,
        }
    }

    /// The question, put together beforehand: that is not timed.
    pub fn request(&self, (actor, target): (usize, usize)) -> Request {
        let (actor, target) = (self.users[actor].clone(), self.users[target].clone());
        Request::new(actor, self.action.clone(), target, Context::empty(), None).unwrap()
    }

    pub fn five(&self, request: &Request) -> bool {
        self.ask(request, &self.five)
    }

    pub fn one(&self, request: &Request) -> bool {
        self.ask(request, &self.one)
    }

    fn ask(&self, request: &Request, policies: &PolicySet) -> bool {
        let response = self.authorizer.is_authorized(request, policies, &self.entities);
        assert!(response.diagnostics().errors().next().is_none(), "cedar stumbled, and a no would hide it");
        response.decision() == Decision::Allow
    }
}
