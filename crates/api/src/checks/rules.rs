use serde::Serialize;
use serde_json::Value;
use spec::rules::{self, Rule, events, events::Event};
use utoipa::ToSchema;

use crate::answer::{Data, data};

/// The rules that messages are held against.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rules {
    /// Their version.
    #[schema(example = "2026.11.1")]
    version: &'static str,
    /// The rules.
    rules: Vec<RuleView>,
}

/// One rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleView {
    /// Its stable code.
    #[schema(example = "user_id_missing")]
    code: &'static str,
    /// `error`, `warning` or `hint`.
    #[schema(example = "error")]
    severity: String,
    /// Who asks for it: `wire`, `spec`, `partner` or `declared`.
    #[schema(example = "partner")]
    set: String,
    /// What is wrong where it is broken.
    title: &'static str,
    /// Why that matters.
    why: &'static str,
    /// What to do.
    fix: &'static str,
    /// The public page that asks for it.
    source: &'static str,
    /// A message that keeps it, JSON.
    passing: &'static str,
    /// The same, before it was mended.
    failing: &'static str,
}

/// The semantic events of the Spec.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpecEvents {
    /// The version of the facts.
    #[schema(example = "2026.11.1")]
    version: &'static str,
    /// By category.
    categories: Vec<CategoryView>,
}

/// Events of one page of the Spec.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpecCategory)]
pub struct CategoryView {
    /// What it is called.
    name: &'static str,
    /// The public page.
    source: &'static str,
    /// Its events.
    events: Vec<EventView>,
}

/// One semantic event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpecEvent)]
pub struct EventView {
    /// Its name, exactly.
    #[schema(example = "Order Completed")]
    name: &'static str,
    /// What happened.
    description: &'static str,
    /// What `properties` may carry.
    properties: Vec<PropertyView>,
    /// What the Spec asks for in `context`, in dots.
    context: Vec<&'static str>,
    /// Other names that mean it.
    aliases: Vec<&'static str>,
}

/// A property of a semantic event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpecProperty)]
pub struct PropertyView {
    /// Its name.
    #[schema(example = "order_id")]
    name: &'static str,
    /// What it may hold, one of these; empty for anything.
    #[serde(rename = "type")]
    types: Vec<String>,
    /// What it means.
    description: &'static str,
}

/// List the rules of the Spec
///
/// What messages are held against, in words and by example, with a stable code each.
#[utoipa::path(
    get,
    path = "/spec/rules",
    operation_id = "listSpecRules",
    tag = "Spec",
    responses((status = 200, description = "The rules", body = Data<Rules>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn rules() -> Data<Rules> {
    let own = proof::declared::RULES.into_iter();
    let all = own.chain(rules::all().iter().copied());
    data(Rules { version: rules::VERSION, rules: all.map(RuleView::of).collect() })
}

/// List the events of the Spec
///
/// Every semantic event with its properties and types.
#[utoipa::path(
    get,
    path = "/spec/events",
    operation_id = "listSpecEvents",
    tag = "Spec",
    responses((status = 200, description = "The events", body = Data<SpecEvents>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn spec_events() -> Data<SpecEvents> {
    let categories = events::categories().iter().map(|category| CategoryView {
        name: category.name,
        source: category.source,
        events: category.events.iter().map(EventView::of).collect(),
    });
    data(SpecEvents { version: rules::VERSION, categories: categories.collect() })
}

impl RuleView {
    fn of(rule: &'static Rule) -> RuleView {
        RuleView {
            code: rule.code,
            severity: word(&rule.severity),
            set: word(&rule.set),
            title: rule.title,
            why: rule.why,
            fix: rule.fix,
            source: rule.source,
            passing: rule.passing,
            failing: rule.failing,
        }
    }
}

impl EventView {
    fn of(event: &'static Event) -> EventView {
        let properties = event.properties.iter().map(|property| PropertyView {
            name: property.name,
            types: property.types.iter().map(word).collect(),
            description: property.description,
        });
        EventView {
            name: event.name,
            description: event.description,
            properties: properties.collect(),
            context: event.asks.clone(),
            aliases: event.aliases.iter().chain(&event.synonyms).copied().collect(),
        }
    }
}

/// How a word of the vocabulary is written.
pub(super) fn word(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
