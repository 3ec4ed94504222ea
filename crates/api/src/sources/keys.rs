use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::json;
use spec::WriteKey;
use store::{Write, sources, sources::Source, write_keys};
use utoipa::ToSchema;

use super::{
    WRITE_KEYS_MAX,
    view::{SourceAnswer, view},
};
use crate::{
    answer::{self, Data, Done, data, done},
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// A write key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteKeyView {
    /// The key itself.
    #[schema(example = "YYPKnzZV2dTRg3dH3sDrLmTsJqHQOreo")]
    write_key: String,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    created_at: String,
    /// When a message last came with it; `null` when that is not known.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    last_used_at: Option<String>,
}

/// Write keys in their envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteKeysAnswer {
    /// The oldest first.
    write_keys: Vec<WriteKeyView>,
}

/// List the write keys of a source
///
/// With the time that each was made and last used.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/writekey",
    operation_id = "listWriteKeysOfSource",
    tag = "Sources",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    responses((status = 200, description = "The write keys", body = Data<WriteKeysAnswer>)),
    extensions(("x-access" = json!("source_admin")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<WriteKeysAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = write_keys::of_sources(&mut db, &[&caller.source()?.id]).await?;
    let view = |row: write_keys::WriteKeyRow| {
        let key = WriteKey(row.write_key.as_str().into());
        let used_ms = api.activity.key_used_ms(&key).max(row.used_at_ms);
        WriteKeyView {
            write_key: row.write_key,
            created_at: answer::time(row.created_at_ms),
            last_used_at: used_ms.map(answer::time),
        }
    };
    Ok(data(WriteKeysAnswer { write_keys: rows.into_iter().map(view).collect() }))
}

/// Create a write key
///
/// The others stay valid, so that a key can be changed without losing data.
#[utoipa::path(
    post,
    path = "/sources/{sourceId}/writekey",
    operation_id = "createWriteKeyForSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        IfMatchHeader
    ),
    responses((status = 200, description = "The source with its keys", body = Data<SourceAnswer>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "409": ["too_many_write_keys"]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
) -> Result<Versioned<Data<SourceAnswer>>, ApiError> {
    let (mut write, mut row) = begin(&api, &caller, seen).await?;
    let before = hints(&mut write, &row).await?;
    if before.len() >= WRITE_KEYS_MAX {
        let message = format!("a source has at most {WRITE_KEYS_MAX} write keys");
        return Err(ApiError::conflict("too_many_write_keys", message)
            .fix("revoke one that is not in use any more"));
    }
    write_keys::insert(&mut write, &row.id, &api.fresh.write_key(), caller.now_ms).await?;
    note(&api, &mut write, &caller, &mut row, before).await?;
    let source = view(&api, &mut write, &caller, &row).await?;
    write.commit().await?;
    api.nudge();
    Ok(Versioned(row.version, data(SourceAnswer { source })))
}

/// Revoke a write key
///
/// Messages that come with it are accepted as from nowhere, and counted. The last key stays.
#[utoipa::path(
    delete,
    path = "/sources/{sourceId}/writekey/{writeKey}",
    operation_id = "removeWriteKeyFromSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("writeKey" = String, Path, description = "The key"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Revoked", body = Data<Done>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "409": ["last_write_key"]
        }))
    )
)]
pub async fn remove(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Path((_, key)): Path<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let (mut write, mut row) = begin(&api, &caller, seen).await?;
    let before = hints(&mut write, &row).await?;
    if !write_keys::delete(&mut write, &row.id, &key).await? {
        return Err(ApiError::not_found("write key"));
    }
    if before.len() == 1 {
        return Err(ApiError::conflict("last_write_key", "a source keeps at least one write key")
            .fix("make another one first, or disable the source"));
    }
    note(&api, &mut write, &caller, &mut row, before).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}

async fn begin(api: &Api, caller: &Caller, seen: IfMatch) -> Result<(Write, Source), ApiError> {
    let mut write = api.db.write().await?;
    let row = sources::find(&mut write, &caller.workspace()?.id, &caller.source()?.id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("source"))?;
    seen.check(row.version)?;
    Ok((write, row))
}

/// What audit entries keep of the keys.
async fn hints(write: &mut Write, row: &Source) -> Result<Vec<String>, ApiError> {
    let keys = write_keys::of_sources(write, &[&row.id]).await?;
    let hint = |key: &write_keys::WriteKeyRow| {
        let from = key.write_key.len().saturating_sub(4);
        format!("…{}", key.write_key.get(from..).unwrap_or_default())
    };
    Ok(keys.iter().map(hint).collect())
}

async fn note(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    row: &mut Source,
    before: Vec<String>,
) -> Result<(), ApiError> {
    row.version += 1;
    sources::update(write, row).await?;
    let after = hints(write, row).await?;
    let change = Change::new("Source Modified", "SOURCE", &row.id, &row.name)
        .before(&json!({ "writeKeys": before }))
        .after(&json!({ "writeKeys": after }));
    record(api, write, caller, &row.workspace_id, change).await
}
