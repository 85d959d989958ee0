//! Directives as lines of source: `op.` or a batch object, on one line or several. Knows no schema.

use crate::operation::Dialect;

/// A call of a directive, or another statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// A directive of `op`; `table` for those that batch mode has as well.
    Call {
        /// The directive.
        method: &'static str,
        /// The table and the schema as arguments of `batch_alter_table`.
        table: Option<String>,
        /// The arguments in order.
        parts: Vec<Part>,
    },
    /// Any other statement.
    Statement(String),
}

/// An argument of a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Plain(String),
    /// One that names the table or its schema, and that batch mode does without.
    Table(String),
}

/// How statements are laid out.
#[derive(Debug, Clone)]
pub struct Style<'a> {
    /// What `op` is called in the file.
    pub op: &'a str,
    /// One level of indentation.
    pub indent: &'a str,
    /// Whether tables are altered in batch mode.
    pub batch: bool,
}

/// Where longer lines are broken: Black's and ruff's default.
const WIDTH: usize = 88;

impl Style<'_> {
    /// Whether a project of this dialect alters tables in batch mode.
    pub fn needs_batch(dialect: Dialect) -> bool {
        dialect == Dialect::Sqlite
    }

    /// The statements as lines, each with the indentation of a function body; lines end with `\n`.
    pub fn lines(&self, directives: &[Directive]) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut open: Option<&str> = None;
        for directive in directives {
            match directive {
                Directive::Call { method, table: Some(table), parts } if self.batch => {
                    if open != Some(table) {
                        lines.push(format!(
                            "{}with {}.batch_alter_table({table}) as batch_op:",
                            self.indent, self.op
                        ));
                        open = Some(table);
                    }
                    let arguments = parts.iter().filter_map(|part| match part {
                        Part::Plain(text) => Some(text.as_str()),
                        Part::Table(_) => None,
                    });
                    let arguments: Vec<_> = arguments.collect();
                    lines.extend(self.call(2, &format!("batch_op.{method}"), &arguments));
                }
                Directive::Call { method, parts, .. } => {
                    open = None;
                    let arguments = parts.iter().map(|part| match part {
                        Part::Plain(text) | Part::Table(text) => text.as_str(),
                    });
                    let arguments: Vec<_> = arguments.collect();
                    lines.extend(self.call(1, &format!("{}.{method}", self.op), &arguments));
                }
                Directive::Statement(text) => {
                    open = None;
                    lines.push(format!("{}{text}", self.indent));
                }
            }
        }
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    fn call(&self, depth: usize, callee: &str, arguments: &[&str]) -> Vec<String> {
        let indent = self.indent.repeat(depth);
        let line = format!("{indent}{callee}({})", arguments.join(", "));
        let is_table = callee.ends_with("create_table");
        if line.chars().count() <= WIDTH && !is_table {
            return vec![line];
        }
        let mut lines = vec![format!("{indent}{callee}(")];
        lines.extend(arguments.iter().map(|argument| format!("{indent}{}{argument},", self.indent)));
        lines.push(format!("{indent})"));
        lines
    }
}
