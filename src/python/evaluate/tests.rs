//! What is read from revisions, spelling by spelling. Real Alembic judges the same in `tests/real_alembic.rs`.

use crate::operation::{Dialect, Name};
use crate::python::{Modules, read_revision};
use crate::revision::{Body, Revision};
use crate::source::{Applied, Encoding, Role, SourceFile};

fn file(role: Role, path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.into(),
        location: path.into(),
        directory: 0,
        role,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    }
}

fn read(text: &str) -> Revision {
    read_revision(&file(Role::Revision, "versions/a.py", text), &Modules::default(), Dialect::Postgresql)
}

/// Each operation as `directive table name`, `?` in front where it is conditional; then what is unresolved.
fn listing(body: Option<&Body>) -> Vec<String> {
    let Some(body) = body else { return vec!["no such function".into()] };
    let show = |name: &Name| match name {
        Name::Known(name) => name.to_string(),
        Name::None => "-".into(),
        Name::Unknown => "*".into(),
    };
    let operations = body.operations.iter().map(|operation| {
        let maybe = if operation.conditional { "? " } else { "" };
        let commit = if operation.autocommit { " autocommit" } else { "" };
        let table = operation.change.table().map_or("-".into(), |table| match show(&table.schema).as_str() {
            "-" => show(&table.name),
            schema => format!("{schema}.{}", show(&table.name)),
        });
        format!("{maybe}{} {table} {}{commit}", operation.change.directive(), show(operation.change.name()))
    });
    let unresolved = body.unresolved.iter().map(|unresolved| format!("! {}", unresolved.reason));
    operations.chain(unresolved).collect()
}

fn upgrade(text: &str) -> Vec<String> {
    listing(read(text).upgrade.as_ref())
}

/// Puts a body into `def upgrade()` of a module with the usual imports.
fn body(code: &str) -> Vec<String> {
    let indented: String = code.trim_matches('\n').lines().flat_map(|line| ["    ", line, "\n"]).collect();
    upgrade(&format!("from alembic import op\nimport sqlalchemy as sa\n\ndef upgrade():\n{indented}"))
}

#[test]
fn directives_are_bound_by_their_signature() {
    assert_eq!(
        body(
            r#"
op.create_table("user", sa.Column("id", sa.Integer(), primary_key=True), sa.UniqueConstraint("id"), schema="app")
op.add_column("user", sa.Column("age", sa.Integer))
op.alter_column(table_name="user", column_name="age", nullable=False)
op.create_index(op.f("ix_user_age"), "user", ["age"], unique=False)
op.create_foreign_key(None, "user", "team", ["team_id"], ["id"])
op.drop_constraint("uq", "user", type_="unique")
op.drop_index("ix", table_name="user")
op.rename_table("user", "person")
op.bulk_insert(sa.table("kind", sa.column("id")), [{"id": 1}])
op.create_table_comment("user", "people")
op.drop_table("user")
"#
        ),
        [
            "create_table app.user -",
            "add_column user age",
            "alter_column user age",
            "create_index user ix_user_age",
            "create_foreign_key user -",
            "drop_constraint user uq",
            "drop_index user ix",
            "rename_table user person",
            "bulk_insert kind -",
            "create_table_comment user -",
            "drop_table user -",
        ]
    );
}

#[test]
fn every_way_to_reach_op_is_followed() {
    let cases = [
        "from alembic import op as o\ndef upgrade():\n    o.drop_table('t')\n",
        "import alembic\ndef upgrade():\n    alembic.op.drop_table('t')\n",
        "import alembic.op\ndef upgrade():\n    alembic.op.drop_table('t')\n",
        "import alembic.op as x\ndef upgrade():\n    x.drop_table('t')\n",
        "from alembic.op import drop_table\ndef upgrade():\n    drop_table('t')\n",
        "from alembic.op import drop_table as d\ndef upgrade():\n    d('t')\n",
        "from alembic.op import *\ndef upgrade():\n    drop_table('t')\n",
        "def upgrade(op):\n    op.drop_table('t')\n",
        "def upgrade(op, tables, tester):\n    op.drop_table('t')\n",
        "def upgrade(o: Operations):\n    o.drop_table('t')\n",
        "from alembic import op\nx = op\ndef upgrade():\n    x.drop_table('t')\n",
        "from alembic import op\ndef upgrade():\n    drop = op.drop_table\n    drop('t')\n",
        "from alembic import op\ndef upgrade():\n    getattr(op, 'drop_table')('t')\n",
        "from alembic import op\ndef upgrade():\n    getattr(op, 'drop_' + 'table')('t')\n",
        "from alembic import op\nfrom alembic.operations import ops\ndef upgrade():\n    op.invoke(ops.DropTableOp('t'))\n",
        "from alembic import op\nimport functools\ndef upgrade():\n    functools.partial(op.drop_table, 't')()\n",
        "from alembic import op\nimport sqlalchemy as sa\ndef upgrade():\n    sa.Table('t', sa.MetaData()).drop(op.get_bind())\n",
        "from alembic import op\ndef helper(name):\n    op.drop_table(name)\ndef upgrade():\n    helper('t')\n",
        "from alembic import op\ndef upgrade():\n    (lambda n: op.drop_table(n))('t')\n",
        "from alembic import op\ndef upgrade():\n    [op.drop_table(n) for n in ['t']]\n",
        "from alembic import op\ndef upgrade():\n    list(map(op.drop_table, ['t']))\n",
        "from alembic import op\nclass M:\n    def __init__(self, t):\n        self.t = t\n    def run(self):\n        op.drop_table(self.t)\ndef upgrade():\n    M('t').run()\n",
        "from alembic import op\nT = {'a': 't'}\ndef upgrade():\n    for k, v in T.items():\n        op.drop_table(v)\n",
        "from alembic import op\ndef upgrade():\n    try:\n        op.drop_table('t')\n    except Exception:\n        pass\n",
        "from alembic import op\nup = lambda: op.drop_table('t')\nupgrade = up\n",
        "from alembic import op\nasync def upgrade():\n    op.drop_table('t')\n",
        "from alembic import op\nimport importlib\ndef upgrade():\n    importlib.import_module('alembic.op').drop_table('t')\n",
        "from alembic import op\nfrom alembic.operations import Operations\ndef upgrade():\n    with Operations.context(op.get_context()) as o:\n        o.drop_table('t')\n",
        "from alembic import op\nclass A:\n    T = 't'\n    @classmethod\n    def run(cls):\n        op.drop_table(cls.T)\ndef upgrade():\n    A.run()\n",
        "from alembic import op\nclass A:\n    @staticmethod\n    def run(name):\n        op.drop_table(name)\ndef upgrade():\n    A().run('t')\n",
        "from alembic import op\nclass A:\n    @property\n    def table(self):\n        return 't'\ndef upgrade():\n    op.drop_table(A().table)\n",
        "from alembic import op\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    table: str\ndef upgrade():\n    for a in [A('t')]:\n        op.drop_table(a.table)\n",
        "from alembic import op\nimport enum\nclass E(str, enum.Enum):\n    A = 't'\ndef upgrade():\n    op.drop_table(E.A)\n",
        "from alembic import op\ndef upgrade():\n    op.drop_table(*['t'])\n",
        "from alembic import op\ndef upgrade():\n    op.drop_table(**{'table_name': 't'})\n",
        "from alembic import op\nimport asyncio\nasync def go():\n    op.drop_table('t')\ndef upgrade():\n    asyncio.run(go())\n",
        "from alembic import op\nasync def go(connection):\n    await connection.execute('DROP TABLE t')\ndef upgrade():\n    op.run_async(go)\n",
        "from alembic import op\ndef upgrade():\n    cursor = op.get_bind().connection.cursor()\n    cursor.execute('DROP TABLE t')\n",
        "from alembic import op\nfrom sqlalchemy.orm import sessionmaker\ndef upgrade():\n    with sessionmaker(bind=op.get_bind())() as session:\n        session.execute('DROP TABLE t')\n",
        "from alembic import op\nfrom company import connect\ndef upgrade():\n    connect().execute('DROP TABLE t')\n",
        "from alembic import op\nimport textwrap\ndef upgrade():\n    op.execute(textwrap.dedent('  DROP TABLE t'))\n",
        "from alembic import op\ndef upgrade():\n    for text in 'DROP TABLE t; '.split(';'):\n        op.execute(text)\n",
        "from alembic import op\nfrom sqlalchemy.schema import CreateTable, DropTable\nimport sqlalchemy as sa\ndef upgrade():\n    op.execute(DropTable(sa.Table('t', sa.MetaData())))\n",
    ];
    for case in cases {
        assert_eq!(upgrade(case), ["drop_table t -"], "{case}");
    }
}

#[test]
fn batch_objects_know_their_table() {
    assert_eq!(
        body(
            r#"
with op.batch_alter_table("user", schema="app") as b, op.batch_alter_table("team") as c:
    b.drop_column("age")
    c.add_column(sa.Column("x", sa.Integer))
    b.create_foreign_key("fk", "team", ["a"], ["id"])
with op.batch_alter_table("t"):
    op.drop_index("ix")
from contextlib import ExitStack
with ExitStack() as stack:
    batch = stack.enter_context(op.batch_alter_table("s"))
    batch.drop_constraint("ck", type_="check")
"#
        ),
        [
            "drop_column app.user age",
            "add_column team x",
            "create_foreign_key app.user fk",
            "drop_index - ix",
            "drop_constraint s ck",
        ]
    );
}

#[test]
fn undecided_code_is_conditional_and_decided_code_is_not() {
    assert_eq!(
        body(
            r#"
bind = op.get_bind()
if bind.dialect.name == "postgresql":
    op.drop_table("a")
elif True:
    op.drop_table("b")
if 1 == 1:
    op.drop_table("c")
if not True:
    op.drop_table("never")
for name in sa.inspect(bind).get_table_names():
    op.drop_table(name)
try:
    op.drop_table("d")
except Exception:
    op.drop_table("e")
bind.dialect.name == "mysql" and op.drop_table("f")
if bind.dialect.name == "sqlite":
    return
op.drop_table("g")
"#
        ),
        [
            "? drop_table a -",
            "? drop_table b -",
            "drop_table c -",
            "? drop_table * -",
            "drop_table d -",
            "? drop_table e -",
            "? drop_table f -",
            "? drop_table g -",
            "! the table given to `drop_table` is not known before it runs",
        ]
    );
}

#[test]
fn a_guard_that_raises_leaves_the_rest_certain() {
    assert_eq!(
        body("if op.get_bind().dialect.name != 'postgresql':\n    raise RuntimeError()\nop.drop_table('a')"),
        ["drop_table a -"]
    );
}

#[test]
fn alternatives_of_a_name_are_an_operation_each() {
    assert_eq!(
        body(
            "name = 'a' if op.get_bind().dialect.name == 'mysql' else 'b'\nop.drop_constraint(name, 't', type_='unique')"
        ),
        ["? drop_constraint t a", "? drop_constraint t b"]
    );
}

#[test]
fn the_dialect_is_asked_and_not_known() {
    let code = r#"
dialect = op.get_bind().dialect
op.drop_index({"mysql": "a", "sqlite": "b"}[dialect.name])
if dialect.name in ("mysql", "mariadb") or dialect.has_table(op.get_bind(), "t"):
    op.drop_table("t")
"#;
    assert_eq!(body(code), ["? drop_index - a", "? drop_index - b", "? drop_table t -"]);
}

#[test]
fn a_name_that_the_dialect_quotes_is_that_name() {
    let code = "quote = op.get_bind().engine.dialect.identifier_preparer.quote
op.execute(f\"ALTER TABLE t DROP COLUMN {quote('Change')}\")";
    assert_eq!(body(code), ["drop_column t Change"]);
}

#[test]
fn alternatives_reach_keywords_and_formatted_names() {
    let code = r#"
dialect = op.get_bind().dialect.name
name = "a" if dialect == "mysql" else "b"
with op.batch_alter_table("t") as batch:
    batch.drop_constraint(constraint_name=name, type_="primary")
op.drop_index("ix_%s_%s" % ("t", name))
"#;
    assert_eq!(
        body(code),
        ["? drop_constraint t a", "? drop_constraint t b", "? drop_index - ix_t_a", "? drop_index - ix_t_b"]
    );
}

#[test]
fn queries_of_a_session_are_reads_and_enums_are_named_after_their_class() {
    let text = r#"
import enum
from alembic import op
import sqlalchemy as sa
from sqlalchemy.orm import Session
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
def upgrade():
    session = Session(bind=op.get_bind())
    for row in session.query(sa.table("t")).filter(True):
        session.query(sa.table("u")).all()
    sa.Enum(Colour).drop(op.get_bind(), checkfirst=True)
"#;
    let body = read(text).upgrade.unwrap();
    let listed: Vec<_> = body.operations.iter().map(|o| (o.conditional, o.summary())).collect();
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(listed.iter().map(|(conditional, _)| *conditional).collect::<Vec<_>>(), [false, true, false]);
    assert!(listed[2].1.contains("`colour`"), "{listed:?}");
}

#[test]
fn names_are_folded_from_constants() {
    assert_eq!(
        body(
            r#"
prefix, (first, *rest) = "x", ["1", "2", "3"]
op.drop_table(f"{prefix}_{first}")
op.drop_table("%s_%s" % (prefix, rest[0]))
op.drop_table("{}_{n}".format(prefix, n=rest[-1]))
op.drop_table("_".join([prefix, "j"]))
op.drop_table("  pad ".strip().upper())
names = []
for i, letter in enumerate("ab", 1):
    names.append(f"{letter}{i}")
for name in reversed(sorted(names)):
    op.drop_table(name)
"#
        ),
        [
            "drop_table x_1 -",
            "drop_table x_2 -",
            "drop_table x_3 -",
            "drop_table x_j -",
            "drop_table PAD -",
            "drop_table b2 -",
            "drop_table a1 -",
        ]
    );
}

#[test]
fn the_multidb_template_dispatches_by_name() {
    let text = r#"
from alembic import op
def upgrade(engine_name):
    globals()["upgrade_%s" % engine_name]()
def upgrade_one():
    op.drop_table("a")
def upgrade_two():
    op.drop_table("b")
def downgrade(engine_name):
    eval("downgrade_%s" % engine_name)()
def downgrade_one():
    op.drop_table("c")
"#;
    let revision = read(text);
    assert_eq!(listing(revision.upgrade.as_ref()), ["? drop_table a -", "? drop_table b -"]);
    assert_eq!(listing(revision.downgrade.as_ref()), ["? drop_table c -"]);
}

#[test]
fn autocommit_blocks_and_context_managers_of_the_project_are_entered() {
    let text = r#"
from contextlib import contextmanager
from alembic import op
@contextmanager
def batch(name):
    op.drop_index("before")
    with op.batch_alter_table(name) as b:
        yield b
    op.drop_index("after")
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix", postgresql_concurrently=True)
    with batch("t") as b:
        b.drop_column("c")
"#;
    assert_eq!(
        upgrade(text),
        ["drop_index - ix autocommit", "drop_index - before", "drop_column t c", "drop_index - after"]
    );
}

#[test]
fn modules_of_the_project_are_followed() {
    let files = [
        file(Role::Module("app".into()), "app/__init__.py", ""),
        file(
            Role::Module("app.helpers".into()),
            "app/helpers.py",
            "from alembic import op\nfrom .names import TABLE\ndef drop(column):\n    op.drop_column(TABLE, column)\n",
        ),
        file(Role::Module("app.names".into()), "app/names.py", "TABLE = 'user'\n"),
    ];
    let modules = Modules::new(&files, 0);
    let text = "from app.helpers import drop\nimport app.helpers as h\ndef upgrade():\n    drop('a')\n    h.drop('b')\n";
    let revision = read_revision(&file(Role::Revision, "versions/a.py", text), &modules, Dialect::Postgresql);
    assert_eq!(listing(revision.upgrade.as_ref()), ["drop_column user a", "drop_column user b"]);
    let first = &revision.upgrade.as_ref().unwrap().operations[0];
    assert_eq!(first.span.of(text), "drop('a')", "the place is the call in the revision");
    assert_eq!(&*first.via, ["drop".into()]);
}

#[test]
fn what_is_not_followed_is_said() {
    assert_eq!(
        body("from company import migrations\nmigrations.drop_everything(op.get_bind())"),
        ["! the database is handed to `company.migrations.drop_everything`, which is not followed"]
    );
    assert_eq!(body("exec('op.drop_table()')"), ["! the code given to `exec` is not followed"]);
    assert_eq!(
        body("import sqlmodel\nsqlmodel.SQLModel.metadata.create_all(op.get_bind())"),
        ["! `sqlmodel.SQLModel.metadata.create_all` works on tables that are not listed here"]
    );
    assert_eq!(
        body("import os\nop.drop_table(os.environ['T'])"),
        ["drop_table * -", "! the table given to `drop_table` is not known before it runs"]
    );
}

#[test]
fn models_that_a_revision_declares_know_their_table() {
    let text = r#"
from alembic import op
import sqlalchemy as sa
from sqlalchemy.orm import Session, declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "user"
    id = sa.Column(sa.Integer, primary_key=True)
def upgrade():
    session = Session(bind=op.get_bind())
    session.query(User).filter(User.id > 3).delete()
    session.execute(sa.delete(User))
    session.add_all([User(id=1)])
    User.__table__.drop(op.get_bind())
"#;
    let body = read(text).upgrade.unwrap();
    let statements: Vec<_> = body.operations.iter().map(crate::operation::Operation::summary).collect();
    assert_eq!(
        statements,
        [
            "deletes rows of `user`",
            "deletes all rows of `user`",
            "inserts rows into `user`",
            "drops table `user` and its data"
        ]
    );
}

#[test]
fn identifiers_are_module_attributes() {
    let revision =
        read("x = 'ab'\nrevision: str = x + '12'\ndown_revision = ('cd', 'ef')\ndepends_on = None\n");
    assert_eq!(revision.id(), Some("ab12"));
    assert_eq!(revision.identifiers.down_revision.value.strings(), ["cd".into(), "ef".into()]);
    assert!(revision.upgrade.is_none());
}

#[test]
fn endless_code_is_cut() {
    let listing =
        body("i = 0\nwhile True:\n    i += 1\n    for x in range(1000):\n        i += x\nop.drop_table('t')");
    assert!(listing.iter().any(|line| line.starts_with("! ")), "{listing:?}");
    let recursive = "from alembic import op\ndef f(n):\n    op.drop_table(f't{n}')\n    f(n + 1)\n    f(n + 2)\ndef upgrade():\n    f(0)\n";
    assert!(upgrade(recursive).iter().any(|line| line.starts_with("! ")));
}

#[test]
fn bodies_that_do_nothing_or_raise_are_told_apart() {
    let revision = read(
        "def upgrade():\n    '''doc'''\n    pass\ndef downgrade():\n    raise NotImplementedError('no')\n",
    );
    let (upgrade, downgrade) = (revision.upgrade.unwrap(), revision.downgrade.unwrap());
    assert!(upgrade.is_trivial && !upgrade.raises);
    assert!(downgrade.raises && !downgrade.is_trivial);
}

#[test]
fn integers_are_pythons() {
    let code = |expression: &str| format!("op.drop_table('t' + str({expression}))");
    for (expression, table) in [
        ("-7 // 2", "t-4"),
        ("7 // -2", "t-4"),
        ("-8 // 2", "t-4"),
        ("-7 % 2", "t1"),
        ("7 % -2", "t-1"),
        ("7 // 0", "*"),
        ("9223372036854775807 + 1", "*"),
        ("-9223372036854775807 - 2", "*"),
        ("4611686018427387904 * 2", "*"),
        ("(-9223372036854775807 - 1) // -1", "*"),
        ("-(-9223372036854775807 - 1)", "*"),
    ] {
        let read = body(&code(expression));
        assert_eq!(read[0], format!("drop_table {table} -"), "{expression}");
    }
}

#[test]
fn what_grows_too_large_is_said() {
    let read = body("s = 'a'\nfor _ in range(60):\n    s = s + s\nop.drop_table(s)\nop.drop_table('t')");
    assert!(read.contains(&"drop_table t -".to_owned()), "{read:?}");
    assert!(
        read.contains(&"! the code makes values that are too large to be followed".to_owned()),
        "{read:?}"
    );
}
