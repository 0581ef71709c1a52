//! How encryption is written.

use super::{Form, Mistake, none_of, table};
use crate::plan::tls::{Identity, Tls};

table! {
    /// How connections to `https://` are made. The command only: on a page, its browser decides.
    struct TlsTable {
        required {}
        optional {
            /// Whether the certificate of a server must be one that is trusted; true if it is left
            /// out.
            verify: bool,
            /// A file of certificates in PEM that are trusted too.
            ca: String,
            /// A file with the certificate that the command shows to servers, in PEM.
            cert: String,
            /// A file with the key to `cert`; `cert` has it too, if this is left out.
            key: String,
        }
    }
}

impl Form for TlsTable {
    type Model = Tls;

    fn read(self) -> Result<Tls, Mistake> {
        if self.cert.is_none() {
            none_of(self.key.as_ref(), "key", "“cert”")?;
        }
        let default = Tls::default();
        Ok(Tls {
            verify: self.verify.unwrap_or(default.verify),
            ca: self.ca,
            identity: self.cert.map(|cert| Identity {
                cert,
                key: self.key,
            }),
        })
    }

    fn write(tls: &Tls) -> Self {
        let default = Tls::default();
        let identity = tls.identity.as_ref();
        Self {
            verify: (tls.verify != default.verify).then_some(tls.verify),
            ca: tls.ca.clone(),
            cert: identity.map(|it| it.cert.clone()),
            key: identity.and_then(|it| it.key.clone()),
        }
    }
}
