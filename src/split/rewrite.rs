//! What a statement becomes in each step. Chooses no step for what it leaves as it is.

use std::borrow::Cow;

use super::plan::Unit;
use super::stage::{Stage, is_new_column};
use crate::diagnostic::Edit;
use crate::fix::{CallText, Writer};
use crate::history::schema::{Constraint, Known, Moment, Step, TableKey};
use crate::operation::{
    AddColumn, AlterColumn, Argument, Attribute, Change, ConstraintKind, CreateConstraint, DropColumn, Name,
    Operation, ServerDefault, TableName,
};
use crate::project::NamingConvention;
use crate::revision::Created;
use crate::server::{Filling, Work, is_not_null};
use crate::source::Span;

/// A statement of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) stage: Stage,
    /// The place of its unit in the function: pieces of a step keep this order.
    pub(super) at: usize,
    /// The batch it stands in.
    pub(super) header: Option<Span>,
    pub(super) code: Code,
}

/// What a piece is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// The statement of the unit with these edits.
    Own(Vec<Edit>),
    /// A directive, without indentation.
    New(String),
    /// A statement outside of a batch.
    Statement(String),
    /// A step that is left to the author, as lines of a comment.
    Step(Vec<String>),
    /// An index that is built in an `autocommit_block`.
    Concurrently {
        /// What `op` is called in the file.
        op: String,
        /// The arguments without what makes it concurrent.
        arguments: String,
    },
    /// A look at all rows, before anything of its step locks a table.
    Validation(String),
}

/// Writes the pieces of an upgrade.
pub(super) struct Rewriter<'t, 'a> {
    pub(super) step: &'t Step<'a>,
    pub(super) text: &'t str,
    pub(super) writer: Writer<'t>,
    /// Tables in which the author changes rows.
    pub(super) filled: Vec<TableName>,
}

/// How long lines of a comment get, without indentation and `#`.
const COMMENT_WIDTH: usize = 80;

/// A call in the words of its author.
struct Words<'a> {
    /// `op.` or `batch_op.`
    callee: &'a str,
    /// `'user', `; empty in batch mode.
    table: String,
    /// `, schema='app'` or nothing.
    schema: String,
}

impl<'t> Rewriter<'t, '_> {
    /// The pieces of a unit that holds one call, where it takes more than one step; `None` where it stays as it is.
    pub(super) fn pieces(
        &mut self,
        unit: &Unit<'_>,
        at: usize,
        moment: &Moment<'_>,
        created: &Created,
    ) -> Option<Vec<Piece>> {
        let operation = unit.only_call()?;
        if operation.change.table().is_some_and(|table| created.may_have_table(table)) {
            return None;
        }
        let header = unit.item.header;
        let made = match &operation.change {
            Change::AddColumn(add) => self.add_column(add, operation)?,
            Change::AlterColumn(alter) => self.forbid_null(alter, operation, moment)?,
            Change::DropColumn(drop) => {
                let loosened = self.allow_null(drop, operation, moment)?;
                let stages = [(Stage::Expand, Code::New(loosened)), (unit.stage, Code::Own(Vec::new()))];
                return Some(stages.map(|(stage, code)| Piece { stage, at, header, code }).into());
            }
            Change::CreateConstraint(create) => {
                let is_new = |column: &Name| is_new_column(self.step, moment, &create.table, column);
                let is_new = create.constraint.columns.iter().flatten().all(is_new);
                let is_early = is_new && unit.floor <= Stage::ExpandConcurrently;
                let stage = if is_early { Stage::ExpandConcurrently } else { Stage::ContractConcurrently };
                self.unique(create, operation, stage)?
            }
            _ => return None,
        };
        // What comes before must stay before.
        if made.iter().any(|(stage, _)| *stage < unit.floor) {
            return None;
        }
        let in_batch = |code: &Code| matches!(code, Code::New(_) | Code::Own(_));
        let pieces = made.into_iter().map(|(stage, code)| {
            let header = header.filter(|_| in_batch(&code));
            Piece { stage, at, header, code }
        });
        Some(pieces.collect())
    }

    /// A column without a value for the rows that are there, or with another one for each of them.
    fn add_column(&mut self, add: &AddColumn, operation: &Operation) -> Option<Vec<(Stage, Code)>> {
        let server = self.step.context.server;
        let call = CallText::new(self.text, operation.span)?;
        let column = call.inner_calls().into_iter().find(|inner| inner.callee().ends_with("Column"))?;
        let filling = Filling::of(&add.column, false, server);
        let is_strict = add.column.nullable == Some(false) && !add.column.primary_key;
        let is_rewritten = server.is_postgresql()
            && matches!(filling, Filling::Default(_))
            && filling.postgresql_work(server) == Work::Rewrite;
        let is_empty = filling == Filling::Null && is_strict;
        if !is_empty && !is_rewritten {
            return None;
        }
        let words = self.words(operation)?;
        let name = column.take_argument(0, "name")?.0.to_owned();
        let type_ = column.take_argument(1, "type_").map(|(type_, _)| type_.to_owned());
        let existing = type_.map(|type_| format!(", existing_type={type_}")).unwrap_or_default();
        let mut edits = Vec::new();
        let mut made = Vec::new();
        if is_strict {
            edits.push(column.replace_keyword("nullable", "nullable=True")?);
        }
        if is_rewritten {
            let (default, edit) = column.take_argument(usize::MAX, "server_default")?;
            edits.push(edit);
            made.push((
                Stage::Expand,
                Code::New(words.call("alter_column", &format!("{name}, server_default={default}{existing}"))),
            ));
        }
        made.insert(0, (Stage::Expand, Code::Own(edits)));
        let shown = add.table.quoted_column(&add.column.name);
        if !self.is_filled(&add.table) {
            let why = match (is_strict, is_rewritten) {
                (true, _) => "the next revision forbids NULL",
                _ => "new rows have the default already",
            };
            made.push((Stage::Backfill, self.filling(&add.table, &add.column.name, &shown, why)));
        }
        if is_strict {
            let forbid = words.call("alter_column", &format!("{name}{existing}, nullable=False"));
            made.extend(self.guarded(&add.table, &add.column.name, &words, Code::New(forbid)));
        }
        Some(made)
    }

    fn forbid_null(
        &mut self,
        alter: &AlterColumn,
        operation: &Operation,
        moment: &Moment<'_>,
    ) -> Option<Vec<(Stage, Code)>> {
        let server = self.step.context.server;
        let forbids = alter.nullable == Attribute::Set(false) && alter.existing_nullable != Some(false);
        let is_known = moment
            .schema
            .table(&alter.table)
            .yes()
            .zip(alter.column.known())
            .is_some_and(|(table, column)| is_not_null(table, column, server));
        if !forbids || is_known || alter.new_name != Name::None {
            return None;
        }
        let words = self.words(operation)?;
        let shown = alter.table.quoted_column(&alter.column);
        let mut made = Vec::new();
        if !self.is_filled(&alter.table) {
            let why = "the next revision forbids NULL";
            made.push((Stage::Backfill, self.filling(&alter.table, &alter.column, &shown, why)));
        }
        made.extend(self.guarded(&alter.table, &alter.column, &words, Code::Own(Vec::new())));
        Some(made)
    }

    /// `SET NOT NULL` behind a check that has looked at all rows while others went on: from PostgreSQL 12 on it looks at none
    /// itself then (postgresql.org/docs/12/release-12.html).
    fn guarded(
        &mut self,
        table: &TableName,
        column: &Name,
        words: &Words<'_>,
        forbid: Code,
    ) -> Vec<(Stage, Code)> {
        let guarded = || {
            let (known_table, known_column) = (table.name.known()?, column.known()?);
            let name = shortened(&format!("{known_table}_{known_column}_not_null"));
            let sql = format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", quoted_table(table)?, quoted(&name));
            Some((name, format!("{} IS NOT NULL", quoted(known_column)), sql))
        };
        let can_guard = self.step.context.server.is_postgresql_from(12);
        let Some((name, condition, validate)) = guarded().filter(|_| can_guard) else {
            return vec![(Stage::Contract, forbid)];
        };
        let (Some(op), Some(written)) = (self.writer.path("alembic.op"), self.name(&name)) else {
            return vec![(Stage::Contract, forbid)];
        };
        let create = words.in_order(
            "create_check_constraint",
            &written,
            &format!("{}, postgresql_not_valid=True", self.writer.text(&condition)),
        );
        let drop =
            words.in_order("drop_constraint", &written, &format!("type_={}", self.writer.text("check")));
        vec![
            (Stage::Guard, Code::New(create)),
            (Stage::Contract, Code::Validation(format!("{op}.execute({})", self.writer.text(&validate)))),
            (Stage::Contract, forbid),
            (Stage::Contract, Code::New(drop)),
        ]
    }

    /// Code that does not know the column any more can make rows before it is gone.
    fn allow_null(
        &mut self,
        drop: &DropColumn,
        operation: &Operation,
        moment: &Moment<'_>,
    ) -> Option<String> {
        // As it was before the revision: this comes first.
        let table = self.step.before().table(&drop.table).yes()?;
        let column = table.column(drop.column.known()?).yes()?;
        moment.schema.table(&drop.table).yes()?.column(&column.name).yes().filter(|now| *now == column)?;
        let may_hold =
            |key: &Constraint<'_>| key.columns.as_ref().is_none_or(|columns| columns.contains(&column.name));
        let is_key = match table.primary_key() {
            Known::Yes(key) => may_hold(key),
            Known::No => false,
            Known::Unknown => true,
        };
        let is_needed = column.nullable == Some(false)
            && column.server_default == Some(None)
            && column.identity == Some(false)
            && column.computed == Some(false);
        if !is_needed || is_key || drop.if_exists {
            return None;
        }
        let words = self.words(operation)?;
        let type_ = self.writer.type_(column.type_?, self.step.context.dialect)?;
        let name = self.writer.text(&column.name);
        Some(words.call("alter_column", &format!("{name}, existing_type={type_}, nullable=True")))
    }

    /// The index of a unique constraint is built first, while others write.
    fn unique(
        &mut self,
        create: &CreateConstraint,
        operation: &Operation,
        stage: Stage,
    ) -> Option<Vec<(Stage, Code)>> {
        let constraint = &create.constraint;
        let is_plain = constraint.kind == ConstraintKind::Unique && constraint.options.is_empty();
        if !self.step.context.server.is_postgresql() || !is_plain {
            return None;
        }
        let call = CallText::new(self.text, operation.span)?;
        let words = self.words(operation)?;
        let name = constraint.name.known()?;
        let at = if operation.batch { 1 } else { 2 };
        let columns = call.take_argument(at, "columns")?.0;
        let table = self.writer.text(create.table.name.known()?);
        let op = self.writer.path("alembic.op")?;
        let written = self.name(name)?;
        let schema = match create.table.schema.known() {
            Some(schema) => format!(", schema={}", self.writer.text(schema)),
            None => words.schema.clone(),
        };
        let arguments = format!("{written}, {table}, {columns}, unique=True{schema}");
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
            quoted_table(&create.table)?,
            name = quoted(name)
        );
        let take = format!("{op}.execute({})", self.writer.text(&sql));
        Some(vec![(stage, Code::Concurrently { op, arguments }), (Stage::Contract, Code::Statement(take))])
    }

    /// What looks at all rows for constraints that were made without a look; each with the name of the constraint.
    pub(super) fn validations(&mut self) -> Vec<(String, Code)> {
        let mut found = Vec::new();
        for table in self.step.touched_tables() {
            for constraint in &table.constraints {
                let is_open = self.step.is_own(constraint.made) && self.stays_open(&table.key, constraint);
                let Some(name) = constraint.name.known().filter(|_| is_open) else { continue };
                let own = name.to_owned();
                let schema = table.key.schema.as_ref().map_or(Name::None, |schema| Name::new(schema));
                let table = TableName { schema, name: Name::new(&table.key.name) };
                let (Some(table), Some(op)) = (quoted_table(&table), self.writer.path("alembic.op")) else {
                    continue;
                };
                let sql = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {}", quoted(name));
                let code = format!("{op}.execute({})", self.writer.text(&sql));
                found.push((own, Code::Validation(code)));
            }
        }
        found
    }

    /// Whether nobody looks at all rows later.
    fn stays_open(&self, table: &TableKey<'_>, constraint: &Constraint<'_>) -> bool {
        let at_head = self.step.at_head().table_of(table).yes().zip(constraint.name.known());
        let is_settled = at_head.is_some_and(|(table, name)| match table.constraint(name, None) {
            Known::Yes(now) => now.validated == Some(true),
            Known::No => true,
            Known::Unknown => false,
        });
        constraint.validated == Some(false) && !is_settled
    }

    fn words(&self, operation: &Operation) -> Option<Words<'t>> {
        let call = CallText::new(self.text, operation.span)?;
        let callee = call.callee();
        let callee = callee.get(..=callee.rfind('.')?)?;
        if operation.batch {
            return Some(Words { callee, table: String::new(), schema: String::new() });
        }
        let (at, keyword) = match &operation.change {
            Change::CreateConstraint(_) => (1, "table_name"),
            _ => (0, "table_name"),
        };
        let table = format!("{}, ", call.take_argument(at, keyword)?.0);
        let schema = call.take_argument(usize::MAX, "schema").map(|(schema, _)| format!(", schema={schema}"));
        Some(Words { callee, table, schema: schema.unwrap_or_default() })
    }

    fn is_filled(&self, table: &TableName) -> bool {
        self.filled.iter().any(|filled| filled.is_same(table))
    }

    /// A name as it is in the database.
    fn name(&mut self, name: &str) -> Option<String> {
        let has_convention = self.step.context.directory.naming_convention != NamingConvention::None;
        self.writer.final_name(name, has_convention)
    }

    /// The step that fills a column.
    fn filling(&mut self, table: &TableName, column: &Name, shown: &str, why: &str) -> Code {
        let text = format!(
            "TODO: give {shown} a value in the rows that are there; {why}. Many rows are best filled in batches that are \
             committed one by one, outside of the revision; few of them here, such as:"
        );
        let mut lines: Vec<String> =
            textwrap::wrap(&text, COMMENT_WIDTH).into_iter().map(Cow::into_owned).collect();
        if let (Some(of), Some(column)) = (quoted_table(table), column.known().map(quoted)) {
            let sql = format!("UPDATE {of} SET {column} = .. WHERE {column} IS NULL");
            let op = self.writer.path("alembic.op").unwrap_or_else(|| "op".to_owned());
            lines.push(format!("    {op}.execute({})", self.writer.text(&sql)));
        }
        Code::Step(lines)
    }
}

impl Code {
    /// The words of what was written anew: names among them.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::New(text) | Self::Statement(text) | Self::Validation(text) => text,
            Self::Concurrently { op, .. } => op,
            Self::Own(_) | Self::Step(_) => "",
        };
        text.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
    }
}

impl Words<'_> {
    /// A call whose first arguments are the table and a column.
    fn call(&self, method: &str, arguments: &str) -> String {
        format!("{}{method}({}{arguments}{})", self.callee, self.table, self.schema)
    }

    /// A call whose first arguments are a name and the table.
    fn in_order(&self, method: &str, name: &str, arguments: &str) -> String {
        format!("{}{method}({name}, {}{arguments}{})", self.callee, self.table, self.schema)
    }
}

/// An edit of the downgrade that brings a column back which NULL is allowed in by then.
pub(super) fn brought_back_loosely(text: &str, operation: &Operation) -> Option<Vec<Edit>> {
    let call = CallText::new(text, operation.span)?;
    let column = call.inner_calls().into_iter().find(|inner| inner.callee().ends_with("Column"))?;
    Some(vec![column.replace_keyword("nullable", "nullable=True")?])
}

/// Whether a column comes back that takes no NULL and has no default.
pub(super) fn is_strict_column(change: &Change) -> bool {
    let Change::AddColumn(add) = change else { return false };
    let has_default =
        matches!(&add.column.server_default, ServerDefault::Value(value) if *value != Argument::None);
    add.column.nullable == Some(false) && !has_default
}

/// As PostgreSQL takes a name whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_table(table: &TableName) -> Option<String> {
    let name = quoted(table.name.known()?);
    Some(match table.schema.known() {
        Some(schema) => format!("{}.{name}", quoted(schema)),
        None => name,
    })
}

/// A name of at most 63 bytes, which PostgreSQL keeps.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 63;
    const END: &str = "_not_null";
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let hash = super::hash_of(name);
    let kept = LONGEST - END.len() - 9;
    let start: String =
        name.char_indices().take_while(|(at, char)| at + char.len_utf8() <= kept).map(|(_, c)| c).collect();
    format!("{start}_{}{END}", hash.get(..8).unwrap_or_default())
}
