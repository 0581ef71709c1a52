//! How connections are encrypted, where the host can choose.

/// What a plan says of connections to `https://`. Files are named as the plan has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tls {
    /// Whether the certificate of a server must be one that is trusted.
    pub verify: bool,
    /// The file of certificates that are trusted besides those of the system.
    pub ca: Option<String>,
    /// What is shown to a server that asks for a certificate.
    pub identity: Option<Identity>,
}

/// A certificate, and the key that proves whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The file of the certificate, and of those that vouch for it.
    pub cert: String,
    /// The file of the key; that of the certificate, if there is none.
    pub key: Option<String>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            verify: true,
            ca: None,
            identity: None,
        }
    }
}
