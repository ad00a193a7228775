//! Owns the lists of detectors. A detector is one file and one line here.
//!
//! Detectors of attacks are acts, with anchors and patterns; detectors of values (identifiers, secrets, names) read a
//! text and give what they found in it.

pub mod act;
mod addressed_to_model;
mod delimiter_forgery;
mod exfiltration;
pub mod hidden_text;
pub mod mention;
mod new_task;
mod override_instructions;
mod persona_jailbreak;
mod prompt_extraction;
mod role_claim;
mod secrecy_demand;
mod tool_abuse;

use act::Act;

/// The acts.
pub const ACTS: &[Act] = &[
    override_instructions::ACT,
    new_task::ACT,
    role_claim::ACT,
    addressed_to_model::ACT,
    delimiter_forgery::ACT,
    exfiltration::ACT,
    prompt_extraction::ACT,
    secrecy_demand::ACT,
    tool_abuse::ACT,
    persona_jailbreak::ACT,
];
