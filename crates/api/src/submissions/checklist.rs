use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    checks,
    error::ApiError,
    lifecycle,
    state::Api,
};

/// A checklist in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChecklistAnswer {
    /// The checklist.
    checklist: catalog::Checklist,
}

/// Get the checklist
///
/// What is left to do before the integration can be submitted: each line with how to mend it.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/checklist",
    operation_id = "getChecklist",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The checklist", body = Data<ChecklistAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({ "503": ["log_unavailable"] }))
    )
)]
pub async fn checklist(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<ChecklistAnswer>, ApiError> {
    let row = caller.integration()?;
    let wanted = checks::Wanted::of(&mut api.db.read().await?, row).await?;
    let report = checks::report(&api, &wanted).await?;
    let mut db = api.db.read().await?;
    let checklist = lifecycle::checklist_of(&api, &mut db, row, report.as_ref()).await?;
    Ok(data(ChecklistAnswer { checklist }))
}
