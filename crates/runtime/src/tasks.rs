//! Handing work to other threads.

#![expect(clippy::disallowed_methods, reason = "this module is where tasks are spawned")]

/// Why a task gave no result.
#[derive(Debug, thiserror::Error)]
#[error("a background task ended without a result")]
pub struct TaskError(#[source] tokio::task::JoinError);

/// Runs synchronous work (an index call, a file read, a forward pass) on the blocking pool.
///
/// # Errors
///
/// [`TaskError`] when the work panicked or the runtime is going down.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, TaskError> {
    tokio::task::spawn_blocking(work).await.map_err(TaskError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert!(blocking(|| panic!("on purpose")).await.is_err());
        assert_eq!(blocking(|| 2 + 2).await.unwrap(), 4);
    }
}
