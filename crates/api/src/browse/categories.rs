use axum::{extract::State, http::Uri};
use catalog::categories::{category_rank, category_slug};
use serde::Serialize;
use store::listings;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    error::{ApiError, Fault},
    page,
    state::Api,
};

/// A category that something stands in.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryView {
    /// Its name.
    #[schema(example = "Email Marketing")]
    name: String,
    /// Its name in paths.
    #[schema(example = "email-marketing")]
    slug: String,
    /// How many entries stand in it.
    #[schema(example = 28)]
    count: u32,
}

/// Categories in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoriesAnswer {
    /// Website, mobile and server first, then by name.
    categories: Vec<CategoryView>,
}

/// List the categories of the catalog
///
/// Those that something listed stands in.
#[utoipa::path(
    get,
    path = "/catalog/categories",
    operation_id = "listCatalogCategories",
    tag = "Catalog",
    params(("kind" = Option<String>, Query, description = "`source` (when left out) or `destination`", example = "source")),
    responses((status = 200, description = "The categories", body = Data<CategoriesAnswer>)),
    extensions(
        ("x-access" = json!("public")),
        ("x-errors" = json!({
            "422": ["not_allowed"]
        }))
    )
)]
pub async fn list(State(api): State<Api>, uri: Uri) -> Result<Data<CategoriesAnswer>, ApiError> {
    let query = uri.query().unwrap_or_default();
    let kind = page::value(query, "kind").unwrap_or_else(|| "source".to_owned());
    if !matches!(kind.as_str(), "source" | "destination") {
        return Err(ApiError::invalid_field(
            Fault::at("/kind", "not_allowed", format!("{kind:?} is no kind of entry"))
                .expected("source or destination")
                .fix("give one of these, or leave it out"),
        ));
    }
    let mut db = api.db.read().await?;
    let mut found = listings::categories(&mut db, &kind).await?;
    found.sort_by_cached_key(|(name, _)| category_rank(name));
    let view =
        |(name, count): (String, u32)| CategoryView { slug: category_slug(&name), name, count };
    Ok(data(CategoriesAnswer { categories: found.into_iter().map(view).collect() }))
}
