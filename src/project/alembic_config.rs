//! Alembic's own configuration: `alembic.ini` (any section with `script_location`) and `[tool.alembic]`.
//!
//! Values only; what they point at is found in `script_directory`.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::ini::Ini;

/// One Alembic environment as a configuration file describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AlembicConfig {
    /// The file.
    pub(super) file: PathBuf,
    /// `script_location`; `None` where the file leaves it to code, as Flask-Migrate does.
    pub(super) script_location: Option<String>,
    /// `version_locations`.
    pub(super) version_locations: Vec<String>,
    /// `recursive_version_locations`.
    pub(super) recursive: bool,
    /// `prepend_sys_path`.
    pub(super) prepend_sys_path: Vec<String>,
    /// `sqlalchemy.url` of the section and of the databases it lists.
    pub(super) urls: Vec<String>,
}

/// The environments that the files of one directory describe, and why files could not be used.
pub(super) fn read_directory(directory: &Path, disk: &Disk) -> (Vec<AlembicConfig>, Vec<ConfigFault>) {
    let mut faults = Vec::new();
    let toml = directory.join("pyproject.toml");
    let toml = match if disk.is_file(&toml) { read_toml(&toml) } else { Ok(None) } {
        Ok(toml) => toml,
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let mut configs = Vec::new();
    let mut is_toml_used = false;
    for path in ini_files(directory, disk) {
        // Alembic reads both files of a directory; what `alembic.ini` sets goes before `[tool.alembic]`.
        let fallback = toml.as_ref().filter(|_| path.file_name().is_some_and(|name| name == "alembic.ini"));
        match read_ini(&path, fallback) {
            Ok(found) => {
                is_toml_used |=
                    fallback.is_some() && found.iter().any(|config| config.script_location.is_some());
                configs.extend(found);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(toml) = toml.filter(|toml| !is_toml_used && toml.script_location.is_some()) {
        configs.retain(|config| config.script_location.is_some());
        configs.push(toml);
    }
    (configs, faults)
}

/// A configuration file that Alembic could not use either.
#[derive(Debug, Clone)]
pub(super) struct ConfigFault {
    /// The file.
    pub(super) file: PathBuf,
    /// The line, where one is to blame.
    pub(super) line: Option<usize>,
    /// What is wrong and what to do.
    pub(super) message: String,
}

impl ConfigFault {
    fn new(file: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

/// `alembic.ini`, and any other `.ini` that sets `script_location` (for `alembic -c`).
fn ini_files(directory: &Path, disk: &Disk) -> Vec<PathBuf> {
    let Ok(entries) = disk.entries(directory) else { return Vec::new() };
    let names = entries.iter().map(|entry| Path::new(&entry.name));
    let of_kind = names.filter(|name| name.extension().is_some_and(|extension| extension == "ini"));
    of_kind.map(|name| directory.join(name)).filter(|path| disk.is_file(path)).collect()
}

fn read_ini(path: &Path, fallback: Option<&AlembicConfig>) -> Result<Vec<AlembicConfig>, ConfigFault> {
    let is_alembic_ini = path.file_name().is_some_and(|name| name == "alembic.ini");
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if is_alembic_ini => {
            return Err(ConfigFault::new(path, None, format!("cannot be read: {error}; make it readable")));
        }
        Err(_) => return Ok(Vec::new()),
    };
    let text = String::from_utf8_lossy(&bytes);
    if !is_alembic_ini && !text.contains("script_location") {
        return Ok(Vec::new());
    }
    let here = path.parent().unwrap_or(path).to_string_lossy();
    let ini = match Ini::parse(&text, &here) {
        Ok(ini) => ini,
        Err(error) => return Err(ConfigFault::new(path, Some(error.line), error.message)),
    };
    let fault = |message: String| ConfigFault::new(path, None, message);
    let mut configs = Vec::new();
    for section in ini.sections() {
        let is_main = section == "alembic";
        if ini.has(section, "script_location") || (is_main && is_alembic_ini) {
            configs.push(read_section(&ini, section, path, fallback.filter(|_| is_main)).map_err(fault)?);
        }
    }
    Ok(configs)
}

fn read_section(
    ini: &Ini,
    section: &str,
    path: &Path,
    fallback: Option<&AlembicConfig>,
) -> Result<AlembicConfig, String> {
    // Alembic looks at a separator only when there is a list to split; many files hold an unusable one unnoticed.
    let list = |key: &str| Ok::<_, String>(ini.get(section, key)?.filter(|value| !value.is_empty()));
    let version_locations = match list("version_locations")? {
        Some(value) => split(
            &value,
            separator(ini, section, &["path_separator", "version_path_separator"])?,
            &[',', ' '],
        ),
        None => fallback.map(|toml| toml.version_locations.clone()).unwrap_or_default(),
    };
    let prepend_sys_path = match list("prepend_sys_path")? {
        Some(value) => split(&value, separator(ini, section, &["path_separator"])?, &[',', ' ', ':']),
        None => fallback.map(|toml| toml.prepend_sys_path.clone()).unwrap_or_default(),
    };
    let recursive = match ini.get(section, "recursive_version_locations")? {
        Some(value) => value == "true",
        None => fallback.is_some_and(|toml| toml.recursive),
    };
    let script_location = match ini.get(section, "script_location")? {
        Some(value) => Some(value),
        None => fallback.and_then(|toml| toml.script_location.clone()),
    };
    Ok(AlembicConfig {
        file: path.to_owned(),
        script_location,
        version_locations,
        recursive,
        prepend_sys_path,
        urls: urls(ini, section),
    })
}

/// `sqlalchemy.url` of the section and of the sections that its `databases` names. A URL that cannot be
/// interpolated tells nothing; `env.py` may set it.
fn urls(ini: &Ini, section: &str) -> Vec<String> {
    let databases = ini.get(section, "databases").ok().flatten().unwrap_or_default();
    let names = databases.split(',').map(str::trim).filter(|name| !name.is_empty());
    std::iter::once(section)
        .chain(names)
        .filter_map(|name| ini.get(name, "sqlalchemy.url").ok().flatten())
        .filter(|url| !url.is_empty())
        .collect()
}

fn separator(ini: &Ini, section: &str, keys: &[&str]) -> Result<Option<char>, String> {
    for key in keys {
        let Some(value) = ini.get(section, key)? else { continue };
        return match value.as_str() {
            "space" => Ok(Some(' ')),
            "newline" => Ok(Some('\n')),
            "os" if cfg!(windows) => Ok(Some(';')),
            "os" | ":" => Ok(Some(':')),
            ";" => Ok(Some(';')),
            _ => Err(format!(
                "`{key}` in `[{section}]` is `{value}`; expected `space`, `newline`, `os`, `:` or `;`"
            )),
        };
    }
    Ok(None)
}

/// Splits a list; without a separator as Alembic did before there was one.
fn split(value: &str, separator: Option<char>, legacy: &[char]) -> Vec<String> {
    let parts: Vec<&str> = match separator {
        Some(separator) => value.split(separator).map(str::trim).collect(),
        None => value.split(legacy).collect(),
    };
    parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `[tool.alembic]` of a `pyproject.toml`; `None` where there is none.
fn read_toml(path: &Path) -> Result<Option<AlembicConfig>, ConfigFault> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    if !text.contains("alembic") {
        return Ok(None);
    }
    let document: toml::Table = match toml::from_str(&text) {
        Ok(document) => document,
        Err(error) => {
            let line =
                error.span().map(|span| text.get(..span.start).unwrap_or_default().split('\n').count());
            return Err(ConfigFault::new(path, line, format!("is not valid TOML: {}", error.message())));
        }
    };
    let table = document.get("tool").and_then(|tool| tool.get("alembic")).and_then(toml::Value::as_table);
    let Some(table) = table else { return Ok(None) };
    let here = path.parent().unwrap_or(path).to_string_lossy();
    let text_of = |value: &toml::Value| value.as_str().map(|text| format_here(text, &here));
    let strings = |key: &str| match table.get(key) {
        None => Ok(Vec::new()),
        Some(value) => value
            .as_array()
            .and_then(|list| list.iter().map(text_of).collect::<Option<Vec<String>>>())
            .ok_or_else(|| fault_of(path, &text, key, "a list of strings")),
    };
    let script_location = match table.get("script_location") {
        None => None,
        Some(value) => {
            Some(text_of(value).ok_or_else(|| fault_of(path, &text, "script_location", "a string"))?)
        }
    };
    let recursive = match table.get("recursive_version_locations") {
        None => false,
        Some(value) => value
            .as_bool()
            .ok_or_else(|| fault_of(path, &text, "recursive_version_locations", "true or false"))?,
    };
    Ok(Some(AlembicConfig {
        file: path.to_owned(),
        script_location,
        version_locations: strings("version_locations")?,
        recursive,
        prepend_sys_path: strings("prepend_sys_path")?,
        urls: Vec::new(),
    }))
}

fn fault_of(path: &Path, text: &str, key: &str, expected: &str) -> ConfigFault {
    let line = text.lines().position(|line| line.trim_start().starts_with(key)).map(|index| index + 1);
    ConfigFault::new(path, line, format!("`{key}` in `[tool.alembic]` must be {expected}"))
}

/// Python's `value % {"here": ..}`.
fn format_here(value: &str, here: &str) -> String {
    let parts: Vec<String> = value.split("%%").map(|part| part.replace("%(here)s", here)).collect();
    parts.join("%")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn lists_are_split_as_alembic_splits_them() {
        assert_eq!(split("a, b c,d", None, &[',', ' ']), ["a", "b", "c", "d"]);
        assert_eq!(split("a:b", None, &[',', ' ']), ["a:b"]);
        assert_eq!(split("a:b .", None, &[',', ' ', ':']), ["a", "b", "."]);
        assert_eq!(split("\n a b\n c\n", Some('\n'), &[]), ["a b", "c"]);
        assert_eq!(split("a:b", Some(':'), &[]), ["a", "b"]);
        // Without a separator a line break does not split: Alembic then finds no such folder.
        assert_eq!(split("\na\nb", None, &[',', ' ']), ["\na\nb"]);
    }
}
