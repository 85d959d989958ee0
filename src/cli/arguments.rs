//! The command line as types, with the help texts. Acts on nothing.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::config::Rename;
use crate::severity::Severity;

const CHECK_EXAMPLES: &str = "\
Examples:
  alembic-lint                         check the project around and below
  alembic-lint --fix                   repair what is sure, report the rest
  alembic-lint --diff                  show what --fix would change
  alembic-lint versions/ab12_x.py      check one revision in its history
  alembic-lint --all                   audit applied revisions too
  alembic-lint review                  what new revisions do, in plain words
  alembic-lint rebase                  put new revisions behind the merged head
  alembic-lint rule drop-column        explain a rule

A path that is named like a command is written with a directory: ./rule

Exit codes:
  0  no findings that fail the run
  1  errors or warnings found, or as --fail-on says (with --diff also: there
     are changes to make)
  2  could not run: wrong usage or configuration, no such path, unwritten fix";

const RULE_EXAMPLES: &str = "\
Examples:
  alembic-lint rule                    list all rules
  alembic-lint rule drop-column        explain one";

const REVIEW_EXAMPLES: &str = "\
Examples:
  alembic-lint review                  the revisions that are not applied yet
  alembic-lint review --all            applied ones too
  alembic-lint review --applied-ref origin/release
  alembic-lint review --output-format json

Exit codes:
  0  shown
  2  could not run: wrong usage, broken configuration, unreadable path";

const LOCK_EXAMPLES: &str = "\
Examples:
  alembic-lint lock                    record all revisions, up to the heads
  alembic-lint lock --through ab12cd   record ab12cd and all that it needs
  alembic-lint lock --check            fail where it is out of date (for CI)

A line that guards an applied revision is changed with --force only.

Exit codes:
  0  written, or up to date
  1  out of date (--check)
  2  could not run: wrong usage, broken lock, a guarded line would change";

const SCHEMA_EXAMPLES: &str = "\
Examples:
  alembic-lint schema                  what all revisions lead to
  alembic-lint schema ab12             after this one; also labels, ab12-1
  alembic-lint schema head migrations/ of one script directory among several
  alembic-lint schema --output-format sql > schema.sql

Exit codes:
  0  shown
  2  could not run: wrong usage or configuration, no such path or revision";

const REBASE_EXAMPLES: &str = "\
Examples:
  alembic-lint rebase                  put new revisions behind the merged head
  alembic-lint rebase --diff           show what that would change
  alembic-lint rebase ab12             put ab12 and what follows it there
  alembic-lint rebase --onto ef56      choose the head
  alembic-lint rebase migrations/      of one script directory among several

Git tells which side is merged, also in the middle of `git merge` and
`git rebase`. What is applied or merged is never written.

Exit codes:
  0  written, or nothing to do
  2  could not run: unclear what goes where, a conflict left, wrong usage";

const SPLIT_EXAMPLES: &str = "\
Examples:
  alembic-lint split ab12 --diff         show the parts
  alembic-lint split ab12                write them: ab12 keeps the first one
  alembic-lint split versions/ab12.py    the same by its file

First comes what code that runs now can live with, last what only the new code
can live with, and between them what fills rows: steps marked TODO that you
write. Indexes that are built beside writes get a revision of their own. What is
applied is never written.

Exit codes:
  0  written, or nothing to split
  2  could not run: no such revision, applied, not to be taken apart";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  alembic-lint completions bash > ~/.local/share/bash-completion/completions/alembic-lint
  alembic-lint completions zsh > ~/.zfunc/_alembic-lint
  alembic-lint completions fish > ~/.config/fish/completions/alembic-lint.fish";

const GRAPH_EXAMPLES: &str = "\
Examples:
  alembic-lint graph                   newest first, applied runs shortened
  alembic-lint graph --all             every revision
  alembic-lint graph --output-format svg -o history.svg
  alembic-lint graph --output-format dot | dot -Tpdf -o history.pdf

Exit codes:
  0  drawn
  2  could not run: wrong usage, broken configuration, unreadable path";

/// Check and repair Alembic revisions without running them
///
/// Reads Alembic revision files without running them, says what each one would do to a database, and repairs
/// what can be repaired. Needs no Python and no database.
#[derive(Debug, Parser)]
#[command(
    name = "alembic-lint",
    version,
    args_conflicts_with_subcommands = true,
    after_help = CHECK_EXAMPLES,
    max_term_width = 100
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) check: CheckArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Explain a rule, or list all rules
    #[command(after_help = RULE_EXAMPLES)]
    Rule(RuleArguments),
    /// Say in plain words what revisions do, for a person to confirm
    #[command(after_help = REVIEW_EXAMPLES)]
    Review(ReviewArguments),
    /// Record the revisions that databases may have run in alembic-lint.lock, beside env.py
    #[command(after_help = LOCK_EXAMPLES)]
    Lock(LockArguments),
    /// Show the schema that the revisions lead to, read from the files alone
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(SchemaArguments),
    /// Put new revisions behind the head that was merged meanwhile: two heads become one
    #[command(after_help = REBASE_EXAMPLES)]
    Rebase(RebaseArguments),
    /// Take one revision apart into a safe sequence: expand, fill rows, contract
    #[command(after_help = SPLIT_EXAMPLES)]
    Split(SplitArguments),
    /// Draw the history: text, Mermaid, Graphviz or SVG
    #[command(after_help = GRAPH_EXAMPLES)]
    Graph(GraphArguments),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) project: ProjectArguments,
    #[command(flatten)]
    pub(super) rules: RuleSelection,
    #[command(flatten)]
    pub(super) fixes: FixArguments,
    /// How findings are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "full", help_heading = "Output")]
    pub(super) output_format: CheckFormat,
    /// Print how often each rule spoke instead of each finding
    #[arg(long, help_heading = "Output", conflicts_with = "diff")]
    pub(super) statistics: bool,
    /// Also show the findings that comments suppress, with the reasons
    #[arg(long, help_heading = "Output", conflicts_with_all = ["statistics", "diff"])]
    pub(super) show_suppressed: bool,
    /// Exit with 1 for findings of this severity or higher [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(super) fail_on: Option<FailOn>,
    /// Exit with 0 even if there are findings
    #[arg(long, short = 'e', help_heading = "Output")]
    pub(super) exit_zero: bool,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

/// Which revisions are meant, and what is configured for them.
#[derive(Debug, Args)]
pub(super) struct ProjectArguments {
    /// Revision files or directories [default: the project found from here upward and below]
    #[arg(value_name = "PATHS")]
    pub(super) paths: Vec<PathBuf>,
    /// Configuration file to use, or a setting such as 'dialect = "mysql"'; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE", help_heading = "Revisions")]
    pub(super) config: Vec<String>,
    #[command(flatten)]
    pub(super) applied: AppliedArguments,
    /// Judge or show applied revisions too
    #[arg(long, help_heading = "Revisions")]
    pub(super) all: bool,
}

/// What tells applied revisions from new ones; else the configuration does.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Applied revisions")]
pub(super) struct AppliedArguments {
    /// Revisions in the merge base with this git ref are applied; `false` counts every revision as new
    /// [default: the pull request's base, else the default branch]
    #[arg(long, value_name = "REF")]
    pub(super) applied_ref: Option<String>,
    /// These revisions and all that they need are applied; comma-separated
    #[arg(long, value_name = "REVISION", value_delimiter = ',', conflicts_with = "database_url")]
    pub(super) applied_through: Vec<String>,
    /// What this database has run is applied: a URL as SQLAlchemy has it; nothing is written there
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
    /// How long a database may take to answer
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(super) database_timeout: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.trim().parse().ok().filter(|seconds: &f64| *seconds > 0.0 && *seconds <= 86_400.0);
    seconds.ok_or_else(|| "expected a number of seconds such as 5 or 0.5".to_owned())
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleSelection {
    /// Rules to use: names, categories, or presets (recommended, strict, all, none), comma-separated
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) select: Option<Vec<String>>,
    /// Rules or categories to leave out, comma-separated
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// Rules, categories or presets to add to the selected ones, comma-separated
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) extend_select: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixArguments {
    /// Repair what can be repaired safely, then report what remains
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix or --diff: repair also where it may change what a revision does; alone: count these as fixable
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Print what --fix would change as a unified diff, and write nothing
    #[arg(long, conflicts_with = "fix")]
    pub(super) diff: bool,
    /// With --fix or --diff: this column got another name; turn its drop and add into a rename. May be repeated
    #[arg(long, value_name = "TABLE.OLD=NEW")]
    pub(super) rename: Vec<Rename>,
}

/// How to speak.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArguments {
    /// Write the report to this file instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(super) output_file: Option<PathBuf>,
    /// Print nothing beside what was asked for; twice: nothing but errors that stop the run
    #[arg(long, short, action = ArgAction::Count)]
    pub(super) quiet: u8,
    /// Say which directories, configuration and git commit are used
    #[arg(long, short, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColourChoice,
}

#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// The rule to explain [default: list all]
    pub(super) name: Option<String>,
    /// Configuration file with rules of your own, or a setting; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    pub(super) config: Vec<String>,
    /// How the explanation is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(super) output_format: PlainFormat,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColourChoice,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell to complete in
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ReviewArguments {
    #[command(flatten)]
    pub(super) project: ProjectArguments,
    /// How the review is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(super) output_format: PlainFormat,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Debug, Args)]
pub(super) struct LockArguments {
    /// Revision files or directories [default: the project found from here upward and below]
    #[arg(value_name = "PATHS")]
    pub(super) paths: Vec<PathBuf>,
    /// Record these revisions and all that they need [default: all revisions]; comma-separated
    #[arg(long, value_name = "REVISION", value_delimiter = ',')]
    pub(super) through: Vec<String>,
    /// Write nothing; fail where the lock is out of date
    #[arg(long, conflicts_with = "force")]
    pub(super) check: bool,
    /// Write also what applied revisions have become, and take out those that are gone
    #[arg(long)]
    pub(super) force: bool,
    /// Configuration file to use, or a setting such as 'dialect = "mysql"'; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE", help_heading = "Revisions")]
    pub(super) config: Vec<String>,
    /// Revisions in the merge base with this git ref are applied; of others, lines are replaced freely
    /// [default: the pull request's base, else the default branch]
    #[arg(long, value_name = "REF", help_heading = "Revisions")]
    pub(super) applied_ref: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// The revision after which the schema is shown, as Alembic takes it [default: heads]
    #[arg(value_name = "REVISION")]
    pub(super) revision: Option<String>,
    /// Revision files or directories [default: the project found from here upward and below]
    #[arg(value_name = "PATHS")]
    pub(super) paths: Vec<PathBuf>,
    /// Configuration file to use, or a setting such as 'dialect = "mysql"'; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE", help_heading = "Revisions")]
    pub(super) config: Vec<String>,
    /// How the schema is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(super) output_format: SchemaFormat,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Debug, Args)]
pub(super) struct GraphArguments {
    #[command(flatten)]
    pub(super) project: ProjectArguments,
    /// How the history is drawn
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(super) output_format: GraphFormat,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// For a terminal, as `git log --graph` does
    Text,
    /// For Markdown on GitHub and GitLab
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture of its own
    Svg,
}

/// What commands share that write other revisions than `--fix` does.
#[derive(Debug, Args)]
pub(super) struct RewritingArguments {
    /// Say what would be done, and write nothing
    #[arg(long, conflicts_with = "diff")]
    pub(super) dry_run: bool,
    /// Print what would be done as a unified diff, and write nothing
    #[arg(long)]
    pub(super) diff: bool,
    /// Configuration file to use, or a setting such as 'dialect = "mysql"'; may be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE", help_heading = "Revisions")]
    pub(super) config: Vec<String>,
    #[command(flatten)]
    pub(super) applied: AppliedArguments,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

impl RewritingArguments {
    /// Whether files are to be written.
    pub(super) const fn is_written(&self) -> bool {
        !self.dry_run && !self.diff
    }

    /// The revisions below `paths`.
    fn project(&self, paths: Vec<PathBuf>) -> ProjectArguments {
        ProjectArguments { paths, config: self.config.clone(), applied: self.applied.clone(), all: false }
    }
}

#[derive(Debug, Args)]
pub(super) struct RebaseArguments {
    /// A revision of the side that moves [default: the one that is not merged]
    #[arg(value_name = "REVISION")]
    pub(super) revision: Option<String>,
    /// Revision files or directories [default: the project found from here upward and below]
    #[arg(value_name = "PATHS")]
    pub(super) paths: Vec<PathBuf>,
    /// The head that it goes behind [default: the merged one]
    #[arg(long, value_name = "REVISION")]
    pub(super) onto: Option<String>,
    #[command(flatten)]
    pub(super) rewriting: RewritingArguments,
}

#[derive(Debug, Args)]
pub(super) struct SplitArguments {
    /// The revision, as Alembic takes it, or its file
    #[arg(value_name = "REVISION")]
    pub(super) revision: String,
    /// Revision files or directories [default: the project found from here upward and below]
    #[arg(value_name = "PATHS")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) rewriting: RewritingArguments,
}

impl SplitArguments {
    /// The file of the revision, where one is named.
    pub(super) fn file(&self) -> Option<&Path> {
        let path = Path::new(&self.revision);
        path.is_file().then_some(path)
    }

    /// The revisions that are meant.
    pub(super) fn project(&self) -> ProjectArguments {
        let paths = self.file().map(Path::to_owned).into_iter().chain(self.paths.iter().cloned());
        self.rewriting.project(paths.collect())
    }
}

/// The first argument is a revision, unless a path of that name is there.
fn reference_and_paths<'a>(first: Option<&'a str>, rest: &[PathBuf]) -> (Option<&'a str>, Vec<PathBuf>) {
    let reference = first.filter(|first| !Path::new(first).exists());
    let path = first.filter(|_| reference.is_none()).map(PathBuf::from);
    (reference, path.into_iter().chain(rest.iter().cloned()).collect())
}

impl RebaseArguments {
    /// The revision and the paths.
    pub(super) fn reference_and_paths(&self) -> (Option<&str>, Vec<PathBuf>) {
        reference_and_paths(self.revision.as_deref(), &self.paths)
    }

    /// The revisions that are meant.
    pub(super) fn project(&self) -> ProjectArguments {
        let (_, paths) = self.reference_and_paths();
        self.rewriting.project(paths)
    }
}

impl SchemaArguments {
    /// The revision and the paths.
    pub(super) fn reference_and_project(&self) -> (Option<&str>, ProjectArguments) {
        let (reference, paths) = reference_and_paths(self.revision.as_deref(), &self.paths);
        let applied = AppliedArguments {
            // All revisions are shown, whoever has run them.
            applied_ref: Some("false".to_owned()),
            applied_through: Vec::new(),
            database_url: None,
            database_timeout: 0.0,
        };
        (reference, ProjectArguments { paths, config: self.config.clone(), applied, all: true })
    }
}

impl LockArguments {
    /// The revisions that are meant.
    pub(super) fn project(&self) -> ProjectArguments {
        ProjectArguments {
            paths: self.paths.clone(),
            config: self.config.clone(),
            applied: AppliedArguments {
                applied_ref: self.applied_ref.clone(),
                applied_through: Vec::new(),
                database_url: None,
                database_timeout: 0.0,
            },
            all: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaFormat {
    /// For people
    Text,
    /// As definitions of the dialect
    Sql,
    /// For programs
    Json,
}

/// The values of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Errors only
    Error,
    /// Errors and warnings
    Warning,
    /// Any finding
    Info,
}

impl From<FailOn> for Severity {
    fn from(least: FailOn) -> Self {
        match least {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Info => Self::Info,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// With the source and what to do
    Full,
    /// One line per finding
    Concise,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlainFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColourChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_path_before_options_is_no_command() {
        let arguments = Arguments::try_parse_from(["alembic-lint", "/abs/x.py", "--fix"]).unwrap();
        assert!(arguments.command.is_none());
        assert!(arguments.check.fixes.fix);
        assert_eq!(arguments.check.project.paths, [PathBuf::from("/abs/x.py")]);
    }

    #[test]
    fn a_path_named_like_a_command_is_reached_with_a_directory() {
        let arguments = Arguments::try_parse_from(["alembic-lint", "./rule"]).unwrap();
        assert!(arguments.command.is_none());
        assert_eq!(arguments.check.project.paths, [PathBuf::from("./rule")]);
    }
}
