//! A workspace's labels: `key:value`, such as `environment:prod`.

use axum::extract::{Path, State};
use catalog::Label as Rules;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::labels::{self, Label};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    answer::{Data, Done, data, done},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// A label.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelView {
    /// Starts with a letter; letters, digits, hyphens and underscores.
    #[schema(example = "environment", min_length = 1, max_length = 64)]
    pub key: String,
    /// As the key.
    #[schema(example = "prod", min_length = 1, max_length = 64)]
    pub value: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Production", max_length = 200)]
    pub description: Option<String>,
}

/// A label in its envelope, given and answered.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelAnswer {
    /// The label.
    label: LabelView,
}

/// Labels in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelsAnswer {
    /// By key and value.
    labels: Vec<LabelView>,
}

impl LabelView {
    /// Of `label`.
    pub fn of(label: &Label) -> LabelView {
        LabelView {
            key: label.key.clone(),
            value: label.value.clone(),
            description: Some(label.description.clone()).filter(|words| !words.is_empty()),
        }
    }
}

/// List labels
#[utoipa::path(
    get,
    path = "/labels",
    operation_id = "listLabels",
    tag = "Labels",
    responses((status = 200, description = "The labels", body = Data<LabelsAnswer>)),
    extensions(("x-access" = json!("member")))
)]
async fn list(State(api): State<Api>, caller: Caller) -> Result<Data<LabelsAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = labels::list(&mut db, &caller.workspace()?.id).await?;
    Ok(data(LabelsAnswer { labels: rows.iter().map(LabelView::of).collect() }))
}

/// Create a label
#[utoipa::path(
    post,
    path = "/labels",
    operation_id = "createLabel",
    tag = "Labels",
    request_body = LabelAnswer,
    responses((status = 201, description = "Created", body = Data<LabelAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "409": ["taken"],
            "422": ["bad_label", "too_long"]
        }))
    )
)]
async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<LabelAnswer>,
) -> Result<(StatusCode, Data<LabelAnswer>), ApiError> {
    let rules = Rules {
        description: new.label.description.clone(),
        ..Rules::new(&new.label.key, &new.label.value)
    };
    let problems = catalog::labels::check_label(&rules);
    if !problems.is_empty() {
        let faults = problems.into_iter().map(|problem| Fault::from(problem.under("/label")));
        return Err(ApiError::invalid(faults.collect()));
    }
    let label = Label {
        key: new.label.key,
        value: new.label.value,
        description: new.label.description.unwrap_or_default(),
    };
    let workspace = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    if !labels::insert(&mut write, workspace, &label, caller.now_ms).await? {
        return Err(ApiError::conflict("taken", "this label is there already").pointer("/label"));
    }
    let view = LabelView::of(&label);
    let name = format!("{}:{}", label.key, label.value);
    let change = Change::new("Label Created", "LABEL", &name, &name).after(&view);
    record(&api, &mut write, &caller, workspace, change).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(LabelAnswer { label: view })))
}

/// Delete a label
///
/// One that a source carries or a permission names stays until it is used nowhere.
#[utoipa::path(
    delete,
    path = "/labels/{key}/{value}",
    operation_id = "deleteLabel",
    tag = "Labels",
    params(
        ("key" = String, Path, description = "Its key"),
        ("value" = String, Path, description = "Its value")
    ),
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "409": ["in_use"]
        }))
    )
)]
async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path((key, value)): Path<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let workspace = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let used = labels::uses(&mut write, workspace, &key, &value).await?;
    if used > 0 {
        let message = match used {
            1 => "one source carries this label".to_owned(),
            many => format!("{many} sources carry this label"),
        };
        return Err(ApiError::conflict("in_use", message).fix("take it off them first"));
    }
    let label = Rules::new(&key, &value);
    for member in store::members::all(&mut write, workspace).await? {
        let permissions = crate::gate::read_permissions(&member.permissions)?;
        let named = permissions.iter().any(|permission| {
            let on = permission.resources.iter().flat_map(|resource| &resource.labels);
            permission.labels.iter().chain(on).any(|other| other.same(&label))
        });
        if named {
            let message = format!("a permission of {} names this label", member.email);
            return Err(ApiError::conflict("in_use", message).fix("change the permission first"));
        }
    }
    if !labels::delete(&mut write, workspace, &key, &value).await? {
        return Err(ApiError::not_found("label"));
    }
    let name = format!("{key}:{value}");
    let change = Change::new("Label Deleted", "LABEL", &name, &name);
    record(&api, &mut write, &caller, workspace, change).await?;
    write.commit().await?;
    Ok(done())
}
