//! What text carries that it should not: attacks on the model that reads it, secrets, personal data.
//!
//! Owns views of a text, detectors, findings with spans of the original, the policy that turns findings into a
//! decision, and redaction. Pure and synchronous: it refuses networks, storage and clocks.

mod answer;
mod canary;
mod corroboration;
mod detector;
mod egress;
mod finding;
mod guard;
mod judges;
pub mod model;
mod poisoning;
mod policy;
mod redact;
mod spotlight;
mod view;

pub use answer::AnswerStream;
pub use canary::{Canary, overlap};
pub use corroboration::Corroboration;
pub use egress::{Egress, EgressStream};
pub use finding::{Category, Finding};
pub use guard::{Doubt, FINDINGS_MAX, Guard, Tier, Verdict};
pub use judges::{Judges, MEANING_MODEL};
pub use poisoning::opening_question;
pub use policy::{ATTACK_SCORE_MIN, Decision, Kind, Mode, Policy, Rule};
pub use redact::{HELD_BYTES_MAX, Redactor, StreamRedactor, Style, TokenStream, Tokens, restore, tokens_in};
pub use spotlight::{Marking, Spotlight};
pub use view::{View, ViewLimits, Views, expand};
