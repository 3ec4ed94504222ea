use axum::extract::State;
use catalog::{
    State as Standing,
    labels::check_labels,
    slug::{check_name, check_source_slug, numbered, suggest_source_slug},
    state::{Viewer, installable_by, visible_to},
};
use http::StatusCode;
use serde::Deserialize;
use store::{
    StoreError, Write, integrations,
    integrations::Integration,
    listings, source_labels,
    sources::{self, Source},
    write_keys,
};
use utoipa::ToSchema;

use super::view::{SourceAnswer, SourceNote, owner, view};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    metadata,
    settings::{self, Asked, Kept, Settings},
    state::Api,
    version::Versioned,
};

/// A label that a source is to carry.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelChoice {
    /// Key.
    #[schema(example = "environment", min_length = 1, max_length = 64)]
    pub key: String,
    /// Value.
    #[schema(example = "prod", min_length = 1, max_length = 64)]
    pub value: String,
    /// As labels are shown with one; it is not changed from here.
    #[schema(max_length = 200)]
    #[serde(default)]
    #[expect(dead_code, reason = "clients send back what they were shown")]
    pub description: Option<String>,
}

/// A new source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSource {
    /// The catalog entry to make it from: its id, or its slug.
    #[schema(example = "http-api", min_length = 1, max_length = 255)]
    metadata_id: String,
    /// Its name in paths; made from the name when left out.
    #[schema(example = "website", min_length = 1, max_length = 64)]
    slug: Option<String>,
    /// Its name for people; the slug when left out.
    #[schema(example = "Website", min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Whether it takes data at once; yes when left out.
    enabled: Option<bool>,
    /// What the catalog entry asks for.
    #[schema(value_type = Option<Object>, example = json!({}))]
    settings: Option<Settings>,
    /// Labels of the workspace that it is to carry.
    #[schema(max_items = 50)]
    #[serde(default)]
    labels: Vec<LabelChoice>,
    /// Taken and passed over: there are no warehouses.
    #[expect(dead_code, reason = "Segment's clients send it")]
    disconnect_all_warehouses: Option<bool>,
}

/// A source to be made.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Its slug; made from the name, and made free, when left out.
    pub slug: Option<String>,
    /// Its name; the slug or the integration's name when left out.
    pub name: Option<String>,
    /// Whether it takes no data at first.
    pub disabled: bool,
    /// What the integration asks for.
    pub settings: Settings,
    /// Key and value.
    pub labels: Vec<LabelChoice>,
}

/// Create a source
///
/// It takes data at once, under its first write key.
#[utoipa::path(
    post,
    path = "/sources",
    operation_id = "createSource",
    tag = "Sources",
    request_body = NewSource,
    responses((status = 201, description = "Created", body = Data<SourceAnswer>)),
    extensions(
        ("x-access" = json!("source_create")),
        ("x-errors" = json!({
            "409": ["not_installable"],
            "422": [
                "bad_label", "blank_at_end", "control_character", "invalid", "label_key_twice",
                "masked", "name_empty", "required", "slug_empty", "slug_format", "slug_length",
                "slug_reserved", "taken", "too_long", "unknown", "unknown_field", "unknown_label"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewSource>,
) -> Result<(StatusCode, Versioned<Data<SourceAnswer>>), ApiError> {
    let workspace = caller.workspace()?;
    let mut write = api.db.write().await?;
    let mut faults = Vec::new();
    let entry = installable(&api, &mut write, &caller, &workspace.id, &new.metadata_id).await;
    let entry = ApiError::gather(entry, &mut faults)?;
    let wanted = Wanted {
        slug: new.slug,
        name: new.name,
        disabled: new.enabled == Some(false),
        settings: new.settings.unwrap_or_default(),
        labels: new.labels,
    };
    let row =
        make(&api, &mut write, &caller, &workspace.id, entry.as_ref(), wanted, faults).await?;
    let source = view(&api, &mut write, &caller, &row).await?;
    write.commit().await?;
    api.nudge();
    Ok((StatusCode::CREATED, Versioned(row.version, data(SourceAnswer { source }))))
}

/// The integration that `named` means, if the caller may make a source of it. What they may not
/// even see sounds like what is not there.
async fn installable(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    workspace_id: &str,
    named: &str,
) -> Result<Integration, ApiError> {
    let missing = || {
        ApiError::invalid_field(
            Fault::at(
                "/metadataId",
                "unknown",
                format!("there is no source {named:?} in the catalog"),
            )
            .expected("the id or slug of a source in the catalog")
            .fix("list them with GET /catalog/sources"),
        )
    };
    let row = integrations::find(write, named).await?.filter(|row| row.kind == "source");
    let row = row.ok_or_else(missing)?;
    let account = caller.account.as_ref();
    let standing =
        listings::standing(write, &row.id, account.map(|a| a.id.as_str()), Some(workspace_id))
            .await?;
    let viewer = Viewer {
        in_team: standing.in_team,
        reviewer: standing.reviews
            || account.is_some_and(|account| account.operator_since_ms.is_some()),
        // Whoever can name it exactly has its link.
        by_link: true,
        installed: standing.installed,
    };
    let state = metadata::shown_state(api, &row);
    if !visible_to(state, &viewer) {
        return Err(missing());
    }
    if !installable_by(state, &viewer) {
        let message = match state {
            Standing::Deprecated => "this source is deprecated: no new ones are made of it",
            _ => "this source cannot be added now",
        };
        return Err(ApiError::conflict("not_installable", message).pointer("/metadataId"));
    }
    Ok(row)
}

/// Makes a source of `entry` in a workspace, with its first write key and its audit entry. Whether
/// the caller may do so was decided before. The caller of this commits, and nudges.
pub async fn make(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    workspace_id: &str,
    entry: Option<&Integration>,
    wanted: Wanted,
    mut faults: Vec<Fault>,
) -> Result<Source, ApiError> {
    let name = wanted.name.map(|name| name.trim().to_owned()).or_else(|| wanted.slug.clone());
    let name = name.or_else(|| Some(metadata::name_of(entry?).to_owned())).unwrap_or_default();
    if entry.is_some() || !name.is_empty() {
        faults.extend(check_name(&name).err().map(Fault::from));
    }
    let slug = match wanted.slug {
        Some(slug) => {
            faults.extend(check_source_slug(&slug).err().map(Fault::from));
            if sources::find(write, workspace_id, &slug).await?.is_some_and(|row| row.slug == slug)
            {
                faults.push(taken_slug());
            }
            slug
        }
        None => free_slug(write, workspace_id, &suggest_source_slug(&name)).await?,
    };
    faults.extend(label_faults(write, workspace_id, &wanted.labels).await?);
    // What the settings must be, only the entry says.
    let Some(entry) = entry else { return Err(ApiError::invalid(faults)) };
    let id = api.fresh.id("src");
    let info = metadata::info_of(entry);
    let asked = Asked::Options(&info.options);
    let kept = settings::keep(api, asked, &owner(&id), &Kept::nothing(), wanted.settings);
    let kept = ApiError::gather(kept, &mut faults)?;
    let Some(kept) = kept.filter(|_| faults.is_empty()) else {
        return Err(ApiError::invalid(faults));
    };
    let row = Source {
        id,
        workspace_id: workspace_id.to_owned(),
        integration_id: entry.id.clone(),
        slug,
        name,
        settings: kept.shown,
        secrets_sealed: kept.sealed,
        disabled_at_ms: wanted.disabled.then_some(caller.now_ms),
        retention_days: None,
        created_at_ms: caller.now_ms,
        version: 1,
    };
    sources::insert(write, &row).await.map_err(taken)?;
    write_keys::insert(write, &row.id, &api.fresh.write_key(), caller.now_ms).await?;
    let pairs: Vec<_> = wanted.labels.into_iter().map(|l| (l.key, l.value)).collect();
    source_labels::replace(write, &row, &pairs).await?;
    let change =
        Change::new("Source Created", "SOURCE", &row.id, &row.name).after(&SourceNote::of(&row));
    record(api, write, caller, workspace_id, change).await?;
    Ok(row)
}

/// Everything wrong with labels for a source of this workspace.
pub async fn label_faults(
    write: &mut Write,
    workspace_id: &str,
    labels: &[LabelChoice],
) -> Result<Vec<Fault>, ApiError> {
    let plain: Vec<catalog::Label> =
        labels.iter().map(|label| catalog::Label::new(&label.key, &label.value)).collect();
    let problems = check_labels(&plain);
    let mut faults: Vec<Fault> =
        problems.into_iter().map(|problem| problem.under("/labels").into()).collect();
    for (index, label) in labels.iter().enumerate() {
        let at = format!("/labels/{index}");
        let wrong = |fault: &Fault| {
            let rest = fault.pointer.as_deref().and_then(|wrong| wrong.strip_prefix(&at));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if faults.iter().any(wrong) {
            continue;
        }
        if !source_labels::known(write, workspace_id, &label.key, &label.value).await? {
            let message = format!("this workspace has no label {}:{}", label.key, label.value);
            faults.push(
                Fault::at(at, "unknown_label", message)
                    .expected("a label of the workspace")
                    .fix("ask an owner to make it with POST /labels, or choose another one"),
            );
        }
    }
    Ok(faults)
}

/// `slug`, or the first of `slug-2`, `slug-3` … that is free.
async fn free_slug(write: &mut Write, workspace_id: &str, slug: &str) -> Result<String, ApiError> {
    let mut candidates = numbered(slug.to_owned());
    loop {
        let candidate = candidates.next().expect("there are more numbers than sources");
        if sources::find(write, workspace_id, &candidate).await?.is_none() {
            return Ok(candidate);
        }
    }
}

/// A taken slug is the caller's to mend.
pub fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Taken => ApiError::invalid_field(taken_slug()),
        other => other.into(),
    }
}

/// The fault of a slug that another source has.
pub fn taken_slug() -> Fault {
    Fault::at("/slug", "taken", "another source of the workspace has this slug")
        .expected("a slug that no source of the workspace has")
        .fix("choose another one")
}
