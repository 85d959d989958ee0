//! What the other revisions of a script directory tell about a team's habits. Judges no revision.

use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{BoundName, Environment, Revision};
use crate::config::{Settings, SqlmodelImport};
use crate::operation::{Change, Column, ConstraintKind, Name, TableName, last_part, only_not_null};
use crate::project::Project;
use crate::source::Role;

/// Facts about one script directory, computed once for all its revisions.
#[derive(Debug, Clone, Default)]
pub struct Siblings<'a> {
    /// Whether the project uses SQLModel: by its dependencies, `env.py`, the template or a revision.
    pub uses_sqlmodel: bool,
    /// Whether autogenerate writes the lines that make and drop enum types: with `alembic-postgresql-enum`.
    pub manages_enum_types: bool,
    /// How many revisions have the markers of autogenerate.
    pub with_markers: usize,
    /// How many revisions that do something have no markers.
    pub without_markers: usize,
    /// How many revisions have a `downgrade`.
    pub with_downgrade: usize,
    /// How many revisions have an `upgrade` only.
    pub without_downgrade: usize,
    /// The message of each revision by its identifier.
    pub messages: FxHashMap<&'a str, &'a str>,
    /// How `env.py` runs them.
    pub environment: Environment,
    /// Tables that were made with `PARTITION BY`.
    pub partitioned: FxHashSet<&'a TableName>,
    /// Tables that `TimescaleDB`'s `create_hypertable` took, by name without schema.
    pub hypertables: FxHashSet<Box<str>>,
    /// Checks that demand nothing but that a column is not NULL: table, name and column.
    pub not_null_checks: FxHashSet<(&'a TableName, &'a Name, Box<str>)>,
    /// Columns that revisions only ever define as computed, by `GENERATED ALWAYS AS` or `sa.Computed`, each with whether SQL does.
    pub computed: FxHashMap<(&'a TableName, &'a Name), (&'a Column, bool)>,
    /// Modules of the project that revisions import, those of the script directory left out.
    pub app_modules: FxHashSet<&'a str>,
}

impl<'a> Siblings<'a> {
    /// The facts of each script directory of `project`, in its order. `revisions` are what was read from
    /// [`Project::files`].
    pub fn of_project(project: &'a Project, revisions: &'a [Option<Revision>]) -> Vec<Self> {
        let mut all: Vec<Self> = project
            .directories
            .iter()
            .map(|directory| Self {
                uses_sqlmodel: directory.dependencies.iter().any(|name| &**name == "sqlmodel"),
                manages_enum_types: directory
                    .dependencies
                    .iter()
                    .any(|name| &**name == "alembic-postgresql-enum"),
                environment: Environment {
                    has_lock_timeout: directory.sets_lock_timeout,
                    ..Environment::default()
                },
                ..Self::default()
            })
            .collect();
        for (index, file) in project.files.iter().enumerate() {
            let Some(facts) = all.get_mut(file.directory) else { continue };
            match &file.role {
                Role::Revision => {
                    if let Some(revision) = revisions.get(index).and_then(Option::as_ref) {
                        facts.count(revision);
                    }
                }
                Role::Template | Role::Environment => {
                    if file.role == Role::Environment {
                        let of_modules = facts.environment;
                        facts.environment = Environment::of(file.text());
                        facts.environment.add(of_modules);
                    }
                    facts.uses_sqlmodel |= imports(file.text(), "sqlmodel");
                    facts.manages_enum_types |= imports(file.text(), "alembic_postgresql_enum");
                }
                Role::Module(name) => {
                    let home = project.directories.get(file.directory).map_or("", |home| &*home.path);
                    if !is_below(&file.path, home) {
                        facts.app_modules.insert(name);
                    }
                    facts.environment.add_module(file.text());
                }
                Role::Deleted | Role::Lock => {}
            }
        }
        for (facts, directory) in all.iter_mut().zip(0..) {
            let is_here =
                |index: usize| project.files.get(index).is_some_and(|file| file.directory == directory);
            if !facts.computed.is_empty() {
                let here = revisions.iter().enumerate().filter(|(index, _)| is_here(*index));
                facts.forget_plain_columns(here.filter_map(|(_, revision)| revision.as_ref()));
            }
        }
        all
    }

    /// Leaves out of the computed columns those that a revision also defines as columns with rows of their own.
    fn forget_plain_columns(&mut self, revisions: impl Iterator<Item = &'a Revision>) {
        for (table, column, _) in revisions.flat_map(defined_columns) {
            if !is_computed(column) {
                self.computed.remove(&(table, &column.name));
            }
        }
    }

    /// Whether the server refuses to build or drop an index of a table concurrently.
    pub fn refuses_concurrent_index(&self, table: &TableName) -> bool {
        self.partitioned.contains(table)
            || table.name.known().is_some_and(|name| self.hypertables.contains(name))
    }

    /// Whether every revision must import sqlmodel.
    pub fn must_import_sqlmodel(&self, settings: &Settings) -> bool {
        match settings.sqlmodel_import {
            Some(policy) => policy == SqlmodelImport::Always,
            None => self.uses_sqlmodel,
        }
    }

    fn count(&mut self, revision: &'a Revision) {
        self.uses_sqlmodel |= touches_sqlmodel(revision);
        if revision.has_autogenerate_markers {
            self.with_markers += 1;
        } else if revision.upgrade.as_ref().is_some_and(|body| !body.operations.is_empty()) {
            self.without_markers += 1;
        }
        if revision.downgrade.is_some() {
            self.with_downgrade += 1;
        } else if revision.upgrade.is_some() {
            self.without_downgrade += 1;
        }
        for (table, column, is_sql) in defined_columns(revision) {
            if is_computed(column) {
                self.computed.insert((table, &column.name), (column, is_sql));
            }
        }
        for operation in revision.upgrade.iter().flat_map(|body| &body.operations) {
            match &operation.change {
                Change::CreateTable(create)
                    if create.options.iter().any(|(key, _)| &**key == "postgresql_partition_by") =>
                {
                    self.partitioned.insert(&create.table);
                }
                Change::Execute(_) => {
                    self.hypertables.extend(operation.sql().and_then(hypertable).map(Box::from));
                }
                Change::CreateConstraint(create) if create.constraint.kind == ConstraintKind::Check => {
                    let condition = create.constraint.condition();
                    let column = condition.as_deref().and_then(only_not_null).map(Box::from);
                    let named = column.map(|column| (&create.table, &create.constraint.name, column));
                    self.not_null_checks.extend(named);
                }
                _ => {}
            }
        }
        if let (Some(id), Some(message)) = (revision.id(), revision.message()) {
            self.messages.insert(id, message);
        }
    }
}

/// The columns that `upgrade` makes, with their table and whether SQL defines them.
fn defined_columns(revision: &Revision) -> impl Iterator<Item = (&TableName, &Column, bool)> {
    let operations = revision.upgrade.iter().flat_map(|body| &body.operations);
    operations.flat_map(|operation| {
        let (table, columns) = match &operation.change {
            Change::CreateTable(create) => (Some(&create.table), create.columns.as_slice()),
            Change::AddColumn(add) => (Some(&add.table), std::slice::from_ref(&add.column)),
            _ => (None, &[][..]),
        };
        let is_sql = operation.is_raw_sql();
        table.into_iter().flat_map(move |table| columns.iter().map(move |column| (table, column, is_sql)))
    })
}

fn is_computed(column: &Column) -> bool {
    column.items.iter().any(|item| item.path().is_some_and(|path| last_part(path) == "Computed"))
}

/// The table that a call of `create_hypertable` names.
fn hypertable(sql: &str) -> Option<&str> {
    let at = memmem::find(sql.as_bytes(), b"create_hypertable")?;
    let argument = sql.get(at..)?.split('\'').nth(1)?;
    Some(argument.rsplit('.').next()?.trim_matches('"'))
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn touches_sqlmodel(revision: &Revision) -> bool {
    let names = &revision.names;
    let is_sqlmodel = |path: &str| path.split('.').next() == Some("sqlmodel");
    names.undefined.iter().any(|name| &*name.name == "sqlmodel")
        || names.imports.iter().flat_map(|import| &import.bound).any(|bound| match bound {
            BoundName::Module { path } | BoundName::Alias { path, .. } => is_sqlmodel(path),
        })
}

fn imports(text: &str, module: &str) -> bool {
    memmem::find(text.as_bytes(), module.as_bytes()).is_some()
        && text.lines().any(|line| {
            let mut words = line.split_whitespace();
            matches!(words.next(), Some("import" | "from"))
                && words.next().and_then(|path| path.split(['.', ',', ';', '#']).next()) == Some(module)
        })
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn sqlmodel_is_found_by_its_import() {
        assert!(imports("from alembic import op\nimport sqlmodel\n", "sqlmodel"));
        assert!(imports("    from sqlmodel.sql import sqltypes\n", "sqlmodel"));
        assert!(!imports("import sqlmodel_utils\n# import sqlmodel\n", "sqlmodel"));
    }
}
