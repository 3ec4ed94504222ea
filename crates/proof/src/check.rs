//! The fold: messages in, one report out. The same lines in the same order give the same report.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spec::{
    Kind,
    rules::{self, Partner, Rule, Sets, Severity},
};

use crate::{
    Broken, EventReport, Outcome, PropertyReport, Report, Sample, Seen, Setup, Step,
    declared::{self, DISCARDED, PROPERTY_MISSING, PROPERTY_TYPE, UNDECLARED_EVENT},
    evidence::Line,
    tally::{Shown, Tally},
    walkthrough,
};

/// Events that came without being declared and are told apart; the rest counts as messages only.
const UNDECLARED_MAX: usize = 200;

/// Checks messages one after the other, the newest first.
#[derive(Debug)]
pub struct Check {
    setup: Setup,
    seen: Seen,
    first_ms: i64,
    last_ms: i64,
    tally: Tally,
    declared: Vec<Counted>,
    undeclared: BTreeMap<(Kind, String), Counted>,
    steps: Vec<Step>,
}

/// What was counted of one event.
#[derive(Debug, Default)]
struct Counted {
    seen: u64,
    with_errors: u64,
    properties: HashMap<String, (u64, u64)>,
    shown: Shown,
}

/// The parts of a message that the declared events are about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parts {
    properties: Option<Value>,
    traits: Option<Value>,
}

/// The parts of a message that say which event it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    r#type: Option<Value>,
    event: Option<Value>,
    name: Option<Value>,
}

impl Check {
    /// A check against `setup` that has seen nothing yet.
    pub fn new(setup: Setup) -> Check {
        Check {
            declared: setup.events.iter().map(|_| Counted::default()).collect(),
            steps: walkthrough::steps(&setup),
            setup,
            seen: Seen::default(),
            first_ms: i64::MAX,
            last_ms: i64::MIN,
            tally: Tally::default(),
            undeclared: BTreeMap::new(),
        }
    }

    /// Looks at one message.
    pub fn take(&mut self, line: &Line<'_>) {
        let raw = line.message.map_or("", |message| message.get());
        let head: Head = serde_json::from_str(raw).unwrap_or_default();
        let text = |value: &Option<Value>| {
            value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let kind = text(&head.r#type).parse::<Kind>().ok();
        let name = match kind {
            Some(Kind::Track) => text(&head.event),
            Some(Kind::Page | Kind::Screen) => text(&head.name),
            _ => String::new(),
        };
        let title = match (&name, kind) {
            (name, _) if !name.is_empty() => name.clone(),
            (_, Some(kind)) => kind.to_string(),
            (_, None) => "message".to_owned(),
        };
        let sample = Sample {
            source: line.source.to_owned(),
            position: line.position.to_owned(),
            received_at: iso(line.received_at_ms),
            title,
            broken: None,
        };
        self.seen.messages += 1;
        self.first_ms = self.first_ms.min(line.received_at_ms);
        self.last_ms = self.last_ms.max(line.received_at_ms);

        let mut found = Found { tally: &mut self.tally, sample: &sample, worst: None };
        if let Some(discard) = &line.discard {
            let broken = Broken {
                pointer: discard.pointer.clone().into_owned(),
                found: discard.detail.clone().into_owned(),
                expected: format!("a message that is not stopped with {}", discard.code),
                example: Value::Null,
            };
            found.note(&DISCARDED, broken);
        } else {
            self.seen.accepted += 1;
            let sets = Sets { partner: Some(Partner { slug: &self.setup.slug }) };
            for finding in rules::findings(raw.as_bytes(), &sets) {
                let broken = Broken {
                    pointer: finding.pointer,
                    found: finding.found,
                    expected: finding.expected,
                    example: finding.example,
                };
                found.note(finding.rule, broken);
            }
        }
        if let Some(kind) = kind {
            let of = |declared: &_| declared::is_of(declared, kind, &name);
            match self.setup.events.iter().position(of) {
                Some(at) => {
                    let declared = &self.setup.events[at];
                    let counted = &mut self.declared[at];
                    if line.discard.is_none() {
                        let parts = serde_json::from_str(raw).unwrap_or_default();
                        properties(declared, parts, counted, &mut found);
                    }
                    counted.add(&found);
                }
                None => {
                    let expected = match rules::events::meant(&name) {
                        Some(meant) if kind == Kind::Track => {
                            format!("a declared event, perhaps {}", meant.event)
                        }
                        _ => "a declared event".to_owned(),
                    };
                    let broken = Broken {
                        pointer: if kind == Kind::Track { "/event" } else { "/type" }.to_owned(),
                        found: sample.title.clone(),
                        expected,
                        example: self
                            .setup
                            .events
                            .first()
                            .map_or(Value::Null, |declared| declared.title().into()),
                    };
                    found.note(&UNDECLARED_EVENT, broken);
                    let room = self.undeclared.len() < UNDECLARED_MAX;
                    let key = (kind, name.clone());
                    if room || self.undeclared.contains_key(&key) {
                        self.undeclared.entry(key).or_default().add(&found);
                    }
                }
            }
        }
        let worst = found.worst.as_ref().map(|(severity, _)| *severity);
        match worst {
            Some(Severity::Error) => self.seen.with_errors += 1,
            Some(Severity::Warning) => self.seen.with_warnings += 1,
            Some(Severity::Hint) | None => {}
        }
        self.tally.end_of_message(&sample, line.discard.is_none());
        if worst != Some(Severity::Error) {
            let open = self.steps.iter_mut().filter(|step| step.done_by.is_none());
            for step in open.filter(|step| Some(step.kind) == kind && step.name == name) {
                step.done_by = Some(sample.clone());
            }
        }
    }

    /// What was found so far.
    pub fn report(&self) -> Report {
        let declared = self.setup.events.iter().zip(&self.declared).map(|(declared, counted)| {
            let properties = declared.properties.iter().map(|property| {
                let (seen, of_wrong_type) =
                    counted.properties.get(&property.name).copied().unwrap_or_default();
                let name = property.name.clone();
                PropertyReport { name, required: property.required, seen, of_wrong_type }
            });
            counted.report(declared.kind, &declared.name, true, properties.collect())
        });
        let undeclared = self
            .undeclared
            .iter()
            .map(|((kind, name), counted)| counted.report(*kind, name, false, vec![]));
        let events: Vec<EventReport> = declared.chain(undeclared).collect();
        let unseen = events.iter().any(|event| event.declared && event.seen == 0);
        let outcome = match self.seen.messages {
            0 => Outcome::Empty,
            _ if self.seen.with_errors > 0 || unseen => Outcome::Failed,
            _ => Outcome::Passed,
        };
        let some = self.seen.messages > 0;
        let seen = Seen {
            first_at: some.then(|| iso(self.first_ms)),
            last_at: some.then(|| iso(self.last_ms)),
            ..self.seen.clone()
        };
        Report {
            rule_set: rules::VERSION.to_owned(),
            outcome,
            score: score(&seen, &events),
            seen,
            rules: self.tally.report(),
            events,
            walkthrough: self.steps.clone(),
        }
    }
}

/// What was found in the message at hand.
pub(crate) struct Found<'a> {
    tally: &'a mut Tally,
    sample: &'a Sample,
    /// The gravest.
    worst: Option<(Severity, Broken)>,
}

impl Found<'_> {
    fn note(&mut self, rule: &'static Rule, broken: Broken) {
        self.tally.broken(rule, self.sample, &broken);
        let graver = match &self.worst {
            Some((known, _)) => rank(rule.severity) < rank(*known),
            None => true,
        };
        if graver {
            self.worst = Some((rule.severity, broken));
        }
    }
}

/// The gravest first.
pub(crate) fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Hint => 2,
    }
}

impl Counted {
    fn add(&mut self, found: &Found<'_>) {
        self.seen += 1;
        match &found.worst {
            Some((Severity::Error, broken)) => {
                self.with_errors += 1;
                self.shown.broken(found.sample, broken);
            }
            _ => self.shown.kept(found.sample),
        }
    }

    fn report(
        &self,
        kind: Kind,
        name: &str,
        declared: bool,
        properties: Vec<PropertyReport>,
    ) -> EventReport {
        EventReport {
            kind,
            name: name.to_owned(),
            declared,
            semantic: kind == Kind::Track && rules::events::named(name).is_some(),
            seen: self.seen,
            with_errors: self.with_errors,
            properties,
            samples: self.shown.samples(),
        }
    }
}

/// Holds the properties of a message against what is declared of its event.
fn properties(
    event: &catalog::info::DeclaredEvent,
    parts: Parts,
    counted: &mut Counted,
    found: &mut Found<'_>,
) {
    let holder = declared::holder(event.kind);
    let held = if holder == "traits" { parts.traits } else { parts.properties };
    let held: Map<String, Value> = match held {
        Some(Value::Object(held)) => held,
        _ => Map::new(),
    };
    for property in &event.properties {
        let pointer = || format!("/{holder}/{}", step(&property.name));
        let count = counted.properties.entry(property.name.clone()).or_default();
        let broken = |found: String| Broken {
            pointer: pointer(),
            found,
            expected: declared::words(property.kind).to_owned(),
            example: declared::example(property.kind),
        };
        match held.get(&property.name) {
            Some(value) if !value.is_null() => {
                count.0 += 1;
                if !declared::fits(property.kind, value) {
                    count.1 += 1;
                    found.note(&PROPERTY_TYPE, broken(short(value)));
                }
            }
            _ if property.required => found.note(&PROPERTY_MISSING, broken("nothing".to_owned())),
            _ => {}
        }
    }
}

fn iso(ms: i64) -> String {
    let mut text = Vec::new();
    spec::format_iso(ms, &mut text);
    String::from_utf8(text).expect("a time is ASCII")
}

/// A key as a step of a JSON pointer.
fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A value as it is shown: its type, and its beginning.
fn short(value: &Value) -> String {
    const CHARS_MAX: usize = 80;
    let written = json!(value).to_string();
    match written.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &written[..end]),
        None => written,
    }
}

/// See [`Report::score`].
fn score(seen: &Seen, events: &[EventReport]) -> u32 {
    if seen.messages == 0 {
        return 0;
    }
    let share = |part: f64, whole: usize| if whole == 0 { 1.0 } else { part / whole as f64 };
    let faults = seen.with_errors as f64 + seen.with_warnings as f64 / 2.0;
    let clean = 1.0 - faults / seen.messages as f64;
    let declared: Vec<_> = events.iter().filter(|event| event.declared).collect();
    let passed = declared.iter().filter(|event| event.passed()).count();
    let properties: Vec<_> = declared.iter().flat_map(|event| &event.properties).collect();
    let covered = properties.iter().filter(|property| property.seen > 0).count();
    let points = 50.0 * clean
        + 40.0 * share(passed as f64, declared.len())
        + 10.0 * share(covered as f64, properties.len());
    // Only the whole is a hundred.
    points.floor() as u32
}
