//! The whole service: mails over real SMTP to a catcher, messages over real HTTP to a recorder,
//! and a recipient in between.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod hostile;
mod journey;
mod recorder;
mod refusal;
mod smtp;

use std::{future::Future, path::Path, time::Duration};

use axum::http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use bytes::Bytes;
use clap::Parser;
use email_source::{Options, Running, http};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tempfile::TempDir;
use url::form_urlencoded;

use self::{
    recorder::Recorder,
    smtp::{Catcher, Caught},
};

/// What must come comes soon, or the test fails.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("it comes within a while")
}

/// A service with its surroundings.
struct World {
    service: Running,
    catcher: Catcher,
    recorder: Recorder,
    _folder: TempDir,
}

/// The settings of a service, as a person types them.
fn arguments(catcher: &Catcher, recorder: &Recorder, folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let arguments = [
        ("--write-key", "abcdefghijklmnopqrstuvwxyz012345"),
        ("--headwater-url", &recorder.url),
        ("--integration", "acme-mail"),
        ("--integration-version", "1.2.0"),
        ("--smtp", &catcher.url),
        ("--sender", "Acme News <news@acme.example>"),
        ("--list", "Acme News"),
        ("--listen", "127.0.0.1:0"),
        ("--admin", "127.0.0.1:0"),
        ("--data", &folder),
    ];
    arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]).collect()
}

fn options(catcher: &Catcher, recorder: &Recorder, folder: &Path) -> Options {
    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        options: Options,
    }
    let arguments = arguments(catcher, recorder, folder);
    Settings::parse_from(["serve".to_owned()].into_iter().chain(arguments)).options
}

impl World {
    async fn start() -> World {
        let (catcher, recorder) = (Catcher::start().await, Recorder::start().await);
        let folder = tempfile::tempdir().unwrap();
        let options = options(&catcher, &recorder, folder.path());
        let service = email_source::start(options).await.unwrap();
        World { service, catcher, recorder, _folder: folder }
    }

    fn admin(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.admin)
    }

    fn public(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.public)
    }

    /// The first mail, when it is known to be delivered.
    async fn first_mail(&self) -> Caught {
        let mail = self.catcher.mails(1).await.remove(0);
        self.recorder.messages(1).await;
        mail
    }

    /// Sends a campaign by the form of the page.
    async fn campaign(&self, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        campaign(&self.admin("/campaigns"), fields).await
    }
}

async fn campaign(url: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, usual) in [
        ("name", "Spring"),
        ("subject", "Spring is here"),
        ("text", "Hello"),
        ("link", "https://acme.example/spring?a=1&b=2"),
        ("recipients", "97980cfea0067=ada@acme.example"),
    ] {
        let given = fields.iter().find(|(given, _)| *given == name);
        form.append_pair(name, given.map_or(usual, |(_, value)| value));
    }
    let request = Request::post(url)
        .header("accept", "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = send(request.body(form.finish().into()).unwrap()).await;
    (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

async fn get(url: &str) -> Response<Bytes> {
    call(Method::GET, url).await
}

async fn call(method: Method, url: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(url).header("user-agent", "Browser/1");
    send(request.body(Bytes::new()).unwrap()).await
}

async fn send(request: Request<Bytes>) -> Response<Bytes> {
    let answer = soon(http::client().request(request.map(Full::new))).await.unwrap();
    let (head, body) = answer.into_parts();
    Response::from_parts(head, soon(body.collect()).await.unwrap().to_bytes())
}

fn text(answer: &Response<Bytes>) -> &str {
    std::str::from_utf8(answer.body()).unwrap()
}
