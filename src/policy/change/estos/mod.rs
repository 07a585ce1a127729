//! The changes of estos' facts, in three files: `edit` makes them, `authority` says who may, `delta` finds those that lead from one
//! policy to another. None may look at another system's facts.
#![forbid(unsafe_code)]

mod authority;
mod delta;
mod edit;
