use catalog::access::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
};

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleView {
    /// Its id, for permissions.
    #[schema(example = "source_admin")]
    id: &'static str,
    /// Its name.
    #[schema(example = "Source Admin")]
    name: &'static str,
    /// What it gives.
    description: &'static str,
}

/// Roles in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct RolesAnswer {
    /// Every role.
    roles: Vec<RoleView>,
    /// There is one page.
    pagination: Pagination,
}

/// List roles
///
/// Everything that a member can be.
#[utoipa::path(
    get,
    path = "/roles",
    operation_id = "listRoles",
    tag = "Team",
    params(PageParams),
    responses((status = 200, description = "The roles", body = Data<RolesAnswer>)),
    extensions(("x-access" = json!("member")))
)]
pub async fn list(PageQuery(page): PageQuery) -> Result<Data<RolesAnswer>, ApiError> {
    let roles: Vec<RoleView> = Role::ALL
        .into_iter()
        .map(|role| RoleView { id: role.id(), name: role.name(), description: role.description() })
        .collect();
    let paged = page.cut_all(roles);
    let pagination = Pagination::of(&page, &paged);
    Ok(data(RolesAnswer { roles: paged.rows, pagination }))
}
