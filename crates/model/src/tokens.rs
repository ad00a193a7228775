//! How many tokens a text is, where the model's tokenizer is not here.

/// Letters and digits that one token holds on average, by the estimate.
const LETTERS_PER_TOKEN: usize = 3;

/// An estimate of how many tokens a byte-pair tokenizer makes of a text: one for every three ASCII letters or
/// digits of a word, begun ones counted whole, one for each other ASCII character that is no single space,
/// and one for every two bytes of anything else. English comes out at about 1.5 times the true number; it
/// stays below the true number only where a tokenizer knows less than one word in three.
pub fn estimate_tokens(text: &str) -> usize {
    let (mut tokens, mut letters, mut others, mut blank) = (0, 0usize, 0usize, false);
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            letters += 1;
        } else {
            tokens += letters.div_ceil(LETTERS_PER_TOKEN);
            letters = 0;
            if !character.is_ascii() {
                others += character.len_utf8();
            } else if character != ' ' || blank {
                tokens += 1;
            }
        }
        blank = character == ' ';
    }
    tokens + letters.div_ceil(LETTERS_PER_TOKEN) + others.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_words_marks_and_other_scripts() {
        assert_eq!(estimate_tokens(""), 0);
        assert_eq!(estimate_tokens("a bc def"), 3);
        assert_eq!(estimate_tokens("tokenizer"), 3);
        assert_eq!(estimate_tokens("x = [1, 2]"), 7);
        assert_eq!(estimate_tokens("日本"), 3);
    }
}
