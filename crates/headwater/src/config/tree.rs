//! A configuration before it has a meaning: tables, lists and plain values, each of which knows
//! where it comes from. A file makes the tree; environment and flags are laid over it.

use std::sync::Arc;

use serde_json::{Map, Number};
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problem, suggestion};

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text; everything from environment and flags is text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A date; no key of ours takes one.
    Date(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values by key.
    Table(Table),
}

/// Values by key, in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    entries: Vec<(String, Origin, Node)>,
}

impl Table {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(name, ..)| name == key).map(|(.., node)| node)
    }

    /// Keys with their places and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Origin, &Node)> {
        self.entries.iter().map(|(name, origin, node)| (name.as_str(), origin, node))
    }

    fn get_or_insert(&mut self, key: &str, origin: &Origin, empty: Value) -> &mut Node {
        let at = match self.entries.iter().position(|(name, ..)| plain(name) == plain(key)) {
            Some(at) => at,
            None => {
                let node = Node { value: empty, origin: origin.clone() };
                self.entries.push((key.to_owned(), origin.clone(), node));
                self.entries.len() - 1
            }
        };
        &mut self.entries[at].2
    }

    /// Lays `value` over the tree at `path`. Lists of tables are entered by the slug of an element.
    ///
    /// Errors: one problem, when the path leads nowhere.
    pub fn overlay(&mut self, path: &[&str], value: &str, origin: &Origin) -> Result<(), Problem> {
        let (key, rest) = path.split_first().expect("a path has a first step");
        let node = self.get_or_insert(key, origin, Value::Table(Table::default()));
        if rest.is_empty() {
            *node = Node { value: Value::Text(value.to_owned()), origin: origin.clone() };
            return Ok(());
        }
        match &mut node.value {
            Value::Table(table) => table.overlay(rest, value, origin),
            Value::List(elements) => {
                let slugs: Vec<String> = elements.iter().map(Node::slug).collect();
                let found = slugs.iter().position(|slug| plain(slug) == plain(rest[0]));
                match found.map(|at| &mut elements[at].value) {
                    Some(Value::Table(table)) if rest.len() > 1 => {
                        table.overlay(&rest[1..], value, origin)
                    }
                    _ => {
                        let known: Vec<&str> = slugs.iter().map(String::as_str).collect();
                        let hint = suggestion(rest[0], "slugs", &known);
                        Err(Problem::new(origin, format!("no {key} is called {:?}{hint}", rest[0])))
                    }
                }
            }
            _ => {
                let text = format!("{key} is a value and has no key {:?} in it", rest[0]);
                Err(Problem::new(origin, text))
            }
        }
    }
}

/// Environment variables know neither case nor hyphens.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

impl Node {
    /// One problem with this value.
    pub fn problem<T>(&self, text: impl Into<String>) -> Result<T, Vec<Problem>> {
        Err(vec![Problem::new(&self.origin, text)])
    }

    /// Whether the value was written as text because its place knows nothing else.
    pub fn is_untyped(&self) -> bool {
        matches!(self.origin, Origin::Environment(_) | Origin::Flag(_))
    }

    /// What the value is, for messages.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("{text:?}"),
            Value::Table(_) => "a table".to_owned(),
            Value::List(_) => "a list".to_owned(),
            _ => self.to_toml(),
        }
    }

    /// The value as TOML would write it, on one line.
    pub fn to_toml(&self) -> String {
        match &self.value {
            Value::Text(text) => toml::Value::String(text.clone()).to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => format!("{number:?}"),
            Value::Bool(yes) => yes.to_string(),
            Value::Date(date) => date.clone(),
            Value::List(nodes) => {
                let nodes: Vec<String> = nodes.iter().map(Node::to_toml).collect();
                format!("[{}]", nodes.join(", "))
            }
            Value::Table(table) => {
                let entries: Vec<String> = table
                    .iter()
                    .map(|(key, _, node)| format!("{} = {}", key_text(key), node.to_toml()))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Text(text) | Value::Date(text) => Json::String(text.clone()),
            Value::Integer(number) => Json::Number((*number).into()),
            Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
            Value::Bool(yes) => Json::Bool(*yes),
            Value::List(nodes) => Json::Array(nodes.iter().map(Node::to_json).collect()),
            Value::Table(table) => Json::Object(table.to_json()),
        }
    }

    fn slug(&self) -> String {
        let slug = match &self.value {
            Value::Table(table) => table.get("slug"),
            _ => None,
        };
        match slug.map(|node| &node.value) {
            Some(Value::Text(slug)) => slug.clone(),
            _ => String::new(),
        }
    }
}

impl Table {
    /// The table as a JSON object.
    pub fn to_json(&self) -> Map<String, serde_json::Value> {
        self.iter().map(|(key, _, node)| (key.to_owned(), node.to_json())).collect()
    }
}

/// A key as TOML writes it.
pub fn key_text(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}

/// Reads TOML, as far as it can be read, and every fault of its grammar.
pub fn parse(text: &str) -> (Table, Vec<Problem>) {
    let (table, faults) = DeTable::parse_recoverable(text);
    let lines = Lines::new(text);
    let problems = faults
        .iter()
        .map(|fault| {
            let at = lines.origin(fault.span().map_or(0, |span| span.start));
            Problem::new(&at, format!("not valid TOML: {}", fault.message().replace('\n', ", ")))
        })
        .collect();
    (convert_table(table.get_ref(), &lines), problems)
}

/// Reads one value as TOML writes it; text that is none stands for itself.
pub fn parse_value(text: &str, origin: &Origin) -> Node {
    let value = match DeValue::parse(text) {
        Ok(value) => convert(value.get_ref(), &|_| origin.clone()),
        Err(_) => Value::Text(text.to_owned()),
    };
    Node { value, origin: origin.clone() }
}

fn convert_table(table: &DeTable<'_>, lines: &Lines<'_>) -> Table {
    match convert(&DeValue::Table(table.clone()), &|at| lines.origin(at)) {
        Value::Table(table) => table,
        _ => unreachable!("a table converts to a table"),
    }
}

fn convert(value: &DeValue<'_>, origin: &impl Fn(usize) -> Origin) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Text(number.to_string()),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(nodes) => Value::List(
            nodes
                .iter()
                .map(|node| Node {
                    value: convert(node.get_ref(), origin),
                    origin: origin(node.span().start),
                })
                .collect(),
        ),
        DeValue::Table(table) => {
            let mut keyed: Vec<_> = table.iter().collect();
            keyed.sort_by_key(|(key, _)| key.span().start);
            let entries = keyed
                .into_iter()
                .map(|(key, node)| {
                    let value = convert(node.get_ref(), origin);
                    let node = Node { value, origin: origin(node.span().start) };
                    (key.get_ref().to_string(), origin(key.span().start), node)
                })
                .collect();
            Value::Table(Table { entries })
        }
    }
}

/// Turns byte offsets into lines and columns.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Lines<'a> {
        let starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1))
            .collect();
        Lines { text, starts }
    }

    fn origin(&self, offset: usize) -> Origin {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let before = self.text.get(self.starts[line - 1]..offset).unwrap_or_default();
        Origin::File { line, column: before.chars().count() + 1 }
    }
}

/// The origin of a value that came with an environment variable.
pub fn environment(name: &str) -> Origin {
    Origin::Environment(Arc::from(name))
}
