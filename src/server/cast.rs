//! Which casts PostgreSQL has: its `pg_cast` and what it does by the text of a value. `tests/facts.rs` asks servers.

use super::sql_type::{Family, SqlType};
use crate::operation::Server;

/// How PostgreSQL gets from the values of one type to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// By an assignment cast, which a change of type needs no `USING` for.
    Automatic,
    /// By a cast that has to be asked for: `USING c::type`.
    NeedsUsing,
    /// By none: only an expression other than a cast can do it.
    Missing,
    /// Only the server knows.
    Unknown,
}

impl Cast {
    /// Whether a change of type without `USING` fails.
    pub fn fails_without_using(self) -> bool {
        matches!(self, Self::NeedsUsing | Self::Missing)
    }
}

/// The cast from one type to another (postgresql.org/docs/current/sql-createcast.html).
pub(super) fn postgresql_cast(from: &SqlType, to: &SqlType, server: Server) -> Cast {
    match (from.dimensions > 0, to.dimensions > 0) {
        // Any array becomes text as it is written, `{a,b}`.
        (true, false) if is_text(&to.family) => Cast::Automatic,
        // Text becomes an array only if it is written `{a,b}`, which no column of single values is.
        (true, false) | (false, true) if is_domain_or_own(from, to) => Cast::Unknown,
        (true, false) | (false, true) => Cast::Missing,
        // Arrays are converted item by item, however many dimensions they have.
        _ => item_cast(&from.family, &to.family, server),
    }
}

/// Whether the type without dimensions may be a domain over arrays, or the like.
fn is_domain_or_own(from: &SqlType, to: &SqlType) -> bool {
    let single = if from.dimensions == 0 { from } else { to };
    builtin(&single.family).is_none() && single.family != Family::Citext
}

fn item_cast(from: &Family, to: &Family, server: Server) -> Cast {
    if from == to {
        return Cast::Automatic;
    }
    match (builtin(from), builtin(to)) {
        (Some(one), Some(other)) if one == other => return Cast::Automatic,
        (Some(one), Some(other)) => {
            if let Some(context) = listed(one, other, server) {
                return context;
            }
        }
        // What `CREATE EXTENSION citext` adds is by assignment or implicit.
        (Some("bool" | "inet"), None) if *to == Family::Citext => return Cast::Automatic,
        _ => {}
    }
    // "I/O conversion casts": to text by assignment, from text where it is asked for.
    if is_text(to) {
        Cast::Automatic
    } else if is_text(from) {
        Cast::NeedsUsing
    } else if builtin(from).is_some() && builtin(to).is_some() {
        Cast::Missing
    } else {
        Cast::Unknown
    }
}

const fn is_text(family: &Family) -> bool {
    matches!(family, Family::Varchar | Family::Text(_) | Family::Char | Family::Citext)
}

fn listed(from: &str, to: &str, server: Server) -> Option<Cast> {
    let is_bytes_of_number = server.is_postgresql_from(18);
    let added = CASTS_SINCE_18.iter().filter(|_| is_bytes_of_number);
    let mut targets = CASTS.iter().chain(added).filter(|(source, _)| *source == from);
    targets.find_map(|(_, targets)| {
        let context = targets.split(' ').find_map(|target| target.strip_prefix(to)?.strip_prefix(':'))?;
        Some(if context == "e" { Cast::NeedsUsing } else { Cast::Automatic })
    })
}

/// The name in `pg_type` of a type that every server has; `None` for those of extensions and revisions.
fn builtin(family: &Family) -> Option<&str> {
    Some(match family {
        Family::Integer(2) => "int2",
        Family::Integer(4) => "int4",
        Family::Integer(8) => "int8",
        Family::Numeric => "numeric",
        Family::Float(4) => "float4",
        Family::Float(_) => "float8",
        Family::Boolean => "bool",
        Family::Varchar => "varchar",
        Family::Char => "bpchar",
        Family::Text(4) => "text",
        Family::Date => "date",
        Family::Time(false) => "time",
        Family::Time(true) => "timetz",
        Family::Timestamp(false) => "timestamp",
        Family::Timestamp(true) => "timestamptz",
        Family::Interval => "interval",
        Family::Uuid => "uuid",
        Family::Json => "json",
        Family::Jsonb => "jsonb",
        Family::Bytes => "bytea",
        Family::Inet => "inet",
        Family::Cidr => "cidr",
        Family::Varbit => "varbit",
        Family::Money => "money",
        Family::Xml => "xml",
        Family::Other(name) => {
            return OTHER_BUILTIN.split(' ').find(|builtin| name.eq_ignore_ascii_case(builtin));
        }
        Family::Citext | Family::Labels(_) | Family::Integer(_) | Family::Text(_) => return None,
    })
}

/// Types of every server that are no family of their own here.
const OTHER_BUILTIN: &str = "\
    bit box cid circle datemultirange daterange int4multirange int4range int8multirange int8range jsonpath line lseg \
    macaddr macaddr8 nummultirange numrange oid path point polygon tid tsmultirange tsquery tsrange tstzmultirange \
    tstzrange tsvector xid xid8";

/// `pg_cast` of PostgreSQL 17 without types of the catalog: the source, and each target with `castcontext`, which is
/// `e` for casts that have to be asked for, `a` for assignment, `i` for implicit ones.
const CASTS: &[(&str, &str)] = &[
    ("bit", "int4:e int8:e varbit:i"),
    ("bool", "bpchar:a int4:e text:a varchar:a"),
    ("box", "circle:e lseg:e point:e polygon:a"),
    ("bpchar", "text:i varchar:i xml:e"),
    ("cidr", "bpchar:a inet:i text:a varchar:a"),
    ("circle", "box:e point:e polygon:e"),
    ("date", "timestamp:i timestamptz:i"),
    ("daterange", "datemultirange:e"),
    ("float4", "float8:i int2:a int4:a int8:a numeric:a"),
    ("float8", "float4:a int2:a int4:a int8:a numeric:a"),
    ("inet", "bpchar:a cidr:a text:a varchar:a"),
    ("int2", "float4:i float8:i int4:i int8:i numeric:i oid:i"),
    ("int4", "bit:e bool:e float4:i float8:i int2:a int8:i money:a numeric:i oid:i"),
    ("int4range", "int4multirange:e"),
    ("int8", "bit:e float4:i float8:i int2:a int4:a money:a numeric:i oid:i"),
    ("int8range", "int8multirange:e"),
    ("interval", "time:a"),
    ("json", "jsonb:a"),
    ("jsonb", "bool:e float4:e float8:e int2:e int4:e int8:e json:a numeric:e"),
    ("lseg", "point:e"),
    ("macaddr", "macaddr8:i"),
    ("macaddr8", "macaddr:i"),
    ("money", "numeric:a"),
    ("numeric", "float4:i float8:i int2:a int4:a int8:a money:a"),
    ("numrange", "nummultirange:e"),
    ("oid", "int4:a int8:a"),
    ("path", "polygon:a"),
    ("point", "box:a"),
    ("polygon", "box:e circle:e path:a point:e"),
    ("text", "bpchar:i varchar:i xml:e"),
    ("time", "interval:i timetz:i"),
    ("timestamp", "date:a time:a timestamptz:i"),
    ("timestamptz", "date:a time:a timestamp:a timetz:a"),
    ("timetz", "time:a"),
    ("tsrange", "tsmultirange:e"),
    ("tstzrange", "tstzmultirange:e"),
    ("varbit", "bit:i"),
    ("varchar", "bpchar:i text:i xml:e"),
    ("xid8", "xid:e"),
    ("xml", "bpchar:a text:a varchar:a"),
];

/// What PostgreSQL 18 added.
const CASTS_SINCE_18: &[(&str, &str)] =
    &[("bytea", "int2:e int4:e int8:e"), ("int2", "bytea:e"), ("int4", "bytea:e"), ("int8", "bytea:e")];
