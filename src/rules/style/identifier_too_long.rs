//! `identifier-too-long`: the database cuts the name of a table or column off, or refuses it.

use crate::operation::{Change, Dialect, Name};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds names of new tables and columns that are longer than PostgreSQL (63 bytes) or MySQL and MariaDB (64 characters) keep. Names of
    /// indexes and constraints SQLAlchemy shortens itself; names in SQL are for `squawk/identifier-too-long`.
    ///
    /// ## Why is this bad?
    /// PostgreSQL cuts the name off and says it only in a notice. Two long names may become one, and autogenerate finds the model and
    /// the database to differ for ever:
    /// ```text
    /// NOTICE:  identifier "..." will be truncated to "..."
    /// ```
    /// MySQL stops with
    /// ```text
    /// Identifier name '...' is too long
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("user", sa.Column("the_name_under_which_the_person_wants_to_be_known_to_all_of_the_others", sa.Text()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("user", sa.Column("display_name", sa.Text()))
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: identifiers](https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS)
    /// - [MySQL: identifier length limits](https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html)
    /// - squawk: `identifier-too-long`
    "identifier-too-long", Style, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in upgrade.operations.iter().filter(|operation| !operation.is_raw_sql()) {
        let names: Vec<&Name> = match &operation.change {
            Change::CreateTable(create) => {
                let columns = create.columns.iter().map(|column| &column.name);
                std::iter::once(&create.table.name).chain(columns).collect()
            }
            Change::AddColumn(add) => vec![&add.column.name],
            Change::RenameTable(rename) => vec![&rename.to],
            Change::AlterColumn(alter) => vec![&alter.new_name],
            _ => continue,
        };
        for name in names.into_iter().filter_map(Name::known) {
            let (length, limit, unit, result) = match context.dialect {
                Dialect::Postgresql => (name.len(), 63, "bytes", "PostgreSQL cuts it off"),
                Dialect::Mysql | Dialect::Mariadb => {
                    (name.chars().count(), 64, "characters", "MySQL refuses it")
                }
                Dialect::Sqlite => continue,
            };
            if length > limit {
                sink.report(
                    operation.span,
                    format!("`{name}` has {length} {unit}, {limit} are kept: {result}"),
                )
                .call_sites(&operation.call_sites)
                .help("choose a shorter name, in the model and here");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn tables_and_columns() {
        let long = "n".repeat(64);
        upgrade(&format!("op.create_table('{long}', sa.Column('{long}', sa.Integer()))"))
            .finds(&["has 64 bytes, 63 are kept: PostgreSQL cuts it off"; 1]);
        upgrade(&format!("op.rename_table('t', '{long}')")).finds(&["64 bytes"]);
        upgrade(&format!("op.add_column('t', sa.Column('{}', sa.Integer()))", "ä".repeat(32)))
            .finds(&["64 bytes"]);
        let mysql = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        upgrade(&format!("op.rename_table('t', '{long}')")).settings(mysql).ok();
    }

    #[test]
    fn names_that_fit_or_are_shortened() {
        let long = "n".repeat(64);
        upgrade(&format!("op.create_table('{}', sa.Column('a', sa.Integer()))", "n".repeat(63))).ok();
        upgrade(&format!("op.create_index('{long}', 't', ['a'])")).ok();
    }
}
