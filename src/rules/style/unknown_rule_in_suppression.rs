//! `unknown-rule-in-suppression`: comments that name no rule.

use crate::diagnostic::{Applicability, Edit, Fix};
use crate::rule::{Category, Rule, Sink, declare_rule};
use crate::source::FileId;
use crate::suppression::{RuleName, Suppressions};

declare_rule! {
    /// ## What it does
    /// Finds suppression comments that name a rule that does not exist, and those that are written so that they
    /// name none at all: another word than `allow` or `allow-file`, no brackets, nothing in them.
    ///
    /// Categories and presets are not accepted: an approval says exactly what it approves.
    ///
    /// ## Why is this bad?
    /// Such a comment silences nothing, while it looks as if somebody had approved.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_table("user")  # alembic-lint: allow[drop-tabel] -- moved to the account service in 4.2
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.drop_table("user")  # alembic-lint: allow[drop-table] -- moved to the account service in 4.2
    /// ```
    ///
    /// ## Fix safety
    /// Safe. A name is written right where only one or two letters differ and only one rule can be meant.
    "unknown-rule-in-suppression", Style, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Suppressions(check),
}

/// The words of a selection that name several rules.
const GROUPS: &[&str] = &["all", "recommended", "strict", "none", "*"];

const FORM: &str = "write `# alembic-lint: allow[rule-name] -- reason`";

fn check(suppressions: &Suppressions<'_>, sink: &mut Sink<'_>) {
    for suppression in suppressions.judged() {
        let directive = &suppression.directive;
        if let Some(mistake) = &directive.mistake {
            let message = format!("this comment silences nothing: {mistake}");
            sink.report_in(suppression.file, directive.span, message).help(FORM);
            continue;
        }
        for name in &directive.names {
            if suppressions.rule(&name.text).is_none() {
                report(name, suppression.file, suppressions.rules, sink);
            }
        }
    }
}

fn report(name: &RuleName, file: FileId, rules: &[&'static Rule], sink: &mut Sink<'_>) {
    let written = &*name.text;
    if is_group(written, rules) {
        let message = format!("`{written}` stands for several rules, and only single ones can be allowed");
        sink.report_in(file, name.span, message).help("name each rule; `alembic-lint rule` lists them");
        return;
    }
    let report = sink.report_in(file, name.span, format!("there is no rule `{written}`"));
    match nearest(written, rules) {
        Some(Nearest { rule, is_typo: true }) => {
            report.help(format!("write `{rule}`")).fix(Fix {
                applicability: Applicability::Safe,
                description: format!("write `{rule}`"),
                edits: vec![Edit { span: name.span, content: rule.to_owned() }],
            });
        }
        Some(Nearest { rule, is_typo: false }) => {
            report.help(format!("did you mean `{rule}`? `alembic-lint rule` lists all rules"));
        }
        None => {
            report.help("`alembic-lint rule` lists all rules");
        }
    }
}

fn is_group(written: &str, rules: &[&'static Rule]) -> bool {
    let is_category = |category: Category| category.name() == written;
    GROUPS.contains(&written) || rules.iter().any(|rule| is_category(rule.category))
}

struct Nearest {
    rule: &'static str,
    /// Whether nothing else can have been meant.
    is_typo: bool,
}

/// The rule whose name is most like what is written.
fn nearest(written: &str, rules: &[&'static Rule]) -> Option<Nearest> {
    let written = written.to_lowercase().replace('_', "-");
    let distance = |rule: &&'static Rule| strsim::damerau_levenshtein(&written, rule.name);
    let closest = rules.iter().map(distance).min()?;
    if closest <= 2 {
        let mut at_distance = rules.iter().filter(|rule| distance(rule) == closest);
        let rule = at_distance.next()?.name;
        return Some(Nearest { rule, is_typo: at_distance.next().is_none() });
    }
    let similarity = |rule: &Rule| strsim::jaro_winkler(&written, rule.name);
    let similar = rules.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(similar) > 0.85).then_some(Nearest { rule: similar.name, is_typo: false })
}
