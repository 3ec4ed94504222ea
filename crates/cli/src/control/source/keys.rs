//! Write keys of a source. Several at a time, so that one can be replaced without losing data.

use clap::Subcommand;
use serde_json::Value;

use super::Which;
use crate::{
    EXIT_CODES, Failure,
    control::{console::Console, show::Field},
};

/// Write keys: what senders show.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List them, with when each was last used.
    #[command(after_help = format!("\
Examples:
  headwater source keys list website

{EXIT_CODES}"))]
    List(Which),
    /// Create one; the others stay valid.
    #[command(after_help = format!("\
Examples:
  headwater source keys create website

{EXIT_CODES}"))]
    Create(Which),
    /// Revoke one; the last key stays.
    #[command(after_help = format!("\
Examples:
  headwater source keys revoke website YYPKnzZV2dTRg3dH3sDrLmTsJqHQOreo --yes

{EXIT_CODES}"))]
    Revoke {
        /// Whose.
        #[command(flatten)]
        which: Which,
        /// The key.
        #[arg(value_name = "WRITE_KEY")]
        key: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

const COLUMNS: [Field; 3] =
    [("WRITE KEY", "/writeKey"), ("CREATED", "/createdAt"), ("LAST USED", "/lastUsedAt")];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List(which) => {
            let path = ["sources", &which.source, "writekey"];
            let keys = console.list(&path, &[], "writeKeys").await?;
            console.show_list(&keys, &COLUMNS, "no write keys")
        }
        Command::Create(which) => {
            let reply = console.post(&["sources", &which.source, "writekey"], Value::Null).await?;
            let keys = reply.data["source"]["writeKeys"].as_array();
            let newest = keys.and_then(|keys| keys.last()).and_then(Value::as_str);
            let line = newest.unwrap_or_default().to_owned();
            console.show_done(&reply, &line)
        }
        Command::Revoke { which, key, yes } => {
            let what = format!("Revoke {key}; what is sent with it from now on comes from nowhere");
            console.screen.confirm(&what, *yes)?;
            let reply = console.delete(&["sources", &which.source, "writekey", key], &[]).await?;
            console.show_done(&reply, &format!("{key} is worth nothing now"))
        }
    }
}
