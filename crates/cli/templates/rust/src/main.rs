//! Sends one of each of our events, as if somebody had just read a mail. In your product, call
//! `Source::track` from where things happen.

mod source;

use std::{env, process::ExitCode};

use serde_json::{Value, json};
use source::{Happening, Source};
use uuid::Uuid;

fn main() -> ExitCode {
    let (Ok(write_key), Ok(url)) = (env::var("WRITE_KEY"), env::var("HEADWATER_URL")) else {
        eprintln!("set WRITE_KEY and HEADWATER_URL");
        return ExitCode::from(2);
    };
    let mut source = Source::new(&write_key, &url);

    let mail_id = Uuid::new_v4().to_string();
    let browser = Some(("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"));
    let mut track = |event, what: &str, browser, more: &[(&str, &str)]| {
        let mut properties = json!({
            "email_id": mail_id,
            "email_subject": "Spring is here",
            "campaign_id": "campaign-1",
            "campaign_name": "Spring",
        });
        for (name, value) in more {
            properties[*name] = Value::from(*value);
        }
        source.track(Happening {
            user_id: "97980cfea0067",
            email: "ada@example.com",
            event,
            properties,
            cause: format!("{mail_id}.{what}"),
            browser,
        });
    };
    track("Email Delivered", "delivered", None, &[]);
    track("Email Opened", "opened", browser, &[]);
    let link = [("link_id", "link-1"), ("link_url", "https://example.com/spring")];
    track("Email Link Clicked", "clicked", browser, &link);
    let list = [("list_id", "newsletter"), ("list_name", "Newsletter")];
    track("Unsubscribed", "unsubscribed", browser, &list);

    match source.flush() {
        Ok(()) => {
            println!("sent 4 messages");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
