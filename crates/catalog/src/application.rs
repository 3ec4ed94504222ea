//! A company's application to the partner programme: six questions, two agreements, four
//! criteria, and the way to an answer.
//!
//! ```text
//!  submitted ──ask──► question ──answer──► answered ──ask──► question …
//!  submitted, answered ──approve──► approved        every open one ──decline──► declined
//!  every open one ──withdraw──► withdrawn
//! ```
//!
//! Source: Segment documentation, "Becoming a partner".

use serde::{Deserialize, Serialize};

use crate::{
    problem::Problem,
    state::Refusal,
    text::{check_email, check_line, check_lines, check_url, host},
};

mod criteria;

pub use criteria::{Criterion, Tick, check_criteria};

const NAME_CHARS_MAX: usize = 100;
const ANSWER_CHARS_MAX: usize = 3000;
const NOTE_CHARS_MAX: usize = 2000;

/// The six answers, the address, and what was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Application {
    /// Company name.
    pub company_name: String,
    /// Company website.
    pub company_website: String,
    /// How do your customers get data into your tool?
    pub data_in: String,
    /// Which events will you send, and what will customers do with them?
    pub data_out: String,
    /// What do your customers use your tool for?
    pub used_for: String,
    /// How did you hear about us?
    pub heard_from: String,
    /// Where to answer; an address at the company's domain is expected.
    pub email: String,
    /// Version of the partner agreement that was accepted.
    pub partner_agreement: String,
    /// Version of the privacy policy that was accepted.
    pub privacy_policy: String,
}

/// The versions of the agreements that are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions<'a> {
    /// Of the partner agreement.
    pub partner_agreement: &'a str,
    /// Of the privacy policy.
    pub privacy_policy: &'a str,
}

/// One question of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its field in [`Application`].
    pub key: &'static str,
    /// What is asked.
    pub text: &'static str,
    /// What a good answer holds.
    pub help: &'static str,
}

/// The form: every question, in order.
pub const QUESTIONS: [Question; 6] = [
    Question {
        key: "companyName",
        text: "What is your company called?",
        help: "As customers know it.",
    },
    Question {
        key: "companyWebsite",
        text: "What is your company's website?",
        help: "A page that shows what you offer.",
    },
    Question {
        key: "dataIn",
        text: "How do your customers get data into your tool?",
        help: "SDKs, imports, an API, or what happens in the tool itself.",
    },
    Question {
        key: "dataOut",
        text: "Which events will you send, and what will customers do with them?",
        help: "Name the events, and the customers who have asked for them.",
    },
    Question {
        key: "usedFor",
        text: "What do your customers use your tool for?",
        help: "One or two typical uses, in detail.",
    },
    Question {
        key: "heardFrom",
        text: "How did you hear about us?",
        help: "A customer, a search, a talk …",
    },
];

/// Everything wrong with an application; empty means it may be submitted.
pub fn validate(application: &Application, current: &Versions<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let answers = [
        ("/companyName", &application.company_name),
        ("/companyWebsite", &application.company_website),
        ("/dataIn", &application.data_in),
        ("/dataOut", &application.data_out),
        ("/usedFor", &application.used_for),
        ("/heardFrom", &application.heard_from),
        ("/email", &application.email),
    ];
    for (pointer, answer) in answers {
        if answer.trim().is_empty() {
            let asked = QUESTIONS.iter().find(|question| pointer[1..] == *question.key);
            problems.push(Problem::new(
                "answer_missing",
                pointer,
                "there is no answer yet",
                asked.map_or("your address at the company", |question| question.text),
                asked.map_or("give the address we answer to", |question| question.help),
            ));
            continue;
        }
        problems.extend(match pointer {
            "/companyName" => check_line(answer, NAME_CHARS_MAX, pointer),
            "/companyWebsite" => check_url(answer, pointer),
            "/email" => check_email(answer, pointer),
            _ => check_lines(answer, ANSWER_CHARS_MAX, pointer),
        });
    }
    let agreements = [
        ("/partnerAgreement", &application.partner_agreement, current.partner_agreement),
        ("/privacyPolicy", &application.privacy_policy, current.privacy_policy),
    ];
    for (pointer, accepted, current) in agreements {
        if accepted != current {
            let message = match accepted.as_str() {
                "" => "it has not been accepted".to_owned(),
                old => format!("version {old:?} is not the one in force"),
            };
            problems.push(Problem::new(
                "agreement_not_accepted",
                pointer,
                message,
                format!("the version in force, {current:?}"),
                "read it and accept it",
            ));
        }
    }
    problems
}

/// Whether the address belongs to the website's domain; for the operator to see.
pub fn email_at_company(application: &Application) -> bool {
    let Some((_, domain)) = application.email.rsplit_once('@') else {
        return false;
    };
    let domain = domain.to_ascii_lowercase();
    host(&application.company_website).is_some_and(|host| {
        let within = |a: &str, b: &str| a == b || a.ends_with(&format!(".{b}"));
        within(&host, &domain) || within(&domain, &host)
    })
}

/// How an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Status {
    /// It waits for the operator.
    Submitted,
    /// It waits for the applicant.
    Question,
    /// The applicant has answered; it waits for the operator again.
    Answered,
    /// The applicant is invited into the Developer Portal.
    Approved,
    /// The operator said no.
    Declined,
    /// The applicant took it back.
    Withdrawn,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 6] = [
        Status::Submitted,
        Status::Question,
        Status::Answered,
        Status::Approved,
        Status::Declined,
        Status::Withdrawn,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Submitted => "submitted",
            Status::Question => "question",
            Status::Answered => "answered",
            Status::Approved => "approved",
            Status::Declined => "declined",
            Status::Withdrawn => "withdrawn",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// What the applicant reads.
    pub fn label(self) -> &'static str {
        match self {
            Status::Submitted | Status::Answered => "In review",
            Status::Question => "We have a question",
            Status::Approved => "Approved",
            Status::Declined => "Declined",
            Status::Withdrawn => "Withdrawn",
        }
    }

    /// Whether an answer is still to come; an account has at most one open application.
    pub fn open(self) -> bool {
        matches!(self, Status::Submitted | Status::Question | Status::Answered)
    }
}

/// Who acts on an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Side {
    /// Who applied.
    Applicant,
    /// Who runs the installation.
    Operator,
}

/// What somebody may do to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Step {
    /// Ask the applicant something.
    Ask,
    /// Answer what was asked.
    Answer,
    /// Let the applicant in.
    Approve,
    /// Say no, with a reason.
    Decline,
    /// Take it back.
    Withdraw,
}

impl Step {
    /// Every step.
    pub const ALL: [Step; 5] =
        [Step::Ask, Step::Answer, Step::Approve, Step::Decline, Step::Withdraw];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Ask => "ask",
            Step::Answer => "answer",
            Step::Approve => "approve",
            Step::Decline => "decline",
            Step::Withdraw => "withdraw",
        }
    }

    /// The step of this name.
    pub fn parse(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.as_str() == name)
    }

    /// Whether it must come with words that the other side reads.
    pub fn needs_note(self) -> bool {
        matches!(self, Step::Ask | Step::Answer | Step::Decline)
    }
}

/// The table: every move there is.
const MOVES: &[(Status, Side, Step, Status)] = &[
    (Status::Submitted, Side::Operator, Step::Approve, Status::Approved),
    (Status::Submitted, Side::Operator, Step::Decline, Status::Declined),
    (Status::Submitted, Side::Operator, Step::Ask, Status::Question),
    (Status::Submitted, Side::Applicant, Step::Withdraw, Status::Withdrawn),
    (Status::Question, Side::Applicant, Step::Answer, Status::Answered),
    (Status::Question, Side::Applicant, Step::Withdraw, Status::Withdrawn),
    (Status::Question, Side::Operator, Step::Decline, Status::Declined),
    (Status::Answered, Side::Operator, Step::Approve, Status::Approved),
    (Status::Answered, Side::Operator, Step::Decline, Status::Declined),
    (Status::Answered, Side::Operator, Step::Ask, Status::Question),
    (Status::Answered, Side::Applicant, Step::Withdraw, Status::Withdrawn),
];

/// The status after a step, or why not.
pub fn step(status: Status, side: Side, step: Step) -> Result<Status, Refusal<Step>> {
    let found =
        MOVES.iter().find(|(from, who, what, _)| (*from, *who, *what) == (status, side, step));
    if let Some((.., to)) = found {
        return Ok(*to);
    }
    let elsewhere = MOVES.iter().any(|(from, _, what, _)| (*from, *what) == (status, step));
    let (code, why) = if elsewhere {
        ("wrong_party", "that is for the other side to do")
    } else {
        ("wrong_state", "that is not possible any more, or not yet")
    };
    let message =
        format!("cannot {} an application that is {}: {why}", step.as_str(), status.as_str());
    Err(Refusal { code, message, allowed: allowed(status, side) })
}

/// What `side` may do now.
pub fn allowed(status: Status, side: Side) -> Vec<Step> {
    let now = MOVES.iter().filter(|(from, who, ..)| (*from, *who) == (status, side));
    now.map(|(_, _, step, _)| *step).collect()
}

/// Whether a step may come with this note.
pub fn check_note(step: Step, note: &str) -> Result<(), Problem> {
    if step.needs_note() && note.trim().is_empty() {
        return Err(Problem::new(
            "note_missing",
            "/note",
            "this needs words that the other side reads",
            "a sentence or two",
            "say what you want to know, or why",
        ));
    }
    check_lines(note, NOTE_CHARS_MAX, "/note").map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
