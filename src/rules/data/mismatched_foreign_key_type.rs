//! `mismatched-foreign-key-type`: a foreign key's column has another type than the column it refers to.

use crate::history::schema::{Constraint, Known, Step, Table, sql_name};
use crate::operation::{Argument, ConstraintKind, Dialect};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds foreign keys whose column cannot hold all values of the column they refer to: a smaller integer, or a type of another
    /// kind (numbers, texts, UUIDs). On MySQL and MariaDB integers of any two sizes are told apart, since these refuse them.
    ///
    /// ## Why is this bad?
    /// A smaller integer works until the referenced key outgrows it: then inserts stop with `integer out of range`, in production and
    /// on a large table. Types of different kinds never work: PostgreSQL stops with `foreign key constraint .. cannot be
    /// implemented`, MySQL and MariaDB with `Foreign key constraint is incorrectly formed`.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("customer", sa.Column("id", sa.BigInteger(), primary_key=True))
    /// op.create_table("invoice", sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id")))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("customer", sa.Column("id", sa.BigInteger(), primary_key=True))
    /// op.create_table("invoice", sa.Column("customer_id", sa.BigInteger(), sa.ForeignKey("customer.id")))
    /// ```
    ///
    /// ## How to fix
    /// Give the column the type of the column it refers to, while its table is small.
    ///
    /// ## References
    /// - [MySQL: foreign key constraints](https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html)
    /// - `online_migrations`: mismatched foreign key column types
    "mismatched-foreign-key-type", Data, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    for table in step.touched_tables() {
        for key in table.constraints.iter().filter(|constraint| step.is_own(constraint.made)) {
            let Some(mismatch) = mismatch(step, table, key) else { continue };
            let making = step.making(|schema| {
                let table = schema.table_of(&table.key).yes();
                table.is_some_and(|table| {
                    let same = |other: &Constraint<'_>| {
                        other.columns == key.columns && other.referent == key.referent
                    };
                    table.constraints.iter().any(|other| other.sure && same(other))
                })
            });
            let Some(operation) = making else { continue };
            let Mismatch { column, type_, referent, referent_type, result } = &mismatch;
            sink.report(
                operation.span,
                format!(
                    "{} makes a foreign key from `{}.{column}`, which is {type_}, to `{referent}`, which is {referent_type}: {result}",
                    operation.subject(),
                    table.key,
                ),
            )
            .call_sites(&operation.call_sites)
            .help(format!("make `{}.{column}` {referent_type} as well", table.key));
        }
    }
}

/// Two columns that do not fit.
struct Mismatch {
    column: String,
    type_: String,
    referent: String,
    referent_type: String,
    result: &'static str,
}

fn mismatch(step: &Step<'_>, table: &Table<'_>, key: &Constraint<'_>) -> Option<Mismatch> {
    let is_key = key.sure && key.kind == ConstraintKind::ForeignKey;
    let (columns, referent) = (key.columns.as_ref().filter(|_| is_key)?, key.referent.as_ref()?);
    let to = step.after().table_of(referent).yes()?;
    // Without columns it is the primary key that is meant.
    let own_key = || to.primary_key().yes().and_then(|key| key.columns.as_ref());
    let referent_columns = key.referent_columns.as_ref().or_else(own_key)?;
    let dialect = step.context.dialect;
    columns.iter().zip(referent_columns).find_map(|(from, name)| {
        let (type_, family) = typed(table, from, dialect)?;
        let (referent_type, wanted) = typed(to, name, dialect)?;
        let result = result(family, wanted, dialect)?;
        Some(Mismatch {
            column: from.to_string(),
            type_,
            referent: format!("{}.{name}", to.key),
            referent_type,
            result,
        })
    })
}

/// What two types lead to; `None` where they fit.
fn result(from: Family, to: Family, dialect: Dialect) -> Option<&'static str> {
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    match (from, to) {
        // SQLite compares whatever it is given.
        _ if dialect == Dialect::Sqlite => None,
        (Family::Integer(from), Family::Integer(to)) if from == to => None,
        (Family::Integer(_), Family::Integer(_)) if mysql => Some("the database refuses it"),
        (Family::Integer(from), Family::Integer(to)) if from < to => {
            Some("once the key is larger than the column can hold, no row can refer to it")
        }
        (Family::Integer(_), Family::Integer(_))
        | (Family::Text, Family::Text)
        | (Family::Uuid, Family::Uuid) => None,
        _ => Some("the database refuses it"),
    }
}

/// Types that can refer to each other, more or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Integers with their bytes.
    Integer(u8),
    Text,
    Uuid,
}

/// The type of a column and its family, where both are known.
fn typed(table: &Table<'_>, column: &str, dialect: Dialect) -> Option<(String, Family)> {
    let Known::Yes(column) = table.column(column) else { return None };
    let type_ = column.type_?;
    if is_of_a_library(type_) {
        return None;
    }
    let name = sql_name(type_, dialect)?;
    let word: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    let is_plain =
        name.len() == word.len() || name.get(word.len()..)?.starts_with('(') && name.ends_with(')');
    let family = match word.to_ascii_uppercase().as_str() {
        "SMALLINT" | "INT2" | "SMALLSERIAL" | "SERIAL2" => Family::Integer(2),
        "INTEGER" | "INT" | "INT4" | "SERIAL" | "SERIAL4" => Family::Integer(4),
        "BIGINT" | "INT8" | "BIGSERIAL" | "SERIAL8" => Family::Integer(8),
        "VARCHAR" | "TEXT" | "CHAR" => Family::Text,
        "UUID" if dialect == Dialect::Postgresql => Family::Uuid,
        _ => return None,
    };
    is_plain.then_some((name, family))
}

/// Types that are written like one of SQLAlchemy's and may be another: `GUID` of a project, a `Uuid` kept as text.
fn is_of_a_library(type_: &Argument) -> bool {
    let is_sqlalchemy =
        type_.path().is_none_or(|path| path.starts_with("sqlalchemy.") || path.starts_with("sqlmodel."));
    let is_kept_otherwise = matches!(type_, Argument::Call(call) if call.keyword("native_uuid").is_some());
    !is_sqlalchemy || is_kept_otherwise || type_.path().is_some_and(|path| path.ends_with("GUID"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn tables(from: &str, to: &str) -> Tester {
        let parent = format!("op.create_table('p', sa.Column('id', {to}, primary_key=True))");
        let child = format!(
            "op.create_table('t', sa.Column('p_id', {from}))\nop.create_foreign_key('fk', 't', 'p', ['p_id'], ['id'])"
        );
        Tester::new(&RULE).history(&[&parent, &child])
    }

    fn on(dialect: Dialect, tester: Tester) -> Tester {
        tester.settings(Settings { dialect: Some(dialect), ..Settings::default() })
    }

    #[test]
    fn types_that_do_not_fit() {
        let found = tables("sa.Integer()", "sa.BigInteger()").finds(&["`op.create_foreign_key` makes a foreign key from `t.p_id`, which is INTEGER, to `p.id`, which is BIGINT: once the key is larger"]);
        assert_eq!(found.help(), "make `t.p_id` BIGINT as well");
        tables("sa.String(36)", "postgresql.UUID()")
            .finds(&["which is VARCHAR(36), to `p.id`, which is UUID: the database refuses it"]);
        tables("sa.Integer", "sa.String").finds(&["refuses"]);
    }

    #[test]
    fn every_spelling() {
        let parent = "op.execute('CREATE TABLE p (id bigserial PRIMARY KEY)')";
        let then = |upgrade: &str| Tester::new(&RULE).history(&[parent, upgrade]);
        then("op.execute('CREATE TABLE t (p_id int REFERENCES p)')").finds(&["this SQL"]);
        then("op.create_table('t', sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id')))")
            .finds(&["`op.create_table`"]);
        then(
            "op.create_table('t')\nop.add_column('t', sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id')))",
        )
        .finds(&["`op.add_column`"]);
    }

    #[test]
    fn types_that_fit() {
        for (from, to) in [
            ("sa.BigInteger()", "sa.BigInteger()"),
            ("sa.BigInteger()", "sa.Integer()"),
            ("sa.Text()", "sa.String(20)"),
            ("sa.String(10)", "sa.String(20)"),
            ("sa.Uuid()", "postgresql.UUID(as_uuid=False)"),
            ("sa.Date()", "sa.Integer()"),
            ("app.GUID()", "sa.Uuid()"),
            ("sa.String(32)", "sa.Uuid(native_uuid=False)"),
            ("kind()", "sa.Integer()"),
        ] {
            tables(from, to).ok();
        }
    }

    #[test]
    fn databases_differ() {
        on(Dialect::Mariadb, tables("sa.BigInteger()", "sa.Integer()")).finds(&["refuses"]);
        on(Dialect::Mysql, tables("sa.String(32)", "sa.Uuid()")).ok();
        on(Dialect::Sqlite, tables("sa.Integer()", "sa.String()")).ok();
    }

    #[test]
    fn what_is_changed_in_the_same_revision_counts_at_its_end() {
        let parent = "op.create_table('p', sa.Column('id', sa.BigInteger(), primary_key=True))";
        let child = "op.create_table('t', sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id')))\nop.alter_column('t', 'p_id', type_=sa.BigInteger())";
        Tester::new(&RULE).history(&[parent, child]).ok();
    }

    #[test]
    fn what_is_not_known() {
        Tester::new(&RULE)
            .upgrade("op.create_table('t', sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id')))")
            .ok();
    }
}
