//! The parties of a domain for the search: sorted, found by a part of their name in any letter case. It must never hold a right.
#![forbid(unsafe_code)]

use linewarden::{DomainId, Engine, Party};

/// The parties of a domain.
#[derive(Debug, Default)]
pub struct People {
    /// Sorted by their texts.
    parties: Vec<Party>,
    /// Their texts in lower case, each with a line feed behind it, which no text has.
    texts: String,
    /// Where the text of each ends.
    ends: Vec<usize>,
}

impl People {
    /// Those of a domain now.
    pub fn of(engine: &Engine, domain: DomainId) -> People {
        let mut people = People { parties: engine.parties(domain), ..People::default() };
        for party in &people.parties {
            people.texts.push_str(&engine.text(*party).to_lowercase());
            people.texts.push('\n');
            people.ends.push(people.texts.len());
        }
        people
    }

    /// All of them.
    pub fn all(&self) -> &[Party] {
        &self.parties
    }

    /// Those whose text has `part`, which is in lower case, in it; it takes one pass over the texts.
    pub fn with<'s>(&'s self, part: &'s str) -> impl Iterator<Item = Party> + 's {
        // A part with a line feed would be found across two texts.
        let texts = if part.contains('\n') { "" } else { self.texts.as_str() };
        let (mut last, mut index) = (None, 0);
        texts.match_indices(part).filter_map(move |(at, _)| {
            // Matches come in ascending order, so the search goes on from the last index.
            index += self.ends.get(index..)?.partition_point(|end| *end <= at);
            // A text may have the part twice.
            let found = (last != Some(index)).then(|| self.parties.get(index).copied());
            last = Some(index);
            found.flatten()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linewarden::Document;

    #[test]
    fn a_part_finds_those_whose_text_has_it_and_each_once() {
        let text = "domain = \"acme.example\"\nsystems = [\"xphone\"]\n\
                    user = [{ name = \"Änne\" }, { name = \"anan\" }, { name = \"bob\" }, { name = \"hanna\" }]\n";
        let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
        let domain = engine.domains()[0].0;
        let people = People::of(&engine, domain);
        assert_eq!(people.all(), engine.parties(domain));
        for part in ["an", "än", "b", "a", "bob", "nan", "x", "", "n\nb", "\n"] {
            let fits = |party: &Party| !part.is_empty() && engine.text(*party).to_lowercase().contains(part);
            let expected: Vec<Party> = engine.parties(domain).into_iter().filter(fits).collect();
            let found: Vec<Party> = people.with(part).collect();
            match part {
                // Every text has nothing in it.
                "" => assert_eq!(found, people.all()),
                _ => assert_eq!(found, expected, "{part:?}"),
            }
        }
    }
}
