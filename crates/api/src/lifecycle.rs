//! The one way in which an integration changes its state: asked of `catalog`, written down with
//! who, when and why.

use catalog::{
    Action, Checklist, Facts, Info, Party, Refusal, State, TeamRole,
    checklist::{self, Checked},
    state::shown,
};
use proof::Report;
use spec::SourceId;
use store::{
    Read, Write,
    integrations::{self, Integration},
    submissions::{self, Submission, Transition},
};

use crate::{
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    state::Api,
};

/// The state as it is stored.
pub fn stored_state(row: &Integration) -> Result<State, ApiError> {
    State::parse(&row.state).ok_or_else(|| {
        ApiError::unavailable(&store::StoreError::Unreadable {
            what: "integrations.state",
            why: row.state.clone(),
        })
    })
}

/// The state as everybody sees it now: beta ends by the clock.
pub fn shown_state(api: &Api, row: &Integration, now_ms: i64) -> Result<State, ApiError> {
    let met = row.beta_met_at_ms.is_some();
    Ok(shown(stored_state(row)?, row.approved_at_ms, &api.beta_rules(), met, now_ms))
}

/// Catalog info from a row.
pub fn info(json: &str) -> Result<Info, ApiError> {
    serde_json::from_str(json).map_err(|error| {
        ApiError::unavailable(&store::StoreError::Unreadable {
            what: "integrations.draft",
            why: error.to_string(),
        })
    })
}

/// What a caller with a seat is to the state machine.
pub fn party_of(caller: &Caller) -> Result<Party, ApiError> {
    let admin = caller.seat()?.role == TeamRole::Admin.as_str();
    Ok(if admin { Party::PartnerAdmin } else { Party::Builder })
}

/// A refusal as the caller hears it.
pub fn refused(refusal: &Refusal) -> ApiError {
    let code = refusal.code;
    let error = match code {
        "wrong_party" | "own_submission" => ApiError::forbidden(code, refusal.message.clone()),
        _ => ApiError::conflict(code, refusal.message.clone()),
    };
    let allowed: Vec<&str> = refusal.allowed.iter().map(|action| action.as_str()).collect();
    match allowed.is_empty() {
        true => error,
        false => error.fix(format!("possible now: {}", allowed.join(", "))),
    }
}

/// The checklist of an integration as it stands. `report`: what the checks found, where there is a
/// data plane to ask.
pub async fn checklist_of(
    api: &Api,
    db: &mut Read,
    row: &Integration,
    report: Option<&Report>,
) -> Result<Checklist, ApiError> {
    let installs = submissions::installs(db, &row.id).await?;
    let accepted = |source: &str| api.activity.accepted(&SourceId(source.into()));
    let test_events_seen = installs.iter().map(|(source, _)| accepted(source)).sum();
    let mut workspaces: Vec<&String> = installs.iter().map(|(_, workspace)| workspace).collect();
    workspaces.sort();
    workspaces.dedup();
    let obstacle = report.and_then(Report::obstacle);
    let checks =
        report.map(|report| Checked { obstacle: obstacle.as_deref(), score: report.score });
    let facts = Facts {
        name: &row.name,
        test_events_seen,
        installed_in: u32::try_from(workspaces.len()).unwrap_or(u32::MAX),
        has_test_account: submissions::has_test_account(db, &row.id).await?,
        checks,
    };
    Ok(checklist::checklist(stored_state(row)?, &info(&row.draft)?, &facts))
}

/// Moves `row` to the state that `action` leads to, in memory: refused by the rules or not.
pub fn step(
    row: &mut Integration,
    party: Party,
    action: Action,
    account_id: &str,
    submitted_by: Option<&str>,
) -> Result<(State, State), ApiError> {
    let from = stored_state(row)?;
    let to = catalog::state::step_by(from, party, action, account_id, submitted_by)
        .map_err(|refusal| refused(&refusal))?;
    row.state = to.as_str().to_owned();
    Ok((from, to))
}

/// Writes a changed `row` with its transition and its audit entry.
pub async fn save(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    row: &mut Integration,
    moved: (Party, Action, State, State),
    reason: &str,
) -> Result<(), ApiError> {
    let (party, action, from, to) = moved;
    row.version += 1;
    row.updated_at_ms = caller.now_ms;
    integrations::update(write, row).await?;
    let transition = Transition {
        id: api.fresh.id("tra"),
        version: row.version,
        at_ms: caller.now_ms,
        account_id: caller.id().to_owned(),
        account_email: caller.email().unwrap_or_default().to_owned(),
        party: party.as_str().to_owned(),
        action: action.as_str().to_owned(),
        from_state: from.as_str().to_owned(),
        to_state: to.as_str().to_owned(),
        reason: reason.to_owned(),
    };
    submissions::moved(write, &row.id, &transition).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Integration Status Changed", "INTEGRATION", &row.id, &row.name)
        .before(&serde_json::json!({ "status": from }))
        .after(&serde_json::json!({ "status": to, "action": action, "reason": reason }));
    record(api, write, caller, scope, change).await
}

/// Makes what was reviewed the published version: exactly what was frozen, byte for byte.
pub fn publish(
    row: &mut Integration,
    submission: &Submission,
    now_ms: i64,
) -> Result<(), ApiError> {
    let frozen = Frozen::of(submission)?;
    row.published = Some(frozen.info.get().to_owned());
    row.published_name = Some(frozen.name);
    row.published_at_ms = Some(now_ms);
    Ok(())
}

/// What a partner's team reads when `row` is listed: until when it carries the beta badge.
pub fn listed_letter(api: &Api, row: &Integration) -> mail::Letter {
    let rules = api.beta_rules();
    mail::Letter::Approved {
        integration: row.name.clone(),
        public_at_ms: rules.ends_at_ms(row.approved_at_ms.unwrap_or(row.updated_at_ms)),
        url: api.link(&format!("/catalog/{}", row.slug)),
    }
}

/// What a submission froze.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Frozen {
    /// The integration's name.
    pub name: String,
    /// Its catalog info, as it stood.
    pub info: Box<serde_json::value::RawValue>,
}

impl Frozen {
    /// Of a submission.
    pub fn of(submission: &Submission) -> Result<Frozen, ApiError> {
        serde_json::from_str(&submission.frozen).map_err(|error| {
            ApiError::unavailable(&store::StoreError::Unreadable {
                what: "submissions.frozen",
                why: error.to_string(),
            })
        })
    }
}

#[cfg(test)]
mod tests;
