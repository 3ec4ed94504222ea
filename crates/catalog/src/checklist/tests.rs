#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use crate::info::tests::complete;

const FACTS: Facts<'_> = Facts {
    name: "Acme Mail",
    test_events_seen: 12,
    installed_in: 1,
    has_test_account: true,
    checks: Some(Checked { obstacle: None, score: 100 }),
};

fn open(state: State, info: &Info, facts: &Facts<'_>) -> Vec<String> {
    checklist(state, info, facts).open().map(|item| item.key.clone()).collect()
}

#[test]
fn all_green_is_ready() {
    let list = checklist(State::PrivateBuilding, &complete(), &FACTS);
    assert_eq!(list.open().count(), 0, "{list:#?}");
    assert!(list.ready());
    assert_eq!(list.done, list.items.len());
}

#[test]
fn nothing_is_all_red_with_a_way_out() {
    let list = checklist(State::PrivateBuilding, &Info::default(), &Facts::default());
    let keys: Vec<_> = list.open().map(|item| item.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "description",
            "website",
            "category",
            "logo",
            "mark",
            "supportEmail",
            "events",
            "documentation",
            "installed",
            "testEvents",
            "testAccount",
        ]
    );
    assert!(!list.ready());
    for item in list.open() {
        assert!(!item.fix.is_empty() && !item.detail.is_empty());
    }
}

#[test]
fn each_line_alone_holds_submission_back() {
    let building = State::PrivateBuilding;
    let no_events = Facts { test_events_seen: 0, ..FACTS };
    assert_eq!(open(building, &complete(), &no_events), ["testEvents"]);
    let nowhere = Facts { installed_in: 0, ..FACTS };
    assert_eq!(open(building, &complete(), &nowhere), ["installed"]);
    let broken = Checked { obstacle: Some("userId is missing in 3 of 12 messages"), score: 62 };
    let failing = Facts { checks: Some(broken), ..FACTS };
    assert_eq!(open(building, &complete(), &failing), ["checks"]);
    // Without a data plane there is nothing to say about it.
    let unknown = Facts { checks: None, ..FACTS };
    assert!(checklist(building, &complete(), &unknown).ready());
    let no_account = Facts { has_test_account: false, ..FACTS };
    assert_eq!(open(building, &complete(), &no_account), ["testAccount"]);
    let other_name = Facts { name: "Pixelpost", ..FACTS };
    let list = checklist(building, &complete(), &other_name);
    assert_eq!(list.open().next().unwrap().field.as_deref(), Some("/docs/introduction"));
    let wrong = Info { website: Some("acme".into()), ..complete() };
    let list = checklist(building, &wrong, &FACTS);
    assert_eq!(list.open().map(|item| item.key.as_str()).collect::<Vec<_>>(), ["values"]);
    assert_eq!(list.open().next().unwrap().field.as_deref(), Some("/website"));
    assert!(!list.ready());
}

#[test]
fn the_state_has_the_last_word() {
    for state in [State::PrivateSubmitted, State::Unavailable] {
        assert!(!checklist(state, &complete(), &FACTS).ready(), "{state}");
    }
}

#[test]
fn after_launch_an_edit_asks_for_the_text_alone() {
    let unknown = Facts { name: "Acme Mail", ..Facts::default() };
    let list = checklist(State::Public, &complete(), &unknown);
    assert!(list.ready(), "{list:#?}");
    assert!(!checklist(State::Public, &Info::default(), &unknown).ready());
}

#[test]
fn a_list_is_kept_with_its_submission() {
    let list = checklist(State::PrivateBuilding, &complete(), &FACTS);
    let json = serde_json::to_string(&list).unwrap();
    assert_eq!(serde_json::from_str::<Checklist>(&json).unwrap(), list);
}
