//! Exactly once in a folder, with every state that a crash can leave.

use std::{fs, sync::atomic::AtomicI64};

use destination_kit::{
    Clock,
    conformance::{message, parcel},
};
use tempfile::TempDir;

use super::*;

/// `count` messages of three hours, so that a load has several files.
pub(super) fn mixed(count: usize) -> Vec<Parcel> {
    let one = |n: usize| {
        let message = message(&format!("m-{n}"), &format!(r#"{{"n":{n}}}"#));
        let received_at_ms = 1_795_615_800_123 + (n as i64 % 3) * 3_600_000;
        Parcel { received_at_ms, ..parcel(n as u64 * 1000 + 17, message) }
    };
    (0..count).map(one).collect()
}

async fn deliver(destination: &Arc<dyn Destination>, parcels: &[Parcel], batch: usize) {
    for parcels in parcels.chunks(batch) {
        let outcome = destination.deliver(parcels).await;
        assert_eq!(next(&outcome), Next::Done, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_comes_again_in_other_batches_is_there_once() {
    for format in ["ndjson.gz", "ndjson.zst"] {
        let dir = TempDir::new().expect("a temporary folder");
        let (root, all) = (dir.path().join("lake"), mixed(100));
        deliver(&folder(dir.path(), format), &all[..60], 25).await;
        let before = stored::files(&root);
        // the process died before the outcomes were on record
        deliver(&folder(dir.path(), format), &all[10..], 40).await;
        assert_eq!(stored::lines(&root), stored::expected(&all));
        let after = stored::files(&root);
        let kept = before.iter().all(|(name, bytes)| after.get(name) == Some(bytes));
        assert!(kept, "what was acknowledged is never touched");
    }
}

#[tokio::test]
async fn a_load_without_its_manifest_is_finished_when_all_files_are_there() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(30));
    deliver(&folder(dir.path(), "ndjson.gz"), &all[..20], 20).await;
    let before = stored::files(&root);
    unfinish(&root);
    deliver(&folder(dir.path(), "ndjson.gz"), &all, 7).await;
    assert_eq!(stored::lines(&root), stored::expected(&all));
    assert!(before.keys().all(|name| stored::files(&root).contains_key(name)));
    assert!(stored::ours(&root, "unfinished").is_empty());
}

#[tokio::test]
async fn the_files_of_a_load_that_is_not_whole_are_taken_away() {
    for torn in [false, true] {
        let dir = TempDir::new().expect("a temporary folder");
        let (root, all) = (dir.path().join("lake"), mixed(30));
        deliver(&folder(dir.path(), "ndjson.gz"), &all[..20], 20).await;
        unfinish(&root);
        let files = stored::files(&root);
        let missing = files.keys().next_back().expect("there is one");
        if torn {
            fs::write(root.join(missing), "torn").expect("it can be written");
        } else {
            fs::remove_file(root.join(missing)).expect("it is there");
        }
        let destination = folder(dir.path(), "ndjson.gz");
        deliver(&destination, &all[20..], 10).await;
        assert_eq!(stored::lines(&root), stored::expected(&all[20..]), "nobody sees a half");
        deliver(&destination, &all[..20], 6).await;
        assert_eq!(stored::lines(&root), stored::expected(&all));
        assert!(stored::ours(&root, "unfinished").is_empty());
    }
}

/// The dead process had sent a file, and the store was slow.
#[tokio::test]
async fn a_file_that_arrives_late_is_taken_away() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(30));
    let now_ms = Arc::new(AtomicI64::new(1_795_615_800_123));
    let open = || {
        let now_ms = now_ms.clone();
        let clock = Clock::new(move || now_ms.load(Relaxed));
        let world = World { base_dir: dir.path().to_owned(), clock, ..World::default() };
        open_with(&FolderKind, json!({ "path": "lake" }), &world)
    };
    deliver(&open(), &all[..20], 20).await;
    unfinish(&root);
    let sent = stored::files(&root);
    let late = sent.iter().next().expect("there is one");
    fs::remove_file(root.join(late.0)).expect("it is there");
    deliver(&open(), &all[..10], 10).await;
    for (name, bytes) in &sent {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, bytes).expect("it can be written");
    }
    // though all of it is there now, its messages are elsewhere too, also after a restart
    let destination = open();
    deliver(&destination, &all[10..20], 10).await;
    now_ms.fetch_add(3_600_000, Relaxed);
    deliver(&destination, &all[20..], 10).await;
    assert_eq!(stored::lines(&root), stored::expected(&all));
    assert!(stored::ours(&root, "given-up").is_empty());
}

#[tokio::test]
async fn a_load_that_was_given_up_and_begun_anew_counts() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(20));
    deliver(&folder(dir.path(), "ndjson.gz"), &all, 20).await;
    unfinish(&root);
    let missing = stored::files(&root).into_keys().next().expect("there is one");
    fs::remove_file(root.join(missing)).expect("it is there");
    let destination = folder(dir.path(), "ndjson.gz");
    deliver(&destination, &all, 20).await;
    assert_eq!(stored::ours(&root, "given-up").len(), 1, "it is remembered for a while");
    // a restart looks at it again
    deliver(&folder(dir.path(), "ndjson.gz"), &all, 20).await;
    assert_eq!(stored::lines(&root), stored::expected(&all));
}

/// Takes the store back to the moment before its one load counted.
fn unfinish(root: &FilePath) {
    let loads = stored::ours(root, "loads");
    let [load] = &loads[..] else { panic!("there is one load: {loads:?}") };
    let plans = load.parent().and_then(FilePath::parent).expect("our folder").join("unfinished");
    fs::create_dir_all(&plans).expect("it can be made");
    fs::rename(load, plans.join(load.file_name().expect("a name"))).expect("it is there");
}

/// `parcels` as a replay sends them.
fn replayed(parcels: &[Parcel], id: &str) -> Vec<Parcel> {
    let again = |one: &Parcel| {
        let message_id = String::from_utf8_lossy(one.message.message_id()).into_owned();
        let properties = format!(r#"{{}},"context":{{"replay":{{"id":"rpl_{id}"}}}}"#);
        Parcel { message: message(&message_id, &properties), ..one.clone() }
    };
    parcels.iter().map(again).collect()
}

#[tokio::test]
async fn a_replay_twice_gives_the_same_files() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(90));
    let destination = folder(dir.path(), "ndjson.gz");
    deliver(&destination, &replayed(&all, "one"), 30).await;
    let once = stored::objects(&root);
    assert_eq!(stored::lines(&root), stored::expected(&replayed(&all, "one")));
    deliver(&destination, &replayed(&all, "two"), 41).await;
    assert_eq!(stored::objects(&root), once);
    deliver(&folder(dir.path(), "ndjson.gz"), &replayed(&all, "three"), 13).await;
    assert_eq!(stored::objects(&root), once, "also after a restart");
}

#[tokio::test]
async fn a_replay_puts_back_what_was_taken_away() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(60));
    let again = replayed(&all, "one");
    deliver(&folder(dir.path(), "ndjson.gz"), &again, 30).await;
    let before = stored::lines(&root);
    let taken = stored::files(&root).into_keys().next().expect("there is one");
    fs::remove_file(root.join(taken)).expect("it is there");
    let left = stored::lines(&root);
    assert!(left.len() < before.len());

    let destination = folder(dir.path(), "ndjson.gz");
    deliver(&destination, &all, 20).await;
    assert_eq!(stored::lines(&root), left, "what comes again by itself was loaded already");
    deliver(&destination, &again, 20).await;
    assert_eq!(stored::lines(&root), before);
    deliver(&destination, &again, 33).await;
    assert_eq!(stored::lines(&root), before, "and only once");
}

/// A dead letter that is sent again stands before what is settled.
#[tokio::test]
async fn what_was_settled_comes_on_purpose() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(60));
    let destination = folder(dir.path(), "ndjson.gz");
    deliver(&destination, &all, 30).await;
    let taken = stored::files(&root).into_keys().next().expect("there is one");
    fs::remove_file(root.join(taken)).expect("it is there");
    destination.settled(60 * 1000 + 17);
    deliver(&destination, &all, 20).await;
    assert_eq!(stored::lines(&root), stored::expected(&all));
}

/// Somebody threw the data directory away: positions begin anew, the store knows them.
#[tokio::test]
async fn a_log_that_is_begun_anew_hides_no_message() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, old) = (dir.path().join("lake"), mixed(50));
    deliver(&folder(dir.path(), "ndjson.gz"), &old, 50).await;
    let anew = |one: &Parcel| parcel(one.position, message(&format!("new-{}", one.position), "{}"));
    let new: Vec<Parcel> = old.iter().map(anew).collect();
    deliver(&folder(dir.path(), "ndjson.gz"), &new, 20).await;
    assert_eq!(stored::lines(&root), stored::expected(&[old, new].concat()));
}

/// A test of the settings writes beside the real destination, which may be loading.
#[tokio::test]
async fn a_test_leaves_the_books_alone() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(10));
    deliver(&folder(dir.path(), "ndjson.gz"), &all, 10).await;
    unfinish(&root);
    let plans = stored::ours(&root, "unfinished");
    let recorder = Some(destination_kit::recorder::Recorder::default());
    let world = World { base_dir: dir.path().to_owned(), recorder, ..World::default() };
    let watched = open_with(&FolderKind, json!({ "path": "lake" }), &world);
    let test = parcel(u64::MAX, message("test", "{}"));
    deliver(&watched, std::slice::from_ref(&test), 1).await;
    assert_eq!(stored::ours(&root, "unfinished"), plans);
    assert_eq!(stored::lines(&root), stored::expected(&[all, vec![test]].concat()));
}

#[tokio::test]
async fn parquet_is_written_once_too() {
    let dir = TempDir::new().expect("a temporary folder");
    let (root, all) = (dir.path().join("lake"), mixed(40));
    deliver(&folder(dir.path(), "parquet"), &all[..30], 30).await;
    deliver(&folder(dir.path(), "parquet"), &all, 11).await;
    let mut positions: Vec<i64> =
        stored::rows(&root).iter().map(|(position, _)| *position).collect();
    positions.sort_unstable();
    assert_eq!(positions, all.iter().map(|one| one.position as i64).collect::<Vec<_>>());
}
