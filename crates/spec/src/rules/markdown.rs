//! The rules and the Spec's tables as pages, made of the data that is checked by.

use std::fmt::Write;

use super::{
    Rule, Set, VERSION, all,
    data::spec,
    events::{self, Event},
    fields::{Fields, Property, Type},
};

/// Every rule with its reason, its remedy and two examples. A heading is a rule's code, so that
/// its anchor is too.
pub fn rules_markdown() -> String {
    let mut page = format!(
        "# Rules\n\n\
         What Headwater looks for in a message. Edition {VERSION}.\n\n\
         An **error** makes a message useless, or keeps an integration out of the catalog. \
         A **warning** says that destinations will misread something. A **hint** shows a better way. \
         Nothing here is asked for that the Spec leaves open: a property that is absent is never a finding.\n"
    );
    for (set, title, says) in [
        (Set::Wire, "The wire", "What the tracking API discards a message for, and what it mends."),
        (Set::Spec, "The Spec", "What every source is held to."),
        (
            Set::Partner,
            "The partner programme",
            "What a source in the catalog is held to as well. In the examples the slug of the integration is `mailroom`.",
        ),
    ] {
        let _ = write!(
            page,
            "\n## {title}\n\n{says}\n\n| rule | severity | what |\n| --- | --- | --- |\n"
        );
        let rules = || all().iter().filter(|rule| rule.set == set);
        for rule in rules() {
            let (code, severity) = (rule.code, word(rule));
            let _ = writeln!(page, "| [`{code}`](#{code}) | {severity} | {} |", rule.title);
        }
        for rule in rules() {
            one(rule, &mut page);
        }
    }
    page
}

fn one(rule: &Rule, page: &mut String) {
    let Rule { code, title, why, fix, source, .. } = rule;
    let _ = write!(
        page,
        "\n### {code}\n\n\
         **{title}.** ({})\n\n\
         {why}\n\n\
         *Remedy:* {fix}\n\n\
         Breaks the rule:\n\n```json\n{}\n```\n\n\
         Keeps it:\n\n```json\n{}\n```\n\n\
         Source: <{source}>\n",
        word(rule),
        shown(rule.failing),
        shown(rule.passing),
    );
}

fn word(rule: &Rule) -> &'static str {
    match rule.severity {
        super::Severity::Error => "error",
        super::Severity::Warning => "warning",
        super::Severity::Hint => "hint",
    }
}

/// Bytes of an example that are shown.
const SHOWN_BYTES: usize = 600;

fn shown(example: &str) -> String {
    match example.len() {
        0..=SHOWN_BYTES => example.to_owned(),
        long => format!("{}… ({long} bytes)", &example[..120]),
    }
}

/// The calls, the fields, the reserved traits, the context and every semantic event.
pub fn events_markdown() -> String {
    let spec = spec();
    let mut page = format!(
        "# The Spec\n\n\
         The calls, their fields, and the events that destinations know by name. Edition {VERSION}.\n\n\
         Every call needs a `userId` or an `anonymousId`. Beside what a call needs, nothing is required: \
         the tables say what a field is called and what it holds, if it is sent. `null` is always right.\n\n\
         ## Calls\n\n| call | what it says | needs | takes |\n| --- | --- | --- | --- |\n"
    );
    for call in &spec.calls.calls {
        let (needs, takes) = (codes(&call.needs), codes(&call.takes));
        let _ = writeln!(page, "| `{}` | {} | {needs} | {takes} |", call.kind, call.does);
    }
    table("Fields of the message", &spec.calls.fields, &mut page);
    table("Traits of a user", &spec.traits.user, &mut page);
    table("Traits of a group", &spec.traits.group, &mut page);
    table("Context", &spec.context, &mut page);
    table("Properties of every track call", &spec.reserved.track, &mut page);
    table("Properties of a page call", &spec.reserved.page, &mut page);
    table("Properties of a screen call", &spec.reserved.screen, &mut page);
    for category in events::categories() {
        let _ = write!(page, "\n## {}\n\nSource: <{}>\n", category.name, category.source);
        for event in &category.events {
            event_table(event, &mut page);
        }
    }
    page
}

fn event_table(event: &Event, page: &mut String) {
    let _ = write!(page, "\n### {}\n\n{}\n", event.name, event.description);
    if let Some(now) = event.superseded_by {
        let _ = write!(page, "\nSend *{now}* instead.\n");
    }
    for (says, names) in [
        ("Also called", &event.also_named),
        ("Older names", &event.aliases),
        ("Not to be called", &event.synonyms),
        ("Perhaps called", &event.perhaps),
        ("Sent by itself from", &event.collected_by),
    ] {
        if !names.is_empty() {
            let _ = write!(page, "\n{says}: {}.\n", names.join(", "));
        }
    }
    let context = |keys: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|key| format!("`context.{key}`")).collect();
        keys.join(", ")
    };
    for (says, keys) in
        [("Needs", &event.needs), ("Asks for", &event.asks), ("May carry", &event.context)]
    {
        if !keys.is_empty() {
            let _ = write!(page, "\n{says} {}.\n", context(keys));
        }
    }
    if !event.properties.is_empty() {
        head("property", page);
        rows(&event.properties, "", page);
    }
}

fn table(title: &str, fields: &Fields, page: &mut String) {
    let _ = write!(page, "\n## {title}\n");
    head("name", page);
    rows(fields, "", page);
}

fn head(first: &str, page: &mut String) {
    let _ =
        write!(page, "\n| {first} | type | what it is | example |\n| --- | --- | --- | --- |\n");
}

fn rows(fields: &[Property], within: &str, page: &mut String) {
    for property in fields {
        let name = format!("{within}{}", property.name);
        let example = match &property.example {
            Some(example) => format!("`{}`", example.to_string().replace('|', "\\|")),
            None => String::new(),
        };
        let mut description = property.description.to_owned();
        if !property.values.is_empty() {
            let _ = write!(description, " One of {}.", codes(&property.values));
        }
        let _ = writeln!(page, "| `{name}` | {} | {description} | {example} |", types(property));
        let array = property.types.first() == Some(&Type::Array);
        rows(&property.fields, &format!("{name}{}.", if array { "[]" } else { "" }), page);
    }
}

fn types(property: &Property) -> String {
    let of = match property.of {
        Some(of) if property.types.contains(&Type::Array) => format!(" of {}", of.name()),
        _ if property.types.first() == Some(&Type::Array) && !property.fields.is_empty() => {
            " of object".into()
        }
        _ => String::new(),
    };
    let names: Vec<_> = property.types.iter().map(|kind| kind.name()).collect();
    if names.is_empty() { "any".into() } else { names.join(" or ") + &of }
}

fn codes(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
