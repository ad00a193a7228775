//! Owns `override_instructions`: text that tells a model to drop the instructions it has.
//!
//! # What it finds
//!
//! "Ignore all previous instructions", "disregard everything above", "the earlier prompt is void", in nine languages.
//!
//! # Why it matters
//!
//! Whoever reads a document on a user's behalf has one set of instructions: the user's. A document that speaks of
//! them at all, and tells its reader to drop them, is written for a model and not for a person.
//!
//! # What it lets pass
//!
//! Manuals that tell a person to skip a step, ignore a warning or override a setting; text that quotes an attack.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "override_instructions",
    category: Category::Injection,
    explanation: "tells its reader to drop the instructions it was given",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "ignor", "disregard", "forget", "overrul", "overrid", "bypass", "neglect", "pay no", "do not follow",
    "don't follow", "not obey", "not comply", "stop following", "stop obeying", "cease following",
    "set aside", "put aside", "abandon", "discard", "dismiss", "scrap", "erase", "nullif", "void",
    "obsolete", "supersede", "cancel", "no longer apply", "no longer valid", "revoked", "rescinded", "skip",
    "delete", "drop", "throw", "clear", "wipe", "reset", "replace", "suspend", "unfollow", "never mind",
    "leave behind", "instead of", "rather than", "vergiss", "vergessen", "ignorier", "missachte", "oublie",
    "ignore", "olvida", "omite", "ignora", "dimentica", "negeer", "vergeet", "esque", "игнорируй", "забудь",
    "проигнорируй", "忽略", "忘记", "无视", "無視", "忘れ", "무시",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.97, chat: 0.9, text: concat!(
        r#"\b(?:ignor\w*|disregard\w*|forget\w*|overrul\w*|neglect\w*|abandon\w*|dismiss\w*|scrap|"#,
        r#"erase|nullify|void|unfollow|suspend|set~aside|put~aside|throw~(?:out|away)|pay~no~"#,
        r#"(?:attention|heed|mind)~to|(?:do~not|don.?t|never|no~longer|stop|cease|quit)~(?:follow|"#,
        r#"obey|heed|comply~with|listen~to|adhere~to|use|execute|consider|apply)(?:ing)?|leave~"#,
        r#"behind|never~mind)~<5>(?:previous|prior|above|preceding|earlier|foregoing|former|past|"#,
        r#"before|existing|initial|original|current|system|developer|hidden|old)~<3>(?:instruct\w*|"#,
        r#"direct(?:ion|ive)s?|prompts?|commands?|rules?|guidelines?|orders?|guidance|programming|"#,
        r#"training|constraints?|objectives?)\b"#,
    ) },
    // People ask people to ignore their own earlier message.
    Pattern { document: 0.97, chat: 0.9, text: concat!(
        r#"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrule|neglect|abandon|dismiss|scrap|erase|"#,
        r#"set~aside|put~aside|pay~no~(?:attention|heed|mind)~to|(?:do~not|don.?t|no~longer|stop|cease|"#,
        r#"quit)~(?:follow|obey|heed|listen~to|execute)(?:ing)?)~<2>(?:all|any|every|everything~in|your|"#,
        r#"these|those|whatever)~<3>(?:previous|prior|above|preceding|earlier|foregoing|former|past|"#,
        r#"before|existing|initial|original|current|system|developer|hidden|old)~<3>(?:requests?|tasks?|"#,
        r#"polic(?:y|ies)|assignments?|goals?|messages|conversations?|context)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:ignore|disregard|forget|never~mind|pay~no~attention~to)~<3>(?:previous|prior|above|"#,
        r#"preceding|earlier|original|last)~<1>(?:requests?|tasks?|messages?|e-?mails?|conversations?|"#,
        r#"context)\b"#,
    ) },
    Pattern { document: 0.95, chat: 0.85, text: concat!(
        r#"\b(?:ignor\w*|disregard\w*|forget\w*|overrul\w*|neglect\w*|abandon\w*|dismiss\w*|scrap|"#,
        r#"erase|nullify|set~aside|put~aside|throw~(?:out|away)|pay~no~(?:attention|heed|mind)~to|"#,
        r#"(?:do~not|don.?t|no~longer|stop|cease)~(?:follow|obey|heed|comply~with|listen~to|adhere~"#,
        r#"to)(?:ing)?)~<2>(?:all|any|every|your|these|those|the|my|whatever)~<3>(?:instructions?|"#,
        r#"directives?|prompts?|guidelines?|programming|safety~\w+|orders|commands)~(?:above|"#,
        r#"before|earlier|previously|so~far|up~to~(?:now|this~point)|until~now|prior|given|"#,
        r#"provided|you|that~(?:you|were|came|preceded)|which|and)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:ignore|disregard|forget|overrule|override|bypass|abandon)~<2>your~"#,
        r#"<3>(?:instructions?|directives?|prompts?|guidelines?|programming|training|safety|"#,
        r#"restrictions?|filters?|rules|orders|objectives?|mission|context|memory|polic(?:y|ies)|"#,
        r#"constraints?)\b|\b(?:discard|erase|delete|drop|cancel|wipe|suspend|replace)~<2>your~"#,
        r#"<2>(?:instructions|directives|prompt|guidelines|programming|safety~\w+|mission)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:ignore|ignoring|disregard|forget|dismiss|erase|discard)~(?:about~)"#,
        r#"?(?:everything|anything|all|whatever|what)~<3>(?:above|before|prior|previous\w*|earlier|"#,
        r#"preceding|you~(?:were|was|have|ve|had|are)~<2>(?:told|said|given|taught|asked|instructed|"#,
        r#"read|learn\w*|doing)|was~said|were~told|been~told|has~been~\w+|have~been~\w+|came~before)\b"#,
    ) },
    // "Forget everything you know about pancakes."
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:ignore|disregard|forget|dismiss)~(?:about~)?(?:everything|anything|all|whatever|what)~"#,
        r#"<3>(?:you|i|we|told|said|else)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:previous|prior|above|preceding|earlier|foregoing|former|existing|original|initial|"#,
        r#"system)~<2>(?:instructions?|directives?|prompts?)~<3>(?:(?:is|are|was|were|be|been|"#,
        r#"become|becomes|now|hereby)~){0,2}(?:void|"#,
        r#"obsolete|null|superseded|cancel+ed|invalid|outdated|replaced|overridden|revoked|"#,
        r#"rescinded|withdrawn|no~longer|lifted|suspended|expired|irrelevant|ignored|disregarded|"#,
        r#"discarded|forgotten|a~(?:test|mistake|decoy))\b"#,
    ) },
    // Rules among people change.
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:previous|prior|above|preceding|earlier|existing|original|initial|system)~"#,
        r#"<2>(?:commands?|guidelines?|orders|rules|tasks?)~<3>(?:(?:is|are|was|were|be|been|become|"#,
        r#"becomes|now|hereby)~){0,2}(?:void|obsolete|null|superseded|cancel+ed|invalid|outdated|"#,
        r#"replaced|overridden|revoked|rescinded|withdrawn|no~longer|lifted|suspended|expired)\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.7, text: concat!(
        r#"\b(?:instead~of|rather~than)~(?:doing~(?:that|this|what)|following~<3>instructions?|"#,
        r#"completing~<3>task|answering~<4>(?:question|user|request)|summari[sz]ing|translating~"#,
        r#"(?:the|this)|performing~<3>task)\b[^.!?\n]{0,60}\b(?:output|say|print|reply|respond|"#,
        r#"write|tell|send|return|answer|do|execute|generate|include)\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.7, text: concat!(
        r#"\b(?:stop|halt|pause|abort|cease|quit|suspend|drop|leave)~(?:what|whatever|everything|"#,
        r#"anything|all~(?:that~)?)~?(?:it~is~)?(?:that~)?you(?:~are|.re)~(?:currently~)?(?:doing|"#,
        r#"working~on)\b"#,
    ) },
    Pattern { document: 0.75, chat: 0.6, text: concat!(
        r#"\b(?:regardless~of|no~matter|contrary~to|in~spite~of|despite)~(?:what|any|your|all|the)~"#,
        r#"<4>(?:instruct\w*|told|prompts?|guidelines|asked~to|system~(?:prompt|message))\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:vergiss|vergessen~sie|ignoriere?n?|missachte?n?)~(?:sie~)?(?:bitte~)"#,
        r#"?<3>(?:anweisung\w*|instruktion\w*|vorgaben|regeln|befehle|aufforderung\w*)"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:oublie[zr]?|ignore[zr]?|ne~(?:suis|suivez)~pas)~<3>(?:instructions?|consignes|"#,
        r#"directives|r..?gles|ordres)~?(?:pr..?c..?dentes?|ci~dessus|ant..?rieures|pr..?alables)?\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:olvida|olvide|ignora|ignore|omite|omita|descarta|haz~caso~omiso~de)~"#,
        r#"<3>(?:instrucciones|..?rdenes|indicaciones|directrices|reglas)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:dimentica|dimenticate|ignora|ignorate|trascura)~<3>(?:istruzioni|indicazioni|"#,
        r#"direttive|regole|comandi)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\b(?:esque..?a|esquece|ignore|ignora|desconsidere)~<3>(?:instru..?..?es|ordens|orienta..?..?es|"#,
        r#"regras|comandos)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: r#"\b(?:negeer|vergeet)~<3>(?:instructies|opdrachten|aanwijzingen|regels)\b"# },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"(?:проигнорируй|игнорируй|забудь)(?:те)?[^.!?\n]{0,80}(?:инструкци|указани|правил|"#,
        r#"команд)"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: r#"(?:忽略|忘记|无视|無視|忽视|不要理会)[^\n]{0,48}(?:指令|指示|说明|規則|规则|提示|命令|内容)"# },
    Pattern { document: 0.9, chat: 0.8, text: r#"(?:指示|命令|プロンプト|ルール|指令)[^\n]{0,24}(?:無視|忘れ)"# },
    Pattern { document: 0.9, chat: 0.8, text: r#"(?:지시|명령|지침|프롬프트)[^.!?\n]{0,30}무시"# },
];
