//! `text-as-column-list`: a text stands where a list of columns belongs, and is taken letter by letter.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::operation::{Misfit, Signature};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds a plain text where `create_index`, `create_unique_constraint`, `create_primary_key` or `create_foreign_key` take a list
    /// of columns, in `upgrade` and `downgrade`. A text of one letter does what was meant and is left alone.
    ///
    /// ## Why is this bad?
    /// A text is a sequence of letters, and each letter is taken for a column: `"email"` makes
    /// ```text
    /// ALTER TABLE user ADD CONSTRAINT uq_user_email UNIQUE (e, m, a, i, l)
    /// ```
    /// which fails, unless the table has such columns. Batch mode on SQLite makes no constraint at all, and says nothing. With a letter
    /// that stands twice, and where both sides of a foreign key are of different length, SQLAlchemy raises
    /// ```text
    /// DuplicateColumnError: A column with name 's' is already present in table 'note'.
    /// ArgumentError: ForeignKeyConstraint number of constrained columns must match the number of referenced columns.
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_unique_constraint("uq_user_email", "user", "email")
    /// op.create_index("ix_user_name", "user", ("name"))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_unique_constraint("uq_user_email", "user", ["email"])
    /// op.create_index("ix_user_name", "user", ["name"])
    /// ```
    ///
    /// ## Fix safety
    /// Safe: the text becomes a list of one column.
    ///
    /// ## References
    /// - [Alembic: `create_unique_constraint`](https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.create_unique_constraint)
    "text-as-column-list", Content, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

/// How many letters a message shows.
const SHOWN: usize = 6;

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    let misfits = || bodies.into_iter().flatten().flat_map(|body| &body.misfits);
    for call in misfits() {
        let Misfit::Letters { parameter, text } = &call.misfit else { continue };
        let object = if call.batch { "batch_op" } else { "op" };
        let mut letters: Vec<String> = text.chars().take(SHOWN).map(String::from).collect();
        if text.chars().nth(SHOWN).is_some() {
            letters.push("..".to_owned());
        }
        let is_name = text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let help = if is_name {
            format!("write a list: `[{text:?}]`")
        } else if text.contains('(') {
            "write a list: `[sa.text(\"..\")]`".to_owned()
        } else {
            "write a list of the columns".to_owned()
        };
        let report = sink
            .report(
                call.span,
                format!(
                    "`{object}.{}` takes the {parameter} `{text}` letter by letter: ({})",
                    call.directive,
                    letters.join(", ")
                ),
            )
            .help(help);
        let place = || {
            let signature = Signature::of(call.directive, call.batch)?;
            signature.positional.iter().position(|name| name == parameter)
        };
        let listed = || {
            let call = CallText::new(context.text(), call.span)?;
            call.replace_argument(place()?, parameter, |value| as_list(value, text))
        };
        // Where the call has another mistake, the text may stand in the wrong place.
        let is_alone = misfits()
            .filter(|other| other.span == call.span)
            .all(|other| matches!(other.misfit, Misfit::Letters { .. }));
        if let Some(edit) = (is_name && is_alone).then(listed).flatten() {
            report.fix(Fix::safe(format!("write `[{text:?}]`"), vec![edit]));
        }
    }
}

/// A plain literal of this text, which brackets may surround, as a list; `None` where something else stands there.
fn as_list(value: &str, text: &str) -> Option<String> {
    let mut literal = value;
    while let Some(inner) = literal.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        literal = inner.trim();
    }
    let is_plain = ['"', '\''].iter().any(|quote| {
        literal
            .strip_prefix(*quote)
            .and_then(|rest| rest.strip_suffix(*quote))
            .is_some_and(|inner| inner == text)
    });
    is_plain.then(|| format!("[{literal}]"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn each_directive() {
        upgrade("op.create_unique_constraint('uq', 't', 'ab')")
            .finds(&["`op.create_unique_constraint` takes the columns `ab` letter by letter: (a, b)"])
            .fixes("'t', 'ab')", "'t', ['ab'])");
        upgrade("op.create_index('ix', 't', ( 'name' ), unique=True)")
            .finds(&["`op.create_index` takes the columns `name` letter by letter: (n, a, m, e)"])
            .fixes("( 'name' )", "['name']");
        upgrade("op.create_primary_key('pk', 't', columns='user_id')")
            .finds(&["(u, s, e, r, _, i, ..)"])
            .fixes("columns='user_id'", "columns=['user_id']");
        upgrade("op.create_foreign_key('fk', 't', 'u', 'ab', ['id'])")
            .finds(&["takes the local_cols `ab`"])
            .fixes("'ab'", "['ab']");
        upgrade("op.create_foreign_key('fk', 't', 'u', ['a'], 'id')")
            .finds(&["takes the remote_cols `id`"])
            .fixes("'id'", "['id']");
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_unique_constraint('uq', 'ab')")
            .finds(&["`batch_op.create_unique_constraint` takes"])
            .fixes("'ab'", "['ab']");
    }

    #[test]
    fn only_a_plain_name_is_mended() {
        let found = upgrade("op.create_index('ix', 't', 'lower(a)')").finds(&["(l, o, w, e, r, (, ..)"]);
        assert_eq!(found.help(), "write a list: `[sa.text(\"..\")]`");
        found.without_fix();
        upgrade("op.create_index('ix', 't', 'a, b')").finds(&["letter by letter"]).without_fix();
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_unique_constraint('uq', 'table', ['a'])")
            .finds(&["(t, a, b, l, e)"])
            .without_fix();
        upgrade("name = 'ab'\nop.create_index('ix', 't', name)").finds(&["`ab`"]).without_fix();
    }

    #[test]
    fn what_is_meant() {
        upgrade("op.create_index('ix', 't', 'a')").ok();
        upgrade("op.create_index('ix', 't', ['ab'])").ok();
        upgrade("op.create_index('ix', 't', ('ab',))").ok();
        upgrade("op.create_index('ix', 't', column())").ok();
        upgrade("op.create_table('t', sa.Column('ab', sa.Text()), sa.UniqueConstraint('ab'))").ok();
    }
}
