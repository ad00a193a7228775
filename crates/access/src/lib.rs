//! Who may read a document and who is asking.
//!
//! Owns [`Principal`], [`AccessList`], [`Reader`] and [`PrivateText`]. It decides nothing about keys,
//! tokens or storage: it is the vocabulary in which every floor above says "may this reader see that".

mod list;
mod principal;
mod private;
mod reader;

pub use list::AccessList;
pub use principal::{Principal, PrincipalError, PrincipalKind};
pub use private::PrivateText;
pub use reader::Reader;
