//! `alembic-lint rule`: explains rules.

use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::arguments::{PlainFormat, RuleArguments};
use super::load::selection;
use super::terminal::Terminal;
use crate::config;
use crate::diagnostic::Applicability;
use crate::report::rule_page;
use crate::rule::Rule;
use crate::rules::RULES;
use crate::selection::nearest_rule;

pub(super) fn run(arguments: &RuleArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::plain(arguments.color);
    let paint = terminal.look(Applicability::Safe).paint;
    let wanted = |rules: &[&'static Rule], name: &str| rules.iter().copied().find(|rule| rule.name == name);
    let text = match (&arguments.name, arguments.output_format) {
        (None, PlainFormat::Text) => rule_page::list(&known(arguments)?, paint),
        (None, PlainFormat::Json) => rule_page::json(&known(arguments)?)?,
        (Some(name), format) => {
            // A broken configuration keeps nobody from reading what a rule means.
            let rule = if let Some(rule) = wanted(RULES, name) {
                rule
            } else {
                let known = known(arguments)?;
                wanted(&known, name).ok_or_else(|| unknown(name, &known))?
            };
            match format {
                PlainFormat::Text => rule_page::page(rule, paint),
                PlainFormat::Json => rule_page::json(&[rule])?,
            }
        }
    };
    terminal.report(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// All rules, those of the configuration included.
fn known(arguments: &RuleArguments) -> anyhow::Result<Vec<&'static Rule>> {
    let working_directory = std::env::current_dir().context("the working directory cannot be read")?;
    let (settings, _) = config::load(&working_directory, &arguments.config)?;
    Ok(selection(&settings)?.known().to_vec())
}

fn unknown(name: &str, known: &[&'static Rule]) -> anyhow::Error {
    let hint = match nearest_rule(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`alembic-lint rule` lists all rules".to_owned(),
    };
    anyhow!("there is no rule `{name}`; {hint}")
}
