//! Sizes and counts of the tracking API. Where the documentation and the SDKs differ we take the
//! generous reading, so that no SDK loses data.
//!
//! Source: Segment HTTP API, "Rate limits" and "Batch"; sizes seen in the SDKs' own sources.

/// One message in a single request or a batch, in bytes of JSON as sent.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// One batch as it is documented, in inflated bytes: what SDKs fill with messages.
pub const BATCH_BYTES: usize = 512 * 1024;
/// Room beside the messages for a batch's own keys (`context`, `sentAt`, commas …): some SDKs
/// count the messages alone.
pub const BATCH_ENVELOPE_BYTES: usize = 32 * 1024;
/// The largest inflated body we take.
pub const BODY_BYTES_MAX: usize = BATCH_BYTES + BATCH_ENVELOPE_BYTES;
/// Messages in one batch; the surplus is discarded.
pub const BATCH_MESSAGES_MAX: usize = 2500;
/// Properties of one message; documented, the surplus is not kept by warehouses.
pub const PROPERTIES_MAX: usize = 10_000;
/// Nesting of one JSON body. Deeper is refused (a single request) or discarded (one of a batch).
pub const DEPTH_MAX: usize = 64;
/// A write key that is shorter cannot be one: such requests are refused.
pub const WRITE_KEY_BYTES_MIN: usize = 8;
/// A write key that is longer cannot be one: such requests are refused.
pub const WRITE_KEY_BYTES_MAX: usize = 128;
