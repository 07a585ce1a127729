//! casbin: what its own rules can say (who shares a group), and the cache in front of them.
//!
//! Own settings and VIPs are left out: each setting would be a rule more, and casbin looks through its rules one by one.

use crate::facts::Facts;
use casbin::{CachedEnforcer, CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};

const MODEL: &str = r#"
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
g2 = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act
"#;

pub struct Casbin {
    plain: Enforcer,
    cached: CachedEnforcer,
    names: Vec<String>,
    pub rules: usize,
}

impl Casbin {
    pub fn new(facts: &Facts) -> Casbin {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut plain =
                Enforcer::new(DefaultModel::from_str(MODEL).await.unwrap(), MemoryAdapter::default()).await.unwrap();
            let mut cached =
                CachedEnforcer::new(DefaultModel::from_str(MODEL).await.unwrap(), MemoryAdapter::default())
                    .await
                    .unwrap();
            let rule = |group: u32| vec![format!("actors-{group}"), format!("targets-{group}"), "pickup".to_string()];
            let rules: Vec<_> = (0..facts.groups).map(rule).collect();
            let member = |name: &str, side: &str, group: u32| vec![name.to_string(), format!("{side}-{group}")];
            let of = |by_actor: bool| -> Vec<Vec<String>> {
                let people = facts.people.iter();
                people
                    .flat_map(|person| {
                        let (groups, side) =
                            if by_actor { (&person.acts, "actors") } else { (&person.targets, "targets") };
                        groups.iter().map(move |group| member(&person.name, side, *group))
                    })
                    .collect()
            };
            plain.add_policies(rules.clone()).await.unwrap();
            plain.add_named_grouping_policies("g", of(true)).await.unwrap();
            plain.add_named_grouping_policies("g2", of(false)).await.unwrap();
            cached.add_policies(rules.clone()).await.unwrap();
            cached.add_named_grouping_policies("g", of(true)).await.unwrap();
            cached.add_named_grouping_policies("g2", of(false)).await.unwrap();
            let names = facts.people.iter().map(|person| person.name.clone()).collect();
            Casbin { plain, cached, names, rules: rules.len() }
        })
    }

    pub fn ask(&self, (actor, target): (usize, usize)) -> bool {
        self.plain.enforce((&*self.names[actor], &*self.names[target], "pickup")).unwrap()
    }

    pub fn cached(&self, (actor, target): (usize, usize)) -> bool {
        self.cached.enforce((&*self.names[actor], &*self.names[target], "pickup")).unwrap()
    }
}
