//! XPhone's facts of a company. It must never look at another system's.
#![forbid(unsafe_code)]

use super::company::Company;
use super::outline::Department;
use super::random::{Purpose, Random};
use linewarden::internals::id::Line;
use linewarden::internals::system::xphone::{
    Agreement, Defaults, Label, MonitoringGroup, Setting, Site, SiteGroup, Workgroup,
};

impl Company<'_> {
    /// A site with its configuration groups. Every other site has some.
    pub fn xphone_site(&self, site: u32) -> Option<Site> {
        let outline = self.sites.get(site as usize)?;
        let mut random = self.random(Purpose::Groups, site);
        let defaults = Defaults {
            same_site: random.choose(Label::Employee, &[(150, Label::TeamColleague)]),
            other_sites: random.choose(Label::Employee, &[(200, Label::External), (50, Label::Unknown)]),
            outside: random.choose(Label::External, &[(200, Label::Unknown), (50, Label::Blocked)]),
            agreement: random.choose(Agreement::ExtendAndRestrict, &[(200, Agreement::ExtendOnly)]),
        };
        let departments = outline.departments.clone().filter(|department| self.is_configuration_group(*department));
        let group = |department: u32| {
            let outline = self.departments.get(department as usize)?;
            let mut random = self.random(Purpose::Departments, u32::MAX - department);
            Some(SiteGroup {
                name: outline.name.clone(),
                same_site: random.choose(None, &[(500, Some(Label::TeamColleague)), (100, Some(Label::External))]),
                other_sites: random.choose(None, &[(300, Some(Label::External)), (100, Some(Label::Unknown))]),
                outside: random.choose(None, &[(200, Some(Label::Unknown))]),
                agreement: random.choose(None, &[(200, Some(Agreement::ExtendOnly))]),
                line: Line::default(),
            })
        };
        let groups = departments.filter_map(group).collect();
        Some(Site { name: outline.name.clone(), defaults, groups, line: Line::default() })
    }

    fn is_configuration_group(&self, department: u32) -> bool {
        let site = self.departments.get(department as usize).map_or(0, |department| department.site);
        site.is_multiple_of(2) && self.random(Purpose::Departments, u32::MAX / 2 - department).chance(600)
    }

    /// Place of the user's configuration group among those of the site.
    pub fn xphone_group(&self, user: u32) -> Option<u16> {
        let department = self.department_of(user);
        let site = self.sites.get(self.site_of(user) as usize)?;
        let mut before = site.departments.start..department;
        let place = || before.by_ref().filter(|other| self.is_configuration_group(*other)).count() as u16;
        self.is_configuration_group(department).then(place)
    }

    pub fn workgroup(&self, team: u32) -> Workgroup {
        let labels = [(200, Label::Employee), (80, Label::Assistant), (20, Label::AssistantPlus)];
        Workgroup {
            name: self.team_name(team),
            label: self.random(Purpose::Groups, u32::MAX / 2 + team).choose(Label::TeamColleague, &labels),
            members: self.members(team).iter().map(|user| self.user(*user)).collect(),
            line: Line::default(),
        }
    }

    /// The reception of each site watches the site.
    pub fn reception(&self, site: u32) -> Option<MonitoringGroup> {
        let site_users = self.sites.get(site as usize)?.users.clone();
        let watchers = self.reception_of(site);
        Some(MonitoringGroup {
            name: format!("{}-reception", self.sites.get(site as usize)?.name),
            members: (site_users.start..watchers.start)
                .chain(watchers.end..site_users.end)
                .map(|u| self.user(u))
                .collect(),
            observers: self.users(watchers),
            observers_to_members: Some(Label::TeamColleague),
            members_to_observers: Some(Label::Employee),
            among_observers: Some(Label::Assistant),
            ..MonitoringGroup::default()
        })
    }

    /// One department in four has a secretary for all its people.
    pub fn secretaries(&self, department: u32) -> Option<MonitoringGroup> {
        let Department { site, name, users } = self.departments.get(department as usize)?;
        let secretary = self.secretary(department)?;
        Some(MonitoringGroup {
            name: format!("{}-{name}-secretary", self.sites.get(*site as usize)?.name),
            observers: vec![self.user(secretary)],
            members: self.users(users.start..secretary),
            observers_to_members: Some(Label::Assistant),
            members_to_observers: Some(Label::Employee),
            ..MonitoringGroup::default()
        })
    }

    /// The last of the department's people, where it has a secretary.
    pub fn secretary(&self, department: u32) -> Option<u32> {
        let users = self.departments.get(department as usize)?.users.clone();
        let mut random: Random = self.random(Purpose::Flags, u32::MAX - department);
        (users.len() > 2 && random.chance(250)).then(|| users.end - 1)
    }

    /// The user's own settings, about twenty, sorted by viewer.
    pub fn settings(&self, user: u32, found: &mut Vec<u32>) -> Vec<Setting> {
        const INSIDE: [(u32, Label); 5] = [
            (350, Label::TeamColleague),
            (120, Label::Assistant),
            (30, Label::AssistantPlus),
            (30, Label::External),
            (20, Label::Blocked),
        ];
        const OUTSIDE: [(u32, Label); 2] = [(400, Label::Employee), (100, Label::Blocked)];
        let mut random = self.random(Purpose::Settings, user);
        let wanted = random.between(0, 40);
        self.acquaintances(&mut random, user, wanted, found);
        let contacts = self.contacts_of(user);
        let mut settings = Vec::with_capacity(found.len() + contacts.len());
        let line = Line::default();
        for other in found {
            settings.push(Setting { viewer: self.user(*other), label: random.choose(Label::Employee, &INSIDE), line });
        }
        for contact in contacts {
            let label = random.choose(Label::External, &OUTSIDE);
            settings.push(Setting { viewer: self.contact(contact), label, line });
        }
        settings
    }
}
