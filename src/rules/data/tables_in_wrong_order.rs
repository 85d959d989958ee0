//! `tables-in-wrong-order`: a table goes before what refers to it, or comes after it. Tables that `downgrade` drops too early are
//! `downgrade-wrong-order`'s.

use crate::diagnostic::Fix;
use crate::fix::move_behind;
use crate::history::schema::{Constraint, Moment, Schema, Step, Table, TableKey};
use crate::operation::{Change, ConstraintKind, Dialect, Operation, TableName};
use crate::revision::Body;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables that `upgrade` drops while the foreign key of another table refers to them, and foreign keys, in `upgrade` and
    /// `downgrade`, to a table that is made further down only. SQLite does not look, and neither does the rule then.
    ///
    /// ## Why is this bad?
    /// The statement always fails. Autogenerate does not sort the tables that are no longer in the models: which of two comes first
    /// differs from run to run, and `downgrade` has the opposite order. PostgreSQL says
    /// ```text
    /// cannot drop table author because other objects depend on it
    /// relation "author" does not exist
    /// ```
    /// MySQL and MariaDB say
    /// ```text
    /// Cannot drop table 'author' referenced by a foreign key constraint 'book_ibfk_1' on table 'book'.
    /// Cannot delete or update a parent row: a foreign key constraint fails
    /// Failed to open the referenced table 'author'
    /// Can't create table `app`.`book` (errno: 150 "Foreign key constraint is incorrectly formed")
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("author", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.create_table("book", sa.Column("author_id", sa.Integer(), sa.ForeignKey("author.id")))
    ///     op.drop_table("author")
    ///     op.drop_table("book")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// def upgrade():
    ///     op.create_table("author", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.create_table("book", sa.Column("author_id", sa.Integer(), sa.ForeignKey("author.id")))
    ///     op.drop_table("book")
    ///     op.drop_table("author")
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe, for it changes the order of statements: the one that fails is put behind the one that it waits for, if that is in the
    /// same function.
    ///
    /// ## References
    /// - [PostgreSQL: dependency tracking](https://www.postgresql.org/docs/current/ddl-depend.html)
    /// - [MySQL: foreign key constraints](https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html)
    "tables-in-wrong-order", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if step.context.dialect == Dialect::Sqlite {
        return;
    }
    let revision = step.context.revision;
    if let Some(body) = revision.upgrade_on_dialect().filter(|body| is_about_tables(body)) {
        let run = Run { moments: step.upgrade().collect(), end: step.after() };
        check_body(step, body, &run, true, sink);
    }
    if let Some(body) = revision.downgrade_on_dialect().filter(|body| is_about_tables(body))
        && let Some(downgrade) = step.downgrade()
    {
        let run = Run { moments: downgrade.moments().collect(), end: downgrade.after() };
        check_body(step, body, &run, false, sink);
    }
}

fn is_about_tables(body: &Body) -> bool {
    let is_it = |change: &Change| matches!(change, Change::CreateTable(_) | Change::DropTable(_));
    body.operations.iter().any(|operation| is_it(&operation.change))
}

/// A function as it runs.
struct Run<'s> {
    moments: Vec<Moment<'s>>,
    /// The schema after it.
    end: Schema<'s>,
}

impl<'s> Run<'s> {
    fn after(&self, at: usize) -> Schema<'s> {
        self.moments.get(at + 1).map_or(self.end, |next| next.schema)
    }

    /// The first operation from a place on that does something.
    fn find(&self, from: usize, does: impl Fn(usize, &'s Operation) -> bool) -> Option<usize> {
        let later = self.moments.iter().enumerate().skip(from);
        later.into_iter().find(|(at, moment)| does(*at, moment.operation)).map(|(at, _)| at)
    }
}

fn check_body(step: &Step<'_>, body: &Body, run: &Run<'_>, is_upgrade: bool, sink: &mut Sink<'_>) {
    for (at, moment) in run.moments.iter().enumerate() {
        let operation = moment.operation;
        if operation.switches_foreign_keys_off() {
            return;
        }
        // One statement may drop several tables.
        let same = run.moments.iter().filter(|other| other.operation.span == operation.span);
        if !moment.is_certain() || same.count() > 1 {
            continue;
        }
        let found = match &operation.change {
            Change::DropTable(drop) if is_upgrade && !drop.cascade => dropped_too_early(run, at, moment),
            Change::CreateTable(_) | Change::CreateConstraint(_) => refers_too_early(run, at, moment),
            _ => None,
        };
        let Some(found) = found else { continue };
        let report = sink
            .report(operation.span, format!("{} {}", operation.subject(), found.message))
            .call_sites(&operation.call_sites)
            .help(found.help);
        let behind = found.behind.and_then(|at| run.moments.get(at));
        let moved = behind.and_then(|behind| move_behind(&step.context, body, operation, behind.operation));
        if let Some(edits) = moved {
            report.fix(Fix::unsafe_(format!("put it {}", found.place), edits));
        }
    }
}

/// What is wrong with a place.
struct Found {
    message: String,
    help: String,
    /// Where it belongs, in words.
    place: String,
    /// The operation behind which it belongs.
    behind: Option<usize>,
}

/// A table is dropped to which others refer.
fn dropped_too_early(run: &Run<'_>, at: usize, moment: &Moment<'_>) -> Option<Found> {
    let table = moment.schema.table(moment.operation.change.table()?).yes()?;
    let mut references = moment.schema.references_to(table);
    references.retain(|(from, _)| from.key != table.key);
    let (from, key) = references.first()?;
    let by = match key.columns.as_deref() {
        Some([column]) => format!("`{}.{column}`", from.key),
        _ => format!("a foreign key of `{}`", from.key),
    };
    let goes = |(from, key): &(&Table<'_>, &Constraint<'_>)| {
        run.find(at + 1, |later, operation| {
            let has = |table: &Table<'_>| table.constraints.iter().any(|other| **other == **key);
            let is_about_it = operation.change.table().is_some_and(|table| is_called(table, &from.key));
            is_about_it && !run.after(later).table_of(&from.key).yes().is_some_and(has)
        })
    };
    let behind: Option<Vec<usize>> = references.iter().map(goes).collect();
    let fails = match moment.schema.dialect() {
        Dialect::Postgresql => {
            format!(
                "PostgreSQL says `cannot drop table {} because other objects depend on it`",
                table.key.name
            )
        }
        _ => "the database refuses because of the foreign key".to_owned(),
    };
    Some(Found {
        message: format!("drops `{}` while {by} still refers to it: {fails}", table.key),
        help: format!("drop `{}` or its foreign key first", from.key),
        place: format!("behind what drops the foreign key of `{}`", from.key),
        behind: behind.and_then(|places| places.into_iter().max()),
    })
}

/// A foreign key is made to a table that comes later.
fn refers_too_early(run: &Run<'_>, at: usize, moment: &Moment<'_>) -> Option<Found> {
    let own = run.after(at).table(moment.operation.change.table()?).yes()?;
    let had = moment.schema.table_of(&own.key).yes();
    let is_new =
        |key: &&Constraint<'_>| !had.is_some_and(|had| had.constraints.iter().any(|other| **other == **key));
    let keys = own.constraints.iter().map(|key| &**key);
    let new = keys.filter(|key| key.kind == ConstraintKind::ForeignKey && key.sure).filter(is_new);
    let absent = new
        .filter_map(|key| key.referent.as_ref())
        .filter(|referent| **referent != own.key && moment.schema.table_of(referent).is_no());
    let makes = |referent: &TableKey<'_>| {
        run.find(at + 1, |later, _| run.after(later).table_of(referent).yes().is_some())
    };
    let made = absent.filter_map(|referent| Some((makes(referent)?, referent)));
    let (behind, referent) = made.max_by_key(|(at, _)| *at)?;
    let fails = match moment.schema.dialect() {
        Dialect::Postgresql => format!("PostgreSQL says `relation \"{referent}\" does not exist`"),
        _ => "the database refuses".to_owned(),
    };
    Some(Found {
        message: format!("makes a foreign key to `{referent}`, which comes further down: {fails}"),
        help: format!("make `{referent}` first"),
        place: format!("behind what makes `{referent}`"),
        behind: Some(behind),
    })
}

fn is_called(table: &TableName, key: &TableKey<'_>) -> bool {
    table.name.known() == Some(&*key.name) && table.schema.known() == key.schema.as_deref()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('author', sa.Column('id', sa.Integer(), primary_key=True))\n    \
                        op.create_table('book', sa.Column('author_id', sa.Integer(), sa.ForeignKey('author.id')))";

    fn later(upgrade: &str, downgrade: &str) -> Tester {
        let first = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    {MAKE}\n\ndef downgrade():\n    op.drop_table('book')\n    op.drop_table('author')\n"
        );
        Tester::new(&RULE).upgrade(upgrade).downgrade(downgrade).file("versions/ba9876543210_x.py", &first)
    }

    #[test]
    fn what_is_referred_to_goes_last() {
        later("op.drop_table('author')\nop.drop_table('book')", "pass")
            .finds(&[
                "`op.drop_table` drops `author` while `book.author_id` still refers to it: PostgreSQL says",
            ])
            .fixes_unsafely(
                "op.drop_table('author')\n    op.drop_table('book')",
                "op.drop_table('book')\n    op.drop_table('author')",
            );
        later("op.drop_table(\n    'author',\n)\nwith op.batch_alter_table('book') as b:\n    b.drop_column('author_id')\nop.execute('SELECT 1')", "pass")
            .finds(&["drops `author`"])
            .fixes_unsafely(
                "    op.drop_table(\n        'author',\n    )\n    with op.batch_alter_table('book') as b:\n        b.drop_column('author_id')\n",
                "    with op.batch_alter_table('book') as b:\n        b.drop_column('author_id')\n    op.drop_table(\n        'author',\n    )\n",
            );
        later("op.drop_table('author')", "pass").finds(&["drops `author`"]).without_fix();
        later("op.drop_table('author')  # gone\nop.drop_table('book')", "pass")
            .finds(&["drops"])
            .without_fix();
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let (author, book) = MAKE.split_once("\n    ").unwrap();
        later("op.drop_table('book')\nop.drop_table('author')", &format!("{book}\n{author}"))
            .finds(&["`op.create_table` makes a foreign key to `author`, which comes further down: PostgreSQL says"])
            .fixes_unsafely(&format!("{book}\n    {author}"), &format!("{author}\n    {book}"));
        let key = "op.create_foreign_key('fk', 'book', 'author', ['author_id'], ['id'])";
        let gone = "op.drop_column('book', 'author_id')\nop.drop_table('author')";
        later(gone, &format!("op.add_column('book', sa.Column('author_id', sa.Integer()))\n{key}\n{author}"))
            .finds(&["`op.create_foreign_key` makes a foreign key"])
            .fixes_unsafely(&format!("{key}\n    {author}"), &format!("{author}\n    {key}"));
    }

    #[test]
    fn what_is_in_order_or_not_looked_at() {
        later("op.drop_table('book')\nop.drop_table('author')", &MAKE.replace("\n    ", "\n")).ok();
        later("op.execute('DROP TABLE author CASCADE')", "pass").ok();
        later("op.execute('DROP TABLE author, book')", "pass").ok();
        later("if there():\n    op.drop_table('author')\nop.drop_table('book')", "pass").ok();
        later("pass", "op.drop_table('author')\nop.drop_table('book')").ok();
        let on = |dialect| Settings { dialect: Some(dialect), ..Settings::default() };
        later("op.drop_table('author')\nop.drop_table('book')", "pass").settings(on(Dialect::Sqlite)).ok();
        later(
            "op.execute('SET FOREIGN_KEY_CHECKS = 0')\nop.drop_table('author')\nop.drop_table('book')",
            "pass",
        )
        .settings(on(Dialect::Mysql))
        .ok();
    }
}
