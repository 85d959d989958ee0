"""What real Alembic does with calls of its directives: reads a file with one call a line, and prints for each, as JSON, whether it raises
(`raises`), says the same as without its last argument (`ignored`), or neither (`works`)."""

import io
import json
import pathlib
import sys
import warnings

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations


def emitted(call):
    """The SQL of one call on PostgreSQL; `None` where it raises."""
    out = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out})
    operations = Operations(context)
    try:
        with operations.batch_alter_table("t") as batch_op:
            eval(call, {"op": operations, "batch_op": batch_op, "sa": sa})
    except Exception:
        return None
    return out.getvalue()


def without_last(call):
    start, comma, _ = call.rpartition(", ")
    return f"{start})" if comma else None


def outcome(call):
    sql = emitted(call)
    if sql is None:
        return "raises"
    shorter = without_last(call)
    return "ignored" if shorter and sql == emitted(shorter) else "works"


warnings.simplefilter("ignore")
print(json.dumps({call: outcome(call) for call in pathlib.Path(sys.argv[1]).read_text().splitlines()}))
