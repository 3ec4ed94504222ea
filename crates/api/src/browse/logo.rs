use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header;

use crate::error::ApiError;

/// Colours that white letters can be read on.
const COLOURS: [&str; 8] =
    ["#1f5f8b", "#2f6f4e", "#7a3e65", "#8a4b08", "#3d4a8f", "#6b3f2a", "#20666b", "#5a4a78"];

/// Get a drawn logo
///
/// Letters on a colour, for entries that brought no logo. It is drawn from the slug alone, so it
/// says nothing about whether there is such an entry.
#[utoipa::path(
    get,
    path = "/catalog/logos/{slug}",
    operation_id = "getDrawnLogo",
    tag = "Catalog",
    params(("slug" = String, Path, description = "Slug of the entry", example = "http-api")),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml")),
    extensions(("x-access" = json!("public")))
)]
pub async fn logo(Path(slug): Path<String>) -> Result<Response, ApiError> {
    // Names that nobody may take are ours, and have a picture as well.
    if let Err(problem) = catalog::slug::check_slug(&slug)
        && problem.code != "slug_reserved"
    {
        return Err(ApiError::not_found("logo"));
    }
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, draw(&slug)).into_response())
}

/// The picture for a slug, which holds lower-case letters, digits and hyphens.
fn draw(slug: &str) -> String {
    let mut words = slug.split('-').filter_map(|word| word.chars().next());
    let letters: String = match (words.next(), words.next()) {
        (Some(first), Some(second)) => [first, second].iter().collect(),
        _ => slug.chars().take(2).collect(),
    };
    let sum = slug.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31) + usize::from(byte));
    let colour = COLOURS[sum % COLOURS.len()];
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\" role=\"img\" \
         aria-label=\"{slug}\"><rect width=\"64\" height=\"64\" rx=\"12\" fill=\"{colour}\"/>\
         <text x=\"32\" y=\"42\" font-family=\"system-ui,sans-serif\" font-size=\"28\" \
         font-weight=\"600\" fill=\"#fff\" text-anchor=\"middle\">{}</text></svg>",
        letters.to_uppercase()
    )
}
