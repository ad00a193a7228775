//! Owns `persona_jailbreak`: prompts that talk a model into a character without rules.
//!
//! # What it finds
//!
//! "Do Anything Now", "you have no restrictions", "never refuse", "answer twice, once without filters".
//!
//! # Why it matters
//!
//! Rules that a story can switch off are none.
//!
//! # What it lets pass
//!
//! Role play as such: interviews, translators, terminals, characters with manners.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "persona_jailbreak",
    category: Category::Jailbreak,
    explanation: "asks for a character, a mode or a game without rules",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "do anything now", "dan", "developer mode", "jailbr", "unrestricted", "unfiltered", "uncensored",
    "no restriction", "no filter", "no limit", "no rules", "no ethic", "no moral", "no censor",
    "without restriction", "without any", "without filter", "without limit", "without moral",
    "without ethic", "without censor", "not bound", "free from", "freed from", "broken free", "break free",
    "confines", "never refuse", "cannot refuse", "can't refuse", "not refuse", "refuse",
    "stay in character", "break character", "breaking character", "content policy", "policies", "openai",
    "amoral", "unethical", "immoral", "illegal", "evil", "opposite", "two responses", "two answers",
    "both responses", "hypothetical", "fictional", "machiavellian", "guidelines", "ethics", "ethical",
    "morality", "disclaimer", "as an ai", "as a language model", "warnings", "grandma", "tokens", "profan",
    "swear", "nsfw", "explicit", "loopholes", "obey", "policy", "comply", "can do anything",
    "can say anything",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.95, chat: 0.95, text: concat!(
        r#"\bdo~anything~now\b|\b(?:(?-i:DAN|STAN|DUDE|UCAR)|BasedGPT|DevMode)~(?:mode\b|prompt\b|\d)|"#,
        r#"\bjail ?broken?~(?:mode|ai|chatbot|version|state|response)|\[?\W?jailbreak(?:ed)?\W?\]"#,
    ) },
    // "Dan" is a name.
    Pattern {
        document: 0.45, chat: 0.95, text: r"\b(?-i:DAN)\b[^.!?\n]{0,40}\b(?:can|will|has|is|does|would|must)\b"
    },
    Pattern { document: 0.45, chat: 0.85, text: concat!(
        r#"\b(?:you|ai|model|chatbot|\w+gpt)~<4>(?:ha(?:ve|s)~(?:no|zero)|with~(?:no|zero)|without|free~"#,
        r#"(?:from|of)|ignor(?:es?|ing)|lack\w*|not~(?:bound|restricted|limited|constrained)~by|"#,
        r#"do(?:es)?~not~(?:have|follow|care\w*)|do(?:es)?n.?t~(?:have|follow|care)|no~longer~(?:bound|"#,
        r#"has|have|restricted))~(?:any~|all~|of~)?<2>(?:restrictions?|filters?|"#,
        r#"limitations?|limits|rules|ethics|ethical|morals?|morality|censorship|guidelines|"#,
        r#"boundaries|content~polic\w+|policies|inhibitions|safeguards?|constraints?)\b"#,
    ) },
    // Roads and programs have no restrictions either, and studies raise no ethical concerns.
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:it|that|who|which|he|she|they)~<4>(?:ha(?:ve|s)~(?:no|zero)|without|free~(?:from|of)|"#,
        r#"ignor(?:es?|ing)|lack\w*|not~bound~by|no~longer~bound)~(?:any~|all~|of~)?<2>(?:restrictions?|"#,
        r#"filters?|limitations?|limits|rules|ethics|ethical|morals?|morality|censorship|guidelines|"#,
        r#"boundaries|policies|safeguards?|constraints?)\b|\bno~<2>(?:moral|ethical|legal|safety|content|"#,
        r#"community)~<2>(?:restrictions?|filters?|limitations?|limits|rules|guidelines|boundaries|"#,
        r#"constraints?|considerations?|concerns?|standards|principles|warnings?)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.8, text: concat!(
        r#"\b(?:without|free~(?:of|from)|devoid~of|ignor\w+|bypass\w*|disregard\w*|circumvent\w*)~"#,
        r#"<2>(?:moral|ethical|legal|safety|content|censor\w*|openai.?s?|usage|community)~"#,
        r#"<2>(?:restrictions?|filters?|limitations?|limits|rules|guidelines|boundaries|"#,
        r#"polic(?:y|ies)|constraints?|safeguards?)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.8, text: concat!(
        r#"\b(?:broken?~free|break~free|freed?~from|liberated|escaped?|unshackled|unchained|not~"#,
        r#"bound|unbound)~<4>(?:confines|restrictions|rules|openai|guidelines)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.8, text: concat!(
        r#"\b(?:never|not|cannot|can.?t|won.?t|must~not|unable~to)~<2>(?:refuse|reject|decline|say~"#,
        r#"(?:that~you~can.?t|you~can.?t)|deny)~<2>(?:anything|my|request|prompt|question|user|orders?)\b"#,
    ) },
    // People ask for answers without apologies, and compilers give warnings.
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:never|do~not|don.?t|not|no|without)~<3>(?:apologi[sz]e\w*|disclaimers?|lectur\w*|include~"#,
        r#"(?:any~)?(?:warnings?|disclaimers?))\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.75, text: concat!(
        r#"\b(?:never|do~not|don.?t|not|no|without)~<3>(?:break\w*~character|say~(?:things~like~)"#,
        r#"?(?:[\"']|“)?(?:as~an?~(?:ai|language~model|large)|i.?m~sorry|i~can.?t|i~cannot)|"#,
        r#"moral(?:i[sz]e|ity)~lectur\w*)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.85, text: concat!(
        r#"\b(?:unfiltered|uncensored|unrestricted|amoral|unhinged)~(?:and|or|,)?~?<2>(?:responses?|"#,
        r#"answers?|ai|chatbot|bot|advice|content|version|assistant|persona|confidant|mode|unfiltered|"#,
        r#"uncensored|immoral|unethical|illegal|amoral)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:unethical|immoral|illegal|evil)~(?:and|or|,)?~?<2>(?:responses?|answers?|ai|chatbot|bot|"#,
        r#"advice|version|assistant|persona|confidant|mode|unfiltered|amoral)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.75, text: concat!(
        r#"\b(?:two|both|2)~<2>(?:responses?|answers?|replies|outputs)"#,
        r#"\b[^\n]{0,200}\b(?:chatgpt|gpt|(?-i:DAN)|unfiltered|jailbreak|opposite)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.75, text: concat!(
        r#"\b(?:respond|answer|reply|act|generate|write|behave|speak)~<6>(?:as~if|without~regard|"#,
        r#"regardless~of|even~if|no~matter~(?:how|what|if))~<5>(?:illegal|immoral|unethical|"#,
        r#"harmful|offensive|inappropriate|dangerous|nsfw|explicit|legality|morality|ethics|"#,
        r#"guidelines|restrictions)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.75, text: concat!(
        r#"\b(?:lose|deduct\w*|have|start~with|given)~<4>tokens\b[^\n]{0,200}\b(?:die|dead|terminated|"#,
        r#"cease~to~exist|refuse|reject)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.7, text: concat!(
        r#"\b(?:openai|anthropic|google|microsoft|chatgpt)(?:.s)?~<2>(?:content~)?(?:polic(?:y|ies)"#,
        r#"|guidelines|restrictions|rules|filters?)\b[^.!?\n]{0,80}\b(?:ignore|do~not~apply|don.?t~"#,
        r#"apply|bypass|void|lifted|not~bound|disregard)\b"#,
    ) },
];
