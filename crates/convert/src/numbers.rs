//! Telephone numbers in one form: E.164 with a `+`, or an extension of the PBX. The rule is the one of docs/convert.md; a number
//! that it does not decide is no number.
#![forbid(unsafe_code)]

use std::ops::RangeInclusive;

/// E.164 has no more digits.
const LONGEST: usize = 15;

/// How numbers are read.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The country's code without `+`, such as `49`; without it, national numbers are not understood.
    pub country_code: Option<String>,
    /// What is dialled before a national number; `0` in most countries, empty in some.
    pub trunk_prefix: String,
    /// How many digits an extension has.
    pub extension_length: RangeInclusive<usize>,
    /// The beginning of the company's own numbers, as E.164: what follows it is the extension.
    pub main_number: Option<String>,
}

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers { country_code: None, trunk_prefix: "0".into(), extension_length: 2..=6, main_number: None }
    }
}

impl Numbers {
    /// The number in its form, or why there is none.
    pub fn normal(&self, text: &str) -> Result<String, String> {
        let text = text.trim();
        let text = text.strip_prefix("tel:").unwrap_or(text);
        let text = text.replace("(0)", "");
        let blank = |c: &char| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
        let plain: String = text.chars().filter(blank).collect();
        let (plus, digits) = plain.strip_prefix('+').map_or((false, plain.as_str()), |digits| (true, digits));
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("is not a telephone number".into());
        }
        if plus {
            return self.international(digits);
        }
        if self.extension_length.contains(&digits.len()) {
            return Ok(digits.into());
        }
        let Some(code) = &self.country_code else {
            let (least, most) = (self.extension_length.start(), self.extension_length.end());
            return Err(format!(
                "has {} digits and no `+`: no extension ({least} to {most} digits); give --country-code for national numbers",
                digits.len()
            ));
        };
        if let Some(digits) = digits.strip_prefix("00") {
            return self.international(digits);
        }
        match digits.strip_prefix(self.trunk_prefix.as_str()) {
            Some(rest) if !rest.is_empty() => self.international(&format!("{code}{rest}")),
            _ => Err(format!(
                "is neither an extension nor begins with `+`, `00` or `{}`: it could be a local number",
                self.trunk_prefix
            )),
        }
    }

    fn international(&self, digits: &str) -> Result<String, String> {
        if digits.starts_with('0') || digits.len() > LONGEST || digits.len() < 5 {
            return Err("is no number of E.164 (5 to 15 digits, the first not 0)".into());
        }
        let main = self.main_number.as_deref().map(|main| main.trim_start_matches('+'));
        let extension = main.and_then(|main| digits.strip_prefix(main));
        match extension.filter(|extension| self.extension_length.contains(&extension.len())) {
            Some(extension) => Ok(extension.into()),
            None => Ok(format!("+{digits}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form_or_none() {
        let german = Numbers {
            country_code: Some("49".into()),
            main_number: Some("+4989123".into()),
            extension_length: 2..=4,
            ..Numbers::default()
        };
        let good = [
            ("101", "101"),
            ("+49 89 123-101", "101"),
            ("+49 (0)89 123-101", "101"),
            ("0049 89 123101", "101"),
            ("(089) 123 101", "101"),
            ("tel:+49.30.5550001", "+49305550001"),
            ("030/5550001", "+49305550001"),
            ("+49 89 123 00001", "+498912300001"),
            ("+1 555 0100", "+15550100"),
        ];
        for (text, normal) in good {
            assert_eq!(german.normal(text).as_deref(), Ok(normal), "{text}");
        }
        let bad = [
            "",
            "1",
            "5550001",
            "abc",
            "101a",
            "+",
            "+0891234",
            "++49891234",
            "00 0 12345",
            "+4989123456789012",
            "12;ext=3",
            "٣٤٥",
        ];
        for text in bad {
            assert!(german.normal(text).is_err(), "{text}: {:?}", german.normal(text));
        }
        assert!(Numbers::default().normal("030 5550001").unwrap_err().contains("--country-code"));
        assert_eq!(Numbers::default().normal("+49 30 5550001").as_deref(), Ok("+49305550001"));
    }
}
