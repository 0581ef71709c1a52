//! Whom TLS trusts, and what it shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair};
use rustls::SupportedProtocolVersion;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};

use super::*;

/// A certificate in PEM.
pub(super) fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[tokio::test]
async fn certificates_are_not_looked_at_if_the_plan_says_so() {
    let (url, certificate) = encrypted().await;
    let by_other_name = url.replace("localhost", "127.0.0.1");
    let trusting = trusting(&certificate);
    let insecure = HttpTransport::new(1, settings("tls = { verify = false }", &[]).unwrap());
    for (url, expected) in [
        (url, answer(200, 2)),
        (by_other_name, Err(TransportError::TlsName)),
    ] {
        let request = Request::new(Method::Get, &url);
        assert_eq!(trusting.send(&request).await, expected);
        assert_eq!(insecure.send(&request).await, answer(200, 2));
    }
}

/// A server of this version that says hello to clients whose certificate it knows.
async fn asking(
    known: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> String {
    let (certificate, key) = own_certificate("localhost");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut clients = RootCertStore::empty();
    clients.add(known.clone()).unwrap();
    let clients =
        WebPkiClientVerifier::builder_with_provider(clients.into(), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(vec![certificate], key)
        .unwrap();
    serve_encrypted(config).await
}

#[tokio::test]
async fn a_certificate_is_shown_to_a_server_that_asks_and_may_be_refused() {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["me".to_owned()]).unwrap();
    let mine = pem(params.signed_by(&key, &issuer).unwrap().der());
    let key = key.serialize_pem();
    let both = format!("{mine}{key}");
    let stranger = rcgen::generate_simple_self_signed(["you".to_owned()]).unwrap();
    let other = pem(stranger.cert.der()) + &stranger.signing_key.serialize_pem();
    let files = [
        ("a", mine.as_str()),
        ("b", &key),
        ("c", &both),
        ("d", &other),
    ];
    for version in [&TLS12, &TLS13] {
        let request = Request::new(Method::Get, &asking(root.der(), version).await);
        for (identity, expected) in [
            (", cert = 'a', key = 'b'", answer(200, 2)),
            (", cert = 'c'", answer(200, 2)),
            (", cert = 'd'", Err(TransportError::TlsClientCert)),
            ("", Err(TransportError::TlsClientCert)),
        ] {
            let lines = format!("tls = {{ verify = false{identity} }}");
            let transport = HttpTransport::new(1, settings(&lines, &files).unwrap());
            let result = transport.send(&request).await;
            assert_eq!(result, expected, "{identity} {version:?}");
        }
    }
}

/// As `openssl req -x509` makes it: signed by itself, as that of an authority.
#[tokio::test]
async fn a_certificate_that_is_named_is_that_of_its_server() {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap();
    let secret = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = server_config(own.der().clone(), secret, &["http/1.1"]);
    let url = serve_encrypted(config).await;
    let by_address = url.replace("localhost", "127.0.0.1");
    assert_ne!(url, by_address);
    let pem = pem(own.der());
    for (lines, url, expected) in [
        ("tls = { ca = 'own' }", &url, answer(200, 2)),
        (
            "tls = { ca = 'own' }",
            &by_address,
            Err(TransportError::TlsName),
        ),
        ("", &url, Err(TransportError::TlsUntrusted)),
    ] {
        let transport = HttpTransport::new(1, settings(lines, &[("own", &pem)]).unwrap());
        let result = transport.send(&Request::new(Method::Get, url)).await;
        assert_eq!(result, expected, "{lines} {url}");
    }
}

#[track_caller]
fn check_settings(tls: &str, expected: &str) {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let own = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
    let mine = pem(own.cert.der());
    let files = [("mine", mine.as_str()), ("key", &key), ("text", "no PEM")];
    let found = settings(&format!("tls = {{ {tls} }}"), &files);
    assert_eq!(found.map(drop).unwrap_err().to_string(), expected);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    check_settings("ca = 'x'", "tls.ca: cannot read x: not there");
    check_settings(
        "ca = 'text'",
        "tls.ca: expected a certificate in PEM, found none in text",
    );
    check_settings(
        "cert = 'mine'",
        "tls.cert: expected a private key in PEM, found none in mine",
    );
    check_settings(
        "cert = 'mine', key = 'text'",
        "tls.key: expected a private key in PEM, found none in text",
    );
    check_settings(
        "cert = 'mine', key = 'x'",
        "tls.key: cannot read x: not there",
    );
    check_settings(
        "cert = 'mine', key = 'key'",
        "tls.cert: cannot use mine: keys may not be consistent: KeyMismatch",
    );
}
