//! Statements that a `downgrade` lacks, put where they belong: in the opposite order of `upgrade`.

use super::layout::{Directive, Style};
use super::recreate::Recreate;
use super::undo::inverse;
use super::writer::Writer;
use crate::diagnostic::{Edit, Fix};
use crate::fix::insert_import;
use crate::fix::statement::{append_to, at_depth_of};
use crate::history::schema::{Difference, DifferingObject, Step};
use crate::operation::{Change, ConstraintKind, Dialect, Name, Operation};
use crate::revision::Body;
use crate::source::Span;

/// An operation of `upgrade` with what is not as it was after `downgrade`.
#[derive(Debug, Clone)]
pub struct Undone<'s> {
    /// The operation.
    pub operation: &'s Operation,
    /// What differs.
    pub differences: Vec<Difference<'s>>,
}

/// The repair that lets `downgrade` undo these operations of `upgrade` as well; `None` where that cannot be told for sure, or where
/// `downgrade` does something to the same and more than an index or a constraint is missing.
pub fn complete_downgrade(step: &Step<'_>, undone: &[Undone<'_>]) -> Option<Fix> {
    if undone.is_empty() {
        return None;
    }
    let revision = step.context.revision;
    let (upgrade, downgrade) = (revision.upgrade.as_ref()?, revision.downgrade.as_ref()?);
    let is_plain = |body: &Body| {
        body.unresolved.is_empty() && body.operations.iter().all(|operation| !operation.conditional)
    };
    if revision.on_dialect.is_some() || !is_plain(upgrade) || !is_plain(downgrade) {
        return None;
    }
    let place_of = |undone: &Undone<'_>| {
        upgrade.operations.iter().position(|other| std::ptr::eq(other, undone.operation))
    };
    let mut wanted = Vec::with_capacity(undone.len());
    for undone in undone {
        wanted.push((place_of(undone)?, undone));
    }
    wanted.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut writer = Writer::new(revision, step.context.text());
    let op = writer.path("alembic.op")?;
    let mut places: Vec<(Option<Span>, Vec<Directive>)> = Vec::new();
    let mut at_end = Vec::new();
    for (at, Undone { operation, differences }) in wanted {
        if downgrade.operations.iter().any(|other| is_about_same(&operation.change, &other.change)) {
            at_end.extend(missing_parts(step, differences, &mut writer)?);
            continue;
        }
        // Before the first statement that undoes something earlier.
        let undoes = |other: &Operation| {
            upgrade.operations.iter().rposition(|done| is_about_same(&done.change, &other.change))
        };
        let next = downgrade.operations.iter().find(|other| undoes(other).is_some_and(|undone| undone < at));
        let next = next.map(|next| next.call_sites.first().copied().unwrap_or(next.span));
        add(&mut places, next, inverse(step, operation, &mut writer)?);
    }
    add(&mut places, None, at_end);
    let mut edits = Vec::new();
    let mut count = 0;
    for (next, directives) in places.iter().filter(|(_, directives)| !directives.is_empty()) {
        count += directives.len();
        edits.push(write(step, upgrade, downgrade, *next, directives, &op)?);
    }
    edits.extend(writer.imports().map(|line| insert_import(revision, step.context.text(), line)));
    let what = if count == 1 { "the statement" } else { "the statements" };
    (count > 0).then(|| Fix::unsafe_(format!("add {what} that `downgrade` lacks"), edits))
}

fn add(places: &mut Vec<(Option<Span>, Vec<Directive>)>, place: Option<Span>, directives: Vec<Directive>) {
    match places.iter_mut().find(|(other, _)| *other == place) {
        Some((_, together)) => together.extend(directives),
        None => places.push((place, directives)),
    }
}

/// What makes indexes and constraints again that went with something else; `None` where anything else differs.
fn missing_parts(
    step: &Step<'_>,
    differences: &[Difference<'_>],
    writer: &mut Writer<'_>,
) -> Option<Vec<Directive>> {
    let after = step.downgrade()?.after();
    let mut recreate = Recreate::new(step, writer);
    let mut made = Vec::with_capacity(differences.len());
    for difference in differences {
        let Difference::Missing(object) = difference else { return None };
        let (DifferingObject::Index(key, name) | DifferingObject::Constraint(key, name)) = object else {
            return None;
        };
        let (table, now) = (step.before().table_of(key).yes()?, after.table_of(key).yes()?);
        if matches!(object, DifferingObject::Index(..)) {
            made.push(recreate.index(key, table.index(name).yes()?)?);
            continue;
        }
        let constraint = table.constraint(name, None).yes()?;
        // A table has one.
        if constraint.kind == ConstraintKind::PrimaryKey && !now.primary_key().is_no() {
            return None;
        }
        made.push(recreate.constraint(key, constraint)?);
    }
    Some(made)
}

/// The edit that puts statements before another one, or at the end.
fn write(
    step: &Step<'_>,
    upgrade: &Body,
    downgrade: &Body,
    next: Option<Span>,
    directives: &[Directive],
    op: &str,
) -> Option<Edit> {
    let text = step.context.text();
    let start = match next {
        Some(next) => at_depth_of(step.context.revision, text, downgrade, next)?,
        None => downgrade.block.start,
    };
    let before = text.get(..start as usize)?;
    let indent = before.rsplit(['\n', '\r']).next().filter(|line| line.trim().is_empty())?;
    let batch = step.context.dialect == Dialect::Sqlite || upgrade.operations.iter().any(|done| done.batch);
    let lines = Style { op, indent, batch }.lines(directives);
    let lines = lines.strip_prefix(indent)?.trim_end_matches('\n');
    match next {
        Some(_) => Some(Edit { span: Span::new(start, start), content: format!("{lines}\n{indent}") }),
        None => append_to(step.context.revision, text, downgrade, lines),
    }
}

/// Whether two operations are about the same table as a whole, or the same column, index or constraint.
pub fn is_about_same(one: &Change, other: &Change) -> bool {
    let (Some(table), Some(of_other)) = (one.table(), other.table()) else { return false };
    let is_same_table = table.is_same(of_other) || (table.name == Name::None || of_other.name == Name::None);
    match (one, other) {
        (Change::RenameTable(rename), _) => names(other).contains(&&rename.to) || of_other.name == rename.to,
        (_, Change::RenameTable(rename)) => table.name == rename.to || is_same_table,
        _ => {
            is_same_table
                && is_whole(one) == is_whole(other)
                && (is_whole(one) || names(one).iter().any(|name| names(other).contains(name)))
        }
    }
}

fn is_whole(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateTable(_)
            | Change::DropTable(_)
            | Change::CreateTableComment(_)
            | Change::DropTableComment(_)
    )
}

/// The names of what an operation makes, drops or changes; one that is not known may be any.
fn names(change: &Change) -> Vec<&Name> {
    let mut names = vec![change.name()];
    if let Change::AlterColumn(alter) = change
        && alter.new_name != Name::None
    {
        names.push(&alter.new_name);
    }
    names
}

#[cfg(test)]
mod tests {
    use crate::rules::RULES;
    use crate::testing::{Found, Tester};

    const FIRST: &str = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
                         def upgrade():\n    op.create_table('t', sa.Column('a', sa.Integer(), nullable=False), sa.Column('b', sa.String(5)))\n\n\
                         def downgrade():\n    op.drop_table('t')\n";
    const C: &str = "op.add_column('t', sa.Column('c', sa.Integer()))";
    const D: &str = "op.add_column('t', sa.Column('d', sa.Integer()))";

    #[track_caller]
    fn found(upgrade: &str, downgrade: &str, count: usize) -> Found {
        let rule = RULES.iter().copied().find(|rule| rule.name == "downgrade-asymmetric").unwrap();
        let tester = Tester::new(rule).upgrade(upgrade).downgrade(downgrade);
        tester.file("versions/ba9876543210_x.py", FIRST).finds(&vec!["after upgrade and downgrade"; count])
    }

    #[track_caller]
    fn completes(upgrade: &str, downgrade: &str, count: usize, expected: &str) {
        let whole = |body: &str| format!("adjust! ###\n    {}\n    # ###", body.replace('\n', "\n    "));
        let (before, after) = (whole(downgrade), whole(expected));
        found(upgrade, downgrade, count).fixes_unsafely(&before, &after);
    }

    #[test]
    fn in_the_opposite_order() {
        let (drop_c, drop_d) = ("op.drop_column('t', 'c')", "op.drop_column('t', 'd')");
        completes(&format!("{C}\n{D}"), drop_c, 1, &format!("{drop_d}\n{drop_c}"));
        completes(&format!("{C}\n{D}"), drop_d, 1, &format!("{drop_d}\n{drop_c}"));
        let index = "op.create_index('ix', 't', ['c'])";
        completes(
            &format!("{C}\n{index}\n{D}\nop.create_table('u', sa.Column('a', sa.Integer()))"),
            drop_d,
            3,
            &format!("op.drop_table('u')\n{drop_d}\nop.drop_index('ix', table_name='t')\n{drop_c}"),
        );
    }

    #[test]
    fn what_went_comes_back() {
        completes(
            &format!("op.drop_column('t', 'b')\n{C}"),
            "op.drop_column('t', 'c')",
            1,
            "op.drop_column('t', 'c')\nop.add_column('t', sa.Column('b', sa.String(5), nullable=True))",
        );
        completes(
            &format!("op.alter_column('t', 'a', existing_type=sa.Integer(), nullable=True)\n{C}"),
            "op.drop_column('t', 'c')",
            1,
            "op.drop_column('t', 'c')\nop.alter_column('t', 'a', nullable=False, existing_type=sa.Integer())",
        );
    }

    #[test]
    fn an_index_that_went_with_its_column() {
        let indexed =
            FIRST.replace("\n\ndef downgrade", "\n    op.create_index('ix', 't', ['b'])\n\ndef downgrade");
        let rule = RULES.iter().copied().find(|rule| rule.name == "downgrade-asymmetric").unwrap();
        let back = "op.add_column('t', sa.Column('b', sa.String(5)))";
        Tester::new(rule)
            .upgrade("op.drop_column('t', 'b')")
            .downgrade(back)
            .file("versions/ba9876543210_x.py", &indexed)
            .finds(&["index `ix` of `t` is missing"])
            .fixes_unsafely(back, &format!("{back}\n    op.create_index('ix', 't', ['b'], unique=False)"));
    }

    #[test]
    fn every_turn_of_a_loop() {
        completes(
            "for name in 'xyz':\n    op.add_column('t', sa.Column(name, sa.Integer()))",
            "op.drop_column('t', 'z')",
            1,
            "op.drop_column('t', 'z')\nop.drop_column('t', 'y')\nop.drop_column('t', 'x')",
        );
    }

    #[test]
    fn before_a_block() {
        let batch = "with op.batch_alter_table('t') as b:\n    b.drop_column('c')";
        completes(
            &format!(
                "with op.batch_alter_table('t') as b:\n    b.{}\nop.rename_table('t', 'u')",
                &C[3..].replace("'t', ", "")
            ),
            batch,
            1,
            &format!("op.rename_table('u', 't')\n{batch}"),
        );
    }

    #[test]
    fn not_where_it_is_not_plain() {
        found(&format!("{C}\nop.alter_column('t', 'a', type_=sa.Text(), existing_type=sa.Integer(), nullable=True)"),
            "op.alter_column('t', 'a', type_=sa.Integer(), existing_type=sa.Text())\nop.drop_column('t', 'c')", 1)
            .without_fix();
        found(C, "if op.get_bind().dialect.name == 'oracle':\n    pass\nop.drop_column('t', 'b')", 2)
            .without_fix();
    }
}
