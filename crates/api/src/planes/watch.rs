//! A stream that ends when its viewer is not let in any more.

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::request::Parts;
use http_body_util::BodyExt;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{gate, state::Api};

/// Between two looks at whether the viewer is still let in. With the look itself, access that was
/// taken away ends a stream within five seconds.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The last thing that such a viewer hears.
const CLOSED: &[u8] = b"event: closed\ndata: {\"reason\":\"you may not see this any more\"}\n\n";

/// `response`, for as long as whoever sent the request `parts` would be let in.
pub fn watched(api: Api, parts: Parts, response: Response) -> Response {
    let (head, body) = response.into_parts();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch { api, parts, body, looks, done: false };
    let stream = futures_util::stream::unfold(watch, |mut watch| async move {
        let bytes = watch.next().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), watch))
    });
    Response::from_parts(head, Body::from_stream(stream))
}

struct Watch {
    api: Api,
    parts: Parts,
    body: Body,
    looks: Interval,
    done: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        loop {
            tokio::select! {
                biased;
                _ = self.looks.tick() => {
                    if !gate::still_admitted(&self.api, &self.parts).await {
                        self.done = true;
                        return Some(Bytes::from_static(CLOSED));
                    }
                }
                frame = self.body.frame() => match frame {
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Some(data);
                        }
                    }
                    Some(Err(_)) | None => return None,
                },
            }
        }
    }
}
