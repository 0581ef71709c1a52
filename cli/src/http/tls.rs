//! Which servers TLS trusts, and who it says that it is. What a plan says comes here with its files.

use std::env;
use std::path::Path;
use std::sync::Arc;

use mayfly_core::plan::HttpVersion;
use mayfly_core::plan::tls::{Identity, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// Why no connection could be encrypted as the plan says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("tls.{key}: cannot read {name}: {error}")]
    File {
        /// The key of the plan.
        key: &'static str,
        /// What it names.
        name: String,
        /// Why.
        error: String,
    },
    /// A file does not have what it should.
    #[error("tls.{key}: expected {expected} in PEM, found none in {name}")]
    Missing {
        /// The key of the plan.
        key: &'static str,
        /// What the file should have.
        expected: &'static str,
        /// What the key names.
        name: String,
    },
    /// Certificate and key do not fit each other.
    #[error("tls.cert: cannot use {name}: {error}")]
    Identity {
        /// The file of the certificate.
        name: String,
        /// Why.
        error: String,
    },
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, and has nothing to trust.
    #[error("SSL_CERT_FILE or SSL_CERT_DIR has no certificate that can be read{0}")]
    Environment(String),
}

/// Reads a file that the plan names.
type Read<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// How connections are made by what `tls` says. Trusted are Mozilla's certificate authorities, those of
/// the system or, in their place, of `SSL_CERT_FILE` and `SSL_CERT_DIR`, and those of the plan.
///
/// # Errors
///
/// Fails if a file of the plan or of the environment cannot be used.
pub(super) fn config(tls: &Tls, read: Read<'_>) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    let mut named = Vec::new();
    if tls.verify {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        named = add_system(&mut roots)?;
    }
    if let Some(name) = &tls.ca {
        let certificates = certificates("ca", name, read)?;
        if roots.add_parsable_certificates(certificates.clone()).0 == 0 {
            return Err(missing("ca", "a certificate", name));
        }
        named.extend(certificates);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions that are on by default");
    let config = if tls.verify {
        let inner = WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
            .build()
            .expect("there are Mozilla's roots, and no lists of revoked certificates");
        let trusted = Arc::new(Trusted { inner, named });
        config.dangerous().with_custom_certificate_verifier(trusted)
    } else {
        let anybody = Arc::new(Anybody(provider));
        config.dangerous().with_custom_certificate_verifier(anybody)
    };
    match &tls.identity {
        None => Ok(config.with_no_client_auth()),
        Some(Identity { cert, key }) => {
            let chain = certificates("cert", cert, read)?;
            let (key, name) = match key {
                Some(name) => ("key", name),
                None => ("cert", cert),
            };
            let bytes = read_file(key, name, read)?;
            let secret = PrivateKeyDer::from_pem_slice(&bytes)
                .map_err(|_| missing(key, "a private key", name))?;
            let config = config.with_client_auth_cert(chain, secret);
            config.map_err(|error| TlsError::Identity {
                name: cert.clone(),
                error: error.to_string(),
            })
        }
    }
}

/// The same, for what this version of HTTP is called in TLS; `None` is what the server chooses.
pub(super) fn speaking(config: &ClientConfig, version: Option<HttpVersion>) -> Arc<ClientConfig> {
    let names: &[&[u8]] = match version {
        None => &[b"h2", b"http/1.1"],
        Some(HttpVersion::Http1) => &[b"http/1.1"],
        Some(HttpVersion::Http2) => &[b"h2"],
    };
    let mut config = config.clone();
    config.alpn_protocols = names.iter().map(|it| it.to_vec()).collect();
    Arc::new(config)
}

/// Adds what the system trusts, and gives what the environment names in its place. A system without any
/// is none: there are those that are built in.
fn add_system(roots: &mut RootCertStore) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    // Others would take its place without a word.
    if let Some(path) = env::var_os("SSL_CERT_FILE")
        && !Path::new(&path).exists()
    {
        let path = Path::new(&path).display();
        return Err(TlsError::Environment(format!(": {path} is not there")));
    }
    let found = rustls_native_certs::load_native_certs();
    let n_added = roots.add_parsable_certificates(found.certs.clone()).0;
    let is_chosen = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|it| env::var_os(it).is_some());
    let is_chosen = is_chosen.contains(&true);
    if n_added == 0 && is_chosen {
        let errors = found.errors.iter().map(|it| format!("; {it}"));
        return Err(TlsError::Environment(errors.collect()));
    }
    Ok(if is_chosen { found.certs } else { Vec::new() })
}

fn certificates(
    key: &'static str,
    name: &str,
    read: Read<'_>,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read_file(key, name, read)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(missing(key, "a certificate", name)),
    }
}

fn read_file(key: &'static str, name: &str, read: Read<'_>) -> Result<Vec<u8>, TlsError> {
    read(name).map_err(|error| TlsError::File {
        key,
        name: name.to_owned(),
        error,
    })
}

fn missing(key: &'static str, expected: &'static str, name: &str) -> TlsError {
    TlsError::Missing {
        key,
        expected,
        name: name.to_owned(),
    }
}

/// Takes for the server whom an authority vouches for, and whose own certificate was named. One that is
/// signed by itself, as openssl makes them, is that of an authority, and so for no server by the rules of
/// the web; that it was named says that it is meant.
#[derive(Debug)]
struct Trusted {
    inner: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self
            .inner
            .verify_server_cert(own, intermediates, name, ocsp, now);
        match verified {
            // What it is for is looked at after its dates, and before its name.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.named.contains(own) =>
            {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, own, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, own, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Takes anybody for the server. Connections are encrypted, and nobody knows to whom.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
