//! What a list of the catalog may be asked for.

use catalog::{categories, state};
use serde::Deserialize;
use store::listings::{Filter, Noteworthy};
use utoipa::IntoParams;

use crate::{
    error::{ApiError, Fault},
    state::Api,
};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
pub struct CatalogQuery {
    /// Words of name, categories and description; all of them.
    #[param(example = "email")]
    search: Option<String>,
    /// A category, by name or slug.
    #[param(example = "email-marketing")]
    category: Option<String>,
    /// `new`: only what stands under New & Noteworthy, in beta or listed in the last 30 days.
    #[param(example = "new")]
    featured: Option<String>,
}

/// What a query asks for.
#[derive(Debug, Default)]
pub struct Asked {
    search: Option<String>,
    category: Option<&'static str>,
    noteworthy: Option<Noteworthy>,
}

impl Asked {
    /// Reads a query.
    pub fn parse(api: &Api, query: &str) -> Result<Asked, ApiError> {
        let mut asked = Asked::default();
        let mut faults = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "search" => asked.search = Some(value.into_owned()),
                "category" => match categories::find_category(&value) {
                    Some(known) => asked.category = Some(known),
                    None => faults.push(
                        Fault::at("/category", "unknown", format!("{value:?} is no category"))
                            .expected("a category by name or slug")
                            .fix("list them with GET /catalog/categories"),
                    ),
                },
                "featured" if value == "new" => {
                    let now_ms = api.now_ms();
                    asked.noteworthy = Some(Noteworthy {
                        listed_after_ms: state::noteworthy_after_ms(now_ms),
                        beta_after_ms: api.beta_rules().holds_after_ms(now_ms),
                        beta_asks_more: api.beta_rules().criteria.any(),
                    });
                }
                "featured" => faults.push(
                    Fault::at("/featured", "not_allowed", format!("{value:?} is not featured"))
                        .expected("new")
                        .fix("leave it out for all entries"),
                ),
                _ => {}
            }
        }
        if faults.is_empty() { Ok(asked) } else { Err(ApiError::invalid(faults)) }
    }

    /// As the store is asked.
    pub fn filter<'a>(&'a self, kind: &'a str) -> Filter<'a> {
        Filter {
            kind,
            category: self.category,
            search: self.search.as_deref(),
            noteworthy: self.noteworthy,
        }
    }
}
