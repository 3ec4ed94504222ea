use axum::{extract::State, http::Uri};
use store::{destinations, sources};

use super::view::SourceNote;
use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, record},
    destinations::DestinationNote,
    error::{ApiError, Fault},
    page,
    state::Api,
    version::{IfMatch, IfMatchHeader},
};

/// Delete a source
///
/// With its write keys and its destinations, for good. `confirm` guards against the wrong one: it
/// must be the source's slug. Where people click, it is demanded: a request with a session is
/// refused without it. A token's may leave it out, for Segment's published SDK deletes without it.
#[utoipa::path(
    delete,
    path = "/sources/{sourceId}",
    operation_id = "deleteSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("confirm" = Option<String>, Query, description = "The slug of the source; needed with a session", example = "website"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "422": ["not_confirmed"]
        }))
    )
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    uri: Uri,
) -> Result<Data<Done>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let row = sources::find(&mut write, workspace_id, &caller.source()?.id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("source"))?;
    seen.check(row.version)?;
    if caller.session.is_some() && page::value(uri.query().unwrap_or_default(), "confirm").is_none()
    {
        return Err(ApiError::invalid_field(
            Fault::at("/confirm", "not_confirmed", "deleting a source has to be confirmed")
                .expected(&row.slug)
                .fix("send its slug in confirm"),
        ));
    }
    confirmed(&uri, &row.slug)?;
    for destination in destinations::of_source(&mut write, workspace_id, &row.id).await? {
        let change =
            Change::new("Destination Deleted", "DESTINATION", &destination.id, &destination.name)
                .before(&DestinationNote::of(&destination));
        record(&api, &mut write, &caller, workspace_id, change).await?;
    }
    sources::delete(&mut write, workspace_id, &row.id).await?;
    let change =
        Change::new("Source Deleted", "SOURCE", &row.id, &row.name).before(&SourceNote::of(&row));
    record(&api, &mut write, &caller, workspace_id, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}

/// Fails when `confirm` names something else.
pub fn confirmed(uri: &Uri, name: &str) -> Result<(), ApiError> {
    let query = uri.query().unwrap_or_default();
    match page::value(query, "confirm") {
        Some(given) if given != name => Err(ApiError::invalid_field(
            Fault::at("/confirm", "not_confirmed", format!("{given:?} is not its name"))
                .expected(name)
                .fix("check that it is the right one"),
        )),
        _ => Ok(()),
    }
}
