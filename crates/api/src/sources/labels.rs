use axum::extract::State;
use catalog::Label;
use serde::{Deserialize, Serialize};
use store::{source_labels, sources};
use utoipa::ToSchema;

use super::create::{LabelChoice, label_faults};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// Labels for a source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelChoices {
    /// One value for each key.
    #[schema(max_items = 50)]
    labels: Vec<LabelChoice>,
}

/// The labels of a source in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelsAnswer {
    /// All that it carries now, by key.
    labels: Vec<Label>,
}

/// Add labels to a source
///
/// A key that it carries already takes the new value.
#[utoipa::path(
    post,
    path = "/sources/{sourceId}/labels",
    operation_id = "addLabelsToSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        IfMatchHeader
    ),
    request_body = LabelChoices,
    responses((status = 200, description = "All its labels", body = Data<LabelsAnswer>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "422": ["bad_label", "label_key_twice", "too_long", "unknown_label"]
        }))
    )
)]
pub async fn add(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(choices): Body<LabelChoices>,
) -> Result<Versioned<Data<LabelsAnswer>>, ApiError> {
    set(&api, &caller, seen, choices.labels, true).await
}

/// Replace the labels of a source
#[utoipa::path(
    put,
    path = "/sources/{sourceId}/labels",
    operation_id = "replaceLabelsInSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        IfMatchHeader
    ),
    request_body = LabelChoices,
    responses((status = 200, description = "All its labels", body = Data<LabelsAnswer>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "422": ["bad_label", "label_key_twice", "too_long", "unknown_label"]
        }))
    )
)]
pub async fn replace(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(choices): Body<LabelChoices>,
) -> Result<Versioned<Data<LabelsAnswer>>, ApiError> {
    set(&api, &caller, seen, choices.labels, false).await
}

async fn set(
    api: &Api,
    caller: &Caller,
    seen: IfMatch,
    choices: Vec<LabelChoice>,
    keep: bool,
) -> Result<Versioned<Data<LabelsAnswer>>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let row = sources::find(&mut write, workspace_id, &caller.source()?.id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("source"))?;
    seen.check(row.version)?;
    let faults = label_faults(&mut write, workspace_id, &choices).await?;
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let before = sources::labels(&mut write, &row.id).await?;
    let mut after: Vec<(String, String)> =
        choices.into_iter().map(|choice| (choice.key, choice.value)).collect();
    if keep {
        let kept: Vec<_> =
            before.iter().filter(|(key, _)| !after.iter().any(|(new, _)| new == key)).collect();
        let kept: Vec<_> = kept.into_iter().cloned().collect();
        after.extend(kept);
    }
    source_labels::replace(&mut write, &row, &after).await?;
    row.version += 1;
    sources::update(&mut write, &row).await?;
    let labels: Vec<Label> = source_labels::of_sources(&mut write, &[&row.id])
        .await?
        .into_iter()
        .map(|label| Label {
            key: label.key,
            value: label.value,
            description: Some(label.description).filter(|text| !text.is_empty()),
        })
        .collect();
    let words = |pairs: &[(String, String)]| -> Vec<String> {
        pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect()
    };
    let now = sources::labels(&mut write, &row.id).await?;
    let change = Change::new("Source Modified", "SOURCE", &row.id, &row.name)
        .before(&serde_json::json!({ "labels": words(&before) }))
        .after(&serde_json::json!({ "labels": words(&now) }));
    record(api, &mut write, caller, workspace_id, change).await?;
    write.commit().await?;
    Ok(Versioned(row.version, data(LabelsAnswer { labels })))
}
