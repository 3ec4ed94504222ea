//! Fields of a mapping, checked and made ready.

use serde_json::{Map, Value};

use super::{MAPPING_BYTES_MAX, MAPPING_DEPTH_MAX, path::Path};
use crate::filter::Problem;

/// Characters of a pattern of `@replace`, and of what takes its place.
const REPLACE_CHARS_MAX: usize = 10;

/// What stands for a value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Raw(Value),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
    Path(Path),
    Template(Vec<Part>),
    If {
        blank: bool,
        given: Box<Node>,
        then: Option<Box<Node>>,
        otherwise: Option<Box<Node>>,
    },
    Case {
        upper: bool,
        value: Box<Node>,
    },
    Replace {
        patterns: Vec<(String, String)>,
        ignore_case: bool,
        all: bool,
        value: Box<Node>,
    },
    ArrayPath {
        root: Box<Node>,
        shape: Option<Box<Node>>,
    },
    Flatten {
        value: Box<Node>,
        separator: String,
        omit_arrays: bool,
    },
    Encode(Box<Node>),
    Decode(Box<Node>),
    /// Later ones win.
    Merge(Vec<Node>),
    ExcludeWhenNull(Box<Node>),
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Text(String),
    Value { path: Path, escaped: bool },
}

const DIRECTIVES: [&str; 11] = [
    "@path",
    "@template",
    "@literal",
    "@if",
    "@case",
    "@replace",
    "@arrayPath",
    "@flatten",
    "@json",
    "@merge",
    "@excludeWhenNull",
];

/// Reads fields, and keeps what is wrong with them.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    depth: usize,
}

impl Reader {
    /// The node that `value` is; anything where there is a problem.
    pub(super) fn read(&mut self, value: &Value, pointer: &str) -> Node {
        if self.depth == 0 && value.to_string().len() > MAPPING_BYTES_MAX {
            let fix = format!("keep them to {MAPPING_BYTES_MAX} bytes");
            return self.wrong(pointer, "the fields are too large", fix);
        }
        if self.depth >= MAPPING_DEPTH_MAX {
            let fix = format!("nest at most {MAPPING_DEPTH_MAX} of them in one another");
            return self.wrong(pointer, "the fields are nested too deeply", fix);
        }
        self.depth += 1;
        let node = match value {
            Value::Object(members) => match members.keys().find(|key| key.starts_with('@')) {
                Some(name) => self.directive(members, name, pointer),
                None => Node::Object(
                    members
                        .iter()
                        .map(|(key, value)| (key.clone(), self.read(value, &join(pointer, key))))
                        .collect(),
                ),
            },
            Value::Array(elements) => Node::List(
                elements
                    .iter()
                    .enumerate()
                    .map(|(index, value)| self.read(value, &format!("{pointer}/{index}")))
                    .collect(),
            ),
            raw => Node::Raw(raw.clone()),
        };
        self.depth -= 1;
        node
    }

    fn wrong(&mut self, pointer: &str, message: &str, fix: impl Into<String>) -> Node {
        self.problems.push(Problem::new(pointer, message, fix));
        Node::Raw(Value::Null)
    }

    fn directive(&mut self, members: &Map<String, Value>, name: &str, pointer: &str) -> Node {
        // What an editor notes beside a directive means nothing here.
        let others = members.keys().filter(|key| *key != name && *key != "_metadata").count();
        if others > 0 {
            let fix = "write a directive as the only member of its object";
            return self.wrong(pointer, &format!("{name} stands beside other members"), fix);
        }
        let value = &members[name];
        let at = &join(pointer, name);
        match name {
            "@literal" => Node::Raw(value.clone()),
            "@path" => self.path(value, at),
            "@template" => self.template(value, at),
            "@excludeWhenNull" => Node::ExcludeWhenNull(self.read(value, at).into()),
            "@arrayPath" => self.array_path(value, at),
            "@if" | "@case" | "@replace" | "@flatten" | "@json" | "@merge" => match value {
                Value::Object(options) => self.with_options(name, options, at),
                _ => self.wrong(at, &format!("{name} is no object"), form(name)),
            },
            _ => {
                let fix = format!("the directives are {}", DIRECTIVES.join(", "));
                self.wrong(pointer, &format!("{name} is no directive"), fix)
            }
        }
    }

    fn path(&mut self, value: &Value, at: &str) -> Node {
        match value.as_str().and_then(Path::new) {
            Some(path) => Node::Path(path),
            None => self.wrong(at, &format!("{value} is no path"), "write it as $.properties.name"),
        }
    }

    fn template(&mut self, value: &Value, at: &str) -> Node {
        let fix = "write text with values in it: {{properties.name}}";
        let Some(mut rest) = value.as_str() else {
            return self.wrong(at, &format!("{value} is no template"), fix);
        };
        let mut parts = Vec::new();
        while let Some(start) = rest.find("{{") {
            let (open, close) =
                if rest[start..].starts_with("{{{") { ("{{{", "}}}") } else { ("{{", "}}") };
            let inside = &rest[start + open.len()..];
            let Some((path, after)) = inside.split_once(close) else {
                return self.wrong(at, &format!("{open} is not closed"), format!("write {close}"));
            };
            let Some(path) = Path::new(path) else {
                return self.wrong(at, &format!("{path:?} is no path"), fix);
            };
            parts.push(Part::Text(rest[..start].to_owned()));
            parts.push(Part::Value { path, escaped: open.len() == 2 });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Node::Template(parts)
    }

    fn array_path(&mut self, value: &Value, at: &str) -> Node {
        let Some([root, shape @ ..]) = value.as_array().map(Vec::as_slice) else {
            return self.wrong(at, "@arrayPath is no list with a path in it", form("@arrayPath"));
        };
        let root_at = format!("{at}/0");
        let root = match root {
            Value::String(_) => self.path(root, &root_at),
            directive => self.read(directive, &root_at),
        };
        let shape = shape.first().filter(|shape| shape.as_object().is_some_and(|s| !s.is_empty()));
        let shape = shape.map(|shape| self.read(shape, &format!("{at}/1")).into());
        Node::ArrayPath { root: root.into(), shape }
    }

    fn with_options(&mut self, name: &str, options: &Map<String, Value>, at: &str) -> Node {
        let mut inner =
            |key: &str| options.get(key).map(|value| Box::new(self.read(value, &join(at, key))));
        let switch =
            |key: &str, otherwise| options.get(key).and_then(Value::as_bool).unwrap_or(otherwise);
        let word = |key: &str| options.get(key).and_then(Value::as_str);
        let node = match name {
            "@if" => {
                let blank = !options.contains_key("exists");
                let given = inner(if blank { "blank" } else { "exists" });
                let (then, otherwise) = (inner("then"), inner("else"));
                given.map(|given| Node::If { blank, given, then, otherwise })
            }
            "@case" => match (word("operator"), inner("value")) {
                (Some(operator @ ("lower" | "upper")), Some(value)) => {
                    Some(Node::Case { upper: operator == "upper", value })
                }
                _ => None,
            },
            "@replace" => {
                let pair = |pattern: &str, replacement: &str| {
                    let pattern = word(pattern)?.to_owned();
                    Some((pattern, word(replacement).unwrap_or_default().to_owned()))
                };
                let second = pair("pattern2", "replacement2");
                let first = pair("pattern", "replacement");
                let patterns: Vec<_> = first.into_iter().chain(second).collect();
                let short = |text: &str| text.chars().count() <= REPLACE_CHARS_MAX;
                let fit = options.contains_key("pattern")
                    && patterns.iter().all(|(pattern, replacement)| {
                        !pattern.is_empty() && short(pattern) && short(replacement)
                    });
                let (ignore_case, all) = (switch("ignorecase", false), switch("global", true));
                let value = inner("value").filter(|_| fit && !patterns.is_empty());
                value.map(|value| Node::Replace { patterns, ignore_case, all, value })
            }
            "@flatten" => match (word("separator"), inner("value")) {
                (Some(separator), Some(value)) => Some(Node::Flatten {
                    value,
                    separator: separator.to_owned(),
                    omit_arrays: switch("omitArrays", false),
                }),
                _ => None,
            },
            "@json" => match (word("mode"), inner("value")) {
                (Some("encode"), Some(value)) => Some(Node::Encode(value)),
                (Some("decode"), Some(value)) => Some(Node::Decode(value)),
                _ => None,
            },
            _ => match (word("direction"), inner("objects").map(|node| *node)) {
                (Some("right"), Some(Node::List(objects))) => Some(Node::Merge(objects)),
                (Some("left"), Some(Node::List(mut objects))) => {
                    objects.reverse();
                    Some(Node::Merge(objects))
                }
                _ => None,
            },
        };
        node.unwrap_or_else(|| self.wrong(at, &format!("{name} lacks what it needs"), form(name)))
    }
}

/// How a directive is written.
fn form(name: &str) -> &'static str {
    match name {
        "@if" => r#"write {"exists": …, "then": …, "else": …}, or blank in place of exists"#,
        "@case" => r#"write {"operator": "lower", "value": …}, or upper"#,
        "@replace" => {
            r#"write {"pattern": "a", "replacement": "b", "value": …}, each of at most 10 characters"#
        }
        "@flatten" => r#"write {"value": …, "separator": "."}"#,
        "@json" => r#"write {"mode": "encode", "value": …}, or decode"#,
        "@arrayPath" => r#"write ["$.properties.products", {"sku": {"@path": "$.sku"}}]"#,
        _ => r#"write {"objects": [ … ], "direction": "right"}, or left"#,
    }
}

fn join(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
