#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn check(state: State, party: Party, action: Action, expect: Expect) {
    let told = match step(state, party, action) {
        Ok(to) => to.to_string(),
        Err(refusal) => format!("{}: {refusal}", refusal.code),
    };
    expect.assert_eq(&told);
}

#[test]
fn the_whole_table() {
    let mut rows = String::new();
    for state in State::ALL {
        for party in Party::ALL {
            for action in allowed(state, party) {
                let to = step(state, party, action).unwrap();
                rows += &format!("{state} {} {action} {to}\n", party.as_str());
            }
        }
    }
    expect![[r#"
        PRIVATE_BUILDING builder submit PRIVATE_SUBMITTED
        PRIVATE_BUILDING partnerAdmin submit PRIVATE_SUBMITTED
        PRIVATE_BUILDING partnerAdmin remove UNAVAILABLE
        PRIVATE_BUILDING reviewer remove UNAVAILABLE
        PRIVATE_SUBMITTED builder withdraw PRIVATE_BUILDING
        PRIVATE_SUBMITTED partnerAdmin withdraw PRIVATE_BUILDING
        PRIVATE_SUBMITTED reviewer requestChanges PRIVATE_BUILDING
        PRIVATE_SUBMITTED reviewer approvePrivateBeta PRIVATE_BETA
        PRIVATE_SUBMITTED reviewer approve PUBLIC_BETA
        PRIVATE_SUBMITTED reviewer remove UNAVAILABLE
        PRIVATE_BETA reviewer publishBeta PUBLIC_BETA
        PRIVATE_BETA reviewer requestChanges PRIVATE_BUILDING
        PRIVATE_BETA reviewer remove UNAVAILABLE
        PUBLIC_BETA reviewer deprecate DEPRECATED
        PUBLIC_BETA reviewer remove UNAVAILABLE
        PUBLIC reviewer deprecate DEPRECATED
        PUBLIC reviewer remove UNAVAILABLE
        DEPRECATED reviewer restore PUBLIC_BETA
        DEPRECATED reviewer remove UNAVAILABLE
        UNAVAILABLE reviewer restore PRIVATE_BUILDING
    "#]]
    .assert_eq(&rows);
}

#[test]
fn a_refusal_says_why_and_what_is_possible() {
    let state = State::PrivateSubmitted;
    check(
        state,
        Party::Builder,
        Action::Approve,
        expect![
            "wrong_party: only the platform's reviewers may approve as beta now; you may withdraw"
        ],
    );
    check(
        state,
        Party::Builder,
        Action::Submit,
        expect![
            "wrong_state: cannot submit for review what is in state In review (PRIVATE_SUBMITTED); \
             you may withdraw"
        ],
    );
    check(
        State::Public,
        Party::Builder,
        Action::Deprecate,
        expect![
            "wrong_party: only the platform's reviewers may deprecate now; there is nothing for \
             you to do in this state"
        ],
    );
    let refusal = step(state, Party::Builder, Action::Approve).unwrap_err();
    assert_eq!(refusal.allowed, [Action::Withdraw]);
}

#[test]
fn who_submitted_does_not_approve_and_may_still_send_back() {
    let state = State::PrivateSubmitted;
    let by = |account| step_by(state, Party::Reviewer, Action::Approve, account, Some("acc_1"));
    assert_eq!(by("acc_2"), Ok(State::PublicBeta));
    let refusal = by("acc_1").unwrap_err();
    assert_eq!(refusal.code, "own_submission");
    assert_eq!(refusal.allowed, [Action::RequestChanges, Action::Remove]);
    let publish = |account| {
        step_by(State::PrivateBeta, Party::Reviewer, Action::PublishBeta, account, Some("acc_1"))
    };
    assert_eq!(publish("acc_1").unwrap_err().code, "own_submission");
    assert_eq!(publish("acc_2"), Ok(State::PublicBeta));
}

#[test]
fn names_go_there_and_back() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
    for action in Action::ALL {
        assert_eq!(Action::parse(action.as_str()), Some(action));
        assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
    }
    for party in Party::ALL {
        assert_eq!(Party::parse(party.as_str()), Some(party));
        assert_eq!(serde_json::to_value(party).unwrap(), party.as_str());
    }
    assert_eq!(State::parse("public"), None);
}

const APPROVED: i64 = 1_764_000_000_000;
const HOUR: i64 = 3_600_000;

#[test]
fn beta_ends_by_the_clock_after_fourteen_days() {
    let rules = BetaRules::default();
    let at =
        |hours| shown(State::PublicBeta, Some(APPROVED), &rules, false, APPROVED + hours * HOUR);
    assert_eq!(at(0), State::PublicBeta);
    assert_eq!(at(13 * 24 + 23), State::PublicBeta);
    assert_eq!(at(14 * 24), State::Public);
    let just_before = APPROVED + 14 * 24 * HOUR - 1;
    assert_eq!(
        shown(State::PublicBeta, Some(APPROVED), &rules, true, just_before),
        State::PublicBeta
    );
}

#[test]
fn beta_waits_for_what_else_is_asked() {
    let criteria =
        BetaCriteria { installs: Some(2), events: Some(10), violations_percent: Some(5) };
    let rules = BetaRules { days: 14, criteria };
    let late = APPROVED + 1000 * 24 * HOUR;
    let with = |met| shown(State::PublicBeta, Some(APPROVED), &rules, met, late);
    assert_eq!([false, true].map(with), [State::PublicBeta, State::Public]);
    let met = |installs, events, violations| {
        criteria.of(installs, events, violations).iter().map(|one| one.met).collect::<Vec<_>>()
    };
    assert_eq!(met(2, 10, Some(5.0)), [true, true, true]);
    assert_eq!(met(1, 9, Some(5.1)), [false, false, false]);
    assert_eq!(met(9, 99, None), [true, true, false], "nothing measured is nothing shown");
    assert_eq!(BetaCriteria::default().of(0, 0, None), []);
}

#[test]
fn only_a_listed_beta_ends() {
    let rules = BetaRules { days: 0, ..BetaRules::default() };
    for state in State::ALL.into_iter().filter(|state| *state != State::PublicBeta) {
        assert_eq!(shown(state, Some(0), &rules, true, i64::MAX), state);
    }
    assert_eq!(shown(State::PublicBeta, None, &rules, false, i64::MAX), State::PublicBeta);
    let long = BetaRules { days: u32::MAX, ..BetaRules::default() };
    assert_eq!(long.ends_at_ms(i64::MAX), i64::MAX, "saturates");
}

#[test]
fn new_listings_are_noteworthy_for_a_while() {
    let at = |state, days: i64| noteworthy(state, Some(APPROVED), APPROVED + days * 24 * HOUR);
    assert!(at(State::Public, 0) && at(State::Public, 29) && at(State::PublicBeta, 31));
    assert!(!at(State::Public, 30) && !at(State::Deprecated, 1) && !at(State::PrivateBeta, 1));
    assert!(!noteworthy(State::Public, None, APPROVED));
}

#[test]
fn what_the_partner_has_to_know_comes_with_a_reason() {
    let code = |action, reason: &str| check_reason(action, reason).map_err(|p| p.code);
    assert_eq!(code(Action::Remove, " "), Err("reason_missing"));
    assert_eq!(code(Action::Remove, "breaks the Spec"), Ok(()));
    assert_eq!(code(Action::Submit, ""), Ok(()));
    assert_eq!(code(Action::Submit, &"x".repeat(2001)), Err("too_long"));
}

#[test]
fn what_is_shown_allows_what_is_stored() {
    for party in Party::ALL {
        assert_eq!(allowed(State::PublicBeta, party), allowed(State::Public, party));
    }
}

#[test]
fn who_finds_and_who_adds() {
    let viewers = [
        ("stranger", Viewer::default()),
        ("link", Viewer { by_link: true, ..Viewer::default() }),
        ("team", Viewer { in_team: true, ..Viewer::default() }),
        ("reviewer", Viewer { reviewer: true, ..Viewer::default() }),
        ("customer", Viewer { installed: true, ..Viewer::default() }),
    ];
    let mut table = String::new();
    for state in State::ALL {
        table += &format!("{state}: sees");
        let names = |wanted: fn(State, &Viewer) -> bool| {
            let who = viewers.iter().filter(|(_, viewer)| wanted(state, viewer));
            who.map(|(name, _)| format!(" {name}")).collect::<String>()
        };
        table += &format!("{}; adds{}\n", names(visible_to), names(installable_by));
    }
    expect![[r#"
        PRIVATE_BUILDING: sees team reviewer customer; adds team
        PRIVATE_SUBMITTED: sees team reviewer customer; adds team reviewer
        PRIVATE_BETA: sees link team reviewer customer; adds link team reviewer
        PUBLIC_BETA: sees stranger link team reviewer customer; adds stranger link team reviewer customer
        PUBLIC: sees stranger link team reviewer customer; adds stranger link team reviewer customer
        DEPRECATED: sees link team reviewer customer; adds
        UNAVAILABLE: sees team reviewer customer; adds
    "#]]
    .assert_eq(&table);
    for state in State::ALL {
        for (_, viewer) in viewers {
            assert!(!installable_by(state, &viewer) || visible_to(state, &viewer));
        }
        assert_eq!(listed(state), visible_to(state, &Viewer::default()));
    }
}

#[test]
fn info_is_free_only_while_building() {
    let modes = State::ALL.map(|state| format!("{state} {:?}", editing(state))).join("\n");
    expect![[r#"
        PRIVATE_BUILDING Free
        PRIVATE_SUBMITTED Frozen
        PRIVATE_BETA Reviewed
        PUBLIC_BETA Reviewed
        PUBLIC Reviewed
        DEPRECATED Reviewed
        UNAVAILABLE Closed"#]]
    .assert_eq(&modes);
}

/// What the rules promise, kept beside the state by a history that knows no table.
#[derive(Default)]
struct History {
    submitted_by: Option<u8>,
    /// A verdict in favour since it last left building.
    approved_by: Option<u8>,
}

fn calls() -> impl Strategy<Value = Vec<(u8, usize, usize)>> {
    // accounts may act for any party: the rules must hold for one person on both sides
    prop::collection::vec((0..3u8, 0..Party::ALL.len(), 0..Action::ALL.len()), 0..60)
}

proptest! {
    #[test]
    fn no_sequence_of_calls_reaches_a_forbidden_state(calls in calls()) {
        let mut state = State::PrivateBuilding;
        let mut history = History::default();
        for (account, party, action) in calls {
            let (party, action) = (Party::ALL[party], Action::ALL[action]);
            let name = account.to_string();
            let submitted_by = history.submitted_by.map(|by| by.to_string());
            let outcome = step_by(state, party, action, &name, submitted_by.as_deref());
            let to = match outcome {
                Ok(to) => to,
                Err(refusal) => {
                    prop_assert!(!refusal.message.is_empty());
                    let possible = allowed_by(state, party, &name, submitted_by.as_deref());
                    prop_assert_eq!(&refusal.allowed, &possible);
                    for possible in refusal.allowed {
                        prop_assert!(
                            step_by(state, party, possible, &name, submitted_by.as_deref()).is_ok(),
                            "{possible} was promised in {state}"
                        );
                    }
                    continue;
                }
            };
            match action {
                Action::Submit => history.submitted_by = Some(account),
                action if action.approves() => history.approved_by = Some(account),
                _ => {}
            }
            if to == State::PrivateBuilding {
                history.approved_by = None;
            }
            let out = matches!(to, State::PrivateBeta | State::PublicBeta | State::Public);
            if out {
                prop_assert!(history.approved_by.is_some(), "{to} without approval");
                prop_assert_ne!(history.approved_by, history.submitted_by, "own approval");
            }
            if party != Party::Reviewer {
                prop_assert!(!out && !out_of(state), "{party:?} moved {state} to {to}");
            }
            prop_assert_ne!(to, state, "a move that is none");
            prop_assert_ne!(to, State::Public, "only the clock makes it public");
            state = to;
        }
    }

    #[test]
    fn beta_is_never_shown_again_once_it_ended(
        approved in any::<i64>(), now in any::<i64>(), later in any::<u32>(), days in any::<u32>()
    ) {
        let rules = BetaRules { days, ..BetaRules::default() };
        let at = |now| shown(State::PublicBeta, Some(approved), &rules, false, now);
        if at(now) == State::Public {
            prop_assert_eq!(at(now.saturating_add(i64::from(later))), State::Public);
        }
    }
}

fn out_of(state: State) -> bool {
    !matches!(state, State::PrivateBuilding | State::PrivateSubmitted)
}
