//! The ID token: signed by a key of the provider, from this issuer, for this client, in its time, in answer to this login. What is not proven is
//! refused.
#![forbid(unsafe_code)]

use super::signature::{ACCEPTED, install};
use jsonwebtoken::jwk::{Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, get_current_timestamp};
use serde_json::{Map, Value};
use std::fmt;

/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 60;

/// The keys of the provider that may sign tokens.
#[derive(Debug, Default)]
pub struct Keys(Vec<Jwk>);

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// In answer to what.
    pub nonce: &'a str,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no token, or is signed in a way that proves nothing.
    Form,
    /// None of the known keys has signed it.
    Key,
    /// The signature is wrong, or it is of another issuer, for another client, or not of this time.
    Claims,
    /// It is the answer to another login.
    Nonce,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Form => "it is not signed in a way that proves anything",
            Fault::Key => "its key is not known",
            Fault::Claims => "its signature, issuer, audience or time is wrong",
            Fault::Nonce => "it answers another login",
        })
    }
}

impl Keys {
    /// Those of a key set. A key of another kind is passed over: providers have keys for other things, too.
    pub fn read(set: Value) -> Keys {
        let keys = set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        let keys = keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Keys(keys.filter(may_sign).collect())
    }

    /// What a token says, if it is proven.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, token: &str, expected: Expected<'_>) -> Result<Map<String, Value>, Fault> {
        install();
        let header = decode_header(token).map_err(|_| Fault::Form)?;
        if !ACCEPTED.contains(&header.alg) || header.crit.is_some() {
            return Err(Fault::Form);
        }
        // A key that names its algorithm is for no other; without a name in the token, only a single key can be meant.
        let named = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
        let fits = |key: &&Jwk| {
            let algorithm = key.common.key_algorithm.map(|algorithm| algorithm.to_string());
            algorithm.is_none_or(|algorithm| algorithm.parse() == Ok(header.alg))
        };
        let decoded = |key: &Jwk| DecodingKey::from_jwk(key).ok().filter(|key| key.family() == header.alg.family());
        let mut keys = self.0.iter().filter(named).filter(fits).filter_map(decoded);
        let (Some(key), None) = (keys.next(), keys.next()) else { return Err(Fault::Key) };
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[expected.issuer]);
        validation.set_audience(&[expected.client]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims: Map<String, Value> = decode(token, &key, &validation).map_err(|_| Fault::Claims)?.claims;
        let issued = claims.get("iat").and_then(Value::as_u64);
        let party = claims.get("azp").map(|party| party.as_str() == Some(expected.client));
        let many = claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
        // For several audiences the token has to say that it was made for this one.
        if issued.is_none_or(|at| at > get_current_timestamp() + LEEWAY) || !party.unwrap_or(!many) {
            return Err(Fault::Claims);
        }
        match claims.get("nonce").and_then(Value::as_str) == Some(expected.nonce) && !expected.nonce.is_empty() {
            true => Ok(claims),
            false => Err(Fault::Nonce),
        }
    }
}

fn may_sign(key: &Jwk) -> bool {
    let uses = key.common.public_key_use.as_ref();
    let operations = key.common.key_operations.as_ref();
    uses.is_none_or(|uses| *uses == PublicKeyUse::Signature)
        && operations.is_none_or(|all| all.contains(&KeyOperations::Verify))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Signer {
            let (by, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let key = EcdsaKeyPair::generate_pkcs8(by, &random).unwrap();
            Signer(EcdsaKeyPair::from_pkcs8(by, key.as_ref(), &random).unwrap())
        }

        fn key(&self, more: Value) -> Value {
            let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
            let mut key = json!({ "kty": "EC", "crv": "P-256", "x": BASE64.encode(x), "y": BASE64.encode(y) });
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let text = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
            let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
            format!("{text}.{}", BASE64.encode(signature.as_ref()))
        }
    }

    fn set(keys: &[Value]) -> Keys {
        Keys::read(json!({ "keys": keys }))
    }

    fn claims(more: Value) -> Value {
        let now = get_current_timestamp();
        let mut claims = json!({ "iss": "https://login.example", "aud": "us", "sub": "1", "exp": now + 300, "iat": now, "nonce": "once" });
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    const EXPECTED: Expected<'_> = Expected { issuer: "https://login.example", client: "us", nonce: "once" };

    #[test]
    fn claims_that_are_not_for_this_login_are_refused() {
        let signer = Signer::new();
        let keys = set(&[signer.key(json!({ "kid": "a", "alg": "ES256", "use": "sig" }))]);
        let check =
            |more: Value| keys.check(&signer.token(&json!({ "alg": "ES256", "kid": "a" }), &claims(more)), EXPECTED);
        let now = get_current_timestamp();
        assert_eq!(check(json!({ "email": "a@b" })).unwrap()["email"], "a@b");
        for good in [json!({ "exp": now - 50 }), json!({ "aud": ["us"] }), json!({ "aud": ["us", "b"], "azp": "us" })] {
            assert!(check(good.clone()).is_ok(), "{good}");
        }
        for (wrong, fault) in [
            (json!({ "nonce": "twice" }), Fault::Nonce),
            (json!({ "nonce": null }), Fault::Nonce),
            (json!({ "nonce": ["once"] }), Fault::Nonce),
            (json!({ "aud": "them" }), Fault::Claims),
            (json!({ "aud": null }), Fault::Claims),
            (json!({ "aud": ["us", "them"] }), Fault::Claims),
            (json!({ "aud": ["us", "them"], "azp": "them" }), Fault::Claims),
            (json!({ "azp": "them" }), Fault::Claims),
            (json!({ "iss": "https://login.example/" }), Fault::Claims),
            (json!({ "iss": null }), Fault::Claims),
            (json!({ "sub": null }), Fault::Claims),
            (json!({ "exp": now - 61 }), Fault::Claims),
            (json!({ "exp": null }), Fault::Claims),
            (json!({ "exp": "never" }), Fault::Claims),
            (json!({ "nbf": now + 120 }), Fault::Claims),
            (json!({ "iat": now + 120 }), Fault::Claims),
            (json!({ "iat": null }), Fault::Claims),
        ] {
            assert_eq!(check(wrong.clone()), Err(fault), "{wrong}");
        }
        let token = signer.token(&json!({ "alg": "ES256", "kid": "a" }), &claims(json!({})));
        assert_eq!(keys.check(&token, Expected { nonce: "", ..EXPECTED }), Err(Fault::Nonce));
    }

    #[test]
    fn a_signature_that_proves_nothing_is_refused() {
        let (signer, other) = (Signer::new(), Signer::new());
        let keys = set(&[signer.key(json!({ "kid": "a", "alg": "ES256" }))]);
        let claims = claims(json!({}));
        let good = signer.token(&json!({ "alg": "ES256", "kid": "a" }), &claims);
        assert!(keys.check(&good, EXPECTED).is_ok());
        assert_eq!(
            keys.check(&other.token(&json!({ "alg": "ES256", "kid": "a" }), &claims), EXPECTED),
            Err(Fault::Claims)
        );
        assert_eq!(
            keys.check(&signer.token(&json!({ "alg": "ES256", "kid": "b" }), &claims), EXPECTED),
            Err(Fault::Key)
        );
        for alg in ["none", "None", "HS256", "ES384", "RS512", ""] {
            let token = signer.token(&json!({ "alg": alg, "kid": "a" }), &claims);
            assert_eq!(keys.check(&token, EXPECTED), Err(Fault::Form), "{alg}");
        }
        // A key for one algorithm is not good for another one.
        for alg in ["RS256", "PS256", "EdDSA"] {
            let token = signer.token(&json!({ "alg": alg, "kid": "a" }), &claims);
            assert_eq!(keys.check(&token, EXPECTED), Err(Fault::Key), "{alg}");
        }
        let [header, body, _] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
        let none = BASE64.encode("{\"alg\":\"none\"}");
        for wrong in [
            format!("{header}.{body}."),
            format!("{header}.{body}"),
            format!("{none}.{body}."),
            good.replacen('.', "..", 1),
            format!("{good}A"),
            format!("{good}.x"),
            good[..good.len() - 2].to_owned(),
            String::new(),
        ] {
            assert!(keys.check(&wrong, EXPECTED).is_err(), "{wrong}");
        }
        // No byte of it can be another one.
        for at in (0..good.len()).step_by(7) {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(keys.check(&changed, EXPECTED).is_err(), "{at}: {changed}");
        }
        // A key in the token itself is no key of the provider.
        let own = other.token(&json!({ "alg": "ES256", "jwk": other.key(json!({})) }), &claims);
        assert_eq!(keys.check(&own, EXPECTED), Err(Fault::Claims));
        assert_eq!(
            keys.check(&signer.token(&json!({ "alg": "ES256", "kid": "a", "crit": ["exp"] }), &claims), EXPECTED),
            Err(Fault::Form)
        );
    }

    #[test]
    fn a_key_must_be_named_and_be_for_signatures() {
        let (signer, other) = (Signer::new(), Signer::new());
        let token = |header: Value| signer.token(&header, &claims(json!({})));
        let without = token(json!({ "alg": "ES256" }));
        assert!(set(&[signer.key(json!({}))]).check(&without, EXPECTED).is_ok());
        let both = set(&[signer.key(json!({ "kid": "a" })), other.key(json!({ "kid": "b" }))]);
        assert_eq!(both.check(&without, EXPECTED), Err(Fault::Key), "either could be meant");
        assert!(both.check(&token(json!({ "alg": "ES256", "kid": "a" })), EXPECTED).is_ok());
        for more in [json!({ "use": "enc" }), json!({ "key_ops": ["encrypt"] }), json!({ "alg": "ES384" })] {
            assert_eq!(set(&[signer.key(more.clone())]).check(&without, EXPECTED), Err(Fault::Key), "{more}");
        }
        let strange = json!({ "kty": "new", "kid": "c", "use": "sig" });
        assert!(
            set(&[strange, json!(1), signer.key(json!({}))]).check(&without, EXPECTED).is_ok(),
            "others are passed over"
        );
    }
}
