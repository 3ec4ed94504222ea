//! A test message, sent now through a destination's real code.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{integrations, snapshot::destination_owner};
use utoipa::ToSchema;

use super::{
    forward::{Target, ask},
    shapes::Trial,
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    settings::{self, Asked, Kept, Settings},
    state::Api,
};

/// What to send, and with which settings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TestDestination {
    /// The message; a track call when left out. What every message has is added.
    #[schema(value_type = Option<Object>, example = json!({ "type": "track", "event": "Order Completed", "userId": "ada" }))]
    message: Option<Map<String, Value>>,
    /// Settings that are not saved yet, over those that are; `null` takes one out, and a secret
    /// may be sent as it was shown.
    #[schema(value_type = Option<Object>, example = json!({ "url": "https://example.com/hook" }))]
    settings: Option<Settings>,
    /// Only try the connection, and send no message. Kinds that can only be tried with a message
    /// say so.
    #[serde(default)]
    connection_only: bool,
}

/// Test a destination
///
/// Sends one message now, as deliveries are sent and under the same rules, and answers with what
/// was said. It is tried once; neither the log nor the books hear of it. Secrets are taken out of
/// what is shown.
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/test",
    operation_id = "testDestination",
    tag = "Data",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = TestDestination,
    responses((status = 200, description = "What came of it", body = Data<Trial>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["invalid_body", "masked", "message_needed", "required", "unknown_field"],
            "503": ["no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn test(
    State(api): State<Api>,
    caller: Caller,
    Body(asked): Body<TestDestination>,
) -> Result<Data<Trial>, ApiError> {
    let row = caller.destination()?;
    let missing = || ApiError::not_found("catalog entry");
    let entry = {
        let mut db = api.db.read().await?;
        integrations::find(&mut db, &row.integration_id).await?.ok_or_else(missing)?
    };
    let definition = api.options.definitions.iter().find(|known| known.slug == entry.slug);
    let definition = definition.ok_or_else(missing)?;
    let kept = Kept { shown: row.settings.clone(), sealed: row.secrets_sealed.clone() };
    let (needed, owner) = (Asked::Definition(definition), destination_owner(&row.id));
    let changed = asked.settings.is_some();
    // What is saved, and not what the data plane knows of it by now.
    let settings =
        settings::whole(&api, needed, &owner, &kept, asked.settings.unwrap_or_default())?;
    let mut body = json!({ "settings": settings, "connectionOnly": asked.connection_only });
    if let Some(message) = asked.message {
        body["message"] = Value::Object(message);
    }
    let target = Target::new(&["destinations", &row.id, "test"], None);
    let trial: Trial = ask(&api, Method::POST, target, Some(body)).await?;
    let mut write = api.db.write().await?;
    let change = Change::new("Destination Tested", "DESTINATION", &row.id, &row.name)
        .after(&json!({ "outcome": trial.outcome, "withOtherSettings": changed }));
    record(&api, &mut write, &caller, &caller.workspace()?.id, change).await?;
    write.commit().await?;
    Ok(data(trial))
}
