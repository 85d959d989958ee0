//! `render-as-batch-disabled`: autogenerate writes what SQLite cannot do.

use crate::history::History;
use crate::operation::Dialect;
use crate::rule::{Sink, declare_rule};
use crate::source::{Role, Span};

declare_rule! {
    /// ## What it does
    /// Finds an `env.py` without `render_as_batch`, in projects on SQLite.
    ///
    /// ## Why is this bad?
    /// SQLite cannot alter a column or add a constraint; Alembic's batch mode does it by copying the table. Without
    /// `render_as_batch=True` autogenerate writes plain directives, and the upgrade fails:
    /// ```text
    /// NotImplementedError: No support for ALTER of constraints in SQLite dialect. Please refer to the batch mode feature
    /// sqlite3.OperationalError: near "ALTER": syntax error
    /// ```
    ///
    /// ## Example
    /// ```python
    /// context.configure(connection=connection, target_metadata=target_metadata)
    /// ```
    ///
    /// ## Use instead
    /// ```python
    /// context.configure(connection=connection, target_metadata=target_metadata, render_as_batch=True)
    /// ```
    ///
    /// ## References
    /// - [Alembic: batch mode with autogenerate](https://alembic.sqlalchemy.org/en/latest/batch.html#batch-mode-with-autogenerate)
    "render-as-batch-disabled", Style, Info,
    preset: Strict, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for (id, file) in history.project.files().filter(|(_, file)| file.role == Role::Environment) {
        let server = history.servers.get(file.directory);
        let Ok(text) = &file.text else { continue };
        if server.is_none_or(|server| server.dialect != Dialect::Sqlite) || text.contains("render_as_batch") {
            continue;
        }
        // Where it is configured elsewhere, that place knows.
        let Some(at) = text.find("context.configure(") else { continue };
        let start = u32::try_from(at).unwrap_or_default();
        let span = Span::new(start, start + 17);
        sink.report_in(id, span, "without `render_as_batch=True` autogenerate writes what SQLite cannot do")
            .help("give `render_as_batch=True` to `context.configure`");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn environment(text: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        Tester::new(&RULE).settings(settings).file("env.py", text)
    }

    #[test]
    fn sqlite_alone() {
        let text = "context.configure(connection=connection)\n";
        environment(text).finds(&["autogenerate writes what SQLite cannot do"]);
        environment("context.configure(connection=connection, render_as_batch=True)\n").ok();
        environment("run_migrations(context)\n").ok();
        Tester::new(&RULE).file("env.py", text).ok();
    }
}
