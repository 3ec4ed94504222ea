use axum::{
    Json, Router,
    extract::RawQuery,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::server::{Ran, Server, parse, run};
use crate::{balance, dead_letters};

async fn balance(server: &Server, line: &[&str]) -> Ran {
    let arguments: balance::Arguments = parse(line).expect("the test names good arguments");
    let arguments = balance::Arguments { connection: server.connection.clone(), ..arguments };
    run(async |screen| balance::run(&arguments, screen).await).await
}

async fn accounting(accepted: u64) -> Server {
    let books = json!({"data": {"sources": [{
        "source": "website", "received": 1330, "accepted": accepted, "duplicates": 20,
        "discarded": 10, "refused": 3,
        "discards": [{"step": "failed_on_ingest", "code": "no_user_anon_id", "count": 10}],
        "refusals": [], "destinations": [
            {"destination": "crm", "routed": 1300, "delivered": 1200, "pending": 97,
             "discarded": 2, "exhausted": 1, "balanced": true,
             "discards": [{"step": "failed_delivery", "code": "410", "count": 2}]},
        ],
    }]}});
    let answer = async move |RawQuery(query): RawQuery| {
        assert_eq!(query.as_deref(), Some("by=total&source=website"));
        Json(books)
    };
    let audit =
        async || Json(json!({"data": {"balanced": false, "problem": "crm has one too many"}}));
    let routes = Router::new()
        .route("/api/accounting", get(answer))
        .route("/api/accounting/audit", get(audit));
    Server::with(routes).await
}

#[tokio::test]
async fn the_books_are_tables() {
    let server = accounting(1300).await;
    let ran = balance(&server, &["--source", "website"]).await;
    let expected = "\
SOURCE   RECEIVED  ACCEPTED  DUPLICATES  DISCARDED  REFUSED
website     1,330     1,300          20         10        3

SOURCE   DESTINATION  ROUTED  DELIVERED  PENDING  DISCARDED  EXHAUSTED
website  crm           1,300      1,200       97          2          1

SOURCE   DESTINATION  STOPPED           REASON           COUNT
website  -            failed_on_ingest  no_user_anon_id     10
website  crm          failed_delivery   410                  2
";
    assert_eq!(ran.out, expected);
    assert_eq!(ran.code, 0);
    let ran = balance(&server, &["--source", "website", "--audit"]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(ran.notes, "the books are wrong: crm has one too many\n");
}

#[tokio::test]
async fn books_that_do_not_balance_are_a_problem() {
    let server = accounting(1299).await;
    let ran = balance(&server, &["--source", "website", "--json"]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(ran.notes, "the books do not balance\n");
    let line: Value = serde_json::from_str(&ran.out).expect("one JSON value");
    assert_eq!(line["destinations"][0]["pending"], 97);
}

#[tokio::test]
async fn the_balance_sheet_has_a_line_for_each_hour_and_destination() {
    let answer = async |RawQuery(query): RawQuery| {
        assert_eq!(query.as_deref(), Some("by=hour"));
        let row = |time: &str, accepted: u64, destinations: Value| {
            json!({"time": time, "unit": "hour", "source": "website", "received": accepted + 1,
                "accepted": accepted, "duplicates": 1, "discarded": 0, "destinations": destinations})
        };
        let crm = json!({"destination": "crm", "notRouted": 0, "routed": 1300, "delivered": 1200,
            "pending": 97, "discarded": 2, "exhausted": 1, "balanced": true});
        Json(json!({"data": {"by": "hour", "sources": [
            row("2025-11-13T02:00:00.000Z", 1300, json!([crm])),
            row("2025-11-13T03:00:00.000Z", 1301, json!([crm])),
            row("2025-11-13T04:00:00.000Z", 7, json!([])),
        ]}}))
    };
    let server = Server::with(Router::new().route("/api/accounting", get(answer))).await;
    let ran = balance(&server, &["--by", "hour"]).await;
    let verdicts: Vec<_> =
        ran.out.lines().map(|line| line.rsplit("  ").next().unwrap_or("")).collect();
    assert_eq!(verdicts, ["BALANCE", "ok", "DOES NOT BALANCE", "ok"], "{}", ran.out);
    let expected = "2025-11-13 02:00  website  crm             1,301           1          0     1,300           0      1,200       97                  2          1  ok";
    assert_eq!(ran.out.lines().nth(1), Some(expected));
    assert_eq!((ran.code, ran.notes.as_str()), (1, "the books do not balance\n"));
}

#[tokio::test]
async fn dead_letters_are_listed_and_redelivered() {
    let letters = async |RawQuery(query): RawQuery| {
        let letter = |position: &str| {
            json!({"position": position, "source": "website",
                "receivedAt": "2025-11-13T02:13:20.123Z", "attempts": 31, "status": 503,
                "code": "503", "excerpt": "busy\nstill"})
        };
        Json(match query.as_deref() {
            Some("limit=500") => json!({"data": {"deadLetters": [letter("1000")]},
                "pagination": {"after": "1000"}}),
            Some("limit=500&after=1000") => {
                json!({"data": {"deadLetters": [letter("2000")]}, "pagination": {}})
            }
            other => panic!("{other:?} was not expected"),
        })
    };
    let redeliver = async |Json(body): Json<Value>| {
        let positions = body["positions"].as_array().map_or(7, Vec::len);
        Json(json!({"data": {"redelivered": positions}}))
    };
    let routes = Router::new()
        .route("/api/destinations/crm/dead-letters", get(letters))
        .route("/api/destinations/crm/redeliver", post(redeliver));
    let server = Server::with(routes).await;
    let list = async |line: &[&str]| {
        let arguments: dead_letters::List = parse(line).expect("good arguments");
        let connection = server.connection.clone();
        let command = dead_letters::Command::List(dead_letters::List { connection, ..arguments });
        run(async |screen| dead_letters::run(&command, screen).await).await
    };
    let expected = "\
POSITION  RECEIVED                  SOURCE   ATTEMPTS  LAST ANSWER
    1000  2025-11-13T02:13:20.123Z  website        31  503 · busy␣still
    2000  2025-11-13T02:13:20.123Z  website        31  503 · busy␣still
";
    assert_eq!(list(&["crm"]).await.out, expected);
    assert_eq!(list(&["crm", "--json", "--limit", "1"]).await.out.lines().count(), 1);
    let redeliver = async |line: &[&str]| {
        let arguments: dead_letters::Redeliver = parse(line).expect("good arguments");
        let connection = server.connection.clone();
        let arguments = dead_letters::Redeliver { connection, ..arguments };
        let command = dead_letters::Command::Redeliver(arguments);
        run(async |screen| dead_letters::run(&command, screen).await).await.out
    };
    assert_eq!(redeliver(&["crm", "--all"]).await, "7 messages are on the way again\n");
    assert_eq!(redeliver(&["crm", "--position", "5"]).await, "1 message is on the way again\n");
    assert!(parse::<dead_letters::Redeliver>(&["crm"]).is_err(), "all is never meant by accident");
}
