//! Review of one submission: three parts, each passed or sent back with comments that are bound
//! to a field or an event; and the time a partner is promised.
//!
//! A submission is a numbered round with its own frozen copy. The first ones launch the
//! integration, later ones propose an edit while the published version stays up.

use serde::{Deserialize, Serialize};

use crate::{
    info::has_field,
    problem::Problem,
    state::{Action, Party, Refusal},
};

mod clock;

pub use clock::{Age, TARGET_DAYS, age, due_at_ms, working_ms};

/// Characters of one comment.
pub const COMMENT_CHARS_MAX: usize = 4000;

/// What a reviewer looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Part {
    /// Connected as a customer would, the events arrive and follow the Spec.
    Functionality,
    /// Texts, pictures and categories of the catalog entry.
    Metadata,
    /// What the documentation says is what happens.
    Documentation,
}

impl Part {
    /// Every part, in the order of a review.
    pub const ALL: [Part; 3] = [Part::Functionality, Part::Metadata, Part::Documentation];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Functionality => "functionality",
            Part::Metadata => "metadata",
            Part::Documentation => "documentation",
        }
    }

    /// The part of this name.
    pub fn parse(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.as_str() == name)
    }

    /// What the reviewer does for it, step by step.
    pub fn steps(self) -> &'static [&'static str] {
        match self {
            Part::Functionality => &[
                "Log in to the partner's product with the test account",
                "Connect it as the catalog entry says",
                "Do what a customer would do, and see the events arrive",
                "See that the data is where the documentation says",
            ],
            Part::Metadata => &[
                "Read the text of the catalog entry",
                "Open the entry in a workspace: categories, logo, mark and description",
                "See that name, logo and text are the company's own",
            ],
            Part::Documentation => &[
                "Follow sign-up, key and delivery instructions from zero",
                "See that every event and property is described as it arrives",
            ],
        }
    }
}

/// What a reviewer says about a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// It is good as it is.
    Passed,
    /// Something has to change, as the comments say.
    Changes,
}

impl Verdict {
    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Changes => "changes",
        }
    }

    /// The verdict of this name.
    pub fn parse(name: &str) -> Option<Verdict> {
        [Verdict::Passed, Verdict::Changes].into_iter().find(|verdict| verdict.as_str() == name)
    }
}

/// How one part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartReview {
    /// The part.
    pub part: Part,
    /// The verdict; none yet when it was not looked at.
    pub verdict: Option<Verdict>,
    /// Comments on it that the partner reads and that are not resolved.
    pub open_comments: u32,
}

/// What follows from the parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    /// Some parts have no verdict yet, and none asks for changes.
    Open {
        /// Those parts.
        parts: Vec<Part>,
    },
    /// Every part passed: it may be approved.
    Passed,
    /// Some parts ask for changes: it may be sent back.
    Changes {
        /// Those parts.
        parts: Vec<Part>,
    },
}

/// What follows from the parts that were looked at; a part that is not given has no verdict.
pub fn outcome(parts: &[PartReview]) -> Outcome {
    let verdict = |part| parts.iter().find(|p| p.part == part).and_then(|p| p.verdict);
    let with = |wanted| Part::ALL.into_iter().filter(move |part| verdict(*part) == wanted);
    let changes: Vec<_> = with(Some(Verdict::Changes)).collect();
    let open: Vec<_> = with(None).collect();
    match (changes.is_empty(), open.is_empty()) {
        (false, _) => Outcome::Changes { parts: changes },
        (true, false) => Outcome::Open { parts: open },
        (true, true) => Outcome::Passed,
    }
}

/// What stands in the way of taking `action` with these parts; empty for actions that need none.
pub fn check_action(action: Action, parts: &[PartReview]) -> Vec<Problem> {
    let outcome = outcome(parts);
    match action {
        Action::Approve | Action::ApprovePrivateBeta => {
            let (open, message) = match &outcome {
                Outcome::Passed => return Vec::new(),
                Outcome::Open { parts } => (parts, "has no verdict yet"),
                Outcome::Changes { parts } => (parts, "asks for changes"),
            };
            let problem = |part: &Part| {
                Problem::new(
                    "part_not_passed",
                    format!("/parts/{}", part.as_str()),
                    format!("{} {message}", part.as_str()),
                    "every part passed",
                    "pass it, or request changes",
                )
            };
            open.iter().map(problem).collect()
        }
        Action::RequestChanges => {
            let Outcome::Changes { parts: changed } = &outcome else {
                return vec![Problem::new(
                    "no_changes_asked",
                    "/parts",
                    "no part asks for changes",
                    "at least one part with the verdict \"changes\"",
                    "say which part has to change, and comment on it",
                )];
            };
            let silent = changed
                .iter()
                .filter(|part| !parts.iter().any(|p| p.part == **part && p.open_comments > 0));
            let problem = |part: &Part| {
                Problem::new(
                    "part_without_comment",
                    format!("/parts/{}", part.as_str()),
                    format!("{} asks for changes and does not say which", part.as_str()),
                    "at least one comment that the partner can read",
                    "comment on the field or the event that has to change",
                )
            };
            silent.map(problem).collect()
        }
        _ => Vec::new(),
    }
}

/// What a comment is about: one field, or one event by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Target {
    /// JSON pointer into the catalog info; `/name`, `/slug` and `/testAccount` stand beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of an event, declared or seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

impl Target {
    /// A comment on a field.
    pub fn field(pointer: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), event: None }
    }

    /// A comment on an event.
    pub fn event(name: impl Into<String>) -> Self {
        Self { pointer: None, event: Some(name.into()) }
    }
}

/// Whether a comment can be made on `target`.
pub fn check_target(target: &Target) -> Result<(), Problem> {
    const BESIDE: [&str; 3] = ["/name", "/slug", "/testAccount"];
    let fix = "give the pointer of the field, or the name of the event";
    match (&target.pointer, &target.event) {
        (Some(pointer), None) if BESIDE.contains(&pointer.as_str()) => Ok(()),
        (Some(pointer), None) if !pointer.is_empty() && has_field(pointer) => Ok(()),
        (Some(pointer), None) => Err(Problem::new(
            "unknown_field",
            "/pointer",
            format!("{pointer:?} is not a field of the catalog info"),
            "a JSON pointer like /description or /events/0/name",
            fix,
        )),
        (None, Some(event)) if !event.trim().is_empty() => Ok(()),
        (None, Some(_)) => Err(Problem::new(
            "event_without_name",
            "/event",
            "the event has no name",
            "the name of an event",
            fix,
        )),
        _ => Err(Problem::new(
            "no_target",
            "/pointer",
            "a comment is on one field or on one event",
            "either pointer or event",
            fix,
        )),
    }
}

/// Whether the event that a comment is on is one of the `declared`. Without an event there is
/// nothing to say.
pub fn check_event<'a>(
    target: &Target,
    declared: impl Iterator<Item = &'a str>,
) -> Result<(), Problem> {
    let Some(event) = target.event.as_deref().filter(|event| !event.trim().is_empty()) else {
        return Ok(());
    };
    let declared: Vec<&str> = declared.collect();
    if declared.contains(&event) {
        return Ok(());
    }
    let (expected, fix) = match declared.as_slice() {
        [] => ("no event: none is declared".to_owned(), "comment on the field /events"),
        names => (names.join(", "), "name one of the declared events, or comment on /events"),
    };
    let message = format!("the integration declares no event {event:?}");
    Err(Problem::new("unknown_event", "/event", message, expected, fix))
}

/// Whether a comment may have this text.
pub fn check_comment(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new(
            "comment_empty",
            "/text",
            "the comment is empty",
            "what has to change, and why",
            "write it so that the partner can act on it",
        ));
    }
    crate::text::check_lines(text, COMMENT_CHARS_MAX, "/text").map_or(Ok(()), Err)
}

/// What a submission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Purpose {
    /// To be listed.
    Launch,
    /// To change what is published.
    Edit,
}

impl Purpose {
    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Launch => "launch",
            Purpose::Edit => "edit",
        }
    }

    /// The purpose of this name.
    pub fn parse(name: &str) -> Option<Purpose> {
        [Purpose::Launch, Purpose::Edit].into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// How a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RoundStatus {
    /// It waits for a verdict.
    Open,
    /// The team took it back.
    Withdrawn,
    /// It was sent back with comments.
    ChangesRequested,
    /// It was approved.
    Approved,
    /// The integration was removed instead.
    Declined,
}

impl RoundStatus {
    /// Every status.
    pub const ALL: [RoundStatus; 5] = [
        RoundStatus::Open,
        RoundStatus::Withdrawn,
        RoundStatus::ChangesRequested,
        RoundStatus::Approved,
        RoundStatus::Declined,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            RoundStatus::Open => "open",
            RoundStatus::Withdrawn => "withdrawn",
            RoundStatus::ChangesRequested => "changesRequested",
            RoundStatus::Approved => "approved",
            RoundStatus::Declined => "declined",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<RoundStatus> {
        RoundStatus::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// The status of a submission after an action. An edit moves only this; a launch moves the
/// integration's state too ([`crate::state::step_by`]). `submitted_by` never approves.
pub fn close(
    purpose: Purpose,
    status: RoundStatus,
    party: Party,
    action: Action,
    account: &str,
    submitted_by: &str,
) -> Result<RoundStatus, Refusal> {
    let own = account == submitted_by;
    let mut allowed = allowed_on(purpose, status, party);
    allowed.retain(|action| !(own && action.approves()));
    let (code, message) = if status != RoundStatus::Open {
        ("wrong_state", "this submission is closed; submit again".to_owned())
    } else if own && action.approves() && party == Party::Reviewer {
        let message = "who submitted this cannot approve it; another reviewer has to";
        ("own_submission", message.to_owned())
    } else if !allowed.contains(&action) {
        let elsewhere =
            Party::ALL.iter().any(|p| allowed_on(purpose, status, *p).contains(&action));
        let code = if elsewhere { "wrong_party" } else { "wrong_state" };
        let message = format!("{} may not {} this submission", party.label(), action.label());
        (code, message)
    } else {
        return Ok(match action {
            Action::Withdraw => RoundStatus::Withdrawn,
            Action::RequestChanges => RoundStatus::ChangesRequested,
            Action::Remove => RoundStatus::Declined,
            _ => RoundStatus::Approved,
        });
    };
    Err(Refusal { code, message, allowed })
}

/// What `party` may do to a submission.
pub fn allowed_on(purpose: Purpose, status: RoundStatus, party: Party) -> Vec<Action> {
    match (status, party, purpose) {
        (RoundStatus::Open, Party::Builder | Party::PartnerAdmin, _) => vec![Action::Withdraw],
        (RoundStatus::Open, Party::Reviewer, Purpose::Edit) => {
            vec![Action::RequestChanges, Action::Approve, Action::Remove]
        }
        (RoundStatus::Open, Party::Reviewer, Purpose::Launch) => vec![
            Action::RequestChanges,
            Action::ApprovePrivateBeta,
            Action::Approve,
            Action::Remove,
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
