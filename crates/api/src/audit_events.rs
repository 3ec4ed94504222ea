//! Who changed what: read, exported, and checked for tampering.

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{
    Page,
    audit::{self, Entry, Filter},
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    answer::{self, Data, data},
    caller::Caller,
    change::PLATFORM,
    error::{ApiError, Fault},
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

/// Rows of an export at most.
const EXPORT_MAX: u32 = 100_000;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(verify))
        .routes(routes!(list_of_partner))
        .routes(routes!(export_of_partner))
        .routes(routes!(verify_of_partner))
        .routes(routes!(list_of_platform))
        .routes(routes!(export_of_platform))
        .routes(routes!(verify_of_platform))
}

/// Which entries.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
struct AuditParams {
    /// From this time on, RFC 3339.
    #[param(example = "2026-11-01T00:00:00Z")]
    start_time: Option<String>,
    /// Before this time, RFC 3339.
    end_time: Option<String>,
    /// Of this kind.
    #[serde(rename = "type")]
    #[param(example = "Source Created")]
    kind: Option<String>,
    /// By this actor: id or e-mail.
    actor: Option<String>,
    /// On resources of this type.
    resource_type: Option<String>,
    /// On this resource.
    resource_id: Option<String>,
}

/// In which form.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
struct ExportParams {
    /// `csv`, which is meant unless said, or `ndjson`: one entry as the list shows it on each line.
    #[param(example = "ndjson")]
    format: Option<String>,
}

/// One change.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// Its id.
    #[schema(example = "aud_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// When.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    timestamp: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "Source Created")]
    kind: String,
    /// Id of the account or token, or `headwater`.
    actor: String,
    /// The account's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_email: Option<String>,
    /// Id of what changed.
    resource_id: String,
    /// What it is.
    #[schema(example = "SOURCE")]
    resource_type: String,
    /// Its name at the time.
    resource_name: String,
    /// As it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    before: Option<Box<RawValue>>,
    /// As it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    after: Option<Box<RawValue>>,
    /// Covers this entry and every one before it.
    hash: String,
}

/// Changes in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditAnswer {
    /// Newest first.
    events: Vec<AuditEvent>,
    /// Where this page stands.
    pagination: Pagination,
}

/// Whether the trail is whole.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyAnswer {
    /// Whether no entry was altered or taken out.
    intact: bool,
    /// The first entry that does not fit the one before it.
    first_broken: Option<i64>,
}

impl AuditEvent {
    fn of(entry: Entry) -> AuditEvent {
        let raw = |json: Option<String>| json.and_then(|json| RawValue::from_string(json).ok());
        AuditEvent {
            id: entry.id,
            timestamp: answer::time(entry.at_ms),
            kind: entry.kind,
            actor: entry.actor,
            actor_email: entry.actor_email,
            resource_id: entry.resource_id,
            resource_type: entry.resource_type,
            resource_name: entry.resource_name,
            before: raw(entry.before),
            after: raw(entry.after),
            hash: entry.hash,
        }
    }
}

/// List audit events
///
/// Every change in the workspace, newest first.
#[utoipa::path(
    get,
    path = "/audit-events",
    operation_id = "listAuditEvents",
    tag = "Audit trail",
    params(AuditParams, PageParams),
    responses((status = 200, description = "A page of them", body = Data<AuditAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": ["invalid"]
        }))
    )
)]
async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<AuditAnswer>, ApiError> {
    answer_of(&api, &caller.workspace()?.id, query, &page).await
}

/// List audit events of the partner
///
/// Every change of the team's integrations and in the team, newest first; also when reviewers read
/// a test account.
#[utoipa::path(
    get,
    path = "/partner/audit-events",
    operation_id = "listPartnerAuditEvents",
    tag = "Audit trail",
    params(AuditParams, PageParams),
    responses((status = 200, description = "A page of them", body = Data<AuditAnswer>)),
    extensions(
        ("x-access" = json!("partner_admin")),
        ("x-errors" = json!({
            "422": ["invalid"]
        }))
    )
)]
async fn list_of_partner(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<AuditAnswer>, ApiError> {
    answer_of(&api, &caller.seat()?.partner_id, query, &page).await
}

/// List audit events of the platform
///
/// What belongs to no workspace and no partner: accounts, operators, applications and reviews,
/// newest first.
#[utoipa::path(
    get,
    path = "/operator/audit-events",
    operation_id = "listPlatformAuditEvents",
    tag = "Audit trail",
    params(AuditParams, PageParams),
    responses((status = 200, description = "A page of them", body = Data<AuditAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "422": ["invalid"]
        }))
    )
)]
async fn list_of_platform(
    State(api): State<Api>,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<AuditAnswer>, ApiError> {
    answer_of(&api, PLATFORM, query, &page).await
}

/// A page of the trail of `scope`.
async fn answer_of(
    api: &Api,
    scope: &str,
    query: Option<String>,
    page: &Page,
) -> Result<Data<AuditAnswer>, ApiError> {
    let filter = filter(query.as_deref().unwrap_or_default())?;
    let mut db = api.db.read().await?;
    let paged = audit::list(&mut db, scope, &filter, page).await?;
    let pagination = Pagination::of(page, &paged);
    let events = paged.rows.into_iter().map(AuditEvent::of).collect();
    Ok(data(AuditAnswer { events, pagination }))
}

/// Export audit events
///
/// As CSV or NDJSON, newest first, with the same filters; at most 100,000 rows.
#[utoipa::path(
    get,
    path = "/audit-events/export",
    operation_id = "exportAuditEvents",
    tag = "Audit trail",
    params(AuditParams, ExportParams),
    responses((
        status = 200,
        description = "The rows",
        content((String = "text/csv"), (String = "application/x-ndjson"))
    )),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": ["invalid", "not_allowed"]
        }))
    )
)]
async fn export(
    State(api): State<Api>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    exported(&api, &caller.workspace()?.id, query).await
}

/// Export audit events of the partner
///
/// As CSV or NDJSON, newest first, with the same filters; at most 100,000 rows.
#[utoipa::path(
    get,
    path = "/partner/audit-events/export",
    operation_id = "exportPartnerAuditEvents",
    tag = "Audit trail",
    params(AuditParams, ExportParams),
    responses((
        status = 200,
        description = "The rows",
        content((String = "text/csv"), (String = "application/x-ndjson"))
    )),
    extensions(
        ("x-access" = json!("partner_admin")),
        ("x-errors" = json!({
            "422": ["invalid", "not_allowed"]
        }))
    )
)]
async fn export_of_partner(
    State(api): State<Api>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    exported(&api, &caller.seat()?.partner_id, query).await
}

/// Export audit events of the platform
///
/// As CSV or NDJSON, newest first, with the same filters; at most 100,000 rows.
#[utoipa::path(
    get,
    path = "/operator/audit-events/export",
    operation_id = "exportPlatformAuditEvents",
    tag = "Audit trail",
    params(AuditParams, ExportParams),
    responses((
        status = 200,
        description = "The rows",
        content((String = "text/csv"), (String = "application/x-ndjson"))
    )),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "422": ["invalid", "not_allowed"]
        }))
    )
)]
async fn export_of_platform(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    exported(&api, PLATFORM, query).await
}

/// The trail of `scope` as a file.
async fn exported(api: &Api, scope: &str, query: Option<String>) -> Result<Response, ApiError> {
    let query = query.as_deref().unwrap_or_default();
    let filter = filter(query)?;
    let csv = match page::value(query, "format").as_deref() {
        None | Some("csv") => true,
        Some("ndjson") => false,
        Some(other) => {
            return Err(ApiError::invalid_field(
                Fault::at("/format", "not_allowed", format!("{other:?} is no format"))
                    .expected("csv or ndjson")
                    .fix("give one of these, or leave it out"),
            ));
        }
    };
    let mut db = api.db.read().await?;
    let rows = audit::list(&mut db, scope, &filter, &Page::first(EXPORT_MAX)).await?.rows;
    let (kind, disposition, text) = if csv {
        let file = "attachment; filename=\"audit-events.csv\"";
        ("text/csv; charset=utf-8", file, csv_of(rows))
    } else {
        let line = |entry| {
            let event = serde_json::to_string(&AuditEvent::of(entry));
            event.expect("an entry is JSON") + "\n"
        };
        let file = "attachment; filename=\"audit-events.ndjson\"";
        ("application/x-ndjson", file, rows.into_iter().map(line).collect())
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, text).into_response())
}

fn csv_of(rows: Vec<Entry>) -> String {
    let mut csv = String::from(
        "id,timestamp,type,actor,actorEmail,resourceType,resourceId,resourceName,before,after\r\n",
    );
    for entry in rows {
        let time = answer::time(entry.at_ms);
        let cells = [
            entry.id.as_str(),
            &time,
            &entry.kind,
            &entry.actor,
            entry.actor_email.as_deref().unwrap_or_default(),
            &entry.resource_type,
            &entry.resource_id,
            &entry.resource_name,
            entry.before.as_deref().unwrap_or_default(),
            entry.after.as_deref().unwrap_or_default(),
        ];
        for (at, cell) in cells.into_iter().enumerate() {
            csv.push_str(if at == 0 { "" } else { "," });
            csv.push_str(&csv_cell(cell));
        }
        csv.push_str("\r\n");
    }
    csv
}

/// Verify the audit trail
///
/// Reads it from its start and says whether any entry was altered or taken out.
#[utoipa::path(
    get,
    path = "/audit-events/verify",
    operation_id = "verifyAuditEvents",
    tag = "Audit trail",
    responses((status = 200, description = "What was found", body = Data<VerifyAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
async fn verify(State(api): State<Api>, caller: Caller) -> Result<Data<VerifyAnswer>, ApiError> {
    verified(&api, &caller.workspace()?.id).await
}

/// Verify the audit trail of the partner
///
/// Reads it from its start and says whether any entry was altered or taken out.
#[utoipa::path(
    get,
    path = "/partner/audit-events/verify",
    operation_id = "verifyPartnerAuditEvents",
    tag = "Audit trail",
    responses((status = 200, description = "What was found", body = Data<VerifyAnswer>)),
    extensions(("x-access" = json!("partner_admin")))
)]
async fn verify_of_partner(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<VerifyAnswer>, ApiError> {
    verified(&api, &caller.seat()?.partner_id).await
}

/// Verify the audit trail of the platform
///
/// Reads it from its start and says whether any entry was altered or taken out.
#[utoipa::path(
    get,
    path = "/operator/audit-events/verify",
    operation_id = "verifyPlatformAuditEvents",
    tag = "Audit trail",
    responses((status = 200, description = "What was found", body = Data<VerifyAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
async fn verify_of_platform(State(api): State<Api>) -> Result<Data<VerifyAnswer>, ApiError> {
    verified(&api, PLATFORM).await
}

async fn verified(api: &Api, scope: &str) -> Result<Data<VerifyAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let first_broken = audit::verify(&mut db, scope).await?;
    Ok(data(VerifyAnswer { intact: first_broken.is_none(), first_broken }))
}

fn filter(query: &str) -> Result<Filter, ApiError> {
    let text = |name: &str| page::value(query, name).unwrap_or_default();
    let mut faults = Vec::new();
    let mut time = |name: &str| {
        let given = page::value(query, name)?;
        match given.parse::<jiff::Timestamp>() {
            Ok(time) => Some(time.as_millisecond()),
            Err(_) => {
                let message = format!("\"{name}\" is no time");
                let fault = Fault::at(format!("/{name}"), "invalid", message)
                    .expected("RFC 3339, such as 2026-11-25T12:00:00Z")
                    .fix("write date, T, time and the offset, Z for UTC");
                faults.push(fault);
                None
            }
        }
    };
    let filter = Filter {
        from_ms: time("startTime"),
        to_ms: time("endTime"),
        kind: text("type"),
        actor: text("actor"),
        resource_type: text("resourceType"),
        resource_id: text("resourceId"),
    };
    if faults.is_empty() { Ok(filter) } else { Err(ApiError::invalid(faults)) }
}

/// A cell of a CSV file. What a spreadsheet would take for a formula is kept from being one.
pub fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    if formula || text.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod scopes;
#[cfg(test)]
mod tests;
