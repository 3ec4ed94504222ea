//! Our own letters and how they leave.
//!
//! ```text
//! Letter ──► render ──► Rendered ──► eml ──► the stored message ──► Sender ──► SMTP server, or nowhere
//! ```
//!
//! A letter says what happened as data; its words stand in one place, its look in another. The stored message is
//! what is sent, byte for byte. Nothing here loads, tracks or runs: no pictures, no scripts, one link.

mod layout;
mod letter;
mod message;
mod sender;
mod words;

pub use layout::Rendered;
pub use letter::{Comment, Letter};
pub use message::{BadAddress, Mailbox, eml, is_address};
pub use sender::{BadSmtpOptions, Secret, SendError, Sender, Sent, SmtpOptions, Tls};
