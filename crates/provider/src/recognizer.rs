//! Who reads pictures: Tesseract on this machine, Azure Document Intelligence, or any HTTP service. One file each.
//!
//! Owns what is handed to each of them, what their answers mean, and how many pictures are read at once.

mod azure;
mod http;
mod tesseract;

pub use azure::AzureRecognizer;
pub use http::HttpRecognizer;
pub use tesseract::{Tesseract, TesseractError, TesseractOptions};

use model::PicturePlace;

/// The longest answer that is taken.
const ANSWER_BYTES_MAX: u64 = 32 << 20;
/// How many pictures a service is asked to read at once.
const REQUESTS_AT_ONCE: usize = 4;

/// A place in pixels or inches as shares of the picture; `None` where the numbers make no place.
fn place(corners: [f32; 4], size: [f32; 2]) -> Option<PicturePlace> {
    let [left, top, right, bottom] = corners;
    let [width, height] = size;
    let share = |part: f32, whole: f32| (part / whole).clamp(0.0, 1.0);
    let place = PicturePlace {
        left: share(left, width),
        top: share(top, height),
        right: share(right, width),
        bottom: share(bottom, height),
    };
    let fits = width > 0.0 && height > 0.0 && place.left < place.right && place.top < place.bottom;
    fits.then_some(place)
}
