//! Relationships in the form that exports and the generator write, read without the parser: a big document has little else. It must
//! never read anything that the parser would read otherwise; whatever deviates by a byte is the parser's.
#![forbid(unsafe_code)]

use super::names::Pair;
use crate::calendar::When;
use crate::document::fault::Cx;
use crate::document::table::Text;
use std::borrow::Cow;

const OWNER: &str = "[[relationship]]\nowner = \"";
const VIEWER: &str = "\"\nviewer = \"";
const LEVEL: &str = "\"\nlevel = \"";
/// From the quote before `level` to the word itself: its key is an offset in messages.
const KEY: usize = "\"\n".len();

/// Owner, viewer and level of a relationship, by where they stand.
#[derive(Clone, Copy, Debug)]
pub(in crate::document) struct Plain {
    /// The offset of its header.
    at: u32,
    /// Lengths of its three strings in bytes.
    owner: u16,
    viewer: u16,
    level: u16,
}

/// A relationship as resolving wants it: the pair, the level, and the offset of its key.
pub(in crate::document) type Parsed<'a> = (Pair<'a>, Text<'a>, usize);

impl Plain {
    /// The relationship that the chunk at this offset is, if it is one of that form.
    pub fn of(chunk: &str, at: usize) -> Option<Plain> {
        let (owner, rest) = string(chunk.strip_prefix(OWNER)?)?;
        let (viewer, rest) = string(rest.strip_prefix(VIEWER)?)?;
        let (level, rest) = string(rest.strip_prefix(LEVEL)?)?;
        let rest = rest.strip_prefix('"')?;
        let at = u32::try_from(at).ok()?;
        rest.bytes().all(|byte| byte == b'\n').then_some(Plain { at, owner, viewer, level })
    }

    /// The same as the parser would have read it.
    pub fn read<'a>(&self, cx: &Cx<'a>) -> Parsed<'a> {
        let text = |at: usize, length: u16| Text {
            // The offset of a string is that of its quote.
            at: at - 1,
            text: Cow::Borrowed(cx.text().get(at..at + usize::from(length)).unwrap_or_default()),
        };
        let owner_at = self.at as usize + OWNER.len();
        let viewer_at = owner_at + usize::from(self.owner) + VIEWER.len();
        let level_quote = viewer_at + usize::from(self.viewer);
        let (owner, viewer) = (text(owner_at, self.owner), text(viewer_at, self.viewer));
        let pair = Pair { owner, viewer, at: self.at as usize, when: When::default() };
        (pair, text(level_quote + LEVEL.len(), self.level), level_quote + KEY)
    }
}

/// The length of the string that the text begins with, up to its closing quote, and the text from that quote on.
fn string(text: &str) -> Option<(u16, &str)> {
    let is_other = |byte: u8| matches!(byte, b'"' | b'\\' | 0x7f) || byte < b' ';
    let length = text.bytes().position(is_other)?;
    let rest = text.get(length..).filter(|rest| rest.starts_with('"'))?;
    Some((u16::try_from(length).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use crate::document::{Document, load};

    const HEAD: &str = "domain = \"acme.example\"\nsystems = [\"xphone\"]\n[[user]]\nname = \"alice\"\n[[user]]\nname = \"bob\"\n\
                        [[user]]\nname = \"j\u{fc}rgen\"\n[[relationship]]\nowner = \"bob\"\nviewer = \"sip:x@far.example\"\nlevel = \"employee\"\n";

    fn relationship(owner: &str, viewer: &str, level: &str) -> String {
        format!("[[relationship]]\nowner = \"{owner}\"\nviewer = \"{viewer}\"\nlevel = \"{level}\"\n")
    }

    /// What loading says: the policy without its maps, or the faults.
    fn said(text: String) -> String {
        let mut names = Directory::default();
        match load(&[Document { name: "acme.toml".into(), text }], &mut names) {
            Ok(policy) => {
                let domain = &policy.domains[0];
                let parties: Vec<_> = names.parties_above(Default::default()).collect();
                format!("{:#?}{:#?}{:#?}{parties:#?}", domain.users, domain.contacts, domain.dated)
            }
            Err(error) => error.message().to_owned(),
        }
    }

    /// A comment at the end of an entry makes it one that the parser reads, and moves no line and no column.
    #[test]
    fn it_is_what_the_parser_reads() {
        let entries: &[&[(&str, &str, &str)]] = &[
            &[("alice", "bob", "assistant"), ("bob", "alice", "blocked"), ("alice", "sip:y@far.example", "external")],
            &[("alice", "bob", "assistant"), ("j\u{fc}rgen", "bob", "employee"), ("alice", "bob", "assistant")],
            &[("alice", "alice", "assistant"), ("alice", "bob", "king"), ("alice", "bob", "forwarder")],
            &[
                ("alice", "sip:x@far.example", "assistant"),
                ("nobody here", "bob", "employee"),
                ("bob", "bub", "employee"),
            ],
            &[("alice", "bob", "king"), ("alice", "bob", "employee"), ("j\u{fc}rgen", "j\u{fc}rgen", "")],
            &[("", "bob", "employee"), ("alice", "", "employee"), ("alice", "sip:@", "employee")],
            &[("bob", "SIP:X@Far.example.", "employee"), ("bob", "sip:alice@acme.example", "employee")],
        ];
        for entries in entries {
            let plain: Vec<String> =
                entries.iter().map(|(owner, viewer, level)| relationship(owner, viewer, level)).collect();
            let quick = format!("{HEAD}{}", plain.concat());
            let parsed = format!("{HEAD}{}", plain.join("#\n"));
            // The same lines for both: a blank one where the other has the comment.
            let quick_lines = format!("{HEAD}{}", plain.join("\n"));
            plain.iter().for_each(|text| assert!(Plain::of(text, 7).is_some(), "{text}"));
            assert_eq!(said(quick_lines), said(parsed), "{quick}");
            let dated = format!("{quick}{}from = 2026-01-01T00:00:00Z\n", relationship("alice", "bob", "employee"));
            assert_eq!(said(dated.clone()), said(dated.replace("\"\n[[rel", "\" \n[[rel")), "{dated}");
        }
    }

    #[test]
    fn what_deviates_is_the_parsers() {
        let good = relationship("alice", "bob", "employee");
        assert!(Plain::of(&format!("{good}\n\n"), 0).is_some());
        for other in [
            good.replace("alice", "a\\u0041"),
            good.replace("\n", "\r\n"),
            good.replace(" = ", "= "),
            good.replace("\"alice\"", "'alice'"),
            good.replace("\"alice\"", "\"\"\"alice\"\"\""),
            good.replace("alice", "al\tice"),
            good.replace("alice", "al\u{7f}ice"),
            good.replace("level", "levels"),
            good.replace("[[relationship]]", "[[relationship]] "),
            good.replace("[[relationship]]", " [[relationship]]"),
            format!("{good}x = 1\n"),
            format!("{good}# said\n"),
            format!("{good} \n"),
            good.trim_end().trim_end_matches('"').to_owned(),
            good.replace("alice", &"a".repeat(70_000)),
            String::new(),
        ] {
            assert!(Plain::of(&other, 0).is_none(), "{other}");
        }
    }
}
