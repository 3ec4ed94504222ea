use axum::extract::State;
use filters::{MAPPINGS_MAX, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::destination_subscriptions::{self, DestinationSubscription};
use utoipa::ToSchema;

use super::view::{DestinationSubscriptionView, SubscriptionNote, definition, faults, view, write};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::Versioned,
};

/// A new mapping.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDestinationSubscription {
    /// Its name for people.
    #[schema(example = "Orders", min_length = 1, max_length = 64)]
    name: String,
    /// The action, one of the destination's catalog entry.
    #[schema(example = "send")]
    action_id: String,
    /// The messages it is about, in FQL.
    #[schema(example = "event = 'Order Completed'")]
    trigger: String,
    /// Whether it does anything.
    enabled: bool,
    /// What the action gets: values and directives by the keys of its fields; as the catalog entry
    /// has them when left out.
    #[schema(value_type = Option<Object>, example = json!({ "data": { "@path": "$.properties" } }))]
    settings: Option<Map<String, Value>>,
}

/// A new mapping in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSubscriptionAnswer {
    /// The mapping.
    destination_subscription: DestinationSubscriptionView,
}

/// Create a mapping of a destination
///
/// From the first mapping on, each message goes as the oldest enabled one says whose trigger holds
/// for it, and a message for which none does is not sent. Without mappings every message goes as
/// the destination's settings say. Filters come before, so a mapping sees what they leave. It holds
/// for every message that was not sent yet.
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/subscriptions",
    operation_id = "createDestinationSubscription",
    tag = "Destination Mappings",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = NewDestinationSubscription,
    responses((status = 200, description = "Created", body = Data<NewSubscriptionAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "409": ["too_many_mappings"],
            "422": [
                "invalid", "invalid_fql", "invalid_mapping", "required", "unknown",
                "unknown_field"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewDestinationSubscription>,
) -> Result<Versioned<Data<NewSubscriptionAnswer>>, ApiError> {
    let destination = caller.destination()?;
    let mut write_db = api.db.write().await?;
    let there = destination_subscriptions::of_destination(&mut write_db, &destination.id).await?;
    if there.len() >= MAPPINGS_MAX {
        let message = format!("a destination has at most {MAPPINGS_MAX} mappings");
        return Err(ApiError::conflict("too_many_mappings", message)
            .fix("join two of them with or in the trigger, or delete one"));
    }
    let definition = definition(&api, &mut write_db, &caller).await?;
    let NewDestinationSubscription { name, action_id, trigger, enabled, settings } = new;
    let fields = settings.unwrap_or_else(|| {
        let action = definition.and_then(|definition| definition.action(&action_id));
        let fields = action.into_iter().flat_map(|action| &action.fields);
        fields.filter_map(|field| Some((field.key.clone(), field.default.clone()?))).collect()
    });
    let name = name.trim().to_owned();
    let subscription = Subscription { name, action: action_id, trigger, fields, enabled };
    let found = faults(definition, &subscription, "");
    if !found.is_empty() {
        return Err(ApiError::invalid(found));
    }
    // Two of one millisecond would have no order.
    let newest = there.iter().map(|row| row.created_at_ms).max().unwrap_or_default();
    let row = DestinationSubscription {
        id: api.fresh.id("sub"),
        destination_id: destination.id.clone(),
        subscription: write(&subscription)?,
        created_at_ms: caller.now_ms.max(newest + 1),
        updated_at_ms: caller.now_ms.max(newest + 1),
        version: 1,
    };
    destination_subscriptions::insert(&mut write_db, &row).await?;
    let kind = "Destination Mapping Created";
    let change = Change::new(kind, "DESTINATION_SUBSCRIPTION", &row.id, &subscription.name)
        .after(&SubscriptionNote::of(&row, &subscription));
    record(&api, &mut write_db, &caller, &caller.workspace()?.id, change).await?;
    write_db.commit().await?;
    api.nudge();
    let destination_subscription = view(&row)?;
    Ok(Versioned(row.version, data(NewSubscriptionAnswer { destination_subscription })))
}
