//! Passwords: argon2id, two at a time, and the same work for an account that does not exist.

use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::{
    error::{ApiError, Fault},
    state::Api,
};

/// OWASP's first choice: 19 MiB, two passes, one lane.
pub const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

const SALT_BYTES: usize = 16;

/// What an unknown account's password is compared with.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_with(MEMORY_KIB, b"nobody has this", &[7; SALT_BYTES]));

fn argon2(memory_kib: u32) -> Argon2<'static> {
    let params = Params::new(memory_kib, PASSES, 1, None).expect("within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_with(memory_kib: u32, password: &[u8], salt: &[u8; SALT_BYTES]) -> String {
    let hash = argon2(memory_kib).hash_password_with_salt(password, salt);
    hash.expect("salt and password are within argon2's limits").to_string()
}

/// The hash to store for `password`, in PHC form.
async fn hash(api: &Api, password: &str) -> Result<String, ApiError> {
    let mut salt = [0; SALT_BYTES];
    api.fresh.fill(&mut salt);
    let password = password.to_owned();
    let memory_kib = api.password_memory_kib;
    work(api, move || hash_with(memory_kib, password.as_bytes(), &salt)).await
}

/// The hash of a new password, which must be hard to guess even for whoever knows `about_them`.
pub async fn hash_new(api: &Api, password: &str, about_them: &[&str]) -> Result<String, ApiError> {
    let checked = password.to_owned();
    let about: Vec<String> = about_them.iter().map(|known| (*known).to_owned()).collect();
    let strength = work(api, move || {
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        content::passwords::strength(&checked, &about)
    });
    if let Err(weakness) = strength.await? {
        let fault = Fault::at("/password", "weak_password", weakness.to_string());
        return Err(ApiError::invalid_field(
            fault.expected("a password that is hard to guess").fix(weakness.fix()),
        ));
    }
    hash(api, password).await
}

/// Whether `password` is the one behind `hash`. Without a hash it is not, and takes as long.
pub async fn verify(api: &Api, password: &str, hash: Option<&str>) -> Result<bool, ApiError> {
    let known = hash.is_some();
    let hash = hash.map_or_else(|| NOBODY.clone(), str::to_owned);
    let password = password.to_owned();
    // The hash says itself what it took.
    let verifier = argon2(MEMORY_KIB);
    let fits =
        work(api, move || verifier.verify_password(password.as_bytes(), hash.as_str()).is_ok());
    Ok(fits.await? && known)
}

async fn work<T: Send + 'static>(
    api: &Api,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let permit = api.hashing.clone().acquire_owned().await;
    let permit = permit.expect("the semaphore is never closed");
    let done = tokio::task::spawn_blocking(move || {
        let done = job();
        drop(permit);
        done
    });
    done.await.map_err(|error| ApiError::unavailable(&error))
}
