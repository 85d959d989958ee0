//! `missing-lock-timeout`: nothing limits how long a revision waits for a lock, and everybody else behind it.

use crate::diagnostic::Fix;
use crate::fix::{Writer, insert_before, insert_import};
use crate::history::History;
use crate::history::schema::{Moment, Replay};
use crate::operation::Operation;
use crate::revision::Body;
use crate::rule::{Sink, declare_rule};
use crate::server::{Effect, Lock, effects};
use crate::source::{FileId, Role};

declare_rule! {
    /// ## What it does
    /// Looks whether `env.py`, or a module of the project that it gets its metadata from, speaks of `lock_timeout`. If not, and a
    /// revision that is not applied yet locks a table that was there before, it says so once: at the first such operation that
    /// sets no `lock_timeout` before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Even a change that takes a moment waits for every query that is running on the table, by default for as long as it takes.
    /// Meanwhile all new queries on the table wait behind it. One forgotten transaction, one long report, and the application stands
    /// still until somebody ends the upgrade. With a `lock_timeout` the upgrade fails soon instead, and can be repeated.
    ///
    /// ## Example
    /// ```python bad file=versions/a1_add_number.py
    /// """add invoice.number"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.add_column("invoice", sa.Column("number", sa.Text()))
    ///
    /// def downgrade():
    ///     op.drop_column("invoice", "number")
    /// ```
    ///
    /// ```python bad file=env.py
    /// with connectable.connect() as connection:
    ///     context.configure(connection=connection, target_metadata=target_metadata)
    ///     with context.begin_transaction():
    ///         context.run_migrations()
    /// ```
    ///
    /// ## Use instead
    /// Once, in `env.py`:
    /// ```python good file=versions/a1_add_number.py
    /// """add invoice.number"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.add_column("invoice", sa.Column("number", sa.Text()))
    ///
    /// def downgrade():
    ///     op.drop_column("invoice", "number")
    /// ```
    ///
    /// ```python good file=env.py
    /// connectable = create_engine(url, connect_args={"options": "-c lock_timeout=5s"})
    /// with connectable.connect() as connection:
    ///     context.configure(connection=connection, target_metadata=target_metadata)
    ///     with context.begin_transaction():
    ///         context.run_migrations()
    /// ```
    /// Where the role or the server sets it, or code that this program does not see, switch the rule off:
    /// `ignore = ["missing-lock-timeout"]`.
    ///
    /// ## Fix safety
    /// Unsafe: the upgrade fails where it would have waited, and has to be tried again. It is offered for up to five revisions; for more,
    /// `env.py` is the place.
    ///
    /// ## References
    /// - squawk: `require-timeout-settings`; eugene: `E9`; `strong_migrations`: lock timeouts
    /// - [PostgreSQL: `lock_timeout`](https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT)
    "missing-lock-timeout", Locking, Info,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: History(check),
}

/// As many revisions are repaired one by one.
const FEW: usize = 5;

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for (index, siblings) in history.siblings.iter().enumerate() {
        let environment = siblings.environment;
        let has_environment = history
            .project
            .files
            .iter()
            .any(|file| file.directory == index && file.role == Role::Environment);
        let is_postgresql = history.servers.get(index).is_some_and(|server| server.is_postgresql());
        // Where code elsewhere runs the revisions, it may set one.
        if is_postgresql && has_environment && !environment.has_lock_timeout && !environment.may_autocommit {
            report(history, index, sink);
        }
    }
}

fn report(history: &History<'_>, directory: usize, sink: &mut Sink<'_>) {
    let files =
        history.project.files().filter(|(id, file)| file.directory == directory && history.is_judged(*id));
    let waiting = files.filter_map(|(id, _)| {
        let body = history.revision(id)?.upgrade_on_dialect().filter(|body| !body.is_async)?;
        Some((id, first_wait(history, directory, body)?))
    });
    let waiting: Vec<(FileId, (&Operation, Effect))> = waiting.collect();
    let Some((file, (operation, effect))) = waiting.first() else { return };
    let more = match waiting.len() {
        1 => String::new(),
        2 => ", and so does 1 more revision".to_owned(),
        all => format!(", and so do {} more revisions", all - 1),
    };
    let report = sink.report_in(
        *file,
        operation.span,
        format!(
            "{} waits for its lock on {} without end, and new {} wait behind it{more}: `env.py` sets no `lock_timeout`",
            operation.subject(),
            effect.table.quoted(),
            effect.lock.blocks().name()
        ),
    )
    .call_sites(&operation.call_sites)
    .help(format!(
        "set it once in `env.py`: `{}`; where the role or the server sets it, `ignore` this rule",
        engine_argument(history, directory)
    ));
    // Where many revisions wait, the place is `env.py`.
    let is_few = waiting.len() <= FEW;
    if let Some(fix) = limit(history, *file, operation).filter(|_| is_few) {
        report.fix(fix);
    }
}

/// What the engine takes in `env.py`: asyncpg has another argument than what goes by libpq.
fn engine_argument(history: &History<'_>, directory: usize) -> &'static str {
    let driver = history.project.directories.get(directory).and_then(|directory| directory.driver.as_deref());
    if driver == Some("asyncpg") {
        "connect_args={\"server_settings\": {\"lock_timeout\": \"5s\"}}"
    } else {
        "connect_args={\"options\": \"-c lock_timeout=5s\"}"
    }
}

/// The repair that limits how long a revision waits, before the first operation that does.
fn limit(history: &History<'_>, file: FileId, operation: &Operation) -> Option<Fix> {
    let revision = history.revision(file)?;
    let text = history.project.file(file)?.text();
    if operation.autocommit {
        return None;
    }
    let mut writer = Writer::new(revision, text);
    let op = writer.path("alembic.op")?;
    let line = format!("{op}.execute({})", writer.text("SET LOCAL lock_timeout = '5s'"));
    let span = operation.call_sites.first().copied().unwrap_or(operation.span);
    let mut edits = vec![insert_before(revision, text, span, &line)?];
    edits.extend(writer.imports().map(|line| insert_import(revision, text, line)));
    Some(Fix::unsafe_("give up after five seconds without the lock", edits))
}

/// The first operation that waits for a lock others notice, and its table.
fn first_wait<'a>(
    history: &History<'_>,
    directory: usize,
    body: &'a Body,
) -> Option<(&'a Operation, Effect)> {
    let server = *history.servers.get(directory)?;
    let convention = &history.project.directories.get(directory)?.naming_convention;
    let nothing = Replay::of_none(server.dialect, convention);
    let mut found = None;
    let mut is_limited = false;
    body.walk(|operation, created| {
        is_limited |= operation.limits_waiting();
        if found.is_some() || is_limited {
            return;
        }
        let moment = Moment { operation, schema: nothing.schema() };
        let effects = effects(&moment, created, server);
        let strong = effects
            .into_iter()
            .find(|effect| effect.lock >= Lock::Share && effect.table.name.known().is_some());
        found = strong.map(|effect| (operation, effect));
    });
    found
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const RUN: &str = "with context.begin_transaction():\n    context.run_migrations()\n";
    const ADD: &str = "op.add_column('t', sa.Column('a', sa.Integer()))";

    fn history(environment: &str, upgrades: &[&str]) -> Tester {
        Tester::new(&RULE).history(upgrades).file("env.py", &format!("{environment}\n{RUN}"))
    }

    #[test]
    fn it_is_said_once() {
        history("", &[ADD]).finds(&[
            "`op.add_column` waits for its lock on `t` without end, and new reads and writes wait behind it: `env.py` sets no",
        ]);
        history("", &[ADD, ADD, ADD]).finds(&["and so do 2 more revisions"]);
        history("", &["op.execute('CREATE INDEX ix ON t (a)')"]).finds(&["this SQL waits"]);
    }

    #[test]
    fn the_help_is_for_the_driver_of_the_engine() {
        let help = |driver: &str| {
            let found = history("", &[ADD]).driver(driver).finds(&["`t`"]);
            found.help().to_owned()
        };
        assert!(help("asyncpg").contains("{\"server_settings\": {\"lock_timeout\": \"5s\"}}"));
        assert!(help("psycopg2").contains("{\"options\": \"-c lock_timeout=5s\"}"));
    }

    #[test]
    fn each_revision_can_set_it() {
        history("", &[ADD]).finds(&["`t`"]).fixes_unsafely(
            "    op.add_column(",
            "    op.execute(\"SET LOCAL lock_timeout = '5s'\")\n    op.add_column(",
        );
        history("", &[ADD; 6]).finds(&["and so do 5 more"]).without_fix();
        let block = format!("with op.get_context().autocommit_block():\n    {ADD}");
        history("", &[&block]).finds(&["`t`"]).without_fix();
    }

    #[test]
    fn set_in_the_environment_or_the_revision() {
        history("args = {'options': '-c lock_timeout=5000'}", &[ADD]).ok();
        history("", &[&format!("op.execute(\"SET LOCAL lock_timeout = '5s'\")\n{ADD}")]).ok();
        history("", &[&format!("op.execute(\"SELECT set_config('lock_timeout', '5s', true)\")\n{ADD}")]).ok();
        history("", &[&format!("op.execute('SET lock_timeout = 0')\n{ADD}")]).finds(&["`t`"]);
    }

    #[test]
    fn nothing_is_locked_or_known() {
        history(
            "",
            &["op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_index('ix', 't', ['a'])"],
        )
        .ok();
        history("", &["op.execute('UPDATE t SET a = 1')"]).ok();
        Tester::new(&RULE).history(&[ADD]).ok();
        Tester::new(&RULE).history(&[ADD]).file("env.py", "from app import run\nrun()\n").ok();
    }
}
