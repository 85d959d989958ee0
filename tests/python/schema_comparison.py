"""Compares the schema that alembic-lint replayed with what a database holds, fact by fact.

A fact of the database is *equal* to what the replay says, or *different*, or the replay says that it does not know it. What the
replay says is there and is not there is different as well. Both sides have the shape of `alembic-lint schema --output-format json`.
"""

import contextlib
import re
from dataclasses import dataclass, field

import sqlalchemy as sa

# What the replay says of a column, other than that it is there.
COLUMN_FACTS = ("type", "nullable", "server_default", "identity", "computed", "comment")
LISTS = ("unique_constraints", "foreign_keys", "check_constraints", "exclude_constraints", "indexes")


@dataclass
class Comparison:
    """The count of facts by outcome, and what is different or unknown in words."""

    equal: int = 0
    unknown: int = 0
    tables: int = 0
    columns: int = 0
    differences: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def facts(self):
        return self.equal + self.unknown + len(self.differences)

    @property
    def known(self):
        """The share of the facts that the replay knows."""
        return (self.facts - self.unknown) / self.facts if self.facts else 0.0

    def fact(self, place, is_known, replayed, real):
        if not is_known:
            self.doubt(place)
        elif replayed == real:
            self.equal += 1
        else:
            self.differ(place, f"replayed {replayed!r}, in the database {real!r}")

    def doubt(self, place, facts=1):
        self.unknown += facts
        self.doubts.append(place)

    def differ(self, place, text):
        self.differences.append(f"{place}: {text}")


class Types:
    """Types as the database itself spells them: it is asked to make a column of each."""

    def __init__(self, connection):
        self._connection = connection
        self._known = {}

    def normal(self, text):
        if text not in self._known:
            self._known[text] = self._ask(text)
        return self._known[text]

    def _ask(self, text):
        if self._connection.dialect.name == "sqlite":
            # It keeps whatever is written.
            return re.sub(r"\s*([(),])\s*", r"\1", text.upper())
        self._connection.rollback()
        with contextlib.suppress(sa.exc.DBAPIError):
            self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE asked_type (c {text.replace('%', '%%')})")
            if self._connection.dialect.name == "postgresql":
                query = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'asked_type'::regclass AND attnum = 1"
                answer = self._connection.exec_driver_sql(query).scalar()
                self._connection.rollback()
            else:
                answer = self._connection.exec_driver_sql("SHOW COLUMNS FROM asked_type").one()[1]
                self._connection.exec_driver_sql("DROP TEMPORARY TABLE asked_type")
            return answer
        self._connection.rollback()
        return f"{text} (which the database refuses)"


def compare(replayed, real, connection):
    """One script directory beside the database that its revisions made."""
    result = Comparison()
    types = Types(connection)
    name = lambda table: (table["schema"], table["name"])
    said = {name(table): table for table in replayed["tables"]}
    uncertain = {table.rpartition(".")[2] for table in replayed["uncertain_tables"]}
    if connection.dialect.name in ("mysql", "mariadb"):
        real = dict(real, tables=[_keys_of_mariadb(table) for table in real["tables"]])
        said = {key: _keys_of_mariadb(table) for key, table in said.items()}
    for table in real["tables"]:
        place = table["name"]
        result.tables += 1
        result.columns += len(table["columns"])
        other = said.pop(name(table), None)
        if other is not None:
            result.equal += 1
            _compare_tables(result, place, other, table, types)
        elif table["name"] in uncertain or not replayed["complete"]:
            result.doubt(f"table {place}", _facts_of(table))
        else:
            result.differ(f"table {place}", "missing in the replay")
    for _, table in said:
        result.differ(f"table {table}", "not in the database")
    enums = {(enum["schema"], enum["name"]): enum["labels"] for enum in replayed["enums"]}
    for enum in real["enums"]:
        key = (enum["schema"], enum["name"])
        if key in enums:
            labels = enums.pop(key)
            result.fact(f"enum {enum['name']}", labels is not None, labels, enum["labels"])
        elif replayed["complete"] and enum["name"] not in replayed["uncertain_objects"]:
            result.differ(f"enum {enum['name']}", "missing in the replay")
        else:
            result.doubt(f"enum {enum['name']}")
    for _, enum in enums if connection.dialect.name == "postgresql" else ():
        result.differ(f"enum {enum}", "not in the database")
    for kind in ("sequences", "views"):
        for one in sorted(set(real[kind]) | set(replayed[kind])):
            is_uncertain = one in replayed["uncertain_objects"] or not replayed["complete"]
            if one not in replayed[kind] and is_uncertain:
                result.doubt(f"{kind[:-1]} {one}")
            else:
                is_there = one in real[kind] or one in real.get(f"owned_{kind}", ())
                result.fact(f"{kind[:-1]} {one}", True, one in replayed[kind], is_there)
    return result


def _facts_of(table):
    """How many facts there are about a table that the replay does not know."""
    return 2 + len(table["columns"]) * (1 + len(COLUMN_FACTS)) + sum(2 * len(table[part]) for part in LISTS)


def _keys_of_mariadb(table):
    """MariaDB makes no difference between a unique constraint and a unique index, and a primary key has no name of its own."""
    uniques = [dict(unique, unique=True) for unique in table["unique_constraints"]]
    primary_key = table["primary_key"] and dict(table["primary_key"], name=None)
    return dict(table, indexes=table["indexes"] + uniques, unique_constraints=[], primary_key=primary_key)


def _compare_tables(result, table, said, real, types):
    columns = {column["name"]: column for column in said["columns"]}
    for column in real["columns"]:
        place = f"{table}.{column['name']}"
        other = columns.pop(column["name"], None)
        if other is not None:
            result.equal += 1
            _compare_columns(result, place, other, column, types)
        elif said["complete"]:
            result.differ(place, "missing in the replay")
        else:
            result.doubt(place, 1 + len(COLUMN_FACTS))
    for column in columns:
        result.differ(f"{table}.{column}", "not in the database")
    unknown = said.get("unknown", [])
    result.fact(f"{table}: comment", "comment" not in unknown, said["comment"], real["comment"])
    _compare_primary_keys(result, table, said, real)
    for part in LISTS:
        _compare_named(result, f"{table}: {part.replace('_', ' ')}", said[part], real[part], said["complete"])


def _compare_columns(result, place, said, real, types):
    unknown = said.get("unknown", [])
    # What SERIAL makes of a column is its type's doing.
    is_serial = str(real["server_default"]).startswith("nextval(") and said["server_default"] is None
    for part in COLUMN_FACTS:
        is_known = part not in unknown
        if part == "type":
            one = said["type"] and types.normal(said["type"])
            other = types.normal(real["type"]) if one and types._connection.dialect.name == "sqlite" else real["type"]
            result.fact(f"{place} type", is_known, one, other)
        elif part == "nullable":
            result.fact(f"{place} nullable", is_known, said["nullable"], real["nullable"])
        elif part == "server_default":
            there = real["server_default"] is not None and not is_serial
            result.fact(f"{place} has a default", is_known, said["server_default"] is not None, there)
        else:
            result.fact(f"{place} {part}", is_known, said[part], real[part])


def _compare_primary_keys(result, table, said, real):
    one, other = said["primary_key"], real["primary_key"]
    place = f"{table}: primary key"
    if one is None or other is None:
        if one is None and other is None:
            result.fact(place, said["complete"], None, None)
        else:
            result.fact(place, one is not None or said["complete"], one, other)
        return
    result.fact(f"{place} columns", one["columns"] is not None, one["columns"], other["columns"])
    if other["name"] is not None:
        result.fact(f"{place} name", one["name"] is not None, one["name"], other["name"])


def _compare_named(result, place, said, real, is_complete):
    """Constraints of one kind, or indexes: by name, and where the replay does not know the name, by what they are."""
    left = list(said)
    unmatched = []
    for one in real:
        match = next((other for other in left if other["name"] is not None and other["name"] == one["name"]), None)
        if match is None:
            unmatched.append(one)
            continue
        left.remove(match)
        result.equal += 1
        _compare_details(result, f"{place} {one['name']}", match, one)
    for one in unmatched:
        match = next((other for other in left if (other["name"] is None or one["name"] is None) and _fits(other, one)), None)
        if match is not None:
            left.remove(match)
            # SQLite alone lets a constraint be without a name.
            result.fact(f"{place} {one['name']}: name", one["name"] is None, match["name"], one["name"])
            _compare_details(result, f"{place} {one['name']}", match, one)
        elif is_complete:
            result.differ(f"{place} {one['name']}", f"missing in the replay: {one}")
        else:
            result.doubt(f"{place} {one['name']}", 2)
    for other in left:
        result.differ(f"{place} {other['name']}", f"not in the database: {other}")


def _fits(said, real):
    """Whether they can be the same thing."""
    return said.get("columns") is None or "columns" not in real or said["columns"] == real["columns"]


def _compare_details(result, place, said, real):
    unknown = said.get("unknown", [])
    for part in ("columns", "unique", "referent_table", "referent_columns", "ondelete"):
        if part in real and part in said:
            is_known = said[part] is not None if part != "ondelete" else part not in unknown
            one, other = (_action(side[part]) if part == "ondelete" else side[part] for side in (said, real))
            result.fact(f"{place} {part}", is_known, one, other)


def _action(ondelete):
    """What is done, or `None`: `NO ACTION` is what is done where nothing is said, and databases keep no difference."""
    return None if ondelete is None or ondelete.upper() == "NO ACTION" else ondelete.upper()
