//! Paths of directives: `$.a.b[0]["c d"]`.

use serde_json::Value;

/// Names and numbers of elements that lead to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// `None` when a bracket is not closed.
    pub(super) fn new(text: &str) -> Option<Path> {
        let text = text.trim();
        let mut rest =
            text.strip_prefix('$').filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let mut rest = rest.take().unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (step, after) = match quote {
                    Some(quote) => {
                        let (step, after) = inside[1..].split_once(quote)?;
                        (step, after.strip_prefix(']')?)
                    }
                    None => inside.split_once(']')?,
                };
                steps.push(step.to_owned());
                rest = after;
            } else {
                rest = rest.strip_prefix('.').unwrap_or(rest);
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end > 0 {
                    steps.push(rest[..end].to_owned());
                }
                rest = &rest[end..];
            }
        }
        Some(Path(steps))
    }

    /// What stands there.
    pub(super) fn get<'a>(&self, payload: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(payload, |value, step| match value {
            Value::Object(members) => members.get(step),
            Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }
}
