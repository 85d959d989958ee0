//! `CREATE TABLE`, `ALTER TABLE` and `CREATE INDEX`: asks the parsers, the dialect's own first.
//!
//! Projects run one revision on several databases, so the other syntaxes come next. An `ALTER TABLE` that
//! none reads as a whole is read action by action.

use super::cursor::Cursor;
use super::lex::{self, Kind, Token};
use super::{Sql, execute, generic, names, other, plain_alter, postgres, range, verbs};
use crate::operation::{
    AlterColumn, Argument, Attribute, Change, ConstraintKind, Dialect, DropConstraint, DropIndex, Name,
    RenameTable, Statement, TableComment, TableName,
};

type Reader = fn(&str) -> Option<Vec<Change>>;

/// The parsers, in the order in which they are asked.
fn readers(dialect: Dialect) -> [Reader; 4] {
    match dialect {
        Dialect::Postgresql => [postgres::read, generic::mysql, generic::sqlite, generic::any],
        Dialect::Mysql | Dialect::Mariadb => [generic::mysql, postgres::read, generic::sqlite, generic::any],
        Dialect::Sqlite => [generic::sqlite, postgres::read, generic::mysql, generic::any],
    }
}

/// Lowers a definition. `None` where no parser reads it.
pub(super) fn read(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    if !lex::is_shallow(sql.source, tokens) {
        return None;
    }
    let text = sql.source.get(range(tokens))?;
    let plainly = || (sql.dialect == Dialect::Postgresql).then(|| plain_alter::read(sql, tokens)).flatten();
    let whole = || readers(sql.dialect).iter().find_map(|read| read(text));
    plainly()
        .or_else(whole)
        .or_else(|| special_index(sql, tokens))
        .or_else(|| partitioned_table(sql, tokens))
        .or_else(|| by_action(sql, tokens))
        .or_else(|| around_unknown(sql, tokens))
}

/// `CREATE FULLTEXT INDEX` and `CREATE SPATIAL INDEX` of MySQL, which the parsers read without the second word.
fn special_index(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let [create, prefix, rest @ ..] = tokens else { return None };
    if !create.is_word(sql.source, "create")
        || !["fulltext", "spatial"].iter().any(|word| prefix.is_word(sql.source, word))
    {
        return None;
    }
    let text = format!("CREATE {}", sql.source.get(range(rest))?);
    let mut changes = generic::mysql(&text)?;
    if let [Change::CreateIndex(index)] = changes.as_mut_slice() {
        let word = prefix.text(sql.source).to_ascii_uppercase();
        index.options = Box::new([("mysql_prefix".into(), Argument::Str(word.into()))]);
    }
    Some(changes)
}

/// `CREATE TABLE .. PARTITION BY ..` of MySQL, which the parsers read without the partitions.
fn partitioned_table(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut pairs = tokens.windows(2);
    let cut = pairs.position(|pair| {
        matches!(pair, [first, second] if first.is_word(sql.source, "partition") && second.is_word(sql.source, "by"))
    })?;
    let (table, partitions) = tokens.split_at(cut);
    let mut changes = generic::mysql(sql.source.get(range(table))?)?;
    if let Some(Change::CreateTable(create)) = changes.first_mut() {
        let text = names::text(sql.source.get(range(partitions)).unwrap_or_default());
        create.options = Box::new([("mysql_partition_by".into(), text)]);
    }
    Some(changes)
}

/// Reads what stands around parts that only running the revision would tell.
fn around_unknown(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    if !tokens.iter().any(|token| names::is_unknown(token.text(sql.source))) {
        return None;
    }
    let known = tokens.len() - tokens.iter().rev().take_while(|token| token.is_hole(sql.source)).count();
    let before = tokens.get(..known).unwrap_or_default();
    let text = sql.source.get(range(before))?;
    let mut changes = readers(sql.dialect)
        .iter()
        .find_map(|read| read(text))
        .filter(|_| known < tokens.len())
        .unwrap_or_else(|| postgres::recover_table(text));
    changes.push(execute(Statement::Unknown));
    Some(changes)
}

/// Reads each action of an `ALTER TABLE` on its own. `None` if that helps with none of them.
fn by_action(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.take("alter");
    cursor.take_any(&["ignore", "online"]);
    if !cursor.take("table") {
        return None;
    }
    cursor.if_exists();
    cursor.take("only");
    let table = cursor.table()?;
    cursor.take_mark(b'*');
    let head = tokens.get(..tokens.len() - cursor.rest().len()).unwrap_or_default();
    let head = sql.source.get(range(head))?;
    let mut understood = 0;
    let mut changes = Vec::new();
    for (verb, action) in
        actions(cursor.rest()).into_iter().flat_map(|action| each_column(sql.source, action))
    {
        let text = format!("{head} {verb}{}", sql.source.get(range(action)).unwrap_or_default());
        let read = readers(sql.dialect)
            .iter()
            .find_map(|read| read(&text))
            .or_else(|| mysql_action(&table, Cursor::new(sql.source, action)));
        understood += usize::from(read.is_some());
        let unknown = action.iter().any(|token| names::is_unknown(token.text(sql.source)));
        changes.extend(read.unwrap_or_else(|| {
            vec![execute(if unknown { Statement::Unknown } else { Statement::Unparsed })]
        }));
    }
    (understood > 0).then_some(changes)
}

/// MySQL's `ADD COLUMN (a int, b int)` as one action for each column, all others as they are.
fn each_column<'t>(source: &'t str, action: &'t [Token]) -> Vec<(&'static str, &'t [Token])> {
    let mut cursor = Cursor::new(source, action);
    let adds = cursor.take("add");
    cursor.take("column");
    match cursor.rest() {
        [Token { kind: Kind::Mark(b'('), .. }, columns @ .., Token { kind: Kind::Mark(b')'), .. }]
            if adds =>
        {
            actions(columns).into_iter().map(|column| ("ADD COLUMN ", column)).collect()
        }
        _ => vec![("", action)],
    }
}

/// The parts between commas outside brackets.
fn actions(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match token.kind {
                Kind::Mark(b'(') => depth += 1,
                Kind::Mark(b')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == Kind::Mark(b',')
        })
        .filter(|action| !action.is_empty())
        .collect()
}

/// Actions of MySQL and MariaDB that the parsers refuse.
fn mysql_action(table: &TableName, mut cursor: Cursor<'_>) -> Option<Vec<Change>> {
    let source = cursor.source();
    let action = cursor;
    let table = table.clone();
    let word = cursor.keyword()?;
    let word = word.as_str();
    match word {
        "DROP" if cursor.take("check") => {
            let if_exists = cursor.if_exists();
            let kind = Some(ConstraintKind::Check);
            let drop = DropConstraint { table, name: cursor.name()?, kind, if_exists, cascade: false };
            Some(vec![Change::DropConstraint(drop)])
        }
        "DROP" if cursor.take_any(&["index", "key"]) => {
            let if_exists = cursor.if_exists();
            let drop = DropIndex { table, name: cursor.name()?, if_exists, ..DropIndex::default() };
            Some(vec![Change::DropIndex(drop)])
        }
        "DROP" if cursor.take_all(&["foreign", "key"]) => {
            let if_exists = cursor.if_exists();
            let kind = Some(ConstraintKind::ForeignKey);
            let drop = DropConstraint { table, name: cursor.name()?, kind, if_exists, cascade: false };
            Some(vec![Change::DropConstraint(drop)])
        }
        "MODIFY" => {
            cursor.take("column");
            cursor.if_exists();
            let column = cursor.name()?;
            Some(vec![redefined(table, column, Name::None, cursor)])
        }
        "CHANGE" => {
            cursor.take("column");
            cursor.if_exists();
            let column = cursor.name()?;
            let new_name = cursor.name()?;
            let new_name = if new_name == column && !column.is_unknown() { Name::None } else { new_name };
            Some(vec![redefined(table, column, new_name, cursor)])
        }
        "RENAME" if cursor.take_any(&["index", "key"]) => {
            let name = cursor.name()?;
            cursor.take("to").then_some(())?;
            Some(vec![execute(Statement::RenameIndex { table, name, to: cursor.name()? })])
        }
        "RENAME" => {
            cursor.take_any(&["to", "as"]);
            let to = cursor.name()?;
            cursor.is_done().then(|| vec![Change::RenameTable(RenameTable { table, to })])
        }
        "ALTER" => {
            let visible = cursor.rest().last()?;
            let is_known = visible.is_word(source, "visible") || visible.is_word(source, "invisible");
            is_known.then(|| {
                vec![other(
                    format!("ALTER TABLE {}", verbs::leading_keywords(source, action.rest())).trim_end(),
                )]
            })
        }
        "COMMENT" => {
            cursor.take_mark(b'=');
            let comment = cursor.peek()?.text(source);
            let comment = (!names::is_unknown(comment)).then(|| names::unquoted(comment).into());
            Some(vec![Change::CreateTableComment(TableComment { table, comment })])
        }
        "CONVERT" | "ENGINE" | "DEFAULT" | "CHARACTER" | "CHARSET" | "COLLATE" | "AUTO_INCREMENT"
        | "ROW_FORMAT" | "KEY_BLOCK_SIZE" | "ORDER" | "DISABLE" | "ENABLE" | "FORCE" | "ALGORITHM"
        | "LOCK" | "PARTITION" | "COALESCE" | "REORGANIZE" | "EXCHANGE" | "ANALYZE" | "CHECK"
        | "OPTIMIZE" | "REBUILD" | "REMOVE" | "DISCARD" | "IMPORT" | "STATS_PERSISTENT" | "TABLESPACE"
        | "WITH" | "WITHOUT" => {
            let words = verbs::leading_keywords(source, action.rest());
            Some(vec![other(&format!(
                "ALTER TABLE {}",
                if words.is_empty() { word } else { words.as_str() }
            ))])
        }
        _ => None,
    }
}

/// `MODIFY` and `CHANGE` state the whole column anew: without `NOT NULL` it becomes nullable.
fn redefined(table: TableName, column: Name, new_name: Name, cursor: Cursor<'_>) -> Change {
    let source = cursor.source();
    let ends = [
        "not",
        "null",
        "default",
        "comment",
        "after",
        "first",
        "character",
        "charset",
        "collate",
        "auto_increment",
        "on",
        "generated",
        "unique",
        "primary",
        "check",
        "references",
    ];
    let type_length =
        cursor.rest().iter().take_while(|token| !ends.iter().any(|word| token.is_word(source, word))).count();
    let type_text = cursor.rest().get(..type_length).and_then(|tokens| source.get(range(tokens)));
    let mut pairs = cursor.rest().windows(2);
    let not_null = pairs.any(
        |pair| matches!(pair, [not, null] if not.is_word(source, "not") && null.is_word(source, "null")),
    );
    Change::AlterColumn(Box::new(AlterColumn {
        table,
        column,
        new_name,
        type_: Some(type_text.map_or(Argument::Unknown, names::text)),
        nullable: Attribute::Set(!not_null),
        ..AlterColumn::default()
    }))
}
