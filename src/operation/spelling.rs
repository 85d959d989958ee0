//! How messages name an operation and its table. Says who acts and on what, not what happens.

use super::{Change, Name, Operation, Origin, TableName, TableStatement};

impl Operation {
    /// Who acts, as the subject of a message: "`op.drop_column`", "`batch_op.drop_column`", "this SQL".
    pub fn subject(&self) -> String {
        match &self.origin {
            Origin::Directive if self.batch => format!("`batch_op.{}`", self.change.directive()),
            Origin::Directive => format!("`op.{}`", self.change.directive()),
            Origin::RawSql { .. } => "this SQL".to_owned(),
            Origin::Core => "this statement".to_owned(),
            Origin::Object if self.change.is_destructive() => "this call of `drop`".to_owned(),
            Origin::Object => "this call of `create`".to_owned(),
        }
    }

    /// SQL about one table that no directive stands for.
    pub fn on_table(&self) -> Option<&TableStatement> {
        match &self.change {
            Change::Execute(execute) => match &execute.statement {
                super::Statement::OnTable(about) => Some(about),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the SQL that it was written as has these words in a row, in any case.
    pub fn says(&self, words: &str) -> bool {
        self.sql().is_some_and(|sql| holds_words(sql, words))
    }

    /// Whether it does the same when it is done twice, or goes on where it fails.
    pub fn is_repeatable(&self) -> bool {
        use super::Statement::{
            Comment, Delete, Select, Set, Transaction, Truncate, Update, ValidateConstraint,
        };
        // Within a transaction PostgreSQL refuses what follows, whether the error is caught or not.
        if self.autocommit && self.guarded {
            return true;
        }
        match &self.change {
            Change::CreateTable(create) => create.if_not_exists,
            Change::DropTable(drop) => drop.if_exists,
            Change::AddColumn(add) => add.if_not_exists,
            Change::DropColumn(drop) => drop.if_exists,
            Change::AlterColumn(alter) => alter.new_name == Name::None,
            Change::CreateIndex(create) => create.if_not_exists,
            Change::DropIndex(drop) => drop.if_exists,
            Change::DropConstraint(drop) => drop.if_exists,
            Change::CreateTableComment(_) | Change::DropTableComment(_) => true,
            Change::Execute(execute) => match &execute.statement {
                Select
                | Update { .. }
                | Delete { .. }
                | Truncate { .. }
                | Comment
                | Set { .. }
                | Transaction
                | ValidateConstraint { .. } => true,
                _ => ["if not exists", "if exists", "or replace"].iter().any(|words| self.says(words)),
            },
            Change::RenameTable(_)
            | Change::CreateConstraint(_)
            | Change::BulkInsert(_)
            | Change::Custom(_) => false,
        }
    }

    /// Whether the SQL that it was written as starts with this word, in any case.
    pub fn first_word(&self, word: &str) -> bool {
        self.sql()
            .and_then(|sql| sql.split_whitespace().next())
            .is_some_and(|first| first.eq_ignore_ascii_case(word))
    }

    /// Whether SQLite's batch mode copies the table for it (`alembic/operations/batch.py`, `_should_recreate`).
    pub fn is_copy_in_batch(&self) -> bool {
        self.batch
            && (self.recreate
                || !matches!(
                    self.change,
                    Change::AddColumn(_) | Change::CreateIndex(_) | Change::DropIndex(_)
                ))
    }

    /// The table whose rows or structure it changes, for statements as well.
    pub fn target(&self) -> Option<&TableName> {
        use super::Statement::{ConstraintUsingIndex, Delete, Insert, Truncate, Update, ValidateConstraint};
        match &self.change {
            Change::Execute(execute) => match &execute.statement {
                Insert { table }
                | Update { table, .. }
                | Delete { table, .. }
                | Truncate { table, .. }
                | ValidateConstraint { table, .. }
                | ConstraintUsingIndex { table, .. } => Some(table),
                _ => None,
            },
            change => change.table(),
        }
    }
}

impl Name {
    /// The name in backticks, or `otherwise` where it is not known.
    pub fn quoted_or(&self, otherwise: &str) -> String {
        self.known().map_or_else(|| otherwise.to_owned(), |name| format!("`{name}`"))
    }
}

impl TableName {
    /// "`user`", "`app.user`", or that only running the revision would tell.
    pub fn quoted(&self) -> String {
        match self.dotted() {
            Some(path) => format!("`{path}`"),
            None => "a table whose name only running the revision would tell".to_owned(),
        }
    }

    /// "`user.age`", "`app.user.age`", or which part is not known.
    pub fn quoted_column(&self, column: &Name) -> String {
        match (self.dotted(), column.known()) {
            (Some(path), Some(column)) => format!("`{path}.{column}`"),
            (None, Some(column)) => format!("column `{column}` of {}", self.quoted()),
            (_, None) => {
                format!("a column of {} whose name only running the revision would tell", self.quoted())
            }
        }
    }

    /// `user`, `app.user`; `None` where the table is not known.
    pub fn dotted(&self) -> Option<String> {
        let name = self.name.known()?;
        Some(self.schema.known().map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}")))
    }
}

/// Whether a text has these words in a row, in any case; there may be anything but words between them.
fn holds_words(text: &str, words: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let Some(start) = words.bytes().next() else { return false };
    // Most texts hold nothing like it: more is looked at only where a word may start with the letter.
    memchr::memchr2_iter(start.to_ascii_lowercase(), start.to_ascii_uppercase(), text.as_bytes()).any(|at| {
        let (Some(before), Some(rest)) = (text.get(..at), text.get(at..)) else { return false };
        let mut spoken = rest.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        !before.ends_with(is_word)
            && words.split(' ').all(|word| spoken.next().is_some_and(|next| next.eq_ignore_ascii_case(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::holds_words;

    #[test]
    fn words_in_a_row() {
        for text in ["WHERE a IS NULL", "is\n  null;", "a.is(NULL)", "is not, is null", "Is-Null"] {
            assert!(holds_words(text, "is null"), "{text}");
        }
        for text in
            ["", "IS", "this null", "\u{e9}is null", "is nullable", "is not null", "isnull", "is_null"]
        {
            assert!(!holds_words(text, "is null"), "{text}");
        }
    }
}
