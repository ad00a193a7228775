//! What operators refer to by name, read under the page's limit.

use super::super::object::{Dictionary, Object};
use super::{Run, Scope};

/// What reading an object counts as, in bytes of operators.
const OBJECT_COST: usize = 8;

impl Run<'_, '_> {
    /// Resources whose kinds are read once, not for each operator that uses them.
    pub(super) fn at_hand(&mut self, resources: &Dictionary) -> Dictionary {
        let kinds = [&b"Font"[..], b"XObject", b"ExtGState", b"Properties", b"ColorSpace"];
        let read = kinds.map(|kind| (kind.into(), self.shared.file.get(resources, kind)));
        let weight = read.iter().map(|(_, object)| object.weight()).sum();
        if self.pays(weight) { Dictionary::new(read.to_vec()) } else { Dictionary::default() }
    }

    /// One of the resources, as it is; null when the page has read more than it may.
    pub(super) fn resource(&mut self, scope: &Scope, kind: &[u8], name: &[u8]) -> Object {
        let own = scope.resources.get(kind).dictionary().map(|own| own.get(name));
        let object = own.map(|own| self.shared.file.resolve(own)).unwrap_or(Object::Null);
        if self.pays(object.weight()) { object } else { Object::Null }
    }

    /// Counts objects that were read; whether the page may go on.
    fn pays(&mut self, weight: usize) -> bool {
        match self.bytes_left.checked_sub(weight.saturating_mul(OBJECT_COST)) {
            Some(left) => self.bytes_left = left,
            None => {
                self.bytes_left = 0;
                self.leave_out("the page refers to more objects than are read");
                return false;
            }
        }
        true
    }
}
