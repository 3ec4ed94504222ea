//! Whole-product tests: what goes in by real SDKs comes out at real receivers, whatever happens
//! to the process, the disk and the neighbours in between.

#![expect(clippy::unwrap_used, reason = "a test binary")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests are senders and receivers, and take their rounds from variables"
)]

mod chaos;
mod disk_full;
mod hostile;
mod loads;
mod mail;
mod neighbours;
mod power_loss;
mod public_api;
mod sdks;
mod walk;
