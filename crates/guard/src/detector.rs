//! Owns the lists of detectors. A detector is one file and one line here.
//!
//! Detectors of attacks are acts, with anchors and patterns; detectors of values (identifiers, secrets, names) read a
//! text and give what they found in it.

pub mod act;
mod addressed_to_model;
mod credit_card;
mod delimiter_forgery;
mod email_address;
mod exfiltration;
mod health_id;
pub mod hidden_text;
mod iban_code;
mod ip_address;
pub mod mention;
mod national_id;
mod new_task;
mod numbers;
mod organization;
mod override_instructions;
pub mod person;
mod persona_jailbreak;
mod phone_number;
mod postal_address;
mod prompt_extraction;
mod role_claim;
mod secrecy_demand;
mod secret;
mod tool_abuse;
pub mod value;

use act::Act;
use value::Value;

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

/// Whether a name is that of a detector of attacks of this crate: an act's, or the models'.
pub fn is_attack_detector(name: &str) -> bool {
    name == crate::guard::LINEAR_MODEL || ACTS.iter().any(|act| act.name == name)
}

/// The values.
pub const VALUES: &[Value] = &[
    secret::VALUE,
    credit_card::VALUE,
    iban_code::VALUE,
    national_id::SSN,
    national_id::OTHERS,
    email_address::VALUE,
    ip_address::IP,
    ip_address::MAC,
    phone_number::VALUE,
    health_id::VALUE,
    postal_address::VALUE,
    person::VALUE,
    organization::VALUE,
];
