//! A hash of what a revision does. How it is made is for `python::meaning`.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// A hash of what a revision does: `upgrade()`, `downgrade()`, what they use, and what runs at import.
///
/// Its identifiers are no part of it, and an import that is taken away is not noticed, since one that is added must
/// not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; Fingerprint::BYTES]);

impl Fingerprint {
    /// Half of SHA-256: nobody attacks this, and a line stays readable.
    const BYTES: usize = 16;

    /// The hash of what a revision does, written out.
    pub(crate) fn of_bytes(canonical: &[u8]) -> Self {
        let mut bytes = [0; Self::BYTES];
        bytes.iter_mut().zip(Sha256::digest(canonical)).for_each(|(byte, whole)| *byte = whole);
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no hash in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let is_hash = text.len() == 2 * Self::BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u128::from_str_radix(text, 16).ok().filter(|_| is_hash).ok_or(NoFingerprint)?;
        Ok(Self(value.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, NoFingerprint};

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = Fingerprint::of_bytes(b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("0".repeat(32).parse::<Fingerprint>().unwrap().to_string(), "0".repeat(32));
        for wrong in ["", "12", &"g".repeat(32), &"0".repeat(33), &format!("+{}", "0".repeat(31))] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NoFingerprint), "{wrong}");
        }
    }
}
