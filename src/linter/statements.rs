//! Rules about single statements of SQL: squawk's. All statements of an upgrade are read once for all of them.

use super::Judge;
use crate::diagnostic::Diagnostic;
use crate::operation::{Change, Dialect, Operation, Origin, Statement};
use crate::revision::{Body, RevisionContext};
use crate::rule::Sink;
use crate::source::Span;
use crate::sql::{Grammar, remarks};

/// squawk's name for SQL that it does not take, which is told of all servers and of downgrades too.
const SYNTAX: &str = "syntax-error";

/// squawk's name for objects that get another name.
const RENAMING: &str = "renaming-object";

/// squawk's name for statements that cannot be run again.
const ROBUST: &str = "prefer-robust-stmts";

/// How many words of the SQL a message shows.
const WORDS: usize = 8;

/// What squawk's rules say of the SQL that `upgrade` executes on PostgreSQL.
pub(super) fn judge_statements(
    context: &RevisionContext<'_>,
    rules: &[Judge<&'static str>],
    out: &mut Vec<Diagnostic>,
) {
    let mut grammar = Grammar::default();
    for (rule, severity, _) in rules.iter().filter(|(_, _, code)| *code == SYNTAX) {
        judge_syntax(context, &mut grammar, &mut Sink::new(rule, *severity, context.id, out));
    }
    if rules.is_empty() || !context.server.is_postgresql() {
        return;
    }
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    // Nobody else ever sees a temporary table.
    let mut of_temporary = Vec::new();
    upgrade.walk(|operation, created| {
        let is_made = matches!(&operation.change, Change::CreateTable(create) if create.temporary);
        if is_made || operation.target().is_some_and(|table| created.is_temporary(table)) {
            of_temporary.push(operation.span);
        }
    });
    let codes: Vec<&str> = rules.iter().map(|(_, _, code)| *code).collect();
    for in_transaction in [true, false] {
        let operations: Vec<_> = statements(upgrade, !in_transaction).collect();
        let texts: Vec<&str> = operations.iter().filter_map(|operation| operation.sql()).collect();
        for remark in remarks(&mut grammar, &texts, &codes, context.server.version, in_transaction) {
            let judge = rules.iter().find(|(_, _, code)| *code == remark.rule);
            let (Some((rule, severity, _)), Some(operation)) = (judge, operations.get(remark.statement))
            else {
                continue;
            };
            let is_needless = match remark.rule.as_str() {
                RENAMING => renames_otherwise(operation) || is_rebuilt(upgrade, operation),
                ROBUST => is_robust(upgrade, operation),
                _ => false,
            };
            if is_needless || of_temporary.contains(&operation.span) {
                continue;
            }
            let place = within(operation, &remark.range).unwrap_or(operation.span);
            let mut calls = vec![operation.span];
            calls.extend(operation.call_sites.iter().copied());
            Sink::new(rule, *severity, context.id, out)
                .report(place, remark.message)
                .call_sites(&calls)
                .help(
                    remark.help.unwrap_or_else(|| format!("see https://squawkhq.com/docs/{}", remark.rule)),
                );
        }
    }
}

/// The statements of SQL, in autocommit blocks or outside; each once, for one with several actions gives an operation for each.
fn statements(body: &Body, autocommit: bool) -> impl Iterator<Item = &Operation> {
    let mut last: Option<&Operation> = None;
    body.operations.iter().filter(move |operation| {
        let is_known =
            last.is_some_and(|last| last.span == operation.span && last.origin == operation.origin);
        last = Some(operation);
        operation.is_raw_sql() && operation.autocommit == autocommit && !is_known
    })
}

/// Whether it renames an index or a constraint, which no client asks for by its name, or a label, of which `rename-enum-value` tells.
fn renames_otherwise(operation: &Operation) -> bool {
    let Change::Execute(execute) = &operation.change else { return false };
    matches!(
        execute.statement,
        Statement::RenameIndex { .. }
            | Statement::RenameConstraint { .. }
            | Statement::RenameEnumValue { .. }
    )
}

/// Whether a type gives its name to one that the upgrade makes in its place, or takes the name of one that it replaces.
fn is_rebuilt(upgrade: &Body, operation: &Operation) -> bool {
    let Some(Statement::RenameType { name, .. }) = operation.statement() else { return false };
    upgrade.operations.iter().filter_map(Operation::statement).any(
        |statement| matches!(statement, Statement::CreateType { name: made, .. } if made == name && !name.is_unknown()),
    )
}

/// Whether a statement can be run again after a failure, all of its actions. There is no guard for some of them, and for
/// `CREATE INDEX CONCURRENTLY` see `concurrent-index-without-guard`.
fn is_robust(upgrade: &Body, operation: &Operation) -> bool {
    let actions = upgrade.operations.iter().filter(|other| {
        other.span == operation.span
            && other.call_sites == operation.call_sites
            && other.origin == operation.origin
    });
    let is_unguardable = |action: &Operation| match &action.change {
        Change::CreateIndex(_) => action.says("concurrently"),
        Change::Execute(_) => action.on_table().is_some_and(|about| about.verb.contains("DETACH PARTITION")),
        _ => false,
    };
    let mut actions = actions.peekable();
    actions.peek().is_some()
        && actions.all(|action| {
            action.is_repeatable() || is_unguardable(action) || is_dropped_before(upgrade, action)
        })
}

/// Whether `DROP .. IF EXISTS` before an operation makes room for what it makes.
fn is_dropped_before(upgrade: &Body, operation: &Operation) -> bool {
    let before = || upgrade.operations.iter().take_while(|other| !std::ptr::eq(*other, operation));
    match &operation.change {
        Change::CreateTable(create) => before().any(|other| match &other.change {
            Change::DropTable(drop) => drop.if_exists && drop.table.is_same(&create.table),
            _ => false,
        }),
        Change::CreateIndex(create) => before().any(|other| match &other.change {
            Change::DropIndex(drop) => {
                drop.if_exists && drop.name == create.name && create.name.known().is_some()
            }
            _ => false,
        }),
        Change::CreateConstraint(create) => before().any(|other| match &other.change {
            Change::DropConstraint(drop) => {
                drop.if_exists
                    && drop.name == create.constraint.name
                    && drop.name.known().is_some()
                    && drop.table.is_same(&create.table)
            }
            _ => false,
        }),
        Change::AddColumn(add) => before().any(|other| match &other.change {
            Change::DropColumn(drop) => {
                drop.if_exists && drop.column == add.column.name && drop.table.is_same(&add.table)
            }
            _ => false,
        }),
        _ => false,
    }
}

/// SQL that is wholly known and that the server's grammar does not take.
fn judge_syntax<'a>(context: &RevisionContext<'a>, grammar: &mut Grammar<'a>, sink: &mut Sink<'_>) {
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    for body in bodies.into_iter().flatten() {
        for operation in [false, true].into_iter().flat_map(|autocommit| statements(body, autocommit)) {
            let Origin::RawSql { text, span, dynamic: false } = &operation.origin else { continue };
            let Some(reason) = refusal(operation, text, context.dialect, grammar) else { continue };
            let mut calls = vec![operation.span];
            calls.extend(operation.call_sites.iter().copied());
            sink.report(
                span.unwrap_or(operation.span),
                format!("this SQL is not {}'s: `{}`{reason}", context.dialect.title(), beginning(text)),
            )
            .call_sites(&calls)
            .help("try it on a database; where it is right, approve: `# alembic-lint: allow[unparsable-sql] -- <reason>`");
        }
    }
}

/// Why a statement cannot be parsed, as the end of a sentence.
fn refusal<'a>(
    operation: &Operation,
    text: &'a str,
    dialect: Dialect,
    grammar: &mut Grammar<'a>,
) -> Option<String> {
    let is_unread = || match &operation.change {
        // What an anonymous block does is for `do-block-not-analysed`.
        Change::Execute(execute) => execute.statement == Statement::Unparsed && !operation.first_word("do"),
        _ => false,
    };
    match dialect {
        // SQLite's own, in projects that run on both.
        Dialect::Postgresql if operation.first_word("pragma") => None,
        Dialect::Postgresql => grammar.syntax_error(text).map(|message| format!(": {message}")),
        Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => is_unread().then(String::new),
    }
}

/// The first words of a text, in one line.
fn beginning(text: &str) -> String {
    let shown: Vec<&str> = text.split_whitespace().take(WORDS).collect();
    let more = if text.split_whitespace().nth(WORDS).is_some() { " .." } else { "" };
    format!("{}{more}", shown.join(" "))
}

/// A part of a statement, where the literal shows it.
fn within(operation: &Operation, range: &std::ops::Range<usize>) -> Option<Span> {
    let Origin::RawSql { span: Some(statement), .. } = &operation.origin else { return None };
    let start = statement.start + u32::try_from(range.start).ok()?;
    let end = statement.start + u32::try_from(range.end).ok()?;
    (end <= statement.end).then(|| Span::new(start, end))
}
