//! The harness of rule tests: source in, findings out, through the real reader and the real linter.
//!
//! Beyond what a test asks for, every finding is held to the conventions of messages, and every fix must leave
//! Python that gives the same finding no more. Where findings are is kept in `testdata/places/` ([`places`]).

mod places;

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Settings;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::fix::apply_edits;
use crate::linter::lint;
use crate::operation::Dialect;
use crate::project::{NamingConvention, Project, ScriptDirectory};
use crate::python;
use crate::rule::{FixAvailability, Rule, Severity};
use crate::selection::Selection;
use crate::source::{Applied, Encoding, FileId, Role, SourceFile};
use places::assert_places;

/// A project under construction, judged by one rule.
pub(crate) struct Tester {
    rule: &'static Rule,
    settings: Settings,
    header: String,
    upgrade: Option<String>,
    downgrade: String,
    has_markers: bool,
    files: Vec<SourceFile>,
    dependencies: Vec<Box<str>>,
    driver: Option<Box<str>>,
    naming_convention: NamingConvention,
}

impl Tester {
    /// Nothing yet; only `rule` will run.
    pub(crate) fn new(rule: &'static Rule) -> Self {
        Self {
            rule,
            settings: Settings::default(),
            header: String::new(),
            upgrade: None,
            downgrade: "pass".to_owned(),
            has_markers: true,
            files: Vec::new(),
            dependencies: Vec::new(),
            driver: None,
            naming_convention: NamingConvention::None,
        }
    }

    /// The naming convention of the metadata; none if not given.
    pub(crate) fn naming_convention(mut self, convention: NamingConvention) -> Self {
        self.naming_convention = convention;
        self
    }

    /// A package that the project depends on.
    pub(crate) fn depends_on(mut self, package: &str) -> Self {
        self.dependencies.push(package.into());
        self
    }

    /// The driver that `env.py` runs the revisions on.
    pub(crate) fn driver(mut self, driver: &str) -> Self {
        self.driver = Some(driver.into());
        self
    }

    /// A history instead of one revision: the body of each `upgrade`, from the base on.
    pub(crate) fn history(mut self, upgrades: &[&str]) -> Self {
        for (at, upgrade) in upgrades.iter().enumerate() {
            let parent = at.checked_sub(1).map_or("None".to_owned(), |before| format!("'r{before}'"));
            let text = format!(
                "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import mysql, postgresql\n\
                 revision = 'r{at}'\ndown_revision = {parent}\n\ndef upgrade():\n    {}\n",
                upgrade.trim().replace('\n', "\n    "),
            );
            self.files.push(source_file(&format!("versions/r{at}.py"), Ok(text.into())));
        }
        self
    }

    /// The body of `upgrade` of a revision that is otherwise as Alembic writes it.
    pub(crate) fn upgrade(mut self, body: &str) -> Self {
        self.upgrade = Some(body.to_owned());
        self
    }

    /// The body of its `downgrade`; `pass` if not given.
    pub(crate) fn downgrade(mut self, body: &str) -> Self {
        self.downgrade = body.to_owned();
        self
    }

    /// Lines after its imports.
    pub(crate) fn header(mut self, lines: &str) -> Self {
        self.header = format!("{lines}\n");
        self
    }

    /// Without the comments of autogenerate.
    pub(crate) fn without_markers(mut self) -> Self {
        self.has_markers = false;
        self
    }

    /// Another file; its name tells its role.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push(source_file(path, Ok(text.into())));
        self
    }

    /// A file that could not be read.
    pub(crate) fn unreadable(mut self, path: &str, reason: &str) -> Self {
        self.files.push(source_file(path, Err(reason.into())));
        self
    }

    /// The configuration, but for the selection of rules.
    pub(crate) fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Asserts that nothing is found.
    #[track_caller]
    pub(crate) fn ok(self) {
        let found = self.run();
        assert!(found.diagnostics.is_empty(), "nothing was expected:\n{}", found.shown());
    }

    /// Asserts that these findings, and no others, are made in this order; each entry is a part of a message.
    #[track_caller]
    pub(crate) fn finds(self, expected: &[&str]) -> Found {
        let found = self.run();
        let is_as_expected = found.diagnostics.len() == expected.len()
            && found
                .diagnostics
                .iter()
                .zip(expected)
                .all(|(diagnostic, part)| diagnostic.message.contains(part));
        assert!(is_as_expected, "expected {expected:#?}\nfound:\n{}", found.shown());
        assert_places(found.rule, &found.project, &found.diagnostics);
        found.keep_to_conventions();
        found
    }

    /// Asserts one finding of this severity.
    #[track_caller]
    pub(crate) fn has_severity(self, severity: Severity) {
        let found = self.run();
        let severities: Vec<_> = found.diagnostics.iter().map(|diagnostic| diagnostic.severity).collect();
        assert_eq!(severities, [severity], "{}", found.shown());
    }

    /// What is found, by rule and severity: the settings may select more rules than the one under test.
    pub(crate) fn findings(self) -> Vec<(&'static str, Severity)> {
        let found = self.run();
        found.diagnostics.iter().map(|diagnostic| (diagnostic.rule.name, diagnostic.severity)).collect()
    }

    fn run(mut self) -> Found {
        if let Some(upgrade) = &self.upgrade {
            let text = self.revision(upgrade);
            self.files.push(source_file("versions/0123456789ab_add_user_age.py", Ok(text.into())));
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        let directory = ScriptDirectory {
            path: "migrations".into(),
            version_locations: vec!["versions".into()],
            dialect: Some(Dialect::Postgresql),
            dependencies: self.dependencies,
            driver: self.driver,
            naming_convention: self.naming_convention,
            ..ScriptDirectory::default()
        };
        let project = Project { directories: vec![directory], files: self.files, ..Project::default() };
        let settings = Settings { select: vec![self.rule.name.to_owned()], ..self.settings };
        let diagnostics = findings(&project, &settings);
        Found { rule: self.rule, project, settings, diagnostics }
    }

    fn revision(&self, upgrade: &str) -> String {
        let (begin, end) = if self.has_markers {
            (
                "    # ### commands auto generated by Alembic - please adjust! ###\n",
                "    # ### end Alembic commands ###\n",
            )
        } else {
            ("", "")
        };
        let function = |name: &str, body: &str| {
            let body = body.replace('\n', "\n    ");
            format!("\n\ndef {name}() -> None:\n{begin}    {body}\n{end}")
        };
        format!(
            "\"\"\"add user.age\n\nRevision ID: 0123456789ab\nRevises: ba9876543210\n\n\"\"\"\n\
             from alembic import op\nimport sqlalchemy as sa\n{}\n\
             # revision identifiers, used by Alembic.\n\
             revision = '0123456789ab'\ndown_revision = 'ba9876543210'\nbranch_labels = None\ndepends_on = None\n{}{}",
            self.header,
            function("upgrade", upgrade),
            function("downgrade", &self.downgrade),
        )
    }
}

/// A file that is new; its role follows from its path.
pub(crate) fn source_file(path: &str, text: Result<Arc<str>, Box<str>>) -> SourceFile {
    let role = match path.rsplit('/').next() {
        Some("script.py.mako") => Role::Template,
        Some("env.py") => Role::Environment,
        _ if !path.starts_with("versions/") => {
            Role::Module(path.trim_end_matches(".py").replace('/', ".").into())
        }
        _ => Role::Revision,
    };
    SourceFile {
        path: path.into(),
        location: PathBuf::from(path),
        directory: 0,
        role,
        text,
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    }
}

fn findings(project: &Project, settings: &Settings) -> Vec<Diagnostic> {
    let selection = Selection::resolve(settings).expect("the rule under test is in the registry");
    lint(project, settings, &selection).diagnostics
}

/// What was found.
pub(crate) struct Found {
    rule: &'static Rule,
    project: Project,
    settings: Settings,
    diagnostics: Vec<Diagnostic>,
}

impl Found {
    /// Asserts that `--fix` replaces `before`, once, by `after` in the file of the first finding.
    #[track_caller]
    pub(crate) fn fixes(self, before: &str, after: &str) {
        self.becomes(before, after, Applicability::Safe);
    }

    /// [`Self::fixes`] with `--unsafe-fixes`.
    #[track_caller]
    pub(crate) fn fixes_unsafely(self, before: &str, after: &str) {
        self.becomes(before, after, Applicability::Unsafe);
    }

    #[track_caller]
    fn becomes(self, before: &str, after: &str, least: Applicability) {
        let file = self.diagnostics.first().expect("a finding").file;
        let old = self.project.file(file).expect("its file").text().to_owned();
        assert_eq!(old.matches(before).count(), 1, "{before:?} must stand in the text once");
        let new = self.repaired(file, least);
        assert_eq!(new, old.replacen(before, after, 1));
    }

    /// The help of the first finding.
    pub(crate) fn help(&self) -> &str {
        self.diagnostics.first().and_then(|diagnostic| diagnostic.help.as_deref()).unwrap_or_default()
    }

    /// Asserts that no finding has a fix.
    #[track_caller]
    pub(crate) fn without_fix(self) {
        assert!(self.diagnostics.iter().all(|diagnostic| diagnostic.fix.is_none()), "{}", self.shown());
    }

    /// Asserts that each finding has a fix that `--fix` alone does not apply.
    #[track_caller]
    pub(crate) fn has_unsafe_fix(self) {
        let is_unsafe = |diagnostic: &Diagnostic| {
            diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Unsafe)
        };
        assert!(self.diagnostics.iter().all(is_unsafe), "{}", self.shown());
    }

    fn shown(&self) -> String {
        let line = |d: &Diagnostic| {
            let text = self.project.file(d.file).map_or("", SourceFile::text);
            format!("{} at {:?}: {}", d.severity, d.span.of(text), d.message)
        };
        self.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn keep_to_conventions(&self) {
        for diagnostic in &self.diagnostics {
            let message = &diagnostic.message;
            assert!(!message.starts_with(char::is_uppercase), "starts with a capital: {message}");
            assert!(!message.ends_with('.'), "ends with a full stop: {message}");
            assert!(diagnostic.help.is_some(), "says not what to do: {message}");
            match self.rule.fix {
                FixAvailability::None => assert!(diagnostic.fix.is_none(), "has a fix: {message}"),
                FixAvailability::Always => assert!(diagnostic.fix.is_some(), "has no fix: {message}"),
                FixAvailability::Sometimes => {}
            }
        }
        for (id, _) in self.project.files() {
            if self.diagnostics.iter().any(|diagnostic| diagnostic.file == id && diagnostic.fix.is_some()) {
                self.repaired(id, Applicability::Unsafe);
            }
        }
    }

    /// Applies fixes until there are none left; the text must stay Python.
    #[track_caller]
    fn repaired(&self, id: FileId, least: Applicability) -> String {
        const ROUNDS: usize = 10;
        let mut project = self.project.clone();
        for _ in 0..ROUNDS {
            let found = findings(&project, &self.settings);
            let fix = found
                .iter()
                .filter(|diagnostic| diagnostic.file == id)
                .filter_map(|diagnostic| diagnostic.fix.as_ref())
                .find(|fix| fix.applicability >= least);
            let file = project.files.get_mut(id.0 as usize).expect("the file is in the project");
            let Some(fix) = fix else { return file.text().to_owned() };
            let mut edits: Vec<Edit> = fix.edits.clone();
            edits.sort();
            let new = apply_edits(file.text(), &edits).expect("the edits of one fix do not overlap");
            let is_template = file.role == Role::Template;
            assert!(is_template || python::is_valid(&new), "the fix leaves no Python:\n{new}");
            file.text = Ok(new.into());
        }
        panic!("the fix does not come to an end");
    }
}
