use axum::{
    body::to_bytes,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use content::{image, svg};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use store::{
    assets::{self, Asset},
    fresh,
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    state::Api,
};

/// The longer side of a PNG that was made of an SVG, in pixels.
const PREVIEW_SIDE: u32 = 256;

/// Bytes of an upload at most: a screenshot's.
const UPLOAD_MAX: usize = image::MAX_BYTES;

/// A picture, as it was kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetView {
    /// Its name: SHA-256 of its bytes. Put it into the catalog info.
    #[schema(min_length = 64, max_length = 64)]
    hash: String,
    /// Of its bytes.
    #[schema(example = "image/svg+xml")]
    media_type: String,
    /// Pixels.
    width: i64,
    /// Pixels.
    height: i64,
    /// Where it is.
    url: String,
    /// The same as PNG.
    preview_url: String,
}

/// A picture in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssetAnswer {
    /// The picture.
    asset: AssetView,
}

/// Upload a picture
///
/// `logo` and `mark` take SVG up to 64 KB, which is redrawn: no scripts, no references, and a mark
/// must be square. `screenshot` takes PNG, JPEG or WebP up to 2 MB. The body is the picture itself.
#[utoipa::path(
    post,
    path = "/integrations/{integrationId}/assets/{use}",
    operation_id = "uploadAsset",
    tag = "Integrations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        ("use" = String, Path, description = "`logo`, `mark` or `screenshot`")
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "Kept", body = Data<AssetAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "409": ["frozen", "wrong_state"],
            "422": ["bad_picture", "not_allowed"]
        }))
    )
)]
pub async fn upload(
    State(api): State<Api>,
    caller: Caller,
    Path((_, purpose)): Path<(String, String)>,
    request: Request,
) -> Result<(StatusCode, Data<AssetAnswer>), ApiError> {
    let row = caller.integration()?;
    let bytes = to_bytes(request.into_body(), UPLOAD_MAX).await;
    let bytes = bytes.map_err(|_| ApiError::too_large(UPLOAD_MAX))?;
    let kept = tokio::task::spawn_blocking(move || keep(&purpose, &bytes)).await;
    let asset = kept.map_err(|error| ApiError::unavailable(&error))??;
    let mut write = api.db.write().await?;
    super::info::editable(&mut write, row).await?;
    assets::put(&mut write, &row.id, &asset, caller.now_ms).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Asset Uploaded", "INTEGRATION", &row.id, &row.name)
        .after(&serde_json::json!({ "hash": asset.hash, "mediaType": asset.media_type }));
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    let view = AssetView {
        url: format!("/api/assets/{}", asset.hash),
        preview_url: format!("/api/assets/{}/preview.png", asset.hash),
        hash: asset.hash,
        media_type: asset.media_type,
        width: asset.width,
        height: asset.height,
    };
    Ok((StatusCode::CREATED, data(AssetAnswer { asset: view })))
}

/// Makes an upload safe to show. Takes CPU: not for an async thread.
fn keep(purpose: &str, bytes: &[u8]) -> Result<Asset, ApiError> {
    let refused = |code: &str, message: String, fix: &str| {
        let fault = Fault::at("/body", code, message);
        ApiError::invalid_field(fault.expected("a picture that is safe to show").fix(fix))
    };
    let kind = match purpose {
        "logo" => svg::Kind::Logo,
        "mark" => svg::Kind::Mark,
        "screenshot" => {
            let shot = image::screenshot(bytes)
                .map_err(|problem| refused("bad_picture", problem.to_string(), problem.fix()))?;
            return Ok(Asset {
                hash: hash_of(&shot.bytes),
                media_type: shot.media_type.to_owned(),
                body_base64: STANDARD.encode(&shot.bytes),
                preview_base64: None,
                width: i64::from(shot.width),
                height: i64::from(shot.height),
            });
        }
        other => {
            let fault =
                Fault::at("/use", "not_allowed", format!("{other:?} is no use of a picture"));
            let fault = fault.expected("logo, mark or screenshot");
            return Err(ApiError::invalid_field(fault.fix("name one of these in the path")));
        }
    };
    let problem =
        |problem: svg::SvgProblem| refused("bad_picture", problem.to_string(), problem.fix());
    let clean = svg::clean(bytes, kind).map_err(problem)?;
    let png = svg::preview_png(&clean, PREVIEW_SIDE).map_err(problem)?;
    Ok(Asset {
        hash: clean.sha256.clone(),
        media_type: "image/svg+xml".to_owned(),
        body_base64: STANDARD.encode(&clean.svg),
        preview_base64: Some(STANDARD.encode(png)),
        width: clean.width.round() as i64,
        height: clean.height.round() as i64,
    })
}

fn hash_of(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    fresh::hex(&Sha256::digest(bytes))
}

/// Get a picture
///
/// Shown in a sandbox, never run.
#[utoipa::path(
    get,
    path = "/assets/{hash}",
    operation_id = "getAsset",
    tag = "Catalog",
    params(("hash" = String, Path, description = "Its name")),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/*")),
    extensions(("x-access" = json!("public")))
)]
pub async fn body(State(api): State<Api>, Path(hash): Path<String>) -> Result<Response, ApiError> {
    let asset = find(&api, &hash).await?;
    shown(&asset.media_type, &asset.body_base64)
}

/// Get a picture as PNG
#[utoipa::path(
    get,
    path = "/assets/{hash}/preview.png",
    operation_id = "getAssetPreview",
    tag = "Catalog",
    params(("hash" = String, Path, description = "Its name")),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png")),
    extensions(("x-access" = json!("public")))
)]
pub async fn png(State(api): State<Api>, Path(hash): Path<String>) -> Result<Response, ApiError> {
    let asset = find(&api, &hash).await?;
    match &asset.preview_base64 {
        Some(preview) => shown("image/png", preview),
        None => shown(&asset.media_type, &asset.body_base64),
    }
}

async fn find(api: &Api, hash: &str) -> Result<Asset, ApiError> {
    let mut db = api.db.read().await?;
    assets::get(&mut db, hash).await?.ok_or_else(|| ApiError::not_found("picture"))
}

fn shown(media_type: &str, base64: &str) -> Result<Response, ApiError> {
    let bytes = STANDARD.decode(base64).map_err(|error| ApiError::unavailable(&error))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let fixed = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(media_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    Ok(response)
}
