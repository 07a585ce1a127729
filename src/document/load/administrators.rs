//! Administrators of parts of a domain (R8): one entry per user, resolved after everything it can name. Its line is that of its
//! header. An entry must never name what the domain lacks.
#![forbid(unsafe_code)]

use super::names::Names;
use crate::document::fault::{Cx, Pool, quote};
use crate::document::table::{Table, Text};
use crate::id::{Kind, Party};
use crate::policy::{Administrator, Area};
use std::collections::HashMap;

/// Keys of an administrator.
pub(super) const ADMINISTRATOR: &[&str] = &["user", "sites", "workgroups", "monitoring_groups", "permissions", "teams"];

/// Administrators as a document writes them.
#[derive(Default)]
pub(super) struct Raw<'a> {
    administrators: Vec<RawAdministrator<'a>>,
}

struct RawAdministrator<'a> {
    user: Text<'a>,
    named: Vec<(Area, Vec<Text<'a>>)>,
    at: usize,
}

impl<'a> Raw<'a> {
    /// Reads an `[[administrator]]`.
    pub fn administrator(&mut self, table: &Table<'_, 'a>) {
        let named = Area::ALL.iter().map(|area| (*area, table.texts(area.word()))).collect();
        if let Some(user) = table.need("user") {
            self.administrators.push(RawAdministrator { user, named, at: table.at });
        }
    }

    /// Fills the domain, which has everything else already.
    pub fn resolve(self, names: &mut Names<'_, 'a>) {
        let cx = names.cx;
        let mut seen: HashMap<Party, usize> = HashMap::new();
        for raw in self.administrators {
            let mut administrator = Administrator::new(Party::NONE);
            administrator.line = cx.line(raw.at);
            for (area, texts) in &raw.named {
                match administrator.names_mut(*area) {
                    Some(list) => *list = known(cx, &names.domain.names_in(*area), *area, texts),
                    None => administrator.teams = names.plain(Kind::Team, texts, "`teams` of [[administrator]]"),
                }
            }
            let Some(user) = names.user(&raw.user, "`user` of [[administrator]]") else { continue };
            if let Some(first) = seen.get(&user) {
                let (who, line) = (quote(&names.directory.text(user)), cx.line(*first).0);
                let message = format!("a second [[administrator]] of user {who}, the first is in line {line}");
                cx.fault(raw.user.at, message);
                continue;
            }
            seen.insert(user, raw.at);
            administrator.user = user;
            names.domain.administrators.push(administrator);
        }
    }
}

/// The texts that name a thing of the area, each once.
fn known(cx: &Cx<'_>, names: &[&str], area: Area, texts: &[Text<'_>]) -> Vec<String> {
    let mut list: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        let place = format!("`{}` of [[administrator]]", area.word());
        if !names.contains(&&**text) {
            let message = format!("unknown {} {} in {place}", area.one(), quote(text));
            cx.unknown(text.at, message, pool(area), text);
        } else if list.iter().any(|held| **held == **text) {
            cx.fault(text.at, format!("{} stands twice in {place}", quote(text)));
        } else {
            list.push(text.to_string());
        }
    }
    list
}

fn pool(area: Area) -> Pool {
    match area {
        Area::Sites => Pool::Sites,
        Area::Workgroups => Pool::Workgroups,
        Area::MonitoringGroups => Pool::MonitoringGroups,
        Area::Permissions => Pool::Permissions,
        Area::Teams => Pool::Teams,
    }
}
