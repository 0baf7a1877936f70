//! The signature: HMAC-SHA256, keyed with the secret, over `TIMESTAMP.BODY`, in hexadecimal digits after `v1=`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::Secret;

/// Signs with one secret.
pub(super) struct Signer {
    keyed: Hmac<Sha256>,
}

impl Signer {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    pub(super) fn new(secret: &Secret) -> Self {
        let keyed = Hmac::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of every length");
        Self { keyed }
    }

    /// The header's value. `timestamp` is seconds since 1970.
    pub(super) fn sign(&self, timestamp: u64, body: &[u8]) -> String {
        let mut mac = self.keyed.clone();
        mac.update(timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("v1={digits}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, Signer};

    /// `hmac.new(b"a secret of some length", b'1700000000.{"a":1}', "sha256").hexdigest()` in Python.
    #[test]
    fn a_signature_is_what_python_gives() {
        let signer = Signer::new(&Secret::new("a secret of some length"));
        let expected = "v1=e09db3ce6e6e8f9b633a62851e5074a9e9148ac19b1c0e1a8f7c352380be630b";
        assert_eq!(signer.sign(1_700_000_000, br#"{"a":1}"#), expected);
        assert_ne!(signer.sign(1_700_000_001, br#"{"a":1}"#), expected);
    }
}
