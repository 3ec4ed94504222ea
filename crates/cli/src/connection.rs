//! The way to the server: where it is, how to show who we are, and what its answers mean.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use clap::Args;
use http::{
    Method, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN, USER_AGENT},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::{client::legacy, rt::TokioExecutor};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use crate::{
    Failure, Fault, announced, control,
    tls::{self, Connector},
};

/// A whole answer of the server's API takes no longer than this.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// And is no larger.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Where the server is, and how to show who we are.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The server; unless given, the one that runs in --data-dir or ./data, else
    /// http://127.0.0.1:8080.
    #[arg(long, value_name = "URL", env = "HEADWATER_URL", help_heading = "Server")]
    pub url: Option<String>,
    /// API token; unless given, that of --data-dir, else what `headwater login` kept, else that of
    /// ./data.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "HEADWATER_TOKEN",
        hide_env_values = true,
        help_heading = "Server"
    )]
    pub token: Option<String>,
    /// The server's data directory, to find its URL and its API token on this machine.
    #[arg(long, value_name = "DIR", env = "HEADWATER_SERVER__DATA_DIR", help_heading = "Server")]
    pub data_dir: Option<PathBuf>,
    /// Workspace, for a login or a personal token; the chosen one unless given.
    #[arg(long, value_name = "WORKSPACE", env = "HEADWATER_WORKSPACE", help_heading = "Server")]
    pub workspace: Option<String>,
    /// Where logins are kept; headwater/credentials.toml in your configuration unless given.
    #[arg(long, value_name = "FILE", env = "HEADWATER_CREDENTIALS", help_heading = "Server")]
    pub credentials: Option<PathBuf>,
    /// Certificates to trust beside the public ones, for https (PEM).
    #[arg(long, value_name = "FILE", env = "HEADWATER_CA", help_heading = "Server")]
    pub ca: Option<PathBuf>,
}

impl Connection {
    /// A connection to `url` with a token that is known.
    pub fn to(url: &str, token: &str) -> Connection {
        Connection {
            url: Some(url.to_owned()),
            token: Some(token.to_owned()),
            data_dir: None,
            workspace: None,
            credentials: None,
            ca: None,
        }
    }

    /// Reads what it needs; connects at the first request.
    ///
    /// Errors: the URL is none, or the certificates cannot be read.
    pub fn open(&self) -> Result<Client, Failure> {
        let url = announced::url_or(self.url.as_deref(), self.data_dir.as_deref());
        let mut client = Client::new(&url, self.ca.as_deref())?;
        client.token_file = self.token_file();
        client.workspace = self.workspace.clone().filter(|named| !named.is_empty());
        let given = self.token.as_deref().map(str::trim).filter(|token| !token.is_empty());
        let of_data_dir = || self.data_dir.as_ref().and_then(|_| self.kept_token());
        match given.map(str::to_owned).or_else(of_data_dir) {
            Some(token) => client.credential = Credential::Token(token),
            None => control::take_up_login(&mut client, self.credentials.as_deref()),
        }
        if let (Credential::None, Some(token)) = (&client.credential, self.kept_token()) {
            client.credential = Credential::Token(token);
        }
        Ok(client)
    }

    fn token_file(&self) -> PathBuf {
        self.data_dir.as_deref().unwrap_or(Path::new(announced::DATA_DIR)).join("api-token")
    }

    /// The token in the data directory.
    fn kept_token(&self) -> Option<String> {
        let token = fs::read_to_string(self.token_file()).ok()?;
        Some(token.trim().to_owned()).filter(|token| !token.is_empty())
    }
}

/// How we show who we are.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// We do not.
    None,
    /// By a session's cookie: `name=value`.
    Session(String),
    /// By a token.
    Token(String),
}

impl Credential {
    /// Whether it is for the control plane, which shows what a workspace has. The token in the
    /// data directory is not: it shows what the server has.
    pub(crate) fn of_control_plane(&self) -> bool {
        match self {
            Credential::None => false,
            Credential::Session(_) => true,
            Credential::Token(token) => token.starts_with("hw_") || token.starts_with("hwp_"),
        }
    }
}

/// A client of one server.
#[derive(Clone)]
pub struct Client {
    http: legacy::Client<Connector, Full<Bytes>>,
    base: Url,
    pub(crate) credential: Credential,
    /// The workspace that requests are about.
    pub(crate) workspace: Option<String>,
    token_file: PathBuf,
}

/// What the API answers. The data is left as it came.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) data: Box<RawValue>,
    #[serde(default)]
    pub(crate) pagination: Pagination,
}

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Pagination {
    pub(crate) after: Option<String>,
}

impl Client {
    /// A client of the server at `url`, which connects at the first request.
    ///
    /// Errors: the URL is none, or the certificates in `ca` cannot be read.
    pub(crate) fn new(url: &str, ca: Option<&Path>) -> Result<Client, Failure> {
        let fix = "give one like http://127.0.0.1:8080";
        let bad = |why: &str| Failure::usage(format!("--url {url:?}: {why}"), fix);
        let base = Url::parse(url).map_err(|error| bad(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(bad("not an http or https URL"));
        }
        let http = legacy::Client::builder(TokioExecutor::new()).build(tls::connector(ca)?);
        let (credential, token_file) = (Credential::None, PathBuf::new());
        Ok(Client { http, base, credential, workspace: None, token_file })
    }

    /// The server's URL, as it was given.
    pub(crate) fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Puts in who we are, and which workspace a request is about.
    pub(crate) fn identify(&self, mut request: http::request::Builder) -> http::request::Builder {
        request = match &self.credential {
            Credential::None => request,
            Credential::Token(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            // A write by cookie must say that it comes from the server's own pages.
            Credential::Session(cookie) => request
                .header(COOKIE, cookie)
                .header(ORIGIN, self.base.origin().ascii_serialization()),
        };
        match &self.workspace {
            Some(workspace) => request.header("headwater-workspace", workspace),
            None => request,
        }
    }

    /// A URL of the server; segments and query values are encoded here.
    pub fn address(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_query(None);
        url.path_segments_mut()
            .expect("http URLs have paths")
            .pop_if_empty()
            .extend(segments.iter().copied());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The `data` of an answer of the API.
    pub(crate) async fn get(&self, url: &Url) -> Result<Box<RawValue>, Failure> {
        Ok(self.page(url).await?.data)
    }

    /// An answer of the API that may be a page of a longer one.
    pub(crate) async fn page(&self, url: &Url) -> Result<Answer, Failure> {
        let response = self.call(self.request(Method::GET, url)?, Bytes::new()).await?;
        self.answer(response).await
    }

    /// Sends JSON to the API and gives the `data` of its answer.
    pub(crate) async fn post(&self, url: &Url, body: String) -> Result<Box<RawValue>, Failure> {
        let request = self.request(Method::POST, url)?.header(CONTENT_TYPE, "application/json");
        let response = self.call(request, body.into()).await?;
        Ok(self.answer(response).await?.data)
    }

    /// Opens a live stream. The answer is the server's, whatever its status.
    pub async fn stream(
        &self,
        url: &Url,
        last_event_id: Option<&str>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request = self.request(Method::GET, url)?.header(ACCEPT, "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        self.call(request, Bytes::new()).await
    }

    /// Any request; the caller has put in who it is.
    pub(crate) async fn call(
        &self,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<Response<Incoming>, Failure> {
        let agent = concat!("headwater/", env!("CARGO_PKG_VERSION"));
        let request = request.header(USER_AGENT, agent).body(Full::new(body));
        let request = request.map_err(|error| {
            Failure::usage(format!("cannot make a request: {error}"), "check --url and --token")
        })?;
        let response = tokio::time::timeout(ANSWER_TIMEOUT, self.http.request(request)).await;
        match response {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.unreachable(deepest(&error))),
            Err(_) => Err(self.unreachable(format!("no answer in {} s", ANSWER_TIMEOUT.as_secs()))),
        }
    }

    fn request(&self, method: Method, url: &Url) -> Result<http::request::Builder, Failure> {
        if self.credential == Credential::None {
            return Err(no_token(&self.token_file));
        }
        Ok(self.identify(Request::builder().method(method).uri(url.as_str())))
    }

    async fn answer(&self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let status = response.status();
        let body = self.body(response).await?;
        if !status.is_success() {
            return Err(self.refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|error| self.not_headwater(&error.to_string()))
    }

    /// Reads the data of an answer.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&self, data: &'a RawValue) -> Result<T, Failure> {
        serde_json::from_str(data.get()).map_err(|error| self.not_headwater(&error.to_string()))
    }

    /// The whole body of an answer.
    pub async fn body(&self, response: Response<Incoming>) -> Result<Bytes, Failure> {
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect();
        match tokio::time::timeout(ANSWER_TIMEOUT, body).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) => Err(self.unreachable(deepest(&*error))),
            Err(_) => Err(self.unreachable("its answer does not end".to_owned())),
        }
    }

    /// What a status that is no success means.
    pub fn refusal(&self, status: StatusCode, body: &[u8]) -> Failure {
        let faults = Fault::read_all(body);
        let unknown = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if unknown && !self.credential.of_control_plane() {
            let fix = format!(
                "give the right one with --token or HEADWATER_TOKEN, or the server's data \
                 directory with --data-dir (looked at {})",
                self.token_file.display()
            );
            return Failure::refused(
                format!("{} does not accept this API token", self.url()),
                Some(fix),
            );
        }
        match faults.into_iter().next() {
            Some(fault) => Failure::refused(fault.message, fault.fix),
            None => self.not_headwater(&format!("status {status}")),
        }
    }

    pub(crate) fn not_headwater(&self, what: &str) -> Failure {
        Failure::refused(
            format!("{} answers, but not as Headwater does: {what}", self.url()),
            Some("check --url, and that server and command are of one release".to_owned()),
        )
    }

    pub(crate) fn unreachable(&self, cause: String) -> Failure {
        Failure::Unreachable { url: self.url().to_owned(), cause }
    }
}

fn no_token(looked_at: &Path) -> Failure {
    Failure::usage(
        format!("no API token: none was given, and {} cannot be read", looked_at.display()),
        "pass --token or HEADWATER_TOKEN, or --data-dir with the server's data directory, or run \
         `headwater login`",
    )
}

/// The cause behind all causes: what people understand.
pub(crate) fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
