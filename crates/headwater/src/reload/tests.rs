#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use routing::Routing;

use super::*;

const ONE: &str = "[[sources]]\nslug = \"one\"\nwrite_keys = [\"key-number-1\"]\n";
const TWO: &str = "[[sources]]\nslug = \"two\"\nwrite_keys = [\"key-number-2\"]\n";
const BROKEN: &str = "[[sources]]\nslug = \"two\"\nwite_keys = [\"key-number-2\"]\n";

fn reload(text: &str) -> (Reload, Routing, watch::Receiver<Loaded>) {
    let input = Input { file: "headwater.toml".into(), text: text.to_owned(), ..Input::default() };
    // Without the control plane the file is all there is.
    let input = input.flag("server.roles", "--only", Some("ingest".to_owned()));
    let config = config::load(&input, &[]).unwrap().config;
    let composer = Composer::new(snapshot(&config, 1));
    let routing = composer.routing().clone();
    let reload = Reload::new(input, vec![], config, composer);
    let state = reload.state();
    (reload, routing, state)
}

fn see(reload: &mut Reload, text: &str) {
    reload.look(Ok(text.to_owned()), false);
}

#[test]
fn a_change_counts_once_it_was_seen_twice() {
    let (mut reload, routing, state) = reload(ONE);
    see(&mut reload, ONE);
    see(&mut reload, "");
    see(&mut reload, TWO);
    assert!(
        routing.current().source_of("key-number-1").is_some(),
        "a half-written file is passed over"
    );
    see(&mut reload, TWO);
    assert!(routing.current().source_of("key-number-1").is_none());
    assert!(routing.current().source_of("key-number-2").is_some());
    assert_eq!((state.borrow().revision, state.borrow().detail()), (2, None));
    see(&mut reload, TWO);
    see(&mut reload, TWO);
    assert_eq!(state.borrow().revision, 2, "an unchanged file is not read again");
}

#[test]
fn a_signal_reads_at_once() {
    let (mut reload, routing, _) = reload(ONE);
    reload.look(Ok(TWO.to_owned()), true);
    assert!(routing.current().source_of("key-number-2").is_some());
}

#[test]
fn a_broken_edit_changes_nothing_and_is_said() {
    let (mut reload, routing, state) = reload(ONE);
    see(&mut reload, BROKEN);
    see(&mut reload, BROKEN);
    assert!(routing.current().source_of("key-number-1").is_some());
    assert_eq!(state.borrow().stale, Some(Stale::Problems(2)));
    assert!(state.borrow().detail().unwrap().contains("2 problems"));
    see(&mut reload, ONE);
    see(&mut reload, ONE);
    assert_eq!(state.borrow().stale, None);
}

#[test]
fn a_file_that_goes_away_changes_nothing_and_may_come_back() {
    let (mut reload, routing, state) = reload(ONE);
    reload.look(Err(io::ErrorKind::NotFound.into()), false);
    assert!(routing.current().source_of("key-number-1").is_some());
    assert_eq!(state.borrow().stale, Some(Stale::Unreadable));
    see(&mut reload, ONE);
    see(&mut reload, ONE);
    assert_eq!(state.borrow().stale, None);
}

#[test]
fn without_a_file_nothing_is_missed_and_a_new_one_is_taken() {
    let (mut reload, routing, state) = reload("");
    reload.look(Err(io::ErrorKind::NotFound.into()), false);
    assert_eq!(state.borrow().stale, None);
    assert!(state.borrow().detail().unwrap().contains("no source"));
    see(&mut reload, ONE);
    see(&mut reload, ONE);
    assert!(routing.current().source_of("key-number-1").is_some());
}

#[test]
fn what_waits_for_a_restart_is_named() {
    let (mut reload, _, state) = reload(ONE);
    let text = format!("[server]\nlisten = \"127.0.0.1:1\"\n{ONE}");
    see(&mut reload, &text);
    see(&mut reload, &text);
    assert_eq!(state.borrow().waiting, ["[server]"]);
}
