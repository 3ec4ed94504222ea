#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Thursday, 1 January 1970, 00:00 UTC.
const THURSDAY: i64 = 0;

fn part(part: Part, verdict: Option<Verdict>, open_comments: u32) -> PartReview {
    PartReview { part, verdict, open_comments }
}

fn codes(action: Action, parts: &[PartReview]) -> Vec<String> {
    check_action(action, parts).iter().map(|p| format!("{} {}", p.pointer, p.code)).collect()
}

#[test]
fn approval_needs_every_part_passed() {
    use Part::*;
    let mut parts = vec![part(Functionality, Some(Verdict::Passed), 0)];
    assert_eq!(outcome(&parts), Outcome::Open { parts: vec![Metadata, Documentation] });
    assert_eq!(
        codes(Action::Approve, &parts),
        ["/parts/metadata part_not_passed", "/parts/documentation part_not_passed"]
    );
    parts.push(part(Metadata, Some(Verdict::Passed), 0));
    parts.push(part(Documentation, Some(Verdict::Changes), 1));
    assert_eq!(outcome(&parts), Outcome::Changes { parts: vec![Documentation] });
    assert_eq!(codes(Action::Approve, &parts), ["/parts/documentation part_not_passed"]);
    parts[2].verdict = Some(Verdict::Passed);
    assert_eq!(outcome(&parts), Outcome::Passed);
    assert!(codes(Action::Approve, &parts).is_empty());
    assert!(codes(Action::ApprovePrivateBeta, &parts).is_empty());
}

#[test]
fn changes_come_with_a_comment_on_each_part_that_asks_for_them() {
    use Part::*;
    let passed = part(Functionality, Some(Verdict::Passed), 0);
    assert_eq!(codes(Action::RequestChanges, &[passed]), ["/parts no_changes_asked"]);
    let silent = part(Metadata, Some(Verdict::Changes), 0);
    let spoken = part(Documentation, Some(Verdict::Changes), 2);
    assert_eq!(
        codes(Action::RequestChanges, &[passed, silent, spoken]),
        ["/parts/metadata part_without_comment"]
    );
    // the other parts need no verdict to send it back
    assert!(codes(Action::RequestChanges, &[spoken]).is_empty());
    assert!(codes(Action::Withdraw, &[]).is_empty());
}

#[test]
fn a_comment_is_on_a_field_or_on_an_event() {
    for good in ["/description", "/events/0/properties/12/name", "/docs/stream", "/testAccount"] {
        assert!(check_target(&Target::field(good)).is_ok(), "{good}");
    }
    for bad in ["", "description", "/tagline", "/events/x/name", "/events/01", "/logo/0"] {
        assert_eq!(check_target(&Target::field(bad)).unwrap_err().code, "unknown_field", "{bad}");
    }
    assert!(check_target(&Target::event("Purchase")).is_ok());
    assert_eq!(check_target(&Target::event(" ")).unwrap_err().code, "event_without_name");
    assert_eq!(check_target(&Target::default()).unwrap_err().code, "no_target");
    let both = Target { pointer: Some("/logo".into()), event: Some("Purchase".into()) };
    assert_eq!(check_target(&both).unwrap_err().code, "no_target");
    assert_eq!(check_comment(" \n").unwrap_err().code, "comment_empty");
    assert_eq!(check_comment(&"x".repeat(4001)).unwrap_err().code, "too_long");
    assert!(check_comment("use \"Order Completed\"").is_ok());
}

#[test]
fn a_round_is_closed_once_and_not_by_who_opened_it() {
    let by = |purpose, status, party, action, account| {
        close(purpose, status, party, action, account, "acc_1").map_err(|refusal| refusal.code)
    };
    use Purpose::*;
    use RoundStatus::*;
    assert_eq!(by(Edit, Open, Party::Reviewer, Action::Approve, "acc_2"), Ok(Approved));
    assert_eq!(by(Edit, Open, Party::Reviewer, Action::Approve, "acc_1"), Err("own_submission"));
    assert_eq!(
        by(Edit, Open, Party::Reviewer, Action::RequestChanges, "acc_1"),
        Ok(ChangesRequested)
    );
    assert_eq!(by(Edit, Open, Party::Builder, Action::Withdraw, "acc_1"), Ok(Withdrawn));
    assert_eq!(by(Edit, Open, Party::Builder, Action::Approve, "acc_1"), Err("wrong_party"));
    assert_eq!(
        by(Edit, Open, Party::Reviewer, Action::ApprovePrivateBeta, "acc_2"),
        Err("wrong_state")
    );
    assert_eq!(
        by(Launch, Open, Party::Reviewer, Action::ApprovePrivateBeta, "acc_2"),
        Ok(Approved)
    );
    assert_eq!(by(Launch, Open, Party::Reviewer, Action::Remove, "acc_1"), Ok(Declined));
    for closed in [Withdrawn, ChangesRequested, Approved, Declined] {
        for party in Party::ALL {
            for action in Action::ALL {
                assert_eq!(by(Launch, closed, party, action, "acc_2"), Err("wrong_state"));
            }
        }
    }
}

#[test]
fn rounds_and_states_agree_on_who_may_do_what() {
    use crate::state::{State, allowed};
    for party in Party::ALL {
        let mut on_round = allowed_on(Purpose::Launch, RoundStatus::Open, party);
        let mut on_state = allowed(State::PrivateSubmitted, party);
        on_round.sort();
        on_state.sort();
        assert_eq!(on_round, on_state);
    }
}

#[test]
fn names_go_there_and_back() {
    for part in Part::ALL {
        assert_eq!(Part::parse(part.as_str()), Some(part));
        assert_eq!(serde_json::to_value(part).unwrap(), part.as_str());
    }
    for status in RoundStatus::ALL {
        assert_eq!(RoundStatus::parse(status.as_str()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
    assert_eq!(Verdict::parse("changes"), Some(Verdict::Changes));
    assert_eq!(Purpose::parse("edit"), Some(Purpose::Edit));
}

#[test]
fn weekends_do_not_count() {
    let friday_noon = THURSDAY + DAY + 12 * HOUR;
    let monday = THURSDAY + 4 * DAY;
    assert_eq!(working_ms(friday_noon, monday), 12 * HOUR);
    assert_eq!(working_ms(friday_noon, monday + HOUR), 13 * HOUR);
    assert_eq!(working_ms(monday - DAY, monday), 0, "a Sunday");
    assert_eq!(working_ms(monday, friday_noon), 0, "backwards");
    assert_eq!(due_at_ms(friday_noon, 2), monday + DAY + 12 * HOUR);
    // Wednesday to Friday, both at their ends
    assert_eq!(due_at_ms(THURSDAY, 2), THURSDAY + 2 * DAY, "Friday's end");
    assert_eq!(due_at_ms(monday - DAY, 2), monday + 2 * DAY, "from a Sunday");
    let waited = age(friday_noon, monday + DAY + 12 * HOUR);
    assert_eq!((waited.working_ms, waited.overdue), (2 * DAY, false));
    assert!(age(friday_noon, monday + DAY + 12 * HOUR + 1).overdue);
}

proptest! {
    #[test]
    fn the_clock_agrees_with_counting_hours(from in -2000..2000i64, hours in 0..2000i64) {
        let working = |hour: i64| (hour.div_euclid(24) + 3).rem_euclid(7) < 5;
        let counted = (from..from + hours).filter(|hour| working(*hour)).count() as i64;
        prop_assert_eq!(working_ms(from * HOUR, (from + hours) * HOUR), counted * HOUR);
    }

    #[test]
    fn it_is_due_when_the_days_have_passed_and_not_before(
        from in -1_000_000_000_000..4_000_000_000_000i64, days in 1..20u32
    ) {
        let due = due_at_ms(from, days);
        prop_assert_eq!(working_ms(from, due), i64::from(days) * DAY);
        prop_assert!(working_ms(from, due - 1) < i64::from(days) * DAY);
    }
}
