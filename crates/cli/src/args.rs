//! The command line as a whole: the list of the commands, and the help that stands before them all. It reads no files and asks no
//! engine.
#![forbid(unsafe_code)]

use crate::cmd;
use crate::values::When;

/// May this person do this to that person's line?
///
/// linewarden reads who may see and do what on a telephone system (XPhone, estos, pascom, keevio, linewarden's own
/// rules, or several of them together) from a policy document and answers questions about it. Rights that change while calls run are kept in a
/// store, which `linewarden import` makes.
#[derive(Debug, clap::Parser)]
#[command(name = "linewarden", version, after_long_help = SECTIONS)]
#[command(
    disable_help_subcommand = true,
    after_help = "`linewarden --help` says more; so does `--help` after each command."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print no answer: the exit status says it
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Colours, on a terminal if not given
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", hide_default_value = true)]
    pub color: When,
}

/// The commands, in the order of the help.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Check(cmd::check::Args),
    Explain(cmd::explain::Args),
    Rights(cmd::rights::Args),
    Who(cmd::who::Args),
    Whom(cmd::whom::Args),
    Matrix(cmd::matrix::Args),
    Dial(cmd::dial::Args),
    MayForward(cmd::destination::Forward),
    MayCall(cmd::destination::Call),
    Notified(cmd::notified::Args),
    Lint(cmd::lint::Args),
    Diff(cmd::diff::Args),
    Upcoming(cmd::upcoming::Args),
    Test(cmd::test::Args),
    Convert(cmd::convert::Args),
    Learn(cmd::learn::Args),
    Shadow(cmd::shadow::Args),
    #[cfg(any(target_os = "linux", windows))]
    Report(cmd::report::Args),
    #[cfg(any(target_os = "linux", windows))]
    Import(cmd::import::Args),
    #[cfg(any(target_os = "linux", windows))]
    Apply(cmd::apply::Args),
    #[cfg(any(target_os = "linux", windows))]
    History(cmd::history::Args),
    #[cfg(any(target_os = "linux", windows))]
    Revert(cmd::revert::Args),
    #[cfg(any(target_os = "linux", windows))]
    Pending(cmd::pending::Args),
    #[cfg(any(target_os = "linux", windows))]
    Status(cmd::status::Args),
    #[cfg(any(target_os = "linux", windows))]
    Wait(cmd::wait::Args),
    #[cfg(any(target_os = "linux", windows))]
    Watch(cmd::watch::Args),
    #[cfg(any(target_os = "linux", windows))]
    Log(cmd::log::Args),
    #[cfg(any(target_os = "linux", windows))]
    Follow(cmd::follow::Args),
    #[cfg(target_os = "linux")]
    Cluster(cmd::cluster::Args),
    #[cfg(any(target_os = "linux", windows))]
    Export(cmd::export::Args),
    #[cfg(any(target_os = "linux", windows))]
    Verify(cmd::verify::Args),
    #[cfg(any(target_os = "linux", windows))]
    Compact(cmd::compact::Args),
    #[cfg(any(target_os = "linux", windows))]
    Backup(cmd::backup::Args),
    #[cfg(any(target_os = "linux", windows))]
    Restore(cmd::restore::Args),
    Init(cmd::init::Args),
    Fmt(cmd::fmt::Args),
    Schema(cmd::schema::Args),
    Help(cmd::help::Args),
    RightNames(cmd::right_names::Args),
    Generate(cmd::generate::Args),
    Completions(cmd::completions::Args),
    Man(cmd::man::Args),
}

/// A line in capitals begins a section; the man page relies on it.
const SECTIONS: &str = "\
EXAMPLES
  May Carol pick up Bob's calls, and why? Why may Rosa not pick up Martin's?
    linewarden check examples/companies/mixed.toml carol call.pickup bob
    linewarden explain examples/companies/mixed.toml rosa call.pickup martin

  Everything Alice may do towards Diana, and everyone who may forward Bob
    linewarden rights examples/companies/mixed.toml alice diana
    linewarden who examples/companies/mixed.toml forwarding.set bob

  What would change if the new document were put in force?
    linewarden diff acme.toml acme-new.toml

  Put it into a store, change something there, and see who changed what
    linewarden import rights.db acme.toml
    linewarden apply rights.db --by alice set relationship alice bob assistant
    linewarden history rights.db

EXIT STATUS
  0  yes, or done
  1  no; `diff`: something changes; `apply`: the author may not
  2  an error, said on standard error; also when the answer could not be
     written. A script that treats all but 0 as no never lets anybody in
     by mistake.

SOURCE
  A policy document (TOML, one domain), a folder: every *.toml in it is a
  document, or a store. Documents with a fault are refused as a whole, with
  file, line and column of each fault. Nothing is ever half loaded.
  `-` is a document from standard input, and <(command) one that a command
  prints; a store is always a file.

STORE
  A file that `linewarden import` makes. Changes of it are on the disk and in
  force in every program that has it open when the command ends. It must lie
  on a disk of this machine; files with its name and an ending belong to it.

PARTIES
  bob                          a user by login
  201                          a user or a team by any extension
  sip:laura@lawfirm.example    an outside contact, in any spelling of the
                               address: '<sip:%6caura@LawFirm.example.>'
  team:support  location:desk-1  device:door
  brenner.example/bob          the same where SOURCE holds several domains;
                               or name the domain once with --domain

RIGHTS
  Dotted names such as presence.status.read, call.pickup, forwarding.set.
  `linewarden right-names` lists them. A right that depends on the line
  takes .first, .second or .additional at the end: call.pickup.first; its
  bare name asks for all three lines.

ENVIRONMENT
  NO_COLOR    when set to anything, no colours; they are used on a terminal
              only
";
