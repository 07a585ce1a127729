//! What a browser sends: the fields of a form or of an address, read strictly. A field that stands twice is an error.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};

/// The most fields of a form.
const MOST: usize = 400;

/// Names and values in their order.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The fields of `name=value&...`.
    ///
    /// # Errors
    /// 400 for too many fields, or bytes that are no text.
    pub fn parse(text: &[u8]) -> Refusable<Form> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(text)
            .take(MOST + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let wrong = fields.iter().any(|(name, value)| [name, value].iter().any(|text| text.contains('\u{fffd}')));
        if fields.len() > MOST || wrong {
            return Err(Problem::not_understood("the form has too many fields, or fields that are no text"));
        }
        Ok(Form(fields))
    }

    /// The value of a field without blanks around it; empty without one.
    ///
    /// # Errors
    /// 400 where it stands twice.
    pub fn get(&self, name: &str) -> Refusable<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value.trim()),
            (None, _) => Ok(""),
            _ => Err(Problem::not_understood(format!("`{name}` stands twice"))),
        }
    }

    /// All values of a field that may stand several times, as boxes that were ticked do.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim()).collect()
    }

    /// A number; `otherwise` without one.
    ///
    /// # Errors
    /// 400 for what is none.
    pub fn number(&self, name: &str, otherwise: u64) -> Refusable<u64> {
        match self.get(name)? {
            "" => Ok(otherwise),
            text => text.parse().map_err(|_| Problem::not_understood(format!("`{name}` is no number"))),
        }
    }
}

/// An address of the page with fields.
pub fn link(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish().as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_are_written() {
        let form = Form::parse(b"a=1&b=x+y%26z&c=&a=2").unwrap();
        assert_eq!((form.get("b").unwrap(), form.get("c").unwrap(), form.get("d").unwrap()), ("x y&z", "", ""));
        assert!(form.get("a").is_err() && form.all("a") == ["1", "2"] && form.all("d").is_empty());
        assert!(form.number("b", 1).is_err() && form.number("d", 7).unwrap() == 7);
        assert!(Form::parse(b"a=%ff").is_err());
        assert!(Form::parse("a=1&".repeat(MOST + 1).as_bytes()).is_err());
        assert_eq!(link("/page/x", &[("a", "b c&d"), ("e", "")]), "/page/x?a=b+c%26d");
    }
}
