//! The codes themselves.

use store::{Fresh, fresh};
use totp_rs::{Builder, Totp, TotpError};

use super::Enrolment;
use crate::error::ApiError;

/// Bytes of the secret that an app shares with us, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// Recovery codes made at one time.
const RECOVERY_CODES: usize = 10;

/// Characters of a recovery code without its dashes; 80 bits.
const RECOVERY_LEN: usize = 16;

/// Without letters that are taken for digits.
const RECOVERY_LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn totp(secret: &[u8], email: &str) -> Result<Totp, ApiError> {
    let builder = Builder::new().with_secret(secret).with_account_name(email);
    builder.with_issuer(Some("Headwater")).build().map_err(|error| broken(&error))
}

fn broken(error: &TotpError) -> ApiError {
    ApiError::unavailable(error)
}

/// A new secret, and what an app needs of it.
pub fn new(fresh: &Fresh, email: &str) -> Result<([u8; SECRET_BYTES], Enrolment), ApiError> {
    let mut secret = [0; SECRET_BYTES];
    fresh.fill(&mut secret);
    let totp = totp(&secret, email)?;
    let url = totp.to_url().map_err(|error| broken(&error))?;
    Ok((secret, Enrolment { secret: totp.secret().to_base32(), url }))
}

/// The time step that `code` is of: this one, the one before or the one after.
pub fn step(secret: &[u8], email: &str, code: &str, now_ms: i64) -> Result<Option<i64>, ApiError> {
    let seconds = u64::try_from(now_ms / 1000).unwrap_or_default();
    let step = totp(secret, email)?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// A code as people type it, without blanks and dashes.
pub fn bare(code: &str) -> String {
    code.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Whether a bare code is one for recovery and none of an app.
pub fn is_recovery(bare: &str) -> bool {
    bare.len() == RECOVERY_LEN
}

/// New recovery codes, as they are shown.
pub fn new_recovery(fresh: &Fresh) -> Vec<String> {
    let one = || {
        let mut bytes = [0; RECOVERY_LEN];
        fresh.fill(&mut bytes);
        let letters = bytes.map(|byte| char::from(RECOVERY_LETTERS[usize::from(byte % 32)]));
        let groups: Vec<String> =
            letters.chunks(4).map(|group| group.iter().collect::<String>()).collect();
        groups.join("-")
    };
    (0..RECOVERY_CODES).map(|_| one()).collect()
}

/// What is stored of a bare recovery code.
pub fn recovery_hash(bare: &str) -> String {
    fresh::hash(&format!("recovery/{bare}"))
}
