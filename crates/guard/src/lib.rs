//! What text carries that it should not: attacks on the model that reads it, secrets, personal data.
//!
//! Owns views of a text, detectors, findings with spans of the original, the policy that turns findings into a
//! decision, and redaction. Pure and synchronous: it refuses networks, storage and clocks.

mod detector;
mod finding;
mod guard;
pub mod model;
mod policy;
mod view;

pub use finding::{Category, Finding};
pub use guard::{FINDINGS_MAX, Guard, Verdict};
pub use policy::{ATTACK_SCORE_MIN, Decision, Kind, Policy, Rule};
pub use view::{View, ViewLimits, Views, expand};
