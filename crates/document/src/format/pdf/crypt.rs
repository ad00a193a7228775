//! The standard security handler (ISO 32000-2, 7.6): RC4 and AES, a user's or an owner's password.

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};
use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};

use super::file::File;
use super::object::{Dictionary, Object, Stream};
use crate::cipher::decrypt_chained;

/// What passwords are filled up with (algorithm 2, step a).
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e,
    0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

/// The key of a file, and what is encrypted with it how.
pub(super) struct Crypt {
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    metadata: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Method {
    None,
    Rc4,
    Aes128,
    Aes256,
}

/// What the encryption dictionary says.
struct Handler {
    revision: i64,
    key_bytes: usize,
    owner: Vec<u8>,
    user: Vec<u8>,
    owner_key: Vec<u8>,
    user_key: Vec<u8>,
    permissions: [u8; 4],
    id: Vec<u8>,
    metadata: bool,
}

impl Crypt {
    /// The key of a file, by the empty password or the first of `passwords` that opens it.
    pub(super) fn open(file: &File<'_>, passwords: &[String]) -> Option<Self> {
        let dictionary = file.get(file.trailer(), b"Encrypt").dictionary().cloned()?;
        if file.get(&dictionary, b"Filter").name() != Some(b"Standard") {
            return None;
        }
        let version = file.get(&dictionary, b"V").integer().unwrap_or(0);
        let (strings, streams) = match version {
            1 | 2 => (Method::Rc4, Method::Rc4),
            4 | 5 => (method(file, &dictionary, b"StrF"), method(file, &dictionary, b"StmF")),
            _ => return None,
        };
        let handler = Handler::read(file, &dictionary, version)?;
        let empty = String::new();
        let key = std::iter::once(&empty).chain(passwords).find_map(|password| handler.key(password))?;
        Some(Self { key, strings, streams, metadata: handler.metadata })
    }

    /// An object of the file with its strings made plain.
    pub(super) fn object(&self, number: u32, generation: u16, object: Object) -> Object {
        if self.strings == Method::None {
            return object;
        }
        object.map_strings(&|bytes| self.plain(self.strings, (number, generation), bytes))
    }

    /// A stream's bytes made plain; `None` when they are plain already.
    pub(super) fn stream(&self, file: &File<'_>, stream: &Stream, raw: &[u8]) -> Option<Vec<u8>> {
        let dictionary = &stream.dictionary;
        let kind = dictionary.get(b"Type");
        if kind.name() == Some(b"XRef") || (kind.name() == Some(b"Metadata") && !self.metadata) {
            return None;
        }
        let first = |object: Object| match object {
            Object::Array(objects) => file.resolve(objects.first().unwrap_or(&Object::Null)),
            object => object,
        };
        if first(file.get(dictionary, b"Filter")).name() == Some(b"Crypt") {
            let parameters = first(file.get(dictionary, b"DecodeParms"));
            let name = parameters.dictionary().map(|own| file.get(own, b"Name"));
            if name.is_none_or(|name| name.name() != Some(b"StdCF")) {
                return None;
            }
        }
        (self.streams != Method::None)
            .then(|| self.plain(self.streams, (stream.number, stream.generation), raw))
    }

    fn plain(&self, method: Method, (number, generation): (u32, u16), bytes: &[u8]) -> Vec<u8> {
        if method == Method::Aes256 {
            return aes_with_vector(&self.key, bytes);
        }
        let mut hash = Md5::new();
        hash.update(&self.key);
        hash.update(&number.to_le_bytes()[..3]);
        hash.update(generation.to_le_bytes());
        if method == Method::Aes128 {
            hash.update(b"sAlT");
        }
        let key = hash.finalize();
        let key = &key[..(self.key.len() + 5).min(16)];
        match method {
            Method::Rc4 => rc4(key, bytes),
            Method::Aes128 => aes_with_vector(key, bytes),
            Method::None | Method::Aes256 => bytes.to_vec(),
        }
    }
}

/// How a crypt filter encrypts.
fn method(file: &File<'_>, dictionary: &Dictionary, which: &[u8]) -> Method {
    let name = file.get(dictionary, which);
    let filters = file.get(dictionary, b"CF");
    let filter = name.name().and_then(|name| Some(file.get(filters.dictionary()?, name)));
    let method = filter.and_then(|filter| Some(file.get(filter.dictionary()?, b"CFM")));
    match method.as_ref().and_then(Object::name) {
        Some(b"V2") => Method::Rc4,
        Some(b"AESV2") => Method::Aes128,
        Some(b"AESV3") => Method::Aes256,
        _ => Method::None,
    }
}

impl Handler {
    fn read(file: &File<'_>, dictionary: &Dictionary, version: i64) -> Option<Self> {
        let string =
            |name: &[u8]| file.get(dictionary, name).string().map(<[u8]>::to_vec).unwrap_or_default();
        let id = file.get(file.trailer(), b"ID");
        let id = id.array().and_then(|ids| Some(file.resolve(ids.first()?)));
        let bits = file.get(dictionary, b"Length").integer().unwrap_or(40);
        let bits = if bits < 40 { bits * 8 } else { bits };
        Some(Self {
            revision: file.get(dictionary, b"R").integer()?,
            key_bytes: match version {
                1 => 5,
                4 => 16,
                5 => 32,
                _ => usize::try_from(bits / 8).unwrap_or(5).clamp(5, 16),
            },
            owner: string(b"O"),
            user: string(b"U"),
            owner_key: string(b"OE"),
            user_key: string(b"UE"),
            permissions: (file.get(dictionary, b"P").integer()? as i32).to_le_bytes(),
            id: id.as_ref().and_then(Object::string).unwrap_or_default().to_vec(),
            metadata: !matches!(file.get(dictionary, b"EncryptMetadata"), Object::Boolean(false)),
        })
    }

    fn key(&self, password: &str) -> Option<Vec<u8>> {
        if self.revision >= 5 {
            return self.long_key(&password.as_bytes()[..password.len().min(127)]);
        }
        // These revisions know PDFDocEncoding, which is Latin-1 for what people type.
        let latin: Vec<u8> = password.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        self.user_key_of(&latin).or_else(|| self.user_key_of(&self.user_password(&latin)))
    }

    /// Algorithms 2, 4, 5 and 6.
    fn user_key_of(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut hash = Md5::new();
        hash.update(padded(password));
        hash.update(self.owner.get(..32)?);
        hash.update(self.permissions);
        hash.update(&self.id);
        if self.revision >= 4 && !self.metadata {
            hash.update([0xff; 4]);
        }
        let mut key = hash.finalize();
        let length = self.key_bytes.min(key.len());
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(&key[..length]);
            }
        }
        let key = key[..length].to_vec();
        let fits = if self.revision >= 3 {
            let mut hash = Md5::new();
            hash.update(PADDING);
            hash.update(&self.id);
            let made = (0..20).fold(hash.finalize().to_vec(), |text, round| rc4(&mixed(&key, round), &text));
            self.user.get(..16)? == made
        } else {
            self.user == rc4(&key, &PADDING)
        };
        fits.then_some(key)
    }

    /// The user's password, by the owner's (algorithm 7).
    fn user_password(&self, owner: &[u8]) -> Vec<u8> {
        let mut key = Md5::digest(padded(owner));
        let length = self.key_bytes.min(key.len());
        if self.revision < 3 {
            return rc4(&key[..length], &self.owner);
        }
        for _ in 0..50 {
            key = Md5::digest(&key[..length]);
        }
        let key = &key[..length];
        (0..20).rev().fold(self.owner.clone(), |text, round| rc4(&mixed(key, round), &text))
    }

    /// Algorithm 2.A.
    fn long_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let (user, owner) = (self.user.get(..48)?, self.owner.get(..48)?);
        let hash = |salt: &[u8], more: &[u8]| self.long_hash(password, salt, more);
        let (key, wrapped) = if hash(&user[32..40], b"") == user[..32] {
            (hash(&user[40..48], b""), &self.user_key)
        } else if hash(&owner[32..40], user) == owner[..32] {
            (hash(&owner[40..48], user), &self.owner_key)
        } else {
            return None;
        };
        let mut unwrapped = wrapped.get(..32)?.to_vec();
        decrypt_chained(&key, [0; 16], &mut unwrapped);
        Some(unwrapped)
    }

    /// Algorithm 2.B; revision 5 knows only its first step.
    fn long_hash(&self, password: &[u8], salt: &[u8], more: &[u8]) -> Vec<u8> {
        let mut key = Sha256::digest([password, salt, more].concat()).to_vec();
        if self.revision < 6 {
            return key;
        }
        let mut round = 0;
        loop {
            let mut text = [password, &key, more].concat().repeat(64);
            aes128_encrypt(&key, &mut text);
            let remainder = text[..16].iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3;
            let last = text.last().copied().unwrap_or(0);
            key = match remainder {
                0 => Sha256::digest(&text).to_vec(),
                1 => Sha384::digest(&text).to_vec(),
                _ => Sha512::digest(&text).to_vec(),
            };
            round += 1;
            if round >= 64 && i32::from(last) <= round - 32 {
                key.truncate(32);
                return key;
            }
        }
    }
}

fn padded(password: &[u8]) -> [u8; 32] {
    let mut whole = [0; 32];
    let own = password.len().min(32);
    whole[..own].copy_from_slice(&password[..own]);
    whole[own..].copy_from_slice(&PADDING[..32 - own]);
    whole
}

fn mixed(key: &[u8], round: u8) -> Vec<u8> {
    key.iter().map(|byte| byte ^ round).collect()
}

fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|index| index as u8);
    let mut other = 0u8;
    for index in 0..256 {
        other = other.wrapping_add(state[index]).wrapping_add(key[index % key.len()]);
        state.swap(index, usize::from(other));
    }
    let (mut one, mut other) = (0u8, 0u8);
    let mut next = |byte: &u8| {
        one = one.wrapping_add(1);
        other = other.wrapping_add(state[usize::from(one)]);
        state.swap(usize::from(one), usize::from(other));
        byte ^ state[usize::from(state[usize::from(one)].wrapping_add(state[usize::from(other)]))]
    };
    bytes.iter().map(&mut next).collect()
}

/// Text whose first block is the vector that the others are chained to, and that ends in padding.
fn aes_with_vector(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let Some((vector, text)) = bytes.split_first_chunk::<16>() else { return Vec::new() };
    let mut plain = text[..text.len() / 16 * 16].to_vec();
    decrypt_chained(key, *vector, &mut plain);
    if let Some(&padding @ 1..=16) = plain.last() {
        plain.truncate(plain.len().saturating_sub(usize::from(padding)));
    }
    plain
}

/// The first 16 bytes of a hash are the key, the next 16 the vector.
fn aes128_encrypt(key: &[u8], text: &mut [u8]) {
    let (Some(own), Some(mut vector)) =
        (key.get(..16), key.get(16..32).and_then(|own| <[u8; 16]>::try_from(own).ok()))
    else {
        return;
    };
    let Ok(cipher) = Aes128::new_from_slice(own) else { return };
    for own in text.as_chunks_mut::<16>().0 {
        let mut block = Block::from(std::array::from_fn(|index| own[index] ^ vector[index]));
        cipher.encrypt_block(&mut block);
        *own = block.into();
        vector = *own;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_is_as_published() {
        assert_eq!(rc4(b"Key", b"Plaintext"), b"\xbb\xf3\x16\xe8\xd9\x40\xaf\x0a\xd3");
    }
}
