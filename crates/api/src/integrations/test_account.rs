use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use store::{Write, assets, integrations, submissions};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, Done, data, done},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    integrations::info,
    state::Api,
    version::{self, IfMatch, IfMatchHeader, Versioned},
};

/// An account in the partner's product, for reviewers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestAccount {
    /// Whom to log in as.
    #[schema(example = "reviewer@acme.example", min_length = 1, max_length = 200)]
    username: String,
    /// With this password.
    #[schema(example = "…", min_length = 1, max_length = 200)]
    password: String,
    /// What else one has to know to log in and test.
    #[serde(default)]
    #[schema(max_length = 4000)]
    notes: String,
}

/// What builders see of a test account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestAccountAbout {
    /// Whether there is one.
    there: bool,
    /// When it was last changed.
    updated_at: Option<String>,
}

/// A test account in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestAccountAnswer {
    /// The account.
    test_account: TestAccount,
}

/// The version of what is kept, sealed anew with every change; 0 while there is none.
fn version_of(kept: Option<&(String, i64)>) -> i64 {
    kept.map_or(0, |(sealed, _)| version::of_text(sealed))
}

/// Fails while a submission is in review: reviewers test with the account that was handed in, and
/// who cannot log in asks for changes, which opens it to the builder.
async fn editable(write: &mut Write, integration_id: &str) -> Result<(), ApiError> {
    let row = integrations::find(write, integration_id).await?;
    info::editable(write, &row.ok_or_else(|| ApiError::not_found("integration"))?).await
}

fn owner(integration_id: &str) -> String {
    format!("test-account/{integration_id}")
}

/// Set the test account
///
/// Sealed at rest; only reviewers of an open submission can read it, and every reading is noted.
/// While a submission is in review it stays as it was handed in; withdraw to change it. A reviewer
/// who cannot log in requests changes, and then it can be changed as well.
#[utoipa::path(
    put,
    path = "/integrations/{integrationId}/test-account",
    operation_id = "setTestAccount",
    tag = "Integrations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    request_body = TestAccount,
    responses((status = 200, description = "Kept", body = Data<TestAccountAbout>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "409": ["frozen", "wrong_state"]
        }))
    )
)]
pub async fn set(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(account): Body<TestAccount>,
) -> Result<Versioned<Data<TestAccountAbout>>, ApiError> {
    let row = caller.integration()?;
    let secret = serde_json::to_vec(&account).expect("an account is JSON");
    let sealed = api.sealer.seal(&api.fresh, &owner(&row.id), &secret);
    let mut write = api.db.write().await?;
    let before = assets::test_account(&mut write, &row.id).await?;
    seen.check(version_of(before.as_ref()))?;
    editable(&mut write, &row.id).await?;
    assets::set_test_account(&mut write, &row.id, &sealed, caller.now_ms).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Test Account Set", "INTEGRATION", &row.id, &row.name);
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    let about = TestAccountAbout { there: true, updated_at: Some(answer::time(caller.now_ms)) };
    Ok(Versioned(version::of_text(&sealed), data(about)))
}

/// Remove the test account
#[utoipa::path(
    delete,
    path = "/integrations/{integrationId}/test-account",
    operation_id = "deleteTestAccount",
    tag = "Integrations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Removed", body = Data<Done>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "409": ["frozen", "wrong_state"]
        }))
    )
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
) -> Result<Data<Done>, ApiError> {
    let row = caller.integration()?;
    let mut write = api.db.write().await?;
    let before = assets::test_account(&mut write, &row.id).await?;
    seen.check(version_of(before.as_ref()))?;
    editable(&mut write, &row.id).await?;
    assets::delete_test_account(&mut write, &row.id).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Test Account Removed", "INTEGRATION", &row.id, &row.name);
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    Ok(done())
}

/// Is there a test account
///
/// Builders see that there is one, not what it is.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/test-account",
    operation_id = "getTestAccountAbout",
    tag = "Integrations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "Whether there is one", body = Data<TestAccountAbout>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn about(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Versioned<Data<TestAccountAbout>>, ApiError> {
    let mut db = api.db.read().await?;
    let kept = assets::test_account(&mut db, &caller.integration()?.id).await?;
    let updated_at = kept.as_ref().map(|(_, at)| answer::time(*at));
    let about = TestAccountAbout { there: kept.is_some(), updated_at };
    Ok(Versioned(version_of(kept.as_ref()), data(about)))
}

/// Read the test account
///
/// For reviewers who took an open submission of the integration. Every reading is noted in the
/// partner's audit trail.
#[utoipa::path(
    get,
    path = "/reviews/{submissionId}/test-account",
    operation_id = "readTestAccount",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    responses((status = 200, description = "The account", body = Data<TestAccountAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "403": ["not_assigned"]
        }))
    )
)]
pub async fn read(
    State(api): State<Api>,
    caller: Caller,
    Path(submission_id): Path<String>,
) -> Result<Data<TestAccountAnswer>, ApiError> {
    let missing = || ApiError::not_found("test account");
    let mut write = api.db.write().await?;
    let submission = submissions::get(&mut write, &submission_id).await?.ok_or_else(missing)?;
    let integration = &submission.integration_id;
    if !submissions::reviews(&mut write, integration, caller.id()).await? {
        return Err(ApiError::forbidden(
            "not_assigned",
            "only assigned reviewers read test accounts",
        )
        .fix("take the review first; it must be open"));
    }
    let row = integrations::find(&mut write, integration).await?.ok_or_else(missing)?;
    let (sealed, _) = assets::test_account(&mut write, integration).await?.ok_or_else(missing)?;
    let opened = api.sealer.open(&owner(integration), &sealed);
    let opened = opened.map_err(|error| ApiError::unavailable(&error))?;
    let test_account: TestAccount =
        serde_json::from_slice(&opened).map_err(|error| ApiError::unavailable(&error))?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Test Account Read", "INTEGRATION", &row.id, &row.name);
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    Ok(data(TestAccountAnswer { test_account }))
}
