//! What a change altered, part by part: so exactly that whoever keeps something made from the policy can alter just that. It
//! never says how a part is now: that is read from the policy when all changes are made.
#![forbid(unsafe_code)]

use crate::id::Party;

/// A part of a domain that a change altered. Parts may be named that are as they were, never too few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Anything of it: what holds for everybody, which groups there are and what they give.
    Whole,
    /// What hangs on this actor and this target: own setting, own grant, subscription, part in a transfer.
    Pair(Party, Party),
    /// A party came into being, on no list and with no facts but those touched beside it.
    Added(Party),
    /// A party went, from every list too. The pairs it was in are touched beside it.
    Removed(Party),
    /// What a user is: site, flags, release, company.
    Standing(Party),
    /// Which of a user's lines are private.
    PrivateLines(Party),
    /// An extension is somebody's, somebody else's or nobody's now.
    Line(Box<str>),
    /// A party came on a list of that group or went off it.
    Member(Group, Party),
    /// The function codes.
    Codes,
}

/// A group by its place in the policy's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// XPhone workgroup.
    Workgroup(usize),
    /// XPhone monitoring group, either side.
    Monitoring(usize),
    /// estos authorization group, members or leaders.
    Authorization(usize),
    /// pascom permission, any kind.
    Permission(usize),
}
