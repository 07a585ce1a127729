//! What a group key needs beyond membership: sides that are open to all, and targets that are excepted. No product is known here.
#![forbid(unsafe_code)]

/// When the rule of a group key applies. Without a condition, it applies to its actors towards its targets.
///
/// Where a side is open, the parties that the key lists on that side are the exceptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Condition(u32);

impl Condition {
    /// Every user acts, but for the listed ones.
    pub const BY_USERS: Condition = Condition(1);
    /// Every user is a target, but for the listed ones.
    pub const TO_USERS: Condition = Condition(1 << 1);
    /// Every team is a target, but for the listed ones.
    pub const TO_TEAMS: Condition = Condition(1 << 2);
    /// Users of the actor's site are targets, but for the listed ones.
    pub const TO_SAME_SITE: Condition = Condition(1 << 3);
    /// Teams of the actor and their other agents are targets, but for the listed ones.
    pub const TO_OWN_TEAM: Condition = Condition(1 << 4);
    /// The actor is the target; parties listed as targets are exceptions.
    pub const TO_ONESELF: Condition = Condition(1 << 5);
    /// No user is a target.
    pub const NOT_USERS: Condition = Condition(1 << 6);
    /// No team is a target.
    pub const NOT_TEAMS: Condition = Condition(1 << 7);
    /// Users of the actor's site are no targets.
    pub const NOT_SAME_SITE: Condition = Condition(1 << 8);
    /// Teams of the actor and their agents are no targets.
    pub const NOT_OWN_TEAM: Condition = Condition(1 << 9);
    /// The key is a team: its agents act, the agents and the team are targets. It gives nothing itself.
    pub const IS_TEAM: Condition = Condition(1 << 10);
    /// The key is a rule: towards teams it gives more than other groups can.
    pub const IS_RULE: Condition = Condition(1 << 11);

    /// The key counts at some times only.
    pub const IS_DATED: Condition = Condition(1 << 12);

    /// Every location is a target, but for the listed ones.
    pub const TO_LOCATIONS: Condition = Condition(1 << 13);
    /// The key's step is an own setting, which decides alone: see [`Condition::own_setting`].
    pub const IS_OWN_SETTING: Condition = Condition(1 << 14);
    /// The key counts where both of two dates do.
    pub const IS_TWICE_DATED: Condition = Condition(1 << 15);
    /// The key counts at some hours only.
    pub const HAS_HOURS: Condition = Condition(1 << 16);

    const OPEN: u32 = Condition::TO_USERS.0
        | Condition::TO_TEAMS.0
        | Condition::TO_LOCATIONS.0
        | Condition::TO_SAME_SITE.0
        | Condition::TO_OWN_TEAM.0
        | Condition::TO_ONESELF.0;

    /// Some of the targets that are listed are none.
    pub const EXCEPTS: Condition =
        Condition::NOT_USERS.and(Condition::NOT_TEAMS).and(Condition::NOT_SAME_SITE).and(Condition::NOT_OWN_TEAM);

    /// Members of the key have nothing by being members: a side is open, or it is a team.
    pub const GIVES_ELSEWHERE: Condition = Condition(Condition::OPEN).and(Condition::BY_USERS).and(Condition::IS_TEAM);

    /// It takes more than both being members, dates aside.
    pub const NEEDS_MORE: Condition = Condition::GIVES_ELSEWHERE.and(Condition::EXCEPTS);

    /// No condition.
    pub const NONE: Condition = Condition(0);

    /// Where the step of an own setting stands.
    const STEP_SHIFT: u32 = 24;

    /// The key gives nothing but this step, as an own setting, which decides alone.
    pub const fn own_setting(step: u8) -> Condition {
        Condition(Condition::IS_OWN_SETTING.0 | (step as u32) << Condition::STEP_SHIFT)
    }

    /// The step of an own setting.
    #[inline]
    pub const fn step(self) -> u8 {
        (self.0 >> Condition::STEP_SHIFT) as u8
    }

    /// The condition of these bits.
    pub const fn from_bits(bits: u32) -> Condition {
        Condition(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Both conditions.
    #[must_use]
    pub const fn and(self, other: Condition) -> Condition {
        Condition(self.0 | other.0)
    }

    /// Whether any part of `other` is in this condition.
    #[inline]
    pub const fn has(self, other: Condition) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the targets are open: those listed are exceptions.
    #[inline]
    pub const fn is_to_open(self) -> bool {
        self.0 & Condition::OPEN != 0
    }

    /// Whether one of the sides is open.
    #[inline]
    pub const fn is_open(self) -> bool {
        self.has(Condition::BY_USERS) || self.is_to_open()
    }
}
