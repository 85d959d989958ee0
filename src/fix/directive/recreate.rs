//! What is in a replayed schema, as the directives that make it. `None` where not everything about it is known.

use super::layout::{Directive, Part};
use super::writer::Writer;
use crate::history::schema::{
    Column, Constraint, Index, IndexColumn, ObjectName, Step, Table, TableKey, enum_of,
};
use crate::operation::{Argument, ConstraintKind, Dialect};
use crate::project::NamingConvention;

/// Writes the parts of a schema for one file.
#[derive(Debug)]
pub(super) struct Recreate<'w, 'a> {
    pub(super) writer: &'w mut Writer<'a>,
    pub(super) dialect: Dialect,
    /// Whether names stand as they are in the database: `op.f(..)` keeps a naming convention from them.
    pub(super) has_convention: bool,
}

impl<'w, 'a> Recreate<'w, 'a> {
    pub(super) fn new(step: &Step<'_>, writer: &'w mut Writer<'a>) -> Self {
        let has_convention = step.context.directory.naming_convention != NamingConvention::None;
        Self { writer, dialect: step.context.dialect, has_convention }
    }
}

impl Recreate<'_, '_> {
    /// `sa.Column(..)`.
    pub(super) fn column(&mut self, column: &Column<'_>) -> Option<String> {
        if !column.sure || column.identity? || column.computed? {
            return None;
        }
        let mut parts = vec![self.writer.text(&column.name), self.type_(column.type_?)?];
        if let Some(default) = column.server_default? {
            parts.push(format!("server_default={}", self.writer.value(default)?));
        }
        parts.push(format!("nullable={}", python_bool(column.nullable?)));
        if let Some(comment) = column.comment.as_ref()? {
            parts.push(format!("comment={}", self.writer.text(comment)));
        }
        Some(format!("{}({})", self.writer.path("sqlalchemy.Column")?, parts.join(", ")))
    }

    /// A type; an enum type of PostgreSQL that is there already is not made again.
    pub(super) fn type_(&mut self, type_: &Argument) -> Option<String> {
        let Some(of) = (self.dialect == Dialect::Postgresql).then(|| enum_of(type_)).flatten() else {
            return self.writer.type_(type_, self.dialect);
        };
        if matches!(type_.path(), Some(path) if path.ends_with("ARRAY")) {
            return None;
        }
        let labels: Vec<_> = of.labels?.into_iter().map(|label| self.writer.text(label)).collect();
        let mut parts = labels;
        parts.push(format!("name={}", self.writer.text(&of.name?)));
        if let Some(schema) = of.schema? {
            parts.push(format!("schema={}", self.writer.text(schema)));
        }
        parts.push("create_type=False".to_owned());
        Some(format!("{}({})", self.writer.path("sqlalchemy.dialects.postgresql.ENUM")?, parts.join(", ")))
    }

    /// `op.create_table(..)` and what makes its indexes.
    pub(super) fn table(&mut self, table: &Table<'_>) -> Option<Vec<Directive>> {
        if !table.is_complete() || table.temporary {
            return None;
        }
        let mut parts = vec![Part::Plain(self.writer.text(&table.key.name))];
        for column in &table.columns {
            parts.push(Part::Plain(self.column(column)?));
        }
        for constraint in &table.constraints {
            parts.push(Part::Plain(self.table_item(constraint)?));
        }
        if let Some(schema) = &table.key.schema {
            parts.push(Part::Plain(format!("schema={}", self.writer.text(schema))));
        }
        if let Some(comment) = table.comment.as_ref()? {
            parts.push(Part::Plain(format!("comment={}", self.writer.text(comment))));
        }
        let mut made = vec![Directive::Call { method: "create_table", table: None, parts }];
        for index in table.indexes.iter().filter(|index| !index.implicit) {
            made.push(self.index(&table.key, index)?);
        }
        Some(made)
    }

    /// `sa.ForeignKeyConstraint(..)` and its like.
    fn table_item(&mut self, constraint: &Constraint<'_>) -> Option<String> {
        demand_plain(constraint)?;
        let columns = |writer: &Writer<'_>| {
            Some(constraint.columns.as_ref()?.iter().map(|name| writer.text(name)).collect::<Vec<_>>())
        };
        let (class, mut parts) = match constraint.kind {
            ConstraintKind::PrimaryKey => ("PrimaryKeyConstraint", columns(self.writer)?),
            ConstraintKind::Unique => ("UniqueConstraint", columns(self.writer)?),
            ConstraintKind::Check => {
                ("CheckConstraint", vec![self.writer.text(constraint.condition.as_ref()?)])
            }
            ConstraintKind::ForeignKey => {
                let referent = constraint.referent.as_ref()?;
                let own = format!("[{}]", columns(self.writer)?.join(", "));
                let to =
                    constraint.referent_columns.as_ref()?.iter().map(|column| format!("{referent}.{column}"));
                let to: Vec<_> = to.collect();
                ("ForeignKeyConstraint", vec![own, self.writer.texts(to.iter().map(String::as_str))])
            }
            ConstraintKind::Exclude => return None,
        };
        let name = self.given_name(&constraint.name)?;
        if name != NO_NAME {
            parts.push(format!("name={name}"));
        }
        self.add_ondelete(constraint, &mut parts)?;
        Some(format!("{}({})", self.writer.path(&format!("sqlalchemy.{class}"))?, parts.join(", ")))
    }

    /// `op.create_foreign_key(..)` and its like.
    pub(super) fn constraint(
        &mut self,
        table: &TableKey<'_>,
        constraint: &Constraint<'_>,
    ) -> Option<Directive> {
        demand_plain(constraint)?;
        let name = self.given_name(&constraint.name)?;
        let mut parts = vec![Part::Plain(name), Part::Table(self.writer.text(&table.name))];
        let columns =
            |writer: &Writer<'_>| Some(writer.texts(constraint.columns.as_ref()?.iter().map(|name| &**name)));
        let mut schema_keyword = "schema";
        let method = match constraint.kind {
            ConstraintKind::PrimaryKey => {
                parts.push(Part::Plain(columns(self.writer)?));
                "create_primary_key"
            }
            ConstraintKind::Unique => {
                parts.push(Part::Plain(columns(self.writer)?));
                "create_unique_constraint"
            }
            ConstraintKind::Check => {
                parts.push(Part::Plain(self.writer.text(constraint.condition.as_ref()?)));
                "create_check_constraint"
            }
            ConstraintKind::ForeignKey => {
                let referent = constraint.referent.as_ref()?;
                let to = self.writer.texts(constraint.referent_columns.as_ref()?.iter().map(|name| &**name));
                parts.push(Part::Plain(self.writer.text(&referent.name)));
                parts.push(Part::Plain(columns(self.writer)?));
                parts.push(Part::Plain(to));
                if let Some(schema) = &referent.schema {
                    parts.push(Part::Plain(format!("referent_schema={}", self.writer.text(schema))));
                }
                schema_keyword = "source_schema";
                "create_foreign_key"
            }
            ConstraintKind::Exclude => return None,
        };
        let mut more = Vec::new();
        self.add_ondelete(constraint, &mut more)?;
        parts.extend(more.into_iter().map(Part::Plain));
        if let Some(schema) = &table.schema {
            parts.push(Part::Table(format!("{schema_keyword}={}", self.writer.text(schema))));
        }
        Some(Directive::Call { method, table: Some(self.batch_table(table)), parts })
    }

    /// `op.create_index(..)`.
    pub(super) fn index(&mut self, table: &TableKey<'_>, index: &Index<'_>) -> Option<Directive> {
        if !index.sure || !index.is_plain || index.method.is_some() {
            return None;
        }
        let name = self.name(index.name.known()?)?;
        let mut columns = Vec::new();
        for column in index.columns.as_ref()? {
            columns.push(match column {
                IndexColumn::Column(name) => self.writer.text(name),
                IndexColumn::Expression(text) => {
                    let text = self.writer.text(text.as_ref()?);
                    format!("{}({text})", self.writer.path("sqlalchemy.text")?)
                }
            });
        }
        let mut parts = vec![
            Part::Plain(name),
            Part::Table(self.writer.text(&table.name)),
            Part::Plain(format!("[{}]", columns.join(", "))),
            Part::Plain(format!("unique={}", python_bool(index.unique?))),
        ];
        if let Some(condition) = index.condition {
            let dialect = match self.dialect {
                Dialect::Postgresql => "postgresql",
                Dialect::Sqlite => "sqlite",
                Dialect::Mysql | Dialect::Mariadb => return None,
            };
            parts.push(Part::Plain(format!("{dialect}_where={}", self.writer.value(condition)?)));
        }
        if let Some(schema) = &table.schema {
            parts.push(Part::Table(format!("schema={}", self.writer.text(schema))));
        }
        Some(Directive::Call { method: "create_index", table: Some(self.batch_table(table)), parts })
    }

    /// `'user', schema='app'`: what `batch_alter_table` is given.
    pub(super) fn batch_table(&self, table: &TableKey<'_>) -> String {
        match &table.schema {
            Some(schema) => {
                format!("{}, schema={}", self.writer.text(&table.name), self.writer.text(schema))
            }
            None => self.writer.text(&table.name),
        }
    }

    /// A name as it is in the database.
    pub(super) fn name(&mut self, name: &str) -> Option<String> {
        self.writer.final_name(name, self.has_convention)
    }

    /// The name that a revision gave; [`NO_NAME`] where the database chooses the same again.
    fn given_name(&mut self, name: &ObjectName<'_>) -> Option<String> {
        match name {
            ObjectName::Given(name) => self.name(name),
            ObjectName::Derived(_) | ObjectName::None => Some(NO_NAME.to_owned()),
            ObjectName::Unknown => None,
        }
    }

    fn add_ondelete(&mut self, constraint: &Constraint<'_>, parts: &mut Vec<String>) -> Option<()> {
        if constraint.kind == ConstraintKind::ForeignKey
            && let Some(action) = constraint.ondelete.as_ref()?
        {
            parts.push(format!("ondelete={}", self.writer.text(action)));
        }
        Some(())
    }
}

/// What stands for a name that the database chooses.
const NO_NAME: &str = "None";

/// Whether all that the model knows of a constraint is all that there is.
fn demand_plain(constraint: &Constraint<'_>) -> Option<()> {
    (constraint.sure && constraint.is_plain && constraint.validated == Some(true)).then_some(())
}

/// `True` or `False`.
pub(super) const fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
