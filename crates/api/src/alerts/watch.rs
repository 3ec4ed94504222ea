//! Looks how everything stands, and tells those who want to know.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use destination_kit::http::{Call, HttpClient};
use http::{HeaderMap, HeaderValue, Method, header};
use mail::Letter;
use serde_json::json;
use store::{
    Page,
    alerts::{self, Alert, Notice, Standing},
    destinations::{self, Destination},
    members,
    sources::{self, Source},
};

use super::{
    AlertKind, emails_of,
    rules::{Verdict, is_told, of_destination, of_source, standing},
};
use crate::{
    error::ApiError,
    gate::read_permissions,
    mailer,
    planes::health::{AT_ONCE, Vitals, vitals},
    state::Api,
};

const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest text that is sent to a webhook.
const WEBHOOK_TEXT_MAX: usize = 3000;

/// One thing to be told.
struct Tell {
    alert: Option<Alert>,
    standing: Standing,
    verdict: Verdict,
    about: String,
    url: String,
}

/// Looks once at every workspace. What cannot be told now is told a minute later.
pub async fn watch(api: &Api) -> Result<(), ApiError> {
    if api.planes.is_none() {
        return Ok(());
    }
    let mut db = api.db.read().await?;
    let workspaces = alerts::workspaces(&mut db).await?;
    drop(db);
    for (workspace_id, name) in workspaces {
        if let Err(error) = look(api, &workspace_id, &name).await {
            tracing::warn!(workspace = workspace_id, ?error, "alerts could not be looked at");
        }
    }
    Ok(())
}

async fn look(api: &Api, workspace_id: &str, workspace: &str) -> Result<(), ApiError> {
    let mut db = api.db.read().await?;
    let all = alerts::list(&mut db, workspace_id).await?;
    let destinations = all_destinations(&mut db, workspace_id).await?;
    let sources = all_sources(&mut db, workspace_id).await?;
    let standings = alerts::standings(&mut db, workspace_id).await?;
    drop(db);
    let before: HashMap<(&str, &str), &Standing> =
        standings.iter().map(|one| ((one.alert_id.as_str(), one.about_id.as_str()), one)).collect();
    let now_ms = api.now_ms();
    let mut tells = Vec::new();
    let mut changed = Vec::new();
    let mut consider = |alert: Option<&Alert>, about: (&str, String), verdict: Option<Verdict>| {
        let Some(verdict) = verdict else { return };
        let alert_id = alert.map_or(workspace_id, |alert| &alert.id);
        let known = before.get(&(alert_id, about.0)).copied();
        let standing = next(known, (alert_id, about.0, workspace_id), verdict.level, now_ms);
        let Some((standing, told)) = standing else { return };
        if told {
            let url = match about.0.starts_with("dst_") {
                true => api.link(&format!("/destinations/{}", about.0)),
                false => api.link(&format!("/sources/{}", about.0)),
            };
            let (alert, about) = (alert.cloned(), about.1);
            tells.push(Tell { alert, standing: standing.clone(), verdict, about, url });
        }
        changed.push(standing);
    };
    // What everybody is told; the time that is looked at does not matter.
    let enabled: Vec<Destination> =
        destinations.iter().filter(|row| row.enabled_at_ms.is_some()).cloned().collect();
    let now = vitals(api, &enabled, &[], 60).await?;
    for one in &now.destinations {
        let row = enabled.iter().find(|row| row.id == one.id);
        let name = row.map(|row| row.name.clone()).unwrap_or_default();
        consider(None, (&one.id, name), Some(standing(one)));
    }
    let mut seen: HashMap<i64, Vitals> = HashMap::new();
    for alert in all.iter().filter(|alert| alert.enabled_at_ms.is_some()) {
        let Some(kind) = AlertKind::of(&alert.kind) else { continue };
        let looked = match seen.entry(alert.minutes) {
            Entry::Occupied(looked) => looked.into_mut(),
            Entry::Vacant(free) => {
                let minutes = u32::try_from(alert.minutes).unwrap_or(60);
                free.insert(vitals(api, &enabled, &sources, minutes).await?)
            }
        };
        let about = |id: &str| alert.about_id.as_deref().is_none_or(|about| about == id);
        let by = (alert.threshold, alert.minutes);
        if kind.of_sources() {
            for one in looked.sources.iter().filter(|one| about(&one.id)) {
                let row =
                    sources.iter().find(|row| row.id == one.id && row.disabled_at_ms.is_none());
                let Some(row) = row else { continue };
                let verdict = of_source(kind, by, one, now_ms);
                consider(Some(alert), (&one.id, row.name.clone()), verdict);
            }
        } else {
            for one in looked.destinations.iter().filter(|one| about(&one.id)) {
                let Some(row) = enabled.iter().find(|row| row.id == one.id) else { continue };
                let verdict = of_destination(kind, by, one, now_ms);
                consider(Some(alert), (&one.id, row.name.clone()), verdict);
            }
        }
    }
    if !changed.is_empty() {
        tell(api, (workspace_id, workspace), changed, tells, now_ms).await?;
    }
    Ok(())
}

/// How a thing stands now, and whether that is told; `None` when nothing changed.
fn next(
    known: Option<&Standing>,
    (alert_id, about_id, workspace_id): (&str, &str, &str),
    level: i64,
    now_ms: i64,
) -> Option<(Standing, bool)> {
    let fresh = Standing {
        alert_id: alert_id.to_owned(),
        about_id: about_id.to_owned(),
        workspace_id: workspace_id.to_owned(),
        level: 0,
        since_ms: now_ms,
        told_level: 0,
        told_at_ms: 0,
    };
    let before = known.unwrap_or(&fresh);
    let told = is_told(level, before.told_level, before.told_at_ms, now_ms);
    if !told && level == before.level {
        return None;
    }
    let since_ms = if level == before.level { before.since_ms } else { now_ms };
    let mut after = Standing { level, since_ms, ..before.clone() };
    if told {
        (after.told_level, after.told_at_ms) = (level, now_ms);
    }
    Some((after, told))
}

/// Notes how everything stands and writes the mails in one transaction, then calls the webhooks.
async fn tell(
    api: &Api,
    (workspace_id, workspace): (&str, &str),
    changed: Vec<Standing>,
    tells: Vec<Tell>,
    now_ms: i64,
) -> Result<(), ApiError> {
    let mut write = api.db.write().await?;
    for standing in &changed {
        alerts::stand(&mut write, standing).await?;
    }
    let mut calls = Vec::new();
    for Tell { alert, standing, verdict, about, url } in tells {
        let over = verdict.level == 0;
        let what = match (&alert, over) {
            (Some(alert), false) => alert.name.clone(),
            (Some(alert), true) => format!("{}: over", alert.name),
            (None, false) if verdict.level >= super::rules::PAUSED => "paused".to_owned(),
            (None, false) => "does nothing but fail".to_owned(),
            (None, true) => "works again".to_owned(),
        };
        let title = format!("{about}: {what}");
        let letter = Letter::Alert {
            workspace: workspace.to_owned(),
            title: title.clone(),
            says: verdict.says.clone(),
            url,
        };
        let notice = Notice {
            id: api.fresh.id("aln"),
            workspace_id: workspace_id.to_owned(),
            alert_id: standing.alert_id,
            about_id: standing.about_id,
            at_ms: now_ms,
            level: verdict.level,
            title,
            says: verdict.says,
            problem: None,
        };
        alerts::tell(&mut write, &notice).await?;
        let emails = match &alert {
            Some(alert) => emails_of(alert),
            None => {
                let members = members::all(&mut write, workspace_id).await?;
                let owners = members.into_iter().filter(|member| {
                    let permissions = read_permissions(&member.permissions);
                    permissions
                        .is_ok_and(|all| catalog::access::may(&all, &catalog::Need::Owner, &[]))
                });
                owners.map(|member| member.email).collect()
            }
        };
        for email in emails {
            mailer::post(api, &mut write, now_ms, &email, &letter).await?;
        }
        if let Some(alert) = alert.filter(|alert| alert.webhook_sealed.is_some()) {
            calls.push((notice.id, alert, letter));
        }
    }
    write.commit().await?;
    mailer::sent(api);
    for (notice_id, alert, letter) in calls {
        if let Err(problem) = call_webhook(api, &alert, &letter).await {
            tracing::warn!(alert = alert.id, problem, "a webhook did not take an alert");
            let mut write = api.db.write().await?;
            alerts::note_problem(&mut write, &notice_id, &problem).await?;
            write.commit().await?;
        }
    }
    Ok(())
}

/// What the address of an alert's webhook is sealed for.
pub fn owner(alert_id: &str) -> String {
    format!("alert/{alert_id}")
}

/// Calls the webhook of `alert`, if it has one, under the rules on where deliveries may go.
///
/// Errors: why it did not take it, in words.
pub async fn call_webhook(api: &Api, alert: &Alert, letter: &Letter) -> Result<(), String> {
    let Some(sealed) = &alert.webhook_sealed else { return Ok(()) };
    let url = api.sealer.open(&owner(&alert.id), sealed);
    let url = url.map_err(|_| "the address cannot be unsealed: enter it anew".to_owned())?;
    let url = String::from_utf8_lossy(&url).into_owned();
    let uri = url.parse().map_err(|_| "the address is none: enter it anew".to_owned())?;
    let Letter::Alert { workspace, title, says, url } = letter else {
        return Err("this is no alert".to_owned());
    };
    // `text` is what Slack shows; its angle brackets and ampersands mean something there.
    let plain = |text: &str| {
        let text = &text[..text.floor_char_boundary(WEBHOOK_TEXT_MAX)];
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    };
    let text = format!("*{}*: {}\n{}\n{url}", plain(workspace), plain(title), plain(says));
    let body = json!({
        "text": text,
        "workspace": workspace,
        "title": title,
        "says": says,
        "url": url,
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let call = Call {
        method: Method::POST,
        uri,
        headers,
        body: body.to_string().into(),
        timeout: WEBHOOK_TIMEOUT,
        follow_redirects: false,
    };
    let client = HttpClient::new(&api.options.egress);
    let reply = client.send(call).await.map_err(|error| error.to_string())?;
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    Err(format!("{}: {}", reply.status, reply.excerpt))
}

async fn all_destinations(
    db: &mut store::db::Read,
    workspace_id: &str,
) -> Result<Vec<Destination>, ApiError> {
    let everything = catalog::access::Scope { everything: true, ..Default::default() };
    let filter = destinations::Filter {
        visible: &everything,
        sources: &everything,
        source_id: None,
        name: None,
        enabled: None,
    };
    let (mut all, mut page) = (Vec::new(), Page::first(AT_ONCE as u32));
    loop {
        let paged = destinations::list(db, workspace_id, &filter, &page).await?;
        all.extend(paged.rows);
        let Some(next) = paged.next else { return Ok(all) };
        page.after = Some(next);
    }
}

async fn all_sources(
    db: &mut store::db::Read,
    workspace_id: &str,
) -> Result<Vec<Source>, ApiError> {
    let everything = catalog::access::Scope { everything: true, ..Default::default() };
    let filter = sources::Filter::all(&everything);
    let (mut all, mut page) = (Vec::new(), Page::first(AT_ONCE as u32));
    loop {
        let paged = sources::list(db, workspace_id, &filter, &page).await?;
        all.extend(paged.rows);
        let Some(next) = paged.next else { return Ok(all) };
        page.after = Some(next);
    }
}
