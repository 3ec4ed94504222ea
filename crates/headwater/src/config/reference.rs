//! What can be configured, and what is: both written from the same declarations.

use std::fmt::Write as _;

use destination_kit::DestinationKind;
use serde_json::{Map, Value as Json, json};

use super::{
    Loaded, Origin,
    section::{Declared, Key, Presence, Reader},
    tree::{Node, Table, Value, key_text},
};

const PREAMBLE: &str = "\
# Headwater: everything that can be configured, with its defaults.
# Take away the # before a key to change it. Values come from this file, then from variables of
# the environment (HEADWATER_SERVER__LISTEN for listen under [server], HEADWATER_DESTINATIONS__CRM__
# SETTINGS__SECRET for a setting of the destination \"crm\"), then from flags of the command line.
# Sources and destinations are read again whenever this file changes; the rest at the next start.
";

/// The commented reference: valid TOML that changes nothing.
pub fn reference(kinds: &[Box<dyn DestinationKind>]) -> String {
    let mut reader = Reader { example: true, ..Reader::default() };
    super::read(&mut reader, &Table::default(), kinds);
    let mut out = PREAMBLE.to_owned();
    let mut in_list = false;
    for declared in &reader.declared {
        match declared {
            Declared::Section { path, repeated, doc } => {
                in_list = *repeated || (in_list && path.contains('.'));
                out.push('\n');
                comment(&mut out, doc);
                let header = if *repeated { format!("[[{path}]]") } else { format!("[{path}]") };
                let mark = if in_list { "#" } else { "" };
                let _ = writeln!(out, "{mark}{header}");
            }
            Declared::Key(key) => {
                comment(&mut out, &documented(key));
                let _ = writeln!(out, "#{} = {}", key_text(&key.name), key.sample);
            }
        }
    }
    out
}

fn documented(key: &Key) -> String {
    match key.presence {
        Presence::Default => key.doc.clone(),
        Presence::Optional if key.doc.contains("unless given") => key.doc.clone(),
        Presence::Optional => format!("{} Not set by default.", key.doc),
        Presence::Required => format!("{} Required.", key.doc),
    }
}

/// Writes `text` as comment lines of at most 100 columns.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > 100 {
            let _ = writeln!(out, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// The effective values as TOML, secrets masked, each with where it comes from.
pub fn show(loaded: &Loaded, file: &str) -> String {
    let mut out = String::new();
    for declared in &loaded.declared {
        match declared {
            Declared::Section { path, repeated, .. } => {
                if !out.is_empty() {
                    out.push('\n');
                }
                let header = if *repeated { format!("[[{path}]]") } else { format!("[{path}]") };
                let _ = writeln!(out, "{header}");
            }
            Declared::Key(key) => {
                let name = key_text(&key.name);
                let _ = match (&key.given, key.presence) {
                    (Some(node), _) => {
                        let value =
                            if key.secret { r#""…""#.into() } else { effective(node, key) };
                        writeln!(out, "{name} = {value}  # {}", origin(&node.origin, file))
                    }
                    (None, Presence::Default) => {
                        writeln!(out, "{name} = {}  # default", key.sample)
                    }
                    (None, _) => writeln!(out, "# {name} is not set"),
                };
            }
        }
    }
    out
}

/// The effective values as JSON, secrets masked.
pub fn show_json(loaded: &Loaded) -> Json {
    let mut root = Json::Object(Map::new());
    let mut at: Vec<String> = vec![];
    for declared in &loaded.declared {
        match declared {
            Declared::Section { path, repeated, .. } => {
                at = path.split('.').map(str::to_owned).collect();
                let slot = slot(&mut root, &at);
                match slot {
                    Json::Array(elements) if *repeated => elements.push(json!({})),
                    Json::Null if *repeated => *slot = json!([{}]),
                    Json::Null => *slot = json!({}),
                    _ => {}
                }
            }
            Declared::Key(key) => {
                let value = match (&key.given, key.presence) {
                    (Some(_), _) if key.secret => json!("…"),
                    (Some(node), _) => node.to_json(),
                    (None, Presence::Default) => {
                        super::tree::parse_value(&key.sample, &Origin::Default).to_json()
                    }
                    (None, _) => Json::Null,
                };
                let table = slot(&mut root, &at);
                let table = match table {
                    Json::Array(elements) => elements.last_mut(),
                    other => Some(other),
                };
                if let Some(Json::Object(table)) = table {
                    table.insert(key.name.clone(), value);
                }
            }
        }
    }
    root
}

/// The place of a path; within a list that is its last element, except at the end of the path.
fn slot<'a>(root: &'a mut Json, path: &[String]) -> &'a mut Json {
    let mut at = root;
    for step in path {
        if let Json::Array(elements) = at {
            at = elements.last_mut().expect("a list is entered only once it has an element");
        }
        at = &mut at[step.as_str()];
    }
    at
}

fn effective(node: &Node, key: &Key) -> String {
    // Text from the environment stands for whatever the default is.
    match &node.value {
        Value::Text(text) if node.is_untyped() && !key.sample.starts_with('"') => text.clone(),
        _ => node.to_toml(),
    }
}

fn origin(origin: &Origin, file: &str) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File { line, .. } => format!("{file}:{line}"),
        Origin::Environment(name) => format!("environment {name}"),
        Origin::Flag(name) => format!("flag {name}"),
    }
}
