//! The mappings of a destination: which of its actions gets a message, and what of it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spec::Message;

use crate::{
    apply::Discard,
    filter::{Problem, TITLE_CHARS_MAX},
    mapping::{Mapping, MappingFault},
};

/// Mappings of one destination.
pub const MAPPINGS_MAX: usize = 50;

/// The code of a message that no mapping of the destination is about.
///
/// Source: Segment, "Delivery Overview", codes of events that are filtered at the destination.
pub const NO_MATCHING_MAPPING: &str = "NO_MATCHING_MAPPING";
/// The code of a message of which a mapping makes nothing that could be sent.
pub const FILTERED_AT_MAPPING: &str = "FILTERED_AT_MAPPING";

/// A mapping as people write it.
///
/// Source: Segment, "Destination actions", mappings; Public API, `DestinationSubscription`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// Its name for people; at most 64 characters.
    pub name: String,
    /// The action in the destination's definition.
    pub action: String,
    /// The messages that it is about, in FQL.
    pub trigger: String,
    /// What the action gets: values and directives by the keys of its fields.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// Whether it does anything.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// What a mapping made of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Name of the mapping.
    pub mapping: Arc<str>,
    /// For this action.
    pub action: Arc<str>,
    /// What it gets.
    pub fields: Map<String, Value>,
}

/// The mappings of a destination, ready to be applied.
#[derive(Clone, Default)]
pub struct Mappings {
    written: Arc<[Subscription]>,
    enabled: Arc<[Ready]>,
}

struct Ready {
    name: Arc<str>,
    action: Arc<str>,
    /// Of what is no mapping any longer: why.
    mapping: Result<Mapping, String>,
}

impl Subscription {
    /// Everything that is wrong with it, whatever the destination's actions are.
    pub fn problems(&self) -> Vec<Problem> {
        self.compile().err().unwrap_or_default()
    }

    fn compile(&self) -> Result<Mapping, Vec<Problem>> {
        let mut problems = Vec::new();
        let length = self.name.chars().count();
        if self.name.trim().is_empty() || length > TITLE_CHARS_MAX {
            let message = match length {
                length if length > TITLE_CHARS_MAX => format!("the name has {length} characters"),
                _ => "the name is empty".to_owned(),
            };
            let fix = format!("name it in 1 to {TITLE_CHARS_MAX} characters");
            problems.push(Problem::new("/name", message, fix));
        }
        match Mapping::new(&self.trigger, &Value::Object(self.fields.clone())) {
            Ok(mapping) if problems.is_empty() => return Ok(mapping),
            Ok(_) => {}
            Err(mut found) => problems.append(&mut found),
        }
        Err(problems)
    }
}

impl Mappings {
    /// Reads mappings, of which the earlier come first.
    ///
    /// Errors: everything that is wrong with each, and which of them it is.
    pub fn new(written: &[Subscription]) -> Result<Mappings, Vec<(usize, Problem)>> {
        let wrong = |(index, one): (usize, &Subscription)| {
            one.problems().into_iter().map(move |problem| (index, problem))
        };
        let problems: Vec<_> = written.iter().enumerate().flat_map(wrong).collect();
        if problems.is_empty() { Ok(Mappings::of_stored(written)) } else { Err(problems) }
    }

    /// The same of mappings that were checked when they were written. One that is none any longer
    /// lets nothing through, and says so.
    pub fn of_stored(written: &[Subscription]) -> Mappings {
        let ready = |one: &Subscription| Ready {
            name: one.name.as_str().into(),
            action: one.action.as_str().into(),
            mapping: one
                .compile()
                .map_err(|problems| problems.first().map(Problem::to_string).unwrap_or_default()),
        };
        let enabled = written.iter().filter(|one| one.enabled).map(ready).collect();
        Mappings { written: written.into(), enabled }
    }

    /// Whether nobody wrote one: then messages go as the destination's settings say.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// What it was made of.
    pub fn written(&self) -> &[Subscription] {
        &self.written
    }

    /// What the first mapping makes of `message` whose trigger holds for it: one message is one
    /// delivery. `None` where nobody wrote a mapping.
    ///
    /// Errors: no mapping is about it, or one cannot say.
    pub fn apply(&self, message: &Message) -> Result<Option<Made>, Discard> {
        if self.is_empty() {
            return Ok(None);
        }
        for Ready { name, action, mapping } in &*self.enabled {
            let failed = |why: &dyn fmt::Display| Discard {
                code: FILTERED_AT_MAPPING,
                reason: format!("the mapping {name:?}: {why}"),
            };
            let mapping = mapping.as_ref().map_err(|why| failed(why))?;
            let made = mapping.apply(message).map_err(|fault: MappingFault| failed(&fault))?;
            if let Some(Value::Object(fields)) = made {
                let (mapping, action) = (name.clone(), action.clone());
                return Ok(Some(Made { mapping, action, fields }));
            }
        }
        let reason = match self.enabled.len() {
            0 => "every mapping of the destination is switched off".to_owned(),
            _ => "no trigger of the destination's mappings holds for it".to_owned(),
        };
        Err(Discard { code: NO_MATCHING_MAPPING, reason })
    }
}

/// Mappings that say the same do the same.
impl PartialEq for Mappings {
    fn eq(&self, other: &Mappings) -> bool {
        self.written == other.written
    }
}

impl fmt::Debug for Mappings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.written.iter().map(|one| &one.name)).finish()
    }
}

#[cfg(test)]
mod tests;
