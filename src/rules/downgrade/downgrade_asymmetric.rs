//! `downgrade-asymmetric`: `downgrade` undoes a part only, or more than `upgrade` did. One that does nothing at all is
//! `empty-downgrade`'s; enum types that stay behind are `enum-not-dropped-on-downgrade`'s.

use crate::fix::{Undone, complete_downgrade};
use crate::history::schema::{Cause, Difference, DifferingObject, Kind, Step};
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Plays `upgrade` and then `downgrade` through and compares the schema with the one before: tables, columns with
    /// type, nullability and default, indexes, constraints, types, sequences and views that are left over, missing or
    /// otherwise than they were. There is one finding for each operation of `upgrade` that is not undone. What is not
    /// known for sure counts as equal: raw SQL that could not be read, operations under a condition.
    ///
    /// ## Why is this bad?
    /// After `alembic downgrade` the database is in a state that no revision describes. Upgrading again fails on what was
    /// left over, or silently goes on without what is missing:
    /// ```text
    /// column "city" of relation "user" already exists
    /// Duplicate column name 'city'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
    ///     op.add_column("user", sa.Column("city", sa.String(80)))
    ///
    /// def downgrade():
    ///     op.drop_column("user", "age")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
    ///     op.add_column("user", sa.Column("city", sa.String(80)))
    ///
    /// def downgrade():
    ///     op.drop_column("user", "city")
    ///     op.drop_column("user", "age")
    /// ```
    /// Where a part is left on purpose, say why: `# alembic-lint: allow[downgrade-asymmetric] -- <reason>`.
    ///
    /// ## Fix safety
    /// Unsafe, for a downgrade does more from then on. What it lacks is written where it belongs in the opposite order of `upgrade`, if
    /// `downgrade` does nothing else to the same table, column, index or constraint.
    ///
    /// ## References
    /// - pytest-alembic: `test_downgrade_leaves_no_trace`, which asks a database
    "downgrade-asymmetric", Downgrade, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

/// As many differences of one operation are named; the others are counted.
const MOST_NAMED: usize = 3;

/// What one statement leaves.
struct Group<'s> {
    cause: Option<Cause<'s>>,
    span: Span,
    differences: Vec<Difference<'s>>,
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let Some(body) = step.context.revision.downgrade.as_ref() else { return };
    if body.does_nothing() {
        return;
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut undone: Vec<Undone<'_>> = Vec::new();
    for difference in step.downgrade_difference() {
        if is_enum_type(step, &difference) {
            continue;
        }
        let cause = step.cause(difference.object());
        if let Some(cause) = cause.filter(|cause| !cause.is_in_downgrade) {
            let known = undone.iter_mut().find(|undone| std::ptr::eq(undone.operation, cause.operation));
            if let Some(undone) = known {
                undone.differences.push(difference.clone());
            } else {
                let differences = vec![difference.clone()];
                undone.push(Undone { operation: cause.operation, differences });
            }
        }
        let span = cause.map_or(body.span, |cause| cause.operation.span);
        match groups.iter_mut().find(|group| group.span == span) {
            Some(group) => group.differences.push(difference),
            None => groups.push(Group { cause, span, differences: vec![difference] }),
        }
    }
    undone.retain(|undone| complete_downgrade(step, std::slice::from_ref(undone)).is_some());
    // All at once, since their order matters.
    let fix = complete_downgrade(step, &undone);
    for group in &groups {
        let calls = group.cause.map_or(&[][..], |cause| &cause.operation.call_sites);
        let report = sink.report(group.span, message(group)).call_sites(calls).help(help(group));
        let is_repaired = undone.iter().any(|undone| undone.operation.span == group.span);
        if let Some(fix) = fix.clone().filter(|_| is_repaired) {
            report.fix(fix);
        }
    }
}

/// Whether it is an enum type that stays behind: of which another rule speaks.
fn is_enum_type(step: &Step<'_>, difference: &Difference<'_>) -> bool {
    match difference {
        Difference::Left(DifferingObject::Other(Kind::Type, name)) => {
            step.after().object(Kind::Type, name).yes().is_none_or(|object| !object.is_other_type)
        }
        _ => false,
    }
}

fn message(group: &Group<'_>) -> String {
    let named: Vec<String> = group.differences.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let list = match (named.split_last(), group.differences.len() - named.len()) {
        (Some((last, [])), 0) => last.clone(),
        (Some((last, others)), 0) => format!("{} and {last}", others.join(", ")),
        (_, more) => format!("{}, and {more} more are not as before", named.join(", ")),
    };
    format!("after upgrade and downgrade {list}")
}

fn help(group: &Group<'_>) -> String {
    let on_purpose = "approve: `# alembic-lint: allow[downgrade-asymmetric] -- <reason>`";
    if group.cause.is_none_or(|cause| cause.is_in_downgrade) {
        return format!("let `downgrade` undo what `upgrade` did and nothing else, or {on_purpose}");
    }
    let what = match group.differences.as_slice() {
        [Difference::Left(object)] => format!("drop {object} in `downgrade`"),
        [Difference::Missing(object)] => format!("bring {object} back in `downgrade`"),
        [Difference::Changed { object, attribute, before, .. }] if *attribute != "labels" => {
            format!("set the {attribute} of {object} back to `{before}` in `downgrade`")
        }
        _ => "undo this in `downgrade`".to_owned(),
    };
    format!("{what}, or {on_purpose}")
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

    /// After a revision that made the table `t`.
    fn later(upgrade: &str, downgrade: &str) -> Tester {
        let first = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    {TABLE}\n\ndef downgrade():\n    op.drop_table('t')\n"
        );
        round_trip(upgrade, downgrade).file("versions/ba9876543210_x.py", &first)
    }

    const TABLE: &str = "op.create_table('t', sa.Column('a', sa.Integer()), sa.Column('b', sa.String(5)))";

    #[test]
    fn left_over() {
        round_trip(
            "op.add_column('t', sa.Column('c', sa.Integer()))\nop.create_index('ix', 't', ['c'])\nop.create_table('u')",
            "op.drop_index('ix')",
        )
        .finds(&["column `t.c` is still there", "table `u` is still there"]);
        round_trip("op.execute('ALTER TABLE t ADD COLUMN c int')", "op.execute('DELETE FROM t')")
            .finds(&["after upgrade and downgrade column `t.c` is still there"]);
    }

    #[test]
    fn what_upgrade_drops_first_was_there() {
        let make = "op.create_table('al', sa.Column('a', sa.Integer()))";
        let back = "op.drop_column('al', 'a')";
        round_trip(&format!("op.drop_table('al')\n{make}"), back).ok();
        round_trip(&format!("op.execute('DROP TABLE IF EXISTS al')\n{make}"), back).ok();
        round_trip(make, "op.drop_column('t', 'a')").finds(&["table `al` is still there"]);
    }

    #[test]
    fn missing() {
        let found = round_trip(
            "op.drop_column('t', 'a')\nop.drop_index('ix', 't')",
            "op.create_index('ix', 't', ['b'])",
        )
        .finds(&["column `t.a` is missing"]);
        assert!(found.help().starts_with("bring column `t.a` back in `downgrade`"), "{}", found.help());
    }

    #[test]
    fn otherwise() {
        later(
            "op.alter_column('t', 'a', existing_type=sa.Integer(), type_=sa.Text(), existing_nullable=False, nullable=True)",
            "op.alter_column('t', 'a', existing_type=sa.Text(), type_=sa.BigInteger(), nullable=False)",
        )
        .finds(&["the type of column `t.a` is `BIGINT` and was `INTEGER`"]);
        round_trip("op.create_index('ix_new', 't', ['a'])", "op.drop_index('ix_old', 't')")
            .finds(&["index `ix_new` of `t` is still there"]);
    }

    #[test]
    fn labels_that_do_not_come_back() {
        round_trip(
            "op.execute(\"CREATE TYPE st AS ENUM ('a', 'b')\")",
            "op.execute('DROP TYPE st')\nop.execute('DELETE FROM t')",
        )
        .ok();
        let first = "from alembic import op\nrevision = 'ba9876543210'\ndown_revision = None\n\ndef upgrade():\n    \
             op.execute(\"CREATE TYPE st AS ENUM ('a', 'b', 'c')\")\n\ndef downgrade():\n    op.execute('DROP TYPE st')\n";
        round_trip(
            "op.execute('DROP TYPE st')\nop.execute(\"CREATE TYPE st AS ENUM ('a')\")",
            "op.execute('DELETE FROM t')",
        )
        .file("versions/ba9876543210_x.py", first)
        .finds(&["type `st` lacks the labels `b`, `c`"]);
    }

    #[test]
    fn one_finding_for_each_operation() {
        let add = "for name in 'abcdef':\n    op.add_column('t', sa.Column(name, sa.Integer()))";
        round_trip(add, "op.drop_column('t', 'f')")
            .finds(&["column `t.a` is still there, column `t.b` is still there, column `t.c` is still there, and 2 more"]);
        later("op.alter_column('t', 'a', new_column_name='z')", "op.execute('DELETE FROM t')")
            .finds(&["column `t.a` is missing and column `t.z` is still there"]);
    }

    #[test]
    fn faithful() {
        round_trip(TABLE, "op.drop_table('t')").ok();
        round_trip(
            "op.alter_column('t', 'a', new_column_name='b')",
            "op.alter_column('t', 'b', new_column_name='a')",
        )
        .ok();
        round_trip("op.rename_table('a', 'b')", "op.rename_table('b', 'a')").ok();
    }

    #[test]
    fn a_unique_constraint_of_mysql_is_an_index() {
        let first = "op.create_table('t', sa.Column('a', sa.Integer()), sa.UniqueConstraint('a', name='uq'))";
        let first = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    {first}\n\ndef downgrade():\n    op.drop_table('t')\n"
        );
        let back = |dialect| {
            round_trip(
                "op.drop_index('uq', table_name='t')",
                "op.create_index('uq', 't', ['a'], unique=True)",
            )
            .file("versions/ba9876543210_x.py", &first)
            .settings(Settings { dialect: Some(dialect), ..Settings::default() })
        };
        back(Dialect::Mysql).ok();
        back(Dialect::Mariadb).ok();
    }

    #[test]
    fn decisions_and_what_other_rules_say() {
        round_trip(TABLE, "pass").ok();
        round_trip(TABLE, "op.execute('SELECT 1')").ok();
        round_trip(TABLE, "raise NotImplementedError('no way back')").ok();
        round_trip("op.create_table('t', sa.Column('a', sa.Enum('x', name='st')))", "op.drop_table('t')")
            .ok();
    }

    #[test]
    fn what_is_not_known() {
        round_trip(TABLE, "op.execute(statement())").ok();
        round_trip(TABLE, "for name in names():\n    op.drop_table(name)").ok();
        round_trip(TABLE, "if there():\n    op.drop_table('t')").ok();
        round_trip("if missing():\n    op.create_table('t')", "op.drop_index('ix')").ok();
        round_trip(TABLE, "op.execute('DROP TABLE t')").ok();
        round_trip(TABLE, "op.execute('DO $$ BEGIN DROP TABLE t; END $$')").ok();
    }
}
