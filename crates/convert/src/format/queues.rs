//! `queues`: Asterisk's queues.conf. Each queue is a team, and its static members are the agents. Members that sign in while calls run
//! are in no file.
#![forbid(unsafe_code)]

use super::asterisk;
use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::At;

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    for input in inputs {
        for section in asterisk::read(input, builder)? {
            if section.template || section.name.eq_ignore_ascii_case("general") {
                continue;
            }
            let Some(team) = builder.team(&section.name, &section.place) else { continue };
            if section.name.bytes().all(|byte| byte.is_ascii_digit()) {
                builder.team_line(team, &section.name, &section.place);
            }
            for variable in &section.variables {
                if variable.name.eq_ignore_ascii_case("member") {
                    member(team, &variable.value, builder);
                }
            }
        }
    }
    Ok(())
}

/// One `member => INTERFACE[,PENALTY[,NAME[,STATE[,...]]]]`.
fn member(team: usize, at: &At<String>, builder: &mut Builder<'_>) {
    let mut fields = at.value.split(',').map(str::trim);
    let interface = fields.next().unwrap_or_default();
    let state = fields.nth(2).unwrap_or_default();
    let Some(name) = device(interface).or_else(|| device(state)) else {
        builder.lost(
            &at.place,
            format!("member {}", quote(&at.value)),
            "its device is none of PJSIP/, SIP/, IAX2/, SCCP/, Agent/",
        );
        return;
    };
    let known = builder.find(&name).is_some();
    if known || builder.user(&name, &at.place).is_some() {
        if !known
            && name.bytes().all(|byte| byte.is_ascii_digit())
            && let Some(user) = builder.find(&name)
        {
            builder.line(user, &name, &at.place);
        }
        builder.agent(team, &name, &at.place);
    }
}

/// The user of a device: `alice` of `PJSIP/alice`, `200` of `Local/200@agents/n` whose state is `PJSIP/200`.
pub fn device(interface: &str) -> Option<String> {
    let (technology, name) = interface.split_once('/')?;
    let known = ["PJSIP", "SIP", "IAX2", "SCCP", "Agent"].iter().any(|known| technology.eq_ignore_ascii_case(known));
    let plain = !name.is_empty() && !name.contains(['/', '$', '@', ' ', '&']);
    (known && plain).then(|| name.to_owned())
}
