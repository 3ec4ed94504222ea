use axum::extract::{Path, State};
use serde::Serialize;
use store::members;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
    state::Api,
    team::{self, UserView},
    version::{self, Versioned},
};

/// Users in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersAnswer {
    /// By address.
    users: Vec<UserView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// A user in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserAnswer {
    /// The user.
    user: UserView,
}

/// List users
///
/// The workspace's members, by address.
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "listUsers",
    tag = "Team",
    params(PageParams),
    responses((status = 200, description = "A page of them", body = Data<UsersAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<UsersAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let paged = members::list(&mut db, &caller.workspace()?.id, &page).await?;
    let users = paged.rows.iter().map(UserView::of).collect::<Result<_, _>>()?;
    Ok(data(UsersAnswer { users, pagination: Pagination::of(&page, &paged) }))
}

/// Get a user
#[utoipa::path(
    get,
    path = "/users/{userId}",
    operation_id = "getUser",
    tag = "Team",
    params(("userId" = String, Path, description = "The account's id")),
    responses((status = 200, description = "The user", body = Data<UserAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Result<Versioned<Data<UserAnswer>>, ApiError> {
    let mut db = api.db.read().await?;
    let member = team::member(&mut db, &caller, &user_id).await?;
    let version = version::of_text(&member.permissions);
    Ok(Versioned(version, data(UserAnswer { user: UserView::of(&member)? })))
}
