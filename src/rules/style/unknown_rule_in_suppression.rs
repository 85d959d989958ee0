//! `unknown-rule-in-suppression`: comments that name no rule.

use crate::diagnostic::{Edit, Fix};
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
            let edit = Edit { span: name.span, content: rule.to_owned() };
            report.help(format!("write `{rule}`")).fix(Fix::safe(format!("write `{rule}`"), vec![edit]));
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

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn with(comment: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.drop_table('user')  # alembic-lint: {comment}"))
    }

    #[test]
    fn known_names() {
        with("allow[drop-table, raw-sql] -- moved").ok();
        with("allow[drop-table]").ok();
        Tester::new(&RULE).upgrade("pass  # alembic-lint is not asked here").ok();
    }

    #[test]
    fn a_mistyped_name_is_written_right() {
        with("allow[drop-tabel] -- moved")
            .finds(&["there is no rule `drop-tabel`"])
            .fixes("[drop-tabel]", "[drop-table]");
        with("allow[DROP_TABLE, raw-sql] -- moved")
            .finds(&["`DROP_TABLE`"])
            .fixes("DROP_TABLE", "drop-table");
    }

    #[test]
    fn a_name_that_is_far_from_all_stays() {
        with("allow[no-such-thing] -- moved").finds(&["there is no rule `no-such-thing`"]).without_fix();
    }

    #[test]
    fn several_rules_at_once_cannot_be_allowed() {
        with("allow[destructive] -- moved").finds(&["`destructive` stands for several rules"]).without_fix();
        with("allow[all, *] -- moved").finds(&["`all`", "`*`"]).without_fix();
    }

    #[test]
    fn comments_that_only_look_like_suppressions() {
        for comment in ["ignore[drop-table] -- moved", "allow drop-table", "allow[drop-table", "allow[]"] {
            with(comment).finds(&["this comment silences nothing: "]).without_fix();
        }
    }
}
