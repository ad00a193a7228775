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

/// As [`blocking`], for work that has to wait for asynchronous work in between.
///
/// # Errors
///
/// As [`blocking`].
pub async fn driving<T: Send + 'static>(
    work: impl FnOnce(&Driver) -> T + Send + 'static,
) -> Result<T, TaskError> {
    let driver = Driver(tokio::runtime::Handle::current());
    blocking(move || work(&driver)).await
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

    /// Waits for the work, which is dropped where it stands when the wait is.
    ///
    /// # Errors
    ///
    /// As [`Task::join`].
    pub async fn join_or_cancel(self) -> Result<T, TaskError> {
        struct Cancel<T>(tokio::task::JoinHandle<T>);
        impl<T> Drop for Cancel<T> {
            fn drop(&mut self) {
                self.0.abort();
            }
        }
        let mut work = Cancel(self.0);
        (&mut work.0).await.map_err(TaskError)
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

/// Drives asynchronous work from synchronous code on the blocking pool or a thread of its own.
#[derive(Clone, Debug)]
pub struct Driver(tokio::runtime::Handle);

impl Driver {
    /// One that drives on the runtime that this is called on; `None` where there is none.
    pub fn current() -> Option<Self> {
        tokio::runtime::Handle::try_current().ok().map(Self)
    }

    /// Waits for the work. Never to be called from a task itself, which would stand in its own way.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.block_on(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert!(blocking(|| panic!("on purpose")).await.is_err());
        assert_eq!(blocking(|| 2 + 2).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn work_ends_with_the_wait_for_it() {
        let (held, dropped) = tokio::sync::oneshot::channel::<()>();
        let work = spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tokio::select! {
            _ = work.join_or_cancel() => panic!("it never ends"),
            () = tokio::task::yield_now() => {}
        }
        assert!(dropped.await.is_err());
        assert_eq!(spawn(async { 4 }).join_or_cancel().await.unwrap(), 4);
    }

    #[tokio::test]
    async fn synchronous_code_waits_for_a_task() {
        let driver = Driver::current().unwrap();
        let waited = blocking(move || driver.wait(async { spawn(async { 2 + 2 }).join().await.unwrap() }));
        assert_eq!(waited.await.unwrap(), 4);
    }
}
