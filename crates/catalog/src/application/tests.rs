#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;

use super::*;

const CURRENT: Versions<'_> = Versions { partner_agreement: "2026-11", privacy_policy: "2026-05" };

fn good() -> Application {
    Application {
        company_name: "Acme Labs".into(),
        company_website: "https://www.acme.example".into(),
        data_in: "By our SDK".into(),
        data_out: "Email Opened and others".into(),
        used_for: "Campaigns".into(),
        heard_from: "A customer".into(),
        email: "mia@acme.example".into(),
        partner_agreement: "2026-11".into(),
        privacy_policy: "2026-05".into(),
    }
}

fn codes(application: &Application) -> Vec<String> {
    let problems = validate(application, &CURRENT);
    problems.iter().map(|p| format!("{} {}", p.pointer, p.code)).collect()
}

#[test]
fn a_whole_application_passes() {
    assert!(codes(&good()).is_empty());
}

#[test]
fn everything_wrong_is_said_at_once() {
    assert_eq!(
        codes(&Application::default()),
        [
            "/companyName answer_missing",
            "/companyWebsite answer_missing",
            "/dataIn answer_missing",
            "/dataOut answer_missing",
            "/usedFor answer_missing",
            "/heardFrom answer_missing",
            "/email answer_missing",
            "/partnerAgreement agreement_not_accepted",
            "/privacyPolicy agreement_not_accepted",
        ]
    );
    let wrong = Application {
        company_website: "acme".into(),
        email: "mia".into(),
        partner_agreement: "2020-01".into(),
        used_for: "x".repeat(3001),
        ..good()
    };
    assert_eq!(
        codes(&wrong),
        [
            "/companyWebsite bad_url",
            "/usedFor too_long",
            "/email bad_email",
            "/partnerAgreement agreement_not_accepted",
        ]
    );
}

#[test]
fn every_question_is_a_field() {
    let json = serde_json::to_value(good()).unwrap();
    for question in QUESTIONS {
        assert!(json.get(question.key).is_some(), "{}", question.key);
    }
}

#[test]
fn an_address_at_the_company_is_told_from_others() {
    let with = |email: &str, website: &str| {
        email_at_company(&Application {
            email: email.into(),
            company_website: website.into(),
            ..good()
        })
    };
    assert!(with("mia@acme.example", "https://www.acme.example/about"));
    assert!(with("mia@mail.acme.example", "https://acme.example"));
    assert!(with("mia@ACME.example", "https://app.acme.example"));
    assert!(!with("mia@notacme.example", "https://acme.example"));
    assert!(!with("mia@webmail.example", "https://acme.example"));
}

#[test]
fn approval_needs_four_ticks_with_notes() {
    let tick = |criterion| Tick { criterion, met: true, note: "looked at the site".into() };
    let mut ticks: Vec<_> = Criterion::ALL.into_iter().map(tick).collect();
    let codes = |ticks: &[Tick]| -> Vec<String> {
        check_criteria(ticks).iter().map(|p| format!("{} {}", p.pointer, p.code)).collect()
    };
    assert!(codes(&ticks).is_empty());
    ticks[1].met = false;
    ticks[2].note = " ".into();
    ticks[3].criterion = Criterion::LegitimateCompany;
    assert_eq!(
        codes(&ticks),
        [
            "/criteria/1/met criterion_not_met",
            "/criteria/2/note note_missing",
            "/criteria/3/criterion criterion_twice",
            "/criteria criterion_missing",
        ]
    );
    assert_eq!(codes(&[]).len(), 4);
}

#[test]
fn steps_say_who_and_when() {
    let told = |status, side, what| {
        step(status, side, what).map_err(|refusal| (refusal.code, refusal.allowed))
    };
    assert_eq!(told(Status::Submitted, Side::Operator, Step::Approve), Ok(Status::Approved));
    assert_eq!(
        told(Status::Submitted, Side::Applicant, Step::Approve),
        Err(("wrong_party", vec![Step::Withdraw]))
    );
    assert_eq!(
        told(Status::Question, Side::Operator, Step::Approve),
        Err(("wrong_state", vec![Step::Decline]))
    );
    assert_eq!(
        told(Status::Approved, Side::Applicant, Step::Withdraw),
        Err(("wrong_state", vec![]))
    );
    let refusal = step(Status::Declined, Side::Operator, Step::Approve).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot approve an application that is declined: that is not possible any more, or not yet"
    );
    assert_eq!(check_note(Step::Decline, "").unwrap_err().code, "note_missing");
    assert!(check_note(Step::Approve, "").is_ok());
    assert_eq!(check_note(Step::Ask, &"x".repeat(2001)).unwrap_err().code, "too_long");
}

#[test]
fn names_go_there_and_back() {
    for status in Status::ALL {
        assert_eq!(Status::parse(status.as_str()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
    for step in Step::ALL {
        assert_eq!(Step::parse(step.as_str()), Some(step));
        assert_eq!(serde_json::to_value(step).unwrap(), step.as_str());
    }
    for criterion in Criterion::ALL {
        assert_eq!(serde_json::to_value(criterion).unwrap(), criterion.as_str());
    }
}

proptest! {
    #[test]
    fn an_answered_application_stays_answered_and_the_applicant_never_says_yes(
        calls in prop::collection::vec((any::<bool>(), 0..Step::ALL.len()), 0..40)
    ) {
        let mut status = Status::Submitted;
        for (operator, what) in calls {
            let side = if operator { Side::Operator } else { Side::Applicant };
            match step(status, side, Step::ALL[what]) {
                Ok(to) => {
                    prop_assert!(status.open(), "moved after the end");
                    prop_assert!(allowed(status, side).contains(&Step::ALL[what]));
                    prop_assert!(operator || !matches!(to, Status::Approved | Status::Declined));
                    prop_assert!(!operator || !matches!(to, Status::Withdrawn | Status::Answered));
                    status = to;
                }
                Err(refusal) => prop_assert_eq!(refusal.allowed, allowed(status, side)),
            }
        }
    }
}
