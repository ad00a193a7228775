//! Work that must come to a clean end: it goes on by itself, and is asked to stop when its caller leaves or
//! the server is to stop.

use platform::Shutdown;
use runtime::Task;

/// Work that was begun. Dropping this asks it to stop.
pub struct Work<T> {
    task: Option<Task<T>>,
    stop: Shutdown,
}

/// Begins work, which looks at the request it is given. `server` is requested when the server is to stop.
pub fn begin<T, W>(server: &Shutdown, work: impl FnOnce(Shutdown) -> W) -> Work<T>
where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let stop = Shutdown::new();
    let task = runtime::spawn(until_stopped(work(stop.clone()), server.clone(), stop.clone()));
    Work { task: Some(task), stop }
}

impl<T: Send + 'static> Work<T> {
    /// Waits for the end; `None` where the work broke down.
    pub async fn end(mut self) -> Option<T> {
        match self.task.take() {
            Some(task) => task.join().await.ok(),
            None => None,
        }
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.stop.request();
    }
}

async fn until_stopped<T>(work: impl Future<Output = T>, server: Shutdown, stop: Shutdown) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        () = server.requested() => {
            stop.request();
            work.await
        }
    }
}
