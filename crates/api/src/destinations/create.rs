use axum::extract::State;
use catalog::{
    Need,
    slug::check_name,
    state::{Viewer, installable_by, visible_to},
};
use serde::Deserialize;
use store::{
    StoreError,
    destinations::{self, Destination},
    integrations, listings,
    snapshot::destination_owner,
    sources,
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
    extensions(("x-access" = json!("member")))
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewDestination>,
) -> Result<Versioned<Data<DestinationAnswer>>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let no_source = || {
        let message = format!("the workspace has no source {:?}", new.source_id);
        ApiError::invalid_field(
            Fault::at("/sourceId", "unknown", message)
                .expected("the id or slug of a source")
                .fix("list them with GET /sources"),
        )
    };
    let source = sources::find(&mut write, workspace_id, &new.source_id).await?;
    let source = source.ok_or_else(no_source)?;
    let labels = gate::labels_of(&mut write, &source.id).await?;
    if !caller.may(&Need::SourceRead(&source.id), &labels) {
        // What one may not even see is not there.
        return Err(no_source());
    }
    caller.require(&Need::DestinationCreate { source: &source.id }, &labels)?;

    let no_entry = || {
        let message = format!("there is no destination {:?} in the catalog", new.metadata_id);
        ApiError::invalid_field(
            Fault::at("/metadataId", "unknown", message)
                .expected("the id or slug of a destination in the catalog")
                .fix("list them with GET /catalog/destinations"),
        )
    };
    let entry = integrations::find(&mut write, &new.metadata_id).await?;
    let entry = entry.filter(|entry| entry.kind == "destination").ok_or_else(no_entry)?;
    let account = caller.account.as_ref().map(|account| account.id.as_str());
    let standing = listings::standing(&mut write, &entry.id, account, Some(workspace_id)).await?;
    let viewer = Viewer {
        in_team: standing.in_team,
        reviewer: standing.reviews,
        by_link: true,
        installed: false,
    };
    let state = metadata::shown_state(&api, &entry);
    if !visible_to(state, &viewer) {
        return Err(no_entry());
    }
    let definition = api.options.definitions.iter().find(|known| known.slug == entry.slug);
    let Some(definition) = definition.filter(|_| installable_by(state, &viewer)) else {
        return Err(ApiError::conflict("not_installable", "this destination cannot be added now")
            .pointer("/metadataId"));
    };

    let siblings = destinations::of_source(&mut write, workspace_id, &source.id).await?;
    if siblings.iter().filter(|sibling| sibling.integration_id == entry.id).count() >= OF_A_KIND_MAX
    {
        let message = format!("a source feeds at most {OF_A_KIND_MAX} destinations of one kind");
        return Err(ApiError::conflict("too_many_destinations", message)
            .fix("delete one that is not in use any more"));
    }
    let mut faults: Vec<Fault> = Vec::new();
    let name = match new.name {
        Some(name) => {
            let name = name.trim().to_owned();
            faults.extend(check_name(&name).err().map(Into::into));
            name
        }
        None => free_name(metadata::name_of(&entry), &siblings),
    };
    if siblings.iter().any(|sibling| sibling.name == name) {
        faults.push(taken_name());
    }
    let id = api.fresh.id("dst");
    let owner = destination_owner(&id);
    let given = new.settings.unwrap_or_default();
    let asked = Asked::Definition(definition);
    let kept = match settings::keep(&api, asked, &owner, &Kept::nothing(), given) {
        Ok(kept) if faults.is_empty() => kept,
        Ok(_) => return Err(ApiError::invalid(faults)),
        Err(error) => {
            faults.extend(error.faults().iter().cloned());
            return Err(ApiError::invalid(faults));
        }
    };
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

/// `name`, or the first of `name 2`, `name 3` … that no sibling has.
fn free_name(name: &str, siblings: &[Destination]) -> String {
    let taken = |candidate: &str| siblings.iter().any(|sibling| sibling.name == candidate);
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|candidate| !taken(candidate))
        .expect("there are more numbers than destinations")
}

fn taken_name() -> Fault {
    Fault::at("/name", "taken", "another destination of the source has this name")
        .fix("choose another one")
}

/// A taken name is the caller's to mend.
pub fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Taken => ApiError::invalid_field(taken_name()),
        other => other.into(),
    }
}
