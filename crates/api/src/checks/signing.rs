//! The key of this installation: made when it is first needed, sealed at rest.

use proof::certificate::Key;
use store::{
    Write,
    evidence::{self, SigningKey},
};

use crate::{error::ApiError, state::Api};

/// Bytes of an Ed25519 seed.
const SEED_BYTES: usize = 32;

fn owner(id: &str) -> String {
    format!("signing-key/{id}")
}

/// The key that signs now.
pub async fn key(api: &Api, write: &mut Write) -> Result<Key, ApiError> {
    let newest = evidence::signing_keys(write).await?.into_iter().next();
    let (seed, made) = match newest {
        Some(kept) => {
            let seed = api.sealer.open(&owner(&kept.id), &kept.sealed);
            (seed.map_err(|error| ApiError::unavailable(&error))?, None)
        }
        None => {
            let mut seed = vec![0; SEED_BYTES];
            api.fresh.fill(&mut seed);
            (seed, Some(api.fresh.id("key")))
        }
    };
    let key = Key::of_seed(&seed).expect("a seed of this length is a key");
    if let Some(id) = made {
        let sealed = api.sealer.seal(&api.fresh, &owner(&id), &seed);
        let created_at_ms = api.now_ms();
        let new = SigningKey { id, public_key: key.public(), sealed, created_at_ms };
        evidence::insert_signing_key(write, &new).await?;
    }
    Ok(key)
}
