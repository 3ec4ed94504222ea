//! TLS for the tracking API, when the operator gives a certificate.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file holds no certificate in PEM form.
    #[error("no certificate in PEM form")]
    NoCertificate,
    /// The file holds no private key in PEM form.
    #[error("no private key in PEM form")]
    NoKey(#[source] rustls::pki_types::pem::Error),
    /// Certificate and key do not fit, or are of a kind we do not know.
    #[error("certificate and key cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// Makes a configuration of a certificate chain and its key, both in PEM form.
///
/// Errors: [`TlsError`], which says what to mend.
pub fn server_config(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::NoCertificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::NoKey)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    Ok(with_alpn(Arc::new(config)))
}

/// The same, naming the protocol that we speak.
pub(crate) fn with_alpn(config: Arc<ServerConfig>) -> Arc<ServerConfig> {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
