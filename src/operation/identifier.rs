//! Names as SQL writes them, in quotes where they need them.

use super::Dialect;

/// A name as a statement of the dialect spells it: bare where every server reads it as it is, in the dialect's quotes otherwise.
pub fn sql_identifier(name: &str, dialect: Dialect) -> String {
    let is_plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !is_reserved(name);
    if is_plain {
        return name.to_owned();
    }
    let quote = if matches!(dialect, Dialect::Mysql | Dialect::Mariadb) { '`' } else { '"' };
    let doubled = name.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}

fn is_reserved(name: &str) -> bool {
    RESERVED.split(' ').any(|word| word == name)
}

/// Words that are not read as names everywhere in one of the databases: all but PostgreSQL's unreserved ones
/// (postgresql.org/docs/current/sql-keywords-appendix.html), which its `quote_ident` quotes as well.
const RESERVED: &str = "\
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean \
    both by case cast char character check coalesce collate collation column concurrently constraint \
    create cross current_catalog current_date current_role current_schema current_time current_timestamp \
    current_user database dec decimal default deferrable delete desc distinct do drop else end except \
    exists extract false fetch float for foreign freeze from full grant greatest group grouping groups \
    having ilike in index initially inner inout insert int integer intersect interval into is isnull \
    join key keys lateral leading least left like limit localtime localtimestamp national natural nchar \
    none normalize not notnull null nullif numeric of offset on only or order out outer over overlaps \
    overlay placing position precision primary range rank real references returning right row rows \
    select session_user set setof similar smallint some substring symmetric system table tablesample \
    then time timestamp to trailing treat trigger trim true union unique update user using values \
    varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists \
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_where_they_are_needed() {
        for (name, postgresql, mysql) in [
            ("age", "age", "age"),
            ("order", "\"order\"", "`order`"),
            ("interval", "\"interval\"", "`interval`"),
            ("createdAt", "\"createdAt\"", "`createdAt`"),
            ("2nd", "\"2nd\"", "`2nd`"),
            ("a \"b\"", "\"a \"\"b\"\"\"", "`a \"b\"`"),
        ] {
            assert_eq!(sql_identifier(name, Dialect::Postgresql), postgresql);
            assert_eq!(sql_identifier(name, Dialect::Mysql), mysql);
        }
    }
}
