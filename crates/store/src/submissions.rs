//! Submissions for review, and what reviewers say about them.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError};

/// One submission: what was handed in, frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// `sub_…`
    pub id: String,
    /// Of which integration.
    pub integration_id: String,
    /// First, second, …
    pub number: i64,
    /// `launch` or `edit`.
    pub kind: String,
    /// As `catalog::review::RoundStatus` writes it.
    pub status: String,
    /// `{name, info}` as it was handed in, JSON.
    pub frozen: String,
    /// SHA-256 of `frozen`, hex.
    pub content_hash: String,
    /// The checklist at that time, JSON.
    pub checklist: String,
    /// The account that submitted.
    pub submitted_by: String,
    /// When.
    pub submitted_at_ms: i64,
    /// The account that decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at_ms: Option<i64>,
}

/// A submission in the reviewers' queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The submission.
    pub submission: Submission,
    /// The integration's slug.
    pub slug: String,
    /// The integration's name.
    pub name: String,
    /// The partner's name.
    pub partner_name: Option<String>,
}

/// One comment of a reviewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// `com_…`
    pub id: String,
    /// `functionality`, `metadata` or `documentation`.
    pub part: String,
    /// The field it is about, a JSON pointer.
    pub pointer: Option<String>,
    /// Or the event.
    pub event: Option<String>,
    /// What has to change.
    pub text: String,
    /// `builder` or `reviewers`.
    pub audience: String,
    /// Who wrote it.
    pub account_id: String,
    /// When.
    pub at_ms: i64,
    /// When it was dealt with.
    pub resolved_at_ms: Option<i64>,
}

/// One change of an integration's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// `tra_…`
    pub id: String,
    /// The integration's version after it: transitions of one millisecond keep their order.
    pub version: i64,
    /// When.
    pub at_ms: i64,
    /// Who.
    pub account_id: String,
    /// Their address at the time.
    pub account_email: String,
    /// As what: `builder`, `partnerAdmin`, `reviewer`.
    pub party: String,
    /// What they did.
    pub action: String,
    /// From this state.
    pub from_state: String,
    /// To this state.
    pub to_state: String,
    /// Why.
    pub reason: String,
}

const COLUMNS: &str = "s.id, s.integration_id, s.number, s.kind, s.status, s.frozen, \
    s.content_hash, s.checklist, s.submitted_by, s.submitted_at_ms, s.decided_by, s.decided_at_ms";

fn submission(row: &AnyRow) -> Result<Submission, StoreError> {
    Ok(Submission {
        id: row.try_get(0)?,
        integration_id: row.try_get(1)?,
        number: row.try_get(2)?,
        kind: row.try_get(3)?,
        status: row.try_get(4)?,
        frozen: row.try_get(5)?,
        content_hash: row.try_get(6)?,
        checklist: row.try_get(7)?,
        submitted_by: row.try_get(8)?,
        submitted_at_ms: row.try_get(9)?,
        decided_by: row.try_get(10)?,
        decided_at_ms: row.try_get(11)?,
    })
}

/// Adds a submission.
pub async fn insert(db: &mut AnyConnection, new: &Submission) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO submissions (id, integration_id, number, kind, status, frozen, \
         content_hash, checklist, submitted_by, submitted_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&new.id)
    .bind(&new.integration_id)
    .bind(new.number)
    .bind(&new.kind)
    .bind(&new.status)
    .bind(&new.frozen)
    .bind(&new.content_hash)
    .bind(&new.checklist)
    .bind(&new.submitted_by)
    .bind(new.submitted_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The submission with this id.
pub async fn get(db: &mut AnyConnection, id: &str) -> Result<Option<Submission>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM submissions s WHERE s.id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?;
    row.as_ref().map(submission).transpose()
}

/// An integration's submissions, newest first.
pub async fn of_integration(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Vec<Submission>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM submissions s WHERE s.integration_id = $1 ORDER BY s.number DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(integration_id).fetch_all(db).await?;
    rows.iter().map(submission).collect()
}

/// Submissions with this status, the oldest first; any status when empty. The cursor is time and
/// id.
pub async fn queue(
    db: &mut AnyConnection,
    status: &str,
    page: &Page,
) -> Result<Paged<Queued>, StoreError> {
    let (time, id) = page.after.as_deref().and_then(|a| a.split_once('/')).unwrap_or_default();
    let time: i64 = time.parse().unwrap_or(i64::MIN);
    let sql = format!(
        "SELECT {COLUMNS}, i.slug, i.name, p.name FROM submissions s \
         JOIN integrations i ON i.id = s.integration_id \
         LEFT JOIN partners p ON p.id = i.partner_id WHERE ($1 = '' OR s.status = $1) \
         AND (s.submitted_at_ms > $2 OR (s.submitted_at_ms = $2 AND s.id > $3)) \
         ORDER BY s.submitted_at_ms, s.id LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(status).bind(time).bind(id);
    let rows = rows.bind(page.limit()).fetch_all(&mut *db).await?;
    let queued = |row: &AnyRow| {
        Ok(Queued {
            submission: submission(row)?,
            slug: row.try_get(12)?,
            name: row.try_get(13)?,
            partner_name: row.try_get(14)?,
        })
    };
    let rows = rows.iter().map(queued).collect::<Result<_, StoreError>>()?;
    let total = sqlx::query("SELECT COUNT(*) FROM submissions s WHERE ($1 = '' OR s.status = $1)")
        .bind(status)
        .fetch_one(db)
        .await?
        .try_get(0)?;
    Ok(page.cut(rows, total, |queued: &Queued| {
        format!("{}/{}", queued.submission.submitted_at_ms, queued.submission.id)
    }))
}

/// Closes an open submission; `false` when it is not open any more.
pub async fn close(
    db: &mut AnyConnection,
    id: &str,
    status: &str,
    account_id: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE submissions SET status = $2, decided_by = $3, decided_at_ms = $4 \
         WHERE id = $1 AND status = 'open'",
    )
    .bind(id)
    .bind(status)
    .bind(account_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes somebody a reviewer of a submission.
pub async fn assign(
    db: &mut AnyConnection,
    id: &str,
    account_id: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO reviewers (submission_id, account_id, assigned_at_ms) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(account_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Who reviews a submission: account id and address, by address.
pub async fn reviewers(
    db: &mut AnyConnection,
    id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT a.id, a.email FROM reviewers r JOIN accounts a ON a.id = r.account_id \
         WHERE r.submission_id = $1 ORDER BY a.email",
    )
    .bind(id)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Whether somebody is assigned to an open submission of an integration.
pub async fn reviews(
    db: &mut AnyConnection,
    integration_id: &str,
    account_id: &str,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 FROM reviewers r JOIN submissions s ON s.id = r.submission_id \
         WHERE s.integration_id = $1 AND s.status = 'open' AND r.account_id = $2 LIMIT 1",
    )
    .bind(integration_id)
    .bind(account_id)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Sets the verdict on one part.
pub async fn set_verdict(
    db: &mut AnyConnection,
    id: &str,
    part: &str,
    verdict: &str,
    account_id: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO review_parts (submission_id, part, verdict, account_id, at_ms) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (submission_id, part) \
         DO UPDATE SET verdict = $3, account_id = $4, at_ms = $5",
    )
    .bind(id)
    .bind(part)
    .bind(verdict)
    .bind(account_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The verdicts there are: part and verdict.
pub async fn verdicts(
    db: &mut AnyConnection,
    id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query("SELECT part, verdict FROM review_parts WHERE submission_id = $1")
        .bind(id)
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Adds a comment.
pub async fn comment(
    db: &mut AnyConnection,
    id: &str,
    comment: &Comment,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO review_comments (id, submission_id, part, pointer, event, text, audience, \
         account_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&comment.id)
    .bind(id)
    .bind(&comment.part)
    .bind(&comment.pointer)
    .bind(&comment.event)
    .bind(&comment.text)
    .bind(&comment.audience)
    .bind(&comment.account_id)
    .bind(comment.at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The comments on a submission, in order.
pub async fn comments(db: &mut AnyConnection, id: &str) -> Result<Vec<Comment>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, part, pointer, event, text, audience, account_id, at_ms, resolved_at_ms \
         FROM review_comments WHERE submission_id = $1 ORDER BY at_ms, id",
    )
    .bind(id)
    .fetch_all(db)
    .await?;
    let comment = |row: &AnyRow| {
        Ok(Comment {
            id: row.try_get(0)?,
            part: row.try_get(1)?,
            pointer: row.try_get(2)?,
            event: row.try_get(3)?,
            text: row.try_get(4)?,
            audience: row.try_get(5)?,
            account_id: row.try_get(6)?,
            at_ms: row.try_get(7)?,
            resolved_at_ms: row.try_get(8)?,
        })
    };
    rows.iter().map(comment).collect()
}

/// Notes that a comment was dealt with; `false` when the submission has no such open one.
pub async fn resolve(
    db: &mut AnyConnection,
    submission_id: &str,
    comment_id: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE review_comments SET resolved_at_ms = $3 \
         WHERE submission_id = $1 AND id = $2 AND resolved_at_ms IS NULL",
    )
    .bind(submission_id)
    .bind(comment_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a change of state down.
pub async fn moved(
    db: &mut AnyConnection,
    integration_id: &str,
    transition: &Transition,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO transitions (id, integration_id, version, at_ms, account_id, account_email, \
         party, action, from_state, to_state, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&transition.id)
    .bind(integration_id)
    .bind(transition.version)
    .bind(transition.at_ms)
    .bind(&transition.account_id)
    .bind(&transition.account_email)
    .bind(&transition.party)
    .bind(&transition.action)
    .bind(&transition.from_state)
    .bind(&transition.to_state)
    .bind(&transition.reason)
    .execute(db)
    .await?;
    Ok(())
}

/// Every change of state of an integration, in order.
pub async fn history(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Vec<Transition>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, at_ms, account_id, account_email, party, action, from_state, to_state, reason, \
         version FROM transitions WHERE integration_id = $1 ORDER BY version",
    )
    .bind(integration_id)
    .fetch_all(db)
    .await?;
    let transition = |row: &AnyRow| {
        Ok(Transition {
            id: row.try_get(0)?,
            at_ms: row.try_get(1)?,
            account_id: row.try_get(2)?,
            account_email: row.try_get(3)?,
            party: row.try_get(4)?,
            action: row.try_get(5)?,
            from_state: row.try_get(6)?,
            to_state: row.try_get(7)?,
            reason: row.try_get(8)?,
            version: row.try_get(9)?,
        })
    };
    rows.iter().map(transition).collect()
}

/// The sources made from an integration: id and workspace.
pub async fn installs(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query("SELECT id, workspace_id FROM sources WHERE integration_id = $1")
        .bind(integration_id)
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Whether reviewers have an account to test an integration with.
pub async fn has_test_account(
    db: &mut AnyConnection,
    integration_id: &str,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM test_accounts WHERE integration_id = $1")
        .bind(integration_id)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// The addresses of a partner team.
pub async fn team_emails(
    db: &mut AnyConnection,
    partner_id: &str,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT a.email FROM partner_members m JOIN accounts a ON a.id = m.account_id \
         WHERE m.partner_id = $1 ORDER BY a.email",
    )
    .bind(partner_id)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
