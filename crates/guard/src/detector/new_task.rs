//! Owns `new_task`: text that hands its reader a task of its own.
//!
//! # What it finds
//!
//! "Your new instructions are", "from now on you must", "before you continue, output", announcements of urgent
//! instructions that follow.
//!
//! # Why it matters
//!
//! A document informs; a task in it that is addressed to whoever processes it comes from nobody who may give one.
//!
//! # What it lets pass
//!
//! Steps of a manual, which tell a person what to do on a machine.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "new_task",
    category: Category::Injection,
    explanation: "hands its reader a task of its own",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "new instruction", "new task", "new objective", "new goal", "new directive", "new mission", "new role",
    "new order", "real task", "real instruction", "true task", "actual task", "updated instruction",
    "revised instruction", "only task", "from now on", "from this point", "from here on",
    "instructions follow", "following instructions", "upcoming instructions", "next instructions",
    "additional task", "additional instruction", "urgent task", "begin your", "start your", "end your",
    "finish your", "append", "instead", "your response", "your answer", "your reply", "your output",
    "your summary", "your task", "respond only", "reply only", "only respond", "answer only",
    "respond with", "reply with", "output only", "simply say", "just say", "execute the following",
    "perform the following",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.9, chat: 0.7, text: concat!(
        r#"\b(?:your|the|here~(?:is|are)~(?:your|the|some)|these~are~(?:your|the)|i~have|there~"#,
        r#"(?:is|are))~(?:new|real|actual|true|updated|revised|only|sole|latest|final|correct)~"#,
        r#"<2>(?:instructions?|tasks?|objectives?|directives?|orders?|prompt|assignment)~(?:is|are|"#,
        r#"will~be|follows?|below|now)\b"#,
    ) },
    Pattern { document: 0.75, chat: 0.5, text: concat!(
        r#"(?m)(?:^|[.!?:*#>\]\-\n]\s{0,4})(?:new|updated|revised|override|secret|hidden)~(?:system~"#,
        r#"(?:instructions?|directives?|task|prompt|objective)|instructions?|directives?|prompt)\s{0,2}:"#,
    ) },
    // Forms and manuals have these headings, and letters say what will be from now on.
    Pattern { document: 0.45, chat: 0.35, text: concat!(
        r#"(?m)(?:^|[.!?:*#>\]\-\n]\s{0,4})(?:new|updated|revised|urgent|important|additional|"#,
        r#"special)~(?:instructions?|directives?|task|objective)\s{0,2}:|\bfrom~(?:now|this~(?:point|"#,
        r#"moment)|here)~(?:on|onwards?|forward)s?\b[^.!?\n]{0,12}\byou~(?:must|will|are|shall|should|"#,
        r#"have)\b"#,
    ) },
    Pattern { document: 0.75, chat: 0.4, text: concat!(
        r#"\bfrom~(?:now|this~(?:point|moment)|here)~(?:on|onwards?|forward)"#,
        r#"s?\b[^.!?\n]{0,12}\b(?:you~(?:(?:must|will|are~to|shall|should)~)?<1>(?:only|respond|act|"#,
        r#"answer|reply|speak|obey)|(?:always|only|respond|reply|answer|act|every|all~(?:of~)?your)~"#,
        r#"(?:respond|act|answer|reply|responses?|answers?|end|begin|speak|in|as|with))\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:begin|start|end|finish|prefix|append|preface|conclude|close)~<3>(?:your|every|each|"#,
        r#"all|the)~<2>(?:response|answer|reply|output|summary|message|translation)s?\b~<3>(?:with|"#,
        r#"by|to)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.35, text: concat!(
        r#"\b(?:in|to|into|include~in|add~to|mention~in)~your~(?:final~)?(?:response|answer|reply|"#,
        r#"output|summary|translation)\b[^.!?\n]{0,60}\b(?:include|add|mention|insert|say|state|"#,
        r#"recommend|link|append)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:include|insert|append|add|mention|embed|place)~<8>(?:in|to|into|at~the~(?:end|"#,
        r#"start|beginning|top)~of)~your~<2>(?:response|answer|reply|output|summary|translation|"#,
        r#"message)\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.4, text: concat!(
        r#"\b(?:respond|reply|answer|say)~<1>(?:only|just|simply|exactly|nothing~but|(?:with~)?the~(?:word|"#,
        r#"phrase|sentence))\b[^.!?\n]{0,20}(?:[\"'`]|“|‘)"#,
    ) },
    // So do servers and functions.
    Pattern { document: 0.45, chat: 0.35, text: concat!(
        r#"\b(?:(?:respond|reply|answer)~<2>with|(?:output|print|write|return)~<1>(?:only|just|simply|"#,
        r#"exactly|the~(?:word|phrase|sentence|string|text)))\b[^.!?\n]{0,20}(?:[\"'`]|“|‘)"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:instead|rather)\b[^.!?\n]{0,12}\b(?:please~|you~(?:must|should|will|are~to)~|just~|"#,
        r#"simply~|only~)?(?:output|say|print|reply|respond|repeat|tell~(?:the~user|them|me)|"#,
        r#"answer|reveal|send)~"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:execute|perform|carry~out|complete|follow|obey|do)~(?:the~following|these|this)~"#,
        r#"<3>(?:instructions?|tasks?|commands?|directives?|orders)~<2>(?:instead|immediately|now|"#,
        r#"first|without|before|exactly|at~once)\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.4, text: concat!(
        r#"\b(?:your~(?:only|sole|real|true|actual)~(?:task|job|goal|"#,
        r#"purpose|objective|mission|duty)~(?:now~)?(?:is|will~be)~(?:now~)?to)\b"#,
    ) },
];
