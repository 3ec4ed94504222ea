//! The destinations we ship, one file each, and the list of them.

mod file;
mod kafka;
pub mod object_storage;
mod postgres;
mod segment;
mod slack;
mod target;
mod template;
mod webhook;

use destination_kit::DestinationKind;

/// Every kind of destination we ship.
pub fn all() -> Vec<Box<dyn DestinationKind>> {
    vec![
        Box::new(webhook::WebhookKind),
        Box::new(file::FileKind),
        Box::new(object_storage::ObjectStorageKind),
        Box::new(object_storage::FolderKind),
        Box::new(postgres::PostgresKind),
        Box::new(kafka::KafkaKind),
        Box::new(segment::SegmentKind),
        Box::new(slack::SlackKind),
    ]
}

#[cfg(test)]
mod tests;
