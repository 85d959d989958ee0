//! What each operation says of itself.

use super::super::{
    AlterColumn, BulkInsert, Call, CreateConstraint, Custom, DropColumn, DropTable, Execute, RenameTable,
    TableComment,
};
use super::*;
use crate::source::Span;

fn says(change: Change) -> String {
    says_of(change, Origin::Directive)
}

fn says_of(change: Change, origin: Origin) -> String {
    let operation = Operation {
        change,
        span: Span::default(),
        call_sites: Box::default(),
        via: Box::default(),
        conditional: false,
        arms: Box::default(),
        guarded: false,
        autocommit: false,
        batch: false,
        recreate: false,
        origin,
    };
    summary(&operation)
}

fn on(table: &str) -> TableName {
    match table.split_once('.') {
        Some((schema, table)) => TableName { schema: Name::new(schema), name: Name::new(table) },
        None => TableName::new(Name::new(table)),
    }
}

fn unknown() -> TableName {
    TableName::new(Name::Unknown)
}

fn string(text: &str) -> Argument {
    Argument::Str(text.into())
}

fn call(callee: &str, args: &[Argument], keywords: &[(&str, Argument)]) -> Argument {
    Argument::Call(Box::new(Call {
        callee: callee.into(),
        args: args.into(),
        keywords: keywords.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
    }))
}

fn a_column(name: Name) -> Column {
    Column {
        name,
        type_: None,
        nullable: None,
        primary_key: false,
        unique: false,
        index: false,
        server_default: ServerDefault::NotGiven,
        python_default: None,
        items: Box::default(),
        options: Box::default(),
        complete: true,
    }
}

fn add(table: TableName, column: Column) -> Change {
    Change::AddColumn(Box::new(AddColumn { table, column, if_not_exists: false, options: Box::default() }))
}

fn alter(table: &str, column: &str, change: impl FnOnce(&mut AlterColumn)) -> Change {
    let mut alter = AlterColumn { table: on(table), column: Name::new(column), ..AlterColumn::default() };
    change(&mut alter);
    Change::AlterColumn(Box::new(alter))
}

fn constraint(kind: ConstraintKind, name: Name, columns: &[&str]) -> Constraint {
    Constraint {
        kind,
        name,
        columns: Some(columns.iter().map(|column| Name::new(column)).collect()),
        referent: None,
        referent_columns: None,
        options: Box::default(),
    }
}

fn run(statement: Statement) -> Change {
    Change::Execute(Execute { statement })
}

#[test]
fn tables() {
    let create = |columns: usize, complete: bool| CreateTable {
        table: on("user"),
        columns: vec![a_column(Name::new("id")); columns],
        complete,
        ..CreateTable::default()
    };
    let cases = [
        (Change::CreateTable(create(5, true)), "creates table `user` with 5 columns"),
        (Change::CreateTable(create(1, false)), "creates table `user` with at least 1 column"),
        (
            Change::CreateTable(create(0, false)),
            "creates table `user` with columns that are not known before it runs",
        ),
        (
            Change::CreateTable(CreateTable { if_not_exists: true, temporary: true, ..create(2, true) }),
            "creates temporary table `user` with 2 columns, unless it exists",
        ),
        (
            Change::CreateTable(CreateTable { table: unknown(), ..create(2, true) }),
            "creates a table whose name is not known before it runs, with 2 columns",
        ),
        (
            Change::DropTable(DropTable { table: on("app.user"), ..DropTable::default() }),
            "drops table `app.user` and its data",
        ),
        (
            Change::DropTable(DropTable { table: on("user"), cascade: true, ..DropTable::default() }),
            "drops table `user` and its data, with everything that depends on it (CASCADE)",
        ),
        (
            Change::DropTable(DropTable { table: unknown(), ..DropTable::default() }),
            "drops a table whose name is not known before it runs and its data",
        ),
        (
            Change::RenameTable(RenameTable { table: on("user"), to: Name::new("account") }),
            "renames table `user` to `account`",
        ),
        (
            Change::CreateTableComment(TableComment { table: on("user"), comment: Some("people".into()) }),
            "sets the comment of table `user` to \"people\"",
        ),
        (
            Change::DropTableComment(TableComment { table: on("user"), comment: None }),
            "removes the comment of table `user`",
        ),
        (Change::BulkInsert(BulkInsert { table: on("user"), rows: Some(3) }), "inserts 3 rows into `user`"),
        (Change::BulkInsert(BulkInsert { table: on("user"), rows: None }), "inserts rows into `user`"),
    ];
    for (change, expected) in cases {
        assert_eq!(says(change), expected);
    }
}

#[test]
fn columns() {
    let email = Column {
        type_: Some(call("sqlalchemy.String", &[], &[])),
        nullable: Some(false),
        ..a_column(Name::new("email"))
    };
    let state = Column {
        type_: Some(call("sqlalchemy.dialects.postgresql.VARCHAR", &[], &[("length", Argument::Int(9))])),
        server_default: ServerDefault::Value(call("sqlalchemy.text", &[string("'new'")], &[])),
        nullable: Some(true),
        unique: true,
        ..a_column(Name::new("state"))
    };
    let cases = [
        (add(on("user"), email.clone()), "adds column `user.email` (String, not null)"),
        (
            add(on("app.user"), state),
            "adds column `app.user.state` (VARCHAR(length=9), nullable, unique, default 'new')",
        ),
        (add(on("user"), a_column(Name::new("x"))), "adds column `user.x`"),
        (
            add(unknown(), a_column(Name::new("x"))),
            "adds column `x` of a table whose name is not known before it runs",
        ),
        (
            add(on("user"), a_column(Name::Unknown)),
            "adds a column of `user` (its name is not known before it runs)",
        ),
        (
            Change::DropColumn(DropColumn {
                table: on("user"),
                column: Name::new("age"),
                ..DropColumn::default()
            }),
            "drops column `user.age` and its data",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(says(change), expected);
    }
}

#[test]
fn altered_columns() {
    let fifty = || call("sqlalchemy.String", &[Argument::Int(50)], &[]);
    let cases = [
        (
            alter("user", "name", |a| a.type_ = Some(fifty())),
            "changes type of column `user.name` to String(50)",
        ),
        (
            alter("user", "name", |a| {
                a.type_ = Some(fifty());
                a.existing_type = Some(string("VARCHAR(20)"));
                a.nullable = Attribute::Set(false);
                a.server_default = ServerDefault::None;
            }),
            "changes type of column `user.name` from VARCHAR(20) to String(50), makes it not null, removes its \
             default",
        ),
        (alter("user", "name", |a| a.nullable = Attribute::Set(true)), "makes column `user.name` nullable"),
        (
            alter("user", "name", |a| a.type_ = Some(Argument::Unknown)),
            "changes type of column `user.name` to a type that is not known before it runs",
        ),
        (
            alter("user", "name", |a| {
                a.new_name = Name::new("full_name");
                a.comment = Some(Argument::None);
            }),
            "renames column `user.name` to `full_name`, removes its comment",
        ),
        (
            alter("user", "name", |a| a.server_default = ServerDefault::Value(string("x"))),
            "sets default of column `user.name` to x",
        ),
        (
            alter("user", "name", |a| a.existing_nullable = Some(true)),
            "alters column `user.name` without changing anything",
        ),
        (
            alter("user", "name", |a| {
                a.options = Box::new([("autoincrement".into(), Argument::Bool(true))]);
            }),
            "alters column `user.name` (`autoincrement`)",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(says(change), expected);
    }
}

#[test]
fn indexes_and_constraints() {
    let index = CreateIndex {
        name: Name::new("ix"),
        table: on("user"),
        columns: Some(vec![string("email"), call("sqlalchemy.text", &[string("lower(name)")], &[])]),
        ..CreateIndex::default()
    };
    let foreign = Constraint {
        referent: Some(on("c")),
        referent_columns: Some(vec![Name::new("id")]),
        ..constraint(ConstraintKind::ForeignKey, Name::new("fk"), &["b"])
    };
    let create = |constraint| Change::CreateConstraint(CreateConstraint { table: on("a"), constraint });
    let cases = [
        (Change::CreateIndex(index.clone()), "creates index `ix` on `user` (`email`, lower(name))"),
        (
            Change::CreateIndex(CreateIndex { unique: true, concurrently: true, columns: None, ..index }),
            "creates unique index `ix` on `user` (columns not known before it runs), concurrently",
        ),
        (Change::DropIndex(DropIndex { name: Name::new("ix"), ..DropIndex::default() }), "drops index `ix`"),
        (
            Change::DropIndex(DropIndex { table: on("user"), name: Name::Unknown, ..DropIndex::default() }),
            "drops an index whose name is not known before it runs of `user`",
        ),
        (create(foreign), "adds foreign key `fk` from `a` (`b`) to `c` (`id`)"),
        (
            create(constraint(ConstraintKind::Unique, Name::None, &["x", "y"])),
            "adds a unique constraint without a name on `a` (`x`, `y`)",
        ),
        (
            create(constraint(ConstraintKind::Check, Name::new("ck"), &[])),
            "adds check constraint `ck` on `a`",
        ),
        (
            create(constraint(ConstraintKind::PrimaryKey, Name::new("pk"), &["id"])),
            "adds primary key `pk` on `a` (`id`)",
        ),
        (
            Change::DropConstraint(DropConstraint {
                table: on("a"),
                name: Name::new("pk"),
                kind: Some(ConstraintKind::PrimaryKey),
                ..DropConstraint::default()
            }),
            "drops primary key `pk` of `a`",
        ),
        (
            Change::DropConstraint(DropConstraint { table: on("a"), ..DropConstraint::default() }),
            "drops a constraint without a name of `a`",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(says(change), expected);
    }
}

#[test]
fn statements() {
    let t = || on("t");
    let n = || Name::new("n");
    let cases = [
        (Statement::Select, "reads rows and changes nothing"),
        (Statement::Insert { table: t() }, "inserts rows into `t`"),
        (Statement::Update { table: t(), has_where: true, columns: None }, "updates rows of `t`"),
        (Statement::Update { table: t(), has_where: false, columns: None }, "updates all rows of `t`"),
        (Statement::Delete { table: t(), has_where: true }, "deletes rows of `t`"),
        (Statement::Delete { table: t(), has_where: false }, "deletes all rows of `t`"),
        (Statement::Truncate { table: t(), cascade: false }, "empties table `t` (TRUNCATE)"),
        (
            Statement::Truncate { table: t(), cascade: true },
            "empties table `t` and every table that refers to it (TRUNCATE)",
        ),
        (Statement::CreateSchema { name: n() }, "creates schema `n`"),
        (Statement::DropSchema { name: n(), cascade: true }, "drops schema `n` and everything in it"),
        (Statement::DropDatabase { name: n() }, "drops database `n` and all its data"),
        (
            Statement::CreateType {
                name: n(),
                labels: Some(vec![Name::new("a"), Name::Unknown]),
                if_missing: false,
            },
            "creates type `n` (`a`, ?)",
        ),
        (Statement::CreateType { name: n(), labels: None, if_missing: true }, "creates type `n`"),
        (Statement::DropType { name: n(), cascade: true }, "drops type `n` and the columns that use it"),
        (Statement::AddEnumValue { name: n(), value: Name::new("v") }, "adds value `v` to type `n`"),
        (Statement::CreateSequence { name: n() }, "creates sequence `n`"),
        (Statement::DropSequence { name: n() }, "drops sequence `n`"),
        (Statement::ValidateConstraint { table: t(), name: n() }, "validates constraint `n` of `t`"),
        (
            Statement::ConstraintUsingIndex { table: t(), name: n(), index: n(), primary_key: false },
            "adds constraint `n` to `t` from an index that exists",
        ),
        (Statement::Comment, "sets a comment"),
        (Statement::Set { name: n(), local: true }, "sets setting `n` for this transaction"),
        (Statement::Transaction, "begins or ends a transaction"),
        (Statement::Other { verb: "CREATE EXTENSION".into() }, "runs SQL: CREATE EXTENSION"),
        (Statement::Unparsed, "runs SQL that could not be parsed"),
        (Statement::Unknown, "runs a statement that is not known before it runs"),
    ];
    for (statement, expected) in cases {
        assert_eq!(says(run(statement)), expected);
    }
    let sql = Origin::RawSql { text: super::super::HOLE.into(), span: None, dynamic: true };
    assert_eq!(says_of(run(Statement::Unknown), sql), "runs SQL that is not known before it runs");
}

#[test]
fn custom_directives() {
    let custom = |args: &[Argument]| {
        Change::Custom(Custom { name: "create_entity".into(), args: args.into(), keywords: Box::default() })
    };
    assert_eq!(says(custom(&[])), "runs the directive `op.create_entity()`");
    assert_eq!(
        says(custom(&[string("view"), Argument::Unknown])),
        "runs the directive `op.create_entity('view', ..)`"
    );
    assert_eq!(says(custom(&[string(&"x".repeat(500))])), "runs the directive `op.create_entity(..)`");
}
