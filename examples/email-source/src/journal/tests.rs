#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::json;

use super::*;
use crate::campaign::{Link, List};

fn opened(folder: &Path) -> (Journal, Vec<Entry>) {
    let mut found = Vec::new();
    let journal = Journal::open(folder, |_, entry| found.push(entry)).unwrap();
    (journal, found)
}

fn message(n: usize) -> Entry {
    Entry::Message(json!({ "messageId": n.to_string(), "properties": { "n": 1.50 } }))
}

fn campaign() -> Entry {
    Entry::Campaign(Campaign {
        id: "c".to_owned(),
        name: "n".to_owned(),
        subject: "s\u{2028}\"\\".to_owned(),
        text: "a\nb".to_owned(),
        link: Link { id: "l".to_owned(), url: "https://a.example/".to_owned() },
        list: List { id: "i".to_owned(), name: "n".to_owned() },
        created_at_ms: 1,
        mails: Vec::new(),
    })
}

#[test]
fn what_was_appended_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let entries = [campaign(), message(1), message(2)];
    let (mut journal, found) = opened(folder.path());
    assert!(found.is_empty());
    for entry in &entries {
        journal.append(entry).unwrap();
    }
    drop(journal);
    assert_eq!(opened(folder.path()).1, entries);
}

#[test]
fn a_cut_at_any_byte_keeps_every_whole_line_and_takes_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.ndjson");
    let entries = [message(1), campaign(), message(2)];
    let (mut journal, _) = opened(folder.path());
    let ends = entries.clone().map(|entry| journal.append(&entry).unwrap());
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let (mut journal, found) = opened(folder.path());
        let kept = ends.iter().filter(|end| **end <= cut as u64).count();
        assert_eq!(found, entries[..kept], "cut at {cut}");
        journal.append(&message(3)).unwrap();
        drop(journal);
        assert_eq!(opened(folder.path()).1.len(), kept + 1);
    }
}

#[test]
fn damage_in_the_middle_is_told_and_nothing_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.ndjson");
    fs::write(&path, "{\"message\":{}}\n{\"mess\n{\"message\":{}}\n").unwrap();
    let error = Journal::open(folder.path(), |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("is damaged at byte 15"), "{error}");
    assert_eq!(fs::read(&path).unwrap().len(), 37);
}

#[test]
fn two_processes_do_not_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = opened(folder.path()).0;
    let error = Journal::open(folder.path(), |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("in use"), "{error}");
    drop(first);
    opened(folder.path());
}

#[test]
fn the_queue_is_read_in_requests() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = opened(folder.path());
    for n in 0..5 {
        journal.append(&message(n)).unwrap();
        journal.append(&campaign()).unwrap();
    }
    let ids = |unsent: &Unsent| -> String {
        unsent.messages.iter().map(|m| m["messageId"].as_str().unwrap()).collect()
    };
    let first = journal.unsent(0, 2, 10_000).unwrap();
    assert_eq!(ids(&first), "01");
    let rest = journal.unsent(first.next, 10, 10_000).unwrap();
    assert_eq!(ids(&rest), "234");
    assert!(journal.unsent(rest.next, 10, 10_000).unwrap().messages.is_empty());
    // too large for the rest of a request, and too large for any
    let (mut from, mut all) = (0, String::new());
    for _ in 0..5 {
        let one = journal.unsent(from, 10, 1).unwrap();
        assert_eq!(one.messages.len(), 1);
        all.push_str(&ids(&one));
        from = one.next;
    }
    assert_eq!(all, "01234");
}

#[test]
fn how_far_it_got_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut sent = Sent::open(folder.path()).unwrap();
    assert_eq!(sent.at(), 0);
    sent.set(1234).unwrap();
    assert_eq!(Sent::open(folder.path()).unwrap().at(), 1234);
    fs::write(folder.path().join("sent"), "soon").unwrap();
    assert!(Sent::open(folder.path()).is_err());
}
