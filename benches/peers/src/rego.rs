//! regorus: the rule in Rego, by its interpreter and by its bytecode machine.
//!
//! No `else` and no look-up that may be undefined within the rule's own negation: an earlier bytecode timing had to be thrown
//! away because it skipped work that way. Answers are compared before anything is timed.

use crate::facts::{Facts, Person};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Engine, Value};
use std::fmt::Write;

const POLICY: &str = r#"
package pbx
import rego.v1

default allow := false

actor := data.users[input.actor]
target := data.users[input.target]

open if { target.vip == false; not target.no[input.actor] }

allow if { target.yes[input.actor] }
allow if { actor.assistant == true; open }
allow if { target.same_site == true; actor.site == target.site; open }
allow if { target.other_sites == true; actor.site != target.site; open }
allow if { some group, _ in actor.acts; target.targets[group]; open }
"#;
const RULE: &str = "data.pbx.allow";

pub struct Rego {
    engine: Engine,
    vm: RegoVM,
    names: Vec<String>,
}

fn data(facts: &Facts) -> String {
    let people = |list: &[usize]| {
        list.iter().map(|place| format!("\"{}\":true", facts.people[*place].name)).collect::<Vec<_>>().join(",")
    };
    let groups = |list: &[u32]| list.iter().map(|group| format!("\"{group}\":true")).collect::<Vec<_>>().join(",");
    let mut text = String::from("{\"users\":{");
    for (person, place) in facts.people.iter().zip(0..) {
        let Person { name, same_site, other_sites, vip, assistant, .. } = person;
        let comma = if place == 0 { "" } else { "," };
        let (site, yes, no) = (person.site.map_or(-1, i64::from), people(&person.yes), people(&person.no));
        let (acts, targets) = (groups(&person.acts), groups(&person.targets));
        write!(
            text,
            "{comma}\"{name}\":{{\"site\":{site},\"same_site\":{same_site},\"other_sites\":{other_sites},\"vip\":{vip},\
             \"assistant\":{assistant},\"yes\":{{{yes}}},\"no\":{{{no}}},\"acts\":{{{acts}}},\"targets\":{{{targets}}}}}"
        )
        .unwrap();
    }
    text + "}}"
}

impl Rego {
    pub fn new(facts: &Facts) -> Rego {
        let data = Value::from_json_str(&data(facts)).unwrap();
        let mut engine = Engine::new();
        engine.add_policy("pbx.rego".into(), POLICY.into()).unwrap();
        let compiled = engine.compile_with_entrypoint(&RULE.into()).unwrap();
        let mut vm = RegoVM::new();
        vm.load_program(Compiler::compile_from_policy(&compiled, &[RULE]).unwrap());
        vm.set_data(data.clone()).unwrap();
        let mut engine = Engine::new();
        engine.add_policy("pbx.rego".into(), POLICY.into()).unwrap();
        engine.add_data(data).unwrap();
        Rego { engine, vm, names: facts.people.iter().map(|person| person.name.clone()).collect() }
    }

    /// The question, put together beforehand: that is not timed.
    pub fn input(&self, (actor, target): (usize, usize)) -> Value {
        let text = format!("{{\"actor\":\"{}\",\"target\":\"{}\"}}", self.names[actor], self.names[target]);
        Value::from_json_str(&text).unwrap()
    }

    pub fn interpreted(&mut self, input: &Value) -> bool {
        self.engine.set_input(input.clone());
        *self.engine.eval_rule(RULE.into()).unwrap().as_bool().unwrap()
    }

    pub fn bytecode(&mut self, input: &Value) -> bool {
        self.vm.set_input(input.clone());
        *self.vm.execute().unwrap().as_bool().unwrap()
    }
}
