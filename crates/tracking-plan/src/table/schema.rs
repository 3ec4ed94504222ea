//! A schema taken apart into one row for each place, and put together again.

use serde_json::{Map, Value, json};

use super::{
    Keywords,
    path::{Path, Step},
};

/// The data type of a string in the format `date-time`.
const DATE_TIME: &str = "date-time";

/// One schema and those within it that have rows of their own.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    keywords: Keywords,
    /// It has a row, and is not only there because something within it has one.
    said: bool,
    required: bool,
    members: Vec<(String, Node)>,
    element: Option<Box<Node>>,
}

/// What a row says of a schema, beside its path and status.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cells {
    pub(super) description: String,
    pub(super) data_type: String,
    pub(super) permitted_values: String,
    pub(super) pattern: String,
    pub(super) labels: String,
    pub(super) other: String,
}

impl Node {
    /// Takes `schema` apart.
    pub(super) fn split(schema: &Value) -> Node {
        let mut node = Node { said: true, ..Node::default() };
        let Value::Object(members) = schema else { return node };
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    let mut unsaid = Map::new();
                    for (name, inside) in properties {
                        if inside.is_object() && Path::can_say(name) {
                            node.members.push((name.clone(), Node::split(inside)));
                        } else {
                            unsaid.insert(name.clone(), inside.clone());
                        }
                    }
                    if !unsaid.is_empty() {
                        node.keywords.insert(keyword.clone(), Value::Object(unsaid));
                    }
                }
                ("items", Value::Object(_)) => node.element = Some(Box::new(Node::split(value))),
                _ => _ = node.keywords.insert(keyword.clone(), value.clone()),
            }
        }
        node.take_required();
        node
    }

    /// Moves what `required` says of members that have rows to them.
    fn take_required(&mut self) {
        let Some(Value::Array(names)) = self.keywords.get("required").cloned() else { return };
        self.keywords.shift_remove("required");
        let mut left = Vec::new();
        for name in names {
            let member = self.members.iter_mut().find(|(member, _)| name == **member);
            match member {
                Some((_, member)) => member.required = true,
                None => left.push(name),
            }
        }
        if !left.is_empty() {
            self.keywords.insert("required".into(), Value::Array(left));
        }
    }

    /// One row for each place: its path, whether it is required, its cells.
    pub(super) fn rows(&self) -> Vec<(Path, bool, Cells)> {
        let mut rows = Vec::new();
        self.add_rows(&Path::default(), &mut rows);
        rows
    }

    fn add_rows(&self, path: &Path, rows: &mut Vec<(Path, bool, Cells)>) {
        rows.push((path.clone(), self.required, Cells::of(&self.keywords)));
        for (name, member) in &self.members {
            member.add_rows(&path.with(Step::Member(name.clone())), rows);
        }
        if let Some(element) = &self.element {
            element.add_rows(&path.with(Step::Element), rows);
        }
    }

    /// Takes in a row; whether it is the first of its place.
    pub(super) fn put(&mut self, path: &Path, required: bool, keywords: Keywords) -> bool {
        let mut at = self;
        for step in &path.0 {
            at = match step {
                Step::Element => at.element.get_or_insert_default(),
                Step::Member(name) => {
                    let place = at.members.iter().position(|(member, _)| member == name);
                    let place = place.unwrap_or_else(|| {
                        at.members.push((name.clone(), Node::default()));
                        at.members.len() - 1
                    });
                    &mut at.members[place].1
                }
            };
        }
        let first = !at.said;
        at.said = true;
        at.required = required;
        at.keywords = keywords;
        first
    }

    /// Puts the schema together.
    pub(super) fn join(self) -> Value {
        let mut schema = self.keywords;
        // What is only there for what it holds is what it must be to hold it.
        if !self.said && !schema.contains_key("type") {
            let holds = if self.members.is_empty() { "array" } else { "object" };
            schema.insert("type".into(), json!(holds));
        }
        if !self.members.is_empty() {
            let mut required = Vec::new();
            let mut properties = Map::new();
            for (name, member) in self.members {
                if member.required {
                    required.push(json!(name));
                }
                properties.insert(name, member.join());
            }
            if let Some(Value::Object(unsaid)) = schema.shift_remove("properties") {
                properties.extend(unsaid);
            }
            if let Some(Value::Array(unsaid)) = schema.shift_remove("required") {
                required.extend(unsaid);
            }
            schema.insert("properties".into(), Value::Object(properties));
            if !required.is_empty() {
                schema.insert("required".into(), Value::Array(required));
            }
        }
        if let Some(element) = self.element {
            schema.insert("items".into(), element.join());
        }
        Value::Object(schema)
    }
}

impl Cells {
    /// The cells of one schema; what fits no column goes into the last.
    fn of(keywords: &Keywords) -> Cells {
        let mut left = keywords.clone();
        let mut take = |name: &str, say: &dyn Fn(&Value) -> Option<String>| {
            let text = left.get(name).and_then(say);
            if text.is_some() {
                left.shift_remove(name);
            }
            text.unwrap_or_default()
        };
        let plain =
            |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let description = take("description", &plain);
        let pattern = take("pattern", &plain);
        let permitted_values = take("enum", &write_values);
        let labels = take("labels", &write_labels);
        let mut data_type = take("type", &write_types);
        let words: Vec<&str> = data_type.split('|').collect();
        if left.get("format") == Some(&json!(DATE_TIME)) && words.contains(&"string") {
            left.shift_remove("format");
            data_type = words
                .iter()
                .map(|word| if *word == "string" { DATE_TIME } else { word })
                .collect::<Vec<_>>()
                .join("|");
        }
        let other = if left.is_empty() { String::new() } else { Value::Object(left).to_string() };
        Cells { description, data_type, permitted_values, pattern, labels, other }
    }

    /// The keywords that the cells say.
    ///
    /// Errors: the column, what is wrong with it, and what to do.
    pub(super) fn keywords(&self) -> Result<Keywords, (&'static str, String, &'static str)> {
        let mut keywords = Map::new();
        if !self.description.is_empty() {
            keywords.insert("description".into(), json!(self.description));
        }
        self.read_types(&mut keywords)?;
        if !self.permitted_values.trim().is_empty() {
            let values = read_values(&self.permitted_values).map_err(|message| {
                let fix = "write values with | between them, or a list as JSON";
                ("permitted_values", message, fix)
            })?;
            keywords.insert("enum".into(), values);
        }
        if !self.pattern.is_empty() {
            keywords.insert("pattern".into(), json!(self.pattern));
        }
        if !self.labels.trim().is_empty() {
            let labels = read_labels(&self.labels).ok_or_else(|| {
                let message = format!("the labels are {:?}", self.labels);
                ("labels", message, "write key:value, several with | between them")
            })?;
            keywords.insert("labels".into(), labels);
        }
        if !self.other.trim().is_empty() {
            let fix = r#"write an object as JSON, such as {"minimum": 0}"#;
            let other: Map<String, Value> = serde_json::from_str(&self.other)
                .map_err(|error| ("other_keywords", format!("it is no JSON: {error}"), fix))?;
            for (name, value) in other {
                if keywords.contains_key(&name) {
                    let message = format!("{name:?} has a column of its own, which says it too");
                    return Err(("other_keywords", message, "say it once"));
                }
                keywords.insert(name, value);
            }
        }
        Ok(keywords)
    }

    fn read_types(
        &self,
        keywords: &mut Keywords,
    ) -> Result<(), (&'static str, String, &'static str)> {
        let fix = "say any, array, object, boolean, integer, number, string, date-time or null, \
                   several with | between them";
        let mut types = Vec::new();
        for word in self.data_type.split('|').map(|word| word.trim().to_lowercase()) {
            match word.as_str() {
                "" | "any" => {}
                DATE_TIME | "date time" | "datetime" => {
                    keywords.insert("format".into(), json!(DATE_TIME));
                    types.push("string".to_owned());
                }
                "array" | "object" | "boolean" | "integer" | "number" | "string" | "null" => {
                    types.push(word);
                }
                _ => return Err(("data_type", format!("the type is {word:?}"), fix)),
            }
        }
        let mut several = types.clone();
        several.sort();
        several.dedup();
        if several.len() < types.len() {
            return Err(("data_type", "a type is named twice".into(), fix));
        }
        match types.as_slice() {
            [] => {}
            [one] => _ = keywords.insert("type".into(), json!(one)),
            _ => _ = keywords.insert("type".into(), json!(types)),
        }
        Ok(())
    }
}

fn write_types(value: &Value) -> Option<String> {
    let known = |word: &&str| {
        ["array", "object", "boolean", "integer", "number", "string", "null"].contains(word)
    };
    match value {
        Value::String(one) => known(&one.as_str()).then(|| one.clone()),
        Value::Array(several) if several.len() > 1 => {
            let words = several.iter().map(|word| word.as_str().filter(known));
            Some(words.collect::<Option<Vec<_>>>()?.join("|"))
        }
        _ => None,
    }
}

/// `a|b` where that is clear, else JSON.
fn write_values(value: &Value) -> Option<String> {
    let Value::Array(all) = value else { return None };
    let clear = |text: &&str| {
        !text.is_empty() && *text == text.trim() && !text.contains('|') && !text.starts_with('[')
    };
    let words: Option<Vec<&str>> = all.iter().map(|one| one.as_str().filter(clear)).collect();
    match words {
        Some(words) if !words.is_empty() => Some(words.join("|")),
        _ => Some(value.to_string()),
    }
}

fn read_values(text: &str) -> Result<Value, String> {
    let text = text.trim();
    if text.starts_with('[') {
        return serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"));
    }
    Ok(text.split('|').map(|word| json!(word.trim())).collect())
}

fn write_labels(value: &Value) -> Option<String> {
    let Value::Object(labels) = value else { return None };
    let clear = |text: &str| !text.is_empty() && text == text.trim() && !text.contains([':', '|']);
    let words = labels.iter().map(|(key, value)| {
        let value = value.as_str()?;
        (clear(key) && clear(value)).then(|| format!("{key}:{value}"))
    });
    let words = words.collect::<Option<Vec<_>>>()?;
    (!words.is_empty()).then(|| words.join("|"))
}

fn read_labels(text: &str) -> Option<Value> {
    let mut labels = Map::new();
    for word in text.split('|') {
        let (key, value) = word.split_once(':')?;
        labels.insert(key.trim().to_owned(), json!(value.trim()));
    }
    Some(Value::Object(labels))
}
