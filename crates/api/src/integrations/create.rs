use axum::extract::{RawQuery, State};
use catalog::{Info, State as Stage, slug};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    StoreError,
    integrations::{self, Integration},
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    integrations::{IntegrationAnswer, IntegrationView},
    page,
    state::Api,
    version::Versioned,
};

/// A new source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIntegration {
    /// Its name.
    #[schema(example = "Acme Mail", min_length = 1, max_length = 60)]
    name: String,
    /// Lower-case letters, digits and hyphens; never changes. Made from the name when left out.
    #[schema(example = "acme-mail", min_length = 2, max_length = 64)]
    slug: Option<String>,
}

/// Which slug.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
struct SlugParams {
    /// The slug to check; or leave it out and give a name.
    #[param(example = "acme-mail")]
    slug: Option<String>,
    /// A name to make a slug from.
    #[param(example = "Acme Mail")]
    name: Option<String>,
}

/// What is to be said about a slug.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlugAnswer {
    /// The slug.
    #[schema(example = "acme-mail")]
    slug: String,
    /// Whether it can be taken.
    available: bool,
    /// What is wrong with it.
    problem: Option<catalog::Problem>,
    /// Free ones that are like it.
    suggestions: Vec<String>,
}

/// Create a source
///
/// It begins as Private building. The slug is its name for ever.
#[utoipa::path(
    post,
    path = "/integrations",
    operation_id = "createIntegration",
    tag = "Integrations",
    request_body = NewIntegration,
    responses((status = 201, description = "Created", body = Data<IntegrationAnswer>)),
    extensions(
        ("x-access" = json!("partner")),
        ("x-errors" = json!({
            "422": [
                "blank_at_end", "control_character", "name_empty", "slug_empty", "slug_format",
                "slug_length", "slug_reserved", "taken", "too_long"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewIntegration>,
) -> Result<(StatusCode, Versioned<Data<IntegrationAnswer>>), ApiError> {
    let name = new.name.trim().to_owned();
    let slug = new.slug.unwrap_or_else(|| slug::suggest_slug(&name));
    let problems = [
        slug::check_name(&name).err().map(|problem| problem.at("/name")),
        slug::check_slug(&slug).err().map(|problem| problem.at("/slug")),
    ];
    let faults: Vec<Fault> = problems.into_iter().flatten().map(Fault::from).collect();
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let partner = caller.seat()?.partner_id.clone();
    let row = Integration {
        id: api.fresh.id("int"),
        partner_id: Some(partner.clone()),
        kind: "source".to_owned(),
        slug,
        name,
        state: Stage::PrivateBuilding.as_str().to_owned(),
        draft: serde_json::to_string(&Info::default()).expect("info is JSON"),
        published: None,
        published_name: None,
        published_at_ms: None,
        approved_at_ms: None,
        listed_at_ms: None,
        removed_reason: None,
        created_by: caller.id().to_owned(),
        created_at_ms: caller.now_ms,
        updated_at_ms: caller.now_ms,
        version: 1,
        beta_met_at_ms: None,
    };
    let view = IntegrationView::of(&api, &caller, &row)?;
    let mut write = api.db.write().await?;
    integrations::insert(&mut write, &row).await.map_err(|error| match error {
        StoreError::Taken => ApiError::invalid_field(
            Fault::at("/slug", "taken", "another integration has this slug")
                .expected("a slug that no integration has")
                .fix("choose another one; GET /integrations/slug-check suggests some"),
        ),
        other => other.into(),
    })?;
    let change = Change::new("Integration Created", "INTEGRATION", &row.id, &row.name)
        .after(&serde_json::json!({ "name": row.name, "slug": row.slug }));
    record(&api, &mut write, &caller, &partner, change).await?;
    write.commit().await?;
    let answer = data(IntegrationAnswer { integration: view });
    Ok((StatusCode::CREATED, Versioned(row.version, answer)))
}

/// Check a slug
///
/// As it is being typed: whether it can be taken, what is wrong, and what is free.
#[utoipa::path(
    get,
    path = "/integrations/slug-check",
    operation_id = "checkSlug",
    tag = "Integrations",
    params(SlugParams),
    responses((status = 200, description = "What is to be said", body = Data<SlugAnswer>)),
    extensions(
        ("x-access" = json!("partner")),
        ("x-errors" = json!({
            "422": ["required"]
        }))
    )
)]
pub async fn check_slug(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Result<Data<SlugAnswer>, ApiError> {
    let query = query.as_deref().unwrap_or_default();
    let slug = match (page::value(query, "slug"), page::value(query, "name")) {
        (Some(slug), _) => slug,
        (None, Some(name)) => slug::suggest_slug(&name),
        (None, None) => {
            let fault = Fault::at("/slug", "required", "\"slug\" or \"name\" is required");
            return Err(ApiError::invalid_field(
                fault.expected("a slug or a name").fix("add slug=… or name=…"),
            ));
        }
    };
    let problem = slug::check_slug(&slug).err();
    let mut db = api.db.read().await?;
    let taken = integrations::find(&mut db, &slug).await?.is_some();
    let mut suggestions = Vec::new();
    if taken || problem.is_some() {
        for candidate in slug::free_slugs(&slug, 5, |_| false) {
            if suggestions.len() < 3 && integrations::find(&mut db, &candidate).await?.is_none() {
                suggestions.push(candidate);
            }
        }
    }
    Ok(data(SlugAnswer { available: !taken && problem.is_none(), slug, problem, suggestions }))
}
