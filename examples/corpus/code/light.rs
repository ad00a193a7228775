//! How long light is on its way.

/// Kilometres that light travels in a second, in vacuum.
pub const LIGHT_KM_PER_SECOND: f64 = 299_792.458;

/// Seconds that light needs for a distance in kilometres.
pub fn travel_seconds(kilometres: f64) -> f64 {
    kilometres / LIGHT_KM_PER_SECOND
}

/// A question to a spacecraft and its answer: twice the way.
pub fn round_trip_seconds(kilometres: f64) -> f64 {
    2.0 * travel_seconds(kilometres)
}
