//! A sender that remembers what it was promised.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{Client, WRITE_KEY};

/// What a sender knows afterwards.
#[derive(Debug, Default, Clone)]
pub struct Sent {
    /// Ids of messages whose request was answered 200.
    pub acknowledged: Vec<String>,
    /// Ids of messages whose request got no answer, or another one.
    pub unanswered: Vec<String>,
}

/// A realistic track call of about 1 KB.
pub fn event(id: &str, user: &str) -> Value {
    json!({
        "type": "track", "event": "Product Viewed", "messageId": id, "userId": user,
        "properties": {
            "product_id": "507f1f77bcf86cd799439011", "sku": "G-32", "category": "Games",
            "name": "Monopoly: 3rd Edition – «édition spéciale»", "brand": "Hasbro",
            "price": 18.99, "quantity": 1, "position": 3, "currency": "EUR",
            "url": "https://www.example.com/product/path?utm_source=newsletter&utm_medium=email",
            "image_url": "https://www.example.com/product/path.jpg", "big": 12345678901234567890u64,
        },
        "context": {
            "library": {"name": "analytics.js", "version": "next-1.84.3"}, "locale": "en-GB",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
            "page": {"path": "/product/path", "referrer": "https://www.example.com/", "search": "",
                "title": "Monopoly", "url": "https://www.example.com/product/path"},
        },
    })
}

/// Sends from `tasks` connections at once, singles and batches in turn, until `stop` is set.
/// `next` numbers the messages, so that no two senders of a test use one id.
pub async fn send_until(
    url: String,
    tasks: usize,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Sent {
    let all = Arc::new(Mutex::new(Sent::default()));
    let mut running = Vec::new();
    for task in 0..tasks {
        let (url, next, stop, all) = (url.clone(), next.clone(), stop.clone(), all.clone());
        running.push(tokio::spawn(async move {
            let client = Client::default();
            let user = format!("user-{task}");
            let mut round = 0u64;
            while !stop.load(Ordering::Relaxed) {
                round += 1;
                let size = if round.is_multiple_of(5) { 20 } else { 1 };
                let first = next.fetch_add(size, Ordering::Relaxed);
                let ids: Vec<String> = (first..first + size).map(|n| format!("m-{n}")).collect();
                let items: Vec<Value> = ids.iter().map(|id| event(id, &user)).collect();
                let (path, body) = match size {
                    1 => ("/v1/track", items[0].to_string()),
                    _ => ("/v1/batch", json!({"batch": items}).to_string()),
                };
                let to = format!("{url}{path}?writeKey={WRITE_KEY}");
                let send = client.send("POST", &to, &[], body);
                let answer = tokio::time::timeout(Duration::from_secs(20), send).await;
                let yes = matches!(answer, Ok(Ok(answer)) if answer.status == 200);
                {
                    let mut all = all.lock().expect("no holder panics");
                    if yes { all.acknowledged.extend(ids) } else { all.unanswered.extend(ids) }
                }
                if !yes {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }));
    }
    for task in running {
        task.await.expect("a sender does not panic");
    }
    Arc::into_inner(all).expect("all senders ended").into_inner().expect("no holder panics")
}
