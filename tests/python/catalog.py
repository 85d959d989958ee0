"""Reads what a database holds, in the shape in which `alembic-lint schema --output-format json` prints a schema.

Nothing is known here of revisions or of alembic-lint. PostgreSQL and MariaDB are asked for their catalogs; what SQLite knows
of its constraints is in the text of its tables, which SQLAlchemy reads.
"""

import sqlalchemy as sa

POSTGRESQL = {
    "tables": """
        SELECT c.oid, n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {user}
        ORDER BY 2, 3""",
    "columns": """
        SELECT a.attrelid AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
               NOT a.attnotnull AS nullable,
               CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS server_default,
               a.attidentity <> '' AS identity, a.attgenerated <> '' AS computed,
               col_description(a.attrelid, a.attnum) AS comment
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {user}
        ORDER BY a.attrelid, a.attnum""",
    "constraints": """
        SELECT k.conrelid AS oid, k.conname AS name, k.contype AS kind,
               ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
                     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i)::text[] AS columns,
               ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS u(n, i)
                     JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)::text[] AS referent_columns,
               rn.nspname AS referent_schema, r.relname AS referent_table, k.confdeltype AS ondelete
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_class r ON r.oid = k.confrelid LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
        WHERE {user} ORDER BY k.conrelid, k.conname""",
    "indexes": """
        SELECT i.indrelid AS oid, x.relname AS name, i.indisunique AS unique,
               ARRAY(SELECT a.attname FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS u(n, o)
                     LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.n ORDER BY u.o)::text[] AS columns
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) AND {user}
        ORDER BY i.indrelid, x.relname""",
    "enums": """
        SELECT n.nspname AS schema, t.typname AS name,
               ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)::text[] AS labels
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typtype = 'e' AND {user} ORDER BY 1, 2""",
    "sequences": """
        SELECT c.relname AS name, EXISTS (
            SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        ) AS is_owned
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND {user} ORDER BY 1""",
    "views": """
        SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('v', 'm') AND {user} ORDER BY 1""",
}
# What extensions brought along is theirs.
POSTGRESQL_USER = """n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND NOT EXISTS (
    SELECT 1 FROM pg_depend x WHERE x.deptype = 'e' AND x.objid = {object})"""
POSTGRESQL_KINDS = {"u": "unique_constraints", "c": "check_constraints", "x": "exclude_constraints"}
ONDELETE = {"a": None, "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}

MARIADB = {
    "tables": """
        SELECT table_name AS name, table_comment AS comment FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1""",
    "columns": """
        SELECT table_name AS `table`, column_name AS name, column_type AS type, is_nullable = 'YES' AS nullable,
               column_default AS server_default, extra, generation_expression AS expression, column_comment AS comment
        FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position""",
    "keys": """
        SELECT table_name AS `table`, index_name AS name, non_unique = 0 AS `unique`, column_name AS `column`
        FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index""",
    "foreign_keys": """
        SELECT k.table_name AS `table`, k.constraint_name AS name, k.column_name AS `column`,
               k.referenced_table_name AS referent_table, k.referenced_column_name AS referent_column, r.delete_rule AS ondelete
        FROM information_schema.key_column_usage k
        JOIN information_schema.referential_constraints r
          ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
        WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL
        ORDER BY k.table_name, k.constraint_name, k.ordinal_position""",
    "checks": """
        SELECT table_name AS `table`, constraint_name AS name, level FROM information_schema.check_constraints
        WHERE constraint_schema = DATABASE() ORDER BY 1, 2""",
    "sequences": "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'SEQUENCE' ORDER BY 1",
    "views": "SELECT table_name AS name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1",
}


def read(connection):
    """The tables and what else there is in the database."""
    readers = {"postgresql": _postgresql, "mysql": _mariadb, "mariadb": _mariadb, "sqlite": _sqlite}
    return readers[connection.dialect.name](connection)


def _table(name, schema=None, comment=None):
    return {
        "schema": schema,
        "name": name,
        "columns": [],
        "primary_key": None,
        "unique_constraints": [],
        "foreign_keys": [],
        "check_constraints": [],
        "exclude_constraints": [],
        "indexes": [],
        "comment": comment or None,
    }


def _rows(connection, query):
    return [dict(row) for row in connection.exec_driver_sql(query).mappings()]


def _postgresql(connection):
    default = connection.exec_driver_sql("SELECT current_schema()").scalar()
    objects = {"enums": "t.oid"}
    found = {
        part: _rows(connection, query.format(user=POSTGRESQL_USER.format(object=objects.get(part, "c.oid"))).replace("%", "%%"))
        for part, query in POSTGRESQL.items()
    }
    named = lambda schema: None if schema == default else schema
    tables = {row["oid"]: _table(row["name"], named(row["schema"]), row["comment"]) for row in found["tables"]}
    for row in found["columns"]:
        oid = row.pop("oid")
        if oid in tables:
            tables[oid]["columns"].append(row)
    for row in found["constraints"]:
        table = tables.get(row["oid"])
        if table is None:
            continue
        constraint = {"name": row["name"], "columns": row["columns"]}
        if row["kind"] == "p":
            table["primary_key"] = constraint
        elif row["kind"] == "f":
            referent = {part: row[part] for part in ("referent_table", "referent_columns")}
            referent["referent_schema"] = named(row["referent_schema"])
            table["foreign_keys"].append(constraint | referent | {"ondelete": ONDELETE[row["ondelete"]]})
        elif row["kind"] in POSTGRESQL_KINDS:
            table[POSTGRESQL_KINDS[row["kind"]]].append(constraint)
    for row in found["indexes"]:
        oid = row.pop("oid")
        if oid in tables:
            tables[oid]["indexes"].append(row)
    return {
        "tables": list(tables.values()),
        "enums": [row | {"schema": named(row["schema"])} for row in found["enums"]],
        "sequences": [row["name"] for row in found["sequences"] if not row["is_owned"]],
        # They belong to a column: SERIAL and IDENTITY make them, besides `CREATE SEQUENCE .. OWNED BY`.
        "owned_sequences": [row["name"] for row in found["sequences"] if row["is_owned"]],
        "views": [row["name"] for row in found["views"]],
    }


def _mariadb(connection):
    found = {part: _rows(connection, query) for part, query in MARIADB.items()}
    tables = {row["name"]: _table(row["name"], None, row["comment"]) for row in found["tables"]}
    for row in found["columns"]:
        if row["table"] not in tables:
            continue
        default = row["server_default"]
        tables[row["table"]]["columns"].append(
            {
                "name": row["name"],
                "type": row["type"],
                "nullable": bool(row["nullable"]),
                # MariaDB writes the default of a column that may be NULL and has none as the word NULL.
                "server_default": None if default == "NULL" else default,
                # AUTO_INCREMENT is MariaDB's SERIAL.
                "identity": False,
                "computed": bool(row["expression"]),
                "comment": row["comment"] or None,
            }
        )
    keys = {}
    for row in found["keys"]:
        key = keys.setdefault((row["table"], row["name"]), {"name": row["name"], "columns": [], "unique": bool(row["unique"])})
        key["columns"].append(row["column"])
    for (table, name), key in keys.items():
        if name == "PRIMARY":
            tables[table]["primary_key"] = {"name": None, "columns": key["columns"]}
        else:
            tables[table]["indexes"].append(key)
    references = {}
    for row in found["foreign_keys"]:
        key = references.setdefault(
            (row["table"], row["name"]),
            {
                "name": row["name"],
                "columns": [],
                "referent_schema": None,
                "referent_table": row["referent_table"],
                "referent_columns": [],
                "ondelete": {"NO ACTION": None, "RESTRICT": None}.get(row["ondelete"], row["ondelete"]),
            },
        )
        key["columns"].append(row["column"])
        key["referent_columns"].append(row["referent_column"])
    for (table, _), key in references.items():
        tables[table]["foreign_keys"].append(key)
    for row in found["checks"]:
        # A check at the level of a column bears the column's name; MariaDB makes one for each JSON column.
        if row["level"] == "Table":
            tables[row["table"]]["check_constraints"].append({"name": row["name"]})
    return {
        "tables": list(tables.values()),
        "enums": [],
        "sequences": [row["name"] for row in found["sequences"]],
        "views": [row["name"] for row in found["views"]],
    }


def _sqlite(connection):
    inspector, quoted = sa.inspect(connection), connection.dialect.identifier_preparer.quote
    tables = []
    for name in inspector.get_table_names():
        table = _table(name)
        described = {column["name"]: column for column in inspector.get_columns(name)}
        # 2 and 3 are computed columns; a hidden column (1) belongs to a virtual table.
        for row in _rows(connection, f"PRAGMA table_xinfo({quoted(name)})"):
            table["columns"].append(
                {
                    "name": row["name"],
                    "type": row["type"],
                    "nullable": not row["notnull"],
                    "server_default": row["dflt_value"],
                    "identity": False,
                    "computed": row["hidden"] in (2, 3),
                    "comment": described.get(row["name"], {}).get("comment"),
                }
            )
        key = inspector.get_pk_constraint(name)
        if key["constrained_columns"]:
            table["primary_key"] = {"name": key["name"], "columns": key["constrained_columns"]}
        for unique in inspector.get_unique_constraints(name):
            table["unique_constraints"].append({"name": unique["name"], "columns": unique["column_names"]})
        for reference in inspector.get_foreign_keys(name):
            table["foreign_keys"].append(
                {
                    "name": reference["name"],
                    "columns": reference["constrained_columns"],
                    "referent_schema": reference["referred_schema"],
                    "referent_table": reference["referred_table"],
                    "referent_columns": reference["referred_columns"],
                    "ondelete": reference["options"].get("ondelete"),
                }
            )
        for check in inspector.get_check_constraints(name):
            table["check_constraints"].append({"name": check["name"]})
        # SQLAlchemy leaves out indexes of expressions. Those that SQLite makes for constraints have another origin.
        for index in _rows(connection, f"PRAGMA index_list({quoted(name)})"):
            if index["origin"] == "c":
                columns = [row["name"] for row in _rows(connection, f"PRAGMA index_info({quoted(index['name'])})")]
                table["indexes"].append({"name": index["name"], "columns": columns, "unique": bool(index["unique"])})
        tables.append(table)
    return {"tables": tables, "enums": [], "sequences": [], "views": sorted(inspector.get_view_names())}
