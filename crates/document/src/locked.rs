//! Office files that are locked with a password ([MS-OFFCRYPTO], 2.3.4): the package within, made plain.
//!
//! Agile encryption, as Office writes it since 2010, and standard encryption, as Office 2007 did. What is locked for
//! some people by certificates, or by rights management, stays locked.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::cipher::{decrypt_alone, decrypt_chained};
use crate::decode;
use crate::xml::{Element, Token, Xml};

/// The first bytes of an OLE compound file.
const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// How many hashes all passwords together may cost: a file may ask for millions with each.
const HASHES_MAX: u64 = 30_000_000;
/// The hashes of one password in standard encryption.
const STANDARD_HASHES: u32 = 50_000;
/// Bytes that are encrypted together in agile encryption.
const SEGMENT: usize = 4096;
/// What the description of the encryption may have of bytes.
const INFO_BYTES_MAX: u64 = 1 << 20;

/// Whether bytes are an encrypted Office file: a compound file with a stream for the encrypted package.
pub(crate) fn is_locked(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.starts_with(&COMPOUND) && bytes.windows(name.len()).any(|window| window == name)
}

/// The package in an encrypted Office file, by the first of the passwords that opens it.
pub(crate) fn unlock(bytes: &[u8], passwords: &[String]) -> Option<Vec<u8>> {
    if passwords.is_empty() || !is_locked(bytes) {
        return None;
    }
    let mut file = CompoundFile::open(Cursor::new(bytes)).ok()?;
    let info = stream(&mut file, "EncryptionInfo", INFO_BYTES_MAX)?;
    let lock = Lock::read(&info)?;
    let mut hashes_left = HASHES_MAX;
    let key = passwords.iter().find_map(|password| {
        hashes_left = hashes_left.checked_sub(u64::from(lock.hashes()).max(1))?;
        lock.key(password)
    })?;
    let package = stream(&mut file, "EncryptedPackage", bytes.len() as u64)?;
    let (size, text) = package.split_first_chunk::<8>()?;
    let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
    let mut text = text.to_vec();
    lock.open(&key, &mut text);
    text.truncate(size);
    Some(text)
}

fn stream(file: &mut CompoundFile<Cursor<&[u8]>>, name: &str, bytes_max: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.open_stream(name).ok()?.take(bytes_max).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// How a file is locked.
enum Lock {
    Agile(Box<Agile>),
    Standard(Standard),
}

/// 2.3.4.10.
struct Agile {
    /// Of the package.
    data: Parameters,
    /// Of the package's key.
    own: Parameters,
    hashes: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    key: Vec<u8>,
}

struct Parameters {
    salt: Vec<u8>,
    key_bytes: usize,
    hash: Hash,
}

/// 2.3.4.5 to 2.3.4.9.
struct Standard {
    salt: Vec<u8>,
    key_bytes: usize,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Lock {
    fn read(info: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u16::from_le_bytes(info.get(at..at + 2)?.try_into().ok()?));
        match (short(0)?, short(2)?) {
            (4, 4) => Some(Self::Agile(Box::new(Agile::read(info.get(8..)?)?))),
            (2..=4, 2) => Some(Self::Standard(Standard::read(info)?)),
            _ => None,
        }
    }

    fn hashes(&self) -> u32 {
        match self {
            Self::Agile(agile) => agile.hashes,
            Self::Standard(_) => STANDARD_HASHES,
        }
    }

    /// The package's key, if the password is the right one.
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        match self {
            Self::Agile(agile) => agile.key(password),
            Self::Standard(standard) => standard.key(password),
        }
    }

    /// Makes the package plain.
    fn open(&self, key: &[u8], text: &mut [u8]) {
        match self {
            Self::Agile(agile) => agile.open(key, text),
            Self::Standard(_) => decrypt_alone(key, text),
        }
    }
}

impl Agile {
    fn read(xml: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(xml).ok()?;
        let mut xml = Xml::new(text);
        let tree = loop {
            match xml.next().ok()?? {
                Token::Start(tag) => break xml.tree(&tag).ok()?,
                _ => continue,
            }
        };
        let data = Parameters::read(tree.descendants_local("keyData").first()?)?;
        let own = *tree.descendants_local("encryptedKey").first()?;
        let bytes = |name: &str| Some(decode::base64(own.attribute_local(name)?.as_bytes()));
        Some(Self {
            data,
            own: Parameters::read(own)?,
            hashes: own.attribute_local("spinCount")?.parse().ok()?,
            verifier: bytes("encryptedVerifierHashInput")?,
            verifier_hash: bytes("encryptedVerifierHashValue")?,
            key: bytes("encryptedKeyValue")?,
        })
    }

    fn key(&self, password: &str) -> Option<Vec<u8>> {
        let spun = self.own.hash.spun(&self.own.salt, password, self.hashes);
        let plain = |block: [u8; 8], locked: &[u8]| {
            let key = sized(self.own.hash.of(&[&spun, &block]), self.own.key_bytes);
            let mut text = locked.to_vec();
            decrypt_chained(&key, vector(&self.own.salt), &mut text);
            text
        };
        let verifier = plain([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &self.verifier);
        let verifier = verifier.get(..self.own.salt.len())?;
        let wanted = plain([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &self.verifier_hash);
        let found = self.own.hash.of(&[verifier]);
        if found.is_empty() || wanted.get(..found.len())? != found {
            return None;
        }
        let key = plain([0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6], &self.key);
        Some(key.get(..self.data.key_bytes)?.to_vec())
    }

    fn open(&self, key: &[u8], text: &mut [u8]) {
        for (number, segment) in (0u32..).zip(text.chunks_mut(SEGMENT)) {
            let own = self.data.hash.of(&[&self.data.salt, &number.to_le_bytes()]);
            decrypt_chained(key, vector(&own), segment);
        }
    }
}

impl Parameters {
    fn read(element: &Element) -> Option<Self> {
        let is = |name: &str, wanted: &str| element.attribute_local(name) == Some(wanted);
        if !is("cipherAlgorithm", "AES") || !is("cipherChaining", "ChainingModeCBC") {
            return None;
        }
        let bits: usize = element.attribute_local("keyBits")?.parse().ok()?;
        Some(Self {
            salt: decode::base64(element.attribute_local("saltValue")?.as_bytes()),
            key_bytes: matches!(bits, 128 | 192 | 256).then_some(bits / 8)?,
            hash: match element.attribute_local("hashAlgorithm")? {
                "SHA1" => Hash::Sha1,
                "SHA256" => Hash::Sha256,
                "SHA384" => Hash::Sha384,
                "SHA512" => Hash::Sha512,
                _ => return None,
            },
        })
    }
}

impl Standard {
    fn read(info: &[u8]) -> Option<Self> {
        let long = |at: usize| {
            let bytes = info.get(at..at.checked_add(4)?)?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(bytes)).ok()
        };
        // The header is behind the version, the flags and its own length.
        let verifier = 12usize.checked_add(long(8)?)?;
        let bits = long(12 + 16)?;
        let salt_bytes = long(verifier)?;
        let part = |from: usize, bytes: usize| {
            let start = verifier.checked_add(4)?.checked_add(from)?;
            Some(info.get(start..start.checked_add(bytes)?)?.to_vec())
        };
        (salt_bytes == 16 && matches!(bits, 128 | 192 | 256)).then_some(())?;
        Some(Self {
            salt: part(0, 16)?,
            key_bytes: bits / 8,
            verifier: part(16, 16)?,
            verifier_hash: part(16 + 16 + 4, 32)?,
        })
    }

    fn key(&self, password: &str) -> Option<Vec<u8>> {
        let spun = Hash::Sha1.spun(&self.salt, password, STANDARD_HASHES);
        let last = Hash::Sha1.of(&[&spun, &0u32.to_le_bytes()]);
        let half = |filling: u8| {
            let mut block = [filling; 64];
            block.iter_mut().zip(&last).for_each(|(byte, own)| *byte ^= own);
            Hash::Sha1.of(&[&block])
        };
        let key = [half(0x36), half(0x5c)].concat().get(..self.key_bytes)?.to_vec();
        let plain = |locked: &[u8]| {
            let mut text = locked.to_vec();
            decrypt_alone(&key, &mut text);
            text
        };
        let found = Hash::Sha1.of(&[&plain(&self.verifier)]);
        (plain(&self.verifier_hash).get(..found.len())? == found).then_some(key)
    }
}

impl Hash {
    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hash = D::new();
            parts.iter().for_each(|part| hash.update(part));
            hash.finalize().to_vec()
        }
        match self {
            Self::Sha1 => digest::<Sha1>(parts),
            Self::Sha256 => digest::<Sha256>(parts),
            Self::Sha384 => digest::<Sha384>(parts),
            Self::Sha512 => digest::<Sha512>(parts),
        }
    }

    /// A password hashed over and over, each time with the number of the turn.
    fn spun(self, salt: &[u8], password: &str, turns: u32) -> Vec<u8> {
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut hash = self.of(&[salt, &password]);
        for turn in 0..turns {
            hash = self.of(&[&turn.to_le_bytes(), &hash]);
        }
        hash
    }
}

/// A hash as a key: cut, or filled up as the standard says.
fn sized(mut hash: Vec<u8>, bytes: usize) -> Vec<u8> {
    hash.resize(bytes, 0x36);
    hash
}

fn vector(salt: &[u8]) -> [u8; 16] {
    let mut vector = [0x36; 16];
    vector.iter_mut().zip(salt).for_each(|(own, byte)| *own = *byte);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Extent, Input, ParseError, parse};

    const AGILE: &[u8] = include_bytes!("../tests/data/agile.docx");
    const STANDARD: &[u8] = include_bytes!("../tests/data/standard.docx");

    fn read(bytes: &[u8], passwords: &[&str]) -> Result<String, ParseError> {
        let passwords: Vec<String> = passwords.iter().map(|password| (*password).to_owned()).collect();
        let input = Input { name: "a.docx", bytes, extent: Extent::Whole, passwords: &passwords };
        parse(&input).map(|document| document.text.trim().to_owned())
    }

    #[test]
    fn the_right_password_among_others_opens_it() {
        for (name, bytes) in [("agile", AGILE), ("standard", STANDARD)] {
            for wrong in [&[][..], &["wrong", ""]] {
                assert!(matches!(read(bytes, wrong), Err(ParseError::Locked { .. })), "{name}");
            }
            assert_eq!(read(bytes, &["wrong", "open sesame"]).unwrap(), "A locked letter.", "{name}");
        }
    }

    #[test]
    fn damage_and_endless_work_leave_it_locked() {
        let passwords = ["open sesame".to_owned()];
        for bytes in [AGILE, STANDARD] {
            for cut in (0..bytes.len()).step_by(97) {
                let _ = unlock(&bytes[..cut], &passwords);
            }
        }
        // A file that asks for four billion hashes is not obliged.
        let spins = b"spinCount=\"";
        let at = AGILE.windows(spins.len()).position(|window| window == spins).unwrap() + spins.len();
        let end = at + AGILE[at..].iter().position(|byte| *byte == b'"').unwrap();
        let mut endless = AGILE.to_vec();
        endless[at..end].fill(b'9');
        assert!(matches!(read(&endless, &["open sesame"]), Err(ParseError::Locked { .. })));
    }
}
