//! Revisions that would take memory, time or stack without end: each is judged as far as it goes, and so are the others.

use crate::project::{dropping_project, revision};

/// Checks that a body ends, that what it does last is seen, and that the other revision is judged.
#[track_caller]
fn ends(code: &str) {
    let indented: String = code.lines().flat_map(|line| ["    ", line, "\n"]).collect();
    let text = revision("cc33", Some("bb22"), "grow", "grow()", "pass").replace(
        "def upgrade()",
        &format!("import itertools\nimport functools\n\n\ndef grow():\n{indented}    op.drop_table(\"user\")\n\n\ndef upgrade()"),
    );
    module_ends(&text);
}

#[track_caller]
fn module_ends(text: &str) {
    let project = dropping_project().with("migrations/versions/cc33_grow.py", text);
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints("bb22_second.py:20:5: error[drop-column]").prints("cc33_grow.py:");
}

const GROWING: &[&str] = &[
    "s = 'a'\nfor _ in range(60):\n    s = s + s\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s += s\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s = f'{s}{s}'\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s = '{}{}'.format(s, s)\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s = '%s%s' % (s, s)\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s = ','.join([s, s])\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s = s * 9\nop.execute(s)",
    "s = 'a'\nfor _ in range(60):\n    s = s.replace('a', 'aa')\nop.execute(s)",
    "s = ['a']\nfor _ in range(60):\n    s = s + s\nop.create_index('i', 't', s)",
    "s = ['a']\nfor _ in range(60):\n    s.extend(s)\nop.create_index('i', 't', s)",
    "s = ['a']\nfor _ in range(60):\n    s = [*s, *s]\nop.create_index('i', 't', s)",
    "s = ('a',)\nfor _ in range(60):\n    s = s + s\nop.create_index('i', 't', s)",
    "s = range(2000)\nfor _ in range(60):\n    s = list(itertools.product(s, s))\nop.create_index('i', 't', s)",
    "s = ['a']\nfor _ in range(25):\n    s = [s, s, s, s]\nop.create_index('i', 't', s)\nop.custom(s)\nop.execute(sa.text(s))",
    "s = t = ('a',)\nfor _ in range(60):\n    s = (s, s)\n    t = (t, t)\nif s == t:\n    op.drop_column('t', 'a')",
    "s = t = ('a',)\nfor _ in range(60):\n    s = (s, s)\n    t = (t, t)\nu = s if x else t\nop.custom(u)",
    "s = ('%s ' * 8, ) \nfor x in range(2000):\n    for y in range(2000):\n        s = {**{'a': s}, 'b': s}",
    "a = 'a' if x else 'b' if y else 'c' if z else 'd' if x else 'e'\nop.execute('%s%s%s%s%s%s%s%s' % (a, a, a, a, a, a, a, a))",
];

#[test]
fn values_that_grow() {
    for code in GROWING {
        ends(code);
    }
}

const DEEP: &[&str] = &[
    "t = ()\nfor i in range(2000):\n    for j in range(40):\n        t = (((((((((((((((((((t,),),),),),),),),),),),),),),),),),),)",
    "t = []\nfor i in range(2000):\n    for j in range(40):\n        t = [[[[[[[[[[[[[[[[t]]]]]]]]]]]]]]]]\nop.custom(t)",
    "first = t = []\nfor i in range(2000):\n    for j in range(40):\n        n = []\n        t.append(n)\n        t = n",
    "t = {}\nfor i in range(2000):\n    for j in range(40):\n        t = {'a': {'b': {'c': t}}}",
    "t = sa.text('x')\nfor i in range(2000):\n    for j in range(40):\n        t = sa.text(sa.text(t))\nop.execute(t)\nop.execute(f'{t}')",
    "t = sa.select()\nfor i in range(2000):\n    for j in range(40):\n        t = t.where()\nop.execute(t)",
    "t = x\nfor i in range(2000):\n    for j in range(40):\n        t = t.a.b\nop.execute(t)",
    "t = sa.a\nfor i in range(2000):\n    for j in range(40):\n        t = t.a.b / t\nop.execute(t)",
    "t = 'a'\nfor i in range(2000):\n    for j in range(40):\n        t = t.strip.strip",
    "def f(): pass\nt = f\nfor i in range(2000):\n    for j in range(40):\n        t = functools.partial(t, 1)\nt()",
    "t = 't'\nfor i in range(2000):\n    for j in range(40):\n        t = op.batch_alter_table(t)\nt.drop_column('a')",
    "class C:\n    pass\nt = C()\nfor i in range(2000):\n    for j in range(40):\n        n = C()\n        n.next = t\n        t = n",
    "def make(base):\n    class C(base):\n        x = base\n    return C\nt = object\nfor i in range(2000):\n    for j in range(10):\n        t = make(t)\nt.nothing",
    "l = []\nl.append(l)\nop.execute(l)\nop.custom(l)\nop.execute(str(l))",
    "class C:\n    pass\nc = C()\nc.__call__ = c\nc()",
    "from alembic.operations import ops\nl = []\no = ops.UpgradeOps(l)\nl.append(o)\nop.invoke(o)",
    "def f():\n    f()\n    f()\n    op.drop_column('t', 'a')\nf()",
];

#[test]
fn values_that_nest() {
    for code in DEEP {
        ends(code);
    }
}

#[test]
fn classes_that_inherit_from_each_other() {
    let diamond: String = (1..60)
        .map(|i| format!("class C{i}(C{0}, D{0}):\n    pass\nclass D{i}(C{0}, D{0}):\n    pass\n", i - 1))
        .collect();
    ends(&format!(
        "class C0:\n    pass\nclass D0:\n    pass\n{diamond}C59.nothing\nC59().nothing\nfor x in C59:\n    pass"
    ));
    let chain: String = (1..5_000).map(|i| format!("class C{i}(C{}):\n    pass\n", i - 1)).collect();
    ends(&format!("class C0:\n    pass\n{chain}C4999.nothing\nfor x in C4999:\n    pass"));
}

#[test]
fn much_of_one_thing() {
    let long = |line: &dyn Fn(usize) -> String| (0..100_000).map(line).collect::<String>();
    ends(&format!("d = {{{}}}\nfor k in d:\n    d[k]\n    d[k] = 1", long(&|i| format!("'k{i}': {i}, "))));
    ends(&format!(
        "l = [{}]\nfor k in range(2000):\n    l[k]\n    l.copy()\n    l.insert(0, k)",
        "1, ".repeat(100_000)
    ));
    ends(&format!("op.create_table('t', {})", long(&|i| format!("k{i}={i}, "))));
    ends(&format!("def f(**k): pass\nf({})", long(&|i| format!("k{i}={i}, "))));
    ends(&long(&|i| format!("op.drop_column('t', 'c{i}')\n")));
    ends(&long(&|i| format!("x{i} = {i}\n")));
    ends(&format!("if x:\n    {}\n", "pass\nif x:\n    a = 1\n".repeat(5_000).replace('\n', "\n    ")));
}

/// What `CPython` refuses, or gives up on, is refused by name and place.
#[test]
fn source_that_nests() {
    let many = 100_000;
    let refused = [
        format!("x = {}1{}", "(".repeat(many), ")".repeat(many)),
        format!("x = {}1{}", "[".repeat(many), "]".repeat(many)),
        format!("{}x{} = 1", "[".repeat(many), "]".repeat(many)),
        format!("x = {}1", "not ".repeat(many)),
        format!("x = {}1", "-".repeat(many)),
        format!("x = {}1", "lambda a, b: ".repeat(many)),
        format!("x = 1{}", "+1".repeat(many)),
        format!("x = 1{}", "**1".repeat(many)),
        format!("x = a{}", ".b()".repeat(many)),
        format!("x = a{}", "[0]".repeat(many)),
        format!("x = {}1", "1 if 1 else ".repeat(many)),
        format!("x = {}1{}", "f'{".repeat(many), "}'".repeat(many)),
        format!("x = {}1", "await ".repeat(many)),
        format!("x = {}", "(".repeat(many)),
        "if x: ".repeat(many),
        "for x in y: ".repeat(many),
        (0..2_000).map(|i| format!("{}if x:\n", " ".repeat(i))).collect::<String>()
            + &" ".repeat(2_000)
            + "pass",
        (0..2_000).map(|i| format!("{}def f():\n", " ".repeat(i))).collect::<String>()
            + &" ".repeat(2_000)
            + "pass",
    ];
    for line in refused {
        let text = revision("cc33", Some("bb22"), "nest", "pass", "pass") + "\n" + &line + "\n";
        let project = dropping_project().with("migrations/versions/cc33_nest.py", &text);
        let run = project.run(&["--output-format", "concise"]).exits(1);
        run.prints("bb22_second.py:20:5: error[drop-column]")
            .prints("error[parse-error]")
            .prints("cc33_nest.py:");
        let project = dropping_project()
            .with("migrations/env.py", format!("from alembic import context\n{line}\n"))
            .with("app/__init__.py", &line)
            .with(
                "migrations/versions/cc33_import.py",
                revision("cc33", Some("bb22"), "use", "app.x()", "pass")
                    .replace("import sqlalchemy as sa", "import app"),
            );
        project
            .run(&["--output-format", "concise"])
            .exits(1)
            .prints("bb22_second.py:20:5: error[drop-column]");
    }
}

/// As deep as Python goes is read.
#[test]
fn source_that_nests_as_deep_as_python_allows() {
    let sum = format!("'t'{}", " + ''".repeat(1_400));
    let parentheses = format!("{}'t'{}", "(".repeat(190), ")".repeat(190));
    for name in [sum, parentheses] {
        let text = revision("cc33", Some("bb22"), "nest", &format!("op.drop_table({name})"), "pass");
        let project = dropping_project().with("migrations/versions/cc33_nest.py", text);
        project.run(&["--output-format", "concise"]).exits(1).prints("cc33_nest.py:20:5: error[drop-table]");
    }
}

#[test]
fn a_module_that_says_global() {
    module_ends(
        &revision("cc33", Some("bb22"), "global", "op.drop_table(\"user\")", "pass")
            .replace("revision =", "global revision\nrevision ="),
    );
}

/// What runs at import must not take the functions away.
#[test]
fn a_module_that_runs_long() {
    let loops =
        "s = 'a'\nfor i in range(2000):\n    for j in range(2000):\n        s = s + s\n\n\ndef upgrade";
    let text = revision("cc33", Some("bb22"), "long", "op.drop_table(\"user\")", "pass")
        .replace("def upgrade", loops);
    let project = dropping_project().with("migrations/versions/cc33_long.py", text);
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints("error[drop-table]").prints("too many steps").prints("too large");
}
