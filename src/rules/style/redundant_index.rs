//! `redundant-index`: an index holds nothing that another index of its table does not hold as well.

use crate::history::schema::{Index, IndexColumn, Step, Table};
use crate::operation::ConstraintKind;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds indexes that another index of the same table makes superfluous: it starts with the same columns in the
    /// same order. It speaks of plain indexes only: not of unique, partial or expression indexes, of other methods than B-tree, or of
    /// operator classes, directions and lengths. The primary key and unique constraints count as indexes. It speaks in the revision
    /// that makes the second of both, and is silent where a later revision drops one of them.
    ///
    /// ## Why is this bad?
    /// Every insert and most updates write both, both take disk and memory, and queries need only one of them.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("invoice", sa.Column("customer", sa.Integer()), sa.Column("number", sa.Integer()))
    /// op.create_index("ix_invoice_customer", "invoice", ["customer"])
    /// op.create_index("ix_invoice_customer_number", "invoice", ["customer", "number"])
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("invoice", sa.Column("customer", sa.Integer()), sa.Column("number", sa.Integer()))
    /// op.create_index("ix_invoice_customer_number", "invoice", ["customer", "number"])
    /// ```
    ///
    /// ## How to fix
    /// Drop the shorter one. A shorter index is smaller, too: where a measurement shows that queries need that, say so with
    /// `# alembic-lint: allow[redundant-index] -- <reason>`.
    ///
    /// ## References
    /// - [PostgreSQL: multicolumn indexes](https://www.postgresql.org/docs/current/indexes-multicolumn.html)
    /// - [MySQL: multiple-column indexes](https://dev.mysql.com/doc/refman/8.4/en/multiple-column-indexes.html)
    "redundant-index", Style, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    for table in step.touched_tables().filter(|table| !table.temporary) {
        let Some(at_head) = step.at_head().table_of(&table.key).yes() else { continue };
        let all = indexes(table);
        for (at, short) in all.iter().enumerate().filter(|(_, index)| index.may_go) {
            let is_cover = |(other, long): &(usize, &Plain<'_>)| {
                *other != at
                    && (step.is_own(short.made) || step.is_own(long.made))
                    && long.starts_with(short)
                    // Of two that are the same, the later one is told.
                    && (long.columns.len() > short.columns.len() || !long.may_go || *other < at)
            };
            let Some((_, long)) = all.iter().enumerate().find(is_cover) else { continue };
            if !short.is_in(at_head) || !long.is_in(at_head) {
                continue;
            }
            report(step, table, short, long, sink);
        }
    }
}

fn report(step: &Step<'_>, table: &Table<'_>, short: &Plain<'_>, long: &Plain<'_>, sink: &mut Sink<'_>) {
    let newer = if step.is_own(short.made) { short } else { long };
    let making =
        step.making(|schema| schema.table_of(&table.key).yes().is_some_and(|table| newer.is_in(table)));
    let Some(operation) = making else { return };
    let subject = operation.subject();
    let key = &table.key;
    let message = if step.is_own(short.made) {
        format!(
            "{subject} makes the index `{}` of `{key}`, and {} starts with the same columns ({})",
            short.name.unwrap_or_default(),
            long.described(),
            short.columns.join(", ")
        )
    } else {
        format!(
            "{subject} makes {} of `{key}`, and the index `{}` ({}) has nothing more to offer then",
            long.described(),
            short.name.unwrap_or_default(),
            short.columns.join(", ")
        )
    };
    sink.report(operation.span, message).call_sites(&operation.call_sites).help(format!(
        "leave `{}` out, or drop it: each write to the table keeps both",
        short.name.unwrap_or_default()
    ));
}

/// An index that holds its columns and nothing else.
struct Plain<'a> {
    /// `None` for a constraint whose name is not known; an index that may go has one.
    name: Option<&'a str>,
    /// "the index", "the primary key", "the unique constraint".
    what: &'static str,
    columns: Vec<&'a str>,
    made: crate::history::schema::Position,
    /// Whether nothing but speed would be lost without it.
    may_go: bool,
}

impl Plain<'_> {
    fn described(&self) -> String {
        self.name.map_or_else(|| self.what.to_owned(), |name| format!("{} `{name}`", self.what))
    }

    fn starts_with(&self, short: &Plain<'_>) -> bool {
        self.columns.starts_with(&short.columns)
    }

    /// Whether the table surely has it.
    fn is_in(&self, table: &Table<'_>) -> bool {
        indexes(table).iter().any(|other| other.name == self.name && other.columns == self.columns)
    }
}

/// The plain indexes of a table, constraints first.
fn indexes<'t>(table: &'t Table<'_>) -> Vec<Plain<'t>> {
    let keys = table.constraints.iter().filter(|constraint| constraint.sure).filter_map(|constraint| {
        let what = match constraint.kind {
            ConstraintKind::PrimaryKey => "the primary key",
            ConstraintKind::Unique => "the unique constraint",
            _ => return None,
        };
        let columns = constraint.columns.as_ref()?.iter().map(|column| &**column).collect();
        Some(Plain { name: constraint.name.known(), what, columns, made: constraint.made, may_go: false })
    });
    keys.chain(table.indexes.iter().filter_map(|index| plain(index))).collect()
}

fn plain<'t>(index: &'t Index<'_>) -> Option<Plain<'t>> {
    let is_btree = index.method.is_none_or(|method| method.eq_ignore_ascii_case("btree"));
    if !index.sure || !index.is_plain || !is_btree || index.condition.is_some() || index.implicit {
        return None;
    }
    let columns: Option<Vec<&str>> = index.columns.as_ref()?.iter().map(IndexColumn::column).collect();
    Some(Plain {
        name: Some(index.name.known()?),
        what: "the index",
        columns: columns.filter(|columns| !columns.is_empty())?,
        made: index.made,
        may_go: index.unique == Some(false),
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::project::NamingConvention;
    use crate::testing::Tester;

    const TABLE: &str = "op.create_table('t', sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()), sa.PrimaryKeyConstraint('b', 'a', name='pk'))
op.create_index('ix_a_b', 't', ['a', 'b'])";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[TABLE, upgrade])
    }

    #[test]
    fn every_spelling() {
        let found = then("op.create_index('ix_a', 't', ['a'])").finds(&["`op.create_index` makes the index `ix_a` of `t`, and the index `ix_a_b` starts with the same columns (a)"]);
        assert_eq!(found.help(), "leave `ix_a` out, or drop it: each write to the table keeps both");
        then("op.create_index('ix_b', 't', ['b'])")
            .finds(&["the primary key `pk` starts with the same columns (b)"]);
        then("op.execute('CREATE INDEX CONCURRENTLY ix_a ON t (a)')")
            .finds(&["this SQL makes the index `ix_a`"]);
        then("op.create_index('ix_2', 't', ['a', 'b'])").finds(&["`ix_2` of `t`, and the index `ix_a_b`"]);
        Tester::new(&RULE)
            .history(&["op.create_table('t', sa.Column('a', sa.Integer(), unique=True, index=True), sa.Column('b', sa.Integer(), index=True), sa.UniqueConstraint('b', name='uq'))"])
            .finds(&["`op.create_table` makes the index `ix_t_b` of `t`, and the unique constraint `uq`"]);
    }

    #[test]
    fn a_key_whose_name_is_not_known() {
        Tester::new(&RULE)
            .naming_convention(NamingConvention::Unknown)
            .history(&["op.create_table('t', sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()), sa.PrimaryKeyConstraint('a', 'b'))\nop.create_index('ix_a', 't', ['a'])"])
            .finds(&["makes the index `ix_a` of `t`, and the primary key starts with the same columns (a)"]);
    }

    #[test]
    fn the_longer_one_comes_later() {
        Tester::new(&RULE)
            .history(&["op.create_table('t', sa.Column('a', sa.Integer(), index=True), sa.Column('b', sa.Integer()))", "op.create_index('ix_a_b', 't', ['a', 'b'])"])
            .finds(&["`op.create_index` makes the index `ix_a_b` of `t`, and the index `ix_t_a` (a) has nothing more to offer then"]);
    }

    #[test]
    fn indexes_that_hold_something_else() {
        for index in [
            "'ix', 't', ['b', 'a'], unique=True",
            "'ix', 't', ['a'], unique=True",
            "'ix', 't', ['a'], postgresql_where=sa.text('b > 0')",
            "'ix', 't', ['a'], postgresql_using='hash'",
            "'ix', 't', ['a'], postgresql_ops={'a': 'int4_ops'}",
            "'ix', 't', ['a'], postgresql_include=['b']",
            "'ix', 't', [sa.text('a DESC')]",
            "'ix', 't', [sa.text('lower(a)')]",
            "'ix', 't', columns()",
        ] {
            then(&format!("op.create_index({index})")).ok();
        }
        then("op.execute('CREATE INDEX ix ON t (a DESC)')").ok();
        then("op.execute('CREATE INDEX ix ON t (a text_pattern_ops)')").ok();
    }

    #[test]
    fn one_of_both_goes() {
        then("op.create_index('ix_a', 't', ['a'])\nop.drop_index('ix_a_b', 't')").ok();
        Tester::new(&RULE)
            .history(&[
                TABLE,
                "op.create_index('ix_a', 't', ['a'])",
                "op.drop_index('ix_a_b', table_name='t')",
            ])
            .ok();
        then("op.create_index('ix_a', 't', ['a'])\nop.execute(sql())").ok();
    }

    #[test]
    fn an_old_pair_is_not_told_again() {
        Tester::new(&RULE)
            .history(&[
                &format!("{TABLE}\nop.create_index('ix_a', 't', ['a'])"),
                "op.add_column('t', sa.Column('c', sa.Integer()))",
            ])
            .finds(&["`ix_a`"]);
    }
}
