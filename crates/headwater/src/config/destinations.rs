//! `[[destinations]]`, whose settings are checked against the definition of their type.

use std::{collections::HashMap, time::Duration};

use destination_kit::{BadSetting, Definition, DestinationKind, SettingKind, Settings, World};
use filters::{Compiled, FILTERS_MAX, Filter, MAPPINGS_MAX, Mappings, Salt, Subscription};
use serde_json::Value as Json;
use spec::DestinationId;

use super::{
    problem::{Problem, suggestion},
    section::{Declared, Key, Parsed, Presence, Section},
    sources::Source,
    tree::{Node, Table, Value, parse_value},
    values::{self, Located, Secret, list, located},
};

pub(super) const DOC: &str = "Where messages go. Repeat the table for each destination.";

/// One destination.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name in paths and on the command line.
    pub slug: Located<String>,
    /// What its deliveries are filed under; the slug unless given.
    pub id: Located<DestinationId>,
    /// Its name in a message's `integrations` object; the type's name unless given.
    pub name: String,
    /// Slug of its definition.
    pub kind: String,
    /// Slugs of the sources that feed it.
    pub sources: Vec<Located<String>>,
    /// Whether it is given anything.
    pub enabled: bool,
    /// Messages, or batches of them, on their way to it at one time.
    pub concurrency: usize,
    /// Requests to it that begin in a second at most.
    pub rate_per_second: Option<u32>,
    /// How long a message that it did not take is tried again; as `[delivery]` says unless given.
    pub retry_for: Option<Duration>,
    /// Events that do not go to it unless a message names it.
    pub events_off: Vec<String>,
    /// What of its messages it gets.
    pub filters: Compiled,
    /// What of that it is handed.
    pub mappings: Mappings,
    /// As its definition asks for them, defaults filled in.
    pub settings: Settings,
}

impl Destination {
    pub(super) fn read(
        s: &mut Section<'_>,
        kinds: &[Box<dyn DestinationKind>],
        world: &World,
    ) -> Option<Destination> {
        let definitions: Vec<Definition> = kinds.iter().map(|kind| kind.definition()).collect();
        let slug = s.required(
            "slug",
            r#""crm""#,
            "Its name in paths and on the command line.",
            located(values::slug),
        );
        let kind = s.required(
            "type",
            r#""webhook""#,
            "What it is; the settings below depend on it.",
            |node| {
                let given = values::text(node)?;
                let definition = definitions.iter().find(|definition| definition.slug == given);
                definition.cloned().map_or_else(
                    || {
                        let known: Vec<&str> =
                            definitions.iter().map(|d| d.slug.as_str()).collect();
                        node.problem(format!(
                            "{given:?} is unknown{}",
                            suggestion(&given, "types", &known)
                        ))
                    },
                    Ok,
                )
            },
        );
        let name = s.optional(
            "name",
            r#""Webhook""#,
            "Its name in a message's integrations object; the type's name unless given.",
            values::name,
        );
        let sources = s.required(
            "sources",
            r#"["website"]"#,
            "Slugs of the sources that feed it.",
            list(located(values::text)),
        );
        let enabled = s.key(
            "enabled",
            "true",
            "A disabled destination is given nothing, and is not offered later what came meanwhile.",
            values::switch,
        );
        let concurrency = s.key(
            "concurrency",
            "8",
            "Requests on their way to it at one time.",
            values::whole(1, 1000),
        );
        let rate_per_second = s.optional(
            "rate_per_second",
            "100",
            "Requests to it that begin in a second at most, retries among them; as many as it takes unless given.",
            values::whole(1, 100_000),
        );
        let retry_for = s.optional(
            "retry_for",
            r#""72h""#,
            "How long a message that it did not take is tried again; delivery.horizon unless given.",
            values::duration_within("4h", "30d"),
        );
        let events_off = s.key(
            "events_off",
            "[]",
            "Events that do not go to it, by their exact names, unless a message's integrations object names it. \"Page Viewed\" and \"Screen Viewed\" are all page and screen calls.",
            list(values::name),
        );
        let filters = s.key(
            "filters",
            "[]",
            "What of the messages it gets, in the order of the list: tables of a title, a condition in FQL under if, and actions. See docs/filters.md.",
            list(filter),
        );
        let hash_salt = s.secret(
            "hash_salt",
            r#""at least 16 characters""#,
            "The key under which HASH_PROPERTIES hashes values. Keep it: under another one everybody is somebody else.",
            values::secret,
        );
        let filters = compiled(s, &filters, hash_salt);
        let mappings = s.key(
            "mappings",
            "[]",
            "Which of its actions gets a message, and what of it, in the order of the list: tables of a name, an action, a trigger in FQL and fields. Without any, messages go as the settings say. See docs/mappings.md.",
            list(mapping),
        );
        let mappings = mapped(s, &mappings, kind.as_ref());
        let id = s.optional(
            "id",
            r#""crm""#,
            "What its deliveries are filed under; the slug unless given. Keep it when you change the slug, and nothing is sent twice.",
            located(values::slug),
        );
        let opened = kind.as_ref().and_then(|kind| {
            let at = definitions.iter().position(|definition| definition.slug == kind.slug)?;
            Some(&*kinds[at])
        });
        let named = id.as_ref().or(slug.as_ref()).map_or("", |name| &name.value);
        let owner = DestinationId(named.into());
        let settings = if s.is_example() {
            definitions.iter().for_each(|definition| declare(s, definition, None));
            None
        } else {
            match opened {
                Some(kind) => read_settings(s, &kind.definition(), "destinations", |settings| {
                    kind.open(&settings, &owner, world).map(|_| settings)
                }),
                // what is right depends on a type that is not known
                None => {
                    s.free_table("settings");
                    None
                }
            }
        };
        let (slug, kind) = (slug?, kind?);
        let id = id.unwrap_or_else(|| slug.clone());
        Some(Destination {
            id: Located { value: DestinationId(id.value.into()), at: id.at },
            slug,
            name: name.unwrap_or(kind.name),
            kind: kind.slug,
            sources: sources?,
            enabled,
            concurrency: usize::try_from(concurrency).expect("it is at most 1000"),
            rate_per_second: rate_per_second
                .map(|rate| u32::try_from(rate).expect("it is at most 100,000")),
            retry_for,
            events_off,
            filters: filters?,
            mappings: mappings?,
            settings: settings?,
        })
    }
}

/// One filter, and all that is wrong with it.
fn filter(node: &Node) -> Parsed<Filter> {
    let read: Result<Filter, _> = serde_json::from_str(&node.to_json().to_string());
    let filter = match read {
        Ok(filter) => filter,
        Err(error) => return node.problem(format!("must hold filters: {error}")),
    };
    let problems = filter.problems();
    if problems.is_empty() {
        return Ok(filter);
    }
    Err(problems
        .iter()
        .map(|bad| Problem::new(&node.origin, format!("of {:?}: {bad}", filter.title)))
        .collect())
}

/// One mapping, and all that is wrong with it.
fn mapping(node: &Node) -> Parsed<Subscription> {
    let read: Result<Subscription, _> = serde_json::from_str(&node.to_json().to_string());
    let mapping = match read {
        Ok(mapping) => mapping,
        Err(error) => return node.problem(format!("must hold mappings: {error}")),
    };
    let problems = mapping.problems();
    if problems.is_empty() {
        return Ok(mapping);
    }
    Err(problems
        .iter()
        .map(|bad| Problem::new(&node.origin, format!("of {:?}: {bad}", mapping.name)))
        .collect())
}

/// The mappings, held against the actions of the destination's kind.
fn mapped(
    s: &mut Section<'_>,
    mappings: &[Subscription],
    kind: Option<&Definition>,
) -> Option<Mappings> {
    let at = s.origin("mappings");
    let mut problems = Vec::new();
    if mappings.len() > MAPPINGS_MAX {
        let many = mappings.len();
        problems.push(format!("has {many} mappings; {MAPPINGS_MAX} may be"));
    }
    for Subscription { name, action, fields, .. } in mappings {
        let Some(kind) = kind else { continue };
        match kind.action(action) {
            Some(action) => problems.extend(
                action
                    .problems(fields)
                    .iter()
                    .map(|bad| format!("of {name:?}: {} {}", bad.key, bad.problem)),
            ),
            None if kind.actions.is_empty() => {
                let slug = &kind.slug;
                problems.push(format!("of {name:?}: a {slug} takes messages as they are"));
            }
            None => {
                let known: Vec<&str> = kind.actions.iter().map(|one| one.slug.as_str()).collect();
                let hint = suggestion(action, "actions", &known);
                problems.push(format!("of {name:?}: {action:?} is unknown{hint}"));
            }
        }
    }
    for problem in &problems {
        s.problem(&at, format!("destinations.mappings {problem}"));
    }
    if problems.is_empty() { Mappings::new(mappings).ok() } else { None }
}

/// The filters, ready to be applied.
fn compiled(
    s: &mut Section<'_>,
    filters: &[Filter],
    hash_salt: Option<Secret>,
) -> Option<Compiled> {
    let at = s.origin("filters");
    if filters.len() > FILTERS_MAX {
        let many = filters.len();
        s.problem(&at, format!("destinations.filters has {many} filters; {FILTERS_MAX} may be"));
        return None;
    }
    if filters.iter().any(Filter::needs_salt) && hash_salt.is_none() {
        s.problem(
            &at,
            "destinations.filters hashes under a key: give hash_salt, or algorithm = \"SHA256\"",
        );
        return None;
    }
    let salt = hash_salt.map_or_else(Salt::default, |salt| Salt::new(salt.expose().as_bytes()));
    Compiled::new(filters, &salt).ok()
}

fn declare(s: &mut Section<'_>, definition: &Definition, given: Option<&Table>) {
    let article = if definition.slug.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    s.declare(Declared::Section {
        path: "destinations.settings".to_owned(),
        repeated: false,
        doc: format!("Settings of {article} {}: {}", definition.slug, definition.description),
    });
    for setting in &definition.settings {
        let json = setting.default.as_ref();
        s.declare(Declared::Key(Box::new(Key {
            name: setting.key.clone(),
            doc: setting.description.clone(),
            sample: json.map_or_else(|| example(&setting.kind), json_to_toml),
            presence: match (setting.required, json) {
                (_, Some(_)) => Presence::Default,
                (true, None) => Presence::Required,
                (false, None) => Presence::Optional,
            },
            secret: setting.secret,
            given: given.and_then(|table| table.get(&setting.key)).cloned(),
        })));
    }
}

/// The settings in the section of this name, as `definition` asks for them, and as `check` finds
/// what types and bounds cannot say, such as a secret in the wrong format.
pub(super) fn read_settings(
    s: &mut Section<'_>,
    definition: &Definition,
    section: &str,
    check: impl Fn(Settings) -> Result<Settings, Vec<BadSetting>>,
) -> Option<Settings> {
    let (table, origin) = s.free_table("settings");
    declare(s, definition, table);
    let empty = Table::default();
    let table = table.unwrap_or(&empty);
    let known: Vec<&str> = definition.settings.iter().map(|s| s.key.as_str()).collect();
    let mut given = Settings::new();
    let mut clean = true;
    for (key, at, node) in table.iter() {
        match definition.settings.iter().find(|setting| setting.key == key) {
            Some(setting) => drop(given.insert(key.to_owned(), typed(node, &setting.kind))),
            None => {
                let hint = suggestion(key, "keys", &known);
                let kind = &definition.slug;
                let text = format!("unknown key {key:?} in the settings of a {kind}{hint}");
                s.problem(at, text);
                clean = false;
            }
        }
    }
    match definition.check(&given).and_then(check) {
        Ok(settings) => clean.then_some(settings),
        Err(bad) => {
            for BadSetting { key, problem } in bad {
                let at = table.get(&key).map_or(&origin, |node| &node.origin);
                s.problem(at, format!("{section}.settings.{key} {problem}"));
            }
            None
        }
    }
}

/// Variables and flags know only text: the definition says what it stands for.
fn typed(node: &Node, kind: &SettingKind) -> Json {
    let Value::Text(text) = &node.value else { return node.to_json() };
    let plain = matches!(kind, SettingKind::Text | SettingKind::Url | SettingKind::Path);
    if !node.is_untyped() || plain || matches!(kind, SettingKind::Choice { .. }) {
        return node.to_json();
    }
    parse_value(text, &node.origin).to_json()
}

fn example(kind: &SettingKind) -> String {
    match kind {
        SettingKind::Text => r#""text""#.to_owned(),
        SettingKind::Url => r#""https://example.com/hook""#.to_owned(),
        SettingKind::Path => r#""events""#.to_owned(),
        SettingKind::Switch => "true".to_owned(),
        SettingKind::Number { min, .. } => min.to_string(),
        SettingKind::Choice { of } => format!("{:?}", of.first().map_or("", String::as_str)),
        SettingKind::TextMap => r#"{ "X-Team" = "data" }"#.to_owned(),
    }
}

fn json_to_toml(value: &Json) -> String {
    match value {
        Json::Null => r#""""#.to_owned(),
        Json::Bool(yes) => yes.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => toml::Value::String(text.clone()).to_string(),
        Json::Array(values) => {
            let values: Vec<String> = values.iter().map(json_to_toml).collect();
            format!("[{}]", values.join(", "))
        }
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        Json::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    format!("{} = {}", super::tree::key_text(key), json_to_toml(value))
                })
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// What can be wrong between destinations, and between them and the sources.
pub(super) fn check(root: &mut Section<'_>, destinations: &[Destination], sources: &[Source]) {
    let known: Vec<&str> = sources.iter().map(|source| source.slug.value.as_str()).collect();
    let mut slugs = HashMap::new();
    let mut ids: HashMap<&DestinationId, &str> = HashMap::new();
    for destination in destinations {
        let slug = destination.slug.value.as_str();
        if slugs.insert(slug, ()).is_some() {
            let text = format!("a destination is called {slug:?} already");
            root.problem(&destination.slug.at, text);
        } else if let Some(other) = ids.insert(&destination.id.value, slug) {
            let id = destination.id.value.as_str();
            let text = format!("destination {other:?} has the id {id:?} already");
            root.problem(&destination.id.at, text);
        }
        for source in &destination.sources {
            if !known.contains(&source.value.as_str()) {
                let hint = suggestion(&source.value, "sources", &known);
                let text = format!("no source is called {:?}{hint}", source.value);
                root.problem(&source.at, text);
            }
        }
    }
}
