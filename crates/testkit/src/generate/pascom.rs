//! pascom's facts of a company. It must never look at another system's.
#![forbid(unsafe_code)]

use super::company::Company;
use super::random::Purpose;
use linewarden::internals::id::{Line, Party};
use linewarden::internals::policy::Team;
use linewarden::internals::system::pascom::{Automatic, Permission, PickupNotification, RoleType, RoleTypes};

impl Company<'_> {
    pub fn team(&self, queue: u32) -> Option<Team> {
        let outline = self.queues.get(queue as usize)?;
        let department = outline.department.and_then(|department| self.departments.get(department as usize));
        let agents = department.map_or(self.reception_of(outline.site), |department| {
            let users = department.users.clone();
            users.start..users.end.min(users.start + 25)
        });
        let weights = [
            (300, PickupNotification::PickupGroup),
            (200, PickupNotification::AvailableAgentsAndOthers),
            (100, PickupNotification::UnavailableAgentsAndOthers),
            (100, PickupNotification::Others),
        ];
        Some(Team {
            party: self.queue(queue),
            lines: vec![self.queue_line(queue)],
            agents: self.users(agents),
            pickup_notification: self.random(Purpose::Places, queue).choose(PickupNotification::Nobody, &weights),
            line: Line::default(),
        })
    }

    /// Permissions, `All` first. As the vendor advises, people see their site and pick up in their department.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> + '_ {
        let all = Permission { types: RoleTypes::default(), automatic: Automatic::ALL, ..named(Permission::ALL) };
        let everybody = 0..self.user_count();
        let bosses = everybody.clone().filter(|user| self.is_boss(*user));
        let secretaries = (0..self.departments.len() as u32).filter_map(|department| self.secretary(department));
        let mut assistants: Vec<u32> = everybody.filter(|user| self.is_assistant(*user)).chain(secretaries).collect();
        assistants.sort_unstable();
        assistants.dedup();
        let own_profiles = self.departments.iter().filter(|department| department.name == "it");
        let own_profiles = own_profiles.flat_map(|department| department.users.clone());
        let supervisor = self.user_count().checked_sub(1);
        let actors = [
            self.of_users("Boss Redirect", RoleType::RedirectChoice, bosses),
            self.of_users("Call Forwarding", RoleType::RedirectGroup, assistants.into_iter()),
            self.of_users("TAPI-User", RoleType::XmppSupervisor, supervisor.into_iter()),
            self.of_users("Own Profiles", RoleType::ProfilePersonal, own_profiles),
        ];
        let sites = (0..self.sites.len() as u32).filter_map(|site| self.site_permission(site));
        let desks = (0..self.sites.len() as u32).filter_map(|site| self.desk_permission(site));
        let departments = (0..self.departments.len() as u32).filter_map(|place| self.department_permission(place));
        std::iter::once(all).chain(actors).chain(sites).chain(desks).chain(departments)
    }

    fn of_users(&self, name: &str, role_type: RoleType, users: impl Iterator<Item = u32>) -> Permission {
        let mut users: Vec<Party> = users.map(|user| self.user(user)).collect();
        users.shrink_to_fit();
        Permission { types: RoleTypes::default().with(role_type), users, ..named(name) }
    }

    fn site_permission(&self, site: u32) -> Option<Permission> {
        let outline = self.sites.get(site as usize)?;
        Some(Permission {
            types: RoleTypes::default().with(RoleType::XmppGroup),
            users: self.users(outline.users.clone()),
            teams: vec![self.queue(site)],
            devices: vec![self.door(site)],
            ..named(&format!("Site {}", outline.name))
        })
    }

    /// One user in ten of a site has no desk of one's own.
    fn desk_permission(&self, site: u32) -> Option<Permission> {
        let outline = self.sites.get(site as usize)?;
        let flexible = |user: &u32| self.random(Purpose::Places, u32::MAX - user).chance(100);
        let name = format!("Hot Desks {}", outline.name);
        Some(Permission {
            locations: outline.desks.clone().map(|desk| self.desk(desk)).collect(),
            ..self.of_users(&name, RoleType::LocationGroup, outline.users.clone().filter(flexible))
        })
    }

    fn department_permission(&self, department: u32) -> Option<Permission> {
        let outline = self.departments.get(department as usize)?;
        let site = self.sites.get(outline.site as usize)?;
        // Queues of departments stand behind the receptions, in the order of the departments.
        let queue = self.queues.get(self.sites.len()..).unwrap_or(&[]);
        let queue = queue.binary_search_by_key(&Some(department), |queue| queue.department).ok();
        Some(Permission {
            types: [RoleType::PickupGroup, RoleType::XmppGroup].into_iter().collect(),
            users: self.users(outline.users.clone()),
            teams: queue.into_iter().map(|queue| self.queue((self.sites.len() + queue) as u32)).collect(),
            ..named(&format!("{} {}", site.name, outline.name))
        })
    }
}

fn named(name: &str) -> Permission {
    Permission { name: name.into(), ..Permission::default() }
}
