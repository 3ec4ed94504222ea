use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use store::mails::{self, Mail};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, data},
    error::ApiError,
    mailer,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum MailStatus {
    /// No mail server is configured: it is here and nowhere else.
    Kept,
    /// It is to be sent.
    Queued,
    /// The mail server took it.
    Sent,
    /// It was given up.
    Failed,
}

/// A mail that we wrote.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailView {
    /// Its id.
    #[schema(example = "mail_6oAnuOLOGkPzXsV2aRmzJD")]
    id: String,
    /// Which of our letters it is.
    #[schema(example = "VerifyEmail")]
    letter: String,
    /// Receiver.
    #[schema(example = "ada@example.com")]
    to: String,
    /// Subject.
    #[schema(example = "Confirm your e-mail address")]
    subject: String,
    /// What became of it.
    status: MailStatus,
    /// When it was written.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    created_at: String,
    /// When it was sent.
    #[schema(example = "2026-11-25T12:00:01.000Z")]
    sent_at: Option<String>,
    /// When it is tried next.
    #[schema(example = "2026-11-25T12:00:30.000Z")]
    next_try_at: Option<String>,
    /// Tries made.
    #[schema(example = 1)]
    tries: i64,
    /// What went wrong last.
    #[schema(example = "the mail server does not take mail right now")]
    problem: Option<String>,
}

/// A page of mails.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailsAnswer {
    /// Newest first.
    mails: Vec<MailView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// A mail with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailWithWords {
    #[serde(flatten)]
    mail: MailView,
    /// Plain text; absent once it was sent.
    #[schema(example = "Welcome to Headwater. …")]
    text: Option<String>,
    /// The same as HTML; absent once it was sent.
    #[schema(example = "<!doctype html>…")]
    html: Option<String>,
}

/// A mail in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailAnswer {
    /// The mail.
    mail: MailWithWords,
}

impl MailView {
    fn of(mail: &Mail) -> MailView {
        let status = match mail {
            Mail { sent_at_ms: Some(_), .. } => MailStatus::Sent,
            Mail { next_try_at_ms: Some(_), .. } => MailStatus::Queued,
            Mail { problem: Some(_), .. } => MailStatus::Failed,
            _ => MailStatus::Kept,
        };
        MailView {
            id: mail.id.clone(),
            letter: mail.letter.clone(),
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            status,
            created_at: answer::time(mail.created_at_ms),
            sent_at: mail.sent_at_ms.map(answer::time),
            next_try_at: mail.next_try_at_ms.map(answer::time),
            tries: mail.tries,
            problem: mail.problem.clone(),
        }
    }
}

/// List mails
///
/// Every mail of the last 90 days, sent or not.
#[utoipa::path(
    get,
    path = "/operator/mails",
    operation_id = "listMails",
    tag = "Operator",
    params(
        ("to" = Option<String>, Query, description = "Only to this address", example = "ada@example.com"),
        PageParams
    ),
    responses((status = 200, description = "A page of mails", body = Data<MailsAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn list(
    State(api): State<Api>,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<MailsAnswer>, ApiError> {
    let to = page::value(query.as_deref().unwrap_or_default(), "to")
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let to = Some(to.as_str()).filter(|to| !to.is_empty());
    let mut db = api.db.read().await?;
    let paged = mails::list(&mut db, to, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    Ok(data(MailsAnswer { mails: paged.rows.iter().map(MailView::of).collect(), pagination }))
}

/// Get a mail
///
/// With its words, unless it was sent: there may be a link in them that is still good.
#[utoipa::path(
    get,
    path = "/operator/mails/{mailId}",
    operation_id = "getMail",
    tag = "Operator",
    params(("mailId" = String, Path, description = "Its id", example = "mail_6oAnuOLOGkPzXsV2aRmzJD")),
    responses((status = 200, description = "The mail", body = Data<MailAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn get(
    State(api): State<Api>,
    Path(mail_id): Path<String>,
) -> Result<Data<MailAnswer>, ApiError> {
    let mail = find(&api, &mail_id).await?;
    let view = MailView::of(&mail);
    let words = |words: String| Some(words).filter(|words| !words.is_empty());
    let mail = MailWithWords { mail: view, text: words(mail.text), html: words(mail.html) };
    Ok(data(MailAnswer { mail }))
}

/// Download a mail
///
/// As a file that mail programs open.
#[utoipa::path(
    get,
    path = "/operator/mails/{mailId}/eml",
    operation_id = "downloadMail",
    tag = "Operator",
    params(("mailId" = String, Path, description = "Its id", example = "mail_6oAnuOLOGkPzXsV2aRmzJD")),
    responses(
        (status = 200, description = "The message", content_type = "message/rfc822", body = String),
        (status = 409, description = "It was sent, and its words were not kept", body = crate::error::Errors)
    ),
    extensions(("x-access" = json!("operator")))
)]
pub async fn eml(
    State(api): State<Api>,
    Path(mail_id): Path<String>,
) -> Result<Response, ApiError> {
    let mail = find(&api, &mail_id).await?;
    if mail.sent_at_ms.is_some() {
        return Err(ApiError::conflict(
            "not_kept",
            "the words of a mail that was sent are not kept",
        ));
    }
    let bytes = mailer::eml(&api, &mail).map_err(|error| ApiError::unavailable(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "message/rfc822".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.eml\"", mail.id)),
    ];
    Ok((headers, bytes).into_response())
}

async fn find(api: &Api, id: &str) -> Result<Mail, ApiError> {
    let mut db = api.db.read().await?;
    mails::get(&mut db, id).await?.ok_or_else(|| ApiError::not_found("mail"))
}
