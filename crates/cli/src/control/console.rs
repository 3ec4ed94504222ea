//! Where a command works: the API on one side, the screen on the other.

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request,
    header::{CONTENT_TYPE, ETAG, IF_MATCH, SET_COOKIE},
};
use serde::Deserialize;
use serde_json::Value;

use super::credentials::{Credentials, Login};
use crate::{Client, Failure, Fault, Screen, connection::Credential};

/// Entries that one request of a list asks for.
const PAGE: &str = "200";

/// A command's two sides.
pub(super) struct Console<'a, 's> {
    pub(super) client: Client,
    /// Whether the token was given to this command rather than kept by a login.
    pub(super) given: bool,
    pub(super) kept: Option<Credentials>,
    pub(super) json: bool,
    pub(super) screen: &'a mut Screen<'s>,
}

/// An answer of the API.
pub(super) struct Reply {
    /// What is in its envelope.
    pub(super) data: Value,
    /// The version of what it shows.
    pub(super) etag: Option<String>,
}

impl Reply {
    /// A text of the answer; empty when it is not there.
    pub(super) fn text(&self, pointer: &str) -> &str {
        text(&self.data, pointer)
    }
}

/// A text in `value`, by JSON pointer; empty when it is not there.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Console<'_, '_> {
    /// Reads what is at `path` under `/api`.
    pub(super) async fn get(
        &mut self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        let (headers, bytes) = self.call(Method::GET, path, query, None, None).await?;
        self.reply(&headers, &bytes)
    }

    /// Reads bytes, such as a picture.
    pub(super) async fn download(
        &mut self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Bytes, Failure> {
        Ok(self.call(Method::GET, path, query, None, None).await?.1)
    }

    /// Every entry of a list, page by page; `key` is its name in the answer.
    pub(super) async fn list(
        &mut self,
        path: &[&str],
        query: &[(&str, &str)],
        key: &str,
    ) -> Result<Vec<Value>, Failure> {
        let mut entries = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = query.to_vec();
            query.push(("pagination.count", PAGE));
            query.extend(cursor.as_deref().map(|cursor| ("pagination.cursor", cursor)));
            let mut reply = self.get(path, &query).await?;
            let next = text(&reply.data, "/pagination/next").to_owned();
            match reply.data.get_mut(key).map(Value::take) {
                Some(Value::Array(page)) => entries.extend(page),
                _ => return Err(self.client.not_headwater(&format!("there is no {key:?}"))),
            }
            if next.is_empty() || cursor.as_ref() == Some(&next) {
                return Ok(entries);
            }
            cursor = Some(next);
        }
    }

    /// Posts JSON.
    pub(super) async fn post(&mut self, path: &[&str], body: Value) -> Result<Reply, Failure> {
        self.write(Method::POST, path, &[], None, body).await
    }

    /// Posts bytes, such as a picture.
    pub(super) async fn upload(&mut self, path: &[&str], bytes: Bytes) -> Result<Reply, Failure> {
        self.upload_as(path, &[], "application/octet-stream", bytes).await
    }

    /// Posts a file of this media type.
    pub(super) async fn upload_as(
        &mut self,
        path: &[&str],
        query: &[(&str, &str)],
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Reply, Failure> {
        let body = Some((media_type, bytes));
        let (headers, bytes) = self.call(Method::POST, path, query, None, body).await?;
        self.reply(&headers, &bytes)
    }

    /// Changes what is at `path`; with `seen`, only if it still is at that version.
    pub(super) async fn patch(
        &mut self,
        path: &[&str],
        seen: Option<&str>,
        body: Value,
    ) -> Result<Reply, Failure> {
        self.write(Method::PATCH, path, &[], seen, body).await
    }

    /// Replaces what is at `path`; with `seen`, only if it still is at that version.
    pub(super) async fn put(
        &mut self,
        path: &[&str],
        seen: Option<&str>,
        body: Value,
    ) -> Result<Reply, Failure> {
        self.write(Method::PUT, path, &[], seen, body).await
    }

    /// Deletes what is at `path`.
    pub(super) async fn delete(
        &mut self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        self.write(Method::DELETE, path, query, None, Value::Null).await
    }

    /// Deletes what is at `path`, said again in the body.
    pub(super) async fn delete_with(
        &mut self,
        path: &[&str],
        body: Value,
    ) -> Result<Reply, Failure> {
        self.write(Method::DELETE, path, &[], None, body).await
    }

    async fn write(
        &mut self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        seen: Option<&str>,
        body: Value,
    ) -> Result<Reply, Failure> {
        let body = (!body.is_null()).then(|| ("application/json", Bytes::from(body.to_string())));
        let (headers, bytes) = self.call(method, path, query, seen, body).await?;
        self.reply(&headers, &bytes)
    }

    fn reply(&self, headers: &HeaderMap, bytes: &[u8]) -> Result<Reply, Failure> {
        #[derive(Deserialize)]
        struct Envelope {
            data: Value,
        }
        let read = serde_json::from_slice::<Envelope>(bytes);
        let Envelope { data } =
            read.map_err(|error| self.client.not_headwater(&error.to_string()))?;
        let etag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Reply { data, etag })
    }

    async fn call(
        &mut self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        seen: Option<&str>,
        body: Option<(&str, Bytes)>,
    ) -> Result<(HeaderMap, Bytes), Failure> {
        let url = self.client.address(&[&["api"], path].concat(), query);
        let mut request = Request::builder().method(method).uri(url.as_str());
        request = self.client.identify(request);
        if let Some(seen) = seen {
            request = request.header(IF_MATCH, seen);
        }
        let mut bytes = Bytes::new();
        if let Some((media_type, body)) = body {
            request = request.header(CONTENT_TYPE, media_type);
            bytes = body;
        }
        let response = self.client.call(request, bytes).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = self.client.body(response).await?;
        if !status.is_success() {
            return Err(self.refusal(status.as_u16(), &bytes));
        }
        self.note_session(&headers)?;
        Ok((headers, bytes))
    }

    /// Takes a session's cookie, when the answer sets one, and keeps it.
    fn note_session(&mut self, headers: &HeaderMap) -> Result<(), Failure> {
        let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pair = cookies
            .filter_map(|cookie| cookie.split(';').next()?.trim().split_once('='))
            .find(|(name, _)| matches!(*name, "__Host-headwater" | "headwater"));
        let Some((name, value)) = pair else { return Ok(()) };
        if value.is_empty() {
            self.client.credential = Credential::None;
            return Ok(());
        }
        let session = format!("{name}={value}");
        self.client.credential = Credential::Session(session.clone());
        let url = self.client.url().to_owned();
        let Some(kept) = &mut self.kept else { return Ok(()) };
        // A session under a new secret; who began it says the rest.
        match kept.of(&url).cloned() {
            Some(login) if login.session.is_some() => {
                kept.keep(&url, Some(Login { session: Some(session), ..login }))
            }
            _ => Ok(()),
        }
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Failure {
        match Fault::read_all(body) {
            faults if faults.is_empty() => self.client.not_headwater(&format!("status {status}")),
            faults => Failure::Faults { status, faults },
        }
    }
}
