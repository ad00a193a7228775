//! Sketches of texts, by which texts that are nearly the same find each other among many.
//!
//! A sketch estimates the Jaccard similarity of two texts' sets of three-word shingles: MinHash by one permutation
//! (Li, Owen, Zhang 2012) with empty bins filled from their neighbours (Shrivastava, Li 2014), 64 bins of 16 bits.
//! Texts are found through bands (Leskovec, Rajaraman, Ullman, *Mining of Massive Datasets*, 3.4): six of six bins
//! each, so that two texts of similarity `s` share a band with probability `1 − (1 − s⁶)⁶`: .99 at .9, .94 at .85,
//! .09 at .5.

/// How many words a shingle has.
const SHINGLE_WORDS: usize = 3;
/// A text of fewer words has no sketch: a few words in common say nothing.
const WORDS_MIN: usize = 32;
const BINS: usize = 64;
pub(crate) const BANDS: usize = 6;
const BAND_BINS: usize = 6;
/// Two texts whose sketches agree in this share of their bins are nearly the same.
const NEAR_SHARE: f64 = 0.85;

/// A text's sketch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch([u16; BINS]);

impl Sketch {
    /// The sketch of a text; `None` when it has too few words. Letter case, white space and punctuation do not
    /// count.
    pub fn of(text: &str) -> Option<Self> {
        let mut mins = [u64::MAX; BINS];
        let mut shingle = [0u64; SHINGLE_WORDS];
        let mut words = 0;
        let mut word = 0u64;
        let mut end = |word: u64| {
            shingle.rotate_left(1);
            shingle[SHINGLE_WORDS - 1] = word;
            words += 1;
            if words >= SHINGLE_WORDS {
                let hash = shingle.iter().fold(0, |hash, word| mixed(hash ^ word));
                let bin = &mut mins[(hash >> 58) as usize];
                *bin = (*bin).min(hash << 6);
            }
        };
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                word = hashed(word, u64::from(c.to_ascii_lowercase() as u32));
            } else if !c.is_ascii() && c.is_alphanumeric() {
                word = c.to_lowercase().fold(word, |word, c| hashed(word, u64::from(c as u32)));
            } else if word != 0 {
                end(std::mem::take(&mut word));
            }
        }
        if word != 0 {
            end(word);
        }
        (words >= WORDS_MIN).then(|| Self(filled(&mins)))
    }

    /// The sketch in bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|bin| bin.to_le_bytes()).collect()
    }

    /// The sketch in these bytes; `None` when they are not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bins, rest) = bytes.as_chunks::<2>();
        let bins: [[u8; 2]; BINS] = bins.try_into().ok()?;
        rest.is_empty().then(|| Self(bins.map(u16::from_le_bytes)))
    }

    /// The keys of its bands: sketches that share one may be near.
    pub fn bands(&self) -> [i64; BANDS] {
        std::array::from_fn(|band| {
            let bins = &self.0[band * BAND_BINS..(band + 1) * BAND_BINS];
            let key = bins.iter().fold(mixed(band as u64 + 1), |key, bin| mixed(key ^ u64::from(*bin)));
            i64::from_le_bytes(key.to_le_bytes())
        })
    }

    /// The share of bins that agree: an estimate of the Jaccard similarity, with a standard error of .045 at .85.
    pub fn similarity(&self, other: &Self) -> f64 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        #[expect(clippy::cast_precision_loss, reason = "at most 64")]
        let share = equal as f64 / BINS as f64;
        share
    }

    /// Whether the texts are nearly the same.
    pub fn is_near(&self, other: &Self) -> bool {
        self.similarity(other) >= NEAR_SHARE
    }
}

/// Sixteen bits of each bin's least hash. A bin without one takes that of the next bin that has one, changed by
/// how far that is.
fn filled(mins: &[u64; BINS]) -> [u16; BINS] {
    std::array::from_fn(|bin| {
        let found = (0..BINS).find(|far| mins[(bin + far) % BINS] != u64::MAX).unwrap_or(0);
        let hash = mixed(mins[(bin + found) % BINS] ^ (found as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        u16::from_le_bytes([hash.to_le_bytes()[6], hash.to_le_bytes()[7]])
    })
}

/// A word's hash with one more letter; never zero.
fn hashed(word: u64, letter: u64) -> u64 {
    (word ^ letter ^ 0x51_7c_c1_b7).wrapping_mul(0x2545_f491_4f6c_dd1d) | 1
}

fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn text(words: impl Iterator<Item = u64>) -> String {
        words.map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ")
    }

    /// Two texts of so many words, one in `every` of them changed, and the Jaccard similarity of their shingles.
    fn changed(seed: u64, words: u64, every: u64) -> (String, String, f64) {
        let at = |place: u64| mixed(seed * 1_000_003 + place) % 5000;
        let one = text((0..words).map(at));
        let other = text((0..words).map(|place| if place % every == 7 { 9999 + place } else { at(place) }));
        let shingles = |text: &str| -> BTreeSet<String> {
            let words: Vec<&str> = text.split(' ').collect();
            words.windows(SHINGLE_WORDS).map(|shingle| shingle.join(" ")).collect()
        };
        let (a, b) = (shingles(&one), shingles(&other));
        let jaccard = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
        (one, other, jaccard)
    }

    fn shares_a_band(a: &Sketch, b: &Sketch) -> bool {
        a.bands().iter().zip(b.bands()).any(|(a, b)| *a == b)
    }

    #[test]
    fn the_estimate_is_close_to_the_similarity() {
        let mut sum = 0.0;
        for seed in 0..200 {
            let (one, other, jaccard) = changed(seed, 600, 20 + seed);
            let estimate = Sketch::of(&one).unwrap().similarity(&Sketch::of(&other).unwrap());
            assert!((estimate - jaccard).abs() < 0.25, "{estimate} for {jaccard}");
            sum += estimate - jaccard;
        }
        assert!((sum / 200.0).abs() < 0.02, "biased by {}", sum / 200.0);
    }

    #[test]
    fn near_texts_are_found_and_others_are_not() {
        let (mut near, mut near_found, mut far_found) = (0, 0, 0);
        for seed in 0..300 {
            let (one, other, jaccard) = changed(seed, 800, 200);
            assert!(jaccard > 0.95);
            let (a, b) = (Sketch::of(&one).unwrap(), Sketch::of(&other).unwrap());
            near += 1;
            near_found += usize::from(shares_a_band(&a, &b) && a.is_near(&b));
            let (_, other, jaccard) = changed(seed, 800, 8);
            assert!(jaccard < 0.6);
            let b = Sketch::of(&other).unwrap();
            far_found += usize::from(shares_a_band(&a, &b) && a.is_near(&b));
        }
        assert!(near_found * 100 >= near * 98, "{near_found} of {near}");
        assert_eq!(far_found, 0);
    }

    #[test]
    fn case_punctuation_and_white_space_do_not_count_and_short_texts_have_none() {
        let words = text(0..100);
        let other = words.to_uppercase().replace(' ', ",\n  ");
        assert_eq!(Sketch::of(&words), Sketch::of(&other));
        assert_eq!(Sketch::of(&text(0..31)), None);
        let sketch = Sketch::of(&words).unwrap();
        assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), Some(sketch));
        assert_eq!(Sketch::from_bytes(&[0; 127]), None);
        assert_eq!(Sketch::from_bytes(&[0; 129]), None);
        assert!(Sketch::of(&"ÄÖÜ straße ".repeat(40)).is_some());
    }
}
