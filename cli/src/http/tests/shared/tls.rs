//! Whom TLS trusts, and what it shows.

use rcgen::{CertificateParams, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

use super::*;

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

/// A server that does this with each connection, one after the other: its URL, and its certificate.
async fn speaking<F: Future<Output = ()> + Send>(
    serve: impl Fn(TlsStream<TcpStream>) -> F + Send + Sync + 'static,
) -> (String, CertificateDer<'static>) {
    let (certificate, key) = own_certificate("localhost");
    let config = server_config(certificate.clone(), key, &["http/1.1"]);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (url, listener) = listen().await;
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            // An answer would wait until the end of the handshake is acknowledged.
            tcp.set_nodelay(true).unwrap();
            serve(acceptor.accept(tcp).await.unwrap()).await;
        }
    });
    (
        url.replace("http://127.0.0.1", "https://localhost"),
        certificate,
    )
}

/// A request without a body.
async fn read_head(stream: &mut TlsStream<TcpStream>) {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        received.push(stream.read_u8().await.unwrap());
    }
}

/// Anybody on the way can end a connection, but not say in TLS that it ends.
#[tokio::test]
async fn a_body_that_ends_with_its_connection_needs_a_farewell() {
    for (says_so, start, expected) in [
        (true, "HTTP/1.1 200 OK\r\n\r\nabc", answer(200, 3)),
        (
            false,
            "HTTP/1.1 200 OK\r\n\r\nabc",
            Err(TransportError::Body),
        ),
        (true, "HTTP/1.1 200 O", Err(TransportError::Body)),
        (false, "HTTP/1.1 200 O", Err(TransportError::Body)),
        (true, "", Err(TransportError::Closed)),
        (false, "", Err(TransportError::Closed)),
    ] {
        let (url, certificate) = speaking(move |mut stream| async move {
            read_head(&mut stream).await;
            stream.write_all(start.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            if says_so {
                stream.shutdown().await.unwrap();
            }
        })
        .await;
        let request = Request::new(Method::Get, &url);
        let result = trusting(&certificate).send(&request).await;
        assert_eq!(result, expected, "{start} {says_so}");
    }
}

#[tokio::test]
async fn a_connection_is_kept_and_the_next_one_resumes_its_session() {
    let (sender, mut handshakes) = mpsc::unbounded_channel();
    let (url, certificate) = speaking(move |mut stream| {
        let sender = sender.clone();
        async move {
            sender.send(stream.get_ref().1.handshake_kind()).unwrap();
            for answer in [
                OK,
                OK,
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
            ] {
                read_head(&mut stream).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            // The client closes it as TLS has it.
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        }
    })
    .await;
    let (transport, request) = (trusting(&certificate), Request::new(Method::Post, &url));
    for _ in 0..4 {
        assert_eq!(transport.send(&request).await, answer(200, 2));
    }
    assert_eq!(handshakes.recv().await, Some(Some(HandshakeKind::Full)));
    assert_eq!(handshakes.recv().await, Some(Some(HandshakeKind::Resumed)));
}

#[tokio::test]
async fn long_bodies_pass_in_both_directions() {
    const LENGTH: usize = 4 << 20;
    let (url, certificate) = speaking(|mut stream| async move {
        for _ in 0..3 {
            read_head(&mut stream).await;
            let mut body = vec![0; LENGTH];
            stream.read_exact(&mut body).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&body).await.unwrap();
            stream.flush().await.unwrap();
        }
    })
    .await;
    let request = Request {
        body: Some(vec![b'x'; LENGTH].into()),
        ..Request::new(Method::Post, &url)
    };
    let transport = trusting(&certificate);
    for _ in 0..3 {
        assert_eq!(transport.send(&request).await, answer(200, LENGTH as u64));
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_was_read_is_kept() {
    let (url, certificate) = speaking(|mut stream| async move {
        stream.read_u8().await.unwrap();
        let refusal = "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
        stream.write_all(refusal.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        // Closing it with the rest unread resets the connection.
    })
    .await;
    let request = Request {
        body: Some(vec![b'x'; 4 << 20].into()),
        keep: Keep::Body,
        ..Request::new(Method::Post, &url)
    };
    let transport = trusting(&certificate);
    for _ in 0..20 {
        let result = text(transport.send(&request).await);
        assert_eq!(result, (413, "no".to_owned()));
    }
}

#[tokio::test]
async fn dropping_a_request_in_its_handshake_closes_its_connection() {
    let (url, listener) = listen().await;
    let (ready, is_ready) = oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        ready.send(()).unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    });
    let request = Request::new(Method::Get, &url.replace("http:", "https:"));
    let transport = transport();
    tokio::select! {
        _ = transport.send(&request) => panic!("it was answered"),
        _ = is_ready => {}
    }
    server.await.unwrap();
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
