//! Python source -> revisions. The only module that sees the Python parser.
//!
//! [`read_revision`] never fails: what cannot be read is a syntax error or an unresolved place of the
//! [`Revision`].

mod bindings;
mod comments;
mod evaluate;
mod identifiers;
pub mod meaning;
mod names;
pub mod naming;
pub mod outline;
mod parse;
mod repeated_keyword;
mod unused_import;
pub mod version_table;

pub use unused_import::{UnusedImport, unused_imports};

use std::sync::{LazyLock, OnceLock};

use memchr::memmem::Finder;
use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::Parsed;
use rustc_hash::FxHashMap;

use crate::isolation::{Failure, Unit, isolated};
use crate::operation::Dialect;
use crate::revision::{AUTOGENERATE_MARKERS, Comment, OnDialect, Revision, SyntaxError};
use crate::source::{Role, SourceFile, Span};

/// The project's own modules that revisions may import, by dotted name; parsed when first needed.
#[derive(Debug, Default)]
pub struct Modules<'a> {
    modules: FxHashMap<&'a str, Module<'a>>,
}

/// One module of the project.
#[derive(Debug)]
struct Module<'a> {
    file: &'a SourceFile,
    is_package: bool,
    parsed: OnceLock<Option<ParsedModule>>,
}

#[derive(Debug)]
struct ParsedModule {
    tree: Parsed<ModModule>,
    /// Positions of the top-level statements that bind or change a name.
    bindings: FxHashMap<Box<str>, Vec<usize>>,
}

impl<'a> Modules<'a> {
    /// The modules of one script directory.
    pub fn new(files: &'a [SourceFile], directory: usize) -> Self {
        let modules = files
            .iter()
            .filter(|file| file.directory == directory)
            .filter_map(|file| match &file.role {
                Role::Module(name) => {
                    let is_package = file.name() == "__init__.py";
                    Some((&**name, Module { file, is_package, parsed: OnceLock::new() }))
                }
                _ => None,
            })
            .collect();
        Self { modules }
    }

    fn get(&self, path: &str) -> Option<(&str, &Module<'a>)> {
        self.modules.get_key_value(path).map(|(name, module)| (*name, module))
    }
}

impl Module<'_> {
    fn parsed(&self) -> Option<&ParsedModule> {
        let parse = || {
            let tree = parse::parse(self.file.text()).0?;
            let mut bindings: FxHashMap<Box<str>, Vec<usize>> = FxHashMap::default();
            for (i, statement) in tree.suite().iter().enumerate() {
                for name in bindings::bound_by(statement) {
                    bindings.entry(name.into()).or_default().push(i);
                }
            }
            Some(ParsedModule { tree, bindings })
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// The top-level statements that bind or change `name`, in order.
    fn bindings(&self, name: &str) -> Option<(&str, Vec<&Stmt>)> {
        let parsed = self.parsed()?;
        let (name, positions) = parsed.bindings.get_key_value(name)?;
        let suite = parsed.tree.suite();
        Some((name, positions.iter().filter_map(|position| suite.get(*position)).collect()))
    }
}

/// Whether `text` is Python without syntax errors, and without a keyword argument given twice, which is one as well.
pub fn is_valid(text: &str) -> bool {
    let (parsed, errors) = parse::parse(text);
    parsed.is_some_and(|parsed| errors.is_empty() && !repeated_keyword::is_repeated(parsed.suite()))
}

/// Reads one revision file; an unreadable one gives an empty revision.
pub fn read_revision(file: &SourceFile, modules: &Modules<'_>, dialect: Dialect) -> Revision {
    isolated(Unit::Reading(&file.path), || read(file, modules, dialect).0)
        .unwrap_or_else(|failure| identifiers_alone(file, dialect, failure))
}

/// [`read_revision`] with [`Revision::fingerprint`].
pub fn read_with_fingerprint(file: &SourceFile, modules: &Modules<'_>, dialect: Dialect) -> Revision {
    let read = || {
        let (mut revision, parsed) = read(file, modules, dialect);
        if file.text.is_ok() && revision.syntax_errors.is_empty() {
            revision.fingerprint = parsed.and_then(|parsed| meaning::fingerprint_of(file.text(), parsed));
        }
        revision
    };
    isolated(Unit::Reading(&file.path), read)
        .unwrap_or_else(|failure| identifiers_alone(file, dialect, failure))
}

/// What is left of a file whose reading failed: its place in the history, so that the revisions around it are still judged
/// correctly.
fn identifiers_alone(file: &SourceFile, dialect: Dialect, failure: Failure) -> Revision {
    let read = || {
        let parsed = parse::parse(file.text()).0?;
        let modules = Modules::default();
        let interpreter = evaluate::Interpreter::new(parsed.suite(), file.text(), &modules, dialect);
        Some(interpreter.identifiers(parsed.suite()))
    };
    let identifiers = isolated(Unit::Identifiers(&file.path), read).ok().flatten().unwrap_or_default();
    let error = SyntaxError { span: Span::default(), message: failure.to_string().into() };
    Revision {
        identifiers,
        syntax_errors: vec![error],
        failure: Some(Box::new(failure)),
        ..Revision::default()
    }
}

fn read(file: &SourceFile, modules: &Modules<'_>, dialect: Dialect) -> (Revision, Option<Parsed<ModModule>>) {
    let text = file.text();
    let (parsed, comments, syntax_errors) = parse::parse_with_comments(text);
    let mut revision = Revision { syntax_errors, ..Revision::default() };
    let Some(parsed) = parsed else { return (revision, None) };
    let suite = parsed.suite();
    revision.comments = comments::comments(&comments, suite, text);
    revision.statements = comments::statements(suite);
    revision.names = names::module_names(suite, text);
    revision.docstring = identifiers::docstring(suite);
    revision.has_autogenerate_markers = has_autogenerate_markers(&revision.comments, text);
    let mut interpreter = evaluate::Interpreter::new(suite, text, modules, dialect);
    revision.identifiers = interpreter.identifiers(suite);
    revision.at_import = interpreter.at_import();
    revision.upgrade = interpreter.body("upgrade", suite);
    revision.downgrade = interpreter.body("downgrade", suite);
    if let Some(mut decided) = interpreter.on_dialect(suite) {
        let upgrade = decided.body("upgrade", suite);
        let downgrade = decided.body("downgrade", suite);
        revision.on_dialect = Some(Box::new(OnDialect { upgrade, downgrade }));
    }
    (revision, Some(parsed))
}

/// Whether autogenerate's comments stand in the file.
fn has_autogenerate_markers(comments: &[Comment], text: &str) -> bool {
    static MARKERS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| AUTOGENERATE_MARKERS.map(Finder::new));
    MARKERS
        .iter()
        .all(|marker| comments.iter().any(|comment| marker.find(comment.span.of(text).as_bytes()).is_some()))
}
