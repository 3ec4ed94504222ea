use axum::{extract::State, http::Uri};
use catalog::access::{Things, scope};
use serde::{Deserialize, Serialize};
use store::sources::{self, Filter};
use utoipa::{IntoParams, ToSchema};

use super::view::{SourceView, views};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::{ApiError, Fault},
    page::{PageParams, PageQuery, Pagination},
    state::Api,
};

/// Characters of a write key that find it, at least.
const KEY_PART_MIN: usize = 6;

/// Which sources.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
pub struct ListSourcesQuery {
    /// Part of the name or the slug.
    #[param(example = "web")]
    name: Option<String>,
    /// A label, `key:value`; may be given several times, and all have to be there.
    #[param(example = "environment:prod")]
    label: Option<Vec<String>>,
    /// `enabled` or `disabled`.
    #[param(example = "enabled")]
    status: Option<String>,
    /// Made from this catalog entry, by id or slug.
    #[serde(rename = "metadataId")]
    #[param(example = "http-api")]
    metadata_id: Option<String>,
    /// A write key, or its first characters (at least six): finds the source that it belongs to,
    /// among those whose write keys the caller may see.
    #[serde(rename = "writeKey")]
    write_key: Option<String>,
}

/// Sources in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourcesAnswer {
    /// By slug.
    pub sources: Vec<SourceView>,
    /// Where this page stands.
    pub pagination: Pagination,
}

/// What a query asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    name: Option<String>,
    labels: Vec<(String, String)>,
    enabled: Option<bool>,
    metadata_id: Option<String>,
    write_key: Option<String>,
}

fn parse(query: &str) -> Result<Asked, ApiError> {
    let mut asked = Asked::default();
    let mut faults = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        let plain = name.split(['.', '[']).next().unwrap_or_default();
        match plain {
            "name" => asked.name = Some(value).filter(|value| !value.is_empty()),
            "label" => match value.split_once(':') {
                Some((key, value)) => asked.labels.push((key.to_owned(), value.to_owned())),
                None => faults.push(
                    Fault::at("/label", "invalid", format!("{value:?} is no label"))
                        .expected("key:value, such as environment:prod")
                        .fix("write key and value with a colon between them"),
                ),
            },
            "status" => match value.as_str() {
                "enabled" => asked.enabled = Some(true),
                "disabled" => asked.enabled = Some(false),
                _ => faults.push(
                    Fault::at("/status", "not_allowed", format!("{value:?} is no status"))
                        .expected("enabled or disabled")
                        .fix("give one of these, or leave it out"),
                ),
            },
            "metadataId" => asked.metadata_id = Some(value),
            "writeKey" => {
                let key = value.trim();
                if key.chars().count() < KEY_PART_MIN {
                    faults.push(
                        Fault::at("/writeKey", "too_short", "\"writeKey\" is too short")
                            .expected(format!("at least {KEY_PART_MIN} characters"))
                            .fix("give more of the key"),
                    );
                }
                asked.write_key = Some(key.to_owned());
            }
            _ => {}
        }
    }
    if faults.is_empty() { Ok(asked) } else { Err(ApiError::invalid(faults)) }
}

/// List sources
///
/// Those that the caller may see, by slug.
#[utoipa::path(
    get,
    path = "/sources",
    operation_id = "listSources",
    tag = "Sources",
    params(PageParams, ListSourcesQuery),
    responses((status = 200, description = "The sources", body = Data<SourcesAnswer>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-errors" = json!({
            "422": ["invalid", "not_allowed", "too_short"]
        }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    uri: Uri,
) -> Result<Data<SourcesAnswer>, ApiError> {
    let asked = parse(uri.query().unwrap_or_default())?;
    let visible = scope(&caller.permissions, Things::Sources { admin: false });
    let changeable = scope(&caller.permissions, Things::Sources { admin: true });
    let filter = Filter {
        visible: &visible,
        name: asked.name.as_deref(),
        labels: &asked.labels,
        enabled: asked.enabled,
        integration: asked.metadata_id.as_deref(),
        write_key: asked.write_key.as_deref().map(|key| (key, &changeable)),
    };
    let mut db = api.db.read().await?;
    let paged = sources::list(&mut db, &caller.workspace()?.id, &filter, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let sources = views(&api, &mut db, &caller, &paged.rows).await?;
    Ok(data(SourcesAnswer { sources, pagination }))
}
