//! Labels of a workspace, such as `environment=prod`.

use clap::Subcommand;
use serde_json::json;

use crate::{
    EXIT_CODES, Failure,
    control::{console::Console, pairs, show::Field},
};

/// Labels of the workspace.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List them.
    #[command(after_help = format!("\
Examples:
  headwater workspace labels list

{EXIT_CODES}"))]
    List,
    /// Create one, for sources to carry.
    #[command(after_help = format!("\
Examples:
  headwater workspace labels create environment=prod --description Production

{EXIT_CODES}"))]
    Create {
        /// Key and value.
        #[arg(value_name = "KEY=VALUE")]
        label: String,
        /// For people.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Delete one that no source carries.
    #[command(after_help = format!("\
Examples:
  headwater workspace labels delete environment=prod --yes

{EXIT_CODES}"))]
    Delete {
        /// Key and value.
        #[arg(value_name = "KEY=VALUE")]
        label: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

const COLUMNS: [Field; 3] = [("KEY", "/key"), ("VALUE", "/value"), ("MEANS", "/description")];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List => {
            let labels = console.list(&["labels"], &[], "labels").await?;
            console.show_list(&labels, &COLUMNS, "no labels")
        }
        Command::Create { label, description } => {
            let (key, value) = pairs::text("label", label)?;
            let mut new = json!({ "key": key, "value": value });
            if let Some(description) = description {
                new["description"] = json!(description);
            }
            let reply = console.post(&["labels"], json!({ "label": new })).await?;
            console.show_done(&reply, &format!("sources can carry {label} now"))
        }
        Command::Delete { label, yes } => {
            let (key, value) = pairs::text("label", label)?;
            console.screen.confirm(&format!("Delete the label {label}"), *yes)?;
            let reply = console.delete(&["labels", key, value], &[]).await?;
            console.show_done(&reply, &format!("{label} is deleted"))
        }
    }
}
