//! The destinations we ship, one file each, and the list of them.

mod file;
mod webhook;

use destination_kit::DestinationKind;

/// Every kind of destination we ship.
pub fn all() -> Vec<Box<dyn DestinationKind>> {
    vec![Box::new(webhook::WebhookKind), Box::new(file::FileKind)]
}

#[cfg(test)]
mod tests;
