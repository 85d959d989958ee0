//! Bytes on disk <-> text, as Python decides it: byte order mark, PEP 263 declaration, else UTF-8. Does not parse.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::source::Encoding;

/// The size that few revisions exceed.
const USUAL_BYTES: usize = 16 << 10;

/// The text of a file and how to write it back, or why there is none, as a sentence for people.
pub fn read(path: &Path) -> Result<(String, Encoding), String> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err("is a directory, not a file; rename or move it".to_owned());
    }
    // Opening a pipe would wait for its writer.
    if !metadata.is_file() {
        return Err("is not a regular file; move it out of the version location".to_owned());
    }
    read_regular(path)
}

/// [`read`] for a path that is known to be a regular file.
pub(super) fn read_regular(path: &Path) -> Result<(String, Encoding), String> {
    // Most revisions fit; asking for the size first would cost a system call each.
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
    file.take(u64::MAX).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if u32::try_from(bytes.len()).is_err() {
        return Err("is larger than 4 GiB; move it out of the version location".to_owned());
    }
    decode(bytes)
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "cannot be read: it does not exist (a broken symbolic link?); remove it or restore its target"
                .to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "cannot be read: permission denied; give the current user read access".to_owned()
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// Decodes a Python source file.
pub fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), String> {
    if let Some(offset) = memchr::memchr(0, &bytes) {
        return Err(format!(
            "contains a null byte at byte offset {offset} (line {}), which Python refuses; save the file as UTF-8",
            line_of(&bytes, offset)
        ));
    }
    let has_mark = bytes.starts_with(b"\xef\xbb\xbf");
    match declared(&bytes)? {
        Declared::Utf8 => utf8(bytes),
        other if has_mark => Err(format!(
            "starts with a UTF-8 byte order mark but declares the encoding `{}`, which Python refuses; remove \
             one of the two",
            other.name()
        )),
        Declared::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => utf8(bytes),
            Some(offset) => Err(format!(
                "declares the encoding `ascii`, but has another byte at byte offset {offset} (line {}); declare \
                 the encoding it was saved in",
                line_of(&bytes, offset)
            )),
        },
        Declared::Latin1 => Ok((bytes.iter().map(|byte| char::from(*byte)).collect(), Encoding::Latin1)),
        Declared::Other(encoding) => {
            match encoding.decode_without_bom_handling_and_without_replacement(&bytes) {
                Some(text) => Ok((text.into_owned(), Encoding::Named(encoding))),
                None => Err(format!(
                    "declares the encoding `{}`, but holds bytes that are not valid in it; declare the encoding it \
                 was saved in, or save it as UTF-8",
                    encoding.name().to_lowercase()
                )),
            }
        }
    }
}

/// The bytes of `text` in `encoding`; refused where a character has no bytes there.
pub fn encode(text: &str, encoding: Encoding) -> Result<Vec<u8>, String> {
    match encoding {
        Encoding::Utf8 => Ok(text.as_bytes().to_vec()),
        Encoding::Latin1 => text
            .chars()
            .map(|char| u8::try_from(u32::from(char)).map_err(|_| no_bytes(char, "latin-1")))
            .collect(),
        Encoding::Named(encoding) => {
            let (bytes, _, has_unmappable) = encoding.encode(text);
            let name = encoding.name().to_lowercase();
            if has_unmappable {
                return Err(format!("holds characters that the encoding `{name}` has no bytes for"));
            }
            let back = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
            if back.as_deref() == Some(text) {
                Ok(bytes.into_owned())
            } else {
                Err(format!(
                    "cannot be written in the encoding `{name}` without changing it; save it as UTF-8"
                ))
            }
        }
    }
}

fn no_bytes(char: char, encoding: &str) -> String {
    format!("holds `{char}`, which the encoding `{encoding}` has no byte for")
}

fn utf8(bytes: Vec<u8>) -> Result<(String, Encoding), String> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, Encoding::Utf8)),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            Err(format!(
                "is not UTF-8: byte 0x{:02x} at byte offset {offset} (line {}); save it as UTF-8, or declare its \
                 encoding in the first line, such as `# -*- coding: latin-1 -*-`",
                bytes.get(offset).copied().unwrap_or_default(),
                line_of(bytes, offset)
            ))
        }
    }
}

/// The 1-based line of a byte offset; `\n`, `\r\n` and a lone `\r` end a line.
fn line_of(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let ends = before.iter().enumerate().filter(|(i, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() + 1
}

/// What the first two lines declare.
enum Declared {
    Utf8,
    Ascii,
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

impl Declared {
    fn name(&self) -> String {
        match self {
            Self::Utf8 => "utf-8".to_owned(),
            Self::Ascii => "ascii".to_owned(),
            Self::Latin1 => "latin-1".to_owned(),
            Self::Other(encoding) => encoding.name().to_lowercase(),
        }
    }
}

fn declared(bytes: &[u8]) -> Result<Declared, String> {
    let Some(name) = declaration(bytes) else { return Ok(Declared::Utf8) };
    let normal = name.to_ascii_lowercase().replace('_', "-");
    if normal == "utf-8" || normal == "utf8" || normal.starts_with("utf-8-") || normal == "u8" {
        return Ok(Declared::Utf8);
    }
    if matches!(normal.as_str(), "ascii" | "us-ascii" | "646") {
        return Ok(Declared::Ascii);
    }
    let latin1 = ["latin-1", "iso-8859-1", "iso-latin-1"];
    if latin1.iter().any(|known| normal == *known || normal.starts_with(&format!("{known}-")))
        || matches!(normal.as_str(), "latin1" | "l1" | "iso8859-1" | "8859" | "cp819" | "latin")
    {
        return Ok(Declared::Latin1);
    }
    // Labels of the Encoding Standard that Python spells differently.
    let label = match normal.as_str() {
        "mac-roman" | "macroman" => "macintosh",
        "cp932" | "ms932" | "mskanji" | "ms-kanji" => "windows-31j",
        "cp949" | "uhc" | "euckr" => "euc-kr",
        "cp936" | "ms936" => "gbk",
        "cp950" | "ms950" => "big5",
        "sjis" | "s-jis" | "shift-jis" | "shiftjis" => "shift_jis",
        "eucjp" | "ujis" => "euc-jp",
        other => other,
    };
    encoding_rs::Encoding::for_label(label.as_bytes())
        .filter(|encoding| encoding.is_ascii_compatible())
        .map(Declared::Other)
        .ok_or_else(|| {
            format!(
                "declares the encoding `{name}`, which is unknown or no encoding for source code; save the file \
                 as UTF-8 and remove the declaration"
            )
        })
}

/// The encoding that a comment in line 1 or 2 names (PEP 263); line 2 counts after a blank or comment line only.
fn declaration(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let first = lines.next()?;
    if let Some(name) = declared_in(first) {
        return Some(name);
    }
    let rest = first.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
    if rest.is_some_and(|byte| *byte != b'#') {
        return None;
    }
    let second = lines.next()?;
    let is_crlf = second.is_empty() && bytes.get(first.len()..first.len() + 2) == Some(b"\r\n");
    declared_in(if is_crlf { lines.next()? } else { second })
}

/// `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`
fn declared_in(line: &[u8]) -> Option<&str> {
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))?;
    let mut comment = line.get(start..)?.strip_prefix(b"#")?;
    while let Some(at) = comment.windows(6).position(|window| window == b"coding") {
        comment = comment.get(at + 6..)?;
        let Some((b':' | b'=', value)) = comment.split_first() else { continue };
        let value = value.trim_ascii_start();
        let end = value
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')))
            .unwrap_or(value.len());
        if end > 0 {
            return std::str::from_utf8(value.get(..end)?).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        let (text, encoding) = decode(bytes.to_vec()).unwrap();
        assert_eq!(encode(&text, encoding).unwrap(), bytes, "written back as it was");
        text
    }

    fn reason(bytes: &[u8]) -> String {
        decode(bytes.to_vec()).unwrap_err()
    }

    #[test]
    fn encodings_that_python_accepts() {
        assert_eq!(text_of(b"x = 1\r\n"), "x = 1\r\n");
        assert_eq!(text_of(b"\xef\xbb\xbf# coding: utf-8\nx"), "\u{feff}# coding: utf-8\nx");
        assert!(text_of(b"# -*- coding: latin-1 -*-\n\xe9\x80").ends_with("\u{e9}\u{80}"));
        assert!(text_of(b"#!/x\r\n# vim: set fileencoding=iso-8859-15 :\r\n\xa4").ends_with('\u{20ac}'));
        assert!(text_of(b"# a\r# coding: Latin_1\r\xe9").ends_with('\u{e9}'));
        assert!(text_of(b" \t\x0c# coding=cp1252\n\x80").ends_with('\u{20ac}'));
        assert!(text_of(b"# coding: mac-roman\n\x80").ends_with('\u{c4}'));
        assert!(text_of(b"# coding: gbk\n\xd6\xd0").ends_with('\u{4e2d}'));
        assert!(text_of(b"# coding: shift_jis\n\x92\x86").ends_with('\u{4e2d}'));
        assert!(text_of(b"# coding: ascii\nx").ends_with('x'));
    }

    #[test]
    fn encodings_that_python_refuses_are_refused_with_a_way_out() {
        assert!(reason(b"x = 1\0\n").contains("null byte at byte offset 5 (line 1)"));
        assert!(reason(b"# coding: foo\n").contains("`foo`"));
        assert!(reason(b"# coding: utf-16\n").contains("`utf-16`"));
        assert!(reason(b"# coding: ascii\n\xe9").contains("byte offset 16 (line 2)"));
        assert!(reason(b"\xef\xbb\xbf# coding: latin-1\n").contains("byte order mark"));
        assert!(reason(b"# coding: shift_jis\n\x92").contains("shift_jis"));
        for undeclared in [
            b"\n\n# coding: latin-1\n\xe9".as_slice(),
            b"x = 1\n# coding: latin-1\n\xe9",
            b"\"\"\"\n coding: latin-1\"\"\"\n\xe9",
        ] {
            assert!(reason(undeclared).contains("is not UTF-8: byte 0xe9"), "{undeclared:?}");
        }
        assert!(reason(b"# a\r\nx\rb\xff").contains("(line 3)"));
    }

    #[test]
    fn what_an_encoding_cannot_hold_is_not_written() {
        assert!(encode("\u{20ac}", Encoding::Latin1).unwrap_err().contains('\u{20ac}'));
        assert!(encode("\u{4e2d}", Encoding::Named(encoding_rs::WINDOWS_1252)).is_err());
    }
}
