//! Signatures of tokens, checked by ring, which does it for TLS already. Only public keys: a secret that both sides have, or none, proves
//! nothing here.
#![forbid(unsafe_code)]

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as Wrong, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature as by;
use std::sync::Once;

/// The algorithms that are accepted.
pub const ACCEPTED: &[Algorithm] = &[Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| {
        let known = ACCEPTED.contains(algorithm) && key.family() == algorithm.family();
        match known {
            true => Ok(Box::new(ByRing { algorithm: *algorithm, key: key.clone() })),
            false => Err(Error::from(ErrorKind::InvalidAlgorithm)),
        }
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes ring what checks signatures; before the first one.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let _ = RING.install_default();
    });
}

struct ByRing {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Verifier<Vec<u8>> for ByRing {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Wrong> {
        let whole = |by: &'static dyn by::VerificationAlgorithm, key: &[u8]| {
            by::UnparsedPublicKey::new(by, key).verify(message, signature)
        };
        let rsa = |by: &'static by::RsaParameters, n: &[u8], e: &[u8]| {
            by::RsaPublicKeyComponents { n, e }.verify(by, message, signature)
        };
        let checked = match (self.algorithm, self.key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                rsa(&by::RSA_PKCS1_2048_8192_SHA256, n, e)
            }
            (Algorithm::PS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                rsa(&by::RSA_PSS_2048_8192_SHA256, n, e)
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(key)) => whole(&by::ECDSA_P256_SHA256_FIXED, key),
            (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(key)) => whole(&by::ED25519, key),
            _ => return Err(Wrong::new()),
        };
        checked.map_err(|_| Wrong::new())
    }
}

impl JwtVerifier for ByRing {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
