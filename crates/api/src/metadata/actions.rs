//! What destinations can do with a message, in the shapes of Segment's Public API.

use destination_kit::{Action, Definition, Field, FieldKind};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One thing that a destination can do with a message.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationAction {
    /// Names it in mappings.
    #[schema(example = "send")]
    pub id: String,
    /// The same.
    #[schema(example = "send")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Send")]
    pub name: String,
    /// What it does.
    pub description: String,
    /// Where it runs: on our servers.
    #[schema(example = "CLOUD")]
    pub platform: &'static str,
    /// Whether forms leave it out.
    pub hidden: bool,
    /// The messages it is for unless a mapping says otherwise, in FQL.
    #[schema(example = "type = 'track'")]
    pub default_trigger: String,
    /// What it takes.
    pub fields: Vec<ActionField>,
}

/// One thing that an action takes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionField {
    /// Names it.
    #[schema(example = "data")]
    pub id: String,
    /// Its place in a form, from 0.
    pub sort_order: u32,
    /// Its key in the settings of a mapping.
    #[schema(example = "data")]
    pub field_key: String,
    /// Its name for people.
    #[schema(example = "Data")]
    pub label: String,
    /// `STRING`: text; `OBJECT`: any JSON.
    #[serde(rename = "type")]
    #[schema(example = "OBJECT")]
    pub kind: &'static str,
    /// What it means.
    pub description: String,
    /// What a new mapping begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>, example = json!({ "@path": "$." }))]
    pub default_value: Option<Value>,
    /// Whether there must be something for each message.
    pub required: bool,
    /// Whether it takes several.
    pub multiple: bool,
    /// Whether its choices are asked for elsewhere.
    pub dynamic: bool,
    /// Whether it may be `null`.
    pub allow_null: bool,
}

/// A mapping to begin with.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionPreset {
    /// The action.
    #[schema(example = "send")]
    pub action_id: String,
    /// Its name.
    #[schema(example = "Send")]
    pub name: String,
    /// What the action gets.
    #[schema(value_type = Object, example = json!({ "data": { "@path": "$." } }))]
    pub fields: Map<String, Value>,
    /// The messages it is about, in FQL.
    #[schema(example = "all")]
    pub trigger: String,
}

/// The actions in `definition`.
pub fn actions(definition: &Definition) -> Vec<DestinationAction> {
    definition.actions.iter().map(action).collect()
}

/// A mapping to begin with for each action in `definition`.
pub fn presets(definition: &Definition) -> Vec<SubscriptionPreset> {
    definition.actions.iter().map(preset).collect()
}

fn action(action: &Action) -> DestinationAction {
    let Action { slug, name, description, trigger, fields } = action;
    DestinationAction {
        id: slug.clone(),
        slug: slug.clone(),
        name: name.clone(),
        description: description.clone(),
        platform: "CLOUD",
        hidden: false,
        default_trigger: trigger.clone(),
        fields: (0..).zip(fields).map(field).collect(),
    }
}

fn field((sort_order, field): (u32, &Field)) -> ActionField {
    let Field { key, label, description, kind, required, default } = field;
    ActionField {
        id: key.clone(),
        sort_order,
        field_key: key.clone(),
        label: label.clone(),
        kind: match kind {
            FieldKind::Text => "STRING",
            FieldKind::Json => "OBJECT",
        },
        description: description.clone(),
        default_value: default.clone(),
        required: *required,
        multiple: false,
        dynamic: false,
        allow_null: false,
    }
}

fn preset(action: &Action) -> SubscriptionPreset {
    let fields = action.fields.iter();
    let fields = fields.filter_map(|field| Some((field.key.clone(), field.default.clone()?)));
    SubscriptionPreset {
        action_id: action.slug.clone(),
        name: action.name.clone(),
        fields: fields.collect(),
        trigger: action.trigger.clone(),
    }
}
