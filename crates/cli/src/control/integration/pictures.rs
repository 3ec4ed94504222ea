//! Pictures of an integration: paths in the file, hashes on the server.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::file::SourceFile;
use crate::{Failure, control::console::Console};

/// Uploads every picture that `info` names by a path, and puts its hash there instead.
pub(super) async fn upload_all(
    slug: &str,
    file: &SourceFile,
    info: &mut Map<String, Value>,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    for picture in places(info) {
        let Some(Value::String(named)) = picture.find(info) else { continue };
        if is_hash(named) {
            continue;
        }
        let path = file.beside(named)?;
        let bytes = fs::read(&path).map_err(|error| Failure::reading(&path, error))?;
        *named = upload(slug, picture.purpose, bytes.into(), console).await?;
    }
    Ok(())
}

/// Uploads one picture; its hash.
pub(super) async fn upload(
    slug: &str,
    purpose: &str,
    bytes: Bytes,
    console: &mut Console<'_, '_>,
) -> Result<String, Failure> {
    let reply = console.upload(&["integrations", slug, "assets", purpose], bytes).await?;
    Ok(reply.text("/asset/hash").to_owned())
}

/// Writes every picture of `info` beside the file, under the path that the file has for it, and
/// puts the path there instead of the hash.
pub(super) async fn download_all(
    file: &SourceFile,
    info: &mut Map<String, Value>,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let mut here = file.info();
    for picture in places(info) {
        let Some(Value::String(hash)) = picture.find(info) else { continue };
        let bytes = console.download(&["assets", hash], &[]).await?;
        let named = match picture.find(&mut here) {
            Some(Value::String(named)) if !is_hash(named) => named.clone(),
            _ => picture.file_name(&bytes),
        };
        let path: PathBuf = file.beside(&named)?;
        if fs::read(&path).ok().as_deref() != Some(&*bytes) {
            fs::write(&path, &bytes).map_err(|cause| Failure::Io {
                what: format!("cannot write {}", path.display()),
                cause,
            })?;
        }
        *hash = named;
    }
    Ok(())
}

/// A picture's place in the catalog info.
struct Place {
    purpose: &'static str,
    screenshot: Option<usize>,
}

impl Place {
    fn find<'i>(&self, info: &'i mut Map<String, Value>) -> Option<&'i mut Value> {
        match self.screenshot {
            None => info.get_mut(self.purpose),
            Some(number) => info.get_mut("screenshots")?.get_mut(number)?.get_mut("asset"),
        }
    }

    fn file_name(&self, bytes: &[u8]) -> String {
        let number = self.screenshot.map(|number| format!("-{}", number + 1));
        format!("{}{}.{}", self.purpose, number.unwrap_or_default(), extension(bytes))
    }
}

fn places(info: &Map<String, Value>) -> Vec<Place> {
    let one = |purpose| Place { purpose, screenshot: None };
    let shots = info.get("screenshots").and_then(Value::as_array).map_or(0, Vec::len);
    let shots = (0..shots).map(|number| Place { purpose: "screenshot", screenshot: Some(number) });
    [one("logo"), one("mark")].into_iter().chain(shots).collect()
}

/// Pictures on the server are named by SHA-256.
fn is_hash(named: &str) -> bool {
    named.len() == 64 && named.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn extension(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, ..] => "jpg",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "svg",
    }
}
