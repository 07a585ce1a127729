//! `man`: the manual pages, made from the same words as the help.
#![forbid(unsafe_code)]

use crate::args::Cli;
use crate::options::Status;
use crate::output::{Failure, Out};
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use linewarden::{Error, ErrorKind};
use std::io::{self, Write};
use std::path::PathBuf;

/// Print the manual page, or write that of every command into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden man > linewarden.1
  linewarden man /usr/local/share/man/man1

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    /// Write linewarden.1 and one page for each command (linewarden-check.1 ...) into this folder
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

/// Prints or writes them.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let mut cli = Cli::command();
    cli.build();
    let Some(folder) = &args.folder else {
        page(cli, out)?;
        return Ok(Status::Yes);
    };
    let commands: Vec<_> = cli.get_subcommands().cloned().collect();
    for command in commands.into_iter().chain([cli]) {
        let path = folder.join(Man::new(command.clone()).get_filename());
        let written = std::fs::File::create(&path).and_then(|mut file| page(command, &mut file));
        written.map_err(|error| Error::new(ErrorKind::File, format!("cannot write `{}`: {error}", path.display())))?;
    }
    Ok(Status::Yes)
}

/// One page. What the help says at its end has headings of its own, which become sections.
fn page(command: clap::Command, out: &mut dyn Write) -> io::Result<()> {
    let extra = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    let has_subcommands = command.has_subcommands();
    let source = concat!("linewarden ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command).source(source).manual("linewarden manual");
    // The whole page in memory: the renderer takes many small writes.
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_subcommands {
        man.render_subcommands_section(&mut page)?;
    }
    sections(&extra.unwrap_or_default()).to_writer(&mut page)?;
    out.write_all(&page)?;
    out.flush()
}

fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut open = false;
    for line in text.lines() {
        if !line.is_empty() && line.chars().all(|c| c.is_ascii_uppercase() || c == ' ') {
            if open {
                roff.control("fi", []);
            }
            roff.control("SH", [line]);
            roff.control("nf", []);
            open = true;
        } else {
            roff.text([roman(line)]);
        }
    }
    if open {
        roff.control("fi", []);
    }
    roff
}
