//! `downgrade-wrong-order`: `downgrade` fails because something is dropped too early or too late.

use crate::history::schema::{Downgrade, Known, Moment, Schema, Step, Table, is_of_type};
use crate::operation::{Change, ConstraintKind, Dialect, Name, Operation, Statement, TableName};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Plays `upgrade` and then `downgrade` through, and finds operations of `downgrade` that fail because of their
    /// place:
    ///
    /// - a table is dropped while the foreign key of another one refers to it (not on SQLite, which does not look);
    /// - something is changed in, or dropped from, a table that is gone by then;
    /// - an index or constraint is dropped that went with its column or table before;
    /// - an enum type is dropped while a column uses it (PostgreSQL).
    ///
    /// ## Why is this bad?
    /// The downgrade stops there, in the middle of an incident. PostgreSQL rolls back; MySQL and MariaDB have committed
    /// what came before, and the database is left between two revisions.
    ///
    /// PostgreSQL says
    /// ```text
    /// cannot drop table author because other objects depend on it
    /// relation "book" does not exist
    /// index "ix_book_title" does not exist
    /// constraint "fk_book_author" of relation "book" does not exist
    /// cannot drop type st because other objects depend on it
    /// ```
    /// MySQL and MariaDB say
    /// ```text
    /// Cannot drop table 'author' referenced by a foreign key constraint 'fk_book_author' on table 'book'.
    /// Cannot delete or update a parent row: a foreign key constraint fails
    /// Table 'app.book' doesn't exist
    /// Can't DROP INDEX `ix_book_title`; check that it exists
    /// Can't DROP 'ix_book_title'; check that column/key exists
    /// ```
    ///
    /// ## Example
    /// The parent goes before its child:
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("author", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.create_table("book", sa.Column("author_id", sa.Integer(), sa.ForeignKey("author.id")))
    ///
    /// def downgrade():
    ///     op.drop_table("author")
    ///     op.drop_table("book")
    /// ```
    /// The index is gone with its table:
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("book", sa.Column("title", sa.String(80)))
    ///     op.create_index("ix_book_title", "book", ["title"])
    ///
    /// def downgrade():
    ///     op.drop_table("book")
    ///     op.drop_index("ix_book_title", table_name="book")
    /// ```
    /// The index is gone with its column:
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("book", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("title", sa.String(80)))
    ///     op.create_index("ix_book_title", "book", ["title"])
    ///
    /// def downgrade():
    ///     op.drop_column("book", "title")
    ///     op.drop_index("ix_book_title", table_name="book")
    ///     op.drop_table("book")
    /// ```
    /// The column is gone with its table:
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("book", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.add_column("book", sa.Column("title", sa.Text()))
    ///
    /// def downgrade():
    ///     op.drop_table("book")
    ///     op.drop_column("book", "title")
    /// ```
    /// The type is still in use:
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("task", sa.Column("state", sa.Enum("open", "done", name="st")))
    ///
    /// def downgrade():
    ///     sa.Enum(name="st").drop(op.get_bind(), checkfirst=True)
    ///     op.drop_table("task")
    /// ```
    ///
    /// ## Use instead
    /// Undo in the opposite order, what came last first:
    /// ```python good
    /// def upgrade():
    ///     op.create_table("author", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.create_table("book", sa.Column("author_id", sa.Integer(), sa.ForeignKey("author.id")))
    ///     op.add_column("book", sa.Column("state", sa.Text()))
    ///     op.create_index("ix_book_author_id", "book", ["author_id"])
    ///     op.create_table("task", sa.Column("state", sa.Enum("open", "done", name="st")))
    ///
    /// def downgrade():
    ///     op.drop_table("task")
    ///     sa.Enum(name="st").drop(op.get_bind(), checkfirst=True)
    ///     op.drop_index("ix_book_author_id", table_name="book")
    ///     op.drop_column("book", "state")
    ///     op.drop_table("book")
    ///     op.drop_table("author")
    /// ```
    ///
    /// ## References
    /// - PostgreSQL manual, "Dependency Tracking"
    /// - MySQL manual, "FOREIGN KEY Constraints"
    "downgrade-wrong-order", Downgrade, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let Some(downgrade) = step.downgrade() else { return };
    let round = Round { start: step.after(), dialect: step.context.dialect, downgrade };
    let mut is_lax = false;
    for moment in downgrade.moments() {
        is_lax |= moment.operation.switches_foreign_keys_off();
        if !moment.is_certain() {
            continue;
        }
        let found = round.gone(&moment).or_else(|| match &moment.operation.change {
            Change::DropTable(drop) if !drop.cascade && !is_lax => round.referred_to(&moment, &drop.table),
            Change::Execute(execute) => match &execute.statement {
                Statement::DropType { name, cascade: false } => round.type_in_use(&moment, name),
                _ => None,
            },
            _ => None,
        });
        if let Some((message, help)) = found {
            sink.report(moment.operation.span, message).call_sites(&moment.operation.call_sites).help(help);
        }
    }
}

/// The downgrade with what it starts from.
struct Round<'s> {
    start: Schema<'s>,
    dialect: Dialect,
    downgrade: Downgrade<'s>,
}

/// A message and its help.
type Found = Option<(String, String)>;

impl Round<'_> {
    /// A table is dropped to which another one refers.
    fn referred_to(&self, moment: &Moment<'_>, name: &TableName) -> Found {
        if self.dialect == Dialect::Sqlite {
            return None;
        }
        let table = moment.schema.table(name).yes()?;
        let (from, key) = moment
            .schema
            .references_to(table)
            .into_iter()
            .find(|(from, _)| from.key != table.key && !self.goes_with(moment.operation, from))?;
        let by = match key.columns.as_deref() {
            Some([column]) => format!("`{}.{column}`", from.key),
            _ => format!("a foreign key of `{}`", from.key),
        };
        let fails = match self.dialect {
            Dialect::Postgresql => {
                format!(
                    "PostgreSQL says `cannot drop table {} because other objects depend on it`",
                    table.key.name
                )
            }
            _ => "the database refuses because of the foreign key".to_owned(),
        };
        Some((
            format!(
                "{} drops `{}` while {by} still refers to it: {fails}",
                moment.operation.subject(),
                table.key
            ),
            format!("drop `{}` or its foreign key first", from.key),
        ))
    }

    /// Whether the same statement drops the other table as well.
    fn goes_with(&self, operation: &Operation, other: &Table<'_>) -> bool {
        operation.is_raw_sql()
            && self.downgrade.moments().any(|moment| match &moment.operation.change {
                Change::DropTable(drop) => {
                    moment.operation.span == operation.span
                        && moment.operation.sql() == operation.sql()
                        && drop.table.name.known() == Some(&*other.key.name)
                }
                _ => false,
            })
    }

    /// What an operation is about was there at the start and is not any more.
    fn gone(&self, moment: &Moment<'_>) -> Found {
        let change = &moment.operation.change;
        if may_be_missing(change) {
            return None;
        }
        let subject = moment.operation.subject();
        let table = change.table()?;
        if self.is_found_without_table(moment) {
            return None;
        }
        let had = self.start.table(table).yes();
        if had.is_some() && moment.schema.table(table).is_no() && moment.schema.was_dropped(table) {
            let what = match change {
                Change::DropTable(_) => "is dropped or renamed by an earlier line".to_owned(),
                _ => "is gone by then".to_owned(),
            };
            return Some((
                format!("{subject} fails: its table {} {what}", table.quoted()),
                "undo in the opposite order of `upgrade`: first what is in the table, then the table"
                    .to_owned(),
            ));
        }
        let (kind, name, owner) = match change {
            Change::DropIndex(drop) => ("index", &drop.name, self.lost_index(moment, table, &drop.name)?),
            Change::DropConstraint(drop) => {
                ("constraint", &drop.name, self.lost_constraint(moment, table, &drop.name, drop.kind)?)
            }
            _ => return None,
        };
        Some((
            format!(
                "{subject} fails: {kind} {} is gone by then, with what it was on in `{owner}`",
                name.quoted_or("?")
            ),
            format!("drop the {kind} first, or leave the line out: it goes with its column or table"),
        ))
    }

    /// Whether an index is dropped that is still there: PostgreSQL and SQLite find it without its table.
    fn is_found_without_table(&self, moment: &Moment<'_>) -> bool {
        let Change::DropIndex(drop) = &moment.operation.change else { return false };
        let needs_table = moment.operation.batch || matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb);
        !needs_table
            && drop
                .name
                .known()
                .is_some_and(|name| matches!(moment.schema.index(&drop.table.schema, name), Known::Yes(_)))
    }

    /// The table of an index that was there and is gone.
    fn lost_index(&self, moment: &Moment<'_>, table: &TableName, index: &Name) -> Option<String> {
        let name = index.known()?;
        let had = match table.name {
            Name::None => self.start.index(&table.schema, name).yes()?.0,
            _ => self.start.table(table).yes()?,
        };
        had.index(name).yes()?;
        let is_lost = match moment.schema.table_of(&had.key) {
            Known::Yes(has) => has.index(name).is_no(),
            Known::No => true,
            Known::Unknown => false,
        };
        is_lost.then(|| had.key.to_string())
    }

    /// The table of a constraint that was there and is gone.
    fn lost_constraint(
        &self,
        moment: &Moment<'_>,
        table: &TableName,
        constraint: &Name,
        kind: Option<ConstraintKind>,
    ) -> Option<String> {
        let name = constraint.known()?;
        let had = self.start.table(table).yes()?;
        had.constraint(name, kind).yes()?;
        moment.schema.table(table).yes()?.constraint(name, kind).is_no().then(|| had.key.to_string())
    }

    /// An enum type is dropped that a column has.
    fn type_in_use(&self, moment: &Moment<'_>, name: &Name) -> Found {
        let name = name.known().filter(|_| self.dialect == Dialect::Postgresql)?;
        if !matches!(moment.schema.object(crate::history::schema::Kind::Type, name), Known::Yes(_)) {
            return None;
        }
        let user = moment.schema.tables().filter(|listed| !listed.is_doubted && listed.table.sure).find_map(
            |listed| {
                let column = listed.table.columns.iter().find(|column| {
                    column.sure && column.type_.is_some_and(|type_| is_of_type(type_, name))
                })?;
                Some(format!("{}.{}", listed.table.key, column.name))
            },
        )?;
        Some((
            format!(
                "{} drops type `{name}` while `{user}` still has it: PostgreSQL says `cannot drop type {name} because \
                 other objects depend on it`",
                moment.operation.subject()
            ),
            format!("move it below the line that drops `{user}` or its table"),
        ))
    }
}

/// Whether an operation does nothing where its object is not there.
const fn may_be_missing(change: &Change) -> bool {
    match change {
        Change::DropTable(drop) => drop.if_exists,
        Change::DropColumn(drop) => drop.if_exists,
        Change::DropIndex(drop) => drop.if_exists,
        Change::DropConstraint(drop) => drop.if_exists,
        Change::CreateTable(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn round_trip(upgrade: &str, downgrade: &str) -> Tester {
        Tester::new(&RULE).upgrade(upgrade).downgrade(downgrade)
    }

    fn on(dialect: Dialect, upgrade: &str, downgrade: &str) -> Tester {
        round_trip(upgrade, downgrade).settings(Settings { dialect: Some(dialect), ..Settings::default() })
    }

    const FAMILY: &str = "op.create_table('p', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('up', sa.Integer(), sa.ForeignKey('p.id')))
op.create_table('c', sa.Column('id', sa.Integer()), sa.Column('p_id', sa.Integer()), sa.ForeignKeyConstraint(['p_id'], ['p.id'], name='fk'), sa.UniqueConstraint('id', name='uq'))
op.create_index('ix', 'c', ['p_id'])";

    #[test]
    fn an_index_of_a_table_that_has_its_old_name_again() {
        let upgrade = "op.create_table('t', sa.Column('a', sa.Integer()))\nop.rename_table('t', 'tt')\nop.create_index('ix', 'tt', ['a'])";
        let downgrade = "op.rename_table('tt', 't')\nop.drop_index('ix', 'tt')\nop.drop_table('t')";
        for dialect in [Dialect::Postgresql, Dialect::Sqlite] {
            on(dialect, upgrade, downgrade).ok();
        }
        on(Dialect::Mysql, upgrade, downgrade).finds(&["its table `tt` is gone by then"]);
    }

    #[test]
    fn a_parent_before_its_child() {
        let found = round_trip(FAMILY, "op.drop_table('p')\nop.drop_table('c')").finds(&[
            "`op.drop_table` drops `p` while `c.p_id` still refers to it: PostgreSQL says `cannot drop table p because \
             other objects depend on it`",
        ]);
        assert_eq!(found.help(), "drop `c` or its foreign key first");
        for dialect in [Dialect::Mysql, Dialect::Mariadb] {
            on(dialect, FAMILY, "op.drop_table('p')\nop.drop_table('c')").finds(&["the database refuses"]);
        }
        round_trip(FAMILY, "op.execute('DROP TABLE p')\nop.drop_table('c')").finds(&["this SQL drops `p`"]);
        round_trip(FAMILY, "op.drop_table('p')").finds(&["`p`"]);
    }

    #[test]
    fn a_parent_after_its_child_or_the_key() {
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_table('p')").ok();
        round_trip(FAMILY, "op.drop_constraint('fk', 'c')\nop.drop_table('p')\nop.drop_table('c')").ok();
        round_trip(FAMILY, "op.drop_column('c', 'p_id')\nop.drop_table('p')\nop.drop_table('c')").ok();
    }

    #[test]
    fn nobody_looks_at_the_key() {
        on(Dialect::Sqlite, FAMILY, "op.drop_table('p')\nop.drop_table('c')").ok();
        round_trip(FAMILY, "op.execute('DROP TABLE p CASCADE')\nop.drop_table('c')").ok();
        round_trip(FAMILY, "op.execute('DROP TABLE p, c')").ok();
        on(
            Dialect::Mysql,
            FAMILY,
            "op.execute('SET FOREIGN_KEY_CHECKS = 0')\nop.drop_table('p')\nop.drop_table('c')",
        )
        .ok();
    }

    #[test]
    fn what_went_with_its_table() {
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_index('ix', 'c')")
            .finds(&["its table `c` is gone by then"]);
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_index('ix')").finds(&["index `ix` is gone by then"]);
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_column('c', 'id')")
            .finds(&["`op.drop_column` fails"]);
        round_trip(
            FAMILY,
            "op.drop_table('c')\nwith op.batch_alter_table('c') as b:\n    b.drop_constraint('fk')",
        )
        .finds(&["`batch_op.drop_constraint` fails"]);
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_table('c')")
            .finds(&["`c` is dropped or renamed by an earlier line"]);
        round_trip(
            "op.rename_table('a', 'b')\nop.add_column('b', sa.Column('x', sa.Integer()))",
            "op.rename_table('b', 'a')\nop.drop_column('b', 'x')",
        )
        .finds(&["its table `b` is gone by then"]);
    }

    #[test]
    fn what_went_with_its_column() {
        round_trip(FAMILY, "op.drop_column('c', 'p_id')\nop.drop_index('ix', 'c')")
            .finds(&["index `ix` is gone by then"]);
        round_trip(FAMILY, "op.drop_column('c', 'p_id')\nop.drop_constraint('fk', 'c', type_='foreignkey')")
            .finds(&["constraint `fk` is gone by then, with what it was on in `c`"]);
        round_trip(FAMILY, "op.drop_column('c', 'p_id')\nop.drop_constraint('uq', 'c')").ok();
    }

    #[test]
    fn what_may_be_missing() {
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_index('ix', 'c', if_exists=True)").ok();
        round_trip(FAMILY, "op.drop_table('c')\nop.drop_table('c', if_exists=True)").ok();
        round_trip(FAMILY, "op.drop_table('c')\nop.create_table('c', sa.Column('z', sa.Integer()))\nop.drop_column('c', 'z')").ok();
    }

    #[test]
    fn a_type_before_its_table() {
        let table = "op.create_table('t', sa.Column('a', sa.Enum('x', name='st')))";
        let found = round_trip(table, "sa.Enum(name='st').drop(op.get_bind())\nop.drop_table('t')").finds(&[
            "this call of `drop` drops type `st` while `t.a` still has it: PostgreSQL says `cannot drop type st because",
        ]);
        assert_eq!(found.help(), "move it below the line that drops `t.a` or its table");
        round_trip(table, "op.execute('DROP TYPE st')\nop.drop_table('t')")
            .finds(&["this SQL drops type `st`"]);
        round_trip(table, "op.execute('DROP TYPE st CASCADE')\nop.drop_table('t')").ok();
        round_trip(table, "op.drop_table('t')\nop.execute('DROP TYPE st')").ok();
        round_trip(table, "op.drop_column('t', 'a')\nop.execute('DROP TYPE st')").ok();
        round_trip(table, "op.alter_column('t', 'a', type_=sa.Text())\nop.execute('DROP TYPE st')").ok();
        on(Dialect::Sqlite, table, "sa.Enum(name='st').drop(op.get_bind())\nop.drop_table('t')").ok();
    }

    #[test]
    fn what_is_not_known() {
        round_trip(FAMILY, "op.execute(statement())\nop.drop_table('p')\nop.drop_table('c')").ok();
        round_trip(FAMILY, "if there():\n    op.drop_table('p')\nop.drop_table('c')").ok();
        round_trip("pass", "op.drop_table('p')\nop.drop_table('c')").ok();
        round_trip(
            "if missing():\n    op.create_table('c', sa.Column('p_id', sa.Integer(), sa.ForeignKey('p.id')))",
            "op.drop_table('p')",
        )
        .ok();
    }
}
