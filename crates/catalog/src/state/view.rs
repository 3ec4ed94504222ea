//! What follows from a state and the time: what is shown, who finds it, who may add it, what an
//! edit does.

use serde::Serialize;

use super::State;

/// When a beta ends. Both have to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BetaRules {
    /// Days since approval.
    pub days: u32,
    /// What it must have shown at customers.
    pub criteria: BetaCriteria,
}

/// What a beta must have shown at customers, beside its time. Met once, it stays met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BetaCriteria {
    /// At least so many workspaces that installed it.
    pub installs: Option<u32>,
    /// At least so many events that they sent.
    pub events: Option<u64>,
    /// At most so many in a hundred of these break the Spec.
    pub violations_percent: Option<u32>,
}

/// One criterion, and how a beta stands to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criterion {
    /// `installs`, `events` or `violationsPercent`.
    pub name: &'static str,
    /// What is asked.
    pub asked: f64,
    /// What is; `None` while there is nothing to measure.
    pub measured: Option<f64>,
    /// Whether that is enough.
    pub met: bool,
}

impl BetaCriteria {
    /// Whether anything is asked.
    pub fn any(&self) -> bool {
        *self != BetaCriteria::default()
    }

    /// How a beta with these figures stands to each criterion. `violations`: of a hundred events.
    pub fn of(&self, installs: u64, events: u64, violations: Option<f64>) -> Vec<Criterion> {
        let at_least = |name, asked: Option<f64>, measured: u64| {
            let (asked, measured) = (asked?, measured as f64);
            Some(Criterion { name, asked, measured: Some(measured), met: measured >= asked })
        };
        let most = self.violations_percent.map(|asked| Criterion {
            name: "violationsPercent",
            asked: f64::from(asked),
            measured: violations,
            met: violations.is_some_and(|measured| measured <= f64::from(asked)),
        });
        let installs = at_least("installs", self.installs.map(f64::from), installs);
        let events = at_least("events", self.events.map(|events| events as f64), events);
        [installs, events, most].into_iter().flatten().collect()
    }
}

impl Default for BetaRules {
    /// What sources have: fourteen days, whoever uses it.
    fn default() -> Self {
        Self { days: 14, criteria: BetaCriteria::default() }
    }
}

const DAY_MS: i64 = 86_400_000;

impl BetaRules {
    /// The first millisecond that the clock no longer holds back.
    pub fn ends_at_ms(&self, approved_at_ms: i64) -> i64 {
        approved_at_ms.saturating_add(i64::from(self.days).saturating_mul(DAY_MS))
    }

    /// What was approved after this time is held back by the clock at `now_ms`; for queries.
    pub fn holds_after_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(i64::from(self.days).saturating_mul(DAY_MS))
    }
}

/// The state as everybody sees it: a beta whose time is over is public, once it met what else is
/// asked. A beta without an approval time stays beta, so entries that need no review carry one
/// nevertheless.
pub fn shown(
    state: State,
    approved_at_ms: Option<i64>,
    beta: &BetaRules,
    met: bool,
    now_ms: i64,
) -> State {
    match (state, approved_at_ms) {
        (State::PublicBeta, Some(approved))
            if now_ms >= beta.ends_at_ms(approved) && (met || !beta.criteria.any()) =>
        {
            State::Public
        }
        _ => state,
    }
}

/// Whether every workspace finds it in its catalog.
pub fn listed(state: State) -> bool {
    matches!(state, State::PublicBeta | State::Public)
}

/// Days for which a listing is shown under New & Noteworthy.
pub const NOTEWORTHY_DAYS: i64 = 30;

/// Whether it stands under New & Noteworthy: in beta, or listed for the first time not long ago.
/// `state` is the one that is shown.
pub fn noteworthy(state: State, first_listed_at_ms: Option<i64>, now_ms: i64) -> bool {
    let lately = first_listed_at_ms.is_some_and(|since| since > noteworthy_after_ms(now_ms));
    state == State::PublicBeta || (listed(state) && lately)
}

/// What was first listed after this time is noteworthy at `now_ms`; for queries.
pub fn noteworthy_after_ms(now_ms: i64) -> i64 {
    now_ms.saturating_sub(NOTEWORTHY_DAYS * DAY_MS)
}

/// Who looks at an integration, and how they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewer {
    /// Belongs to the partner's team.
    pub in_team: bool,
    /// Reviews for the platform.
    pub reviewer: bool,
    /// Came by the integration's install link.
    pub by_link: bool,
    /// The workspace they act in already has a source of it.
    pub installed: bool,
}

/// Whether `viewer` may know that it exists. To everybody else it is not found: a slug can be
/// guessed, so the link alone opens nothing before private beta.
pub fn visible_to(state: State, viewer: &Viewer) -> bool {
    viewer.in_team
        || viewer.reviewer
        || viewer.installed
        || listed(state)
        || (viewer.by_link && matches!(state, State::PrivateBeta | State::Deprecated))
}

/// Whether `viewer` may make a new source of it in a workspace of theirs.
pub fn installable_by(state: State, viewer: &Viewer) -> bool {
    match state {
        State::PublicBeta | State::Public => true,
        State::PrivateBeta => viewer.in_team || viewer.reviewer || viewer.by_link,
        State::PrivateSubmitted => viewer.in_team || viewer.reviewer,
        State::PrivateBuilding => viewer.in_team,
        State::Deprecated | State::Unavailable => false,
    }
}

/// What an edit of the catalog info does in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Editing {
    /// It counts at once.
    Free,
    /// It is refused: what is reviewed must not change. Withdraw first.
    Frozen,
    /// It is kept beside the published version until a reviewer has seen the difference.
    Reviewed,
    /// It is refused: there is nothing to show it to.
    Closed,
}

/// What an edit of the catalog info does in `state`.
pub fn editing(state: State) -> Editing {
    match state {
        State::PrivateBuilding => Editing::Free,
        State::PrivateSubmitted => Editing::Frozen,
        State::PrivateBeta | State::PublicBeta | State::Public | State::Deprecated => {
            Editing::Reviewed
        }
        State::Unavailable => Editing::Closed,
    }
}
