//! The settings as they stand in a file, with their places, and their JSON schema. Not what a run works with:
//! that is [`Settings`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::custom_rule::{self, CustomRuleOptions};
use super::document::Source;
use super::{AppliedRef, ConfigError, Key, Settings, SqlmodelImport};
use crate::operation::Dialect;
use crate::severity::Severity;

/// Every key of [`Options`].
pub(super) const KEYS: [&str; 16] = [
    "applied-ref",
    "applied-through",
    "custom-rule",
    "database-url-env",
    "database-version",
    "dialect",
    "extend-select",
    "fail-on",
    "ignore",
    "required-imports",
    "select",
    "severity",
    "sqlmodel-import",
    "version-locations",
    "version-table",
    "version-table-schema",
];

/// Settings of alembic-lint: `alembic-lint.toml`, or `[tool.alembic-lint]` in `pyproject.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "alembic-lint")]
pub(super) struct Options {
    /// Presets (`recommended`, `strict`, `all`, `none`), categories and rule names that are on; `recommended`
    /// when not set.
    #[schemars(with = "Option<Vec<String>>")]
    select: Option<Vec<Spanned<String>>>,
    /// Categories and rule names that are on besides `select`.
    #[schemars(with = "Option<Vec<String>>")]
    extend_select: Option<Vec<Spanned<String>>>,
    /// Categories and rule names that are off, each with or without a reason.
    #[schemars(with = "Option<Vec<Ignore>>")]
    ignore: Option<Vec<Spanned<Ignore>>>,
    /// Severities by rule name.
    #[schemars(with = "Option<BTreeMap<String, Severity>>")]
    severity: Option<BTreeMap<Spanned<String>, Severity>>,
    /// The least severity that fails the run; `warning` when not set.
    fail_on: Option<Severity>,
    /// Rules of one's own.
    custom_rule: Option<Vec<CustomRuleOptions>>,
    /// The database family; read from `alembic.ini` or the dependencies when not set.
    #[schemars(with = "Option<Dialect>")]
    dialect: Option<DialectName>,
    /// The oldest server version the revisions run on, such as `"14"`.
    #[schemars(with = "Option<VersionOption>")]
    database_version: Option<Spanned<VersionOption>>,
    /// Which revisions must import sqlmodel; `always` in a project that uses `SQLModel` when not set.
    sqlmodel_import: Option<SqlmodelImport>,
    /// Modules that every revision must import.
    #[schemars(with = "Option<Vec<String>>")]
    required_imports: Option<Vec<Spanned<String>>>,
    /// The git ref whose revisions count as applied, or `false` to ask git nothing. When not set, the pull request's
    /// base or the default branch is used where nothing else says what is applied.
    #[schemars(with = "Option<AppliedRefOption>")]
    applied_ref: Option<Spanned<AppliedRefOption>>,
    /// The revisions that deployed databases are at: these and all that they need count as applied. Holds where
    /// neither `applied-ref` nor an `alembic-lint.lock` says what is applied.
    #[schemars(with = "Option<OneOrMore>")]
    applied_through: Option<Spanned<OneOrMore>>,
    /// The environment variable with the URL of the database whose version table says what is applied. Holds where
    /// it is set and nothing else says so. The URL itself belongs in no file.
    #[schemars(with = "Option<String>")]
    database_url_env: Option<Spanned<String>>,
    /// Alembic's version table; read from `env.py` when not set.
    #[schemars(with = "Option<String>")]
    version_table: Option<Spanned<String>>,
    /// The schema of the version table; read from `env.py` when not set.
    #[schemars(with = "Option<String>")]
    version_table_schema: Option<Spanned<String>>,
    /// Directories of revisions that the project's code hands to Alembic, relative to the configuration file.
    #[schemars(with = "Option<Vec<String>>")]
    version_locations: Option<Vec<Spanned<String>>>,
}

/// One name, or a list of them.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
enum OneOrMore {
    /// A revision, a beginning of one, or a branch label.
    One(String),
    /// Several of them.
    More(Vec<String>),
}

/// An entry of `ignore`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
enum Ignore {
    /// A category or rule name.
    Name(String),
    /// A category or rule name with the reason.
    WithReason {
        /// The category or rule name.
        rule: String,
        /// Why it is off.
        reason: String,
    },
}

/// The value of `applied-ref`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
enum AppliedRefOption {
    /// A branch, tag or commit.
    Named(String),
    /// `false`: git is not asked.
    Switch(bool),
}

impl Options {
    /// Writes what is set into `settings`; paths are relative to `directory`.
    pub(super) fn apply(
        self,
        settings: &mut Settings,
        source: &Source<'_>,
        directory: &Path,
    ) -> Result<(), ConfigError> {
        if let Some(names) = self.select {
            settings.select = noted(names, Key::Select, settings, source);
            // An empty selection turns everything off; only a missing one means the default.
            if settings.select.is_empty() {
                settings.select.push("none".to_owned());
            }
        }
        if let Some(names) = self.extend_select {
            settings.extend_select = noted(names, Key::ExtendSelect, settings, source);
        }
        if let Some(entries) = self.ignore {
            let names =
                entries.into_iter().map(|entry| entry_name(entry, source)).collect::<Result<_, _>>()?;
            settings.ignore = noted(names, Key::Ignore, settings, source);
        }
        for (name, severity) in self.severity.unwrap_or_default() {
            settings.origins.insert((Key::Severity, name.get_ref().clone()), source.place(name.span().start));
            settings.severity.insert(name.into_inner(), severity);
        }
        if let Some(entries) = self.custom_rule {
            settings.custom_rules = custom_rule::checked(entries, source)?;
        }
        if let Some(version) = self.database_version {
            settings.database_version = Some(checked_version(version, source)?);
        }
        if let Some(modules) = self.required_imports {
            settings.required_imports =
                modules.into_iter().map(|module| checked_module(module, source)).collect::<Result<_, _>>()?;
        }
        if let Some(value) = self.applied_ref {
            settings.applied_ref = checked_ref(value, source)?;
        }
        if let Some(value) = self.applied_through {
            settings.applied_through = checked_references(value, source)?;
        }
        if let Some(name) = self.database_url_env {
            settings.database_url_env = Some(checked_variable(name, source)?);
        }
        for (key, value, place) in [
            ("version-table", self.version_table, &mut settings.version_table),
            ("version-table-schema", self.version_table_schema, &mut settings.version_table_schema),
        ] {
            if let Some(name) = value {
                *place = Some(not_empty(key, name, source)?);
            }
        }
        if let Some(paths) = self.version_locations {
            settings.version_locations =
                paths.into_iter().map(|path| directory.join(path.get_ref())).collect();
        }
        settings.dialect = self.dialect.map(|name| name.0).or(settings.dialect);
        settings.fail_on = self.fail_on.or(settings.fail_on);
        settings.sqlmodel_import = self.sqlmodel_import.or(settings.sqlmodel_import);
        Ok(())
    }
}

/// The names, with their places kept in `settings`.
fn noted(names: Vec<Spanned<String>>, key: Key, settings: &mut Settings, source: &Source<'_>) -> Vec<String> {
    for name in &names {
        settings.origins.insert((key, name.get_ref().clone()), source.place(name.span().start));
    }
    names.into_iter().map(Spanned::into_inner).collect()
}

fn entry_name(entry: Spanned<Ignore>, source: &Source<'_>) -> Result<Spanned<String>, ConfigError> {
    let span = entry.span();
    let name = match entry.into_inner() {
        Ignore::Name(name) => name,
        Ignore::WithReason { rule, reason } if reason.trim().is_empty() => {
            let message = format!("`ignore`: the reason for `{rule}` is empty; say why the rule is off");
            return Err(source.error(span.start, message));
        }
        Ignore::WithReason { rule, .. } => rule,
    };
    Ok(Spanned::new(span, name))
}

fn checked_version(version: Spanned<VersionOption>, source: &Source<'_>) -> Result<String, ConfigError> {
    let span = version.span();
    let version = Spanned::new(span, version.into_inner().text());
    let numbers = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if version.get_ref().split('.').all(numbers) {
        return Ok(version.into_inner());
    }
    let message = format!(
        "`database-version`: `{}` is no version; expected numbers with dots between, such as \"14\" or \"8.0.36\"",
        version.get_ref()
    );
    Err(source.error(version.span().start, message))
}

fn checked_module(module: Spanned<String>, source: &Source<'_>) -> Result<String, ConfigError> {
    let identifier = |part: &str| {
        part.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && part.chars().all(|char| char.is_alphanumeric() || char == '_')
    };
    if module.get_ref().split('.').all(identifier) {
        return Ok(module.into_inner());
    }
    let message = format!(
        "`required-imports`: `{}` is no module name; expected a dotted name such as \"sqlmodel\" or \"myapp.types\"",
        module.get_ref()
    );
    Err(source.error(module.span().start, message))
}

fn checked_ref(value: Spanned<AppliedRefOption>, source: &Source<'_>) -> Result<AppliedRef, ConfigError> {
    let start = value.span().start;
    match value.into_inner() {
        AppliedRefOption::Named(name) if !name.trim().is_empty() => Ok(AppliedRef::Named(name)),
        AppliedRefOption::Switch(false) => Ok(AppliedRef::Off),
        AppliedRefOption::Named(_) | AppliedRefOption::Switch(true) => {
            let message = "`applied-ref`: expected a git ref such as \"origin/main\", or false; leave the key out \
                           to use the default branch";
            Err(source.error(start, message.to_owned()))
        }
    }
}

fn checked_references(value: Spanned<OneOrMore>, source: &Source<'_>) -> Result<Vec<String>, ConfigError> {
    let start = value.span().start;
    let references = match value.into_inner() {
        OneOrMore::One(one) => vec![one],
        OneOrMore::More(more) => more,
    };
    if references.is_empty() || references.iter().any(|reference| reference.trim().is_empty()) {
        let message = "`applied-through`: expected a revision such as \"ab12cd34ef56\" or a list of them; leave the \
                       key out where nothing is applied that way";
        return Err(source.error(start, message.to_owned()));
    }
    Ok(references)
}

fn checked_variable(name: Spanned<String>, source: &Source<'_>) -> Result<String, ConfigError> {
    if name.get_ref().contains("://") {
        return Err(source.error(name.span().start, format!("`database-url-env`: {URL_IN_FILE}")));
    }
    let name = not_empty("database-url-env", name, source)?;
    Ok(name.trim_start_matches('$').to_owned())
}

/// Said where a URL was written into a file.
pub(super) const URL_IN_FILE: &str = "a URL with its password belongs in no file that is committed; put it into an \
                                      environment variable and name that here (`database-url-env = \
                                      \"DATABASE_URL\"`), or give `--database-url`";

fn not_empty(key: &str, name: Spanned<String>, source: &Source<'_>) -> Result<String, ConfigError> {
    if name.get_ref().trim().is_empty() {
        return Err(
            source.error(name.span().start, format!("`{key}`: is empty; name it or leave the key out"))
        );
    }
    Ok(name.into_inner())
}

/// The value of `dialect`: a family, or another name that SQLAlchemy or people have for it.
#[derive(Debug)]
struct DialectName(Dialect);

/// The value of `database-version`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
enum VersionOption {
    /// Numbers with dots between, such as `"8.0.36"`.
    Text(String),
    /// A major version such as `16`, or one with a minor version such as `10.11`.
    Number(f64),
}

impl VersionOption {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for DialectName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = DialectName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`postgresql`, `mysql`, `mariadb` or `sqlite`")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<DialectName, E> {
                // The driver of a URL's scheme does not matter here.
                let family = name.split('+').next().unwrap_or(name).trim().to_lowercase();
                let dialect = match family.as_str() {
                    "postgresql" | "postgres" | "pg" => Dialect::Postgresql,
                    "mysql" => Dialect::Mysql,
                    "mariadb" => Dialect::Mariadb,
                    "sqlite" | "sqlite3" => Dialect::Sqlite,
                    _ => {
                        return Err(E::unknown_variant(name, &["postgresql", "mysql", "mariadb", "sqlite"]));
                    }
                };
                Ok(DialectName(dialect))
            }
        }
        deserializer.deserialize_any(Name)
    }
}

impl<'de> Deserialize<'de> for VersionOption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl Visitor<'_> for Value {
            type Value = VersionOption;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a version such as 16 or \"8.0.36\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<VersionOption, E> {
                Ok(VersionOption::Text(text.to_owned()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<VersionOption, E> {
                Ok(VersionOption::Text(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<VersionOption, E> {
                Ok(VersionOption::Number(number))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl<'de> Visitor<'de> for Value {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a revision or a list of revisions")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore::One(name.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMore, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(OneOrMore::More(names))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

impl<'de> Deserialize<'de> for Ignore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = Ignore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule name or `{ rule = \"..\", reason = \"..\" }`")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Ignore, E> {
                Ok(Ignore::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ignore, A::Error> {
                let (mut rule, mut reason) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "rule" => rule = Some(map.next_value()?),
                        "reason" => reason = Some(map.next_value()?),
                        _ => return Err(A::Error::unknown_field(&key, &["rule", "reason"])),
                    }
                }
                let rule = rule.ok_or_else(|| A::Error::missing_field("rule"))?;
                let reason = reason.ok_or_else(|| A::Error::missing_field("reason"))?;
                Ok(Ignore::WithReason { rule, reason })
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

impl<'de> Deserialize<'de> for AppliedRefOption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl Visitor<'_> for Value {
            type Value = AppliedRefOption;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a git ref such as \"origin/main\", or false")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<AppliedRefOption, E> {
                Ok(AppliedRefOption::Named(name.to_owned()))
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<AppliedRefOption, E> {
                Ok(AppliedRefOption::Switch(on))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

/// The JSON schema of the configuration, for editors.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Options)).unwrap_or_default();
    text.push('\n');
    text
}
