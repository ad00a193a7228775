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

/// Work that goes on by itself. Dropping this leaves it alone.
#[derive(Debug)]
pub struct Task<T>(tokio::task::JoinHandle<T>);

impl<T> Task<T> {
    /// Waits for the work.
    ///
    /// # Errors
    ///
    /// [`TaskError`] when it panicked or was cancelled.
    pub async fn join(self) -> Result<T, TaskError> {
        self.0.await.map_err(TaskError)
    }

    /// Drops the work where it stands.
    pub fn cancel(&self) {
        self.0.abort();
    }
}

/// Starts work that goes on whether somebody waits for it or not.
pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Task<T> {
    Task(tokio::task::spawn(work))
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
