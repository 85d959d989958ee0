//! `schema --output-format sql`: definitions of the dialect. What is not known stands in comments.

use std::fmt::Write;

use super::schema::{Shown, dialect_name};
use super::schema_default::default_sql;
use crate::history::schema::{
    Column, Constraint, Index, IndexColumn, Kind, Listed, Schema, Table, TableKey, Text, sql_name,
};
use crate::operation::{Argument, ConstraintKind, Dialect, sql_identifier};

/// The schemas as statements.
pub fn render(shown: &[Shown<'_>]) -> String {
    let mut out = String::new();
    for shown in shown {
        let schema = shown.replay.schema();
        let revisions =
            if shown.revisions.is_empty() { "base".to_owned() } else { shown.revisions.join(", ") };
        comment(
            &mut out,
            &format!("{}: {revisions} ({})", shown.directory.path, dialect_name(shown.dialect)),
        );
        if !shown.is_complete() {
            comment(&mut out, "There may be more than what follows.");
        }
        let sql = Sql { dialect: shown.dialect };
        sql.before_tables(&mut out, schema);
        let tables: Vec<Listed<'_>> = schema.tables().filter(|listed| !listed.table.temporary).collect();
        for listed in &tables {
            sql.table(&mut out, *listed);
        }
        for listed in &tables {
            sql.foreign_keys(&mut out, listed.table);
        }
        for (name, _, _) in schema.objects(Kind::View) {
            comment(&mut out, &format!("View {name} is there; its definition is not kept."));
        }
    }
    out
}

fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        out.push_str("-- ");
        out.push_str(line);
        out.push('\n');
    }
}

struct Sql {
    dialect: Dialect,
}

impl Sql {
    fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }

    fn name(&self, name: &str) -> String {
        sql_identifier(name, self.dialect)
    }

    fn table_name(&self, key: &TableKey<'_>) -> String {
        match &key.schema {
            Some(schema) => format!("{}.{}", self.name(schema), self.name(&key.name)),
            None => self.name(&key.name),
        }
    }

    fn names(&self, names: &[Text<'_>]) -> String {
        names.iter().map(|name| self.name(name)).collect::<Vec<_>>().join(", ")
    }

    fn text(&self, text: &str) -> String {
        let text = if self.is_mysql() { text.replace('\\', "\\\\") } else { text.to_owned() };
        format!("'{}'", text.replace('\'', "''"))
    }

    fn before_tables(&self, out: &mut String, schema: Schema<'_>) {
        for (name, _, sure) in schema.objects(Kind::Schema) {
            self.statement(out, sure, &format!("CREATE SCHEMA {}", self.name(name)));
        }
        for (name, object, sure) in schema.objects(Kind::Type) {
            match &object.labels {
                Some(labels) => {
                    let labels: Vec<_> = labels.iter().map(|label| self.text(label)).collect();
                    let name = self.name(name);
                    self.statement(out, sure, &format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", ")));
                }
                None => comment(out, &format!("Type {name} is there; what it is made of is not known.")),
            }
        }
        for (name, _, sure) in schema.objects(Kind::Sequence) {
            self.statement(out, sure, &format!("CREATE SEQUENCE {}", self.name(name)));
        }
    }

    /// A statement, or a comment where it may not be so.
    #[expect(clippy::unused_self, reason = "statements end alike in all dialects today, and read alike here")]
    fn statement(&self, out: &mut String, sure: bool, text: &str) {
        if sure {
            out.push_str(text);
            out.push_str(";\n");
        } else {
            comment(out, &format!("perhaps: {text};"));
        }
    }

    fn table(&self, out: &mut String, listed: Listed<'_>) {
        let table = listed.table;
        let sure = table.sure && !listed.is_doubted;
        out.push('\n');
        if !listed.is_complete() {
            comment(out, &format!("Table {} may have more than this, or other things.", table.key));
        }
        let mut items: Vec<(bool, String)> =
            table.columns.iter().map(|column| (column.sure, self.column(column))).collect();
        for constraint in &table.constraints {
            // Tables may refer to each other in a circle; SQLite takes no keys afterwards.
            if constraint.kind != ConstraintKind::ForeignKey || self.dialect == Dialect::Sqlite {
                items.push((constraint.sure, self.constraint(constraint)));
            }
        }
        let last = items.iter().rposition(|(sure, _)| *sure);
        let mut text = format!("CREATE TABLE {} (\n", self.table_name(&table.key));
        for (at, (sure, item)) in items.iter().enumerate() {
            let comma = if Some(at) < last { "," } else { "" };
            let item = item.replace('\n', " ");
            let line =
                if *sure { format!("    {item}{comma}\n") } else { format!("    -- perhaps: {item}\n") };
            text += &line;
        }
        text.push(')');
        // A table of which no part is sure cannot be written down.
        self.statement(out, sure && last.is_some(), &text);
        let has =
            |column: &IndexColumn<'_>| column.column().is_none_or(|name| table.column(name).yes().is_some());
        for index in &table.indexes {
            let text = self.index(index, &table.key);
            let is_known = index.columns.as_ref().is_some_and(|columns| columns.iter().all(has));
            self.statement(out, sure && index.sure && is_known && !text.contains('?'), &text);
        }
        self.comments(out, table, sure);
    }

    fn column(&self, column: &Column<'_>) -> String {
        let type_ = column.type_.and_then(|type_| sql_name(type_, self.dialect));
        let mut text =
            format!("{} {}", self.name(&column.name), type_.as_deref().unwrap_or("/* type not known */"));
        if column.identity == Some(true) {
            text.push_str(if self.is_mysql() {
                " AUTO_INCREMENT"
            } else {
                " GENERATED BY DEFAULT AS IDENTITY"
            });
        }
        match column.server_default {
            None | Some(None) => {}
            Some(Some(default)) => match default_sql(default, self.dialect) {
                Some(sql) => {
                    let _ = write!(text, " DEFAULT {sql}");
                }
                None => text.push_str(" /* a default that is not known */"),
            },
        }
        match column.nullable {
            Some(false) => text.push_str(" NOT NULL"),
            Some(true) => {}
            None => text.push_str(" /* NULL or NOT NULL is not known */"),
        }
        if column.computed == Some(true) {
            text.push_str(" /* computed */");
        }
        if self.is_mysql()
            && let Some(Some(comment)) = &column.comment
        {
            let _ = write!(text, " COMMENT {}", self.text(comment));
        }
        text
    }

    fn constraint(&self, constraint: &Constraint<'_>) -> String {
        let name = match constraint.name.known() {
            Some(name) if constraint.kind != ConstraintKind::PrimaryKey || !self.is_mysql() => {
                format!("CONSTRAINT {} ", self.name(name))
            }
            _ => String::new(),
        };
        let columns = match &constraint.columns {
            Some(columns) => self.names(columns),
            None => "/* columns not known */".to_owned(),
        };
        match constraint.kind {
            ConstraintKind::PrimaryKey => format!("{name}PRIMARY KEY ({columns})"),
            ConstraintKind::Unique => format!("{name}UNIQUE ({columns})"),
            ConstraintKind::Check => {
                let condition = constraint.condition.as_deref().unwrap_or("/* condition not known */ true");
                format!("{name}CHECK ({condition})")
            }
            ConstraintKind::Exclude => format!("/* {name}EXCLUDE ({columns}) */ CHECK (true)"),
            ConstraintKind::ForeignKey => {
                let referent = constraint.referent.as_ref().map(|table| self.table_name(table));
                let to = constraint.referent_columns.as_deref().map(|to| format!(" ({})", self.names(to)));
                let action = constraint.ondelete.as_ref().and_then(|action| action.as_deref());
                let action = action.map_or_else(String::new, |action| format!(" ON DELETE {action}"));
                format!(
                    "{name}FOREIGN KEY ({columns}) REFERENCES {}{}{action}",
                    referent.as_deref().unwrap_or("/* table not known */"),
                    to.unwrap_or_default()
                )
            }
        }
    }

    fn foreign_keys(&self, out: &mut String, table: &Table<'_>) {
        if self.dialect == Dialect::Sqlite {
            return;
        }
        let keys =
            table.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
        for key in keys {
            let text = format!("ALTER TABLE {} ADD {}", self.table_name(&table.key), self.constraint(key));
            self.statement(
                out,
                key.sure && table.sure && key.columns.is_some() && key.referent.is_some(),
                &text,
            );
        }
    }

    fn index(&self, index: &Index<'_>, table: &TableKey<'_>) -> String {
        let unique = if index.unique == Some(true) { "UNIQUE " } else { "" };
        let columns = index.columns.iter().flatten().map(|column| match column {
            IndexColumn::Column(name) => self.name(name),
            IndexColumn::Expression(Some(text)) => expression(text),
            IndexColumn::Expression(None) => "?".to_owned(),
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        let name = index.name.known().map_or_else(|| "?".to_owned(), |name| self.name(name));
        let table = self.table_name(table);
        let using = index.method.map_or_else(String::new, |method| format!(" USING {method}"));
        let (before, after) = match self.dialect {
            Dialect::Postgresql => (using, String::new()),
            Dialect::Mysql | Dialect::Mariadb => (String::new(), using),
            Dialect::Sqlite => (String::new(), String::new()),
        };
        let condition = match index.condition {
            None => String::new(),
            Some(Argument::Call(call)) => call
                .args
                .first()
                .and_then(Argument::as_str)
                .map_or(" WHERE ?".to_owned(), |text| format!(" WHERE {text}")),
            Some(condition) => {
                condition.as_str().map_or(" WHERE ?".to_owned(), |text| format!(" WHERE {text}"))
            }
        };
        format!("CREATE {unique}INDEX {name} ON {table}{before} ({columns}){after}{condition}")
    }

    fn comments(&self, out: &mut String, table: &Table<'_>, sure: bool) {
        if self.dialect != Dialect::Postgresql {
            return;
        }
        let name = self.table_name(&table.key);
        if let Some(Some(text)) = &table.comment {
            self.statement(out, sure, &format!("COMMENT ON TABLE {name} IS {}", self.text(text)));
        }
        for column in &table.columns {
            if let Some(Some(text)) = &column.comment {
                let column_name = self.name(&column.name);
                let text = format!("COMMENT ON COLUMN {name}.{column_name} IS {}", self.text(text));
                self.statement(out, sure && column.sure, &text);
            }
        }
    }
}

/// An expression in brackets, its order outside.
fn expression(text: &str) -> String {
    let mut end = text.len();
    for order in ["nulls first", "nulls last", "asc", "desc"] {
        let before = text.get(..end).unwrap_or_default().trim_end();
        if before.to_ascii_lowercase().ends_with(order) {
            end = before.len() - order.len();
        }
    }
    let (expression, order) = text.split_at_checked(end).unwrap_or((text, ""));
    format!("({}) {order}", expression.trim()).trim_end().to_owned()
}
