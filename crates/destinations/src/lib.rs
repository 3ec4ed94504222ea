//! The destinations we ship, one file each, and the list of them.

use destination_kit::DestinationKind;

/// Every kind of destination we ship.
pub fn all() -> Vec<Box<dyn DestinationKind>> {
    vec![]
}
