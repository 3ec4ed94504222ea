use axum::extract::State;
use catalog::{
    Need,
    slug::check_name,
    state::{Viewer, installable_by, visible_to},
};
use destination_kit::Definition;
use serde::Deserialize;
use store::{
    StoreError, Write,
    destinations::{self, Destination},
    integrations::{self, Integration},
    listings,
    snapshot::destination_owner,
    sources::{self, Source},
};
use utoipa::ToSchema;

use super::{
    OF_A_KIND_MAX,
    view::{DestinationAnswer, DestinationNote, view},
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    gate, metadata,
    settings::{self, Asked, Kept, Settings},
    state::Api,
    version::Versioned,
};

/// A new destination.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDestination {
    /// The source that feeds it, by id or slug; it never changes.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn", min_length = 1, max_length = 255)]
    source_id: String,
    /// The catalog entry to make it from: its id, or its slug.
    #[schema(example = "webhook", min_length = 1, max_length = 255)]
    metadata_id: String,
    /// Whether it is given messages at once; no when left out.
    enabled: Option<bool>,
    /// Its name for people, unique among the source's destinations; made from the entry's when
    /// left out.
    #[schema(example = "Webhook", min_length = 1, max_length = 60)]
    name: Option<String>,
    /// What the catalog entry asks for.
    #[schema(value_type = Option<Object>, example = json!({ "url": "https://example.com/hook" }))]
    settings: Option<Settings>,
}

/// Create a destination
///
/// It is off until it is enabled.
#[utoipa::path(
    post,
    path = "/destinations",
    operation_id = "createDestination",
    tag = "Destinations",
    request_body = NewDestination,
    responses((status = 200, description = "Created", body = Data<DestinationAnswer>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-errors" = json!({
            "403": ["role_needed"],
            "409": ["not_installable", "too_many_destinations"],
            "422": [
                "blank_at_end", "control_character", "invalid", "masked", "name_empty",
                "required", "taken", "too_long", "unknown", "unknown_field"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewDestination>,
) -> Result<Versioned<Data<DestinationAnswer>>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let mut faults = Vec::new();
    let source = source(&mut write, &caller, workspace_id, &new.source_id).await;
    let source = ApiError::gather(source, &mut faults)?;
    let entry = installable(&api, &mut write, &caller, workspace_id, &new.metadata_id).await;
    let entry = ApiError::gather(entry, &mut faults)?;

    let siblings = match &source {
        Some(source) => destinations::of_source(&mut write, workspace_id, &source.id).await?,
        None => Vec::new(),
    };
    if let Some((entry, _)) = &entry
        && siblings.iter().filter(|sibling| sibling.integration_id == entry.id).count()
            >= OF_A_KIND_MAX
    {
        let message = format!("a source feeds at most {OF_A_KIND_MAX} destinations of one kind");
        return Err(ApiError::conflict("too_many_destinations", message)
            .fix("delete one that is not in use any more"));
    }
    let name = new.name.as_deref().map(|name| name.trim().to_owned());
    if let Some(name) = &name {
        faults.extend(check_name(name).err().map(Fault::from));
        if siblings.iter().any(|sibling| sibling.name == *name) {
            faults.push(taken_name());
        }
    }
    let id = api.fresh.id("dst");
    let owner = destination_owner(&id);
    let given = new.settings.unwrap_or_default();
    // What the settings must be, only the entry says.
    let kept = match &entry {
        Some((_, definition)) => {
            let asked = Asked::Definition(definition);
            settings::keep(&api, asked, &owner, &Kept::nothing(), given).map(Some)
        }
        None => Ok(None),
    };
    let kept = ApiError::gather(kept, &mut faults)?.flatten();
    let (Some(source), Some((entry, _)), Some(kept), []) = (source, entry, kept, faults.as_slice())
    else {
        return Err(ApiError::invalid(faults));
    };
    let name = name.unwrap_or_else(|| free_name(metadata::name_of(&entry), &siblings));
    let row = Destination {
        id,
        workspace_id: workspace_id.clone(),
        source_id: source.id,
        integration_id: entry.id,
        name,
        settings: kept.shown,
        secrets_sealed: kept.sealed,
        enabled_at_ms: (new.enabled == Some(true)).then_some(caller.now_ms),
        created_at_ms: caller.now_ms,
        version: 1,
        pace: destinations::Pace::default(),
    };
    destinations::insert(&mut write, &row).await.map_err(taken)?;
    let change = Change::new("Destination Created", "DESTINATION", &row.id, &row.name)
        .after(&DestinationNote::of(&row));
    record(&api, &mut write, &caller, workspace_id, change).await?;
    let destination = view(&api, &mut write, &row).await?;
    write.commit().await?;
    api.nudge();
    Ok(Versioned(row.version, data(DestinationAnswer { destination })))
}

/// The source that a new destination is fed by.
async fn source(
    write: &mut Write,
    caller: &Caller,
    workspace_id: &str,
    named: &str,
) -> Result<Source, ApiError> {
    let missing = || {
        let message = format!("the workspace has no source {named:?}");
        ApiError::invalid_field(
            Fault::at("/sourceId", "unknown", message)
                .expected("the id or slug of a source")
                .fix("list them with GET /sources"),
        )
    };
    let source = sources::find(write, workspace_id, named).await?.ok_or_else(missing)?;
    let labels = gate::labels_of(write, &source.id).await?;
    if !caller.may(&Need::SourceRead(&source.id), &labels) {
        // What one may not even see is not there.
        return Err(missing());
    }
    caller.require(&Need::DestinationCreate { source: &source.id }, &labels)?;
    Ok(source)
}

/// The catalog entry that a new destination is made of, and what we know of its kind.
async fn installable<'a>(
    api: &'a Api,
    write: &mut Write,
    caller: &Caller,
    workspace_id: &str,
    named: &str,
) -> Result<(Integration, &'a Definition), ApiError> {
    let missing = || {
        let message = format!("there is no destination {named:?} in the catalog");
        ApiError::invalid_field(
            Fault::at("/metadataId", "unknown", message)
                .expected("the id or slug of a destination in the catalog")
                .fix("list them with GET /catalog/destinations"),
        )
    };
    let entry = integrations::find(write, named).await?;
    let entry = entry.filter(|entry| entry.kind == "destination").ok_or_else(missing)?;
    let account = caller.account.as_ref().map(|account| account.id.as_str());
    let standing = listings::standing(write, &entry.id, account, Some(workspace_id)).await?;
    let viewer = Viewer {
        in_team: standing.in_team,
        reviewer: standing.reviews,
        by_link: true,
        installed: false,
    };
    let state = metadata::shown_state(api, &entry);
    if !visible_to(state, &viewer) {
        return Err(missing());
    }
    let definition = api.options.definitions.iter().find(|known| known.slug == entry.slug);
    match definition.filter(|_| installable_by(state, &viewer)) {
        Some(definition) => Ok((entry, definition)),
        None => Err(ApiError::conflict("not_installable", "this destination cannot be added now")
            .pointer("/metadataId")),
    }
}

/// `name`, or the first of `name 2`, `name 3` … that no sibling has.
fn free_name(name: &str, siblings: &[Destination]) -> String {
    let taken = |candidate: &str| siblings.iter().any(|sibling| sibling.name == candidate);
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|candidate| !taken(candidate))
        .expect("there are more numbers than destinations")
}

/// The fault of a name that another destination of the source has.
pub fn taken_name() -> Fault {
    Fault::at("/name", "taken", "another destination of the source has this name")
        .expected("a name that no destination of the source has")
        .fix("choose another one")
}

/// A taken name is the caller's to mend.
pub fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Taken => ApiError::invalid_field(taken_name()),
        other => other.into(),
    }
}
