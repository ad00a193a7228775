//! The encoder's threads, each with its own room to compute in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use model::ModelError;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::failed;
use super::forward::Scratch;

/// Threads that share jobs. Each is a pool of one: the matrix kernel asks the pool it runs in how far to
/// spread, and spreading one small product over threads costs more than it gains.
#[derive(Debug)]
pub(super) struct Workers {
    workers: Vec<Worker>,
    /// Where a single job goes next, so that concurrent callers do not queue behind one worker.
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Worker {
    pool: ThreadPool,
    scratch: Mutex<Scratch>,
}

impl Worker {
    fn install<T: Send>(&self, work: impl FnOnce(&mut Scratch) -> T + Send) -> T {
        self.pool.install(|| work(&mut self.scratch.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Workers {
    pub(super) fn new(threads: usize) -> Result<Self, ModelError> {
        let worker = |number: usize| {
            let pool =
                ThreadPoolBuilder::new().num_threads(1).thread_name(move |_| format!("encoder-{number}"));
            let pool = pool.build().map_err(|error| failed(format!("cannot start a thread: {error}")))?;
            Ok(Worker { pool, scratch: Mutex::default() })
        };
        let workers = (0..threads.max(1)).map(worker).collect::<Result<_, ModelError>>()?;
        Ok(Self { workers, turn: AtomicUsize::new(0) })
    }

    /// Does jobs `0..count`; returns what each gave, in the order they ended.
    pub(super) fn run<T: Send>(
        &self,
        count: usize,
        job: &(dyn Fn(usize, &mut Scratch) -> T + Sync),
    ) -> Vec<(usize, T)> {
        let next = AtomicUsize::new(0);
        let take_jobs = |scratch: &mut Scratch| {
            let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
            numbers
                .take_while(|&number| number < count)
                .map(|number| (number, job(number, scratch)))
                .collect()
        };
        let (first, threads) = (self.turn.fetch_add(1, Ordering::Relaxed), self.workers.len());
        let worker = |place: usize| &self.workers[(first + place) % threads];
        let done: Mutex<Vec<(usize, T)>> = Mutex::default();
        let keep =
            |results: Vec<(usize, T)>| done.lock().unwrap_or_else(PoisonError::into_inner).extend(results);
        std::thread::scope(|scope| {
            for place in 1..threads.min(count) {
                scope.spawn(move || keep(worker(place).install(take_jobs)));
            }
            keep(worker(0).install(take_jobs));
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once() {
        let workers = Workers::new(3).unwrap();
        for count in [0, 1, 2, 50] {
            let mut done = workers.run(count, &|number, _| number * 2);
            done.sort_unstable();
            assert_eq!(done, (0..count).map(|number| (number, number * 2)).collect::<Vec<_>>());
        }
    }
}
