//! Every mail we wrote: the queue of what is to be sent, and the outbox when nothing sends.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError};

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `mail_…`
    pub id: String,
    /// Which of our letters it is.
    pub letter: String,
    /// Receiver.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// When it was written.
    pub created_at_ms: i64,
    /// When it is to be tried next; `None`: sent, given up, or kept in the outbox only.
    pub next_try_at_ms: Option<i64>,
    /// Tries made.
    pub tries: i64,
    /// When the mail server took it.
    pub sent_at_ms: Option<i64>,
    /// What went wrong last.
    pub problem: Option<String>,
}

const COLUMNS: &str = "id, letter, to_address, subject, text_body, html_body, created_at_ms, \
    next_try_at_ms, tries, sent_at_ms, problem";

fn mail(row: &AnyRow) -> Result<Mail, StoreError> {
    Ok(Mail {
        id: row.try_get(0)?,
        letter: row.try_get(1)?,
        to: row.try_get(2)?,
        subject: row.try_get(3)?,
        text: row.try_get(4)?,
        html: row.try_get(5)?,
        created_at_ms: row.try_get(6)?,
        next_try_at_ms: row.try_get(7)?,
        tries: row.try_get(8)?,
        sent_at_ms: row.try_get(9)?,
        problem: row.try_get(10)?,
    })
}

/// Adds a mail.
pub async fn insert(db: &mut AnyConnection, mail: &Mail) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mails (id, letter, to_address, subject, text_body, html_body, \
         created_at_ms, next_try_at_ms, tries, sent_at_ms, problem) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&mail.id)
    .bind(&mail.letter)
    .bind(&mail.to)
    .bind(&mail.subject)
    .bind(&mail.text)
    .bind(&mail.html)
    .bind(mail.created_at_ms)
    .bind(mail.next_try_at_ms)
    .bind(mail.tries)
    .bind(mail.sent_at_ms)
    .bind(&mail.problem)
    .execute(db)
    .await?;
    Ok(())
}

/// The mail with this id.
pub async fn get(db: &mut AnyConnection, id: &str) -> Result<Option<Mail>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mails WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?;
    row.as_ref().map(mail).transpose()
}

/// Mails, newest first; with `to`, only to this address. The cursor is time and id.
pub async fn list(
    db: &mut AnyConnection,
    to: Option<&str>,
    page: &Page,
) -> Result<Paged<Mail>, StoreError> {
    let (time, id) = page.after.as_deref().and_then(|a| a.split_once('/')).unwrap_or_default();
    let time = time.parse().unwrap_or(i64::MAX);
    let to = to.unwrap_or_default();
    let sql = format!(
        "SELECT {COLUMNS} FROM mails WHERE ($1 = '' OR to_address = $1) \
         AND (created_at_ms < $2 OR (created_at_ms = $2 AND id < $3)) \
         ORDER BY created_at_ms DESC, id DESC LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(to).bind(time).bind(id);
    let rows = rows.bind(page.limit()).fetch_all(&mut *db).await?;
    let rows = rows.iter().map(mail).collect::<Result<_, _>>()?;
    let total = sqlx::query("SELECT COUNT(*) FROM mails WHERE ($1 = '' OR to_address = $1)")
        .bind(to)
        .fetch_one(db)
        .await?
        .try_get(0)?;
    Ok(page.cut(rows, total, |mail| format!("{}/{}", mail.created_at_ms, mail.id)))
}

/// How many mails there are that were not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unsent {
    /// They are to be tried.
    pub queued: i64,
    /// They were given up.
    pub failed: i64,
    /// They are in the outbox and nowhere else.
    pub kept: i64,
}

/// Counts what was not sent.
pub async fn unsent(db: &mut AnyConnection) -> Result<Unsent, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(next_try_at_ms), \
         COUNT(CASE WHEN next_try_at_ms IS NULL AND problem IS NOT NULL THEN 1 END), \
         COUNT(CASE WHEN next_try_at_ms IS NULL AND problem IS NULL THEN 1 END) \
         FROM mails WHERE sent_at_ms IS NULL",
    )
    .fetch_one(db)
    .await?;
    Ok(Unsent { queued: row.try_get(0)?, failed: row.try_get(1)?, kept: row.try_get(2)? })
}

/// Takes mails to be tried now, the oldest first, so that nobody else tries them before
/// `until_ms`.
pub async fn take_due(
    db: &mut AnyConnection,
    now_ms: i64,
    until_ms: i64,
    max: i64,
) -> Result<Vec<Mail>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mails WHERE next_try_at_ms <= $1 \
         ORDER BY next_try_at_ms, created_at_ms LIMIT $2"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now_ms).bind(max);
    let rows = rows.fetch_all(&mut *db).await?;
    let due: Vec<Mail> = rows.iter().map(mail).collect::<Result<_, _>>()?;
    for mail in &due {
        sqlx::query("UPDATE mails SET next_try_at_ms = $2 WHERE id = $1")
            .bind(&mail.id)
            .bind(until_ms)
            .execute(&mut *db)
            .await?;
    }
    Ok(due)
}

/// When the next mail is to be tried.
pub async fn next_due(db: &mut AnyConnection) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT MIN(next_try_at_ms) FROM mails").fetch_one(db).await?;
    Ok(row.try_get(0)?)
}

/// Writes what a try came to. Of a mail that was sent the words are not kept: there may be a link
/// in them that is still good.
pub async fn tried(db: &mut AnyConnection, mail: &Mail) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mails SET next_try_at_ms = $2, tries = $3, sent_at_ms = $4, problem = $5, \
         text_body = $6, html_body = $7 WHERE id = $1",
    )
    .bind(&mail.id)
    .bind(mail.next_try_at_ms)
    .bind(mail.tries)
    .bind(mail.sent_at_ms)
    .bind(&mail.problem)
    .bind(if mail.sent_at_ms.is_some() { "" } else { &mail.text })
    .bind(if mail.sent_at_ms.is_some() { "" } else { &mail.html })
    .execute(db)
    .await?;
    Ok(())
}

/// Removes what was written before `before_ms`.
pub async fn sweep(db: &mut AnyConnection, before_ms: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM mails WHERE created_at_ms < $1").bind(before_ms).execute(db).await?;
    Ok(())
}
