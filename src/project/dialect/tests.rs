//! What each kind of evidence tells, and which goes before which.

use super::*;
use crate::testing::source_file;

/// What a script directory with these URLs of `alembic.ini`, this `env.py`, these revisions and packages is described as.
fn described(urls: &[&str], environment: &str, revisions: &[&str], packages: &[&str]) -> ScriptDirectory {
    let configured =
        urls.iter().map(|scheme| Url { scheme: (*scheme).to_owned(), place: "alembic.ini".to_owned() });
    let mut files = vec![source_file("env.py", Ok(environment.into()))];
    files.extend(
        revisions
            .iter()
            .enumerate()
            .map(|(at, text)| source_file(&format!("versions/r{at}.py"), Ok((*text).into()))),
    );
    let packages: Vec<(Box<str>, Box<str>)> =
        packages.iter().map(|name| ((*name).into(), "requirements.txt".into())).collect();
    let engine = Engine {
        own_urls: crate::project::engine::urls(environment, "env.py"),
        is_async: crate::project::engine::is_async(environment),
        ..Engine::default()
    };
    let mut directory = ScriptDirectory::default();
    Evidence::new(configured.collect(), engine, &files, Vec::new(), &packages).describe(&mut directory);
    directory
}

fn dialect(urls: &[&str], environment: &str, revisions: &[&str], packages: &[&str]) -> Option<Dialect> {
    described(urls, environment, revisions, packages).dialect
}

const MYSQL: &str =
    "from sqlalchemy.dialects import mysql\nop.add_column('t', sa.Column('a', mysql.TINYINT()))\n";
const POSTGRESQL: &str =
    "from sqlalchemy.dialects import postgresql\nop.add_column('t', sa.Column('a', postgresql.UUID()))\n";
const SQLITE: &str =
    "from sqlalchemy.dialects.sqlite import JSON\nop.add_column('t', sa.Column('a', JSON()))\n";

#[test]
fn a_url_goes_before_what_only_lies_around() {
    assert_eq!(dialect(&["mysql+pymysql"], "", &[POSTGRESQL], &["asyncpg"]), Some(Dialect::Mysql));
    assert_eq!(dialect(&["driver"], "", &[], &["asyncpg"]), Some(Dialect::Postgresql));
    assert_eq!(dialect(&["oracle"], "", &[], &["asyncpg"]), None);
    assert_eq!(dialect(&[], "create_engine('mysql://u@h/d')", &[], &["psycopg2"]), Some(Dialect::Mysql));
}

#[test]
fn a_file_stands_in_for_the_server_that_other_files_name() {
    assert_eq!(dialect(&["sqlite"], "", &[], &["asyncpg"]), Some(Dialect::Postgresql));
    assert_eq!(dialect(&["sqlite"], "", &[POSTGRESQL], &[]), Some(Dialect::Postgresql));
    assert_eq!(dialect(&["sqlite"], "", &[], &["aiosqlite"]), Some(Dialect::Sqlite));
    assert_eq!(dialect(&[], "create_engine('sqlite:///x')", &[], &[]), Some(Dialect::Sqlite));
    // What is made of SQLite's types runs on no server.
    assert_eq!(dialect(&["sqlite"], "", &[SQLITE], &["psycopg2"]), Some(Dialect::Sqlite));
}

#[test]
fn revisions_count_most_where_no_url_tells() {
    assert_eq!(dialect(&[], "", &[MYSQL, MYSQL], &["psycopg2"]), Some(Dialect::Mysql));
    assert_eq!(dialect(&[], "", &["op.create_table('t', mysql_engine='InnoDB')"], &[]), Some(Dialect::Mysql));
    assert_eq!(
        dialect(&[], "", &["op.create_index('i', 't', ['a'], postgresql_using='gin')"], &[]),
        Some(Dialect::Postgresql)
    );
    assert_eq!(dialect(&[], "", &[MYSQL], &["mariadb"]), Some(Dialect::Mariadb));
    assert_eq!(
        dialect(&[], "", &[MYSQL, POSTGRESQL], &["psycopg2"]),
        Some(Dialect::Postgresql),
        "they are for both"
    );
    let unused = "from sqlalchemy.dialects import mysql\nop.drop_table('t')\n";
    assert_eq!(
        dialect(&[], "", &[unused], &["psycopg2"]),
        Some(Dialect::Postgresql),
        "an import that nothing uses"
    );
    for word in ["mysql_password = 1", "x.mysql_engine", "f(my_mysql_engine=1)"] {
        assert_eq!(dialect(&[], "", &[word], &[]), None, "{word}");
    }
}

#[test]
fn drivers_that_disagree_tell_nothing() {
    let from = |packages: &[&str]| dialect(&[], "", &[], packages);
    assert_eq!(from(&["psycopg2-binary", "asyncpg"]), Some(Dialect::Postgresql));
    assert_eq!(from(&["psycopg2", "pymysql"]), None);
    assert_eq!(from(&["aiosqlite"]), Some(Dialect::Sqlite));
    assert_eq!(from(&["aiosqlite", "asyncpg"]), Some(Dialect::Postgresql));
    assert_eq!(from(&["mariadb"]), Some(Dialect::Mariadb));
    assert_eq!(from(&[]), None);
}

#[test]
fn what_tells_is_said_and_whether_it_is_a_guess() {
    let source = |urls: &[&str], revisions: &[&str], packages: &[&str]| {
        let source = described(urls, "", revisions, packages).dialect_source.unwrap();
        (source.place.into_string(), source.is_guess)
    };
    assert_eq!(source(&["mysql"], &[], &[]), ("the URL in alembic.ini".to_owned(), false));
    assert_eq!(source(&["mssql"], &[], &[]), ("the URL in alembic.ini".to_owned(), false));
    assert_eq!(source(&[], &[], &["psycopg2"]), ("`psycopg2` in requirements.txt".to_owned(), true));
    assert_eq!(source(&[], &[MYSQL, MYSQL], &[]), ("2 revisions that use `mysql`".to_owned(), true));
    assert_eq!(source(&["sqlite"], &[], &["psycopg2"]), ("`psycopg2` in requirements.txt".to_owned(), true));
}

#[test]
fn the_driver_is_that_of_the_engine() {
    const SYNC: &str = "with engine.connect() as connection:\n    pass\n";
    const ASYNC: &str = "async with engine.connect() as connection:\n    await connection.run_sync(run)\n";
    let driver = |urls: &[&str], environment: &str, packages: &[&str]| {
        described(urls, environment, &[], packages).driver.map(String::from)
    };
    assert_eq!(driver(&[], SYNC, &["asyncpg", "psycopg2-binary"]).as_deref(), Some("psycopg2"));
    assert_eq!(driver(&[], ASYNC, &["psycopg2", "asyncpg"]).as_deref(), Some("asyncpg"));
    assert_eq!(driver(&["postgresql+asyncpg"], ASYNC, &["psycopg"]).as_deref(), Some("asyncpg"));
    assert_eq!(driver(&["postgresql+asyncpg"], SYNC, &[]), None, "env.py takes another one");
    assert_eq!(driver(&["postgresql+psycopg"], ASYNC, &["asyncpg"]).as_deref(), Some("psycopg"));
    assert_eq!(driver(&["postgresql+asyncpg"], "", &[]).as_deref(), Some("asyncpg"));
    assert_eq!(driver(&[], "", &["asyncpg"]), None);
}
