use axum::{
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use tracking_plan::{CSV_BYTES_MAX, CellProblem, Plan, Rule, from_csv, to_csv};

use super::{
    change::{RulesChanged, Wanted, change, fault, plan_of},
    rules::{DryRun, Named, merged},
};
use crate::{
    answer::Data,
    caller::Caller,
    error::{ApiError, Fault},
    page,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// Export a tracking plan
///
/// As a table (`csv`), or as JSON that imports again as it was.
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}/export",
    operation_id = "exportTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("format" = Option<String>, Query, description = "`csv` or `json` (when left out)", example = "csv")
    ),
    responses((status = 200, description = "The file", content(
        (String = "text/csv"), (Object = "application/json")
    ))),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-errors" = json!({ "422": ["not_allowed"] }))
    )
)]
pub async fn export(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let row = caller.tracking_plan()?;
    let format = page::value(request.uri().query().unwrap_or_default(), "format");
    let (mut plan, _) = plan_of(&mut *api.db.read().await?, &row.id, row.revision).await?;
    let (kind, ending, text) = match format.as_deref() {
        Some("csv") => ("text/csv; charset=utf-8", "csv", to_csv(&plan.rules)),
        None | Some("json" | "") => {
            plan.name = Some(row.name.clone());
            plan.description = Some(row.description.clone()).filter(|text| !text.is_empty());
            ("application/json", "json", plan.to_json())
        }
        Some(other) => {
            return Err(ApiError::invalid_field(
                Fault::at("/format", "not_allowed", format!("{other:?} is no format of plans"))
                    .expected("csv or json")
                    .fix("give one of them"),
            ));
        }
    };
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = format!("attachment; filename=\"{}.{ending}\"", row.slug);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Import a tracking plan
///
/// A table (`text/csv`, as it is exported) or JSON: `{"rules": […]}`, or the list of rules alone.
/// `mode=merge` (when left out) adds and changes rules, `mode=replace` makes the file's rules the
/// only ones. Up to 15 MB and 2,000 rules. Everything that is wrong is named with its row.
#[utoipa::path(
    post,
    path = "/tracking-plans/{trackingPlanId}/import",
    operation_id = "importTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("mode" = Option<String>, Query, description = "`merge` or `replace`", example = "merge"),
        ("dryRun" = Option<bool>, Query, description = "Only say what would change", example = true),
        IfMatchHeader
    ),
    request_body(content((String = "text/csv"), (Object = "application/json"))),
    responses((status = 200, description = "What changed", body = Data<RulesChanged>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({ "422": ["bad_cell", "bad_rule", "not_allowed"] }))
    )
)]
pub async fn import(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    dry_run: DryRun,
    request: Request,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let mode = page::value(request.uri().query().unwrap_or_default(), "mode");
    let replaces = match mode.as_deref() {
        None | Some("merge" | "") => false,
        Some("replace") => true,
        Some(other) => {
            return Err(ApiError::invalid_field(
                Fault::at("/mode", "not_allowed", format!("{other:?} is no way to import"))
                    .expected("merge or replace")
                    .fix("give one of them"),
            ));
        }
    };
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let is_table = kind.eq_ignore_ascii_case("text/csv");
    let bytes = to_bytes(request.into_body(), CSV_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| ApiError::too_large(CSV_BYTES_MAX))?;
    let rules = if is_table { from_table(&bytes)? } else { from_json(&bytes)? };
    let edit = |plan: Plan| {
        let rules = match replaces {
            true => rules.clone(),
            false => merged(plan, &rules.iter().cloned().map(Named::plain).collect::<Vec<_>>()),
        };
        Ok(Wanted { rules, ..Wanted::default() })
    };
    change(&api, &caller, seen, dry_run.0, edit).await
}

fn from_table(bytes: &[u8]) -> Result<Vec<Rule>, ApiError> {
    let cell = |problem: &CellProblem| {
        let at = match problem.column {
            "" => format!("/{}", problem.row),
            column => format!("/{}/{column}", problem.row),
        };
        let place = format!("row {}: {}", problem.row, problem.message);
        Fault::at(at, "bad_cell", place).expected("a cell as an export has it").fix(&problem.fix)
    };
    from_csv(bytes).map_err(|problems| ApiError::invalid(problems.iter().map(cell).collect()))
}

fn from_json(bytes: &[u8]) -> Result<Vec<Rule>, ApiError> {
    let plan = Plan::from_json(bytes);
    let plan = plan.map_err(|problems| ApiError::invalid(problems.iter().map(fault).collect()))?;
    Ok(plan.rules)
}
