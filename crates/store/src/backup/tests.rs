#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::BufReader;

use super::*;
use crate::{
    audit, mails,
    testing::{Scratch, databases, fresh},
    workspaces,
};

/// A database with rows that refer to each other, texts that are hard, and nothing in places.
async fn filled(db: &Db) {
    let mut write = db.write().await.unwrap();
    for (number, text) in ["plain", "\u{1F30A} \"quoted\"\nand\tmore", ""].into_iter().enumerate() {
        let mail = mails::Mail {
            id: format!("mail_{number}"),
            letter: "Verify".to_owned(),
            to: "ada@example.com".to_owned(),
            subject: text.to_owned(),
            text: text.to_owned(),
            html: text.to_owned(),
            created_at_ms: i64::MAX - 7,
            next_try_at_ms: (number == 0).then_some(-5),
            tries: 0,
            sent_at_ms: None,
            problem: None,
        };
        mails::insert(&mut write, &mail).await.unwrap();
        let change = audit::Change {
            scope: "platform",
            kind: "Mail Written",
            actor: "headwater",
            actor_email: None,
            resource_type: "MAIL",
            resource_id: "mail",
            resource_name: text,
            before: None,
            after: Some("{}".to_owned()),
        };
        audit::record(&mut write, &fresh(number as u64 + 1), 5, change).await.unwrap();
    }
    write.commit().await.unwrap();
}

async fn backup(db: &Db) -> (Vec<u8>, Taken) {
    let mut bytes = Vec::new();
    let taken = write(db, 1234, &mut bytes).await.unwrap();
    (bytes, taken)
}

/// The URL of an empty database of the same engine, and what keeps it.
async fn empty(scratch: &Scratch) -> (String, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let url = match scratch.db.engine() {
        Engine::Sqlite => crate::db::url_of(&dir.path().join("restored.db")),
        Engine::Postgres => crate::testing::empty_postgres().await,
    };
    (url, dir)
}

#[tokio::test]
async fn what_was_there_is_there_again_on_either_engine() {
    let all = databases().await;
    for from in &all {
        filled(&from.db).await;
        let (bytes, taken) = backup(&from.db).await;
        assert_eq!(taken.rows(), 6);
        for to in &all {
            let (url, _dir) = empty(to).await;
            let (restored, read) = restore(&url, &mut BufReader::new(&bytes[..])).await.unwrap();
            assert_eq!((read.at_ms, read.rows()), (1234, 6));
            assert_eq!(backup(&restored).await.0, bytes, "byte for byte the same backup");
            let mut db = restored.read().await.unwrap();
            assert_eq!(audit::verify(&mut db, "platform").await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn it_is_of_one_moment_while_others_write() {
    for scratch in databases().await {
        filled(&scratch.db).await;
        let writing = async {
            for number in 0..50 {
                let mut write = scratch.db.write().await.unwrap();
                let id = format!("wsp_{number}");
                let workspace = workspaces::Workspace {
                    id: id.clone(),
                    slug: id.clone(),
                    name: id,
                    created_by: "acc".to_owned(),
                    created_at_ms: 5,
                    version: 1,
                };
                workspaces::insert(&mut write, &workspace).await.unwrap();
                write.commit().await.unwrap();
            }
        };
        let ((), (bytes, _)) = tokio::join!(writing, backup(&scratch.db));
        let (url, _dir) = empty(&scratch).await;
        restore(&url, &mut BufReader::new(&bytes[..])).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_whole_backup_changes_nothing() {
    let scratch = databases().await.remove(0);
    filled(&scratch.db).await;
    let (bytes, _) = backup(&scratch.db).await;
    let dir = tempfile::tempdir().unwrap();
    let url = crate::db::url_of(&dir.path().join("restored.db"));
    let fault = async |bytes: &[u8]| {
        restore(&url, &mut BufReader::new(bytes)).await.err().map(|error| error.to_string())
    };
    let ends: Vec<usize> =
        bytes.iter().enumerate().filter(|b| *b.1 == b'\n').map(|b| b.0).collect();
    for end in &ends[..ends.len() - 1] {
        let said = fault(&bytes[..=*end]).await.unwrap();
        assert!(said.contains("it was cut off"), "{said}");
    }
    let said = fault(b"{\"not\": \"a backup\"}\n").await.unwrap();
    assert!(said.starts_with("line 1 is not what a backup holds"), "{said}");
    let said = fault(&bytes[..ends[2] - 4]).await.unwrap();
    assert!(said.starts_with("line 3 is not what a backup holds"), "{said}");
    let text = String::from_utf8(bytes.clone()).unwrap();
    let foreign = text.replacen("\"table\":\"mails\"", "\"table\":\"mail; DROP TABLE mails\"", 1);
    assert!(fault(foreign.as_bytes()).await.unwrap().contains("there is no table"));
    let schema = format!("\"schema\":{}", crate::migrations::newest());
    let newer = text.replacen(&schema, "\"schema\":99", 1);
    assert!(fault(newer.as_bytes()).await.unwrap().contains("newer"), "of a newer Headwater");
    assert_eq!(fault(&bytes).await, None, "nothing of all that stayed");
    let said = fault(&bytes).await.unwrap();
    assert!(said.contains("not empty: table"), "{said}");
}
