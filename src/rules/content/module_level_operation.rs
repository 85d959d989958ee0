//! `module-level-operation`: the revision changes the database when its file is read.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds directives and statements outside of functions.
    ///
    /// ## Why is this bad?
    /// Alembic imports every revision for every command, `alembic history` and `alembic heads` too. What stands at the top of the file runs
    /// each time, whether or not the revision is due; most often there is no database yet:
    /// ```text
    /// NameError: Can't invoke function 'execute', as the proxy object has not yet been established for the Alembic 'Operations' class.
    /// ```
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user_age.py
    /// from alembic import op
    ///
    /// revision = "ab12"
    /// down_revision = None
    ///
    /// op.execute("SELECT 1")
    ///
    /// def upgrade():
    ///     pass
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("SELECT 1")
    /// ```
    /// inside of `upgrade`.
    ///
    /// ## References
    /// - `alembic/util/langhelpers.py`, `ModuleClsProxy`
    "module-level-operation", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    for span in &context.revision.at_import {
        sink.report(*span, "this runs whenever Alembic reads the file, not when the revision is due")
            .help("move it into `upgrade`");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn file(text: &str) -> Tester {
        let head = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a'\n";
        Tester::new(&RULE)
            .file("versions/a_x.py", &format!("{head}{text}def upgrade():\n    op.drop_table('t')\n"))
    }

    #[test]
    fn at_the_top_of_the_file() {
        file("op.drop_table('t')\n").finds(&["this runs whenever Alembic reads the file"]);
        file("op.get_bind().execute(sa.text('DELETE FROM t'))\n").finds(&["this runs"]);
        file("def go():\n    op.drop_table('t')\ngo()\n").finds(&["this runs"]);
    }

    #[test]
    fn definitions() {
        file("TABLES = ['t']\nt = sa.table('t', sa.column('a'))\nname = op.f('ix')\n").ok();
        file("def go():\n    op.drop_table('t')\n").ok();
    }
}
