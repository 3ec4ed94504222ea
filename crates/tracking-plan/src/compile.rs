use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use jsonschema::{Draft, PatternCache, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use spec::Kind;

use crate::{
    plan::{Plan, Rule, RuleType},
    planned::Planned,
    problem::Problem,
    settings::{Controls, Settings},
};

/// Bytes that one compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// The members of a message whose contents are planned.
const BODIES: [&str; 2] = ["properties", "traits"];

/// A plan whose rules are ready to judge messages. Made once, read by many threads.
#[derive(Clone)]
pub struct Compiled {
    settings: Settings,
    rules: Arc<Rules>,
}

/// What plans that differ in nothing but their settings share.
struct Rules {
    plan: Plan,
    events: HashMap<String, Versions>,
    calls: BTreeMap<RuleType, Versions>,
    common: Option<Versions>,
    /// What the common schemas alone know of `properties` and of `traits`.
    planned_by_common: [Planned; 2],
}

/// The versions of one rule, oldest first; at least one.
pub(crate) struct Versions(Vec<(u32, CompiledRule)>);

/// One rule.
pub(crate) struct CompiledRule {
    pub(crate) validator: Validator,
    /// What it and the common schema know of the message's `properties` or `traits`.
    pub(crate) planned: Planned,
}

impl Versions {
    /// The version that a message asks for; the oldest when it asks for none that is there.
    pub(crate) fn get(&self, version: Option<u64>) -> &CompiledRule {
        let asked = self.0.iter().find(|(there, _)| version == Some(u64::from(*there)));
        &asked.unwrap_or(&self.0[0]).1
    }
}

impl Compiled {
    /// Compiles every rule.
    ///
    /// Errors: everything that is wrong with the plan: limits, rules of one name, each schema
    /// that is none. References out of a schema are refused: nothing is fetched. Patterns are
    /// matched in linear time, and look-around is refused.
    pub fn new(plan: &Plan) -> Result<Compiled, Vec<Problem>> {
        let mut problems = plan.check_rules();
        // Beyond the limits nothing is worth the time.
        if !problems.is_empty() {
            return Err(problems);
        }
        let commons: Vec<&Value> = plan
            .rules
            .iter()
            .filter(|rule| rule.on == RuleType::Common)
            .map(|rule| &rule.json_schema)
            .collect();
        let patterns = PatternCache::new();
        let mut compiled = Rules {
            plan: plan.clone(),
            events: HashMap::new(),
            calls: BTreeMap::new(),
            common: None,
            planned_by_common: BODIES.map(|body| Planned::of_body(&commons, body)),
        };
        for (index, rule) in plan.rules.iter().enumerate() {
            let Some(draft) = draft(&rule.json_schema) else {
                problems.push(unknown_draft(index, rule));
                continue;
            };
            let validator = match validator(&rule.json_schema, draft, &patterns) {
                Ok(validator) => validator,
                Err(error) => {
                    problems.push(problem(index, rule, &error));
                    continue;
                }
            };
            let mut schemas = vec![&rule.json_schema];
            schemas.extend(&commons);
            let planned = Planned::of_body(&schemas, rule.on.body());
            let versions = match (rule.on, &rule.key) {
                (RuleType::Track, Some(key)) => {
                    compiled.events.entry(key.clone()).or_insert_with(|| Versions(vec![]))
                }
                (RuleType::Common, _) => compiled.common.get_or_insert_with(|| Versions(vec![])),
                (on, _) => compiled.calls.entry(on).or_insert_with(|| Versions(vec![])),
            };
            versions.0.push((rule.version, CompiledRule { validator, planned }));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let calls = compiled.calls.values_mut();
        for versions in compiled.events.values_mut().chain(calls).chain(&mut compiled.common) {
            versions.0.sort_by_key(|(version, _)| *version);
        }
        Ok(Compiled { settings: plan.settings.clone(), rules: Arc::new(compiled) })
    }

    /// The same rules, for a source that has its own mind about what breaks them.
    pub fn with_settings(&self, settings: Settings) -> Compiled {
        Compiled { settings, rules: self.rules.clone() }
    }

    /// What it was made of.
    pub fn plan(&self) -> &Plan {
        &self.rules.plan
    }

    /// What becomes of messages that break it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the plan has a rule for this event, or for this kind of call.
    pub fn plans(&self, kind: Kind, event: Option<&str>) -> bool {
        self.rule(kind, event).is_some()
    }

    pub(crate) fn rule(&self, kind: Kind, event: Option<&str>) -> Option<&Versions> {
        match RuleType::of(kind)? {
            RuleType::Track => self.rules.events.get(event?),
            on => self.rules.calls.get(&on),
        }
    }

    pub(crate) fn common(&self) -> Option<&Versions> {
        self.rules.common.as_ref()
    }

    pub(crate) fn planned_by_common(&self, body: &str) -> &Planned {
        &self.rules.planned_by_common[usize::from(body != BODIES[0])]
    }

    pub(crate) fn controls(&self, kind: Kind) -> Controls {
        Controls::of(&self.settings, kind)
    }
}

/// Plans that say the same judge the same.
impl PartialEq for Compiled {
    fn eq(&self, other: &Compiled) -> bool {
        let same = || Arc::ptr_eq(&self.rules, &other.rules) || self.plan() == other.plan();
        self.settings == other.settings && same()
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("plan", &self.plan().name).finish_non_exhaustive()
    }
}

/// The draft that a schema names; `None` when we know no such draft.
fn draft(schema: &Value) -> Option<Draft> {
    match schema.get("$schema") {
        None => Some(Draft::Draft7),
        Some(named) => {
            let draft = Draft::from_schema_uri(named.as_str()?);
            (draft != Draft::Unknown).then_some(draft)
        }
    }
}

fn unknown_draft(index: usize, rule: &Rule) -> Problem {
    Problem {
        rule: Some(rule.name()),
        pointer: format!("/rules/{index}/jsonSchema/$schema"),
        message: format!("{} is no known draft", rule.json_schema["$schema"]),
        fix: "name http://json-schema.org/draft-07/schema# or \
              https://json-schema.org/draft/2020-12/schema, or leave it out"
            .to_owned(),
    }
}

fn validator(
    schema: &Value,
    draft: Draft,
    patterns: &PatternCache,
) -> Result<Validator, ValidationError<'static>> {
    let build = |schema: &Value, draft| {
        jsonschema::options()
            .with_draft(draft)
            .offline()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
            .with_pattern_cache(patterns.clone())
            .build(schema)
    };
    let built = build(schema, draft);
    match (draft, schema) {
        // Editors write draft 4 above and later keywords, or an empty `required`, below.
        (Draft::Draft4, Value::Object(members)) if built.is_err() => {
            let mut later = members.clone();
            later.shift_remove("$schema");
            build(&Value::Object(later), Draft::Draft7).or(built)
        }
        _ => built,
    }
}

fn problem(index: usize, rule: &Rule, error: &ValidationError<'_>) -> Problem {
    use jsonschema::error::ValidationErrorKind as Kind;
    let at = error.instance_path().as_str();
    let fix = match error.kind() {
        Kind::Format { format } if format == "regex" => {
            "write a regular expression without look-around and back-references".to_owned()
        }
        Kind::Referencing(_) => {
            "keep what it refers to in the schema itself, and a known draft in $schema".to_owned()
        }
        Kind::Enum { options } => format!("say one of {options}"),
        Kind::Type { .. } | Kind::AnyOf { .. } => match at.rsplit('/').next() {
            Some("type") => "say a type of JSON Schema: string, number, integer, boolean, \
                             object, array or null"
                .to_owned(),
            _ => "give the keyword a value of the type that JSON Schema asks for".to_owned(),
        },
        _ => "make it what JSON Schema asks for".to_owned(),
    };
    Problem {
        rule: Some(rule.name()),
        pointer: format!("/rules/{index}/jsonSchema{at}"),
        message: format!("the schema is none: {error}"),
        fix,
    }
}

#[cfg(test)]
mod tests;
