//! Answers for people: lists as tables, single things as lines of name and value. What is shown is
//! named by JSON pointers into the API's data, so that a table is data as well.

use std::borrow::Cow;

use serde_json::Value;

use super::console::{Console, Reply};
use crate::{
    Failure,
    screen::{Style, tame},
    table,
};

/// Characters of one cell of a table.
const CELL_MAX: usize = 60;

/// A column of a table, or a line of a single thing: its name for people, and where it is.
pub(super) type Field = (&'static str, &'static str);

impl Console<'_, '_> {
    /// Shows a list: an entry per line as JSON, or a table; `none` when it is empty.
    pub(super) fn show_list(
        &mut self,
        entries: &[Value],
        columns: &[Field],
        none: &str,
    ) -> Result<(), Failure> {
        if self.json {
            return entries.iter().try_for_each(|entry| self.screen.line(&entry.to_string()));
        }
        if entries.is_empty() {
            return self.screen.line(none);
        }
        for (at, line) in rows(entries, columns).iter().enumerate() {
            let line = if at == 0 { self.screen.paint(Style::Faint, line) } else { line.clone() };
            self.screen.line(&line)?;
        }
        Ok(())
    }

    /// Shows one thing, which stands at `pointer` of the answer.
    pub(super) fn show_one(
        &mut self,
        reply: &Reply,
        pointer: &str,
        fields: &[Field],
    ) -> Result<(), Failure> {
        if self.json {
            return self.screen.line(&reply.data.to_string());
        }
        let thing = reply.data.pointer(pointer).unwrap_or(&Value::Null);
        lines(thing, fields).iter().try_for_each(|line| self.screen.line(line))
    }

    /// Says that something was done: the answer as JSON, or `line`.
    pub(super) fn show_done(&mut self, reply: &Reply, line: &str) -> Result<(), Failure> {
        if self.json {
            return self.screen.line(&reply.data.to_string());
        }
        self.screen.line(&tame(line))
    }

    /// A heading between two things, for people only.
    pub(super) fn heading(&mut self, text: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        let text = self.screen.paint(Style::Strong, &tame(text));
        self.screen.line(&format!("\n{text}"))
    }

    /// A line for people only.
    pub(super) fn say(&mut self, line: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { self.screen.line(&tame(line)) }
    }
}

/// A table; columns of numbers are aligned to the right.
fn rows(entries: &[Value], columns: &[Field]) -> Vec<String> {
    let head: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let cells: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| columns.iter().map(|(_, at)| cell(entry, at)).collect())
        .collect();
    let numeric = |at: &str| entries.iter().all(|e| e.pointer(at).is_some_and(Value::is_number));
    let right: Vec<usize> =
        columns.iter().enumerate().filter(|(_, (_, at))| numeric(at)).map(|(n, _)| n).collect();
    table::lines(&head, &cells, &right)
}

/// Name and value, line by line; what is not there is left out.
fn lines(thing: &Value, fields: &[Field]) -> Vec<String> {
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let there = fields.iter().filter(|(_, at)| thing.pointer(at).is_some_and(told));
    there
        .map(|(name, at)| {
            let value = thing.pointer(at).unwrap_or(&Value::Null);
            format!("{name:<width$}  {}", words(value, at))
        })
        .collect()
}

/// Whether a value says anything.
fn told(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

fn cell(entry: &Value, at: &str) -> String {
    let text = match entry.pointer(at) {
        Some(value) if told(value) => words(value, at),
        _ => return "-".to_owned(),
    };
    if text.chars().count() <= CELL_MAX {
        return text;
    }
    text.chars().take(CELL_MAX - 1).chain(['…']).collect()
}

/// A value in words.
fn words(value: &Value, at: &str) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if at.ends_with("At") => when(text),
        Value::String(text) => tame(text).into_owned(),
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(|value| words(value, "")).collect();
            words.join(", ")
        }
        Value::Object(map) => {
            let pairs = map.iter().filter(|(_, value)| told(value));
            let pairs: Vec<String> =
                pairs.map(|(name, value)| format!("{name}={}", words(value, name))).collect();
            pairs.join(" ")
        }
        Value::Number(number) => number.to_string(),
    }
}

/// `2026-11-25 12:00` of an ISO time, UTC; anything else as it is.
pub(super) fn when(iso: &str) -> String {
    match (iso.get(..10), iso.get(10..11), iso.get(11..16)) {
        (Some(day), Some("T"), Some(minute)) => format!("{day} {minute}"),
        _ => tame(iso).into_owned(),
    }
}

/// One of something, or several.
pub(super) fn count(number: usize, one: &str, several: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{number} {}", if number == 1 { one } else { several }))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(lines: &[String], expected: &Expect) {
        expected.assert_eq(&(lines.join("\n") + "\n"));
    }

    #[test]
    fn a_list_is_a_table() {
        let entries = [
            json!({"slug": "website", "enabled": true, "keys": ["a", "b"], "count": 1200,
                "lastDataAt": "2026-11-25T12:34:56.000Z"}),
            json!({"slug": "app\u{1b}[31m\n", "enabled": false, "keys": [], "count": 7,
                "lastDataAt": null}),
            json!({"slug": "x".repeat(70), "enabled": true, "count": 0}),
        ];
        let columns = [
            ("SLUG", "/slug"),
            ("ENABLED", "/enabled"),
            ("KEYS", "/keys"),
            ("COUNT", "/count"),
            ("LAST DATA", "/lastDataAt"),
        ];
        check(
            &rows(&entries, &columns),
            &expect![[r"
                SLUG                                                          ENABLED  KEYS  COUNT  LAST DATA
                website                                                       yes      a, b   1200  2026-11-25 12:34
                app\u{1b}[31m␣                                                no       -         7  -
                xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  yes      -         0  -
            "]],
        );
    }

    #[test]
    fn a_thing_is_lines() {
        let thing = json!({"name": "Webhook", "settings": {"url": "https://example.com", "n": 2},
            "reason": "", "createdAt": "2026-11-25T12:34:56.000Z", "none": null});
        let fields = [
            ("Name", "/name"),
            ("Settings", "/settings"),
            ("Reason", "/reason"),
            ("Nothing", "/none"),
            ("Made", "/createdAt"),
        ];
        check(
            &lines(&thing, &fields),
            &expect![[r"
                Name      Webhook
                Settings  url=https://example.com n=2
                Made      2026-11-25 12:34
            "]],
        );
    }
}
