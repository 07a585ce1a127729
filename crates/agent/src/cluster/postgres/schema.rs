//! The tables and functions in the database, in numbered steps. A step that was ever released must never be altered: a new one follows it.
#![forbid(unsafe_code)]

use super::super::Fault;
use super::{PATIENCE, within};
use tokio_postgres::Client;

/// The steps, in order.
const STEPS: [&str; 1] = [include_str!("../../../sql/0001.sql")];

/// The roles, which belong to all databases of a server. They cannot log in: the administrator's own roles are made members.
const ROLES: &str = "DO $$ BEGIN
    IF NOT EXISTS(SELECT FROM pg_catalog.pg_roles WHERE rolname = 'linewarden_owner') THEN CREATE ROLE linewarden_owner NOLOGIN; END IF;
    IF NOT EXISTS(SELECT FROM pg_catalog.pg_roles WHERE rolname = 'linewarden_agent') THEN CREATE ROLE linewarden_agent NOLOGIN; END IF;
    END $$;
    DO $$ BEGIN
    IF NOT pg_catalog.pg_has_role(current_user, 'linewarden_owner', 'MEMBER') THEN EXECUTE 'GRANT linewarden_owner TO ' || quote_ident(current_user); END IF;
    END $$;
    DO $$ BEGIN
    EXECUTE 'GRANT CREATE ON DATABASE ' || quote_ident(current_database()) || ' TO linewarden_owner';
    END $$;";

/// How many steps this program knows.
pub fn newest() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

/// The step that the database has; 0 before the first.
///
/// # Errors
/// As for every question to the database.
pub async fn version(client: &Client) -> Result<i32, Fault> {
    let there = within(PATIENCE, client.query_one("SELECT to_regclass('linewarden.version') IS NOT NULL", &[])).await?;
    if !super::get::<bool>(&there, 0)? {
        return Ok(0);
    }
    let row = within(PATIENCE, client.query_one("SELECT number FROM linewarden.version", &[])).await?;
    super::get(&row, 0)
}

/// Checks that the database has the step that this program knows, or a later one.
///
/// # Errors
/// `Said` when it has none or an earlier one.
pub async fn is_current(client: &Client) -> Result<(), Fault> {
    match version(client).await? {
        0 => Err(Fault::Said("the database has no log of linewarden: `linewarden cluster init` makes it".into())),
        found if found >= newest() => Ok(()),
        found => Err(Fault::Said(format!(
            "the database has version {found} of its tables, expected {}: `linewarden cluster init` brings it there",
            newest()
        ))),
    }
}

/// Brings the database to the newest step, all steps in one transaction. Returns the step that it had.
///
/// # Errors
/// `Said` when the role may not; nothing is changed then.
pub async fn migrate(client: &Client) -> Result<i32, Fault> {
    let encoding = within(PATIENCE, client.query_one("SHOW server_encoding", &[])).await?;
    let encoding: String = super::get(&encoding, 0)?;
    if encoding != "UTF8" {
        return Err(Fault::Said(format!("the database is of encoding {encoding}, expected UTF8")));
    }
    let found = version(client).await?;
    let missing = STEPS.iter().skip(usize::try_from(found).unwrap_or(0)).copied().collect::<Vec<_>>();
    if missing.is_empty() {
        return Ok(found);
    }
    let text = format!("BEGIN;\n{ROLES}\n{}\nRESET ROLE;\nCOMMIT;", missing.join("\nRESET ROLE;\n"));
    match within(PATIENCE * 10, client.batch_execute(&text)).await {
        Ok(()) => Ok(found),
        Err(fault) => {
            let _ = within(PATIENCE, client.batch_execute("ROLLBACK")).await;
            Err(fault)
        }
    }
}
