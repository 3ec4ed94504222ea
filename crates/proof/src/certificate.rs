//! The conformance certificate: what was checked, how it came out, and what it rests on, signed
//! with the installation's key. Whoever holds it and the evidence can run the checks again,
//! offline, and must come to the same report.
//!
//! ```text
//! { "format": "headwater-conformance-certificate/1",
//!   "payload": { … },                     signed byte for byte as it stands here
//!   "publicKey": "…", "signature": "…" }  Ed25519 (RFC 8032), base64
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Check, Outcome, Report, Seen, Setup,
    evidence::{self, hash, lines},
};

/// What the document says that it is.
pub const FORMAT: &str = "headwater-conformance-certificate/1";

/// What is certified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The integration.
    pub integration: Subject,
    /// Which submission: first, second, …
    pub submission: i64,
    /// When the certificate was issued, ISO-8601 in UTC.
    pub issued_at: String,
    /// The installation that issued it: its address.
    pub issuer: String,
    /// The version of the rules.
    pub rule_set: String,
    /// What the messages were held against.
    pub setup: Setup,
    /// How it came out.
    pub outcome: Outcome,
    /// See [`Report::score`].
    pub score: u32,
    /// What was looked at.
    pub seen: Seen,
    /// SHA-256 of the evidence, hex.
    pub evidence_hash: String,
    /// SHA-256 of the report as JSON, hex.
    pub report_hash: String,
}

/// Which integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of the content that was submitted, hex.
    pub content_hash: String,
}

/// The document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    format: String,
    payload: Box<RawValue>,
    public_key: String,
    signature: String,
}

/// The key that signs.
pub struct Key(Ed25519KeyPair);

/// Why a certificate does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// It is no certificate.
    #[error("this is no certificate: {0}")]
    NotACertificate(String),
    /// Somebody else signed it, or it was changed.
    #[error("the signature does not hold: the certificate was changed, or another key signed it")]
    Signature,
    /// It was signed, but not by the key that is trusted.
    #[error("it was signed by the key {found}, not by {trusted}")]
    OtherKey {
        /// The certificate's key, base64.
        found: String,
        /// The trusted key, base64.
        trusted: String,
    },
    /// The evidence cannot be read.
    #[error(transparent)]
    Unreadable(#[from] evidence::Unreadable),
    /// The evidence is not what the certificate rests on.
    #[error("the evidence has the hash {found}, the certificate rests on {expected}")]
    OtherEvidence {
        /// Of the evidence at hand.
        found: String,
        /// Of the certificate's.
        expected: String,
    },
    /// The rules of today are others than those of the certificate.
    #[error(
        "it was issued by the rules {issued}; this release has {here}, use a release of that time"
    )]
    OtherRules {
        /// The certificate's.
        issued: String,
        /// Of this release.
        here: String,
    },
    /// The checks come to another report.
    #[error("the checks come to a report with the hash {found}, the certificate says {expected}")]
    OtherReport {
        /// Of the report at hand.
        found: String,
        /// Of the certificate's.
        expected: String,
    },
}

impl Key {
    /// The key of this seed of 32 random bytes; `None` for another length.
    pub fn of_seed(seed: &[u8]) -> Option<Key> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Key)
    }

    /// The key by which others verify, base64.
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }

    /// The signed document, JSON laid out for reading but for the payload, which is signed as it
    /// stands.
    pub fn sign(&self, payload: &Payload) -> String {
        let payload = serde_json::value::to_raw_value(payload).expect("plain data is JSON");
        let signature = STANDARD.encode(self.0.sign(payload.get().as_bytes()).as_ref());
        let document =
            Document { format: FORMAT.to_owned(), payload, public_key: self.public(), signature };
        let mut json = serde_json::to_string_pretty(&document).expect("plain data is JSON");
        json.push('\n');
        json
    }
}

/// What `certificate` says, when its signature holds. `trusted`: the only key that may have
/// signed it, base64; without it the certificate's own is believed, which proves that it is whole
/// and not who issued it.
///
/// Errors: [`Invalid`].
pub fn read(certificate: &str, trusted: Option<&str>) -> Result<Payload, Invalid> {
    let no = |why: String| Invalid::NotACertificate(why);
    let document: Document =
        serde_json::from_str(certificate).map_err(|error| no(error.to_string()))?;
    if document.format != FORMAT {
        return Err(no(format!("its format is {:?}, not {FORMAT:?}", document.format)));
    }
    if let Some(trusted) = trusted.map(str::trim)
        && trusted != document.public_key
    {
        let (found, trusted) = (document.public_key, trusted.to_owned());
        return Err(Invalid::OtherKey { found, trusted });
    }
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| Invalid::Signature);
    let key = UnparsedPublicKey::new(&ED25519, bytes(&document.public_key)?);
    key.verify(document.payload.get().as_bytes(), &bytes(&document.signature)?)
        .map_err(|_| Invalid::Signature)?;
    serde_json::from_str(document.payload.get()).map_err(|error| no(error.to_string()))
}

/// Runs the checks again over `evidence` and holds the report against what `payload` says.
///
/// Errors: [`Invalid`].
pub fn rerun(payload: &Payload, evidence: &[u8]) -> Result<Report, Invalid> {
    let found = hash(evidence);
    if found != payload.evidence_hash {
        let expected = payload.evidence_hash.clone();
        return Err(Invalid::OtherEvidence { found, expected });
    }
    if payload.rule_set != spec::rules::VERSION {
        let (issued, here) = (payload.rule_set.clone(), spec::rules::VERSION.to_owned());
        return Err(Invalid::OtherRules { issued, here });
    }
    let mut check = Check::new(payload.setup.clone());
    for line in lines(evidence) {
        check.take(&line?);
    }
    let report = check.report();
    let found = hash(report.json().as_bytes());
    if found != payload.report_hash {
        let expected = payload.report_hash.clone();
        return Err(Invalid::OtherReport { found, expected });
    }
    Ok(report)
}
