//! The life of an integration: seven states, and one table of who moves it where.
//!
//! ```text
//!  building ──submit──► submitted ──approve────────────────► public beta ··14 days··► public
//!     ▲                   │  │  └──approve private beta──► private beta ──publish beta──┘
//!     └─withdraw, request─┘  │                                   │
//!          changes ◄─────────┴───────── request changes ◄────────┘
//!  public beta, public ──deprecate──► deprecated ──restore──► public beta (its clock runs on)
//!  any ──remove──► unavailable ──restore──► building
//! ```
//!
//! The end of beta is no transition: [`shown`] derives it from the time of approval, so nothing
//! has to run for it. A stored `PUBLIC_BETA` may therefore be shown as `PUBLIC`; both allow the
//! same actions.
//!
//! Source: Segment Public API, status of catalog entries; "Build a Source".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{problem::Problem, text::check_lines};

mod view;

pub use view::{
    BetaCriteria, BetaRules, Criterion, Editing, NOTEWORTHY_DAYS, Viewer, editing, installable_by,
    listed, noteworthy, noteworthy_after_ms, shown, visible_to,
};

/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 2000;

/// Where an integration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum State {
    /// The partner works on it.
    PrivateBuilding,
    /// Frozen, waiting for a verdict.
    PrivateSubmitted,
    /// Approved for customers who have the link.
    PrivateBeta,
    /// Listed, with the beta badge.
    PublicBeta,
    /// Listed.
    Public,
    /// Existing sources go on; no new ones.
    Deprecated,
    /// Taken out of the catalog.
    Unavailable,
}

impl State {
    /// Every state, in the order of an integration's life.
    pub const ALL: [State; 7] = [
        State::PrivateBuilding,
        State::PrivateSubmitted,
        State::PrivateBeta,
        State::PublicBeta,
        State::Public,
        State::Deprecated,
        State::Unavailable,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            State::PrivateBuilding => "PRIVATE_BUILDING",
            State::PrivateSubmitted => "PRIVATE_SUBMITTED",
            State::PrivateBeta => "PRIVATE_BETA",
            State::PublicBeta => "PUBLIC_BETA",
            State::Public => "PUBLIC",
            State::Deprecated => "DEPRECATED",
            State::Unavailable => "UNAVAILABLE",
        }
    }

    /// The state of this name, exactly as [`State::as_str`] writes it.
    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            State::PrivateBuilding => "Private building",
            State::PrivateSubmitted => "In review",
            State::PrivateBeta => "Private beta",
            State::PublicBeta => "Beta",
            State::Public => "Public",
            State::Deprecated => "Deprecated",
            State::Unavailable => "Not listed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What somebody may do to an integration's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Action {
    /// Hand it in for review; freezes it.
    Submit,
    /// Take it back from review.
    Withdraw,
    /// Send it back to building, with comments.
    RequestChanges,
    /// Let invited customers use it before it is listed.
    ApprovePrivateBeta,
    /// List it, as beta.
    Approve,
    /// From private beta to listed beta.
    PublishBeta,
    /// No new sources from it.
    Deprecate,
    /// Undo a deprecation (listed again) or a removal (back to building).
    Restore,
    /// Take it out of the catalog, with a reason; a partner admin gives up a draft this way.
    Remove,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 9] = [
        Action::Submit,
        Action::Withdraw,
        Action::RequestChanges,
        Action::ApprovePrivateBeta,
        Action::Approve,
        Action::PublishBeta,
        Action::Deprecate,
        Action::Restore,
        Action::Remove,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Submit => "submit",
            Action::Withdraw => "withdraw",
            Action::RequestChanges => "requestChanges",
            Action::ApprovePrivateBeta => "approvePrivateBeta",
            Action::Approve => "approve",
            Action::PublishBeta => "publishBeta",
            Action::Deprecate => "deprecate",
            Action::Restore => "restore",
            Action::Remove => "remove",
        }
    }

    /// The action of this name, exactly as [`Action::as_str`] writes it.
    pub fn parse(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.as_str() == name)
    }

    /// What people read, as an infinitive without "to".
    pub fn label(self) -> &'static str {
        match self {
            Action::Submit => "submit for review",
            Action::Withdraw => "withdraw",
            Action::RequestChanges => "request changes",
            Action::ApprovePrivateBeta => "approve as private beta",
            Action::Approve => "approve as beta",
            Action::PublishBeta => "publish as beta",
            Action::Deprecate => "deprecate",
            Action::Restore => "restore",
            Action::Remove => "remove",
        }
    }

    /// Whether it must come with a reason that the partner reads.
    pub fn needs_reason(self) -> bool {
        matches!(self, Action::RequestChanges | Action::Deprecate | Action::Remove)
    }

    /// Whether it is a verdict in the integration's favour, which its submitter must not give.
    pub fn approves(self) -> bool {
        matches!(self, Action::Approve | Action::ApprovePrivateBeta | Action::PublishBeta)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// For whom somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Party {
    /// The partner's team.
    Builder,
    /// The partner's team, as one who runs it.
    PartnerAdmin,
    /// The platform: its reviewers and operators.
    Reviewer,
}

impl Party {
    /// Every party.
    pub const ALL: [Party; 3] = [Party::Builder, Party::PartnerAdmin, Party::Reviewer];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Party::Builder => "builder",
            Party::PartnerAdmin => "partnerAdmin",
            Party::Reviewer => "reviewer",
        }
    }

    /// The party of this name, exactly as [`Party::as_str`] writes it.
    pub fn parse(name: &str) -> Option<Party> {
        Party::ALL.into_iter().find(|party| party.as_str() == name)
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Party::Builder => "the partner's builders",
            Party::PartnerAdmin => "the partner's admins",
            Party::Reviewer => "the platform's reviewers",
        }
    }
}

/// Why an action was not taken, and what could be done instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct Refusal<A: fmt::Debug = Action> {
    /// Stable name of the rule: `wrong_state`, `wrong_party` or `own_submission`.
    pub code: &'static str,
    /// Why, in a sentence.
    pub message: String,
    /// What the same party may do now.
    pub allowed: Vec<A>,
}

/// The table: every move there is, whoever makes it.
const MOVES: &[(State, Action, State, &[Party])] = {
    use Action as A;
    use State as S;
    const TEAM: &[Party] = &[Party::Builder, Party::PartnerAdmin];
    const ADMIN: &[Party] = &[Party::PartnerAdmin, Party::Reviewer];
    const PLATFORM: &[Party] = &[Party::Reviewer];
    &[
        (S::PrivateBuilding, A::Submit, S::PrivateSubmitted, TEAM),
        (S::PrivateBuilding, A::Remove, S::Unavailable, ADMIN),
        (S::PrivateSubmitted, A::Withdraw, S::PrivateBuilding, TEAM),
        (S::PrivateSubmitted, A::RequestChanges, S::PrivateBuilding, PLATFORM),
        (S::PrivateSubmitted, A::ApprovePrivateBeta, S::PrivateBeta, PLATFORM),
        (S::PrivateSubmitted, A::Approve, S::PublicBeta, PLATFORM),
        (S::PrivateSubmitted, A::Remove, S::Unavailable, PLATFORM),
        (S::PrivateBeta, A::PublishBeta, S::PublicBeta, PLATFORM),
        (S::PrivateBeta, A::RequestChanges, S::PrivateBuilding, PLATFORM),
        (S::PrivateBeta, A::Remove, S::Unavailable, PLATFORM),
        (S::PublicBeta, A::Deprecate, S::Deprecated, PLATFORM),
        (S::PublicBeta, A::Remove, S::Unavailable, PLATFORM),
        (S::Public, A::Deprecate, S::Deprecated, PLATFORM),
        (S::Public, A::Remove, S::Unavailable, PLATFORM),
        (S::Deprecated, A::Restore, S::PublicBeta, PLATFORM),
        (S::Deprecated, A::Remove, S::Unavailable, PLATFORM),
        (S::Unavailable, A::Restore, S::PrivateBuilding, PLATFORM),
    ]
};

/// The state after `party` took `action`, or why not.
pub fn step(state: State, party: Party, action: Action) -> Result<State, Refusal> {
    decide(state, party, action, false)
}

/// [`step`] for an account that is known: who submitted never approves, whatever they may be
/// besides.
///
/// `submitted_by` is the account of the submission that is open or was approved last.
pub fn step_by(
    state: State,
    party: Party,
    action: Action,
    account: &str,
    submitted_by: Option<&str>,
) -> Result<State, Refusal> {
    decide(state, party, action, submitted_by == Some(account))
}

/// What `party` may do now.
pub fn allowed(state: State, party: Party) -> Vec<Action> {
    let now = MOVES.iter().filter(|(from, _, _, who)| *from == state && who.contains(&party));
    now.map(|(_, action, ..)| *action).collect()
}

/// [`allowed`] for an account that is known, as in [`step_by`].
pub fn allowed_by(
    state: State,
    party: Party,
    account: &str,
    submitted_by: Option<&str>,
) -> Vec<Action> {
    let mut actions = allowed(state, party);
    actions.retain(|action| !(action.approves() && submitted_by == Some(account)));
    actions
}

/// `own`: the account that acts has submitted it.
fn decide(state: State, party: Party, action: Action, own: bool) -> Result<State, Refusal> {
    let found = MOVES.iter().find(|(from, act, ..)| *from == state && *act == action);
    let (code, mut message) = match found {
        None => {
            let label = state.label();
            ("wrong_state", format!("cannot {} what is in state {label} ({state})", action.label()))
        }
        Some((.., parties)) if !parties.contains(&party) => {
            let who: Vec<_> = parties.iter().map(|party| party.label()).collect();
            ("wrong_party", format!("only {} may {} now", who.join(" and "), action.label()))
        }
        Some(_) if own && action.approves() => (
            "own_submission",
            "who submitted an integration cannot approve it; another reviewer has to".to_owned(),
        ),
        Some((_, _, to, _)) => return Ok(*to),
    };
    let mut allowed = allowed(state, party);
    allowed.retain(|action| !(own && action.approves()));
    if allowed.is_empty() {
        message.push_str("; there is nothing for you to do in this state");
    } else {
        let names: Vec<_> = allowed.iter().map(|action| action.label()).collect();
        message.push_str(&format!("; you may {}", names.join(" or ")));
    }
    Err(Refusal { code, message, allowed })
}

/// Whether `action` may come with this reason; actions that need none may have one.
pub fn check_reason(action: Action, reason: &str) -> Result<(), Problem> {
    if action.needs_reason() && reason.trim().is_empty() {
        return Err(Problem::new(
            "reason_missing",
            "/reason",
            format!("to {} needs a reason", action.label()),
            "a sentence or two that the partner reads",
            "say why, and what would change it",
        ));
    }
    check_lines(reason, REASON_CHARS_MAX, "/reason").map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
