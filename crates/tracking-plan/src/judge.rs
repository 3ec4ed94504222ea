use serde::Serialize;
use serde_json::{Map, Value};
use spec::Kind;

use crate::{
    compile::{Compiled, CompiledRule},
    plan::RuleType,
    pointer::{dotted, join, steps},
    settings::{CommonOnViolation, OnBlock},
    text,
    violation::{Violation, tell},
};

/// Violations of one message that are told.
const VIOLATIONS_MAX: usize = 100;

/// What a plan says of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// It is a track call, and the plan does not know its event.
    pub unplanned_event: bool,
    /// In which ways it breaks the plan: its own rule first, then the common schema. At most a
    /// hundred.
    pub violations: Vec<Violation>,
    /// What becomes of it.
    pub action: Action,
    /// Properties or traits that are not planned and are taken out: JSON pointers.
    pub omitted: Vec<String>,
    /// Properties or traits that break the plan and are taken out: JSON pointers.
    pub omitted_on_violation: Vec<String>,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It goes on, without what is omitted.
    Allow,
    /// It is a discard.
    Block(Blocked),
    /// It is a discard that waits for its release.
    Quarantine(Blocked),
}

/// Why a message is blocked.
///
/// Source: Segment, "Delivery Overview", codes of events that are filtered at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// It breaks its rule.
    SchemaViolation,
    /// It breaks the common schema.
    CommonSchemaViolation,
    /// The plan does not know the event.
    Unplanned,
    /// The plan does not know the event, and it breaks the common schema.
    UnplannedAndSchemaViolation,
}

impl Blocked {
    /// The code of a discard in quarantine.
    pub fn quarantine_code(self) -> &'static str {
        match self {
            Blocked::SchemaViolation => "quarantined_schema_violation",
            Blocked::CommonSchemaViolation => "quarantined_common_schema_violation",
            Blocked::Unplanned => "quarantined_unplanned",
            Blocked::UnplannedAndSchemaViolation => "quarantined_unplanned_and_schema_violation",
        }
    }

    /// Whether a discard with this code is in quarantine.
    pub fn is_quarantine_code(code: &str) -> bool {
        code.starts_with("quarantined_")
    }

    /// What a discard's code says, and whether it waits in quarantine; `None` for one that is not
    /// a plan's.
    pub fn of_code(code: &str) -> Option<(Blocked, bool)> {
        const ALL: [Blocked; 4] = [
            Blocked::SchemaViolation,
            Blocked::CommonSchemaViolation,
            Blocked::Unplanned,
            Blocked::UnplannedAndSchemaViolation,
        ];
        ALL.into_iter().find_map(|blocked| match code {
            _ if code == blocked.code() => Some((blocked, false)),
            _ if code == blocked.quarantine_code() => Some((blocked, true)),
            _ => None,
        })
    }

    /// The discard's code.
    pub fn code(self) -> &'static str {
        match self {
            Blocked::SchemaViolation => "schema_violation",
            Blocked::CommonSchemaViolation => "common_schema_violation",
            Blocked::Unplanned => "unplanned",
            Blocked::UnplannedAndSchemaViolation => "unplanned_and_schema_violation",
        }
    }
}

impl Judgement {
    /// A message that the plan has nothing to say about.
    fn nothing(unplanned_event: bool) -> Judgement {
        Judgement {
            unplanned_event,
            violations: vec![],
            action: Action::Allow,
            omitted: vec![],
            omitted_on_violation: vec![],
        }
    }

    /// Whether the message is stored as it came.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.omitted.is_empty() && self.action == Action::Allow
    }

    /// Where a blocked message is at fault and why, in a sentence; `None` when it is not blocked.
    pub fn fault(&self) -> Option<(String, String)> {
        let (Action::Block(blocked) | Action::Quarantine(blocked)) = self.action else {
            return None;
        };
        let told = self.violations.first().map(|first| {
            let more = match self.violations.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let Violation { field, description, .. } = first;
            let place = match description.starts_with(field.as_str()) {
                true => String::new(),
                false => format!("{field}: "),
            };
            (first.pointer.clone(), format!("{place}{description}{more}"))
        });
        Some(match (blocked, told) {
            (Blocked::Unplanned, _) | (_, None) => {
                ("/event".into(), "the tracking plan does not know this event".into())
            }
            (Blocked::UnplannedAndSchemaViolation, Some((_, told))) => {
                let unknown =
                    "the tracking plan does not know this event, and it breaks the common";
                ("/event".into(), format!("{unknown} schema: {told}"))
            }
            (_, Some(told)) => told,
        })
    }
}

/// What `plan` says of `message`, the JSON of one message as it is stored. Never panics.
///
/// The rule of its event or kind comes first, then the common schema, which sees what the rule
/// left. `properties` or `traits` that are missing or null are judged as empty.
pub fn judge(plan: &Compiled, message: &[u8]) -> Judgement {
    let Some(mut value) = text::object(message) else {
        let kinds = [Kind::Track, Kind::Identify, Kind::Group];
        let blocks = kinds.iter().any(|kind| plan.controls(*kind).block_on_violation);
        let action = if blocks { Action::Block(Blocked::SchemaViolation) } else { Action::Allow };
        let violations = vec![Violation::unreadable()];
        return Judgement { violations, action, ..Judgement::nothing(false) };
    };
    let Some(kind) = kind_of(&value) else { return Judgement::nothing(false) };
    let version = value.pointer("/context/protocols/event_version").and_then(Value::as_u64);
    let rule = plan.rule(kind, value.get("event").and_then(Value::as_str));
    let controls = plan.controls(kind);
    let body = RuleType::of(kind).map(RuleType::body);
    fill_in(&mut value, body);
    let mut judgement = Judgement::nothing(kind == Kind::Track && rule.is_none());
    let rule = rule.map(|versions| versions.get(version));
    if let Some(rule) = rule {
        judgement.violations = violations(rule, &value);
    }
    if !judgement.violations.is_empty() && controls.block_on_violation {
        judgement.action = block(controls.on_block, Blocked::SchemaViolation);
        return judgement;
    }
    if let Some(body) = body {
        let planned = match (kind, rule) {
            (_, Some(rule)) => Some(&rule.planned),
            // Of an event that is unknown as a whole no property is known or unknown.
            (Kind::Track, None) => None,
            _ => Some(plan.planned_by_common(body)),
        };
        if let (true, Some(planned), Some(inside)) =
            (controls.omit_unplanned, planned, value.get(body))
        {
            planned.unplanned(inside, &mut join("", body), &mut judgement.omitted);
            remove(&mut value, &judgement.omitted);
        }
        if controls.omit_on_violation {
            omit(&mut value, body, &judgement.violations, &mut judgement.omitted_on_violation);
        }
    }
    let common = plan.common().map(|versions| versions.get(version));
    let broken = common.map_or(vec![], |common| violations(common, &value));
    let breaks_common = !broken.is_empty();
    if let (Some(body), CommonOnViolation::OmitProperties) = (body, controls.common) {
        omit(&mut value, body, &broken, &mut judgement.omitted_on_violation);
    }
    judgement.violations.extend(broken);
    judgement.violations.truncate(VIOLATIONS_MAX);
    let blocked = match (judgement.unplanned_event, breaks_common) {
        (true, false) if controls.block_unplanned => Some(Blocked::Unplanned),
        (true, true) if controls.block_unplanned => Some(Blocked::UnplannedAndSchemaViolation),
        (_, true) if controls.common == CommonOnViolation::Block => {
            Some(Blocked::CommonSchemaViolation)
        }
        _ => None,
    };
    if let Some(blocked) = blocked {
        // Nothing of it goes on, so nothing is taken out of it.
        judgement.action = block(controls.on_block, blocked);
        judgement.omitted.clear();
        judgement.omitted_on_violation.clear();
    }
    judgement
}

fn block(on_block: OnBlock, blocked: Blocked) -> Action {
    match on_block {
        OnBlock::Discard => Action::Block(blocked),
        OnBlock::Quarantine => Action::Quarantine(blocked),
    }
}

fn kind_of(message: &Value) -> Option<Kind> {
    Kind::from_wire(message.get("type")?.as_str()?.as_bytes())
}

fn fill_in(message: &mut Value, body: Option<&str>) {
    let (Value::Object(members), Some(body)) = (message, body) else { return };
    if members.get(body).is_none_or(Value::is_null) {
        members.insert(body.to_owned(), Value::Object(Map::new()));
    }
}

fn violations(rule: &CompiledRule, message: &Value) -> Vec<Violation> {
    let mut out = Vec::new();
    if !rule.validator.is_valid(message) {
        for error in rule.validator.iter_errors(message) {
            tell(&error, &mut out);
            if out.len() >= VIOLATIONS_MAX {
                break;
            }
        }
        out.truncate(VIOLATIONS_MAX);
    }
    out
}

/// Takes out of `message` what of its `body` is at fault, and notes where it was.
fn omit(message: &mut Value, body: &str, broken: &[Violation], omitted: &mut Vec<String>) {
    let mut found: Vec<String> = broken
        .iter()
        .filter_map(|violation| member_of(message, body, &violation.pointer))
        .collect();
    found.sort();
    found.dedup();
    let all = found.clone();
    let within = |pointer: &str, other: &String| {
        pointer.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    found.retain(|pointer| !all.iter().any(|other| within(pointer, other)));
    remove(message, &found);
    omitted.extend(found);
}

/// The innermost member of an object, within `body`, in which the place lies; elements of a list
/// go with the list, so that no other element changes its place.
fn member_of(message: &Value, body: &str, pointer: &str) -> Option<String> {
    let mut at = message;
    let mut path = String::new();
    let mut member = None;
    for (depth, step) in steps(pointer).enumerate() {
        if depth == 0 && step != body {
            return None;
        }
        crate::pointer::push(&mut path, &step);
        at = match at {
            Value::Object(members) => {
                let inside = members.get(&step)?;
                if depth > 0 {
                    member = Some(path.clone());
                }
                inside
            }
            Value::Array(elements) => elements.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    member
}

/// Takes the members at `pointers` out of `message`.
pub(crate) fn remove(message: &mut Value, pointers: &[String]) {
    for pointer in pointers {
        let Some((parent, _)) = pointer.rsplit_once('/') else { continue };
        if let (Some(Value::Object(members)), Some(name)) =
            (message.pointer_mut(parent), steps(pointer).last())
        {
            members.shift_remove(&name);
        }
    }
}

/// Pointers as people read them.
pub(crate) fn for_people(pointers: &[String]) -> Vec<String> {
    pointers.iter().map(|pointer| dotted(pointer)).collect()
}

#[cfg(test)]
mod tests;
