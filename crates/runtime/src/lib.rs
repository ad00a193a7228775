//! Clock, ids, task spawning and shutdown, as seams.
//!
//! The one place that reads the system clock, draws a random id or hands work to another thread, so that
//! every floor above can be driven by a test. It knows nothing of what runs on it.

mod clock;
mod ids;
mod shutdown;
mod tasks;

pub use clock::{Clock, ManualClock, Stopwatch, SystemClock, now_seconds};
pub use ids::{RandomError, new_id, new_nonce, new_secret, random_bytes};
pub use shutdown::{Hangups, Shutdown};
pub use tasks::{Driver, Task, TaskError, blocking, driving, spawn};
