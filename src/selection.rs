//! Which rules run, and how severe their findings are. Finds nothing itself.
//!
//! What is more specific wins: a rule's name before its category, a category before a preset. Of two entries
//! that are equally specific, `ignore` wins.

use std::fmt;

use crate::config::Settings;
use crate::rule::{Preset, Rule, Severity};
use crate::rules::RULES;

/// The rules that run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    rules: Vec<(&'static Rule, Severity)>,
}

/// Presets by the word users type, smallest first.
const PRESETS: [&str; 4] = ["none", "recommended", "strict", "all"];

impl Selection {
    /// Reads the selection from the configuration; a name that means nothing is an error.
    pub fn resolve(settings: &Settings) -> Result<Self, SelectionError> {
        let select: Vec<&str> = if settings.select.is_empty() {
            vec!["recommended"]
        } else {
            settings.select.iter().map(String::as_str).collect()
        };
        check_selectors("select", settings.select.iter())?;
        check_selectors("extend-select", settings.extend_select.iter())?;
        check_selectors("ignore", settings.ignore.iter())?;
        check_severities(settings)?;
        let selected: Vec<_> =
            select.into_iter().chain(settings.extend_select.iter().map(String::as_str)).collect();
        let ignored: Vec<_> = settings.ignore.iter().map(String::as_str).collect();
        let severity = |rule: &Rule| settings.severity.get(rule.name).copied().unwrap_or(rule.severity);
        let on = RULES.iter().filter(|rule| is_on(rule, &selected, &ignored));
        Ok(Self { rules: on.map(|rule| (*rule, severity(rule))).collect() })
    }

    /// These rules, each at its own severity.
    pub fn of(rules: &[&'static Rule]) -> Self {
        Self { rules: rules.iter().map(|rule| (*rule, rule.severity)).collect() }
    }

    /// The severity of a rule's findings; `None` where the rule is off.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.rules.iter().find(|(on, _)| on.name == rule.name).map(|(_, severity)| *severity)
    }

    /// The rules that are on, by name.
    pub fn rules(&self) -> impl Iterator<Item = (&'static Rule, Severity)> + '_ {
        self.rules.iter().copied()
    }
}

/// From the rule's name to the presets: the first level that mentions the rule decides.
fn is_on(rule: &Rule, selected: &[&str], ignored: &[&str]) -> bool {
    for name in [rule.name, rule.category.name()] {
        if ignored.contains(&name) {
            return false;
        }
        if selected.contains(&name) {
            return true;
        }
    }
    let in_preset = |preset: &&str| match *preset {
        "all" => true,
        "strict" => rule.preset <= Preset::Strict,
        "recommended" => rule.preset == Preset::Recommended,
        _ => false,
    };
    selected.iter().any(in_preset) && !ignored.iter().any(in_preset)
}

fn check_selectors<'a>(
    key: &'static str,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), SelectionError> {
    let known: Vec<&str> = PRESETS
        .into_iter()
        .chain(RULES.iter().map(|rule| rule.category.name()))
        .chain(RULES.iter().map(|rule| rule.name))
        .collect();
    for name in names {
        if !known.contains(&name.as_str()) {
            let expected = "rule, category or preset";
            return Err(SelectionError { name: name.clone(), key, expected, nearest: nearest(name, &known) });
        }
    }
    Ok(())
}

fn check_severities(settings: &Settings) -> Result<(), SelectionError> {
    let known: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    match settings.severity.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(SelectionError {
            name: name.clone(),
            key: "severity",
            expected: "rule",
            nearest: nearest(name, &known),
        }),
        None => Ok(()),
    }
}

fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    /// Below this, a suggestion is a guess.
    const ALIKE: f64 = 0.5;
    let alike = |known: &str| strsim::normalized_damerau_levenshtein(&name.to_ascii_lowercase(), known);
    let best = known.iter().copied().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) >= ALIKE).then_some(best)
}

/// The nearest rule name, where one is alike.
pub fn nearest_rule(name: &str) -> Option<&'static str> {
    let known: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    nearest(name, &known)
}

/// A name in the configuration that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionError {
    /// The name.
    pub name: String,
    /// The key it stands under.
    pub key: &'static str,
    /// What was expected.
    pub expected: &'static str,
    /// The name that was meant, most likely.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, key, expected, nearest } = self;
        write!(f, "`{key}` names `{name}`, which is no {expected}")?;
        match nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => write!(f, "; `alembic-lint rule` lists them"),
        }
    }
}

impl std::error::Error for SelectionError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Category;

    fn settings(select: &[&str], ignore: &[&str]) -> Settings {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Settings { select: owned(select), ignore: owned(ignore), ..Settings::default() }
    }

    fn names(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let selection = Selection::resolve(&settings(select, ignore)).expect("every name is known");
        selection.rules().map(|(rule, _)| rule.name).collect()
    }

    #[test]
    fn recommended_is_the_default() {
        assert_eq!(names(&[], &[]), names(&["recommended"], &[]));
        assert!(names(&[], &[]).contains(&"drop-table"));
        assert_eq!(names(&["all"], &[]).len(), RULES.len());
    }

    #[test]
    fn none_and_one_rule() {
        assert!(names(&["none"], &[]).is_empty());
        assert_eq!(names(&["none", "drop-table"], &[]), ["drop-table"]);
        let data = RULES.iter().filter(|rule| rule.category == Category::Data).map(|rule| rule.name);
        assert_eq!(names(&["data"], &[]), data.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_more_specific_wins() {
        assert!(!names(&["all"], &["destructive"]).contains(&"drop-table"));
        assert!(names(&["drop-table"], &["destructive"]).contains(&"drop-table"));
        assert!(!names(&["destructive"], &["drop-table"]).contains(&"drop-table"));
        assert!(!names(&["drop-table"], &["drop-table"]).contains(&"drop-table"));
        assert!(names(&["destructive"], &["all"]).contains(&"drop-table"));
    }

    #[test]
    fn extend_select_adds() {
        let settings = Settings { extend_select: vec!["drop-table".to_owned()], ..settings(&["none"], &[]) };
        let selection = Selection::resolve(&settings).expect("every name is known");
        assert_eq!(selection.rules().map(|(rule, _)| rule.name).collect::<Vec<_>>(), ["drop-table"]);
    }

    #[test]
    fn severities() {
        let mut settings = settings(&["none", "drop-table"], &[]);
        settings.severity.insert("drop-table".to_owned(), Severity::Info);
        settings.severity.insert("drop-column".to_owned(), Severity::Info);
        let selection = Selection::resolve(&settings).expect("every name is known");
        let of =
            |name: &str| RULES.iter().find(|rule| rule.name == name).map(|rule| selection.severity(rule));
        assert_eq!(of("drop-table"), Some(Some(Severity::Info)));
        assert_eq!(of("drop-column"), Some(None));
    }

    #[test]
    fn unknown_names_name_the_nearest() {
        let error = |select: &[&str], ignore: &[&str]| {
            Selection::resolve(&settings(select, ignore)).map(|_| ()).unwrap_err()
        };
        assert_eq!(
            error(&["drop-colum"], &[]).to_string(),
            "`select` names `drop-colum`, which is no rule, category or preset; did you mean `drop-column`?"
        );
        assert_eq!(error(&[], &["destructiv"]).nearest, Some("destructive"));
        assert_eq!(error(&["reccomended"], &[]).nearest, Some("recommended"));
        assert_eq!(error(&["qqqq"], &[]).nearest, None);
        let mut wrong = settings(&[], &[]);
        wrong.severity.insert("destructive".to_owned(), Severity::Info);
        assert_eq!(Selection::resolve(&wrong).map(|_| ()).unwrap_err().key, "severity");
    }
}
