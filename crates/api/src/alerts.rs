//! Alerts of a workspace: what is watched, and who is told.

mod rules;
#[cfg(test)]
mod tests;
mod watch;

use axum::extract::{Path, State};
use catalog::slug::check_name;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    Write,
    alerts::{self, Alert},
    destinations, sources,
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    answer::{Data, Done, data, done, time},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    mailer,
    page::{PageParams, PageQuery, Pagination},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};
pub use rules::AlertKind;
pub use watch::watch;

/// Addresses that one alert may tell.
const EMAILS_MAX: usize = 20;
/// Alerts of one workspace.
const ALERTS_MAX: usize = 200;
const MINUTES: std::ops::RangeInclusive<i64> = 5..=20_160;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(test))
        .routes(routes!(notices))
}

/// An alert.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertView {
    /// Its id.
    #[schema(example = "alr_4hPS4Yz1rXUSX6sFwGFHUb")]
    id: String,
    /// Its name.
    #[schema(example = "Deliveries fail")]
    name: String,
    /// What is watched.
    #[schema(example = "DELIVERY_RATE")]
    kind: AlertKind,
    /// The source or destination that it is about; absent for all of the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "dst_4hPS4Yz1rXUSX6sFwGFHUb")]
    about_id: Option<String>,
    /// Percent, where the kind is decided by some.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 95)]
    threshold: Option<i64>,
    /// The time that is looked at, or waited.
    #[schema(example = 60)]
    minutes: i64,
    /// Who is told by mail.
    #[schema(example = json!(["ops@example.com"]))]
    emails: Vec<String>,
    /// The webhook that is told, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://hooks.example.com/…T0aB")]
    webhook_url: Option<String>,
    /// Whether it is on.
    enabled: bool,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    created_at: String,
}

/// An alert in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertAnswer {
    /// The alert.
    alert: AlertView,
}

/// Alerts in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertsAnswer {
    /// By name.
    alerts: Vec<AlertView>,
}

/// A new alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAlert {
    /// Its name, unique in the workspace.
    #[schema(example = "Deliveries fail", min_length = 1, max_length = 60)]
    name: String,
    /// What is watched.
    kind: AlertKind,
    /// The source or destination that it is about, by id; all of the workspace when left out.
    about_id: Option<String>,
    /// Percent: 95 of `DELIVERY_RATE` and 50 of `VOLUME_CHANGE` when left out.
    #[schema(example = 95)]
    threshold: Option<i64>,
    /// The time that is looked at, or waited, from 5 minutes to 14 days: a day of `VOLUME_CHANGE`
    /// and `NO_DATA`, else an hour when left out.
    #[schema(example = 60)]
    minutes: Option<i64>,
    /// Who is told by mail.
    #[serde(default)]
    #[schema(example = json!(["ops@example.com"]))]
    emails: Vec<String>,
    /// What is told with JSON that Slack takes.
    #[schema(example = "https://hooks.example.com/services/T0/B0/secret")]
    webhook_url: Option<String>,
    /// Whether it is on, which also holds when left out.
    enabled: Option<bool>,
}

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlertChanges {
    /// Its name.
    #[schema(example = "Deliveries fail", min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Percent.
    #[schema(example = 95)]
    threshold: Option<i64>,
    /// The time that is looked at, or waited.
    #[schema(example = 60)]
    minutes: Option<i64>,
    /// Who is told by mail.
    #[schema(example = json!(["ops@example.com"]))]
    emails: Option<Vec<String>>,
    /// What is told besides; empty for nothing.
    #[schema(example = "https://hooks.example.com/services/T0/B0/secret")]
    webhook_url: Option<String>,
    /// Whether it is on.
    enabled: Option<bool>,
}

impl AlertView {
    fn of(row: &Alert) -> Result<AlertView, ApiError> {
        let kind = AlertKind::of(&row.kind).ok_or_else(|| ApiError::not_found("alert"))?;
        Ok(AlertView {
            id: row.id.clone(),
            name: row.name.clone(),
            kind,
            about_id: row.about_id.clone(),
            threshold: kind.thresholds().map(|_| row.threshold),
            minutes: row.minutes,
            emails: emails_of(row),
            webhook_url: row.webhook.clone(),
            enabled: row.enabled_at_ms.is_some(),
            created_at: time(row.created_at_ms),
        })
    }
}

fn emails_of(row: &Alert) -> Vec<String> {
    serde_json::from_str(&row.emails).unwrap_or_default()
}

/// List alerts
#[utoipa::path(
    get,
    path = "/alerts",
    operation_id = "listAlerts",
    tag = "Alerts",
    responses((status = 200, description = "The alerts", body = Data<AlertsAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
async fn list(State(api): State<Api>, caller: Caller) -> Result<Data<AlertsAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = alerts::list(&mut db, &caller.workspace()?.id).await?;
    let alerts = rows.iter().map(AlertView::of).collect::<Result<_, _>>()?;
    Ok(data(AlertsAnswer { alerts }))
}

/// Get an alert
#[utoipa::path(
    get,
    path = "/alerts/{alertId}",
    operation_id = "getAlert",
    tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 200, description = "The alert", body = Data<AlertAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Versioned<Data<AlertAnswer>>, ApiError> {
    let mut db = api.db.read().await?;
    let row = alerts::find(&mut db, &caller.workspace()?.id, &id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("alert"))?;
    Ok(Versioned(row.version, data(AlertAnswer { alert: AlertView::of(&row)? })))
}

/// Create an alert
///
/// It is looked at every minute. Who is told hears once that a thing is bad, and once that it is
/// well again; what comes and goes is told at most once an hour. That a destination is about to be
/// paused, and that it is, the owners of the workspace are told without any alert.
#[utoipa::path(
    post,
    path = "/alerts",
    operation_id = "createAlert",
    tag = "Alerts",
    request_body = NewAlert,
    responses((status = 201, description = "Created", body = Data<AlertAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "409": ["too_many"],
            "422": [
                "bad_email", "bad_url", "blank_at_end", "control_character", "name_empty",
                "not_allowed", "not_found", "out_of_range", "required", "taken", "too_long",
                "too_many"
            ]
        }))
    )
)]
async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewAlert>,
) -> Result<(StatusCode, Data<AlertAnswer>), ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let day = matches!(new.kind, AlertKind::VolumeChange | AlertKind::NoData);
    let mut row = Alert {
        id: api.fresh.id("alr"),
        workspace_id: workspace_id.clone(),
        name: new.name.trim().to_owned(),
        kind: new.kind.as_str().to_owned(),
        about_id: new.about_id,
        threshold: new.threshold.unwrap_or(match new.kind {
            AlertKind::DeliveryRate => 95,
            AlertKind::VolumeChange => 50,
            _ => 0,
        }),
        minutes: new.minutes.unwrap_or(if day { 1440 } else { 60 }),
        emails: String::new(),
        webhook: None,
        webhook_sealed: None,
        enabled_at_ms: new.enabled.unwrap_or(true).then_some(caller.now_ms),
        created_at_ms: caller.now_ms,
        version: 1,
    };
    let given =
        Given { threshold: new.threshold, emails: Some(new.emails), webhook_url: new.webhook_url };
    check(&api, &mut write, &mut row, new.kind, given).await?;
    if alerts::list(&mut write, workspace_id).await?.len() >= ALERTS_MAX {
        let message = format!("a workspace has at most {ALERTS_MAX} alerts");
        return Err(ApiError::conflict("too_many", message).fix("delete one first"));
    }
    alerts::insert(&mut write, &row).await?;
    let alert = AlertView::of(&row)?;
    let change = Change::new("Alert Created", "ALERT", &row.id, &row.name).after(&alert);
    record(&api, &mut write, &caller, workspace_id, change).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(AlertAnswer { alert })))
}

/// Change an alert
///
/// What it watches, and of which source or destination, never changes.
#[utoipa::path(
    patch,
    path = "/alerts/{alertId}",
    operation_id = "updateAlert",
    tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert"), IfMatchHeader),
    request_body = AlertChanges,
    responses((status = 200, description = "Changed", body = Data<AlertAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": [
                "bad_email", "bad_url", "blank_at_end", "control_character", "name_empty",
                "not_allowed", "not_found", "out_of_range", "required", "taken", "too_long",
                "too_many"
            ]
        }))
    )
)]
async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Path(id): Path<String>,
    Body(changes): Body<AlertChanges>,
) -> Result<Versioned<Data<AlertAnswer>>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let before = alerts::find(&mut write, workspace_id, &id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("alert"))?;
    seen.check(before.version)?;
    let was = AlertView::of(&before)?;
    let mut row = before.clone();
    if let Some(name) = changes.name {
        row.name = name.trim().to_owned();
    }
    row.threshold = changes.threshold.unwrap_or(row.threshold);
    row.minutes = changes.minutes.unwrap_or(row.minutes);
    if let Some(enabled) = changes.enabled {
        row.enabled_at_ms = enabled.then(|| before.enabled_at_ms.unwrap_or(caller.now_ms));
    }
    let given = Given {
        threshold: changes.threshold,
        emails: changes.emails,
        webhook_url: changes.webhook_url,
    };
    check(&api, &mut write, &mut row, was.kind, given).await?;
    row.version += 1;
    alerts::update(&mut write, &row).await?;
    let alert = AlertView::of(&row)?;
    let change = Change::new("Alert Modified", "ALERT", &row.id, &row.name);
    record(&api, &mut write, &caller, workspace_id, change.before(&was).after(&alert)).await?;
    write.commit().await?;
    Ok(Versioned(row.version, data(AlertAnswer { alert })))
}

/// Delete an alert
#[utoipa::path(
    delete,
    path = "/alerts/{alertId}",
    operation_id = "deleteAlert",
    tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(("x-access" = json!("owner")))
)]
async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let row = alerts::find(&mut write, workspace_id, &id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("alert"))?;
    alerts::delete(&mut write, &row.id).await?;
    let change = Change::new("Alert Deleted", "ALERT", &row.id, &row.name);
    record(&api, &mut write, &caller, workspace_id, change.before(&AlertView::of(&row)?)).await?;
    write.commit().await?;
    Ok(done())
}

/// What came of telling everybody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertTested {
    /// Mails that were written.
    #[schema(example = 1)]
    mails: usize,
    /// Why the webhook did not take it; absent when it did, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "404: no_service")]
    webhook_problem: Option<String>,
}

/// Test an alert
///
/// Tells everybody whom the alert tells, in words that say that it is a test.
#[utoipa::path(
    post,
    path = "/alerts/{alertId}/test",
    operation_id = "testAlert",
    tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 200, description = "They were told", body = Data<AlertTested>)),
    extensions(("x-access" = json!("owner")), ("x-requests-per-minute" = json!(10)))
)]
async fn test(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Data<AlertTested>, ApiError> {
    let workspace = caller.workspace()?;
    let mut write = api.db.write().await?;
    let row = alerts::find(&mut write, &workspace.id, &id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("alert"))?;
    let letter = mail::Letter::Alert {
        workspace: workspace.name.clone(),
        title: format!("Test of the alert {}", row.name),
        says: "This is how you are told. Nothing is wrong: somebody tests the alert.".to_owned(),
        url: api.link("/"),
    };
    let emails = emails_of(&row);
    for email in &emails {
        mailer::post(&api, &mut write, caller.now_ms, email, &letter).await?;
    }
    write.commit().await?;
    mailer::sent(&api);
    let webhook_problem = watch::call_webhook(&api, &row, &letter).await.err();
    Ok(data(AlertTested { mails: emails.len(), webhook_problem }))
}

/// What was told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeView {
    /// Its id.
    #[schema(example = "aln_4hPS4Yz1rXUSX6sFwGFHUb")]
    id: String,
    /// The alert; absent for what the owners are told without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alr_4hPS4Yz1rXUSX6sFwGFHUb")]
    alert_id: Option<String>,
    /// The source or destination that it is about.
    #[schema(example = "dst_4hPS4Yz1rXUSX6sFwGFHUb")]
    about_id: String,
    /// When.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    at: String,
    /// Whether it was told that all is well again.
    over: bool,
    /// In a few words.
    #[schema(example = "Webhook: Deliveries fail")]
    title: String,
    /// In sentences.
    says: String,
    /// Why the webhook did not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Notices in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticesAnswer {
    /// The newest first.
    notices: Vec<NoticeView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// List what was told
///
/// Kept for 90 days.
#[utoipa::path(
    get,
    path = "/alert-notices",
    operation_id = "listAlertNotices",
    tag = "Alerts",
    params(PageParams),
    responses((status = 200, description = "What was told", body = Data<NoticesAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
async fn notices(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<NoticesAnswer>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut db = api.db.read().await?;
    let paged = alerts::notices(&mut db, workspace_id, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let notice = |row: alerts::Notice| NoticeView {
        id: row.id,
        alert_id: Some(row.alert_id).filter(|id| id != workspace_id),
        about_id: row.about_id,
        at: time(row.at_ms),
        over: row.level == 0,
        title: row.title,
        says: row.says,
        problem: row.problem,
    };
    let notices = paged.rows.into_iter().map(notice).collect();
    Ok(data(NoticesAnswer { notices, pagination }))
}

/// What was given and is not in the row yet.
struct Given {
    threshold: Option<i64>,
    emails: Option<Vec<String>>,
    webhook_url: Option<String>,
}

/// Checks `row`, and puts into it what was given.
async fn check(
    api: &Api,
    write: &mut Write,
    row: &mut Alert,
    kind: AlertKind,
    given: Given,
) -> Result<(), ApiError> {
    let mut faults: Vec<Fault> = Vec::new();
    faults.extend(check_name(&row.name).err().map(Into::into));
    let others = alerts::list(write, &row.workspace_id).await?;
    if others.iter().any(|other| other.name == row.name && other.id != row.id) {
        let fault = Fault::at("/name", "taken", "another alert has this name");
        faults.push(fault.expected("a name of its own").fix("choose another name"));
    }
    if let Some(about) = &row.about_id {
        let found = match kind.of_sources() {
            true => sources::find(write, &row.workspace_id, about).await?.map(|row| row.id),
            false => destinations::find(write, &row.workspace_id, about).await?.map(|row| row.id),
        };
        let what = if kind.of_sources() { "source" } else { "destination" };
        match found {
            Some(id) => row.about_id = Some(id),
            None => faults.push(
                Fault::at("/aboutId", "not_found", format!("there is no such {what}"))
                    .expected(format!("the id of a {what} of this workspace"))
                    .fix("leave it out to watch all"),
            ),
        }
    }
    match (kind.thresholds(), given.threshold) {
        (Some(range), Some(threshold)) if !range.contains(&threshold) => faults.push(
            Fault::at("/threshold", "out_of_range", format!("{threshold} is no such share"))
                .expected(format!("{} to {} percent", range.start(), range.end()))
                .fix("give one of these"),
        ),
        (None, Some(_)) => faults.push(
            Fault::at("/threshold", "not_allowed", "this kind is not decided by a share")
                .expected("none")
                .fix("leave it out"),
        ),
        _ => {}
    }
    if !MINUTES.contains(&row.minutes) {
        faults.push(
            Fault::at("/minutes", "out_of_range", format!("{} is out of bounds", row.minutes))
                .expected("5 to 20160 minutes")
                .fix("give one of these"),
        );
    }
    if let Some(emails) = &given.emails {
        if emails.len() > EMAILS_MAX {
            let fault = Fault::at("/emails", "too_many", "too many addresses");
            faults.push(
                fault.expected(format!("at most {EMAILS_MAX}")).fix("use the address of a list"),
            );
        }
        for (n, email) in emails.iter().enumerate().filter(|(_, one)| !mailer::is_address(one)) {
            let fault =
                Fault::at(format!("/emails/{n}"), "bad_email", format!("{email:?} is none"));
            faults.push(fault.expected("an address such as ops@example.com").fix("correct it"));
        }
        row.emails = serde_json::to_string(emails).unwrap_or_default();
    }
    match given.webhook_url.as_deref() {
        None => {}
        Some("") => (row.webhook, row.webhook_sealed) = (None, None),
        Some(url) => match shown(url) {
            Some(shown) => {
                let owner = watch::owner(&row.id);
                row.webhook_sealed = Some(api.sealer.seal(&api.fresh, &owner, url.as_bytes()));
                row.webhook = Some(shown);
            }
            None => faults.push(
                Fault::at("/webhookUrl", "bad_url", "this is no address of a webhook")
                    .expected("an https or http URL without user name")
                    .fix("copy it from where the webhook was made"),
            ),
        },
    }
    if row.webhook.is_none() && emails_of(row).is_empty() && faults.is_empty() {
        let fault = Fault::at("/emails", "required", "nobody is told");
        faults.push(fault.expected("an address, or a webhook").fix("give one of them"));
    }
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid(faults)) }
}

/// The address of a webhook as it may be shown: its path is what lets one in.
fn shown(url: &str) -> Option<String> {
    let parsed = url::Url::parse(url).ok()?;
    let plain = parsed.username().is_empty() && parsed.password().is_none();
    let host = parsed.host_str().filter(|_| plain && url.len() <= 2000 && url.is_ascii())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return None;
    }
    let end: String = url.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let end = if parsed.path().len() > 8 { end } else { String::new() };
    Some(format!("{}://{host}/…{end}", parsed.scheme()))
}
