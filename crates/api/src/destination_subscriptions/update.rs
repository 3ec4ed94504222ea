use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::destination_subscriptions;
use utoipa::ToSchema;

use super::{
    get::find,
    view::{SubscriptionAnswer, SubscriptionNote, definition, faults, read, view, write},
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// Changes in their envelope.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionUpdate {
    /// The changes.
    input: SubscriptionChanges,
}

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubscriptionChanges {
    /// Its name for people.
    #[schema(example = "Orders", min_length = 1, max_length = 64)]
    name: Option<String>,
    /// The messages it is about, in FQL.
    #[schema(example = "event = 'Order Completed'")]
    trigger: Option<String>,
    /// Whether it does anything.
    enabled: Option<bool>,
    /// What the action gets, all of it.
    #[schema(value_type = Option<Object>, example = json!({ "data": { "@path": "$.properties" } }))]
    settings: Option<Map<String, Value>>,
}

/// Change a mapping of a destination
///
/// It holds as it is then for every message that was not sent yet. Its action never changes.
#[utoipa::path(
    patch,
    path = "/destinations/{destinationId}/subscriptions/{subscriptionId}",
    operation_id = "updateSubscriptionForDestination",
    tag = "Destination Mappings",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("subscriptionId" = String, Path, description = "Id of the mapping"),
        IfMatchHeader
    ),
    request_body = SubscriptionUpdate,
    responses((status = 200, description = "Changed", body = Data<SubscriptionAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "422": [
                "invalid", "invalid_fql", "invalid_mapping", "required", "unknown",
                "unknown_field"
            ]
        }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Path((_, id)): Path<(String, String)>,
    Body(SubscriptionUpdate { input }): Body<SubscriptionUpdate>,
) -> Result<Versioned<Data<SubscriptionAnswer>>, ApiError> {
    let mut write_db = api.db.write().await?;
    let before = find(&mut write_db, &caller, &id).await?;
    seen.check(before.version)?;
    let was = read(&before)?;
    let mut after = before.clone();
    let mut subscription = was.clone();
    let SubscriptionChanges { name, trigger, enabled, settings } = input;
    if let Some(name) = name {
        subscription.name = name.trim().to_owned();
    }
    subscription.trigger = trigger.unwrap_or(subscription.trigger);
    subscription.enabled = enabled.unwrap_or(subscription.enabled);
    subscription.fields = settings.unwrap_or(subscription.fields);
    let definition = definition(&api, &mut write_db, &caller).await?;
    let found = faults(definition, &subscription, "/input");
    if !found.is_empty() {
        return Err(ApiError::invalid(found));
    }
    after.subscription = write(&subscription)?;
    after.updated_at_ms = caller.now_ms;
    after.version += 1;
    destination_subscriptions::update(&mut write_db, &after).await?;
    let switched = subscription.enabled != was.enabled;
    let as_was = filters::Subscription { enabled: was.enabled, ..subscription.clone() };
    let switch = match subscription.enabled {
        true => "Destination Mapping Enabled",
        false => "Destination Mapping Disabled",
    };
    let modified = as_was != was;
    for (kind, happened) in [("Destination Mapping Modified", modified), (switch, switched)] {
        if happened {
            let change =
                Change::new(kind, "DESTINATION_SUBSCRIPTION", &after.id, &subscription.name)
                    .before(&SubscriptionNote::of(&before, &was))
                    .after(&SubscriptionNote::of(&after, &subscription));
            record(&api, &mut write_db, &caller, &caller.workspace()?.id, change).await?;
        }
    }
    write_db.commit().await?;
    api.nudge();
    Ok(Versioned(after.version, data(SubscriptionAnswer { subscription: view(&after)? })))
}
