//! `convert`: a document from what another telephone system exports. It never writes a store, and prints no part of a document whose
//! source has a fault or whose list could not be written.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use linewarden::{Error, ErrorKind};
use linewarden_convert::{Format, Input, NotCarried, Numbers, Options, convert};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Make a policy document of what another system exports
///
/// The document is printed; each fact has the file and line that it comes from as a comment. What is not carried over is listed on
/// standard error, or with --report as JSON. Read both, then `linewarden lint` the document. docs/convert.md says what each format
/// carries, how names are chosen, and how numbers are read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden convert pjsip --domain acme.example /etc/asterisk/pjsip.conf \\
    /etc/asterisk/extensions.conf > acme.toml
  linewarden convert ldif --domain acme.example --country-code 49 \\
    --report lost.json people.ldif > acme.toml
  linewarden lint acme.toml

EXIT STATUS
  0 done, also when the list is not empty; 2 error, and no document

JSON (--report)
  {\"not_carried\":[{\"file\":\"pjsip.conf\",\"line\":6,
    \"what\":\"`64` in call groups `64`\",\"why\":\"...\"}]}
")]
pub struct Args {
    /// What the files are written in
    #[arg(value_name = "FORMAT", value_parser = formats())]
    format: Format,
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILES", value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The name of the domain
    #[arg(long, value_name = "DOMAIN")]
    domain: String,
    /// Write what is not carried over to this file, as JSON
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    report: Option<PathBuf>,
    /// The country's code, such as 49; without it national numbers are not carried over
    #[arg(long, value_name = "CODE", value_parser = country_code)]
    country_code: Option<String>,
    /// What stands before a national number
    #[arg(long, value_name = "DIGITS", default_value = "0", value_parser = digits)]
    trunk_prefix: String,
    /// How many digits an extension has: N, or MIN-MAX
    #[arg(long, value_name = "LENGTH", default_value = "2-6", value_parser = length)]
    extension_length: RangeInclusive<usize>,
    /// How the company's own numbers begin, such as +4989555: the rest is the extension
    #[arg(long, value_name = "NUMBER", value_parser = main_number)]
    main_number: Option<String>,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let formats = Format::ALL.iter().map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(formats).try_map(|name| Format::parse(&name).ok_or("expected a format"))
}

fn digits(text: &str) -> Result<String, String> {
    let good = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.to_owned()).ok_or_else(|| "expected at most 8 digits".to_owned())
}

fn country_code(text: &str) -> Result<String, String> {
    let code = text.strip_prefix('+').unwrap_or(text);
    let good =
        (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) && !code.starts_with('0');
    good.then(|| code.to_owned()).ok_or_else(|| "expected 1 to 3 digits, the first not 0, such as 49".to_owned())
}

fn main_number(text: &str) -> Result<String, String> {
    let number = text.strip_prefix('+').unwrap_or_default();
    let good = (3..=14).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.to_owned()).ok_or_else(|| "expected `+` and 3 to 14 digits, such as +4989555".to_owned())
}

fn length(text: &str) -> Result<RangeInclusive<usize>, String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let lengths = least.parse::<usize>().ok().zip(most.parse::<usize>().ok());
    let good = lengths.filter(|(least, most)| 1 <= *least && least <= most && *most <= 15);
    good.map(|(least, most)| least..=most).ok_or_else(|| "expected N or MIN-MAX, from 1 to 15, such as 2-4".to_owned())
}

/// The JSON list; its keys are promised in the help.
#[derive(Serialize)]
struct Report<'a> {
    not_carried: &'a [NotCarried],
}

/// Prints the document.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let fault = |fault: linewarden_convert::Fault| Error::new(ErrorKind::Document, fault.to_string());
    let inputs: Result<Vec<Input>, _> = args.files.iter().map(|file| Input::open(file)).collect();
    let numbers = Numbers {
        country_code: args.country_code.clone(),
        trunk_prefix: args.trunk_prefix.clone(),
        extension_length: args.extension_length.clone(),
        main_number: args.main_number.clone(),
    };
    let options = Options { domain: args.domain.clone(), numbers };
    let conversion = convert(args.format, &inputs.map_err(fault)?, &options).map_err(fault)?;
    // The list first: a document without it could be taken for the whole.
    let list = &conversion.not_carried;
    match &args.report {
        Some(file) => {
            let written = File::create(file).and_then(|file| {
                serde_json::to_writer(&file, &Report { not_carried: list })?;
                writeln!(&file)
            });
            let failed = |error| Error::new(ErrorKind::File, format!("cannot write `{}`: {error}", file.display()));
            written.map_err(failed)?;
        }
        None => print(list)?,
    }
    write!(out, "{}", conversion.document)?;
    Ok(Status::Yes)
}

/// The list as text, on standard error.
fn print(list: &[NotCarried]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    if !list.is_empty() {
        writeln!(stderr, "not carried over: {}", list.len())?;
    }
    list.iter().try_for_each(|lost| writeln!(stderr, "{lost}"))
}
