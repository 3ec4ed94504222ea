use axum::extract::{Request, State};
use catalog::Need;
use serde::{Deserialize, Serialize};
use store::{
    Connection, source_schemas,
    sources::{self, Source},
};
use utoipa::ToSchema;

use super::change::found;
use crate::{
    answer::{Data, Done, data, done},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    gate::labels_of,
    page::{self, PageParams, PageQuery, Pagination},
    sources::{SourceView, views},
    state::Api,
};

/// The sources of a plan in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanSourcesAnswer {
    /// By slug.
    sources: Vec<SourceView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// A source to connect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceChoice {
    /// Its id or slug.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn", min_length = 1, max_length = 255)]
    source_id: String,
}

/// List the sources of a tracking plan
///
/// Those of its sources that the caller may see.
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}/sources",
    operation_id = "listSourcesFromTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        PageParams
    ),
    responses((status = 200, description = "The sources", body = Data<PlanSourcesAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-errors" = json!({ "422": ["not_allowed"] }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<PlanSourcesAnswer>, ApiError> {
    let plan = caller.tracking_plan()?;
    let visible = catalog::access::scope(
        &caller.permissions,
        catalog::access::Things::Sources { admin: false },
    );
    let mut db = api.db.read().await?;
    let paged =
        source_schemas::sources_of(&mut db, &plan.workspace_id, &plan.id, &visible, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let sources = views(&api, &mut db, &caller, &paged.rows).await?;
    Ok(data(PlanSourcesAnswer { sources, pagination }))
}

/// Connect a source to a tracking plan
///
/// From then on its messages are held against the plan, within a second. A source has one plan at
/// most. It takes the right to change both.
#[utoipa::path(
    post,
    path = "/tracking-plans/{trackingPlanId}/sources",
    operation_id = "addSourceToTrackingPlan",
    tag = "Tracking Plans",
    params(("trackingPlanId" = String, Path, description = "Id or slug of the plan")),
    request_body = SourceChoice,
    responses((status = 200, description = "Connected", body = Data<Done>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "403": ["role_needed"],
            "409": ["connected"],
            "422": ["required", "too_long", "unknown", "unknown_field"]
        }))
    )
)]
pub async fn connect(
    State(api): State<Api>,
    caller: Caller,
    Body(choice): Body<SourceChoice>,
) -> Result<Data<Done>, ApiError> {
    set(&api, &caller, &choice.source_id, true).await
}

/// Disconnect a source from a tracking plan
///
/// Its messages are held against no plan any more; what waits in its quarantine stays there until
/// it is released.
#[utoipa::path(
    delete,
    path = "/tracking-plans/{trackingPlanId}/sources",
    operation_id = "removeSourceFromTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("sourceId" = String, Query, description = "Id or slug of the source", example = "website")
    ),
    responses((status = 200, description = "Disconnected", body = Data<Done>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "403": ["role_needed"],
            "422": ["not_connected", "required", "unknown"]
        }))
    )
)]
pub async fn disconnect(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Data<Done>, ApiError> {
    let source = named_source(request.uri().query())?;
    set(&api, &caller, &source, false).await
}

async fn set(
    api: &Api,
    caller: &Caller,
    named: &str,
    connected: bool,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let plan = found(&mut write, caller).await?;
    let source = source(&mut write, caller, named).await?;
    let labels = labels_of(&mut write, &source.id).await?;
    caller.require(&Need::SourceAdmin(&source.id), &labels)?;
    let mut schema = source_schemas::get(&mut write, &source.id).await?;
    let is_ours = schema.plan_id.as_ref() == Some(&plan.id);
    if is_ours == connected {
        if connected {
            return Ok(done());
        }
        let message = format!("the source {:?} is not connected to this plan", source.slug);
        return Err(ApiError::invalid_field(
            Fault::at("/sourceId", "not_connected", message)
                .expected("a source of this plan")
                .fix("list them with GET /tracking-plans/{trackingPlanId}/sources"),
        ));
    }
    if connected && schema.plan_id.is_some() {
        let message = format!("the source {:?} is connected to another plan", source.slug);
        return Err(ApiError::conflict("connected", message)
            .pointer("/sourceId")
            .fix("disconnect it from that one first"));
    }
    schema.plan_id = connected.then(|| plan.id.clone());
    schema.version += 1;
    source_schemas::put(&mut write, &schema).await?;
    let kind = match connected {
        true => "Source Connected To Tracking Plan",
        false => "Source Disconnected From Tracking Plan",
    };
    let note = serde_json::json!({ "sourceId": source.id, "sourceSlug": source.slug });
    let change = Change::new(kind, "TRACKING_PLAN", &plan.id, &plan.name).after(&note);
    record(api, &mut write, caller, &plan.workspace_id, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}

/// The source that a query names.
pub fn named_source(query: Option<&str>) -> Result<String, ApiError> {
    page::value(query.unwrap_or_default(), "sourceId").ok_or_else(|| {
        ApiError::invalid_field(
            Fault::at("/sourceId", "required", "\"sourceId\" is required")
                .expected("the id or slug of a source")
                .fix("name the source"),
        )
    })
}

/// A source of the workspace that the caller may see; what one may not see is not there.
pub async fn source(db: &mut Connection, caller: &Caller, named: &str) -> Result<Source, ApiError> {
    let missing = || {
        let message = format!("the workspace has no source {named:?}");
        ApiError::invalid_field(
            Fault::at("/sourceId", "unknown", message)
                .expected("the id or slug of a source")
                .fix("list them with GET /sources"),
        )
    };
    let row = sources::find(db, &caller.workspace()?.id, named).await?.ok_or_else(missing)?;
    let labels = labels_of(db, &row.id).await?;
    if !caller.may(&Need::SourceRead(&row.id), &labels) {
        return Err(missing());
    }
    Ok(row)
}
