//! The database server that revisions run on. Knows no particular release.

use std::fmt;

use super::Dialect;

/// The oldest server that a project's revisions run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    /// The family.
    pub dialect: Dialect,
    /// The release.
    pub version: Version,
}

/// A release: up to three numbers, those not given being 0 (`14` is 14.0.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The release that a text names (`"14"`, `"8.0.36"`); numbers beyond the third are left out, and what is no
    /// number ends it (`"10.11.4-MariaDB"`). `None` where it starts with none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map_while(|part| {
            let end = part.find(|char: char| !char.is_ascii_digit()).unwrap_or(part.len());
            part.get(..end)?.parse().ok()
        });
        let first = numbers.next()?;
        Some(Self(first, numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(major, 0, 0) => write!(f, "{major}"),
            Self(major, minor, 0) => write!(f, "{major}.{minor}"),
            Self(major, minor, patch) => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

impl Server {
    /// The oldest release whose vendor still mends it, for projects that name none: PostgreSQL 14
    /// (postgresql.org/support/versioning), MySQL 8.0, MariaDB 10.6, and the SQLite of Debian's oldest supported release.
    pub const fn oldest_supported(dialect: Dialect) -> Self {
        let version = match dialect {
            Dialect::Postgresql => Version(14, 0, 0),
            Dialect::Mysql => Version(8, 0, 0),
            Dialect::Mariadb => Version(10, 6, 0),
            Dialect::Sqlite => Version(3, 34, 0),
        };
        Self { dialect, version }
    }

    /// Whether it is PostgreSQL.
    pub const fn is_postgresql(self) -> bool {
        matches!(self.dialect, Dialect::Postgresql)
    }

    /// Whether it is MySQL or MariaDB.
    pub const fn is_mysql_like(self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }

    /// Whether it is PostgreSQL of this major release or a later one.
    pub const fn is_postgresql_from(self, major: u32) -> bool {
        self.is_postgresql() && self.version.0 >= major
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dialect.title(), self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_ordered_and_written() {
        for (text, version) in [
            ("14", Version(14, 0, 0)),
            ("8.0.36", Version(8, 0, 36)),
            ("10.11.4-MariaDB", Version(10, 11, 4)),
            ("3.40", Version(3, 40, 0)),
            ("16beta1", Version(16, 0, 0)),
        ] {
            assert_eq!(Version::parse(text), Some(version), "{text}");
        }
        assert_eq!(Version::parse("latest"), None);
        assert_eq!(Version::parse(""), None);
        assert!(Version(10, 0, 0) > Version(9, 6, 24), "numbers, not text");
        let shown = [Version(14, 0, 0), Version(10, 6, 0), Version(8, 0, 12)].map(|v| v.to_string());
        assert_eq!(shown, ["14", "10.6", "8.0.12"]);
    }

    #[test]
    fn a_release_of_one_family_says_nothing_of_another() {
        let mysql = Server { dialect: Dialect::Mysql, version: Version(14, 0, 0) };
        assert!(!mysql.is_postgresql_from(12));
        assert!(Server::oldest_supported(Dialect::Postgresql).is_postgresql_from(14));
        assert!(!Server::oldest_supported(Dialect::Postgresql).is_postgresql_from(15));
    }
}
