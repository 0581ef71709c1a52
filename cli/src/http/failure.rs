//! Why a request has failed: errors of the system, of TLS and of hyper in the words of the core. No
//! I/O.

use std::io;

use h2::Reason;
use mayfly_core::http::transport::{Http2Code, TransportError};
use mayfly_core::plan::HttpVersion;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::wire::{End, Log};

/// Why there is no connection.
pub(crate) fn of_connecting(error: &io::Error) -> TransportError {
    use io::ErrorKind as Kind;
    if is_out_of_files(error) {
        return TransportError::TooManyOpenFiles;
    }
    match error.kind() {
        Kind::AddrNotAvailable | Kind::AddrInUse => TransportError::NoLocalPort,
        // That of a Unix socket has no file.
        Kind::ConnectionRefused | Kind::NotFound => TransportError::Refused,
        Kind::ConnectionReset | Kind::ConnectionAborted => TransportError::Reset,
        Kind::HostUnreachable | Kind::NetworkDown | Kind::NetworkUnreachable | Kind::TimedOut => {
            TransportError::Unreachable
        }
        _ => TransportError::Connect,
    }
}

/// Why a name has no address.
pub(crate) fn of_lookup(error: &io::Error) -> TransportError {
    if is_out_of_files(error) {
        return TransportError::TooManyOpenFiles;
    }
    TransportError::Dns
}

/// Whether the process, or the whole system, may open no further file. Rust has no name for it.
#[cfg(unix)]
fn is_out_of_files(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let limits = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|it| limits.contains(&it))
}

#[cfg(not(unix))]
fn is_out_of_files(_: &io::Error) -> bool {
    false
}

/// Why there is no encrypted connection.
fn of_handshake(error: &io::Error) -> TransportError {
    use rustls::Error;
    let cause = error.get_ref();
    match cause.and_then(|it| it.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(cause)) => of_certificate(cause),
        Some(Error::AlertReceived(alert)) if is_about_client(*alert) => {
            TransportError::TlsClientCert
        }
        Some(
            Error::NoApplicationProtocol
            | Error::AlertReceived(AlertDescription::NoApplicationProtocol),
        ) => TransportError::Http2Only,
        Some(
            Error::PeerIncompatible(_)
            | Error::AlertReceived(
                AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity
                | AlertDescription::ProtocolVersion,
            ),
        ) => TransportError::TlsProtocol,
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => TransportError::NotTls,
        _ => TransportError::Tls,
    }
}

/// Why there is no encrypted connection for this version of HTTP; `None` is what the server chooses. That
/// no protocol is in common means that there is only another one.
pub(crate) fn of_handshake_for(version: Option<HttpVersion>, error: &io::Error) -> TransportError {
    match (of_handshake(error), version) {
        (TransportError::Http2Only, Some(HttpVersion::Http2)) => TransportError::NotHttp2,
        (TransportError::Http2Only, None) => TransportError::Tls,
        (error, _) => error,
    }
}

/// Whether a server has said in TLS that it does not take its client. In TLS 1.3 that comes after the
/// handshake, which the client takes for done.
#[cfg(target_os = "linux")]
pub(crate) fn refuses_client(error: &io::Error) -> bool {
    let cause = error.get_ref();
    let cause = cause.and_then(|it| it.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::AlertReceived(alert)) if is_about_client(*alert))
}

/// Whether a server says this of the certificate of its client. A client sends no other that could be
/// wrong.
fn is_about_client(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRequired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::DecryptError
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate
    )
}

/// Whether a handshake failed by something that only a server of TLS says.
pub(crate) fn is_of_tls(error: &io::Error) -> bool {
    use rustls::Error;
    let cause = error.get_ref();
    let cause = cause.and_then(|it| it.downcast_ref::<Error>());
    cause.is_some_and(|it| !matches!(it, Error::InvalidMessage(_)))
}

fn of_certificate(error: &CertificateError) -> TransportError {
    use CertificateError as Cause;
    match error {
        Cause::Expired
        | Cause::ExpiredContext { .. }
        | Cause::NotValidYet
        | Cause::NotValidYetContext { .. } => TransportError::TlsExpired,
        Cause::NotValidForName | Cause::NotValidForNameContext { .. } => TransportError::TlsName,
        // The others are certificates that no authority gives to a server: one that was signed by
        // itself, as openssl makes them, is that of an authority.
        // Nor is one whose issuer only has the name of somebody who is trusted.
        Cause::UnknownIssuer | Cause::BadSignature | Cause::Other(_) => {
            TransportError::TlsUntrusted
        }
        _ => TransportError::Tls,
    }
}

/// Why there was no head of an answer.
pub(super) fn of_head(error: &hyper::Error, log: &Log) -> TransportError {
    if error.is_user() {
        return TransportError::Invalid;
    }
    let start = log.start();
    if start.is_empty() {
        return match log.end() {
            // In TLS 1.3 it comes after the handshake, which the client takes for done.
            Some(End::Alert(alert)) if is_about_client(alert) => TransportError::TlsClientCert,
            _ if log.is_reused() => TransportError::ClosedIdle,
            Some(End::Alert(_) | End::Reset) => TransportError::Reset,
            Some(End::Closed) => TransportError::Closed,
            None => TransportError::Connect,
        };
    }
    match Protocol::of(&start) {
        Protocol::Http1 if error.is_parse_too_large() => {
            if TransportError::MAX_HEAD_BYTES <= log.n_received() {
                TransportError::HeadTooLong
            } else {
                TransportError::TooManyHeaders
            }
        }
        Protocol::Http1 if error.is_parse() => TransportError::Malformed,
        Protocol::Http1 => of_body(log),
        Protocol::Http2 => TransportError::Http2Only,
        Protocol::Other => TransportError::NotHttp,
        Protocol::Tls => TransportError::TlsPort,
    }
}

/// Why an answer that has begun did not end.
pub(super) fn of_body(log: &Log) -> TransportError {
    match log.end() {
        Some(End::Closed) => TransportError::Body,
        Some(End::Alert(_) | End::Reset) => TransportError::BodyReset,
        // It goes on, so what came is wrong.
        None => TransportError::Malformed,
    }
}

/// Why HTTP/2 was not begun on a new connection: no settings came that make sense.
pub(super) fn of_settings(error: &h2::Error, log: &Log) -> TransportError {
    let start = log.start();
    if !start.is_empty() {
        match Protocol::of(&start) {
            Protocol::Http1 => return TransportError::NotHttp2,
            Protocol::Http2 => (),
            Protocol::Other => return TransportError::NotHttp,
            Protocol::Tls => return TransportError::TlsPort,
        }
    }
    let end = StreamEnd {
        is_kept: false,
        has_begun: false,
        go_away: error.reason().filter(|_| error.is_remote()).map(code_of),
        log,
    };
    of_stream(error, &end)
}

/// What is known of a stream of HTTP/2 that has failed, besides its error.
pub(super) struct StreamEnd<'a> {
    /// Whether the connection had answered others before it was sent.
    pub(super) is_kept: bool,
    /// Whether its answer has begun.
    pub(super) has_begun: bool,
    /// Why the server has ended the connection, if it said so.
    pub(super) go_away: Option<Http2Code>,
    /// What happened on the connection.
    pub(super) log: &'a Log,
}

/// Why a stream of HTTP/2 has failed.
pub(super) fn of_stream(error: &h2::Error, end: &StreamEnd<'_>) -> TransportError {
    let reason = error.reason().unwrap_or(Reason::NO_ERROR);
    if error.is_remote() {
        return match reason {
            reason if error.is_go_away() => TransportError::GoAway(code_of(reason)),
            Reason::REFUSED_STREAM => TransportError::StreamRefused,
            reason => TransportError::StreamReset(code_of(reason)),
        };
    }
    if !error.is_io() {
        return TransportError::Malformed;
    }
    match (end.go_away, end.log.end()) {
        (Some(code), _) if code != code_of(Reason::NO_ERROR) => TransportError::GoAway(code),
        (_, Some(End::Alert(alert))) if is_about_client(alert) => TransportError::TlsClientCert,
        (_, Some(End::Alert(_) | End::Reset)) if end.has_begun => TransportError::BodyReset,
        _ if end.has_begun => TransportError::Body,
        _ if end.is_kept => TransportError::ClosedIdle,
        (_, Some(End::Alert(_) | End::Reset)) => TransportError::Reset,
        _ => TransportError::Closed,
    }
}

pub(super) fn code_of(reason: Reason) -> Http2Code {
    Http2Code(reason.into())
}

/// What a server speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
    Other,
    Tls,
}

impl Protocol {
    /// By the first bytes that it sends, of which there may be few.
    pub(crate) fn of(start: &[u8]) -> Self {
        let http1 = b"HTTP/1.";
        let length = start.len().min(http1.len());
        match start {
            // Of HTTP/2, the first is a frame of settings on stream 0, whose length comes first.
            [_, _, _, 4, _, 0, 0, 0, 0, ..] => Self::Http2,
            // Of TLS, an alert or a handshake of version 3.
            [0x15 | 0x16, 3, ..] => Self::Tls,
            _ if start[..length] == http1[..length] => Self::Http1,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_known_by_their_first_bytes() {
        for (start, expected) in [
            (&b"HTTP/1.1 "[..], Protocol::Http1),
            (b"HT", Protocol::Http1),
            (b"HTTP/2 20", Protocol::Other),
            (b"SSH-2.0-O", Protocol::Other),
            (b"<html>", Protocol::Other),
            (&[0, 0, 18, 4, 0, 0, 0, 0, 0], Protocol::Http2),
            (&[0x15, 3, 3, 0, 2, 2, 80], Protocol::Tls),
        ] {
            assert_eq!(Protocol::of(start), expected, "{start:?}");
        }
    }

    #[track_caller]
    fn check_tls(error: rustls::Error, expected: TransportError) {
        let error = io::Error::new(io::ErrorKind::InvalidData, error);
        assert_eq!(of_handshake(&error), expected);
    }

    #[test]
    fn causes_of_failed_handshakes_are_told_apart() {
        use TransportError::{
            Http2Only, NotTls, Tls, TlsClientCert, TlsExpired, TlsName, TlsProtocol, TlsUntrusted,
        };
        use rustls::Error;
        check_tls(CertificateError::Expired.into(), TlsExpired);
        check_tls(CertificateError::NotValidYet.into(), TlsExpired);
        check_tls(CertificateError::NotValidForName.into(), TlsName);
        check_tls(CertificateError::UnknownIssuer.into(), TlsUntrusted);
        check_tls(CertificateError::BadSignature.into(), TlsUntrusted);
        check_tls(CertificateError::Revoked.into(), Tls);
        let alert = Error::AlertReceived;
        check_tls(alert(AlertDescription::NoApplicationProtocol), Http2Only);
        check_tls(alert(AlertDescription::ProtocolVersion), TlsProtocol);
        check_tls(alert(AlertDescription::InternalError), Tls);
        check_tls(alert(AlertDescription::CertificateRequired), TlsClientCert);
        check_tls(alert(AlertDescription::UnknownCA), TlsClientCert);
        check_tls(InvalidMessage::InvalidContentType.into(), NotTls);
        let closed = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(of_handshake(&closed), Tls);
    }

    #[cfg(unix)]
    #[test]
    fn running_out_of_files_is_called_that() {
        for errno in [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE] {
            let error = io::Error::from(errno);
            assert_eq!(of_connecting(&error), TransportError::TooManyOpenFiles);
            assert_eq!(of_lookup(&error), TransportError::TooManyOpenFiles);
        }
    }

    #[test]
    fn what_the_system_says_of_a_connection_is_kept() {
        use io::ErrorKind;
        for (kind, expected) in [
            (ErrorKind::ConnectionRefused, TransportError::Refused),
            (ErrorKind::AddrNotAvailable, TransportError::NoLocalPort),
            (ErrorKind::HostUnreachable, TransportError::Unreachable),
            (ErrorKind::PermissionDenied, TransportError::Connect),
        ] {
            assert_eq!(of_connecting(&kind.into()), expected, "{kind}");
        }
    }
}
