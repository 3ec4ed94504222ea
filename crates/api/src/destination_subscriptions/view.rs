use destination_kit::{Action, Definition};
use filters::{Problem, Subscription};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Connection, destination_subscriptions::DestinationSubscription, integrations};
use utoipa::ToSchema;

use crate::{
    answer,
    caller::Caller,
    error::{ApiError, Fault},
    state::Api,
};

/// A mapping.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationSubscriptionView {
    /// Its id.
    #[schema(example = "sub_5GFhvtz8fha42Cm4B9E6L8")]
    pub id: String,
    /// Its name for people.
    #[schema(example = "Orders")]
    pub name: String,
    /// The action, one of the destination's catalog entry.
    #[schema(example = "send")]
    pub action_id: String,
    /// The same.
    #[schema(example = "send")]
    pub action_slug: String,
    /// The destination.
    #[schema(example = "dst_5GFhvtz8fha42Cm4B9E6L8")]
    pub destination_id: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// What the action gets: values and directives by the keys of its fields.
    #[schema(value_type = Object, example = json!({ "data": { "@path": "$.properties" } }))]
    pub settings: Map<String, Value>,
    /// The messages it is about, in FQL.
    #[schema(example = "event = 'Order Completed'")]
    pub trigger: String,
    /// When it was made. Of several whose triggers hold, the oldest gets the message.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub created_at: String,
    /// When it was changed last.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub updated_at: String,
}

/// A mapping in its envelope.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionAnswer {
    /// The mapping.
    pub subscription: DestinationSubscriptionView,
}

/// A mapping as audit entries keep it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionNote<'a> {
    destination_id: &'a str,
    #[serde(flatten)]
    subscription: &'a Subscription,
}

impl SubscriptionNote<'_> {
    /// Of `row`, which says this.
    pub fn of<'a>(
        row: &'a DestinationSubscription,
        subscription: &'a Subscription,
    ) -> SubscriptionNote<'a> {
        SubscriptionNote { destination_id: &row.destination_id, subscription }
    }
}

/// What a row says.
pub fn read(row: &DestinationSubscription) -> Result<Subscription, ApiError> {
    serde_json::from_str(&row.subscription).map_err(|error| ApiError::unavailable(&error))
}

/// What a row of this is to say.
pub fn write(subscription: &Subscription) -> Result<String, ApiError> {
    serde_json::to_string(subscription).map_err(|error| ApiError::unavailable(&error))
}

/// A mapping as it is shown.
pub fn view(row: &DestinationSubscription) -> Result<DestinationSubscriptionView, ApiError> {
    let Subscription { name, action, trigger, fields, enabled } = read(row)?;
    Ok(DestinationSubscriptionView {
        id: row.id.clone(),
        name,
        action_id: action.clone(),
        action_slug: action,
        destination_id: row.destination_id.clone(),
        enabled,
        settings: fields,
        trigger,
        created_at: answer::time(row.created_at_ms),
        updated_at: answer::time(row.updated_at_ms),
    })
}

/// What we know of the kind of the caller's destination.
pub async fn definition<'a>(
    api: &'a Api,
    db: &mut Connection,
    caller: &Caller,
) -> Result<Option<&'a Definition>, ApiError> {
    let entry = integrations::find(db, &caller.destination()?.integration_id).await?;
    let known = |entry: &integrations::Integration| {
        api.options.definitions.iter().find(|known| known.slug == entry.slug)
    };
    Ok(entry.as_ref().and_then(known))
}

/// Everything that is wrong with `subscription`, which stands at `pointer` in a body.
pub fn faults(
    definition: Option<&Definition>,
    subscription: &Subscription,
    pointer: &str,
) -> Vec<Fault> {
    let actions = definition.map_or(&[][..], |definition| &definition.actions);
    let action = actions.iter().find(|action| action.slug == subscription.action);
    let unknown = action.is_none().then(|| unknown_action(actions, subscription, pointer));
    let settings = action.into_iter().flat_map(|action| {
        action.problems(&subscription.fields).into_iter().map(|bad| {
            let code = match subscription.fields.contains_key(&bad.key) {
                true if action.fields.iter().all(|field| field.key != bad.key) => "unknown_field",
                _ => "required",
            };
            Fault::at(format!("{pointer}/settings/{}", bad.key), code, bad.to_string())
                .expected("a value or a directive for each field that the action needs")
                .fix("see the action's fields in the destination's catalog entry")
        })
    });
    let written = subscription.problems().into_iter().map(|problem| fault(problem, pointer));
    unknown.into_iter().chain(settings).chain(written).collect()
}

fn unknown_action(actions: &[Action], subscription: &Subscription, pointer: &str) -> Fault {
    let known: Vec<&str> = actions.iter().map(|action| action.slug.as_str()).collect();
    let message = format!("the destination has no action {:?}", subscription.action);
    Fault::at(format!("{pointer}/actionId"), "unknown", message)
        .expected(match known.as_slice() {
            [] => "no mapping: this kind of destination takes messages as they are".to_owned(),
            known => format!("one of {}", known.join(", ")),
        })
        .fix("see actions in the destination's catalog entry")
}

fn fault(problem: Problem, pointer: &str) -> Fault {
    let at = problem.pointer.replacen("/fields", "/settings", 1);
    let (code, expected) = match problem.pointer.as_str() {
        "/trigger" => ("invalid_fql", "a statement in FQL"),
        "/name" => ("invalid", "a name of 1 to 64 characters"),
        _ => ("invalid_mapping", "values and directives as docs/mappings.md has them"),
    };
    Fault::at(format!("{pointer}{at}"), code, problem.message).expected(expected).fix(problem.fix)
}
