use axum::extract::State;
use catalog::{Info, docs::SECTIONS};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    lifecycle,
    state::Api,
};

/// An entry as customers will see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewAnswer {
    /// Its name.
    name: String,
    /// The description as safe HTML.
    description_html: String,
    /// The same without marks, for tiles.
    description_text: String,
    /// The documentation, section by section.
    sections: Vec<SectionView>,
    /// Catalog info without what customers never see.
    info: Info,
}

/// A section of the documentation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SectionView {
    /// Its field.
    #[schema(example = "gettingStarted")]
    pub key: &'static str,
    /// Its heading.
    #[schema(example = "Getting started")]
    pub title: &'static str,
    /// As safe HTML.
    #[schema(example = "<p>Create a source.</p>")]
    pub html: String,
}

/// The sections of an entry that have text, as safe HTML.
pub fn sections(info: &Info) -> Vec<SectionView> {
    SECTIONS
        .iter()
        .filter_map(|section| {
            let text = (section.text)(&info.docs)?;
            let html = content::markdown::to_html(text);
            Some(SectionView { key: section.key, title: section.title, html })
        })
        .collect()
}

/// Preview the catalog entry
///
/// As customers will see it: Markdown rendered, everything hidden from them left out.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/preview",
    operation_id = "previewIntegration",
    tag = "Integrations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The preview", body = Data<PreviewAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn preview(
    State(_): State<Api>,
    caller: Caller,
) -> Result<Data<PreviewAnswer>, ApiError> {
    let row = caller.integration()?;
    let info = lifecycle::info(&row.draft)?.for_customers();
    let description = info.description.as_deref().unwrap_or_default();
    Ok(data(PreviewAnswer {
        name: row.name.clone(),
        description_html: content::markdown::to_html(description),
        description_text: content::markdown::plain_text(description),
        sections: sections(&info),
        info,
    }))
}
