//! The codes that an operation can answer with, by status: what follows from who may call it and
//! what it is sent, and, from `x-errors` beside the handler, what only its own rules say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::access_of;
use crate::access::Access;

type Codes = BTreeMap<String, BTreeSet<String>>;

/// Every code of `operation`, which answers with these statuses.
pub fn all(schemas: &Value, operation: &Map<String, Value>, answered: &[String]) -> Value {
    let access = access_of(operation);
    let public = access == Some(Access::Public);
    let in_workspace = access.is_some_and(Access::in_workspace);
    let proof = operation.get("x-proof") == Some(&Value::Bool(true));
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let has = |name: &str| parameters.into_iter().flatten().any(|known| known["name"] == name);
    let body = &operation.get("requestBody").unwrap_or(&Value::Null)["content"]["application/json"];
    let (with_body, repeatable) = (body.is_object(), has("Idempotency-Key"));

    let mut found = Codes::new();
    for (status, code, holds) in [
        ("400", "invalid_json", with_body),
        ("400", "invalid_idempotency_key", repeatable),
        ("400", "workspace_needed", in_workspace),
        ("401", "invalid_token", true),
        ("401", "login_needed", !public),
        // A write with a session.
        ("403", "foreign_origin", true),
        ("403", "email_not_verified", !public && access != Some(Access::SignedIn)),
        ("403", "role_needed", in_workspace || access == Some(Access::PartnerAdmin)),
        ("403", "operators_only", access == Some(Access::Operator)),
        ("403", "session_needed", proof),
        ("403", "proof_needed", proof),
        ("404", "not_found", true),
        ("409", "idempotency_key_reused", repeatable),
        ("409", "under_way", repeatable),
        ("412", "changed_meanwhile", true),
        ("413", "too_large", true),
        ("415", "not_json", true),
        ("422", "not_allowed", has("pagination.count")),
        ("428", "if_match_required", true),
        ("429", "too_many_requests", true),
        ("503", "unavailable", true),
    ] {
        if holds && answered.iter().any(|known| known == status) {
            found.entry(status.to_owned()).or_default().insert(code.to_owned());
        }
    }
    if with_body {
        let shape = found.entry("422".to_owned()).or_default();
        shape.insert("invalid".to_owned());
        of_shape(schemas, &body["schema"], &mut BTreeSet::new(), shape);
    }
    for (status, codes) in
        operation.get("x-errors").and_then(Value::as_object).into_iter().flatten()
    {
        let codes = codes.as_array().into_iter().flatten().filter_map(Value::as_str);
        found.entry(status.clone()).or_default().extend(codes.map(str::to_owned));
    }
    json!(found)
}

/// What the check of a body says of `schema`.
fn of_shape<'a>(
    schemas: &'a Value,
    schema: &'a Value,
    seen: &mut BTreeSet<&'a str>,
    codes: &mut BTreeSet<String>,
) {
    if let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
        if seen.insert(name) {
            of_shape(schemas, &schemas[name], seen, codes);
        }
        return;
    }
    let least = schema["minLength"].as_u64().unwrap_or_default();
    for (code, said) in [
        ("wrong_type", schema.get("type").is_some()),
        ("required", schema.get("required").is_some()),
        ("unknown_field", schema["additionalProperties"] == false),
        ("not_allowed", schema.get("enum").is_some()),
        ("bad_email", schema["format"] == "email"),
        ("empty", least == 1),
        ("too_short", least > 1),
        ("too_long", schema.get("maxLength").is_some()),
        ("too_few", schema.get("minItems").is_some()),
        ("out_of_range", schema.get("minimum").is_some() || schema.get("maximum").is_some()),
        ("too_many", schema.get("maxItems").is_some()),
    ] {
        if said {
            codes.insert(code.to_owned());
        }
    }
    match schema {
        Value::Object(fields) => {
            for (name, field) in fields {
                if !matches!(name.as_str(), "example" | "default") {
                    of_shape(schemas, field, seen, codes);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| of_shape(schemas, item, seen, codes)),
        _ => {}
    }
}
