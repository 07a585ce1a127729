//! The extensions of endpoints, from extensions.conf: hints first, then what an extension dials. Nothing else of a dialplan is
//! carried over, and no pattern is expanded.
#![forbid(unsafe_code)]

use super::asterisk;
use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::At;
use std::collections::HashMap;

/// Extensions by endpoint: those that a hint names, and those that dial only it.
#[derive(Default)]
pub struct Extensions {
    hints: HashMap<String, Vec<At<String>>>,
    dialled: HashMap<String, Vec<At<String>>>,
}

/// Whether a source is a dialplan: its name begins with `extensions`.
pub fn is_dialplan(input: &Input) -> bool {
    input.base().starts_with("extensions")
}

impl Extensions {
    /// Reads a dialplan, with `technology/endpoint` as names of devices.
    pub fn read(&mut self, input: &Input, technology: &str, builder: &mut Builder<'_>) -> Result<(), Fault> {
        for section in asterisk::read(input, builder)? {
            let mut last: Option<String> = None;
            for variable in &section.variables {
                let value = &variable.value;
                let (extension, rest) = match variable.name.to_ascii_lowercase().as_str() {
                    "exten" => match value.value.split_once(',') {
                        Some((extension, rest)) => (extension.trim().to_owned(), rest),
                        None => continue,
                    },
                    "same" => match &last {
                        Some(extension) => (extension.clone(), value.value.as_str()),
                        None => continue,
                    },
                    _ => continue,
                };
                last = Some(extension.clone());
                let (priority, what) = rest.split_once(',').unwrap_or((rest, ""));
                if priority.trim().eq_ignore_ascii_case("hint") {
                    self.hint(&extension, what, technology, value, builder);
                } else {
                    self.dial(&extension, what, technology, value);
                }
            }
        }
        Ok(())
    }

    fn hint(&mut self, extension: &str, what: &str, technology: &str, at: &At<String>, builder: &mut Builder<'_>) {
        let devices: Vec<&str> = what.split(',').next().unwrap_or_default().split('&').map(str::trim).collect();
        let mut endpoints: Vec<&str> = devices.iter().filter_map(|device| endpoint(device, technology)).collect();
        endpoints.dedup();
        let shown = || format!("hint of {}", quote(extension));
        match endpoints.as_slice() {
            [] => {}
            _ if extension.starts_with('_') || extension.contains("${") => {
                builder.lost(&at.place, shown(), "a pattern is no extension");
            }
            [only] => push(&mut self.hints, only, extension, at),
            _ => builder.lost(&at.place, shown(), "it watches several endpoints: whose extension it is, is not said"),
        }
    }

    fn dial(&mut self, extension: &str, what: &str, technology: &str, at: &At<String>) {
        let what = what.trim();
        let Some(arguments) = what.get(..5).filter(|name| name.eq_ignore_ascii_case("dial(")).and(what.get(5..)) else {
            return;
        };
        let first = arguments.split([',', ')']).next().unwrap_or_default();
        let plain = !extension.starts_with('_') && !first.contains('&') && !extension.contains("${");
        if let Some(endpoint) = endpoint(first.trim(), technology).filter(|_| plain) {
            push(&mut self.dialled, endpoint, extension, at);
        }
    }

    /// The extensions of an endpoint, and whether they come from hints.
    pub fn of(&self, endpoint: &str) -> &[At<String>] {
        let found = self.hints.get(endpoint).or_else(|| self.dialled.get(endpoint));
        found.map_or(&[], Vec::as_slice)
    }
}

fn push(into: &mut HashMap<String, Vec<At<String>>>, endpoint: &str, extension: &str, at: &At<String>) {
    let extensions = into.entry(endpoint.to_owned()).or_default();
    if !extensions.iter().any(|known| known.value == extension) {
        extensions.push(At::new(extension, &at.place));
    }
}

/// The endpoint of a device `PJSIP/alice`; none if it has variables or an address (`PJSIP/x/sip:...`).
fn endpoint<'d>(device: &'d str, technology: &str) -> Option<&'d str> {
    let (name, endpoint) = device.split_once('/')?;
    let plain = !endpoint.is_empty() && !endpoint.contains(['/', '$', '@', ' ']);
    (name.eq_ignore_ascii_case(technology) && plain).then_some(endpoint)
}
