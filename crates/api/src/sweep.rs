//! What is over is removed, some time after anybody could ask for it.

use store::{alerts, links, mails, reseal, sessions, throttles};

use crate::{checks, error::ApiError, state::Api};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Links that expired are kept for this long, so that their use can be told from a typing error.
const LINKS_MS: i64 = 7 * DAY_MS;

/// Mails stay in the outbox for this long, and what alerts said in their list.
const MAILS_MS: i64 = 90 * DAY_MS;

/// Removes what is over, and notes which betas meet what is asked of them. Once an hour is enough.
pub async fn sweep(api: &Api) -> Result<(), ApiError> {
    remove(api).await?;
    checks::settle(api).await
}

/// Removes ended sessions, old links, forgotten failures and old mails, and seals with the newest
/// key what an older one sealed.
async fn remove(api: &Api) -> Result<(), ApiError> {
    let now_ms = api.now_ms();
    let mut write = api.db.write().await?;
    sessions::sweep(&mut write, now_ms).await?;
    links::sweep(&mut write, now_ms - LINKS_MS).await?;
    throttles::sweep(&mut write, now_ms - DAY_MS).await?;
    mails::sweep(&mut write, now_ms - MAILS_MS).await?;
    alerts::sweep(&mut write, now_ms - MAILS_MS).await?;
    write.commit().await?;
    // A key that was added seals from the next start on; the one before it is then free to go.
    let resealed = reseal::reseal(&api.db, &api.sealer, &api.fresh).await?;
    if resealed.anew > 0 {
        let key = api.sealer.newest();
        tracing::info!(secrets = resealed.anew, key, "secrets were sealed with the newest key");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
