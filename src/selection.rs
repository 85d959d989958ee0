//! Which rules run, and how severe their findings are. Finds nothing itself.
//!
//! What is more specific wins: a rule's name before its category, a category before a preset. Of two entries
//! that are equally specific, `ignore` wins.

use std::fmt;

use crate::config::Settings;
use crate::custom_rule;
use crate::rule::{Category, Preset, Rule, Severity};
use crate::rules::RULES;

/// The rules that run, of those there are.
#[derive(Debug, Clone)]
pub struct Selection {
    known: Vec<&'static Rule>,
    rules: Vec<(&'static Rule, Severity)>,
}

/// Presets by the word users type, smallest first.
const PRESETS: [&str; 4] = ["none", "recommended", "strict", "all"];

impl Selection {
    /// Reads the selection from the configuration; a name that means nothing is an error.
    pub fn resolve(settings: &Settings) -> Result<Self, SelectionError> {
        check_custom(settings)?;
        let known: Vec<&'static Rule> = RULES.iter().copied().chain(custom_rule::rules(settings)).collect();
        let select: Vec<&str> = if settings.select.is_empty() {
            vec!["recommended"]
        } else {
            settings.select.iter().map(String::as_str).collect()
        };
        check_selectors("select", settings.select.iter(), &known)?;
        check_selectors("extend-select", settings.extend_select.iter(), &known)?;
        check_selectors("ignore", settings.ignore.iter(), &known)?;
        check_severities(settings, &known)?;
        let selected: Vec<_> =
            select.into_iter().chain(settings.extend_select.iter().map(String::as_str)).collect();
        let ignored: Vec<_> = settings.ignore.iter().map(String::as_str).collect();
        let severity = |rule: &Rule| settings.severity.get(rule.name).copied().unwrap_or(rule.severity);
        let on = known.iter().filter(|rule| is_on(rule, &selected, &ignored));
        Ok(Self { rules: on.map(|rule| (*rule, severity(rule))).collect(), known })
    }

    /// These rules, each at its own severity.
    pub fn of(rules: &[&'static Rule]) -> Self {
        Self { known: RULES.to_vec(), rules: rules.iter().map(|rule| (*rule, rule.severity)).collect() }
    }

    /// The severity of a rule's findings; `None` where the rule is off.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.rules.iter().find(|(on, _)| on.name == rule.name).map(|(_, severity)| *severity)
    }

    /// The rules that are on, by name.
    pub fn rules(&self) -> impl Iterator<Item = (&'static Rule, Severity)> + '_ {
        self.rules.iter().copied()
    }

    /// The rules there are, on or off, those of the configuration included.
    pub fn known(&self) -> &[&'static Rule] {
        &self.known
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

/// A rule of one's own must not take the name of another thing that can be selected.
fn check_custom(settings: &Settings) -> Result<(), SelectionError> {
    for custom in &settings.custom_rules {
        let is_name = |name: &&str| **name == *custom.rule;
        let kind = if RULES.iter().any(|rule| rule.name == custom.rule) {
            "rule"
        } else if selectors(RULES).iter().any(is_name) {
            "category or preset"
        } else {
            continue;
        };
        return Err(SelectionError::Taken { name: custom.rule.clone(), kind, place: custom.place.clone() });
    }
    Ok(())
}

/// All that can be selected.
fn selectors(known: &[&'static Rule]) -> Vec<&'static str> {
    PRESETS
        .into_iter()
        .chain([Category::Custom.name()])
        .chain(known.iter().map(|rule| rule.category.name()))
        .chain(known.iter().map(|rule| rule.name))
        .collect()
}

fn check_selectors<'a>(
    key: &'static str,
    names: impl Iterator<Item = &'a String>,
    known: &[&'static Rule],
) -> Result<(), SelectionError> {
    let known = selectors(known);
    for name in names {
        if !known.contains(&name.as_str()) {
            let expected = "rule, category or preset";
            let nearest = nearest(name, &known);
            return Err(SelectionError::Unknown { name: name.clone(), key, expected, nearest });
        }
    }
    Ok(())
}

fn check_severities(settings: &Settings, known: &[&'static Rule]) -> Result<(), SelectionError> {
    match settings.severity.keys().find(|name| !known.iter().any(|rule| rule.name == name.as_str())) {
        Some(name) => Err(SelectionError::Unknown {
            name: name.clone(),
            key: "severity",
            expected: "rule",
            nearest: nearest_rule(name, known),
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

/// The nearest name of these rules, where one is alike.
pub fn nearest_rule(name: &str, rules: &[&'static Rule]) -> Option<&'static str> {
    let known: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
    nearest(name, &known)
}

/// What the configuration gets wrong about the names of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectionError {
    /// A name that means nothing.
    Unknown {
        /// The name.
        name: String,
        /// The key it stands under.
        key: &'static str,
        /// What was expected.
        expected: &'static str,
        /// The name that was meant, most likely.
        nearest: Option<&'static str>,
    },
    /// A rule of one's own that is called like something else.
    Taken {
        /// The name.
        name: String,
        /// What is called so.
        kind: &'static str,
        /// Where the rule is declared.
        place: String,
    },
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, key, expected, nearest } => {
                write!(f, "`{key}` names `{name}`, which is no {expected}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => write!(f, "; `alembic-lint rule` lists them"),
                }
            }
            Self::Taken { name, kind, place } => {
                write!(
                    f,
                    "{place}: `custom-rule`: there is a {kind} `{name}` already; give yours another name"
                )
            }
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
        let says = |error: SelectionError, part: &str| assert!(error.to_string().contains(part), "{error}");
        says(error(&[], &["destructiv"]), "`ignore` names `destructiv`");
        says(error(&[], &["destructiv"]), "did you mean `destructive`?");
        says(error(&["reccomended"], &[]), "did you mean `recommended`?");
        says(error(&["qqqq"], &[]), "`alembic-lint rule` lists them");
        let mut wrong = settings(&[], &[]);
        wrong.severity.insert("destructive".to_owned(), Severity::Info);
        says(Selection::resolve(&wrong).map(|_| ()).unwrap_err(), "`severity` names `destructive`");
    }
}
