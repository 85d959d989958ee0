//! The plainest `ALTER TABLE` of PostgreSQL, by its tokens: what is dropped, `NOT NULL`, and types of one word. Most of those in
//! revisions are such, and the grammar, which is asked about all others, takes a hundred times as long.

use squawk_syntax::quote::{quote_ident, quote_quoted_ident};

use super::cursor::Cursor;
use super::lex::{Kind, Rules, Token};
use super::{Sql, names, range, split};
use crate::operation::{
    AlterColumn, Argument, Attribute, Change, Dialect, DropColumn, DropConstraint, Name, ServerDefault,
    TableName,
};

/// Keywords that name a type.
const TYPE_KEYWORDS: [&str; 9] =
    ["boolean", "char", "float", "int", "integer", "numeric", "smallint", "timestamp", "varchar"];

/// Lowers an `ALTER TABLE` that has none but the plainest actions. `None` for any other.
pub(super) fn read(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    if !cursor.take_all(&["alter", "table"]) {
        return None;
    }
    cursor.if_exists();
    cursor.take("only");
    let table = table(&mut cursor)?;
    let changes = cursor.list(|cursor| action(&table, cursor))?;
    cursor.rest().is_empty().then_some(changes)
}

/// Whether a text is one statement of that kind and nothing else, which the grammar is sure to take.
pub(super) fn is_all_of(text: &str) -> bool {
    let sql = Sql { source: text, dialect: Dialect::Postgresql, in_body: false };
    match split::statements(text, Rules::of(sql.dialect)).as_slice() {
        [tokens] => read(sql, tokens).is_some(),
        _ => false,
    }
}

fn action(table: &TableName, cursor: &mut Cursor<'_>) -> Option<Change> {
    let table = table.clone();
    if cursor.take_all(&["drop", "constraint"]) {
        let if_exists = cursor.if_exists();
        let name = name(cursor)?;
        let cascade = cursor.cascade();
        return Some(Change::DropConstraint(DropConstraint { table, name, kind: None, if_exists, cascade }));
    }
    if cursor.take_all(&["drop", "column"]) {
        let if_exists = cursor.if_exists();
        let column = name(cursor)?;
        let cascade = cursor.cascade();
        return Some(Change::DropColumn(DropColumn {
            table,
            column,
            if_exists,
            cascade,
            options: Box::default(),
        }));
    }
    if !cursor.take_all(&["alter", "column"]) {
        return None;
    }
    let mut change = AlterColumn { table, column: name(cursor)?, ..AlterColumn::default() };
    if cursor.take_all(&["set", "not", "null"]) {
        change.nullable = Attribute::Set(false);
    } else if cursor.take_all(&["drop", "not", "null"]) {
        change.nullable = Attribute::Set(true);
    } else if cursor.take_all(&["drop", "default"]) {
        change.server_default = ServerDefault::None;
    } else if cursor.take("type") {
        change.type_ = Some(text_of(cursor, type_name)?);
        if cursor.take("using") {
            let using = text_of(cursor, cast)?;
            change.options = Box::new([("postgresql_using".into(), using)]);
        }
    } else {
        return None;
    }
    Some(Change::AlterColumn(Box::new(change)))
}

/// The text that `take` steps over.
fn text_of(cursor: &mut Cursor<'_>, take: fn(&mut Cursor<'_>) -> Option<()>) -> Option<Argument> {
    let before = cursor.rest();
    take(cursor)?;
    let taken = before.get(..before.len() - cursor.rest().len())?;
    let text = cursor.source().get(range(taken))?;
    // A comment would be part of it.
    let is_bare = !text.contains("--") && !text.contains("/*");
    is_bare.then(|| names::text(text))
}

/// A type of one word.
fn type_name(cursor: &mut Cursor<'_>) -> Option<()> {
    if cursor.take_any(&TYPE_KEYWORDS) {
        return Some(());
    }
    let written = cursor.peek()?.text(cursor.source());
    let is_keyword = quote_quoted_ident(&written.to_ascii_lowercase()).starts_with('"');
    name(cursor).filter(|_| written.starts_with('"') || !is_keyword).map(|_| ())
}

/// `a::text::new_type`.
fn cast(cursor: &mut Cursor<'_>) -> Option<()> {
    name(cursor)?;
    while let [Token { kind: Kind::Mark(b':'), end, .. }, second, ..] = cursor.rest() {
        // The two marks are one sign.
        let is_sign = second.kind == Kind::Mark(b':') && second.start == *end;
        (is_sign && cursor.take_mark(b':') && cursor.take_mark(b':')).then_some(())?;
        type_name(cursor)?;
    }
    Some(())
}

fn table(cursor: &mut Cursor<'_>) -> Option<TableName> {
    let first = name(cursor)?;
    if !cursor.take_mark(b'.') {
        return Some(TableName::new(first));
    }
    Some(TableName { schema: first, name: name(cursor)? })
}

/// A name that PostgreSQL takes everywhere: in quotes, or no keyword.
fn name(cursor: &mut Cursor<'_>) -> Option<Name> {
    let written = cursor.peek()?.text(cursor.source());
    let is_plain = match cursor.peek()?.kind {
        // An odd number of marks leaves it open.
        Kind::Quoted => {
            written.starts_with('"') && written.len() > 2 && written.matches('"').count().is_multiple_of(2)
        }
        Kind::Word => {
            let folded = written.to_ascii_lowercase();
            quote_ident(&folded) == folded
        }
        _ => false,
    };
    cursor.advance().filter(|_| is_plain).map(|_| names::name(written))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::operation::Dialect;
    use crate::sql::lex::Rules;
    use crate::sql::{Sql, postgres, split};

    fn plainly(source: &str) -> Option<Vec<crate::operation::Change>> {
        let statements = split::statements(source, Rules::of(Dialect::Postgresql));
        let [tokens] = statements.as_slice() else { panic!("one statement: {source}") };
        read(Sql { source, dialect: Dialect::Postgresql, in_body: false }, tokens)
    }

    #[test]
    fn it_reads_what_the_grammar_reads() {
        for text in [
            "ALTER TABLE t DROP CONSTRAINT c",
            "alter table if exists only s.t drop constraint if exists \"C d\" cascade, drop column a restrict",
            "ALTER TABLE \"T\" ALTER COLUMN a SET NOT NULL, ALTER COLUMN \"b\"\"c\" DROP NOT NULL;",
            "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
            "ALTER TABLE t DROP CONSTRAINT IF EXISTS \"T_CHK\", ALTER COLUMN a TYPE CHAR",
            "alter table t alter column a type new_kind using a::text::new_kind",
            "ALTER TABLE t ALTER COLUMN a TYPE \"Kind\" USING a :: \"Kind\", ALTER COLUMN b TYPE jsonb",
            "ALTER TABLE t ALTER COLUMN a TYPE text USING a",
            "ALTER TABLE t ALTER COLUMN a TYPE alembic_lint_unknown USING a::alembic_lint_unknown",
            "ALTER TABLE Tags DROP CONSTRAINT TAGS_CHK, DROP COLUMN Name",
            "ALTER TABLE t DROP COLUMN alembic_lint_unknown",
            "ALTER TABLE \"s\".\"t\" DROP COLUMN IF EXISTS a CASCADE -- why",
        ] {
            let read = plainly(text);
            assert!(read.is_some(), "{text}");
            assert_eq!(read, postgres::read(text), "{text}");
        }
    }

    /// Statements put together from words that mean something here, most of them no SQL.
    #[test]
    fn of_statements_made_by_chance_it_takes_none_that_the_grammar_refuses() {
        const WORDS: [&str; 40] = [
            "a",
            "b",
            "T",
            "\"C d\"",
            "\"\"",
            "order",
            "user",
            "name",
            "values",
            "type",
            "time",
            "text",
            "char",
            "int",
            "varchar",
            "jsonb",
            "constraint",
            "column",
            "drop",
            "alter",
            "set",
            "not",
            "null",
            "default",
            "cascade",
            "restrict",
            "if",
            "exists",
            "only",
            "using",
            ",",
            ",",
            ".",
            "::",
            ":",
            "(",
            ")",
            "*",
            "1",
            "'x'",
        ];
        const PLAIN: [&str; 8] = [
            "drop constraint a",
            "drop column b cascade",
            "alter column a set not null",
            "alter column a drop default",
            "alter column a type text",
            "alter column a type kind using a::text::kind",
            "drop constraint if exists \"C d\"",
            "alter column \"b\" drop not null",
        ];
        let mut state = 1_u64;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % end
        };
        let mut taken = 0;
        for _ in 0..4_000 {
            let mut words: Vec<&str> = ["alter table a", PLAIN[below(PLAIN.len())]].to_vec();
            if below(2) == 0 {
                words.extend([",", PLAIN[below(PLAIN.len())]]);
            }
            let mut words: Vec<&str> = words.iter().flat_map(|part| part.split(' ')).collect();
            for _ in 0..below(3) {
                let (at, word) = (below(words.len()), WORDS[below(WORDS.len())]);
                match below(3) {
                    0 => words[at] = word,
                    1 => words.insert(at, word),
                    _ => drop(words.remove(at)),
                }
            }
            let text = words.join(" ");
            let statements = split::statements(&text, Rules::of(Dialect::Postgresql));
            let [tokens] = statements.as_slice() else { continue };
            let sql = Sql { source: &text, dialect: Dialect::Postgresql, in_body: false };
            if let Some(read) = read(sql, tokens) {
                taken += 1;
                assert_eq!(Some(read), postgres::read(&text), "{text}");
            }
        }
        assert!(taken > 1_000, "{taken}");
    }

    #[test]
    fn all_else_is_left_to_the_grammar() {
        for text in [
            "ALTER TABLE t DROP COLUMN order",
            "ALTER TABLE user DROP COLUMN a",
            "ALTER TABLE t DROP a",
            "ALTER TABLE t DROP COLUMN a CASCADE CASCADE",
            "ALTER TABLE t DROP COLUMN a,",
            "ALTER TABLE t DROP COLUMN a ADD COLUMN b int",
            "ALTER TABLE t ALTER COLUMN a TYPE varchar(20)",
            "ALTER TABLE t ALTER COLUMN a TYPE double precision",
            "ALTER TABLE t ALTER COLUMN a TYPE int[]",
            "ALTER TABLE t ALTER COLUMN a TYPE values",
            "ALTER TABLE t ALTER COLUMN a TYPE text USING upper(a)",
            "ALTER TABLE t ALTER COLUMN a TYPE text USING a:text",
            "ALTER TABLE t ALTER COLUMN a TYPE text USING a: :text",
            "ALTER TABLE t ALTER COLUMN a TYPE s.kind",
            "ALTER TABLE t ALTER COLUMN a TYPE kind USING a::/* was */text",
            "ALTER TABLE a.b.c DROP COLUMN a",
            "ALTER TABLE `t` DROP COLUMN a",
            "ALTER TABLE t DROP COLUMN \"\"",
            "ALTER INDEX i RENAME TO j",
            "ALTER TABLE t",
        ] {
            assert_eq!(plainly(text), None, "{text}");
        }
    }
}
