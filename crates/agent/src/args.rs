//! The arguments of `linewarden-agent`, and their help.
#![forbid(unsafe_code)]

use std::path::PathBuf;

/// The agent of a linewarden node: follows the cluster's log into the node's store, takes changes from programs of this machine, and
/// answers over HTTP; with --store it does the last alone, without a database
#[derive(Debug, clap::Parser)]
#[command(name = "linewarden-agent", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  linewarden-agent --store /var/lib/linewarden/rights.db --http /etc/linewarden/service.toml
  linewarden-agent run /var/lib/linewarden/rights.db --database-file /etc/linewarden/database
"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The store to answer from
    #[arg(long, value_name = "STORE", requires = "http")]
    pub store: Option<PathBuf>,
    /// The configuration of the HTTP service
    #[arg(long, value_name = "FILE", requires = "store")]
    pub http: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Run(Run),
    /// Print the manual page
    #[command(hide = true)]
    Man,
    /// Draw a bearer token, and print the line of the configuration that admits it
    Token,
    /// Make a cluster, join, leave, promote, look at it (also `linewarden cluster`)
    Cluster {
        #[command(subcommand)]
        command: Cluster,
    },
}

/// Where the log is.
#[derive(Debug, clap::Args)]
pub struct Location {
    /// The database, as `host=db1,db2 dbname=linewarden user=node1`; a password here is seen by all users of this machine
    #[arg(long, value_name = "CONNECTION", env = "LINEWARDEN_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// A file with that text instead
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    pub database_file: Option<PathBuf>,
    /// The certificates that may sign the database's own; without it the database is on this machine, or sslmode=disable is asked for
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The log in the database
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub shard: String,
}

/// Run the agent of these stores, which are nodes of a cluster
///
/// It ends on SIGTERM. A database that cannot be reached is waited for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden-agent run /var/lib/linewarden/rights.db --database-file /etc/linewarden/database

EXIT STATUS
  0 asked to end, 2 error
")]
pub struct Run {
    /// The stores
    #[arg(required = true, value_name = "STORE")]
    pub stores: Vec<PathBuf>,
    #[command(flatten)]
    pub to: Location,
    /// The permissions of the sockets: who may write them may change the stores
    #[arg(long, value_name = "MODE", default_value = "0660", value_parser = mode)]
    pub socket_mode: u32,
    /// How many change sets a forked store gives up by itself to be on the cluster's line again
    #[arg(long, value_name = "NUMBER", default_value = "16")]
    pub most_lost: u64,
    /// Answer over HTTP, too, with this configuration; there is one store then
    #[arg(long, value_name = "FILE")]
    pub http: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Cluster {
    /// Make a cluster of a store: its tables and its log in the database; the store is the first node
    ///
    /// The role needs the right to create roles and schemas. It may be run again: after a failure, for a newer version, to admit agents.
    Init {
        /// The store
        store: PathBuf,
        #[command(flatten)]
        to: Location,
        /// A role of the database whose agents may serve this log
        #[arg(long = "agent", value_name = "ROLE")]
        agents: Vec<String>,
    },
    /// Make another node: a store that has the cluster's log
    Join {
        /// The store, which is not there yet
        store: PathBuf,
        #[command(flatten)]
        to: Location,
        /// Begin with this copy, as `linewarden backup` made it on another node
        #[arg(long, value_name = "FILE")]
        backup: Option<PathBuf>,
    },
    /// Make a store of its own of a node
    Leave {
        /// The store
        store: PathBuf,
    },
    /// Raise the epoch: nodes with another line than the database go back to the database's
    Promote {
        #[command(flatten)]
        to: Location,
    },
    /// Show where the log is, and a store
    ///
    /// Exit status 1 where the log is not reached, or the store does not follow it.
    Status {
        /// The store
        store: Option<PathBuf>,
        #[command(flatten)]
        to: Location,
    },
    /// Compute every hash of the log anew, and compare a store with it
    Verify {
        /// The store
        store: Option<PathBuf>,
        #[command(flatten)]
        to: Location,
    },
}

/// Permissions as chmod takes them.
fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("expected permissions as 0660".into()),
    }
}
