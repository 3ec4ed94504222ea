use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    accounts::{
        cookie,
        second_factor::{self, Shown},
        throttle,
    },
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    passwords,
    state::Api,
};

/// What shows that it is still them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The password.
    #[schema(example = "glacier violin thirteen postcard", max_length = 256)]
    password: String,
    /// With a second factor: the six digits that the app shows, or a recovery code.
    #[schema(example = "492039", max_length = 40)]
    code: Option<String>,
}

/// Prove that it is me
///
/// What `x-proof` stands beside asks for the password once more, when it was last shown more than
/// ten minutes ago; logging in counts. The session goes on under a new cookie.
#[utoipa::path(
    post,
    path = "/sessions/current/proof",
    operation_id = "proveItIsMe",
    tag = "Account",
    request_body = Proof,
    responses((status = 200, description = "Proved for ten minutes", body = Data<Done>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "403": ["session_needed"],
            "422": ["code_needed", "wrong_code", "wrong_password"]
        }))
    )
)]
pub async fn prove(
    State(api): State<Api>,
    caller: Caller,
    Body(shown): Body<Proof>,
) -> Result<Response, ApiError> {
    let account = caller.account()?;
    if caller.session.is_none() {
        return Err(ApiError::forbidden("session_needed", "this needs a session, not a token")
            .fix("log in with the password"));
    }
    let (now_ms, email) = (caller.now_ms, &account.email);
    let attempt = throttle::attempt(&api.db, now_ms, email, caller.address).await?;
    if !passwords::verify(&api, &shown.password, Some(&account.password_hash)).await? {
        let fault = Fault::at("/password", "wrong_password", "this is not your password");
        return Err(ApiError::invalid_field(
            fault.expected("your password").fix("check it, or log out and reset it"),
        ));
    }
    let mut write = api.db.write().await?;
    match second_factor::show(&api, &mut write, account, shown.code.as_deref(), now_ms).await? {
        Shown::Good => attempt.succeeded(&mut write).await?,
        Shown::Wrong => return Err(second_factor::wrong_field()),
        Shown::Missing => {
            attempt.undone(&mut write).await?;
            write.commit().await?;
            return Err(second_factor::missing_field());
        }
    }
    let rotated = cookie::rotate(&api, &mut write, &caller, true).await?;
    write.commit().await?;
    let mut response = done().into_response();
    if let Some((_, set)) = rotated {
        response.headers_mut().insert(header::SET_COOKIE, set);
    }
    Ok(response)
}
