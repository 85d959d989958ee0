//! Python source -> revisions. The only module that sees the Python parser.
//!
//! [`read_revision`] never fails: what cannot be read is a syntax error or an unresolved place of the
//! [`Revision`].

mod comments;
mod names;
mod parse;

use rustc_hash::FxHashMap;

use crate::operation::Dialect;
use crate::revision::Revision;
use crate::source::{LineIndex, Role, SourceFile};

/// The project's own modules that revisions may import, by dotted name.
#[derive(Debug, Default)]
pub struct Modules<'a> {
    files: FxHashMap<&'a str, &'a SourceFile>,
}

impl<'a> Modules<'a> {
    /// The modules of one script directory.
    pub fn new(files: &'a [SourceFile], directory: usize) -> Self {
        let files = files
            .iter()
            .filter(|file| file.directory == directory)
            .filter_map(|file| match &file.role {
                Role::Module(name) => Some((&**name, file)),
                _ => None,
            })
            .collect();
        Self { files }
    }
}

/// Whether `text` is Python without syntax errors.
pub fn is_valid(text: &str) -> bool {
    let (parsed, errors) = parse::parse(text);
    parsed.is_some() && errors.is_empty()
}

/// Reads one revision file; an unreadable one gives an empty revision.
pub fn read_revision(file: &SourceFile, modules: &Modules<'_>, dialect: Dialect) -> Revision {
    let _ = (&modules.files, dialect);
    let text = file.text();
    let (parsed, syntax_errors) = parse::parse(text);
    let mut revision = Revision { syntax_errors, lines: Some(LineIndex::new(text)), ..Revision::default() };
    let Some(parsed) = parsed else { return revision };
    revision.comments = comments::comments(&parsed, text);
    revision.statements = comments::statements(parsed.suite());
    revision.names = names::module_names(parsed.suite(), text);
    revision
}
