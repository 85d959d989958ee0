//! What it means to change a column from one type to another: the work, what is lost, whether it goes by itself.

use super::cast::{Cast, postgresql_cast};
use super::sql_type::{Family, SqlType};
use crate::operation::{Dialect, Server};

/// What a server does with a table while it changes it, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Only the catalog.
    None,
    /// Every row is read.
    Scan,
    /// An index is built.
    IndexBuild,
    /// Only the server knows.
    Unknown,
    /// Every row and every index is written anew.
    Rewrite,
}

impl Work {
    /// In plain words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Scan => "scan",
            Self::IndexBuild => "index build",
            Self::Unknown => "unknown",
            Self::Rewrite => "rewrite",
        }
    }
}

/// What becomes of values that the new type cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The statement fails where there are such values ("texts longer than 20 characters").
    Fails(String),
    /// They are changed in silence ("the time of day").
    Changes(String),
}

/// A change of type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeChange {
    /// What it costs.
    pub work: Work,
    /// What the new type cannot hold.
    pub loss: Option<Loss>,
    /// Whether it needs `USING`; of interest to PostgreSQL alone.
    pub cast: Cast,
}

impl TypeChange {
    /// The change from one type to another on a server.
    pub fn of(from: &SqlType, to: &SqlType, server: Server) -> Self {
        if from == to {
            return Self { work: Work::None, loss: None, cast: Cast::Automatic };
        }
        let (work, cast) = match server.dialect {
            Dialect::Postgresql => (postgresql_work(from, to), postgresql_cast(from, to, server)),
            Dialect::Mysql | Dialect::Mariadb => (mysql_work(from, to), Cast::Automatic),
            // Only batch mode can do it, which copies the table.
            Dialect::Sqlite => (Work::Rewrite, Cast::Automatic),
        };
        // SQLite holds any value in any column (sqlite.org/datatype3.html).
        let loss = if server.dialect == Dialect::Sqlite || cast.fails_without_using() {
            None
        } else {
            loss(from, to, server)
        };
        Self { work, loss, cast }
    }
}

/// Free are changes that keep the bytes: postgresql.org/docs/current/sql-altertable.html, "Notes", and the support functions of
/// the types (`varchar_support`, `numeric_support`, `timestamp_support`, `interval_support`, `varbit_support`).
fn postgresql_work(from: &SqlType, to: &SqlType) -> Work {
    use Family::{
        Cidr, Citext, Float, Inet, Interval, Numeric, Other, Text, Time, Timestamp, Varbit, Varchar, Xml,
    };
    if from.dimensions != to.dimensions {
        return Work::Rewrite;
    }
    // A limit that stays or grows asks nothing of the values; arrays are converted value by value.
    let grows = |limit: Option<u32>| from.length().is_none_or(|old| limit.is_some_and(|limit| old > limit));
    let is_wider = to.length().is_none() || (!grows(to.length()) && from.dimensions == 0);
    let is_unlimited = to.length().is_none();
    let is_free = match (&from.family, &to.family) {
        (Varchar | Text(_) | Xml, Text(_)) | (Cidr, Inet) => true,
        (Varchar, Varchar) | (Varbit, Varbit) => is_wider,
        (Text(_) | Xml, Varchar) => is_unlimited,
        (Numeric, Numeric) => is_unlimited || (is_wider && from.scale() == to.scale()),
        (Timestamp(one), Timestamp(other)) | (Time(one), Time(other)) => {
            one == other && is_as_precise(from, to)
        }
        (Interval, Interval) => is_as_precise(from, to),
        // The number of bits only chooses between both sizes.
        (Float(one), Float(other)) => one == other,
        _ => false,
    };
    match (&from.family, &to.family) {
        _ if is_free => Work::None,
        // The order of the values is another one.
        (Varchar | Text(_), Citext) | (Citext, Text(_)) => Work::IndexBuild,
        (Citext, Varchar) if is_unlimited => Work::IndexBuild,
        (Other(_), _) | (_, Other(_)) => Work::Unknown,
        _ => Work::Rewrite,
    }
}

/// Digits after the second; 6 where none are given.
fn is_as_precise(from: &SqlType, to: &SqlType) -> bool {
    const MOST: u32 = 6;
    to.length().unwrap_or(MOST) >= from.length().unwrap_or(MOST)
}

/// In place are a longer VARCHAR whose length still takes as many bytes to count, and labels added at the end
/// (dev.mysql.com, "Online DDL Operations", "Column Operations"); all else copies the table.
fn mysql_work(from: &SqlType, to: &SqlType) -> Work {
    // Of utf8mb4, the default character set.
    const BYTES: u32 = 4;
    const ONE_BYTE_LENGTH: u32 = 255;
    match (&from.family, &to.family) {
        (Family::Varchar, Family::Varchar) => match (from.length(), to.length()) {
            (Some(old), Some(new)) if new >= old => {
                let is_short = |length: u32| length.saturating_mul(BYTES) <= ONE_BYTE_LENGTH;
                if is_short(old) == is_short(new) { Work::None } else { Work::Rewrite }
            }
            _ => Work::Rewrite,
        },
        (Family::Labels(old), Family::Labels(new)) if new.starts_with(&**old) => Work::None,
        _ => Work::Rewrite,
    }
}

/// From so many characters on, a limit is none that somebody has in mind: SQLAlchemy wants one for MySQL.
const AMPLE: u32 = 1_000_000;

fn loss(from: &SqlType, to: &SqlType, server: Server) -> Option<Loss> {
    use Family::{
        Boolean, Char, Citext, Date, Float, Integer, Interval, Labels, Numeric, Text, Time, Timestamp,
        Varchar,
    };
    if from.dimensions != to.dimensions {
        return None;
    }
    match (&from.family, &to.family) {
        (Integer(old), Integer(new)) if new < old => {
            Some(Loss::Fails(format!("numbers that need more than {new} bytes")))
        }
        (Numeric | Float(_), Integer(_)) if may_have_fractions(from, server) => {
            Some(Loss::Changes("fractions, which are rounded".to_owned()))
        }
        (Numeric, Numeric) => narrower_numeric(precision(from, server), precision(to, server)),
        (Integer(bytes), Numeric) => {
            let (whole, _) = precision(to, server)?;
            let digits = match bytes {
                1 => 3,
                2 => 5,
                3 => 8,
                4 => 10,
                _ => 19,
            };
            (whole < digits).then(|| Loss::Fails(format!("numbers of more than {whole} digits")))
        }
        (Float(8), Float(4)) => Some(Loss::Changes("digits beyond the sixth".to_owned())),
        (Numeric, Float(_)) => {
            Some(Loss::Changes("decimal fractions, which become approximations".to_owned()))
        }
        (Integer(8), Float(_)) => {
            Some(Loss::Changes("whole numbers beyond 2^53, which become approximations".to_owned()))
        }
        (Integer(4), Float(4)) => {
            Some(Loss::Changes("whole numbers beyond 2^24, which become approximations".to_owned()))
        }
        (Integer(_) | Numeric | Float(_), Boolean) => {
            Some(Loss::Changes("every number but 0 and 1".to_owned()))
        }
        (Varchar | Char | Text(_) | Citext, Varchar | Char) => {
            let limit = to.length().or((to.family == Char).then_some(1))?;
            let fits = from.length().is_some_and(|old| old <= limit) || limit >= AMPLE;
            (!fits).then(|| Loss::Fails(format!("texts longer than {limit} characters")))
        }
        (Text(old), Text(new)) if new < old => Some(Loss::Fails("texts that are too long for it".to_owned())),
        (Timestamp(_), Date) => Some(Loss::Changes("the time of day".to_owned())),
        (Timestamp(_), Time(_)) => Some(Loss::Changes("the date".to_owned())),
        (Timestamp(_), Timestamp(_)) | (Time(_), Time(_)) | (Interval, Interval) => {
            let is_coarser = if server.is_postgresql() {
                !is_as_precise(from, to)
            } else {
                to.length().unwrap_or(0) < from.length().unwrap_or(0)
            };
            is_coarser.then(|| Loss::Changes("fractions of a second, which are rounded".to_owned()))
        }
        (Labels(old), Labels(new)) => {
            let missing: Vec<&str> =
                labels(old).filter(|label| !labels(new).any(|kept| kept == *label)).collect();
            (!missing.is_empty()).then(|| Loss::Fails(format!("the values {}", missing.join(", "))))
        }
        _ => None,
    }
}

fn may_have_fractions(from: &SqlType, server: Server) -> bool {
    from.family != Family::Numeric || precision(from, server).is_none_or(|(_, scale)| scale > 0)
}

/// Digits before and after the point; `None` where there is no limit. MySQL's default is `DECIMAL(10, 0)`.
fn precision(type_: &SqlType, server: Server) -> Option<(u32, u32)> {
    let digits = type_.length().or(server.is_mysql_like().then_some(10))?;
    Some((digits.saturating_sub(type_.scale()), type_.scale()))
}

fn narrower_numeric(from: Option<(u32, u32)>, to: Option<(u32, u32)>) -> Option<Loss> {
    let (new_whole, new_scale) = to?;
    if from.is_none_or(|(whole, _)| whole > new_whole) {
        return Some(Loss::Fails(format!("numbers of more than {new_whole} digits before the point")));
    }
    let is_coarser = from.is_none_or(|(_, scale)| scale > new_scale);
    is_coarser
        .then(|| Loss::Changes(format!("digits beyond the {new_scale} after the point, which are rounded")))
}

/// The labels of `'a','b'`, with their quotes.
fn labels(inner: &str) -> impl Iterator<Item = &str> {
    inner.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: &str, to: &str, dialect: Dialect) -> TypeChange {
        TypeChange::of(&SqlType::parse(from), &SqlType::parse(to), Server::oldest_supported(dialect))
    }

    fn on_postgresql(from: &str, to: &str) -> TypeChange {
        change(from, to, Dialect::Postgresql)
    }

    #[test]
    fn what_postgresql_does_in_its_catalog_alone() {
        for (from, to) in [
            ("VARCHAR(20)", "VARCHAR(50)"),
            ("VARCHAR(20)", "VARCHAR"),
            ("VARCHAR(20)", "TEXT"),
            ("TEXT", "VARCHAR"),
            ("NUMERIC(10, 2)", "NUMERIC(12, 2)"),
            ("NUMERIC(10, 2)", "NUMERIC"),
            ("TIMESTAMP(3)", "TIMESTAMP"),
            ("CIDR", "INET"),
            ("FLOAT", "FLOAT(53)"),
            ("VARCHAR[]", "TEXT[]"),
        ] {
            assert_eq!(on_postgresql(from, to).work, Work::None, "{from} -> {to}");
        }
        for (from, to) in [
            ("INTEGER", "BIGINT"),
            ("VARCHAR(50)", "VARCHAR(20)"),
            ("TEXT", "VARCHAR(20)"),
            ("NUMERIC(10, 2)", "NUMERIC(12, 3)"),
            ("TIMESTAMP", "TIMESTAMPTZ"),
            ("TIMESTAMP", "TIMESTAMP(3)"),
            ("JSON", "JSONB"),
            ("CHAR(5)", "CHAR(10)"),
            ("VARCHAR(20)[]", "VARCHAR(50)[]"),
        ] {
            assert_eq!(on_postgresql(from, to).work, Work::Rewrite, "{from} -> {to}");
        }
        assert_eq!(on_postgresql("TEXT", "CITEXT").work, Work::IndexBuild);
        assert_eq!(on_postgresql("status", "TEXT").work, Work::Unknown);
    }

    #[test]
    fn casts_that_postgresql_does_by_itself() {
        for (from, to) in [
            ("INTEGER", "TEXT"),
            ("status", "TEXT"),
            ("BIGINT", "INTEGER"),
            ("NUMERIC", "INTEGER"),
            ("TIMESTAMP", "DATE"),
            ("JSONB", "JSON"),
            ("INTEGER[]", "BIGINT[]"),
            ("TEXT[]", "TEXT"),
        ] {
            assert_eq!(on_postgresql(from, to).cast, Cast::Automatic, "{from} -> {to}");
        }
        for (from, to) in [
            ("TEXT", "INTEGER"),
            ("VARCHAR(36)", "UUID"),
            ("TEXT", "JSON"),
            ("TEXT", "status"),
            ("INTEGER", "BOOLEAN"),
            ("BOOLEAN", "INTEGER"),
            ("JSONB", "INTEGER"),
            ("TEXT", "BYTEA"),
            ("TEXT[]", "UUID[]"),
        ] {
            assert_eq!(on_postgresql(from, to).cast, Cast::NeedsUsing, "{from} -> {to}");
        }
        for (from, to) in [
            ("INTEGER", "TIMESTAMP"),
            ("INTEGER", "UUID"),
            ("INTEGER", "INTERVAL"),
            ("INTEGER", "INTEGER[]"),
            ("BIGINT", "BOOLEAN"),
            ("BOOLEAN", "BIGINT"),
            ("DATE", "INTEGER"),
            ("TIME", "TIMESTAMP"),
            ("TIMESTAMP", "TIMETZ"),
            ("JSONB", "TEXT[]"),
            ("TEXT", "TEXT[]"),
            ("INTEGER", "TSVECTOR"),
            ("INTEGER[]", "UUID[]"),
        ] {
            assert_eq!(on_postgresql(from, to).cast, Cast::Missing, "{from} -> {to}");
        }
        assert_eq!(on_postgresql("status", "mood").cast, Cast::Unknown, "a domain may be meant");
    }

    #[test]
    fn what_the_new_type_cannot_hold() {
        let fails = |from, to| matches!(on_postgresql(from, to).loss, Some(Loss::Fails(_)));
        let changes = |from, to| matches!(on_postgresql(from, to).loss, Some(Loss::Changes(_)));
        assert!(
            fails("BIGINT", "INTEGER") && fails("TEXT", "VARCHAR(20)") && fails("VARCHAR(50)", "VARCHAR(20)")
        );
        assert!(fails("NUMERIC(10, 2)", "NUMERIC(8, 2)") && fails("INTEGER", "NUMERIC(8, 2)"));
        assert!(changes("NUMERIC(10, 2)", "NUMERIC(10, 1)") && changes("NUMERIC(10, 2)", "INTEGER"));
        assert!(changes("TIMESTAMP", "DATE") && changes("DOUBLE PRECISION", "REAL"));
        for (from, to) in [
            ("INTEGER", "BIGINT"),
            ("VARCHAR(20)", "TEXT"),
            ("VARCHAR(20)", "VARCHAR(20)"),
            ("NUMERIC(10, 2)", "NUMERIC(12, 2)"),
            ("NUMERIC(10)", "BIGINT"),
            ("DATE", "TIMESTAMP"),
            ("TIMESTAMP(3)", "TIMESTAMP"),
            ("JSON", "JSONB"),
            ("TEXT", "INTEGER"),
        ] {
            assert_eq!(on_postgresql(from, to).loss, None, "{from} -> {to}");
        }
        assert_eq!(change("BIGINT", "INTEGER", Dialect::Sqlite).loss, None);
    }

    #[test]
    fn mysql_counts_the_bytes_of_a_length() {
        let work = |from, to| change(from, to, Dialect::Mysql).work;
        assert_eq!(work("VARCHAR(20)", "VARCHAR(63)"), Work::None);
        assert_eq!(work("VARCHAR(20)", "VARCHAR(64)"), Work::Rewrite);
        assert_eq!(work("VARCHAR(64)", "VARCHAR(255)"), Work::None);
        assert_eq!(work("VARCHAR(64)", "VARCHAR(20)"), Work::Rewrite);
        assert_eq!(work("ENUM('a','b')", "ENUM('a','b','c')"), Work::None);
        assert_eq!(work("ENUM('a','b')", "ENUM('a','c','b')"), Work::Rewrite);
        let lost = change("ENUM('a','b')", "ENUM('a')", Dialect::Mysql).loss;
        assert_eq!(lost, Some(Loss::Fails("the values 'b'".to_owned())));
    }
}
