//! A first version of the documentation, made from what is declared: complete where the
//! declaration is, and with words in brackets where only the partner knows.

use std::collections::BTreeSet;

use spec::Kind;

use super::{
    Docs, properties, tracked,
    words::{code, escaped},
};
use crate::info::{DeclaredProperty, Info};

/// What the template leaves to the partner: documentation is not complete before words of their
/// own stand in place of each.
pub const GAPS: [&str; 7] = [
    "[says in one sentence what it does, and for whom]",
    "[settings page]",
    "[field]",
    "[Do something that sends an event]",
    "[how it is filled]",
    "[when it is sent]",
    "[what it says]",
];

/// The gaps of the template that `text` still has. What is a link is none.
pub(super) fn gaps(text: &str) -> impl Iterator<Item = &'static str> {
    let open = |gap: &str| {
        text.match_indices(gap).any(|(at, _)| !text[at + gap.len()..].starts_with(['(', '[', ':']))
    };
    GAPS.into_iter().filter(move |gap| open(gap))
}

/// Documentation for the integration `name`, prefilled from the declared events.
pub fn template(name: &str, slug: &str, info: &Info) -> Docs {
    Docs {
        introduction: Some(introduction(name, info)),
        getting_started: Some(getting_started(name)),
        stream: Some(stream(name, slug, info)),
        events: events(info),
        event_properties: event_properties(info),
        adding_destinations: Some(adding_destinations(name, info)),
    }
}

fn introduction(name: &str, info: &Info) -> String {
    let shown = escaped(name.trim());
    let linked = match &info.website {
        Some(url) => {
            let mark = if url.contains('?') { '&' } else { '?' };
            let campaign = "utm_source=headwater&utm_medium=docs&utm_campaign=partners";
            let (page, anchor) = url
                .split_once('#')
                .map_or((url.as_str(), None), |(page, anchor)| (page, Some(anchor)));
            let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
            format!("[{shown}](<{page}{mark}{campaign}{anchor}>)")
        }
        None => shown.clone(),
    };
    let does = match info.description.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => format!("\n\n{text}"),
        None => " [says in one sentence what it does, and for whom].".to_owned(),
    };
    format!(
        "{linked}{does}\n\n{shown} is an event source: it sends data about what people do to \
         your workspace, from where it reaches your warehouse and your other destinations."
    )
}

fn getting_started(name: &str) -> String {
    let name = escaped(name.trim());
    format!(
        "1. Open the catalog in your workspace, search for {name} and choose **Add source**.\n\
         2. Give the source a name. It is good to say the environment in it, as in \
         \"{name} Prod\" and \"{name} Dev\".\n\
         3. Choose **Add source**, then open **Settings** and **API keys** and copy the write \
         key.\n\
         4. In {name}, open [settings page] and paste the write key into [field].\n\
         5. [Do something that sends an event], then watch it arrive in the source's debugger."
    )
}

fn stream(name: &str, slug: &str, info: &Info) -> String {
    let mut kinds: BTreeSet<_> = info.events.iter().map(|event| event.kind).collect();
    if kinds.is_empty() {
        kinds.insert(Kind::Track);
    }
    let kinds: Vec<_> = kinds.into_iter().map(|kind| format!("`{kind}`")).collect();
    format!(
        "{name} sends {} calls.\n\n\
         Every call carries as `userId` the id that {name} received from you. When there is \
         none, `anonymousId` is [how it is filled].\n\n\
         `context.integration.name` is `{slug}` on every call.",
        kinds.join(", "),
        name = escaped(name.trim()),
    )
}

fn events(info: &Info) -> Option<String> {
    let rows: Vec<_> = tracked(info)
        .map(|event| {
            let description = event.description.as_deref().unwrap_or("[when it is sent]");
            format!("| {} | {} |", escaped(&event.name), cell(description))
        })
        .collect();
    table("Event name", &rows)
}

fn event_properties(info: &Info) -> Option<String> {
    let first = |name: &str| -> Option<&DeclaredProperty> {
        let all = || tracked(info).flat_map(|event| &event.properties).filter(|p| p.name == name);
        all().find(|p| p.description.is_some()).or_else(|| all().next())
    };
    let described = properties(info).into_iter().map(|name| {
        let description = first(name).and_then(|p| p.description.as_deref());
        format!("| {} | {} |", code(name), cell(description.unwrap_or("[what it says]")))
    });
    table("Property", &described.collect::<Vec<_>>())
}

fn adding_destinations(name: &str, info: &Info) -> String {
    let name = escaped(name.trim());
    let help = match &info.docs_url {
        Some(url) => format!("[the documentation of {name}](<{url}>)"),
        None => format!("the support of {name}"),
    };
    format!(
        "Now that the source is set up, connect it to destinations.\n\n\
         When events do not arrive, look at the source's debugger first and at the delivery \
         overview next. For questions about what {name} sends, turn to {help}."
    )
}

fn table(head: &str, rows: &[String]) -> Option<String> {
    let table = format!("| {head} | Description |\n| --- | --- |\n{}", rows.join("\n"));
    (!rows.is_empty()).then_some(table)
}

/// Text that cannot break out of its cell.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('\\', "\\\\").replace('|', "\\|")
}
