//! The report as JUnit XML, which build servers read.
#![forbid(unsafe_code)]

use super::{Report, Tested};
use crate::grid::escaped;
use std::io::{self, Write};

/// Writes it; `policy` names the suite.
pub fn write(report: &Report, policy: &str, out: &mut dyn Write) -> io::Result<()> {
    let (tests, failed, errors) = (report.tests.len(), report.failed, report.errors);
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\"");
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>")?;
    writeln!(out, "  <testsuite name=\"{}\" {counts}>", escaped(policy))?;
    for tested in &report.tests {
        case(tested, out)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn case(tested: &Tested, out: &mut dyn Write) -> io::Result<()> {
    let (file, name) = (escaped(&tested.file), escaped(&tested.question));
    write!(out, "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{}\"", tested.line)?;
    let errors = tested.errors.iter().map(|error| (&error.place, error.message.clone()));
    let failures = tested.failures.iter().map(|failed| {
        let (about, expected, came) = (&failed.about, &failed.expected, &failed.came);
        (&failed.place, format!("{about}: expected {expected}, came {came}\n{}", failed.why))
    });
    // A case has one of the two: its readers count them.
    let (element, said): (_, Vec<_>) = match tested.errors.is_empty() {
        true => ("failure", failures.collect()),
        false => ("error", errors.collect()),
    };
    let Some((_, first)) = said.first() else { return writeln!(out, "/>") };
    let first = escaped(first.lines().next().unwrap_or_default());
    let said: Vec<_> = said.iter().map(|(place, text)| format!("{place}: {}", text.trim_end())).collect();
    let said = escaped(&said.join("\n"));
    writeln!(out, ">\n      <{element} message=\"{first}\">{said}</{element}>\n    </testcase>")
}
