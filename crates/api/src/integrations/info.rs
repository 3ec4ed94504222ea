use axum::extract::State;
use catalog::{
    Docs, Info, Missing,
    docs::{self, Finding},
    info::{diff, missing, validate_edit},
    review::RoundStatus,
    state::{Editing, editing},
};
use serde::Serialize;
use store::{
    Write, assets,
    integrations::{self, Integration},
    submissions,
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    integrations::{IntegrationAnswer, IntegrationView},
    lifecycle,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// Completeness in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompletenessAnswer {
    /// Each missing thing, with its field and how to mend it.
    missing: Vec<Missing>,
    /// What is to be said about the documentation, hints included.
    documentation: Vec<Finding>,
}

/// The template in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateAnswer {
    /// Every section, filled in as far as the catalog info knows.
    docs: Docs,
}

/// Replace the catalog info
///
/// All of it. `If-Match` is needed, so that nobody's change is overwritten unseen. Wrong values
/// are refused, every one of them named; missing ones are not: see completeness. After launch this
/// writes the next version, while customers read the published one.
#[utoipa::path(
    put,
    path = "/integrations/{integrationId}/info",
    operation_id = "replaceCatalogInfo",
    tag = "Integrations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    request_body = Info,
    responses(
        (status = 200, description = "Replaced", body = Data<IntegrationAnswer>),
        (status = 428, description = "It needs `If-Match`", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "409": ["frozen", "wrong_state"],
            "422": [
                "bad_asset", "bad_choice", "bad_email", "bad_option_name", "bad_url",
                "blank_at_end", "category_twice", "choices_without_select", "control_character",
                "event_twice", "event_with_name", "event_without_name", "no_choices",
                "option_twice", "property_twice", "property_without_name", "region_twice",
                "sensitive_default", "too_long", "too_many", "unknown_asset", "unknown_category",
                "unknown_region", "wrong_default"
            ]
        }))
    )
)]
pub async fn replace(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(after): Body<Info>,
) -> Result<Versioned<Data<IntegrationAnswer>>, ApiError> {
    let mut write = api.db.write().await?;
    let row = integrations::find(&mut write, &caller.integration()?.id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("integration"))?;
    seen.require(row.version)?;
    editable(&mut write, &row).await?;
    let before = lifecycle::info(&row.draft)?;
    let mut faults: Vec<Fault> =
        validate_edit(&before, &after).into_iter().map(Fault::from).collect();
    let known = assets::of_integration(&mut write, &row.id).await?;
    let pictures = [("/logo", after.logo.as_deref()), ("/mark", after.mark.as_deref())];
    let screenshots = after
        .screenshots
        .iter()
        .enumerate()
        .map(|(at, shot)| (format!("/screenshots/{at}/asset"), Some(shot.asset.as_str())));
    let pictures = pictures.map(|(pointer, hash)| (pointer.to_owned(), hash));
    for (pointer, hash) in pictures.into_iter().chain(screenshots) {
        if hash.is_some_and(|hash| known.iter().all(|known| known != hash)) {
            faults.push(
                Fault::at(pointer, "unknown_asset", "no such picture was uploaded here")
                    .expected("the hash of an uploaded picture")
                    .fix("upload it first: POST /integrations/{integrationId}/assets/{use}"),
            );
        }
    }
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    row.draft = serde_json::to_string(&after).expect("info is JSON");
    row.version += 1;
    row.updated_at_ms = caller.now_ms;
    integrations::update(&mut write, &row).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Integration Modified", "INTEGRATION", &row.id, &row.name)
        .after(&serde_json::json!({ "changes": diff(&before, &after) }));
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    let integration = IntegrationView::of(&api, &caller, &row)?;
    Ok(Versioned(row.version, data(IntegrationAnswer { integration })))
}

/// Fails unless the state allows edits and nothing is being reviewed.
pub async fn editable(write: &mut Write, row: &Integration) -> Result<(), ApiError> {
    let open = submissions::of_integration(write, &row.id).await?;
    let open = open.iter().any(|s| s.status == RoundStatus::Open.as_str());
    match editing(lifecycle::stored_state(row)?) {
        Editing::Closed => {
            Err(ApiError::conflict("wrong_state", "it was removed from the catalog"))
        }
        Editing::Frozen => Err(frozen()),
        _ if open => Err(frozen()),
        Editing::Free | Editing::Reviewed => Ok(()),
    }
}

fn frozen() -> ApiError {
    ApiError::conflict("frozen", "what is being reviewed cannot be changed")
        .fix("withdraw the submission first")
}

/// Get what is missing
///
/// As data: each missing thing with its field and how to mend it, and what is to be said about the
/// documentation.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/completeness",
    operation_id = "getCompleteness",
    tag = "Integrations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "What is missing", body = Data<CompletenessAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn completeness(caller: Caller) -> Result<Data<CompletenessAnswer>, ApiError> {
    let row = caller.integration()?;
    let info = lifecycle::info(&row.draft)?;
    let documentation = docs::check(&row.name, &info);
    Ok(data(CompletenessAnswer { missing: missing(&info), documentation }))
}

/// Get the documentation template
///
/// Every section of the platform's template, filled in from the name and the declared events.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/docs-template",
    operation_id = "getDocsTemplate",
    tag = "Integrations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The template", body = Data<TemplateAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn template(
    State(_): State<Api>,
    caller: Caller,
) -> Result<Data<TemplateAnswer>, ApiError> {
    let row = caller.integration()?;
    let info = lifecycle::info(&row.draft)?;
    Ok(data(TemplateAnswer { docs: docs::template(&row.name, &row.slug, &info) }))
}
