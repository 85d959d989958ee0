//! `alembic-lint rule`: explains rules.

use std::process::ExitCode;

use anyhow::bail;

use super::arguments::{PlainFormat, RuleArguments};
use super::terminal::Terminal;
use crate::diagnostic::Applicability;
use crate::report::rule_page;
use crate::rules::RULES;
use crate::selection::nearest_rule;

pub(super) fn run(arguments: &RuleArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::plain(arguments.color);
    let paint = terminal.look(Applicability::Safe).paint;
    let text = match (&arguments.name, arguments.output_format) {
        (None, PlainFormat::Text) => rule_page::list(RULES, paint),
        (None, PlainFormat::Json) => rule_page::json(RULES)?,
        (Some(name), format) => {
            let Some(rule) = RULES.iter().find(|rule| rule.name == name) else { bail!(unknown(name)) };
            match format {
                PlainFormat::Text => rule_page::page(rule, paint),
                PlainFormat::Json => rule_page::json(&[rule])?,
            }
        }
    };
    terminal.report(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(name: &str) -> String {
    let hint = match nearest_rule(name) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`alembic-lint rule` lists all rules".to_owned(),
    };
    format!("there is no rule `{name}`; {hint}")
}
