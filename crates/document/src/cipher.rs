//! AES as encrypted documents use it: blocks chained to a vector (CBC).

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};

/// Makes text plain in place; what is left after the last whole block stays as it is. A key that is not of 16, 24 or
/// 32 bytes leaves everything as it is.
pub(crate) fn decrypt_chained(key: &[u8], mut vector: [u8; 16], text: &mut [u8]) {
    let Some(decrypt) = decryptor(key) else { return };
    for own in text.as_chunks_mut::<16>().0 {
        let mut block = Block::from(*own);
        decrypt(&mut block);
        let chained = vector;
        vector = *own;
        for (byte, (plain, mixed)) in own.iter_mut().zip(block.iter().zip(chained)) {
            *byte = plain ^ mixed;
        }
    }
}

/// As [`decrypt_chained`], each block by itself (ECB).
pub(crate) fn decrypt_alone(key: &[u8], text: &mut [u8]) {
    let Some(decrypt) = decryptor(key) else { return };
    for own in text.as_chunks_mut::<16>().0 {
        let mut block = Block::from(*own);
        decrypt(&mut block);
        *own = block.into();
    }
}

/// Makes one block plain.
type Decryptor = Box<dyn Fn(&mut Block)>;

fn decryptor(key: &[u8]) -> Option<Decryptor> {
    if let Ok(cipher) = Aes128::new_from_slice(key) {
        return Some(Box::new(move |block| cipher.decrypt_block(block)));
    }
    if let Ok(cipher) = Aes192::new_from_slice(key) {
        return Some(Box::new(move |block| cipher.decrypt_block(block)));
    }
    let cipher = Aes256::new_from_slice(key).ok()?;
    Some(Box::new(move |block| cipher.decrypt_block(block)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_out_as_published() {
        // FIPS 197, appendix C.
        let key: Vec<u8> = (0..32).collect();
        let plain: Vec<u8> = (0..16).map(|half| half * 0x11).collect();
        let locked: [(usize, [u8; 4]); 3] =
            [(16, [0x69, 0xc4, 0xe0, 0xd8]), (24, [0xdd, 0xa9, 0x7c, 0xa4]), (32, [0x8e, 0xa2, 0xb7, 0xca])];
        let rest: [[u8; 12]; 3] = [
            [0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a],
            [0x86, 0x4c, 0xdf, 0xe0, 0x6e, 0xaf, 0x70, 0xa0, 0xec, 0x0d, 0x71, 0x91],
            [0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89],
        ];
        for ((bytes, start), rest) in locked.into_iter().zip(rest) {
            let mut text = [&start[..], &rest[..]].concat();
            decrypt_alone(&key[..bytes], &mut text);
            assert_eq!(text, plain, "{bytes}");
        }
        let mut same = *b"as it was, as it is";
        decrypt_chained(&key[..7], [0; 16], &mut same);
        assert_eq!(&same, b"as it was, as it is");
    }
}
