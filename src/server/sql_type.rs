//! A type as SQL text -> its family and its modifiers. Compares nothing.

/// The types that servers treat alike, by what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Family {
    /// `SMALLINT`, `INTEGER`, `BIGINT` and MySQL's others, by their size in bytes.
    Integer(u8),
    /// `NUMERIC`, `DECIMAL`.
    Numeric,
    /// `REAL`, `FLOAT`, `DOUBLE PRECISION`, by their size in bytes.
    Float(u8),
    /// `BOOLEAN`.
    Boolean,
    /// `VARCHAR`, `CHARACTER VARYING`.
    Varchar,
    /// `CHAR`, `CHARACTER`.
    Char,
    /// `TEXT` and MySQL's sizes of it, by the number of bytes that count the length (PostgreSQL's has no end: 4).
    Text(u8),
    /// `CITEXT`.
    Citext,
    /// `DATE`.
    Date,
    /// `TIME`, with a time zone or without.
    Time(bool),
    /// `TIMESTAMP` and MySQL's `DATETIME`, with a time zone or without.
    Timestamp(bool),
    /// `INTERVAL`.
    Interval,
    /// `UUID`.
    Uuid,
    /// `JSON`.
    Json,
    /// `JSONB`.
    Jsonb,
    /// `BYTEA`, `BLOB` and the like.
    Bytes,
    /// `INET`.
    Inet,
    /// `CIDR`.
    Cidr,
    /// `BIT VARYING`.
    Varbit,
    /// `MONEY`.
    Money,
    /// `XML`.
    Xml,
    /// MySQL's `ENUM('a', ..)`, `SET('a', ..)`: the text within the parentheses.
    Labels(Box<str>),
    /// A type that is not listed, by its name: an enum type, a domain, one of an extension.
    Other(Box<str>),
}

/// A type with its modifiers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SqlType {
    /// What it holds.
    pub family: Family,
    /// Length, or precision and scale.
    pub modifiers: Vec<u32>,
    /// How many dimensions it has as an array; 0 for none.
    pub dimensions: u8,
}

impl SqlType {
    /// The type that SQL writes so, in any case (`character varying(20)[]`).
    pub fn parse(sql: &str) -> Self {
        let mut text = sql.trim().to_ascii_uppercase();
        let mut dimensions = 0;
        while let Some(item) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
            dimensions += 1;
            text = item.0.trim_end().to_owned();
        }
        let (name, modifiers) = split_modifiers(&text);
        let labels = |word: &str| name == word && sql.contains('\'');
        let family = if labels("ENUM") || labels("SET") {
            let inner = sql.trim().split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
            Family::Labels(inner.into())
        } else {
            family(&name, &modifiers).unwrap_or_else(|| Family::Other(other_name(sql)))
        };
        Self { family, modifiers, dimensions }
    }

    /// Whether it holds any text: what was written may be no value of another type.
    pub const fn is_text(&self) -> bool {
        matches!(self.family, Family::Varchar | Family::Text(_) | Family::Char | Family::Citext)
    }

    /// The first modifier: a length, a precision.
    pub fn length(&self) -> Option<u32> {
        self.modifiers.first().copied()
    }

    /// The second modifier of `NUMERIC(precision, scale)`; 0 where only the precision is given.
    pub fn scale(&self) -> u32 {
        self.modifiers.get(1).copied().unwrap_or(0)
    }
}

/// `TIMESTAMP(6) WITH TIME ZONE` as `TIMESTAMP WITH TIME ZONE` and 6.
fn split_modifiers(text: &str) -> (String, Vec<u32>) {
    let Some((before, rest)) = text.split_once('(') else { return (spaced(text), Vec::new()) };
    let (inner, after) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = inner.split(',').map_while(|number| number.trim().parse().ok()).collect();
    (spaced(&format!("{before} {after}")), numbers)
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name of a type that is not listed, without quotes, schema `public` and modifiers.
fn other_name(sql: &str) -> Box<str> {
    let name = sql.trim().split(['(', '[']).next().unwrap_or_default().trim().replace('"', "");
    name.strip_prefix("public.").unwrap_or(&name).into()
}

fn family(name: &str, modifiers: &[u32]) -> Option<Family> {
    let name = name.strip_suffix(" UNSIGNED").unwrap_or(name);
    Some(match name {
        "SMALLINT" | "INT2" | "SMALLSERIAL" | "SERIAL2" => Family::Integer(2),
        "INTEGER" | "INT" | "INT4" | "SERIAL" | "SERIAL4" => Family::Integer(4),
        "BIGINT" | "INT8" | "BIGSERIAL" | "SERIAL8" => Family::Integer(8),
        "TINYINT" if modifiers == [1] => Family::Boolean,
        "TINYINT" => Family::Integer(1),
        "MEDIUMINT" => Family::Integer(3),
        "NUMERIC" | "DECIMAL" | "DEC" => Family::Numeric,
        "REAL" | "FLOAT4" => Family::Float(4),
        // Up to 24 bits are a REAL (postgresql.org/docs/current/datatype-numeric.html; MySQL alike).
        "FLOAT" if modifiers.first().is_some_and(|bits| *bits <= 24) => Family::Float(4),
        "FLOAT" | "FLOAT8" | "DOUBLE" | "DOUBLE PRECISION" => Family::Float(8),
        "BOOLEAN" | "BOOL" => Family::Boolean,
        "VARCHAR" | "CHARACTER VARYING" | "NVARCHAR" => Family::Varchar,
        "CHAR" | "CHARACTER" | "BPCHAR" | "NCHAR" => Family::Char,
        "TINYTEXT" => Family::Text(1),
        "MEDIUMTEXT" => Family::Text(3),
        "TEXT" | "LONGTEXT" => Family::Text(4),
        "CITEXT" => Family::Citext,
        "DATE" => Family::Date,
        "TIME" | "TIME WITHOUT TIME ZONE" => Family::Time(false),
        "TIMETZ" | "TIME WITH TIME ZONE" => Family::Time(true),
        "TIMESTAMP" | "DATETIME" | "TIMESTAMP WITHOUT TIME ZONE" => Family::Timestamp(false),
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => Family::Timestamp(true),
        "INTERVAL" => Family::Interval,
        "UUID" => Family::Uuid,
        "JSON" => Family::Json,
        "JSONB" => Family::Jsonb,
        "BYTEA" | "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BINARY" | "VARBINARY" => Family::Bytes,
        "INET" => Family::Inet,
        "CIDR" => Family::Cidr,
        "BIT VARYING" | "VARBIT" => Family::Varbit,
        "MONEY" => Family::Money,
        "XML" => Family::Xml,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_type() {
        for spellings in [
            &["VARCHAR(20)", "character varying(20)", "varchar (20)"][..],
            &["TIMESTAMP WITH TIME ZONE", "timestamptz"],
            &["timestamp(3) with time zone", "TIMESTAMPTZ(3)"],
            &["DOUBLE PRECISION", "float8", "FLOAT"],
            &["INTEGER[]", "int4 []", "int[10]"],
            &["NUMERIC(10, 2)", "decimal(10,2)"],
            &["status", "\"status\"", "public.status"],
        ] {
            let all: Vec<_> = spellings.iter().map(|sql| SqlType::parse(sql)).collect();
            assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        }
    }

    #[test]
    fn modifiers_and_dimensions() {
        let type_ = SqlType::parse("numeric(10,2)[][]");
        assert_eq!((type_.length(), type_.scale(), type_.dimensions), (Some(10), 2, 2));
        assert_eq!(SqlType::parse("ENUM('a','b')").family, Family::Labels("'a','b'".into()));
        assert_eq!(SqlType::parse("TINYINT(1)").family, Family::Boolean);
        assert_eq!(SqlType::parse("FLOAT(24)").family, Family::Float(4));
        assert_eq!(SqlType::parse("app.status").family, Family::Other("app.status".into()));
    }
}
