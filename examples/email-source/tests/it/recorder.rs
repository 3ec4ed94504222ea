//! A Headwater that only writes down: the tracking API's answers, in the order that is asked for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

/// What it says to a request.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// As Headwater does when it cannot store.
    Unavailable,
    /// As Headwater does to a key that is none.
    BadKey,
    /// Takes the request, and never says so.
    Silence,
}

#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) url: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: watch::Sender<Vec<Request>>,
}

/// One request, and whether it was answered 200.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) authorization: String,
    pub(crate) body: Value,
    pub(crate) taken: bool,
}

impl Recorder {
    pub(crate) async fn start() -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let recorder =
            Recorder { url, answers: Arc::default(), requests: watch::Sender::new(Vec::new()) };
        let router = Router::new().route("/v1/batch", post(batch)).with_state(recorder.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        recorder
    }

    /// The next requests are answered so, the ones after them by 200.
    pub(crate) fn answer(&self, answers: &[Answer]) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// All requests from now on are answered by 200.
    pub(crate) fn forget_answers(&self) {
        self.answers.lock().unwrap().clear();
    }

    /// All requests, as soon as there are `count`.
    pub(crate) async fn requests(&self, count: usize) -> Vec<Request> {
        let mut requests = self.requests.subscribe();
        crate::soon(requests.wait_for(|it| it.len() >= count)).await.unwrap().clone()
    }

    /// All messages that were answered 200, as soon as there are `count` different ones.
    pub(crate) async fn messages(&self, count: usize) -> Vec<Value> {
        let mut requests = self.requests.subscribe();
        let enough = requests.wait_for(|it| by_id(&taken(it)).len() >= count);
        taken(&crate::soon(enough).await.unwrap())
    }
}

fn taken(requests: &[Request]) -> Vec<Value> {
    let taken = requests.iter().filter(|request| request.taken);
    taken.flat_map(|request| request.body["batch"].as_array().unwrap().clone()).collect()
}

/// Messages by `messageId`, as Headwater deduplicates them.
pub(crate) fn by_id(messages: &[Value]) -> HashMap<String, Value> {
    let id = |message: &Value| message["messageId"].as_str().unwrap().to_owned();
    messages.iter().map(|message| (id(message), message.clone())).collect()
}

async fn batch(
    State(recorder): State<Recorder>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let answer = recorder.answers.lock().unwrap().pop_front();
    let authorization = headers[AUTHORIZATION].to_str().unwrap().to_owned();
    let request = Request { authorization, body, taken: answer.is_none() };
    recorder.requests.send_modify(|requests| requests.push(request));
    match answer {
        None => Json(json!({ "success": true })).into_response(),
        Some(Answer::Unavailable) => {
            let body =
                json!({ "success": false, "message": "cannot store", "code": "unavailable" });
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], Json(body)).into_response()
        }
        Some(Answer::BadKey) => {
            let message = "An invalid write key was provided";
            let body = json!({ "success": false, "message": message, "code": "invalid_request" });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        Some(Answer::Silence) => std::future::pending().await,
    }
}
