//! The audit entry of a change, written in the transaction that makes it.

use serde::Serialize;
use store::{Write, audit};

use crate::{caller::Caller, error::ApiError, state::Api};

/// The chain of what concerns the installation as a whole.
pub const PLATFORM: &str = "platform";

/// What changed.
pub struct Change {
    kind: &'static str,
    resource_type: &'static str,
    resource_id: String,
    resource_name: String,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// `kind` in the field's words: `Source Created`.
    pub fn new(kind: &'static str, resource_type: &'static str, id: &str, name: &str) -> Change {
        Change {
            kind,
            resource_type,
            resource_id: id.to_owned(),
            resource_name: name.to_owned(),
            before: None,
            after: None,
        }
    }

    /// As it was. Only views that are fit to be shown: no secrets.
    pub fn before(mut self, view: &impl Serialize) -> Change {
        self.before = serde_json::to_string(view).ok();
        self
    }

    /// As it is. Only views that are fit to be shown: no secrets.
    pub fn after(mut self, view: &impl Serialize) -> Change {
        self.after = serde_json::to_string(view).ok();
        self
    }
}

/// Notes `change` down in the chain of `scope`: a workspace's or partner's id, or [`PLATFORM`].
pub async fn record(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    scope: &str,
    change: Change,
) -> Result<(), ApiError> {
    let entry = audit::Change {
        scope,
        kind: change.kind,
        actor: caller.id(),
        actor_email: caller.email(),
        resource_type: change.resource_type,
        resource_id: &change.resource_id,
        resource_name: &change.resource_name,
        before: change.before,
        after: change.after,
    };
    Ok(audit::record(write, &api.fresh, caller.now_ms, entry).await?)
}
