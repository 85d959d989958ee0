//! An INI text as Python's `configparser` reads it: continuation lines, `%(name)s`, `[DEFAULT]`, keys without case.
//!
//! Knows nothing of Alembic.

use std::collections::BTreeMap;

/// The sections of an INI file, values not yet interpolated.
#[derive(Debug, Default)]
pub(super) struct Ini {
    defaults: BTreeMap<String, String>,
    sections: Vec<(String, BTreeMap<String, String>)>,
}

/// Why `configparser` would refuse a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IniError {
    /// The 1-based line.
    pub(super) line: usize,
    /// What is wrong there, and what was expected.
    pub(super) message: String,
}

/// How deep `configparser` follows values that name other values.
const MAX_INTERPOLATION_DEPTH: usize = 10;

impl Ini {
    /// Reads `text`; `here` becomes a default value, as Alembic gives it.
    pub(super) fn parse(text: &str, here: &str) -> Result<Self, IniError> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
        let mut ini = Self::default();
        let mut reader = Reader::default();
        for (index, line) in text.split('\n').enumerate() {
            reader.line(&mut ini, index + 1, line)?;
        }
        reader.finish_option(&mut ini);
        ini.defaults.entry("here".to_owned()).or_insert_with(|| here.replace('%', "%%"));
        Ok(ini)
    }

    /// The names of the sections, in order.
    pub(super) fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(name, _)| name.as_str())
    }

    /// The keys of a section, defaults not counted.
    pub(super) fn keys(&self, section: &str) -> impl Iterator<Item = &str> {
        self.section(section).into_iter().flat_map(|values| values.keys().map(String::as_str))
    }

    /// Whether a section has a key itself, defaults not counted.
    pub(super) fn has(&self, section: &str, key: &str) -> bool {
        self.section(section).is_some_and(|values| values.contains_key(key))
    }

    /// A value of an existing section or of the defaults, interpolated.
    pub(super) fn get(&self, section: &str, key: &str) -> Result<Option<String>, String> {
        let Some(values) = self.section(section) else { return Ok(None) };
        let Some(raw) = values.get(key).or_else(|| self.defaults.get(key)) else { return Ok(None) };
        self.interpolate(values, raw, 0)
            .map(Some)
            .map_err(|reason| format!("`{key}` in `[{section}]`: {reason}"))
    }

    fn section(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, values)| values)
    }

    fn interpolate(
        &self,
        values: &BTreeMap<String, String>,
        raw: &str,
        depth: usize,
    ) -> Result<String, String> {
        if depth > MAX_INTERPOLATION_DEPTH {
            return Err("its values name each other without end".to_owned());
        }
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('%') {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            let after = after.get(1..).unwrap_or_default();
            if let Some(literal) = after.strip_prefix('%') {
                out.push('%');
                rest = literal;
                continue;
            }
            let Some((name, tail)) = after.strip_prefix('(').and_then(|name| name.split_once(")s")) else {
                return Err("a `%` must be doubled (`%%`) or start `%(name)s`".to_owned());
            };
            let name = name.to_lowercase();
            let Some(value) = values.get(&name).or_else(|| self.defaults.get(&name)) else {
                return Err(format!("`%({name})s` names no value; define `{name}` or write `%%`"));
            };
            out.push_str(&self.interpolate(values, value, depth + 1)?);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// Where in the file the reading stands.
#[derive(Default)]
struct Reader {
    /// The section whose values follow; `None` before the first header.
    section: Option<String>,
    /// The key whose value may go on, with the lines so far.
    option: Option<(String, Vec<String>)>,
    indent: usize,
}

impl Reader {
    fn line(&mut self, ini: &mut Ini, number: usize, line: &str) -> Result<(), IniError> {
        let content = line.trim();
        if content.starts_with(['#', ';']) {
            return Ok(());
        }
        if content.is_empty() {
            if let Some((_, lines)) = &mut self.option {
                lines.push(String::new());
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|char| char.is_whitespace()).count();
        if indent > self.indent
            && let Some((_, lines)) = &mut self.option
        {
            lines.push(content.to_owned());
            return Ok(());
        }
        self.indent = indent;
        self.finish_option(ini);
        let header = content.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'));
        if let Some((name, _)) = header.filter(|(name, _)| !name.is_empty()) {
            return self.open_section(ini, number, name);
        }
        self.open_option(ini, number, content)
    }

    fn open_section(&mut self, ini: &mut Ini, number: usize, name: &str) -> Result<(), IniError> {
        if name != "DEFAULT" {
            if ini.section(name).is_some() {
                let message = format!("the section `[{name}]` stands twice; merge the two");
                return Err(IniError { line: number, message });
            }
            ini.sections.push((name.to_owned(), BTreeMap::new()));
        }
        self.section = Some(name.to_owned());
        Ok(())
    }

    fn open_option(&mut self, ini: &Ini, number: usize, content: &str) -> Result<(), IniError> {
        let error = |message: String| Err(IniError { line: number, message });
        let Some(section) = &self.section else {
            return error("expected a section header such as `[alembic]` before the first value".to_owned());
        };
        let key_value = content.split_once(['=', ':']).filter(|(key, _)| !key.trim().is_empty());
        let Some((key, value)) = key_value else {
            return error(format!("expected `key = value`, found `{content}`"));
        };
        let key = key.trim_end().to_lowercase();
        let values = if section == "DEFAULT" { Some(&ini.defaults) } else { ini.section(section) };
        if values.is_some_and(|values| values.contains_key(&key)) {
            return error(format!("`{key}` stands twice in `[{section}]`; keep one"));
        }
        self.option = Some((key, vec![value.trim().to_owned()]));
        Ok(())
    }

    fn finish_option(&mut self, ini: &mut Ini) {
        let Some((key, lines)) = self.option.take() else { return };
        let value = lines.join("\n").trim_end().to_owned();
        match self.section.as_deref() {
            Some("DEFAULT") => {
                ini.defaults.insert(key, value);
            }
            _ => {
                if let Some((_, values)) = ini.sections.last_mut() {
                    values.insert(key, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, key: &str) -> Option<String> {
        Ini::parse(text, "/here").unwrap().get("alembic", key).unwrap()
    }

    #[test]
    fn reads_as_configparser() {
        let text = "[DEFAULT]\na = 1\n[alembic] ; note\n; comment\n  # comment\nkey = one\n  two\n  # comment\n  three\n\n  \
                    four\nEmpty =\nOther: v = w\nk2 = %(a)s%%x ; kept\nplace = %(here)s/%(OTHER)s\n";
        assert_eq!(get(text, "key").unwrap(), "one\ntwo\nthree\n\nfour");
        assert_eq!(get(text, "empty").unwrap(), "");
        assert_eq!(get(text, "other").unwrap(), "v = w");
        assert_eq!(get(text, "k2").unwrap(), "1%x ; kept");
        assert_eq!(get(text, "place").unwrap(), "/here/v = w");
        assert_eq!(get(text, "a").unwrap(), "1");
        assert_eq!(get(text, "none"), None);
    }

    #[test]
    fn deeper_lines_continue_and_equal_ones_do_not() {
        assert_eq!(get("[alembic]\n  k = v\n  l = w\n", "l").unwrap(), "w");
        assert_eq!(get("[alembic]\nk =\n  v1\n# c\n  v2\n", "k").unwrap(), "\nv1\nv2");
        assert_eq!(get("[alembic]\r\nk = v\r\n", "k").unwrap(), "v");
    }

    #[test]
    fn refuses_what_configparser_refuses() {
        let line = |text: &str| Ini::parse(text, "/").unwrap_err().line;
        assert_eq!(line("k = v\n"), 1);
        assert_eq!(line("[a]\nfoo\n"), 2);
        assert_eq!(line("[a]\n= v\n"), 2);
        assert_eq!(line("[a]\nk = 1\nK = 2\n"), 3);
        assert_eq!(line("[a]\n\n[a]\n"), 3);
        let ini = Ini::parse("[alembic]\nk = 5%\nl = %(no)s\nm = %(m)s\n", "/").unwrap();
        assert!(ini.get("alembic", "k").unwrap_err().contains("`%%`"));
        assert!(ini.get("alembic", "l").unwrap_err().contains("`%(no)s`"));
        assert!(ini.get("alembic", "m").unwrap_err().contains("without end"));
    }
}
