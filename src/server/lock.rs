//! The locks that servers put on tables, and whom they keep waiting. Knows no operation.

/// A lock on a table in the words of its server, weak ones first.
///
/// PostgreSQL's modes: postgresql.org/docs/current/explicit-locking.html, "Table-Level Locks". MySQL's and MariaDB's:
/// what `ALTER TABLE .. LOCK=` calls the concurrency that is left (dev.mysql.com, "Online DDL Performance and Concurrency").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// PostgreSQL: reading.
    AccessShare,
    /// PostgreSQL: reading rows to lock them.
    RowShare,
    /// PostgreSQL: writing rows.
    RowExclusive,
    /// PostgreSQL: `VACUUM`, `CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT`.
    ShareUpdateExclusive,
    /// PostgreSQL: `CREATE INDEX`.
    Share,
    /// PostgreSQL: `CREATE TRIGGER`, foreign keys.
    ShareRowExclusive,
    /// PostgreSQL: `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    Exclusive,
    /// PostgreSQL: most of `ALTER TABLE`.
    AccessExclusive,
    /// MySQL, MariaDB: others read and write meanwhile, but for moments at the beginning and the end.
    MysqlNone,
    /// MySQL, MariaDB: others read meanwhile.
    MysqlShared,
    /// MySQL, MariaDB: others wait.
    MysqlExclusive,
    /// SQLite: one transaction at a time writes to the database (sqlite.org/lockingv3.html).
    Database,
}

/// Who waits for a lock to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocks {
    /// Nobody who reads or writes rows.
    Nothing,
    /// Those who write.
    Writes,
    /// Those who read, too.
    Everything,
}

impl Lock {
    /// Its name as the server's manual writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
            Self::MysqlNone => "LOCK=NONE",
            Self::MysqlShared => "LOCK=SHARED",
            Self::MysqlExclusive => "LOCK=EXCLUSIVE",
            Self::Database => "database write lock",
        }
    }

    /// PostgreSQL's mode of this name, in upper case.
    pub fn of_postgresql(name: &str) -> Option<Self> {
        const MODES: [Lock; 8] = [
            Lock::AccessShare,
            Lock::RowShare,
            Lock::RowExclusive,
            Lock::ShareUpdateExclusive,
            Lock::Share,
            Lock::ShareRowExclusive,
            Lock::Exclusive,
            Lock::AccessExclusive,
        ];
        MODES.into_iter().find(|mode| mode.name() == name)
    }

    /// Who waits.
    pub const fn blocks(self) -> Blocks {
        match self {
            Self::AccessShare
            | Self::RowShare
            | Self::RowExclusive
            | Self::ShareUpdateExclusive
            | Self::MysqlNone => Blocks::Nothing,
            Self::Share
            | Self::ShareRowExclusive
            | Self::Exclusive
            | Self::MysqlShared
            // Readers wait as well while it commits, except in WAL mode.
            | Self::Database => Blocks::Writes,
            Self::AccessExclusive | Self::MysqlExclusive => Blocks::Everything,
        }
    }

    /// Whether a `SELECT` waits.
    pub const fn blocks_reads(self) -> bool {
        matches!(self.blocks(), Blocks::Everything)
    }

    /// Whether an `INSERT`, `UPDATE` or `DELETE` waits.
    pub const fn blocks_writes(self) -> bool {
        !matches!(self.blocks(), Blocks::Nothing)
    }
}

impl Blocks {
    /// In plain words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Writes => "writes",
            Self::Everything => "reads and writes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_mode_of_postgresql_blocks_reads() {
        assert_eq!(Lock::of_postgresql("SHARE ROW EXCLUSIVE"), Some(Lock::ShareRowExclusive));
        assert_eq!(Lock::of_postgresql("LOCK=NONE"), None);
        assert!(Lock::AccessExclusive.blocks_reads());
        assert!(!Lock::Exclusive.blocks_reads() && Lock::Exclusive.blocks_writes());
        assert!(Lock::Share.blocks_writes() && !Lock::ShareUpdateExclusive.blocks_writes());
        assert!(Lock::Share < Lock::AccessExclusive);
    }
}
