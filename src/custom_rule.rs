//! The rules that a configuration declares, as rules like all others: metadata, page and check. Reads no file.

use std::fmt::Write;

use crate::config::{CustomDirection, CustomRule, MessagePart, Patterns, Settings, message_parts};
use crate::operation::{Change, Name, Operation, TableName};
use crate::revision::{Body, Created, RevisionContext};
use crate::rule::{Category, Check, FixAvailability, Preset, Rule, Sink};

/// The rules of a configuration.
///
/// They live as long as the process, as constants do, since findings refer to their rule that way. A process reads one
/// configuration and its few rules once.
pub fn rules(settings: &Settings) -> Vec<&'static Rule> {
    let rule = |custom: &CustomRule| Rule {
        name: custom.rule.clone().leak(),
        category: Category::Custom,
        severity: custom.severity,
        preset: Preset::Recommended,
        fix: FixAvailability::None,
        since: "",
        docs: page(custom).leak(),
        check: Check::Revision(check),
    };
    settings.custom_rules.iter().map(|custom| &*Box::leak(Box::new(rule(custom)))).collect()
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let declared = context.settings.custom_rules.iter().find(|custom| custom.rule == sink.rule().name);
    let Some(custom) = declared else { return };
    if custom.direction != CustomDirection::Downgrade {
        check_body(context.revision.upgrade_on_dialect(), custom, sink);
    }
    if custom.direction != CustomDirection::Upgrade {
        check_body(context.revision.downgrade_on_dialect(), custom, sink);
    }
}

fn check_body(body: Option<&Body>, custom: &CustomRule, sink: &mut Sink<'_>) {
    let Some(body) = body else { return };
    let is_wanted = |operation: &Operation| custom.on.contains(&operation.change.directive());
    body.walk_those(is_wanted, |operation, created| {
        if !is_about(operation, custom) || (!custom.created_here && is_made_here(operation, created)) {
            return;
        }
        let help = match &custom.help {
            Some(help) => filled(help, operation, custom),
            None => {
                format!("where it is right, approve: `# alembic-lint: allow[{}] -- <reason>`", custom.rule)
            }
        };
        sink.report(operation.span, filled(&custom.message, operation, custom))
            .call_sites(&operation.call_sites)
            .help(help);
    });
}

/// Whether all patterns match. What is not known matches none.
fn is_about(operation: &Operation, custom: &CustomRule) -> bool {
    let is_on_table = match operation.target() {
        Some(table) => custom.table.accept_table(table),
        None => custom.table.is_empty(),
    };
    is_on_table
        && custom.name.accept(operation.change.name())
        && (custom.column.is_empty() || !matching_columns(&operation.change, &custom.column).is_empty())
}

/// Whether an earlier operation of the same function made what this one changes.
fn is_made_here(operation: &Operation, created: &Created) -> bool {
    match &operation.change {
        Change::CreateTable(_) => false,
        Change::DropColumn(drop) => created.has_column(&drop.table, &drop.column),
        Change::AlterColumn(alter) => created.has_column(&alter.table, &alter.column),
        Change::DropIndex(drop) => created.has_index(&drop.table, &drop.name),
        Change::DropConstraint(drop) => created.has_constraint(&drop.table, &drop.name),
        _ => operation.target().is_some_and(|table| created.has_table(table)),
    }
}

/// The columns of an operation that match.
fn matching_columns<'a>(change: &'a Change, wanted: &Patterns) -> Vec<&'a str> {
    let accept = |name: &Name| wanted.accept(name);
    let named = |names: Option<&'a [Name]>| -> Vec<&'a str> {
        names.into_iter().flatten().filter(|name| accept(name)).filter_map(Name::known).collect()
    };
    match change {
        Change::DropColumn(_) | Change::AlterColumn(_) => named(Some(std::slice::from_ref(change.name()))),
        Change::CreateConstraint(create) => named(create.constraint.columns.as_deref()),
        Change::CreateIndex(create) => {
            let indexed = create.columns.iter().flatten().filter_map(|column| column.as_str());
            indexed.filter(|name| accept(&Name::new(name))).collect()
        }
        other => {
            let columns = other.new_columns().map(|(_, columns)| columns).unwrap_or_default();
            columns
                .iter()
                .map(|column| &column.name)
                .filter(|name| accept(name))
                .filter_map(Name::known)
                .collect()
        }
    }
}

/// A text with what its placeholders stand for.
fn filled(text: &str, operation: &Operation, custom: &CustomRule) -> String {
    let mut out = String::with_capacity(text.len());
    for part in message_parts(text) {
        match part {
            MessagePart::Text(text) => out.push_str(text),
            MessagePart::Placeholder("operation") => out.push_str(operation.change.directive()),
            MessagePart::Placeholder("table") => {
                let table = operation.target().and_then(TableName::dotted);
                out.push_str(table.as_deref().unwrap_or("a table that is not known"));
            }
            MessagePart::Placeholder("column") => {
                out.push_str(&matching_columns(&operation.change, &custom.column).join(", "));
            }
            MessagePart::Placeholder(_) => out.push_str(match operation.change.name() {
                Name::Known(name) => name,
                Name::None => "nothing with a name",
                Name::Unknown => "a name that is not known",
            }),
        }
    }
    out
}

/// The manual page, from what is declared.
fn page(custom: &CustomRule) -> String {
    let function = match custom.direction {
        CustomDirection::Upgrade => "`upgrade`",
        CustomDirection::Downgrade => "`downgrade`",
        CustomDirection::Both => "`upgrade` and `downgrade`",
    };
    let listed = |words: &mut dyn Iterator<Item = &str>| {
        words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    };
    let mut what = format!("Finds {} in {function}", listed(&mut custom.on.iter().copied()));
    for (whose, patterns) in
        [("the table", &custom.table), ("the name", &custom.name), ("a column", &custom.column)]
    {
        if !patterns.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(what, ", {whose} matching {}", listed(&mut patterns.written()));
        }
    }
    if !custom.created_here {
        what.push_str(", but for what the same function made before");
    }
    let mut page = format!("## What it does\n{what}.\n\n## What it says\n{}\n", custom.message);
    if let Some(help) = &custom.help {
        let _ = write!(page, "\n## How to fix\n{help}\n");
    }
    let _ = write!(page, "\n## Where it is declared\n`custom-rule` at {}\n", custom.place);
    page
}

#[cfg(test)]
mod tests;
