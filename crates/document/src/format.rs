//! The formats, one file each.

pub(crate) mod code;
pub(crate) mod csv;
mod front_matter;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod text;
