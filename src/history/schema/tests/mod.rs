//! Revisions as source text -> the schema as text, through the real reader.

mod names;
mod proved;
mod round_trip;
mod tables;
mod unknown;

use std::fmt::Write;
use std::path::PathBuf;

use super::model::{Column, Constraint, Index, IndexColumn, ObjectName, Table};
use super::{Kind, Listed, Replay, Schema, sql_name};
use crate::config::Settings;
use crate::history::graph::Graph;
use crate::operation::{ConstraintKind, Dialect};
use crate::project::NamingConvention;
use crate::project::{Project, ScriptDirectory};
use crate::python::{Modules, read_revision};
use crate::revision::{Revision, RevisionContext, Siblings};
use crate::source::{Applied, Encoding, FileId, Role, SourceFile};

/// A history under construction: each revision follows the one before.
pub(super) struct History {
    dialect: Dialect,
    project: Project,
    first_parent: &'static str,
}

impl History {
    pub(super) fn on(dialect: Dialect) -> Self {
        let project = Project { directories: vec![ScriptDirectory::default()], ..Project::default() };
        Self { dialect, project, first_parent: "None" }
    }

    /// With a naming convention of the project's metadata.
    pub(super) fn named_by(mut self, templates: &[(&str, &str)]) -> Self {
        let templates = templates.iter().map(|(kind, template)| ((*kind).into(), (*template).into()));
        self.project.directories[0].naming_convention = NamingConvention::Known(templates.collect());
        self
    }

    /// One that goes on from a revision that is not there.
    pub(super) fn torn(mut self) -> Self {
        self.first_parent = "'gone'";
        self
    }

    pub(super) fn then(self, upgrade: &str) -> Self {
        self.revision(upgrade, "pass")
    }

    pub(super) fn revision(mut self, upgrade: &str, downgrade: &str) -> Self {
        let at = self.project.files.len();
        let parent = match at {
            0 => self.first_parent.to_owned(),
            _ => format!("'r{}'", at - 1),
        };
        let indented = |body: &str| body.trim().replace('\n', "\n    ");
        let text = format!(
            "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import mysql, postgresql\n\
             revision = 'r{at}'\ndown_revision = {parent}\n\ndef upgrade():\n    {}\n\ndef downgrade():\n    {}\n",
            indented(upgrade),
            indented(downgrade)
        );
        let path = format!("versions/r{at}.py");
        self.project.files.push(SourceFile {
            path: path.as_str().into(),
            location: PathBuf::from(path),
            directory: 0,
            role: Role::Revision,
            text: Ok(text.into()),
            encoding: Encoding::Utf8,
            selected: true,
            applied: Applied::No,
        });
        self
    }

    pub(super) fn read(&self) -> Vec<Option<Revision>> {
        let modules = Modules::default();
        self.project.files.iter().map(|file| Some(read_revision(file, &modules, self.dialect))).collect()
    }

    /// Gives the replay and the revisions to `look`.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Replay<'_>, &[Option<Revision>]) -> R) -> R {
        let revisions = self.read();
        let graphs = Graph::of_project(&self.project, &revisions);
        let replay = Replay::of_all(
            &graphs[0],
            &revisions,
            self.dialect,
            &self.project.directories[0].naming_convention,
            |_| true,
        );
        look(&replay, &revisions)
    }

    /// The schema at the end.
    #[track_caller]
    pub(super) fn shows(&self, expected: &str) {
        let shown = self.look(|replay, _| show(replay.schema()));
        let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
        let shown: Vec<&str> = shown.trim().lines().map(str::trim).collect();
        assert_eq!(shown.join("\n"), expected.join("\n"), "\n{}", shown.join("\n"));
    }

    /// What the downgrade of the last revision leaves otherwise.
    #[track_caller]
    pub(super) fn differs(&self, expected: &[&str]) {
        let shown = self.step(|step| {
            step.downgrade_difference().iter().map(|difference| format!("{difference:?}")).collect::<Vec<_>>()
        });
        let shown: Vec<String> = shown.iter().map(|text| plain(text)).collect();
        assert_eq!(shown, expected);
    }

    /// The step of the last revision.
    pub(super) fn step<R>(&self, look: impl FnOnce(&super::Step<'_>) -> R) -> R {
        self.look(|replay, revisions| {
            let id = FileId(u32::try_from(self.project.files.len() - 1).unwrap());
            let settings = Settings::default();
            let siblings = Siblings::default();
            let context = RevisionContext {
                id,
                file: self.project.file(id).unwrap(),
                revision: revisions[id.0 as usize].as_ref().unwrap(),
                directory: &self.project.directories[0],
                siblings: &siblings,
                settings: &settings,
                dialect: self.dialect,
                server: crate::operation::Server::oldest_supported(self.dialect),
            };
            look(&super::Step::new(context, replay).unwrap())
        })
    }
}

/// `Left(Column(TableKey { schema: None, name: "t" }, "c"))` as `Left Column t c`.
fn plain(text: &str) -> String {
    let text = text.replace("TableKey { schema: None, name: ", "").replace(" }", "");
    let text = text.replace(['(', ')', '{', '}', '"', ',', ':'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn show(schema: Schema<'_>) -> String {
    let mut out = String::new();
    for Listed { table, is_doubted } in schema.tables() {
        let marks = [
            (is_doubted, " doubted"),
            (!table.sure, " perhaps"),
            (table.open.columns, " +columns"),
            (table.open.indexes, " +indexes"),
            (table.open.constraints, " +constraints"),
        ];
        let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, mark)| *mark).collect();
        writeln!(out, "table {}{marks}", table.key).unwrap();
        write_parts(&mut out, table, schema.dialect());
    }
    let kinds =
        [(Kind::Type, "type"), (Kind::Sequence, "sequence"), (Kind::View, "view"), (Kind::Schema, "schema")];
    for (kind, word) in kinds {
        for (name, object, sure) in schema.objects(kind) {
            let labels =
                object.labels.as_ref().map_or(String::new(), |labels| format!(" ({})", labels.join(", ")));
            writeln!(out, "{word} {name}{labels}{}", if sure { "" } else { " perhaps" }).unwrap();
        }
    }
    if !schema.is_closed() {
        out.push_str("open\n");
    }
    out
}

fn write_parts(out: &mut String, table: &Table<'_>, dialect: Dialect) {
    for part in &table.columns {
        writeln!(out, "  {}{}", column(part, dialect), if part.sure { "" } else { " perhaps" }).unwrap();
    }
    for part in &table.constraints {
        writeln!(out, "  {}{}", constraint(part), if part.sure { "" } else { " perhaps" }).unwrap();
    }
    for part in &table.indexes {
        writeln!(out, "  {}{}", index(part), if part.sure { "" } else { " perhaps" }).unwrap();
    }
}

fn column(column: &Column<'_>, dialect: Dialect) -> String {
    let type_ = column.type_.and_then(|type_| sql_name(type_, dialect)).unwrap_or_else(|| "?".to_owned());
    let null = match column.nullable {
        Some(true) => "",
        Some(false) => " not null",
        None => " null?",
    };
    let default = match column.server_default {
        Some(None) => "",
        Some(Some(_)) => " default",
        None => " default?",
    };
    let identity = if column.identity == Some(true) { " identity" } else { "" };
    let computed = if column.computed == Some(true) { " computed" } else { "" };
    format!("{} {type_}{null}{default}{identity}{computed}", column.name)
}

fn name(name: &ObjectName<'_>) -> String {
    match name {
        ObjectName::Given(name) => name.to_string(),
        ObjectName::Derived(name) => format!("~{name}"),
        ObjectName::None => "-".to_owned(),
        ObjectName::Unknown => "?".to_owned(),
    }
}

fn names(names: Option<&Vec<super::Text<'_>>>) -> String {
    names.map_or_else(|| "?".to_owned(), |names| names.join(", "))
}

fn constraint(constraint: &Constraint<'_>) -> String {
    let kind = match constraint.kind {
        ConstraintKind::ForeignKey => "fk",
        ConstraintKind::Unique => "unique",
        ConstraintKind::Check => "check",
        ConstraintKind::PrimaryKey => "pk",
        ConstraintKind::Exclude => "exclude",
    };
    let columns = names(constraint.columns.as_ref());
    let referent = constraint.referent.as_ref().map_or(String::new(), |table| {
        format!(" -> {table} ({})", names(constraint.referent_columns.as_ref()))
    });
    format!("{kind} {} ({columns}){referent}", name(&constraint.name))
}

fn index(index: &Index<'_>) -> String {
    let unique = if index.unique == Some(true) { "unique " } else { "" };
    let columns = index.columns.as_ref().map_or("?".to_owned(), |columns| {
        columns.iter().map(|column| IndexColumn::column(column).unwrap_or("*")).collect::<Vec<_>>().join(", ")
    });
    format!("{unique}index {} ({columns})", name(&index.name))
}
