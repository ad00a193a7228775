//! The tokenizer against the reference implementation, on the same file.

use patou_provider::MiniLmTokenizer;
use proptest::prelude::*;
use tokenizers::Tokenizer;

use super::model;

/// Ours and the reference.
fn both() -> Option<(MiniLmTokenizer, Tokenizer)> {
    let paths = model()?;
    let mut reference = Tokenizer::from_file(paths.tokenizer()).unwrap();
    reference.with_truncation(None).unwrap();
    reference.with_padding(None);
    Some((MiniLmTokenizer::open(&paths.tokenizer()).unwrap(), reference))
}

#[test]
fn texts_of_many_scripts_are_cut_as_the_reference_does() {
    let Some((ours, reference)) = both() else { return };
    let long = "a".repeat(100) + " " + &"b".repeat(101) + " " + &"é".repeat(101);
    let texts = [
        "",
        " \t\r\n",
        "It's 3.14 (approx.), isn't it? naïve Ångström İstanbul ﬁne Straße ΟΔΥΣΣΕΥΣ",
        "漢字かな交じり文 한국어 ภาษาไทย हिन्दी العربية עִבְרִית Ελληνικά Кириллица",
        "a\u{0}b\u{7f}c\u{b}d\u{c}e\u{85}f\u{a0}g\u{2028}h\u{200b}i\u{fffd}j\u{ad}k\u{3000}l",
        "e\u{301}\u{327} q\u{307}\u{323} \u{301}x \u{e000} 🦀👩‍👩‍👧 ½ ² ① ﷽ \u{1d400}",
        "x [CLS] y[SEP][MASK]z [PAD]] [[UNK] [unk] ##ing # # [MAS",
        &long,
    ];
    for text in texts {
        let expected = reference.encode(text, true).unwrap();
        assert_eq!(ours.encode(text, usize::MAX), expected.get_ids(), "{text:?}");
        assert_eq!(ours.count(text), reference.encode(text, false).unwrap().len(), "{text:?}");
    }
}

#[test]
fn a_limit_keeps_both_ends() {
    let Some((ours, _)) = both() else { return };
    let all = ours.encode("one two three four", 512);
    assert_eq!(all.len(), 6);
    assert_eq!(ours.encode("one two three four", 6), all);
    assert_eq!(ours.encode("one two three four", 4), [all[0], all[1], all[2], all[5]]);
    assert_eq!(ours.encode("one two three four", 2), [all[0], all[5]]);
}

#[test]
fn any_text_is_cut_as_the_reference_does() {
    let Some((ours, reference)) = both() else { return };
    let texts = prop_oneof![
        any::<String>(),
        "[ -~\t\n]{0,200}",
        "([a-zA-Z]{1,14}[ ,.\\-]?){0,20}",
        "(\\[(CLS|SEP|PAD)\\]?|[\u{0}-\u{500}\u{2000}-\u{20ff}\u{3000}-\u{30ff}\u{4e00}-\u{4e20}]){0,40}",
        proptest::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter),
    ];
    let config = ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(text in texts)| {
        let expected = reference.encode(text.as_str(), true).unwrap();
        prop_assert_eq!(ours.encode(&text, usize::MAX), expected.get_ids());
        prop_assert_eq!(ours.count(&text) + 2, expected.len());
    });
}
