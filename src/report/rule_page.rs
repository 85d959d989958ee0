//! `rule`: the list of rules, and the manual page of one.

use std::fmt::Write;

use serde::Serialize;

use super::Paint;
use crate::rule::{Category, FixAvailability, Preset, Rule};
use crate::suppression::{is_meta, never_silenced};

/// One line per rule, grouped by category.
pub fn list(rules: &[&'static Rule], paint: Paint) -> String {
    let mut rules = rules.to_vec();
    rules.sort_by_key(|rule| (rule.category, rule.name));
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let mut out = String::new();
    let mut category = None;
    for rule in rules {
        if category != Some(rule.category) {
            let gap = if category.is_some() { "\n" } else { "" };
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(out, "{gap}{}", paint.bold(rule.category.name()));
            category = Some(rule.category);
        }
        let name = paint.hint(format!("{:<width$}", rule.name));
        let severity = paint.severity(rule.severity, format!("{:<7}", rule.severity.to_string()));
        let fix = match rule.fix {
            FixAvailability::None => "   ".to_owned(),
            FixAvailability::Sometimes => paint.good("[-]"),
            FixAvailability::Always => paint.good("[*]"),
        };
        let _ = writeln!(
            out,
            "  {name}  {severity}  {:<11}  {fix}  {}",
            preset(rule.preset),
            first_sentence(rule)
        );
    }
    out.push_str("\n[*] has a fix each time, [-] sometimes. `alembic-lint rule NAME` explains one.\n");
    out
}

/// The manual page of one rule.
pub fn page(rule: &'static Rule, paint: Paint) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", paint.bold(rule.name));
    let fix = fix(rule.fix);
    let _ = writeln!(
        out,
        "{}, {}, preset {}, {fix}, {}",
        rule.category.name(),
        paint.severity(rule.severity, rule.severity),
        preset(rule.preset),
        origin(rule)
    );
    if let Some(url) = rule.url() {
        let _ = writeln!(out, "{}", paint.hint(url));
    }
    out.push('\n');
    let mut in_code = false;
    for line in lines(rule) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            let _ = writeln!(out, "{}", format!("    {line}").trim_end());
        } else if line.starts_with('#') {
            let _ = writeln!(out, "{}", paint.bold(line.trim_start_matches('#').trim_start()));
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// The page of one rule as Markdown, for `docs/rules/`.
pub fn markdown(rule: &'static Rule) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "<!-- Written by tests/rule_pages.rs from the rule itself. -->\n# {}\n", rule.name);
    let _ = writeln!(
        out,
        "Category **{}**, severity **{}**, preset **{}**, {}, {}.\n",
        rule.category.name(),
        rule.severity,
        preset(rule.preset),
        fix(rule.fix),
        origin(rule)
    );
    for line in lines(rule) {
        // What follows the language tells the tests what to expect of an example.
        let line = if line.starts_with("```python") { "```python" } else { line };
        let _ = writeln!(out, "{line}");
    }
    if never_silenced(rule.name).is_none() && !is_meta(rule) {
        let _ = write!(
            out,
            "\n## Approve\nWhere it is meant, say so on the statement or on the line above, with the reason:\n\n\
             ```python\n# alembic-lint: allow[{name}] -- why this is right\n```\n\n\
             For the whole file: `# alembic-lint: allow-file[{name}] -- why`. For the whole project: `ignore`, or another \
             severity, in the configuration.\n",
            name = rule.name
        );
    }
    out
}

/// The table of all rules as Markdown, for `docs/rules/README.md`.
pub fn markdown_list(rules: &[&'static Rule]) -> String {
    let mut rules = rules.to_vec();
    rules.sort_by_key(|rule| (rule.category, rule.name));
    let mut out =
        String::from("<!-- Written by tests/rule_pages.rs from the rules themselves. -->\n# Rules\n");
    let mut category = None;
    for rule in rules {
        if category != Some(rule.category) {
            let _ = write!(
                out,
                "\n## {}\n\n| rule | severity | preset | fix | |\n|---|---|---|---|---|\n",
                rule.category.name()
            );
            category = Some(rule.category);
        }
        let name = rule.name;
        let _ = writeln!(
            out,
            "| [{name}]({name}.md) | {} | {} | {} | {} |",
            rule.severity,
            preset(rule.preset),
            fix(rule.fix),
            first_sentence(rule)
        );
    }
    out
}

fn origin(rule: &Rule) -> String {
    match rule.category {
        Category::Custom => "declared by this project".to_owned(),
        _ => format!("since {}", rule.since),
    }
}

const fn fix(fix: FixAvailability) -> &'static str {
    match fix {
        FixAvailability::None => "no fix",
        FixAvailability::Sometimes => "sometimes has a fix",
        FixAvailability::Always => "always has a fix",
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    rules: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    category: &'a str,
    severity: String,
    preset: &'a str,
    fix: &'a str,
    since: Option<&'a str>,
    url: Option<String>,
    summary: String,
    documentation: String,
}

/// The rules as one JSON document.
pub fn json(rules: &[&'static Rule]) -> Result<String, serde_json::Error> {
    let rules = rules
        .iter()
        .map(|rule| Entry {
            name: rule.name,
            category: rule.category.name(),
            severity: rule.severity.to_string(),
            preset: preset(rule.preset),
            fix: match rule.fix {
                FixAvailability::None => "none",
                FixAvailability::Sometimes => "sometimes",
                FixAvailability::Always => "always",
            },
            since: (rule.category != Category::Custom).then_some(rule.since),
            url: rule.url(),
            summary: first_sentence(rule),
            documentation: lines(rule).collect::<Vec<_>>().join("\n"),
        })
        .collect();
    Ok(serde_json::to_string_pretty(&Document { version: 1, rules })? + "\n")
}

const fn preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Recommended => "recommended",
        Preset::Strict => "strict",
        Preset::All => "all",
    }
}

/// The documentation without the blank that each line keeps from its `///`.
fn lines(rule: &'static Rule) -> impl Iterator<Item = &'static str> {
    rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
}

/// The first sentence of prose.
fn first_sentence(rule: &'static Rule) -> String {
    let is_prose = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let paragraph: Vec<_> = lines(rule).skip_while(|line| !is_prose(line)).take_while(is_prose).collect();
    let paragraph = paragraph.join(" ");
    // Two dots stand for what is left out.
    let mut ends = paragraph.match_indices(". ").filter_map(|(end, _)| paragraph.get(..=end));
    ends.find(|sentence| !sentence.ends_with("..")).unwrap_or(&paragraph).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Category, Check, Severity};

    static SAMPLE: Rule = Rule {
        name: "drop-column",
        category: Category::Destructive,
        severity: Severity::Error,
        preset: Preset::Recommended,
        fix: FixAvailability::Sometimes,
        since: "0.1.0",
        docs: " ## What it does\n Finds columns that\n are dropped by `ALTER .. DROP`. And more.\n\n ## Bad\n ```python\n if x:\n     op.drop()\n ```\n",
        check: Check::History(|_, _| {}),
    };

    #[test]
    fn the_list_has_the_first_sentence_of_each_rule() {
        let list = list(&[&SAMPLE], Paint { colour: false });
        let expected =
            "  drop-column  error    recommended  [-]  Finds columns that are dropped by `ALTER .. DROP`.\n";
        assert!(list.starts_with("destructive\n") && list.contains(expected), "{list}");
    }

    #[test]
    fn a_page_shows_headings_and_indented_code() {
        let page = page(&SAMPLE, Paint { colour: false });
        assert!(page.starts_with("drop-column\ndestructive, error, preset recommended, sometimes has a fix"));
        assert!(page.contains("\nWhat it does\nFinds columns that\n"), "{page}");
        assert!(page.contains("\nBad\n    if x:\n        op.drop()\n"), "{page}");
    }
}
