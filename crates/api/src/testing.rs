//! What every test here needs: the whole API on a fresh database, with a clock that moves when
//! told, called as over HTTP. On SQLite always, and in [`World::all`] on Postgres too when
//! `HEADWATER_TEST_POSTGRES` names a server.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use store::{Db, Fresh, Page, Sealer, accounts, mails};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{Api, Options, caller::Peer};

mod described;
#[cfg(test)]
pub(crate) mod journey;

/// Noon of 25 November 2026, UTC.
pub const START_MS: i64 = 1_795_608_000_000;

/// The password of every person here.
pub const PASSWORD: &str = "correct horse battery staple 42";

/// The API on its own database.
pub struct World {
    /// The API's state.
    pub api: Api,
    /// Everything under `/api`.
    pub router: Router,
    /// Now, Unix milliseconds.
    pub clock: Arc<AtomicI64>,
    _dir: Option<TempDir>,
}

/// Who calls.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// The session's cookie.
    pub cookie: Option<String>,
    /// A token.
    pub token: Option<String>,
    /// The workspace that calls are about.
    pub workspace: Option<String>,
    /// Where calls come from.
    pub address: Option<IpAddr>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; null when it is no JSON.
    pub body: Value,
    /// What came back, when it is no JSON.
    pub text: String,
}

impl World {
    /// One on SQLite that limits nobody.
    pub async fn new() -> World {
        World::with(Options { requests_per_minute: 100_000, ..Options::default() }).await
    }

    /// One on each engine there is.
    pub async fn all() -> Vec<World> {
        World::each(Options { requests_per_minute: 100_000, ..Options::default() }).await
    }

    /// One on each engine there is, with these options.
    #[expect(clippy::disallowed_methods, reason = "scripts/test says where Postgres is")]
    pub async fn each(options: Options) -> Vec<World> {
        let mut all = vec![World::with(options.clone()).await];
        match std::env::var("HEADWATER_TEST_POSTGRES") {
            Ok(server) => {
                all.push(World::on(postgres(&server).await, None, options, |api| api).await);
            }
            Err(_) => assert!(
                std::env::var("CI").is_err(),
                "HEADWATER_TEST_POSTGRES names no server: run it as scripts/with-postgres <command>"
            ),
        }
        all
    }

    /// One on SQLite with these options.
    pub async fn with(options: Options) -> World {
        World::made(options, |api| api).await
    }

    /// With what `adjust` makes of the API.
    pub async fn made(options: Options, adjust: impl FnOnce(Api) -> Api) -> World {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open_file(&dir.path().join("control.db")).await.unwrap();
        World::on(db, Some(dir), options, adjust).await
    }

    async fn on(
        db: Db,
        dir: Option<TempDir>,
        options: Options,
        adjust: impl FnOnce(Api) -> Api,
    ) -> World {
        let clock = Arc::new(AtomicI64::new(START_MS));
        let read = clock.clone();
        let sealer = Sealer::new(&[(1, [7; 32])]).unwrap();
        let now = Arc::new(move || read.load(Ordering::Relaxed));
        let api = Api::new(db, Fresh::system(), now, sealer, options).with_cheap_passwords();
        let api = adjust(api);
        crate::seed(&api).await.unwrap();
        World { router: crate::router(api.clone()), api, clock, _dir: dir }
    }

    /// The same world, whose data plane is `activity`.
    pub fn watching(mut self, activity: Arc<dyn crate::activity::Activity>) -> World {
        self.api = self.api.with_activity(activity);
        self.router = crate::router(self.api.clone());
        self
    }

    /// Lets time pass.
    pub fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// Calls `path` under `/api`.
    pub async fn call(&self, who: &Who, method: Method, path: &str, body: Value) -> Reply {
        self.call_with(who, method, path, body, &[]).await
    }

    /// Reads.
    pub async fn get(&self, who: &Who, path: &str) -> Reply {
        self.call(who, Method::GET, path, Value::Null).await
    }

    /// Posts JSON.
    pub async fn post(&self, who: &Who, path: &str, body: Value) -> Reply {
        self.call(who, Method::POST, path, body).await
    }

    /// Patches with JSON.
    pub async fn patch(&self, who: &Who, path: &str, body: Value) -> Reply {
        self.call(who, Method::PATCH, path, body).await
    }

    /// Deletes.
    pub async fn delete(&self, who: &Who, path: &str) -> Reply {
        self.call(who, Method::DELETE, path, Value::Null).await
    }

    /// Posts raw bytes, once.
    pub async fn upload(&self, who: &Who, path: &str, bytes: &[u8]) -> Reply {
        let mut request = Request::post(format!("/api{path}"));
        if let Some(cookie) = &who.cookie {
            request = request
                .header(header::COOKIE, cookie)
                .header(header::ORIGIN, &self.api.options.public_url);
        }
        if let Some(token) = &who.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .header("idempotency-key", self.api.fresh.id("key"))
            .header(header::CONTENT_TYPE, "application/octet-stream");
        self.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
    }

    /// Posts text, as these headers say it is.
    pub async fn send_text(
        &self,
        who: &Who,
        path: &str,
        text: &str,
        headers: &[(&str, &str)],
    ) -> Reply {
        let request = self.request(who, Method::POST, path, headers);
        self.send(request.body(Body::from(text.to_owned())).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let reply = Reply { status: parts.status, headers: parts.headers, body, text };
        described::check(&method, uri.path().strip_prefix("/api").unwrap_or_default(), &reply);
        reply
    }

    /// Calls with more headers.
    pub async fn call_with(
        &self,
        who: &Who,
        method: Method,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let request = self.request(who, method, path, headers);
        let request = if body.is_null() {
            request.body(Body::empty())
        } else {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            request.body(Body::from(body.to_string()))
        };
        let mut request = request.unwrap();
        if let Some(address) = who.address {
            request.extensions_mut().insert(Peer(address));
        }
        self.send(request).await
    }

    /// A request of `who`, without a body.
    fn request(
        &self,
        who: &Who,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(format!("/api{path}"));
        if let Some(cookie) = &who.cookie {
            request = request
                .header(header::COOKIE, cookie)
                .header(header::ORIGIN, &self.api.options.public_url);
        }
        if let Some(token) = &who.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(workspace) = &who.workspace {
            request = request.header("headwater-workspace", workspace);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }

    /// The letters that went to `email`, the latest first.
    pub async fn letters(&self, email: &str) -> Vec<String> {
        self.mails(email).await.into_iter().map(|mail| mail.letter).collect()
    }

    /// The mails that went to `email`, the latest first.
    pub async fn mails(&self, email: &str) -> Vec<mails::Mail> {
        let mut db = self.api.db.read().await.unwrap();
        mails::list(&mut db, Some(email), &Page::first(100)).await.unwrap().rows
    }

    /// The token of the link in the latest `letter` to `email`.
    pub async fn mailed_token(&self, email: &str, letter: &str) -> String {
        let mails = self.mails(email).await;
        let mail = mails.iter().find(|mail| mail.letter == letter);
        let text = &mail.unwrap_or_else(|| panic!("no {letter} to {email}")).text;
        let (_, rest) = text.split_once("?token=").expect("a link");
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// A person with a verified address, logged in.
    pub async fn person(&self, email: &str) -> Who {
        let new = json!({ "email": email, "password": PASSWORD, "name": email });
        // What is mailed from now on is later than the mail of the sign-up.
        self.pass(-1);
        self.post(&Who::default(), "/accounts", new).await.expect(202);
        self.pass(1);
        let mut write = self.api.db.write().await.unwrap();
        let mut account = accounts::by_email(&mut write, email).await.unwrap().unwrap();
        account.email_verified_at_ms = Some(self.api.now_ms());
        accounts::update(&mut write, &account).await.unwrap();
        write.commit().await.unwrap();
        self.log_in(email).await
    }

    /// A person who runs the platform, logged in.
    pub async fn operator(&self, email: &str) -> Who {
        let who = self.person(email).await;
        let mut write = self.api.db.write().await.unwrap();
        let mut account = accounts::by_email(&mut write, email).await.unwrap().unwrap();
        account.operator_since_ms = Some(self.api.now_ms());
        accounts::update(&mut write, &account).await.unwrap();
        write.commit().await.unwrap();
        who
    }

    /// Shows the password once more.
    pub async fn prove(&self, who: &Who) -> Who {
        let reply = self.post(who, "/sessions/current/proof", json!({ "password": PASSWORD }));
        Who { cookie: Some(reply.await.expect(200).cookie()), ..who.clone() }
    }

    /// Logs in.
    pub async fn log_in(&self, email: &str) -> Who {
        let login = json!({ "email": email, "password": PASSWORD });
        let reply = self.post(&Who::default(), "/sessions", login).await.expect(201);
        Who { cookie: Some(reply.cookie()), ..Who::default() }
    }

    /// A workspace of `who`, who from then on names it in every call.
    pub async fn workspace(&self, who: &Who, slug: &str) -> Who {
        let new = json!({ "name": slug, "slug": slug });
        self.post(who, "/workspaces", new).await.expect(201);
        who.within(slug)
    }
}

impl Who {
    /// Nobody yet, at this address.
    pub fn at(address: &str) -> Who {
        Who { address: Some(address.parse().unwrap()), ..Who::default() }
    }

    /// The same person, who names this workspace in every call.
    pub fn within(&self, workspace: &str) -> Who {
        Who { workspace: Some(workspace.to_owned()), ..self.clone() }
    }
}

impl Reply {
    /// The reply, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self
    }

    /// The reply, which must be a failure whose first fault has this code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Reply {
        let reply = self.expect(status);
        assert_eq!(reply.body["errors"][0]["code"], code, "{:#}", reply.body);
        reply
    }

    /// A value of the answer, by JSON pointer under `data`.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        let found = self.body["data"].pointer(pointer);
        found.unwrap_or_else(|| panic!("no {pointer} in {:#}", self.body))
    }

    /// A text of the answer, by JSON pointer under `data`.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().expect("text").to_owned()
    }

    /// The cookie that was set.
    #[track_caller]
    pub fn cookie(&self) -> String {
        let cookie = self.headers[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

async fn postgres(server: &str) -> Db {
    let name = Fresh::system().id("api").to_lowercase();
    let admin = sqlx::postgres::PgPool::connect(&format!("{server}/postgres")).await.unwrap();
    let sql = format!("CREATE DATABASE {name}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&admin).await.unwrap();
    admin.close().await;
    Db::open(&format!("{server}/{name}")).await.unwrap()
}
