//! Our own integrations: rows like a partner's, made at start.

use sqlx::AnyConnection;

use crate::{
    Fresh, StoreError,
    integrations::{self, Integration},
};

/// Our sources whose messages come straight from end users' devices.
pub const CLIENT_SIDE: [&str; 1] = ["javascript"];

/// Who made our own integrations.
pub const MAKER: &str = "headwater";

/// One integration of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Builtin {
    /// `source` or `destination`.
    pub kind: &'static str,
    /// Unique in the installation.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Catalog info, JSON.
    pub info: String,
}

/// Makes what is not there and corrects what reads differently; what an operator did to its state
/// stays. A slug that a partner has is left to them, with a warning. Done again, it does nothing.
pub async fn seed(
    db: &mut AnyConnection,
    fresh: &Fresh,
    now_ms: i64,
    all: &[Builtin],
) -> Result<(), StoreError> {
    for wanted in all {
        let Some(mut row) = integrations::find(db, &wanted.slug).await? else {
            integrations::insert(db, &new(wanted, fresh, now_ms)).await?;
            continue;
        };
        if row.partner_id.is_some() || row.kind != wanted.kind {
            tracing::warn!(
                slug = wanted.slug,
                "an integration of ours is missing: a partner has its slug"
            );
            continue;
        }
        if row.name == wanted.name && row.published.as_ref() == Some(&wanted.info) {
            continue;
        }
        row.name.clone_from(&wanted.name);
        row.draft.clone_from(&wanted.info);
        row.published = Some(wanted.info.clone());
        row.published_name = Some(wanted.name.clone());
        row.published_at_ms = Some(now_ms);
        row.updated_at_ms = now_ms;
        row.version += 1;
        integrations::update(db, &row).await?;
    }
    Ok(())
}

fn new(wanted: &Builtin, fresh: &Fresh, now_ms: i64) -> Integration {
    Integration {
        id: fresh.id("int"),
        partner_id: None,
        kind: wanted.kind.to_owned(),
        slug: wanted.slug.clone(),
        name: wanted.name.clone(),
        state: "PUBLIC".to_owned(),
        draft: wanted.info.clone(),
        published: Some(wanted.info.clone()),
        published_name: Some(wanted.name.clone()),
        published_at_ms: Some(now_ms),
        approved_at_ms: None,
        // Not news: they have always been there.
        listed_at_ms: None,
        removed_reason: None,
        created_by: MAKER.to_owned(),
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
        version: 1,
        beta_met_at_ms: None,
    }
}
