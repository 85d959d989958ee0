//! Bytes of a source file (stand-in).

use crate::source::Encoding;

/// The bytes of `text` in `encoding`; refused where a character has no bytes there.
pub fn encode(text: &str, encoding: Encoding) -> Result<Vec<u8>, String> {
    match encoding {
        Encoding::Utf8 => Ok(text.as_bytes().to_vec()),
        Encoding::Latin1 => text
            .chars()
            .map(|char| u8::try_from(u32::from(char)).map_err(|_| "not latin-1".to_owned()))
            .collect(),
        Encoding::Named(encoding) => Ok(encoding.encode(text).0.into_owned()),
    }
}
