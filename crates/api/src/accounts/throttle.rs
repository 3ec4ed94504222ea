//! Delays that grow with failures: by account, by address, and, when failures come from everywhere,
//! for everybody who fails. Never a lock that stays.
//!
//! An attempt is counted before it is made and forgiven when it succeeds, so that attempts made at
//! the same time count too. Names that have no account are counted like any other.

use std::net::{IpAddr, Ipv6Addr};

use store::{
    Db, Write, fresh,
    throttles::{self, Throttle},
};

use crate::error::ApiError;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How failures of one name delay its next attempt.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Failures that cost nothing.
    free: i64,
    /// The delay after the next one; it doubles with each.
    first_ms: i64,
    /// The longest delay.
    longest_ms: i64,
    /// Without a failure for this long, all are forgotten.
    forget_ms: i64,
}

const ACCOUNT: Pace =
    Pace { free: 5, first_ms: 1000, longest_ms: 5 * MINUTE_MS, forget_ms: 24 * HOUR_MS };
const ADDRESS: Pace =
    Pace { free: 20, first_ms: 1000, longest_ms: 5 * MINUTE_MS, forget_ms: 15 * MINUTE_MS };
const MAIL: Pace =
    Pace { free: 3, first_ms: MINUTE_MS, longest_ms: HOUR_MS, forget_ms: 24 * HOUR_MS };

/// Failures of everybody are counted anew after this time.
const EVERYBODY_MS: i64 = 10 * MINUTE_MS;

/// More failures than this in that time are an attack on many accounts from many addresses: then
/// nobody has more than one free failure. Whoever makes none does not notice.
const EVERYBODY_MAX: i64 = 1000;

impl Pace {
    /// The same under attack.
    fn strict(self) -> Pace {
        Pace { free: 1, ..self }
    }

    /// How long to wait at `now_ms`; 0 when not at all.
    fn wait_ms(self, state: Throttle, now_ms: i64) -> i64 {
        let since = now_ms - state.last_at_ms;
        if state.failures < self.free || since >= self.forget_ms {
            return 0;
        }
        let doublings = (state.failures - self.free).min(30);
        let delay = (self.first_ms << doublings).min(self.longest_ms);
        (delay - since).clamp(0, delay)
    }
}

/// An attempt that was counted as a failure until it succeeds.
pub struct Attempt {
    account: String,
    address: String,
    everybody: String,
}

/// Lets an attempt on `email` from `address` through and counts it, or says with 429 how long to
/// wait.
pub async fn attempt(
    db: &Db,
    now_ms: i64,
    email: &str,
    address: IpAddr,
) -> Result<Attempt, ApiError> {
    let attempt = Attempt {
        account: account_name(email),
        address: format!("login/address/{}", prefix(address)),
        everybody: format!("login/everybody/{}", now_ms / EVERYBODY_MS),
    };
    let mut write = db.write().await?;
    let everybody = throttles::get(&mut write, &attempt.everybody).await?;
    let attack = everybody.failures >= EVERYBODY_MAX;
    let mut wait_ms = 0;
    for (name, pace) in [(&attempt.account, ACCOUNT), (&attempt.address, ADDRESS)] {
        let state = throttles::get(&mut write, name).await?;
        let pace = if attack { pace.strict() } else { pace };
        wait_ms = wait_ms.max(pace.wait_ms(state, now_ms));
    }
    if wait_ms > 0 {
        return Err(ApiError::too_many((wait_ms + 999) / 1000));
    }
    throttles::fail(&mut write, &attempt.account, now_ms, now_ms - ACCOUNT.forget_ms).await?;
    throttles::fail(&mut write, &attempt.address, now_ms, now_ms - ADDRESS.forget_ms).await?;
    throttles::fail(&mut write, &attempt.everybody, now_ms, i64::MIN).await?;
    write.commit().await?;
    Ok(attempt)
}

impl Attempt {
    /// It succeeded: the account's failures are forgotten. Those of the address are not, or else an
    /// attacker would log in to an account of their own between guesses.
    pub async fn succeeded(&self, write: &mut Write) -> Result<(), ApiError> {
        throttles::clear(write, &self.account).await?;
        throttles::forgive(write, &self.address).await?;
        Ok(throttles::forgive(write, &self.everybody).await?)
    }

    /// It was no failure, and no success either.
    pub async fn undone(&self, write: &mut Write) -> Result<(), ApiError> {
        for name in [&self.account, &self.address, &self.everybody] {
            throttles::forgive(write, name).await?;
        }
        Ok(())
    }
}

/// Forgets the failures of an account whose owner has shown to be there.
pub async fn clear(write: &mut Write, email: &str) -> Result<(), ApiError> {
    Ok(throttles::clear(write, &account_name(email)).await?)
}

/// Whether one more mail may go to `email` that somebody unknown asked for; it is counted.
pub async fn may_mail(write: &mut Write, now_ms: i64, email: &str) -> Result<bool, ApiError> {
    let name = format!("mail/{}", fresh::hash(email));
    let state = throttles::get(write, &name).await?;
    let may = MAIL.wait_ms(state, now_ms) == 0;
    if may {
        throttles::fail(write, &name, now_ms, now_ms - MAIL.forget_ms).await?;
    }
    Ok(may)
}

fn account_name(email: &str) -> String {
    format!("login/account/{}", fresh::hash(email))
}

/// What one household or one rented machine has: /24 of IPv4, /64 of IPv6.
fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests;
