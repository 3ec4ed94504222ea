//! Tells Headwater what happens in our product. Everything that a source has to get right is here.

use std::{thread, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The slug that the Developer Portal shows: which tool made a message.
const INTEGRATION: &str = "acme-mail";
/// How often one request is tried.
const ATTEMPTS: u32 = 10;
/// The longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Something that happened to a person.
pub struct Happening<'a> {
    /// The customer's own id of the person, as it came to us from the customer; never ours.
    pub user_id: &'a str,
    /// The person's address.
    pub email: &'a str,
    /// The Spec's name where the Spec has one.
    pub event: &'a str,
    /// What the Spec says of it, in `snake_case`.
    pub properties: Value,
    /// What names it for ever: the same cause is one event, however often we tell.
    pub cause: String,
    /// The person's own address and browser, when they did it in one; never our server's.
    pub browser: Option<(&'a str, &'a str)>,
}

/// Sends to one customer's Headwater.
pub struct Source {
    batch: String,
    authorization: String,
    agent: ureq::Agent,
    waiting: Vec<Value>,
}

impl Source {
    /// Both are the customer's: the key of their source, and where their Headwater is.
    pub fn new(write_key: &str, url: &str) -> Source {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(20)))
            .http_status_as_error(false)
            .build();
        Source {
            batch: format!("{}/v1/batch", url.trim_end_matches('/')),
            authorization: format!("Basic {}", BASE64_STANDARD.encode(format!("{write_key}:"))),
            agent: agent.into(),
            waiting: Vec::new(),
        }
    }

    /// Puts what happened just now into the queue.
    pub fn track(&mut self, happening: Happening<'_>) {
        let mut context = Map::new();
        context.insert("traits".into(), json!({ "email": happening.email }));
        let version = env!("CARGO_PKG_VERSION");
        context.insert("integration".into(), json!({ "name": INTEGRATION, "version": version }));
        if let Some((ip, user_agent)) = happening.browser {
            context.insert("ip".into(), json!(ip));
            context.insert("userAgent".into(), json!(user_agent));
        }
        self.waiting.push(json!({
            "type": "track",
            "event": happening.event,
            "messageId": happening.cause,
            "userId": happening.user_id,
            "timestamp": now(),
            "properties": happening.properties,
            "context": context,
        }));
    }

    /// Sends the queue. 200 means that Headwater has it on disk; anything else means: again, with
    /// the same ids.
    pub fn flush(&mut self) -> Result<(), String> {
        // Headwater takes up to 2500 messages or 500 KB in one request
        while !self.waiting.is_empty() {
            let count = self.waiting.len().min(100);
            self.send(&self.waiting[..count])?;
            self.waiting.drain(..count);
        }
        Ok(())
    }

    fn send(&self, messages: &[Value]) -> Result<(), String> {
        let mut wait = Duration::from_millis(500);
        let mut said = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                thread::sleep(wait);
                wait = (wait * 2).min(WAIT_MAX);
            }
            let request = self.agent.post(&self.batch).header("Authorization", &self.authorization);
            match request.send_json(json!({ "batch": messages, "sentAt": now() })) {
                Ok(answer) if answer.status() == 200 => return Ok(()),
                Ok(mut answer) => {
                    let body = answer.body_mut().read_to_string().unwrap_or_default();
                    said = format!("{} {body}", answer.status());
                    // malformed, too large, or a key that is none: the same again would not help
                    if answer.status().is_client_error() && answer.status() != 429 {
                        break;
                    }
                }
                Err(error) => said = error.to_string(),
            }
        }
        Err(format!("Headwater did not take everything: {said}"))
    }
}

fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
