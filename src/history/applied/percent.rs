//! `%2F` is `/`: in URLs and in locks. Knows neither.

#[cfg(feature = "database")]
use std::fmt::Write;

/// The text with each `%` and two hexadecimal digits replaced by the byte they mean; what is no UTF-8 then is replaced.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let value = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        rest = if value.is_some() { after.get(2..).unwrap_or_default() } else { after };
        bytes.push(value.unwrap_or(*first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text with all but ASCII letters and digits as `%` and two digits.
#[cfg(feature = "database")]
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(all(test, feature = "database"))]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(encode("a/b c"), "a%2Fb%20c");
        assert_eq!(decode(&encode("ä%2F+&=\n")), "ä%2F+&=\n");
        assert_eq!(decode("100%, %zz %2"), "100%, %zz %2");
    }
}
