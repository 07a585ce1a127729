//! What a configuration may not say.
#![forbid(unsafe_code)]

use crate::server::caller;
use linewarden_agent::http::config::Config;

#[test]
fn a_wrong_configuration_is_refused_with_the_key() {
    let zero = "0".repeat(64);
    let one = |more: &str| format!("listen = [\"127.0.0.1:0\"]\n{more}");
    let address = "public_url = \"https://rights.example\"\n";
    let oidc = |issuer: &str, more: &str| {
        let known = "name = \"a\"\nclient_id = \"a\"\ndomain = \"acme.example\"";
        one(&format!("[page.oidc]\n{known}\nissuer = \"{issuer}\"\n{more}"))
    };
    for (text, why) in [
        (String::new(), "missing field `listen`"),
        ("listen = []".into(), "`listen` is empty"),
        ("listen = [\"127.0.0.1\"]".into(), "expected an address with its port"),
        ("listen = [\"unix:service\"]".into(), "expected the whole path of a socket"),
        ("listen = [\"0.0.0.0:8460\"]".into(), "is seen from other machines"),
        ("listen = [\"[::]:8460\"]".into(), "is seen from other machines"),
        (one("limit.body = 1"), "unknown field `limit`"),
        (one("limits.body = -1"), "limits"),
        (one("socket_mode = \"999\""), "expected permissions"),
        (one("audit.decisions = \"sampled\""), "needs `one_of`"),
        (
            one(&format!("[[caller]]\nname = \"a\"\nrole = \"root\"\ndomain = \"*\"\ntoken_sha256 = \"{zero}\"")),
            "unknown variant `root`",
        ),
        (one("[[caller]]\nname = \"a\"\nrole = \"ask\"\ndomain = \"*\""), "expected `token_sha256`, `uid` or"),
        (
            one("[[caller]]\nname = \"a\"\nrole = \"ask\"\ndomain = \"*\"\ntoken_sha256 = \"secret\""),
            "64 hexadecimal digits",
        ),
        (
            one(&format!("[[caller]]\nname = \"a\"\nrole = \"ask\"\ndomain = \"*\"\ncertificate_sha256 = \"{zero}\"")),
            "expected `client_ca`",
        ),
        (one(&(caller("a", "ask", "*", "") + &caller("a", "ask", "*", ""))), "two callers are called `a`"),
        (
            one(&(caller("a", "ask", "*", "") + &caller("a", "administer", "*", "").replace("\"a\"", "\"b\""))),
            "has the token of another one",
        ),
        (one(&caller("a", "administer", "acme.example", "user = \"alice\"")), "is a user"),
        (one(&caller("a", "change", "*", "user = \"alice\"")), "is a user"),
        (one("[page.oidc]"), "missing field"),
        (oidc("https://login.example", ""), "needs `public_url`"),
        (address.to_owned() + &oidc("http://login.example", ""), "is not encrypted"),
        (address.to_owned() + &oidc("login.example", ""), "expected an address"),
        (address.to_owned() + &oidc("https://login.example", "groups = \"groups\""), "are given together"),
        (address.to_owned() + &oidc("https://login.example", "administrators = [\"a\"]"), "are given together"),
        (address.to_owned() + &oidc("https://login.example", "secret = \"a\""), "unknown field `secret`"),
    ] {
        let error = Config::parse(&text).unwrap_err();
        assert!(error.message().contains(why), "{text}\n{error}");
    }
    assert!(Config::parse(&one("")).unwrap().callers.is_empty());
    assert!(
        Config::parse(&(address.to_owned() + &oidc("https://login.example", ""))).unwrap().page.unwrap().oidc.is_some()
    );
}
