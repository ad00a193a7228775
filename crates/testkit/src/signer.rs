//! A key that signs tokens as a provider of identities does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// A key for ES256.
pub struct Signer {
    key_id: String,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    /// A new key of that name.
    pub fn new(key_id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
            .ok()
            .and_then(|document| EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).ok());
        let Some(pair) = pair else { panic!("cannot make a key") };
        Self { key_id: key_id.to_owned(), pair, random }
    }

    /// Its public half, as issuers publish it.
    pub fn published(&self) -> Value {
        // Uncompressed: a mark, then both coordinates.
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.key_id, "x": x, "y": y})
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.signed(&json!({"alg": "ES256", "typ": "JWT", "kid": self.key_id}), claims)
    }

    /// A token with this header, signed with ES256 whatever the header says.
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let Ok(signature) = self.pair.sign(&self.random, signed.as_bytes()) else { panic!("cannot sign") };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
