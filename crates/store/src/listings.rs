//! The catalog as everybody may read it: listed integrations only, and who may see others.

use sqlx::{AnyConnection, Row};

use crate::{
    Page, Paged, StoreError,
    conditions::Conditions,
    integrations::{COLUMNS, Integration, integration},
};

/// The states in which everybody finds an integration.
const LISTED: &str = "i.state IN ('PUBLIC_BETA', 'PUBLIC')";

/// What customers read as its name, for sorting.
const NAME: &str = "lower(COALESCE(i.published_name, i.name))";

/// Which listed integrations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// `source` or `destination`.
    pub kind: &'a str,
    /// A category, as written in the list.
    pub category: Option<&'a str>,
    /// Words of name, slug, categories and description, all of them.
    pub search: Option<&'a str>,
    /// Only new and noteworthy ones.
    pub noteworthy: Option<Noteworthy>,
}

/// What is new and noteworthy: in beta, or listed lately.
#[derive(Debug, Clone, Copy)]
pub struct Noteworthy {
    /// Listed for the first time after this, Unix milliseconds.
    pub listed_after_ms: i64,
    /// Approved after this a beta is one still, Unix milliseconds.
    pub beta_after_ms: i64,
    /// More is asked of a beta than its time.
    pub beta_asks_more: bool,
}

/// Listed integrations, by name, which with the id is the cursor.
pub async fn list(
    db: &mut AnyConnection,
    filter: &Filter<'_>,
    page: &Page,
) -> Result<Paged<Integration>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("i.kind", filter.kind);
    wanted.and(LISTED);
    if let Some(category) = filter.category {
        wanted.contains("i.categories", &format!("\n{category}\n"));
    }
    for word in filter.search.unwrap_or_default().split_whitespace() {
        wanted.contains_lower("i.search_text", &word.to_lowercase());
    }
    if let Some(Noteworthy { listed_after_ms, beta_after_ms, beta_asks_more }) = filter.noteworthy {
        let unmet = if beta_asks_more { " OR i.beta_met_at_ms IS NULL" } else { "" };
        // Numbers, not what anybody wrote.
        wanted.and(&format!(
            "i.listed_at_ms > {listed_after_ms} OR (i.state = 'PUBLIC_BETA' AND \
             (i.approved_at_ms IS NULL OR i.approved_at_ms > {beta_after_ms}{unmet}))"
        ));
    }
    let all = wanted.clone();
    wanted.after_both(NAME, "i.id", page);
    // What nobody reads of a listed entry is not fetched: its draft, unless nothing is published.
    let draft = "CASE WHEN i.published IS NULL THEN i.draft ELSE '' END";
    let columns = COLUMNS.replacen("i.draft", draft, 1);
    let sql = format!(
        "SELECT {columns}, {NAME} FROM integrations i WHERE {} ORDER BY {NAME}, i.id",
        wanted.sql()
    );
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("integrations i", page, rows.len(), db).await?;
    let row = |row: &sqlx::any::AnyRow| {
        Ok::<_, StoreError>((integration(row)?, row.try_get::<String, _>(18)?))
    };
    let rows = rows.iter().map(row).collect::<Result<_, _>>()?;
    let paged =
        page.cut(rows, total, |(row, name): &(Integration, String)| format!("{name}\n{}", row.id));
    let rows = paged.rows.into_iter().map(|(row, _)| row).collect();
    Ok(Paged { rows, next: paged.next, total: paged.total })
}

/// The listed integration of this kind with this id or slug.
pub async fn find(
    db: &mut AnyConnection,
    kind: &str,
    id_or_slug: &str,
) -> Result<Option<Integration>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM integrations i \
         WHERE i.kind = $1 AND (i.id = $2 OR i.slug = $2) AND {LISTED}"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind).bind(id_or_slug);
    row.fetch_optional(db).await?.as_ref().map(integration).transpose()
}

/// The categories of listed integrations, and how many each has, by name.
pub async fn categories(
    db: &mut AnyConnection,
    kind: &str,
) -> Result<Vec<(String, u32)>, StoreError> {
    // Few combinations, many entries: the database counts, and hands over a handful of rows.
    let sql = format!(
        "SELECT i.categories, COUNT(*) FROM integrations i \
         WHERE i.kind = $1 AND {LISTED} GROUP BY i.categories"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind).fetch_all(db).await?;
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        let categories: String = row.try_get(0)?;
        let entries = u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u32::MAX);
        for category in categories.split('\n').filter(|category| !category.is_empty()) {
            *counts.entry(category.to_owned()).or_insert(0) += entries;
        }
    }
    Ok(counts.into_iter().collect())
}

/// How an account, and the workspace it acts in, stand to one integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The account belongs to the partner's team.
    pub in_team: bool,
    /// The account was asked to review it, and the review is open.
    pub reviews: bool,
    /// The workspace has a source of it.
    pub installed: bool,
}

/// The standing of an account and a workspace; what is not there stands nowhere.
pub async fn standing(
    db: &mut AnyConnection,
    integration_id: &str,
    account_id: Option<&str>,
    workspace_id: Option<&str>,
) -> Result<Standing, StoreError> {
    let row = sqlx::query(
        "SELECT \
         (SELECT COUNT(*) FROM partner_members m JOIN integrations i \
          ON i.partner_id = m.partner_id WHERE i.id = $1 AND m.account_id = $2), \
         (SELECT COUNT(*) FROM reviewers r JOIN submissions b ON b.id = r.submission_id \
          WHERE b.integration_id = $1 AND b.status = 'open' AND r.account_id = $2), \
         (SELECT COUNT(*) FROM sources s WHERE s.integration_id = $1 AND s.workspace_id = $3)",
    )
    .bind(integration_id)
    .bind(account_id.unwrap_or_default())
    .bind(workspace_id.unwrap_or_default())
    .fetch_one(db)
    .await?;
    let some = |index: usize| Ok::<_, StoreError>(row.try_get::<i64, _>(index)? > 0);
    Ok(Standing { in_team: some(0)?, reviews: some(1)?, installed: some(2)? })
}

#[cfg(test)]
mod tests;
