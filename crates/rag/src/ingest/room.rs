//! Back-pressure: how many bytes are on their way from source to registry at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much is on its way at most, in KiB. What is made of a document takes some times its bytes.
const ROOM_KIB: u32 = 64 << 10;
/// The most that one job is charged, in KiB: while documents wait for others to be delivered with them, half
/// of the room is always free, so that the largest file comes in sooner or later.
const JOB_KIB_MAX: u32 = ROOM_KIB / 2;

/// How much is free for documents that wait while the largest job has its room, in bytes.
pub(super) const FREE_BYTES: usize = ((ROOM_KIB - JOB_KIB_MAX) as usize) << 10;

/// The room of one ingest.
pub(super) struct Rooms(Arc<Semaphore>);

/// A part of it. Dropping it makes room.
pub(super) struct Room(Option<OwnedSemaphorePermit>);

impl Rooms {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM_KIB as usize)))
    }

    /// Waits until there is room for so many bytes.
    pub async fn take(&self, bytes: u64) -> Room {
        Room(Arc::clone(&self.0).acquire_many_owned(kib(bytes)).await.ok())
    }
}

impl Room {
    /// No room, for what takes none.
    pub fn none() -> Self {
        Self(None)
    }

    /// Takes a part for one document of so many bytes; less where there is no more.
    pub fn part(&mut self, bytes: usize) -> Self {
        let Some(whole) = &mut self.0 else { return Self(None) };
        let part = whole.num_permits().min(kib(bytes as u64) as usize);
        Self(whole.split(part))
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX).clamp(1, JOB_KIB_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn parts_go_back_and_the_largest_file_fits_beside_half_of_the_room() {
        let rooms = Rooms::new();
        let largest = rooms.take(u64::MAX).await;
        let mut job = rooms.take(10 << 10).await;
        let part = job.part(3 << 10);
        drop(job);
        assert_eq!(rooms.0.available_permits(), (ROOM_KIB - JOB_KIB_MAX - 3) as usize);
        drop((part, largest));
        assert_eq!(rooms.0.available_permits(), ROOM_KIB as usize);
        assert!(Room::none().part(5).0.is_none());
    }
}
