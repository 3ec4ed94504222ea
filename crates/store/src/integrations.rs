//! What partners (and we) offer: one row per integration, with its catalog info.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError, conditions::Conditions};

/// One integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// `int_…`
    pub id: String,
    /// The partner team that owns it; `None`: it is one of ours.
    pub partner_id: Option<String>,
    /// `source` or `destination`.
    pub kind: String,
    /// Unique in the installation; never changes.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// As stored: beta ends by the clock, see `catalog::state::shown`.
    pub state: String,
    /// Catalog info as its builders see it, JSON.
    pub draft: String,
    /// Catalog info as customers see it, JSON.
    pub published: Option<String>,
    /// The name as customers see it.
    pub published_name: Option<String>,
    /// When what customers see was published.
    pub published_at_ms: Option<i64>,
    /// When its launch was approved: beta counts from here.
    pub approved_at_ms: Option<i64>,
    /// When it was first listed.
    pub listed_at_ms: Option<i64>,
    /// Why it was removed from the catalog.
    pub removed_reason: Option<String>,
    /// The account that made it.
    pub created_by: String,
    /// When.
    pub created_at_ms: i64,
    /// Last change.
    pub updated_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
    /// When its beta first met what is asked of it beside its time.
    pub beta_met_at_ms: Option<i64>,
}

/// The columns of a row, in the order that [`integration`] reads them.
pub const COLUMNS: &str = "i.id, i.partner_id, i.kind, i.slug, i.name, i.state, i.draft, \
    i.published, i.published_name, i.published_at_ms, i.approved_at_ms, i.listed_at_ms, \
    i.removed_reason, i.created_by, i.created_at_ms, i.updated_at_ms, i.version, \
    i.beta_met_at_ms";

/// Reads a row of [`COLUMNS`].
pub fn integration(row: &AnyRow) -> Result<Integration, StoreError> {
    Ok(Integration {
        id: row.try_get(0)?,
        partner_id: row.try_get(1)?,
        kind: row.try_get(2)?,
        slug: row.try_get(3)?,
        name: row.try_get(4)?,
        state: row.try_get(5)?,
        draft: row.try_get(6)?,
        published: row.try_get(7)?,
        published_name: row.try_get(8)?,
        published_at_ms: row.try_get(9)?,
        approved_at_ms: row.try_get(10)?,
        listed_at_ms: row.try_get(11)?,
        removed_reason: row.try_get(12)?,
        created_by: row.try_get(13)?,
        created_at_ms: row.try_get(14)?,
        updated_at_ms: row.try_get(15)?,
        version: row.try_get(16)?,
        beta_met_at_ms: row.try_get(17)?,
    })
}

/// Betas that are not known to meet what is asked of them.
pub async fn betas_unmet(db: &mut AnyConnection) -> Result<Vec<Integration>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM integrations i WHERE i.state = 'PUBLIC_BETA' \
         AND i.approved_at_ms IS NOT NULL AND i.beta_met_at_ms IS NULL ORDER BY i.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(db).await?;
    rows.iter().map(integration).collect()
}

/// Adds an integration. [`StoreError::Taken`] when the slug is.
pub async fn insert(db: &mut AnyConnection, row: &Integration) -> Result<(), StoreError> {
    let found_by = FoundBy::of(row);
    sqlx::query(
        "INSERT INTO integrations (id, partner_id, kind, slug, name, state, draft, published, \
         published_name, published_at_ms, approved_at_ms, listed_at_ms, removed_reason, \
         created_by, created_at_ms, updated_at_ms, version, categories, search_text, \
         beta_met_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20)",
    )
    .bind(&row.id)
    .bind(&row.partner_id)
    .bind(&row.kind)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.state)
    .bind(&row.draft)
    .bind(&row.published)
    .bind(&row.published_name)
    .bind(row.published_at_ms)
    .bind(row.approved_at_ms)
    .bind(row.listed_at_ms)
    .bind(&row.removed_reason)
    .bind(&row.created_by)
    .bind(row.created_at_ms)
    .bind(row.updated_at_ms)
    .bind(row.version)
    .bind(&found_by.categories)
    .bind(&found_by.text)
    .bind(row.beta_met_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The integration with this id or slug.
pub async fn find(
    db: &mut AnyConnection,
    id_or_slug: &str,
) -> Result<Option<Integration>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM integrations i WHERE i.id = $1 OR i.slug = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id_or_slug).fetch_optional(db).await?;
    row.as_ref().map(integration).transpose()
}

/// Writes every changeable field, if the row is still at the version before `row.version`.
pub async fn update(db: &mut AnyConnection, row: &Integration) -> Result<(), StoreError> {
    let found_by = FoundBy::of(row);
    let done = sqlx::query(
        "UPDATE integrations SET name = $2, state = $3, draft = $4, published = $5, \
         published_name = $6, published_at_ms = $7, approved_at_ms = $8, listed_at_ms = $9, \
         removed_reason = $10, updated_at_ms = $11, version = $12, categories = $14, \
         search_text = $15, beta_met_at_ms = $16 WHERE id = $1 AND version = $13",
    )
    .bind(&row.id)
    .bind(&row.name)
    .bind(&row.state)
    .bind(&row.draft)
    .bind(&row.published)
    .bind(&row.published_name)
    .bind(row.published_at_ms)
    .bind(row.approved_at_ms)
    .bind(row.listed_at_ms)
    .bind(&row.removed_reason)
    .bind(row.updated_at_ms)
    .bind(row.version)
    .bind(row.version - 1)
    .bind(&found_by.categories)
    .bind(&found_by.text)
    .bind(row.beta_met_at_ms)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Every integration whose name or slug holds `search`, whatever its state, by slug, which is the
/// cursor.
pub async fn search(
    db: &mut AnyConnection,
    search: &str,
    page: &Page,
) -> Result<Paged<Integration>, StoreError> {
    const WHERE: &str =
        "($1 = '' OR lower(i.name) LIKE $2 ESCAPE '!' OR i.slug LIKE $2 ESCAPE '!')";
    let escaped = search.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let pattern = format!("%{escaped}%");
    let sql = format!(
        "SELECT {COLUMNS} FROM integrations i WHERE {WHERE} AND i.slug > $3 \
         ORDER BY i.slug LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(search).bind(&pattern);
    let rows = rows.bind(page.after_text()).bind(page.limit()).fetch_all(&mut *db).await?;
    let rows = rows.iter().map(integration).collect::<Result<_, _>>()?;
    let total = format!("SELECT COUNT(*) FROM integrations i WHERE {WHERE}");
    let total = sqlx::query(sqlx::AssertSqlSafe(total)).bind(search).bind(&pattern);
    let total = total.fetch_one(db).await?.try_get(0)?;
    Ok(page.cut(rows, total, |row: &Integration| row.slug.clone()))
}

/// The integrations of a partner, by name.
pub async fn of_partner(
    db: &mut AnyConnection,
    partner_id: &str,
) -> Result<Vec<Integration>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM integrations i WHERE i.partner_id = $1 ORDER BY i.name, i.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(partner_id).fetch_all(db).await?;
    rows.iter().map(integration).collect()
}
/// The integrations with these ids, in no order.
pub async fn of_ids(db: &mut AnyConnection, ids: &[&str]) -> Result<Vec<Integration>, StoreError> {
    let mut wanted = Conditions::new();
    let list = wanted.list(ids);
    let sql = format!("SELECT {COLUMNS} FROM integrations i WHERE i.id IN ({list})");
    let rows = wanted.query(&sql).fetch_all(db).await?;
    rows.iter().map(integration).collect()
}

/// What the catalog finds an integration by, made from what is published.
struct FoundBy {
    categories: String,
    text: String,
}

impl FoundBy {
    fn of(row: &Integration) -> FoundBy {
        #[derive(Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Published {
            description: String,
            primary_category: Option<String>,
            secondary_category: Option<String>,
            more_categories: Vec<String>,
        }
        let published = row.published.as_deref().unwrap_or("{}");
        let published: Published = serde_json::from_str(published).unwrap_or_default();
        let first = published.primary_category.into_iter().chain(published.secondary_category);
        let mut categories = String::from("\n");
        for category in first.chain(published.more_categories) {
            categories.push_str(&category);
            categories.push('\n');
        }
        let name = row.published_name.as_deref().unwrap_or(&row.name);
        let text = format!("{name}\n{}{categories}{}", row.slug, published.description);
        FoundBy { categories, text: text.to_lowercase() }
    }
}
