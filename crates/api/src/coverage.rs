//! Who may do what, in full: every operation of the OpenAPI document, called by everybody there
//! is, on what is theirs, on what stands beside it, and on another tenant's. What they must hear
//! stands in `coverage/expected.txt`, one row for each operation and target; an operation without
//! its row fails. Rows are written by `UPDATE_EXPECT=1`, read by people, and held against rules
//! that know nothing of them.

#![expect(clippy::unwrap_used, reason = "tests")]

pub mod calls;
pub mod stage;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use http::Method;
use serde_json::Value;
use store::Engine;

use calls::Target;
use stage::{CAST, Stage};

/// Statuses in the order of the cast, by operation and target.
type Table = BTreeMap<(String, String), Vec<u16>>;

/// Who belongs to Acme, the customer.
const ACME: [&str; 12] = [
    "owner",
    "source_admin",
    "one_source",
    "source_reader",
    "destination_admin",
    "one_destination",
    "destination_reader",
    "planner",
    "member",
    "token",
    "reader_token",
    "personal_token",
];

fn expected() -> Table {
    let mut table = Table::new();
    let text = fs::read_to_string(path()).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut words = line.split_whitespace().map(str::to_owned);
        let key = (words.next().unwrap(), words.next().unwrap());
        let statuses: Vec<u16> = words.map(|word| word.parse().unwrap()).collect();
        assert_eq!(statuses.len(), CAST.len(), "{line}");
        assert!(table.insert(key, statuses).is_none(), "twice: {line}");
    }
    table
}

/// Method, path and description of every operation, by its id.
fn operations(document: &Value) -> Vec<(Method, &str, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase().parse().unwrap(), path.as_str(), operation));
        }
    }
    all
}

async fn answered(stage: &Stage) -> Table {
    let document = crate::document();
    let mut table = Table::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        for target in Target::ALL {
            let Some(call) = calls::call(stage, name, path, target) else { continue };
            let mut statuses = Vec::with_capacity(CAST.len());
            for who in CAST {
                let who = stage.who(who);
                let reply = if name == "uploadAsset" {
                    stage.world.upload(who, &call.path, crate::testing::journey::MARK).await
                } else {
                    let seen: &[(&str, &str)] = match name {
                        "replaceCatalogInfo" => &[("if-match", stage.thing("etag"))],
                        _ => &[],
                    };
                    let body = call.body.clone();
                    stage.world.call_with(who, method.clone(), &call.path, body, seen).await
                };
                statuses.push(reply.status.as_u16());
                if method != Method::GET && reply.status.is_success() {
                    stage.world.thaw(&stage.frozen).await;
                }
            }
            table.insert((name.to_owned(), target.as_str().to_owned()), statuses);
        }
    }
    table
}

#[tokio::test]
async fn everybody_hears_what_the_table_says() {
    for stage in Box::pin(Stage::all()).await {
        keep(&stage).await;
        let answered = Box::pin(answered(&stage)).await;
        bless(&answered);
        let expected = expected();
        let mut wrong = String::new();
        for (key, statuses) in &answered {
            let (operation, target) = key;
            let Some(row) = expected.get(key) else {
                let _ = writeln!(wrong, "{operation} {target}: there is no row");
                continue;
            };
            for ((who, hears), must) in CAST.iter().zip(statuses).zip(row) {
                if hears != must {
                    let _ = writeln!(wrong, "{operation} {target} as {who}: {hears}, not {must}");
                }
            }
        }
        for (operation, target) in expected.keys().filter(|key| !answered.contains_key(*key)) {
            let _ = writeln!(wrong, "{operation} {target}: there is no such operation any more");
        }
        let engine = stage.world.api.db.engine();
        assert!(wrong.is_empty(), "on {engine:?}, against coverage/expected.txt:\n{wrong}");
    }
}

/// Writes the table anew when it is asked for; what it then says is for people to judge.
#[expect(clippy::disallowed_methods, reason = "says whether to bless")]
fn bless(answered: &Table) {
    if std::env::var("UPDATE_EXPECT").is_err() {
        return;
    }
    let mut text = String::from("# What everybody hears, in this order:\n");
    for (number, names) in CAST.chunks(6).enumerate() {
        let _ = writeln!(text, "#   {:>2}  {}", number * 6 + 1, names.join("  "));
    }
    for ((operation, target), statuses) in answered {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let _ = writeln!(text, "{operation:<38} {target:<8} {}", statuses.join(" "));
    }
    fs::write(path(), text).unwrap();
}

/// Writes a database with rows of every kind as SQL text, for `store`'s test of migrations.
#[expect(clippy::disallowed_methods, reason = "says whether, and where to")]
async fn keep(stage: &Stage) {
    let db = &stage.world.api.db;
    let Ok(path) = std::env::var("KEEP_FIXTURE") else { return };
    if db.engine() == Engine::Sqlite {
        let mut read = db.read().await.unwrap();
        let text = store::dump::whole(&mut read).await.unwrap();
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path), text).unwrap();
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/coverage/expected.txt")
}

#[test]
fn the_table_keeps_the_rules() {
    let document = crate::document();
    let table = expected();
    let mut wrong = String::new();
    for (_, _, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let access = operation["x-access"].as_str().unwrap();
        for target in Target::ALL {
            let Some(row) = table.get(&(name.to_owned(), target.as_str().to_owned())) else {
                continue;
            };
            for (who, hears) in CAST.iter().zip(row) {
                if let Some(must) = rule(access, target, who)
                    && !must.contains(hears)
                {
                    let _ = writeln!(
                        wrong,
                        "{name} ({access}) {} as {who}: {hears}, must be one of {must:?}",
                        target.as_str()
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What somebody must hear whatever the operation is; `None` when that depends on it.
fn rule(access: &str, target: Target, who: &str) -> Option<&'static [u16]> {
    let workspace_token = matches!(who, "token" | "reader_token" | "other_token");
    let in_team = match target {
        Target::Foreign => who == "other_partner",
        _ => matches!(who, "builder" | "partner_admin"),
    };
    match (access, who) {
        ("public", _) => None,
        (_, "anonymous") => Some(&[401]),
        (
            "signed_in" | "verified" | "operator" | "partner" | "partner_admin" | "integration",
            _,
        ) if workspace_token => Some(&[401]),
        ("signed_in", _) => None,
        (_, "unverified") => Some(&[403]),
        ("operator", "operator") | ("verified", _) => None,
        ("operator", _) => Some(&[403]),
        // The portal is not there for whoever has no part in it.
        ("integration", _) if !in_team => Some(&[404]),
        ("partner" | "partner_admin", _)
            if !matches!(who, "builder" | "partner_admin" | "other_partner") =>
        {
            Some(&[404])
        }
        ("partner_admin", "builder") => Some(&[403]),
        ("partner" | "partner_admin" | "integration", _) => None,
        // A workspace is not there for whoever does not belong to it, nor another one's things.
        (_, _) if !ACME.contains(&who) => Some(&[404]),
        // A plan of another workspace is not there; a foreign source that is named is unknown.
        ("tracking_plan_read" | "tracking_plan_admin", "owner" | "planner")
            if target == Target::Foreign =>
        {
            Some(&[404, 422])
        }
        ("source_read" | "source_admin" | "destination_read" | "destination_admin", _)
            if target == Target::Foreign =>
        {
            Some(&[404])
        }
        ("source_read" | "source_admin", "one_source") if target == Target::Sibling => Some(&[404]),
        ("destination_read" | "destination_admin", "one_destination" | "one_source")
            if target == Target::Sibling =>
        {
            Some(&[404])
        }
        ("source_read" | "source_admin", "planner" | "member") => Some(&[404]),
        ("source_admin", "source_reader" | "reader_token") => Some(&[403]),
        ("tracking_plan_read" | "tracking_plan_admin", who) => match who {
            "owner" | "planner" | "token" | "personal_token" => None,
            _ => Some(&[403]),
        },
        ("source_create", "owner" | "source_admin" | "token" | "personal_token") => None,
        ("source_create", _) => Some(&[403]),
        ("destination_read" | "destination_admin", "planner" | "member") => Some(&[404]),
        ("destination_admin", "source_reader" | "reader_token" | "destination_reader") => {
            Some(&[403])
        }
        ("owner", "owner" | "token" | "personal_token") => None,
        ("owner", _) => Some(&[403]),
        _ => None,
    }
}
