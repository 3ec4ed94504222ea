//! The reference page: the document as one static page, without scripts.

use std::fmt::Write;

use serde_json::{Map, Value};

const STYLE: &str = include_str!("reference.css");

/// The page.
pub fn page(document: &Value) -> String {
    let mut html = String::with_capacity(256 << 10);
    let title = text(&document["info"]["title"]);
    let _ = write!(
        html,
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\"><title>{title} API</title>\
         <style>{STYLE}</style><body>"
    );
    let mut tags: Vec<(String, Vec<Entry>)> = Vec::new();
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            let tag = operation["tags"][0].as_str().unwrap_or("Other").to_owned();
            let entry = Entry { path, method, operation };
            match tags.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, entries)) => entries.push(entry),
                None => tags.push((tag, vec![entry])),
            }
        }
    }
    html.push_str("<nav><strong>Headwater API</strong>");
    for (tag, entries) in &tags {
        let _ = write!(html, "<h2>{}</h2><ul>", escape(tag));
        for entry in entries {
            let _ =
                write!(html, "<li><a href=\"#{0}\">{0}</a>", text(&entry.operation["operationId"]));
        }
        html.push_str("</ul>");
    }
    let _ = write!(
        html,
        "</nav><main><h1>{title} API {}</h1><p><a href=openapi.json>openapi.json</a>",
        text(&document["info"]["version"])
    );
    for paragraph in document["info"]["description"].as_str().unwrap_or_default().split("\n\n") {
        let _ = write!(html, "<p>{}</p>", inline(paragraph));
    }
    for (tag, entries) in &tags {
        let _ = write!(html, "<h2>{}</h2>", escape(tag));
        for entry in entries {
            entry.write(&mut html, document);
        }
    }
    html.push_str("</main>");
    html
}

struct Entry<'a> {
    path: &'a str,
    method: &'a str,
    operation: &'a Value,
}

impl Entry<'_> {
    fn write(&self, html: &mut String, document: &Value) {
        let operation = self.operation;
        let _ = write!(
            html,
            "<section id=\"{}\"><h3><span class=\"{1}\">{1}</span> <code>{2}</code></h3>",
            text(&operation["operationId"]),
            escape(self.method),
            escape(self.path)
        );
        for part in ["summary", "description"] {
            if let Some(words) = operation[part].as_str() {
                let _ = write!(html, "<p>{}</p>", inline(words));
            }
        }
        let _ = write!(
            html,
            "<p class=access>Who may: <code>{}</code></p>",
            text(&operation["x-access"])
        );
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !parameters.is_empty() {
            html.push_str("<h4>Parameters</h4><table>");
            for parameter in parameters {
                let _ = write!(
                    html,
                    "<tr><td><code>{}</code><td>{}<td>{}",
                    text(&parameter["name"]),
                    text(&parameter["in"]),
                    inline(parameter["description"].as_str().unwrap_or_default())
                );
            }
            html.push_str("</table>");
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if body.is_object() {
            html.push_str("<h4>Body</h4>");
            schema(html, document, body, 0);
        }
        html.push_str("<h4>Answers</h4><table>");
        for (status, response) in object(&operation["responses"]) {
            let response = super::response(document, response);
            let _ = write!(
                html,
                "<tr><td><code>{}</code><td>{}",
                escape(status),
                inline(response["description"].as_str().unwrap_or_default())
            );
            for code in operation["x-errors"][status].as_array().into_iter().flatten() {
                let _ = write!(html, " <code>{}</code>", text(code));
            }
            let shape = &response["content"]["application/json"]["schema"];
            if status.starts_with('2') && shape.is_object() {
                schema(html, document, shape, 0);
            }
        }
        html.push_str("</table></section>");
    }
}

/// Deeper than this a shape is named, not shown.
const DEPTH_MAX: usize = 6;

fn schema(html: &mut String, document: &Value, shape: &Value, depth: usize) {
    if let Some(name) = shape["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        if depth < DEPTH_MAX {
            schema(html, document, &document["components"]["schemas"][name], depth);
        } else {
            let _ = write!(html, "<code>{}</code>", escape(name));
        }
        return;
    }
    if shape["items"].is_object() {
        schema(html, document, &shape["items"], depth);
        return;
    }
    if shape["properties"].is_object() {
        let required = shape["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        html.push_str("<ul class=fields>");
        for (name, field) in object(&shape["properties"]) {
            let needed = if required.iter().any(|r| r == name) { " <b>required</b>" } else { "" };
            let _ = write!(
                html,
                "<li><code>{}</code> <i>{}</i>{needed} {}",
                escape(name),
                escape(&kind(field)),
                inline(field["description"].as_str().unwrap_or_default())
            );
            if depth < DEPTH_MAX {
                schema(html, document, field, depth + 1);
            }
        }
        html.push_str("</ul>");
        return;
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        for part in shape[word].as_array().into_iter().flatten() {
            schema(html, document, part, depth);
        }
    }
}

fn kind(field: &Value) -> String {
    if let Some(name) = field["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    match &field["type"] {
        Value::String(one) if one == "array" => format!("array of {}", kind(&field["items"])),
        Value::String(one) => one.clone(),
        Value::Array(many) => {
            many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Escapes, and reads the few marks that our own descriptions use.
fn inline(words: &str) -> String {
    let escaped = escape(words);
    let mut html = String::with_capacity(escaped.len());
    for (at, part) in escaped.split('`').enumerate() {
        if at % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            for (at, part) in part.split("**").enumerate() {
                if at % 2 == 1 {
                    let _ = write!(html, "<b>{part}</b>");
                } else {
                    html.push_str(part);
                }
            }
        }
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
