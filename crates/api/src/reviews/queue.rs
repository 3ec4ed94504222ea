use axum::extract::{RawQuery, State};
use catalog::review::{Age, RoundStatus, age};
use serde::Serialize;
use store::submissions;
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::{self, Data, data},
    caller::Caller,
    error::{ApiError, Fault},
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

/// Which submissions.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
struct QueueParams {
    /// Those with this status; the open ones when left out, `all` for every one.
    #[param(example = "open")]
    status: Option<String>,
}

/// A submission in the queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntry {
    /// The submission's id.
    #[schema(example = "sub_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// First, second, …
    number: i64,
    /// To be listed, or to change what is published.
    purpose: String,
    /// How it stands.
    status: String,
    /// The integration's slug.
    slug: String,
    /// The integration's name.
    name: String,
    /// The partner.
    partner: Option<String>,
    /// When it was submitted.
    submitted_at: String,
    /// How long it has waited, against the target of two business days.
    age: Age,
}

/// The queue in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueAnswer {
    /// The oldest first.
    submissions: Vec<QueueEntry>,
    /// Where this page stands.
    pagination: Pagination,
}

/// List submissions to review
#[utoipa::path(
    get,
    path = "/reviews",
    operation_id = "listReviews",
    tag = "Review",
    params(QueueParams, PageParams),
    responses((status = 200, description = "A page of them", body = Data<QueueAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "422": ["not_allowed"]
        }))
    )
)]
pub async fn queue(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<QueueAnswer>, ApiError> {
    let status = page::value(query.as_deref().unwrap_or_default(), "status");
    let status = match status.as_deref() {
        None | Some("") => RoundStatus::Open.as_str(),
        Some("all") => "",
        Some(name) => {
            let known = RoundStatus::parse(name).ok_or_else(|| {
                let names: Vec<&str> = RoundStatus::ALL.iter().map(|s| s.as_str()).collect();
                let fault = Fault::at("/status", "not_allowed", format!("{name:?} is no status"));
                let fault = fault.expected(format!("{}, all", names.join(", ")));
                ApiError::invalid_field(fault.fix("give one of these"))
            })?;
            known.as_str()
        }
    };
    let mut db = api.db.read().await?;
    let paged = submissions::queue(&mut db, status, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let entries = paged.rows.into_iter().map(|queued| {
        let until = queued.submission.decided_at_ms.unwrap_or(caller.now_ms);
        QueueEntry {
            age: age(queued.submission.submitted_at_ms, until),
            submitted_at: answer::time(queued.submission.submitted_at_ms),
            id: queued.submission.id,
            number: queued.submission.number,
            purpose: queued.submission.kind,
            status: queued.submission.status,
            slug: queued.slug,
            name: queued.name,
            partner: queued.partner_name,
        }
    });
    Ok(data(QueueAnswer { submissions: entries.collect(), pagination }))
}
