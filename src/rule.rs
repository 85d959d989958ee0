//! What a rule is: metadata, documentation and one function. Knows no particular rule.

use crate::diagnostic::{Diagnostic, Fix};
use crate::history::History;
use crate::history::schema::Step;
use crate::revision::RevisionContext;
pub use crate::severity::Severity;
use crate::source::{FileId, Span};
use crate::suppression::Suppressions;

/// One rule: a plain constant beside its check.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case; states the problem. The identity everywhere.
    pub name: &'static str,
    /// Why it hurts.
    pub category: Category,
    /// How much it matters when configuration says nothing.
    pub severity: Severity,
    /// Which presets hold it.
    pub preset: Preset,
    /// Whether it repairs what it finds.
    pub fix: FixAvailability,
    /// The release that brought it; empty for [`Category::Custom`].
    pub since: &'static str,
    /// The manual page, in Markdown; each line keeps the blank that follows `///`.
    pub docs: &'static str,
    /// What it looks at.
    pub check: Check,
}

impl Rule {
    /// The page of this rule on the documentation site; a rule of one's own has none.
    pub fn url(&self) -> Option<String> {
        (self.category != Category::Custom)
            .then(|| format!("{}/blob/main/docs/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), self.name))
    }
}

/// Why a finding hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// The file as a Python module.
    Imports,
    /// Schema objects or their data are gone afterwards.
    Destructive,
    /// Rows are changed, or decide whether the revision runs.
    Data,
    /// Others wait while it runs, or a way around that is left half done.
    Locking,
    /// Application code that still runs, or comes back, does not fit the schema.
    Compatibility,
    /// How revisions follow each other.
    Graph,
    /// The history in the repository differs from what databases have run.
    Applied,
    /// `downgrade` does not undo what `upgrade` did.
    Downgrade,
    /// What a revision says and holds.
    Content,
    /// SQL that is written by hand.
    Sql,
    /// The form of the file and of the schema.
    Style,
    /// Secrets in the file, rights given away.
    Security,
    /// What a project's configuration declares.
    Custom,
}

impl Category {
    /// The word users type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imports => "imports",
            Self::Destructive => "destructive",
            Self::Data => "data",
            Self::Locking => "locking",
            Self::Compatibility => "compatibility",
            Self::Graph => "graph",
            Self::Applied => "applied",
            Self::Downgrade => "downgrade",
            Self::Content => "content",
            Self::Sql => "sql",
            Self::Style => "style",
            Self::Security => "security",
            Self::Custom => "custom",
        }
    }
}

/// The smallest preset that holds a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    /// On without configuration.
    Recommended,
    /// On in `strict`.
    Strict,
    /// On in `all` or by name only.
    All,
}

/// Whether a rule repairs what it finds; a test holds the rule to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixAvailability {
    /// Never.
    None,
    /// Where the repair is plain.
    Sometimes,
    /// Each time.
    Always,
}

/// What a rule says of one revision.
pub type RevisionCheck = fn(&RevisionContext<'_>, &mut Sink<'_>);

/// What a rule says of one revision with the schema around it.
pub type StepCheck = fn(&Step<'_>, &mut Sink<'_>);

/// What a rule may look at, with the function that looks.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// One revision file at a time, applied ones left out.
    Revision(RevisionCheck),
    /// One revision with the schema before and after each of its operations, applied ones left out.
    Step(StepCheck),
    /// Single statements of SQL on PostgreSQL, by squawk's rule of this name.
    Statement(&'static str),
    /// All revisions, script directories and what the base commit holds.
    History(fn(&History<'_>, &mut Sink<'_>)),
    /// The suppression comments and what they silenced.
    Suppressions(fn(&Suppressions<'_>, &mut Sink<'_>)),
    /// Nothing: the linter reports its own failures with it, whatever the selection says.
    Internal,
}

/// Takes the findings of one rule.
#[derive(Debug)]
pub struct Sink<'a> {
    rule: &'static Rule,
    severity: Severity,
    file: FileId,
    out: &'a mut Vec<Diagnostic>,
}

impl<'a> Sink<'a> {
    /// A sink for `rule` at its configured severity; findings land in `out`.
    pub fn new(rule: &'static Rule, severity: Severity, file: FileId, out: &'a mut Vec<Diagnostic>) -> Self {
        Self { rule, severity, file, out }
    }

    /// The rule whose findings it takes.
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// Adds a finding in the file that is looked at.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> Report<'_> {
        self.report_in(self.file, span, message)
    }

    /// Adds a finding in another file ([`Check::History`], [`Check::Suppressions`]).
    pub fn report_in(&mut self, file: FileId, span: Span, message: impl Into<String>) -> Report<'_> {
        self.out.push(Diagnostic {
            rule: self.rule,
            severity: self.severity,
            file,
            span,
            call_sites: Vec::new(),
            message: message.into(),
            help: None,
            fix: None,
            revision: None,
            covers: Vec::new(),
            yields: false,
            part_of: &[],
            details: Vec::new(),
        });
        Report { configured: self.severity, default: self.rule.severity, diagnostic: self.out.last_mut() }
    }
}

/// A finding being described; it is in the sink already, each method adds to it.
#[derive(Debug)]
pub struct Report<'a> {
    configured: Severity,
    default: Severity,
    diagnostic: Option<&'a mut Diagnostic>,
}

impl Report<'_> {
    fn with(mut self, change: impl FnOnce(&mut Diagnostic)) -> Self {
        if let Some(diagnostic) = self.diagnostic.as_deref_mut() {
            change(diagnostic);
        }
        self
    }

    /// What to do next.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.with(|d| d.help = Some(help.into()))
    }

    /// The repair.
    pub fn fix(self, fix: Fix) -> Self {
        self.with(|d| d.fix = Some(fix))
    }

    /// The calls that lead to the place.
    pub fn call_sites(self, sites: &[Span]) -> Self {
        self.with(|d| d.call_sites = sites.to_vec())
    }

    /// The revision it is about, where that is not the one in the file.
    pub fn revision(self, id: &str) -> Self {
        self.with(|d| d.revision = Some(id.into()))
    }

    /// Other places of the same problem: findings of other rules there are shown as details of this one, unless
    /// they are more severe.
    pub fn covers(self, places: impl IntoIterator<Item = Span>) -> Self {
        self.with(|d| d.covers.extend(places))
    }

    /// Makes the finding a detail of one of these rules' findings about the same statement, unless it is more severe;
    /// a comment that allows such a finding with a reason covers this one too.
    pub fn part_of(self, rules: &'static [&'static str]) -> Self {
        self.with(|d| d.part_of = rules)
    }

    /// Leaves the finding out where another rule says something as severe, or a rule on losses, data or SQL at least a
    /// warning, about the same statement.
    pub fn yields(self) -> Self {
        self.with(|d| d.yields = true)
    }

    /// A severity for this finding alone; what the configuration sets for the rule goes before it.
    pub fn severity(self, severity: Severity) -> Self {
        let own = if self.configured == self.default { severity } else { self.configured };
        self.with(|d| d.severity = own)
    }
}

/// Declares `RULE`: the doc comment is the manual page.
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])+
        $name:literal, $category:ident, $severity:ident,
        preset: $preset:ident, fix: $fix:ident, since: $since:literal,
        check: $check:ident($($function:path)?) $(,)?
    ) => {
        $(#[doc = $doc])+
        pub(crate) static RULE: crate::rule::Rule = crate::rule::Rule {
            name: $name,
            category: crate::rule::Category::$category,
            severity: crate::rule::Severity::$severity,
            preset: crate::rule::Preset::$preset,
            fix: crate::rule::FixAvailability::$fix,
            since: $since,
            docs: concat!($($doc, "\n"),+),
            check: crate::rule::Check::$check $(($function))?,
        };
    };
}
pub(crate) use declare_rule;
