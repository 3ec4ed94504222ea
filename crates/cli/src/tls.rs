//! Connections for the HTTP client, encrypted where the URL says `https`.

use std::{path::Path, sync::Arc, time::Duration};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, crypto,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens connections.
pub(crate) type Connector = HttpsConnector<HttpConnector>;

/// A connector that trusts the roots that browsers trust, and the certificates in `ca`.
///
/// Errors: `ca` cannot be read, or holds no certificates.
#[expect(clippy::disallowed_methods, reason = "the user names the server, whatever its address")]
pub(crate) fn connector(ca: Option<&Path>) -> Result<Connector, Failure> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca {
        let bad = |error: String| {
            Failure::usage(
                format!("--ca {}: {error}", path.display()),
                "give a PEM file with certificates",
            )
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|e| bad(e.to_string()))?;
        let public = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|e| bad(e.to_string()))?;
            roots.add(certificate).map_err(|e| bad(e.to_string()))?;
        }
        if roots.len() == public {
            return Err(bad("there is no certificate in it".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_nodelay(true);
    plain.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
    Ok(builder.enable_http1().wrap_connector(plain))
}
