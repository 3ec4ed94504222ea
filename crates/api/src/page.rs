//! Pages of lists, in the forms that Segment's Public API knows: `pagination.count` or
//! `pagination[count]`, and an opaque cursor.

use axum::extract::FromRequestParts;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::request::Parts;
use serde::Serialize;
use store::{Page, Paged};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, Fault};

/// Rows of a page when nothing is said.
const COUNT: u32 = 100;

/// Rows of a page at most.
const COUNT_MAX: u32 = 1000;

/// The page that was asked for.
pub struct PageQuery(pub Page);

/// Where a page stands in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The cursor of this page.
    #[schema(example = "MA==")]
    pub current: String,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Rows in the whole list.
    pub total_entries: i64,
}

impl Pagination {
    /// Of `paged`, which answers `page`.
    pub fn of<T>(page: &Page, paged: &Paged<T>) -> Pagination {
        Pagination {
            current: page.after.as_deref().map_or_else(|| "MA==".to_owned(), encode),
            next: paged.next.as_deref().map(encode),
            total_entries: paged.total,
        }
    }
}

fn encode(after: &str) -> String {
    // The first character keeps our cursors apart from the first page's `MA==`.
    URL_SAFE_NO_PAD.encode(format!("k{after}"))
}

fn decode(cursor: &str) -> Option<Option<String>> {
    if matches!(cursor, "" | "MA==" | "MA") {
        return Some(None);
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(Some(text.strip_prefix('k')?.to_owned()))
}

/// Reads the page from a query string.
pub fn parse(query: &str) -> Result<Page, ApiError> {
    let mut page = Page::first(COUNT);
    let mut faults = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "pagination.count" | "pagination[count]" | "count" => match value.parse() {
                Ok(count) if (1..=COUNT_MAX).contains(&count) => page.count = count,
                _ => faults.push(
                    Fault::at(
                        "/pagination/count",
                        "not_allowed",
                        "\"pagination.count\" is out of range",
                    )
                    .expected(format!("a whole number from 1 to {COUNT_MAX}"))
                    .fix("ask for fewer rows and follow pagination.next"),
                ),
            },
            "pagination.cursor" | "pagination[cursor]" | "cursor" => match decode(&value) {
                Some(after) => page.after = after,
                None => faults.push(
                    Fault::at(
                        "/pagination/cursor",
                        "not_allowed",
                        "\"pagination.cursor\" is none of ours",
                    )
                    .expected("the \"next\" of the page before, unchanged")
                    .fix("leave it out to start at the first page"),
                ),
            },
            _ => {}
        }
    }
    if faults.is_empty() { Ok(page) } else { Err(ApiError::invalid(faults)) }
}

/// The first value of `name` in a query string.
pub fn value(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// The values of an array in a query string, in any of the forms that clients send: `name.0=`,
/// `name[0]=`, `name[]=`, `name=`.
pub fn array(query: &str, name: &str) -> Vec<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(found, _)| {
            found
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// How a page is asked for.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
pub struct PageParams {
    /// Rows, 1 to 1,000; 100 when left out.
    #[serde(rename = "pagination.count")]
    #[param(minimum = 1, maximum = 1000, example = 100)]
    count: Option<u32>,
    /// `pagination.next` of the page before; the first page when left out.
    #[serde(rename = "pagination.cursor")]
    #[param(example = "MA==")]
    cursor: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<PageQuery, ApiError> {
        Ok(PageQuery(parse(parts.uri.query().unwrap_or_default())?))
    }
}
