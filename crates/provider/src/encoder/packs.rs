//! Which texts go through the layers together.

/// A pack ends where another text would take it over this many tokens. Enough rows to keep the matrix kernel
/// busy, few enough that activations stay in a core's second-level cache.
const PACK_TOKENS: usize = 256;

/// Texts of up to so many tokens, which questions are, do not share a pack with longer ones: in few tokens rounding
/// errors do not average out, so they are computed with finer activations.
pub(super) const SHORT_TOKENS: usize = 32;

/// Groups texts (as tokens) into packs of their numbers, the longest first, so that the last packs, which may
/// leave a worker idle, are the cheapest.
pub(super) fn packs(texts: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&text| std::cmp::Reverse(texts[text].len()));
    let mut packs: Vec<Vec<usize>> = Vec::new();
    let mut tokens = PACK_TOKENS;
    for text in order {
        tokens += texts[text].len();
        let short = texts[text].len() <= SHORT_TOKENS;
        match packs.last_mut() {
            Some(pack) if tokens <= PACK_TOKENS && short == (texts[pack[0]].len() <= SHORT_TOKENS) => {
                pack.push(text)
            }
            _ => {
                tokens = texts[text].len();
                packs.push(vec![text]);
            }
        }
    }
    packs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_share_packs_with_their_like_and_none_is_left_out() {
        let texts = [3, 500, 200, 40, 2, 300].map(|length| vec![0; length]);
        assert_eq!(packs(&texts), [vec![1], vec![5], vec![2, 3], vec![0, 4]]);
        assert!(packs(&[]).is_empty());
    }
}
