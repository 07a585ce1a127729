//! Who the claims of a token say a person is: a user of the domain, or its administrator. A claim that the person could have chosen must never
//! name another one.
#![forbid(unsafe_code)]

use super::super::caller::Caller;
use super::super::config::Oidc;
use super::super::problem::Refusable;
use super::refused;
use linewarden::Engine;
use serde_json::{Map, Value};

/// The person of these claims.
///
/// # Errors
/// 403 where they name no person that is known here.
pub fn of(config: &Oidc, claims: &Map<String, Value>, engine: &Engine) -> Refusable<Caller> {
    let claim = &config.claim;
    let missing = || refused(format!("the login service says no `{claim}` of this person"));
    let said = claims.get(claim).and_then(Value::as_str).filter(|said| !said.is_empty()).ok_or_else(missing)?;
    // At many providers people write their own address, and prove it later.
    if claim == "email" && claims.get("email_verified") != Some(&Value::Bool(true)) {
        return Err(refused("the login service has not verified the address of this person"));
    }
    let unknown = || refused("the login service names a person that is not known here");
    let login = match &config.suffix {
        Some(suffix) => said.strip_suffix(suffix.as_str()).ok_or_else(unknown)?,
        None => said,
    };
    let groups = match config.groups.as_ref().and_then(|groups| claims.get(groups)) {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(group)) => vec![group.as_str()],
        _ => Vec::new(),
    };
    if config.administrators.iter().any(|known| groups.contains(&known.as_str())) {
        return Ok(Caller::administrator(&config.domain, login));
    }
    Caller::user_named(engine, &config.domain, login).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use linewarden::Document;
    use serde_json::json;

    fn config(more: &str) -> Oidc {
        let known = "name = \"x\"\nissuer = \"https://a.example\"\nclient_id = \"c\"\ndomain = \"acme.example\"\n";
        toml::from_str(&format!("{known}{more}")).unwrap()
    }

    #[test]
    fn claims_name_a_user_an_administrator_or_no_one() {
        let text =
            "domain = \"acme.example\"\nsystems = [\"xphone\"]\nuser = [{ name = \"alice\", lines = [\"100\"] }]";
        let engine = Engine::from_documents(&[Document { name: "a".into(), text: text.into() }]).unwrap();
        let found = |more: &str, claims: Value| {
            let found = of(&config(more), claims.as_object().unwrap(), &engine);
            found.map(|caller| (caller.name.to_string(), caller.party.is_some())).map_err(|problem| problem.detail)
        };
        let groups = "groups = \"groups\"\nadministrators = [\"admins\"]";
        assert_eq!(found("", json!({ "preferred_username": "alice" })), Ok(("alice".into(), true)));
        assert_eq!(
            found(groups, json!({ "preferred_username": "alice", "groups": ["staff"] })),
            Ok(("alice".into(), true))
        );
        assert_eq!(
            found(groups, json!({ "preferred_username": "root", "groups": ["a", "admins"] })),
            Ok(("root".into(), false))
        );
        assert_eq!(
            found(groups, json!({ "preferred_username": "root", "groups": "admins" })),
            Ok(("root".into(), false))
        );
        let email = "claim = \"email\"\nsuffix = \"@acme.example\"";
        assert_eq!(
            found(email, json!({ "email": "alice@acme.example", "email_verified": true })),
            Ok(("alice".into(), true))
        );
        for (more, claims, why) in [
            ("", json!({}), "says no"),
            ("", json!({ "preferred_username": "" }), "says no"),
            ("", json!({ "preferred_username": ["alice"] }), "says no"),
            ("", json!({ "preferred_username": "mallory" }), "not known here"),
            ("", json!({ "preferred_username": "100" }), "not known here"),
            ("", json!({ "preferred_username": "sip:alice@acme.example" }), "not known here"),
            ("", json!({ "preferred_username": "alice", "groups": ["admins"] }), ""),
            (groups, json!({ "groups": ["admins"] }), "says no"),
            (groups, json!({ "preferred_username": "root", "groups": ["admins2", "Admins", 1] }), "not known here"),
            (groups, json!({ "preferred_username": "root", "groups": "admins,x" }), "not known here"),
            (email, json!({ "email": "alice@acme.example" }), "not verified"),
            (email, json!({ "email": "alice@acme.example", "email_verified": "true" }), "not verified"),
            (email, json!({ "email": "alice@evil.example", "email_verified": true }), "not known here"),
            (email, json!({ "email": "alice@acme.example.evil.example", "email_verified": true }), "not known here"),
        ] {
            match found(more, claims.clone()) {
                Ok((_, is_user)) => assert!(why.is_empty() && is_user, "{claims}"),
                Err(detail) => assert!(!why.is_empty() && detail.contains(why), "{claims}: {detail}"),
            }
        }
    }
}
