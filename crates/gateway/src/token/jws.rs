//! The signed form of a token (RFC 7515), and the public keys (RFC 7517) that it is checked with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;

use super::TokenRefusal;

/// How much of an algorithm's name is told again, in characters.
const SHOWN_CHARS: usize = 16;

/// How a token is signed: with a private key whose public half its issuer publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// RSA, PKCS #1 v1.5, SHA-384.
    Rs384,
    /// RSA, PKCS #1 v1.5, SHA-512.
    Rs512,
    /// RSA-PSS, SHA-256.
    Ps256,
    /// RSA-PSS, SHA-384.
    Ps384,
    /// RSA-PSS, SHA-512.
    Ps512,
    /// ECDSA over P-256, SHA-256.
    Es256,
    /// ECDSA over P-384, SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// A token taken apart. Nothing in it is to be believed yet.
pub(super) struct Jws<'a> {
    pub algorithm: Algorithm,
    pub key_id: Option<String>,
    pub payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What a reader has to understand. We understand none of it.
    crit: Option<serde_json::Value>,
}

/// A key as its issuer publishes it.
#[derive(Deserialize)]
pub(super) struct PublishedKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A key that signatures are checked with.
pub(super) struct PublicKey {
    pub key_id: Option<String>,
    /// The one algorithm that it is for, where its issuer says so.
    algorithm: Option<String>,
    material: Material,
}

enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Algorithm {
    /// Every algorithm by the name that tokens and configuration use.
    pub const NAMES: &[(&str, Self)] = &[
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, algorithm)| *algorithm == self).map_or("RS256", |(name, _)| name)
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::EdDsa => return None,
        })
    }
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    pub fn read(token: &'a str) -> Result<Self, TokenRefusal> {
        let malformed = TokenRefusal::Malformed;
        let (signed, signature) = token.rsplit_once('.').ok_or(malformed("it is not made of three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(malformed("it is not made of three parts"))?;
        let decoded =
            |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed("a part is not Base64"));
        let header: Header =
            serde_json::from_slice(&decoded(header)?).map_err(|_| malformed("its header is not JSON"))?;
        if header.crit.is_some() {
            return Err(malformed("its header asks for an extension"));
        }
        let known = Algorithm::NAMES.iter().find(|(name, _)| *name == header.alg);
        let Some((_, algorithm)) = known else {
            let shown = header.alg.chars().filter(char::is_ascii_graphic).take(SHOWN_CHARS);
            return Err(TokenRefusal::Algorithm(shown.collect()));
        };
        Ok(Self {
            algorithm: *algorithm,
            key_id: header.kid,
            payload: decoded(payload)?,
            signed,
            signature: decoded(signature)?,
        })
    }
}

impl PublicKey {
    /// A published key; `None` where it is of a kind that signs nothing here: secrets, keys for encryption, curves that
    /// no algorithm is for.
    pub fn of(published: PublishedKey) -> Option<Self> {
        let PublishedKey { kty, kid, alg, purpose, crv, n, e, x, y } = published;
        if purpose.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let point = |x: Option<String>, y: Option<String>| {
            // Uncompressed, as SEC 1 writes it.
            Some([vec![4], bytes(x)?, bytes(y)?].concat())
        };
        let material = match (kty.as_str(), crv.as_deref()) {
            ("RSA", _) => Material::Rsa { n: bytes(n)?, e: bytes(e)? },
            ("EC", Some("P-256")) => Material::P256(point(x, y)?),
            ("EC", Some("P-384")) => Material::P384(point(x, y)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes(x)?),
            _ => return None,
        };
        Some(Self { key_id: kid, algorithm: alg, material })
    }

    /// Whether a token may have been signed with it: the key's kind decides about the algorithm, never the token alone.
    pub fn fits(&self, jws: &Jws<'_>) -> bool {
        let algorithm = jws.algorithm;
        if self.algorithm.as_deref().is_some_and(|own| own != algorithm.as_str()) {
            return false;
        }
        match self.material {
            Material::Rsa { .. } => algorithm.rsa().is_some(),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::P384(_) => algorithm == Algorithm::Es384,
            Material::Ed25519(_) => algorithm == Algorithm::EdDsa,
        }
    }

    /// Whether it signed this token.
    pub fn signed(&self, jws: &Jws<'_>) -> bool {
        let (message, signature) = (jws.signed.as_bytes(), jws.signature.as_slice());
        let check = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
        };
        match (&self.material, jws.algorithm.rsa()) {
            (Material::Rsa { n, e }, Some(parameters)) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            (Material::Rsa { .. }, None) => false,
            (Material::P256(point), _) => check(&ECDSA_P256_SHA256_FIXED, point),
            (Material::P384(point), _) => check(&ECDSA_P384_SHA384_FIXED, point),
            (Material::Ed25519(key), _) => check(&ED25519, key),
        }
    }
}
