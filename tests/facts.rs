//! What is said of PostgreSQL's locks and work, asked of PostgreSQL: servers of every major from 12 to 18 run the operations on tables
//! with rows, and tell their locks, which tables they wrote anew and which they read.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;
mod pages;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::process::{Command, Stdio};
use std::thread;

use alembic_lint::rule::{Category, Rule};
use alembic_lint::rules::RULES;
use alembic_lint::server::{SqlType, TypeChange};
use environment::server::{Kind, Server};
use environment::{ALEMBIC_LINT, needs_set_up, python_program, repository, run};
use pages::{examples, messages, revisions};
use serde::Deserialize;
use serde_json::{Value, json};

const MAJORS: RangeInclusive<u32> = 12..=18;

/// Operations of `operations.toml`.
#[derive(Debug, Deserialize)]
struct Operations {
    operation: Vec<Operation>,
}

/// One operation, and what comes before it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    #[serde(default)]
    before: String,
    upgrade: String,
    /// Why `review` says something else than the servers do.
    differs: Option<String>,
}

/// What a server did.
#[derive(Debug, Deserialize)]
struct Seen {
    locks: BTreeMap<String, Vec<String>>,
    rewritten: Vec<String>,
    scanned: Vec<String>,
    error: Option<String>,
}

/// What is said of one table.
#[derive(Debug, PartialEq, Eq, Clone, Default)]
struct Said {
    lock: String,
    work: String,
}

fn base() -> String {
    fs::read_to_string(repository("tests/facts/base.sql")).unwrap()
}

/// Weakest first: postgresql.org/docs/current/explicit-locking.html.
const MODES: [&str; 8] = [
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
];

fn strength(mode: &str) -> usize {
    let plain = |mode: &str| mode.replace(' ', "").to_lowercase();
    let wanted = plain(mode.trim_end_matches("Lock"));
    MODES.iter().position(|known| plain(known) == wanted).unwrap_or_else(|| panic!("{mode}"))
}

/// What a program of `tests/python` answers.
fn ask_python(program: &str, arguments: &[&str], request: &Value) -> Value {
    let mut driver = Command::new(python_program("python"));
    driver.arg(repository("tests/python").join(program)).args(arguments);
    let mut driver = driver.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    driver.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = driver.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What servers of every major do with each case.
fn servers_run(cases: &[Value]) -> BTreeMap<u32, Vec<Seen>> {
    let request = &json!({ "base": base(), "cases": cases });
    let on = |major: u32| {
        let server = Server::start(Kind::Release(major));
        let url = server.url("postgresql+psycopg", "postgres");
        (major, serde_json::from_value(ask_python("facts.py", &[&url], request)).unwrap())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = MAJORS.map(|major| scope.spawn(move || on(major))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn revision(id: &str, down: &str, upgrade: &str) -> String {
    format!(
        "\"\"\"{id}\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = \"{id}\"\ndown_revision = {down}\n\n\n\
         def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    pass\n"
    )
}

/// What `review` says of each operation on a major, by table.
fn review_says(operations: &[Operation], major: u32) -> Vec<BTreeMap<String, Said>> {
    let project = tempfile::tempdir().unwrap();
    for (number, operation) in operations.iter().enumerate() {
        let home = project.path().join(format!("case_{number:03}"));
        fs::create_dir_all(home.join("migrations/versions")).unwrap();
        fs::write(home.join("alembic.ini"), "[alembic]\nscript_location = %(here)s/migrations\n").unwrap();
        fs::write(home.join("migrations/env.py"), "").unwrap();
        let make = format!("op.execute(\"\"\"{}{}\"\"\")", base(), operation.before);
        fs::write(home.join("migrations/versions/a1_make.py"), revision("a1", "None", &make)).unwrap();
        let change = revision("b2", "\"a1\"", &operation.upgrade);
        fs::write(home.join("migrations/versions/b2_change.py"), change).unwrap();
    }
    let version = format!("database-version = \"{major}\"");
    let arguments = ["review", "--output-format", "json", "--applied-ref", "false", "--config", &version];
    let ran = run(
        ALEMBIC_LINT,
        &[&arguments[..], &["--config", "dialect = \"postgresql\""]].concat(),
        project.path(),
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.text()));
    let revisions = report["revisions"].as_array().unwrap();
    let changes = revisions.iter().filter(|revision| revision["revision"] == "b2");
    let said: Vec<_> = changes.map(|revision| effects(&revision["upgrade"]["operations"])).collect();
    assert_eq!(said.len(), operations.len(), "{}", ran.text());
    said
}

fn effects(operations: &Value) -> BTreeMap<String, Said> {
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    for effect in operations.as_array().unwrap().iter().flat_map(|one| one["effects"].as_array().unwrap()) {
        let text = |key: &str| effect[key].as_str().unwrap().to_owned();
        let own = said.entry(text("table")).or_default();
        if own.lock.is_empty() || strength(&text("lock")) > strength(&own.lock) {
            own.lock = text("lock");
        }
        if own.work.is_empty() || own.work == "none" || text("work") == "rewrite" {
            own.work = text("work");
        }
    }
    said
}

/// What the server did with a table otherwise than was said.
fn difference(table: &str, said: Option<&Said>, seen: &Seen) -> Option<String> {
    let strongest = seen.locks.get(table).and_then(|modes| modes.iter().map(|mode| strength(mode)).max());
    let lock = strongest.map_or("none", |at| MODES[at]);
    let said_lock = said.map_or("none", |said| said.lock.as_str());
    let is_rewritten = seen.rewritten.iter().any(|name| name == table);
    let is_scanned = seen.scanned.iter().any(|name| name == table);
    let work = said.map_or("none", |said| said.work.as_str());
    let is_right = match work {
        "none" => !is_rewritten && !is_scanned,
        "scan" | "index build" => !is_rewritten && is_scanned,
        "rewrite" => is_rewritten,
        _ => true,
    };
    let did = match (is_rewritten, is_scanned) {
        (true, _) => "written anew",
        (false, true) => "read",
        (false, false) => "left alone",
    };
    (lock != said_lock || !is_right)
        .then(|| format!("`{table}`: said lock {said_lock} and {work}, seen lock {lock} and {did}"))
}

#[test]
fn review_tells_what_servers_do() {
    needs_set_up!();
    let text = fs::read_to_string(repository("tests/facts/operations.toml")).unwrap();
    let operations = toml::from_str::<Operations>(&text).unwrap().operation;
    let case = |operation: &Operation| json!({ "before": operation.before, "revisions": [revision("b2", "\"a1\"", &operation.upgrade)] });
    let seen = servers_run(&operations.iter().map(case).collect::<Vec<_>>());
    let (mut compared, mut lies, mut explained) = (0, String::new(), vec![false; operations.len()]);
    for (major, seen) in &seen {
        let said = review_says(&operations, *major);
        for (number, operation) in operations.iter().enumerate() {
            let seen = &seen[number];
            assert_eq!(seen.error, None, "PostgreSQL {major}: {}", operation.upgrade);
            for table in ["customer", "account", "invoice"] {
                compared += 1;
                let Some(difference) = difference(table, said[number].get(table), seen) else { continue };
                if operation.differs.is_some() {
                    explained[number] = true;
                } else {
                    let _ = writeln!(
                        lies,
                        "PostgreSQL {major}: {} {}\n    {difference}",
                        operation.before, operation.upgrade
                    );
                }
            }
        }
    }
    println!("{} operations on {} majors, {compared} tables compared", operations.len(), seen.len());
    assert!(lies.is_empty(), "\n{lies}");
    for (operation, is_explained) in operations.iter().zip(explained) {
        assert_eq!(
            operation.differs.is_some(),
            is_explained,
            "nothing differs any more: {}",
            operation.upgrade
        );
    }
}

/// `rules.toml`.
#[derive(Debug, Deserialize)]
struct Proofs {
    /// Rules of which nothing can be shown so, with the reason.
    unproved: BTreeMap<String, String>,
    #[serde(flatten)]
    shown: BTreeMap<String, Proof>,
}

/// What the bad example of a rule shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Proof {
    #[serde(default)]
    before: String,
    shows: String,
    /// The last major that shows it.
    until: Option<u32>,
    /// The first major with something better.
    #[serde(default)]
    silent_before: u32,
    /// Whether the good examples are to show that it can be avoided.
    #[serde(default = "yes")]
    good: bool,
    /// Good examples that hold this are another matter.
    leave_out: Option<String>,
}

const fn yes() -> bool {
    true
}

impl Proof {
    /// Whether a server did what the page says.
    fn is_shown(&self, seen: &Seen) -> bool {
        let (kind, what) = self.shows.split_once(' ').unwrap();
        match kind {
            "fails" => seen.error.as_ref().is_some_and(|error| error.contains(what)),
            "rewrite" => seen.rewritten.iter().any(|table| table == what),
            "scan" => seen.scanned.iter().any(|table| table == what),
            "lock" => {
                let (table, mode) = what.split_once(' ').unwrap();
                seen.locks
                    .get(table)
                    .is_some_and(|held| held.iter().any(|one| strength(one) >= strength(mode)))
            }
            _ => panic!("{}", self.shows),
        }
    }
}

/// An example of a page, as a case.
struct Case {
    rule: &'static Rule,
    example: pages::Example,
}

#[test]
fn pages_tell_what_servers_do() {
    needs_set_up!();
    let text = fs::read_to_string(repository("tests/facts/rules.toml")).unwrap();
    let proofs: Proofs = toml::from_str(&text).unwrap();
    let mut lies = String::new();
    for rule in RULES.iter().filter(|rule| rule.category == Category::Locking) {
        let is_for_others = rule.name.starts_with("mysql-") || rule.name.starts_with("sqlite-");
        if !is_for_others && proofs.shown.contains_key(rule.name) == proofs.unproved.contains_key(rule.name) {
            let _ = writeln!(lies, "{}: neither proved nor listed in rules.toml, or both", rule.name);
        }
    }
    let mut cases = Vec::new();
    for (name, proof) in &proofs.shown {
        let rule = RULES.iter().find(|rule| rule.name == *name).unwrap_or_else(|| panic!("no rule {name}"));
        let is_meant = |example: &pages::Example| {
            let is_left_out =
                proof.leave_out.as_ref().is_some_and(|part| example.text.contains(part.as_str()));
            example.is_bad || (proof.good && !is_left_out)
        };
        cases.extend(examples(rule.docs).into_iter().filter(is_meant).map(|example| Case { rule, example }));
    }
    let requests: Vec<Value> = cases
        .iter()
        .map(|case| json!({ "before": proofs.shown[case.rule.name].before, "revisions": revisions(&case.example) }))
        .collect();
    let mut compared = 0;
    for (major, seen) in servers_run(&requests) {
        for (case, seen) in cases.iter().zip(seen) {
            let proof = &proofs.shown[case.rule.name];
            // The statement of a good example may be younger than the server.
            if major < proof.silent_before && !case.example.is_bad {
                continue;
            }
            compared += 1;
            let (is_shown, speaks) = (
                proof.is_shown(&seen),
                !messages(case.rule, &case.example, Some(&major.to_string())).is_empty(),
            );
            let expected = case.example.is_bad && proof.until.is_none_or(|until| major <= until);
            let is_silent = major < proof.silent_before;
            let is_right = is_shown == expected && speaks == (expected && !is_silent);
            let is_failing = seen.error.is_some() && !(expected && proof.shows.starts_with("fails"));
            if !is_right || is_failing {
                let _ = writeln!(
                    lies,
                    "PostgreSQL {major}: {}, a {} example: shown: {is_shown}, found: {speaks}, {seen:?}\n    {}",
                    case.rule.name,
                    if case.example.is_bad { "bad" } else { "good" },
                    case.example.text.lines().last().unwrap_or_default(),
                );
            }
        }
    }
    println!("{} rules by {} examples, {compared} runs", proofs.shown.len(), cases.len());
    assert!(lies.is_empty(), "\n{lies}");
}

/// Types as SQL writes them, each with its own casts. `path` lost its cast to `point` in PostgreSQL 15.
const TYPES: &str = "smallint integer bigint numeric real float boolean varchar char text date time timetz timestamp timestamptz \
    interval uuid json jsonb bytea inet cidr bit varbit money xml macaddr macaddr8 tsvector tsquery oid point line lseg box polygon circle \
    int4range int8range numrange tsrange tstzrange daterange jsonpath";

/// Answers a line for each pair of types: both types, and which cast there is.
const ASK_FOR_CASTS: &str = "
    CREATE TABLE answer(line text);
    DO $$
    DECLARE kinds text[] := string_to_array('TYPES', ' '); source text; target text; found text;
    BEGIN
        FOREACH target IN ARRAY kinds LOOP
            EXECUTE format('CREATE TABLE target(c %s)', target);
            FOREACH source IN ARRAY kinds LOOP
                BEGIN
                    EXECUTE format('INSERT INTO target SELECT c FROM (SELECT NULL::%s AS c) AS s', source);
                    found := 'Automatic';
                EXCEPTION WHEN others THEN
                    BEGIN
                        EXECUTE format('SELECT CAST(CAST(NULL AS %s) AS %s)', source, target);
                        found := 'NeedsUsing';
                    EXCEPTION WHEN others THEN
                        found := 'Missing';
                    END;
                END;
                INSERT INTO answer VALUES (source || ' ' || target || ' ' || found);
            END LOOP;
            DROP TABLE target;
        END LOOP;
    END $$;
    SELECT line FROM answer;";

#[test]
fn casts_are_those_of_the_servers() {
    let single: Vec<&str> = TYPES.split_whitespace().collect();
    // `char[]` and the like: items are cast as single values are.
    let arrays = single.iter().take(8).map(|type_| format!("{type_}[]"));
    let types: Vec<String> = single.iter().map(|type_| (*type_).to_owned()).chain(arrays).collect();
    let sql = ASK_FOR_CASTS.replace("TYPES", &types.join(" "));
    let ask = |major: u32| {
        let server = Server::start(Kind::Release(major));
        server.create_database("casts");
        (major, server.execute("casts", &sql))
    };
    let answers: Vec<(u32, String)> = thread::scope(|scope| {
        let threads: Vec<_> = MAJORS.map(|major| scope.spawn(move || ask(major))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (mut compared, mut lies) = (0, String::new());
    for (major, answer) in answers {
        let server = alembic_lint::operation::Server {
            dialect: alembic_lint::operation::Dialect::Postgresql,
            version: alembic_lint::operation::Version::parse(&major.to_string()).unwrap(),
        };
        for line in answer.lines().filter(|line| !line.is_empty()) {
            let [from, to, seen] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let said = TypeChange::of(&SqlType::parse(from), &SqlType::parse(to), server).cast;
            compared += 1;
            // PostgreSQL reads the text as `{a,b}`, which fails on the values of a column that is to become an array.
            let reads_array = to.ends_with("[]") && !from.ends_with("[]");
            let expected = if reads_array && seen == "NeedsUsing" { "Missing" } else { seen };
            if format!("{said:?}") != expected {
                let _ = writeln!(lies, "PostgreSQL {major}: {from} to {to} is {seen}, said {said:?}");
            }
        }
    }
    println!("{compared} casts compared");
    assert!(compared >= 7 * types.len() * types.len(), "{compared}");
    assert!(lies.is_empty(), "\n{lies}");
}

/// `elsewhere.toml`.
#[derive(Debug, Deserialize)]
struct ProofsElsewhere {
    /// Rules of which nothing can be shown so, with the reason.
    unproved: BTreeMap<String, String>,
    #[serde(flatten)]
    shown: BTreeMap<String, ProofElsewhere>,
}

/// What the bad example of a rule shows on MariaDB or SQLite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofElsewhere {
    server: String,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    session: Vec<String>,
    #[serde(default)]
    between: Vec<String>,
    ask: Option<String>,
    shows: String,
    #[serde(default = "yes")]
    good: bool,
}

impl ProofElsewhere {
    fn case(&self, example: &pages::Example) -> Value {
        let mut session = self.session.clone();
        let others = example.others.iter().map(|(_, text)| text);
        for text in others.chain([&example.text]) {
            let setting =
                text.lines().find_map(|line| line.split('"').find(|part| part.starts_with("PRAGMA")));
            session.extend(setting.map(str::to_owned));
        }
        json!({
            "before": self.before, "session": session, "between": self.between, "ask": self.ask,
            "revisions": revisions(example),
        })
    }

    fn is_shown(&self, result: &Value) -> bool {
        let (kind, what) = self.shows.split_once(' ').unwrap();
        match kind {
            "fails" => result["error"].as_str().is_some_and(|error| error.contains(what)),
            "answer" => result["answer"] == what,
            _ => panic!("{}", self.shows),
        }
    }
}

#[test]
fn pages_tell_what_happens_elsewhere() {
    needs_set_up!();
    let text = fs::read_to_string(repository("tests/facts/elsewhere.toml")).unwrap();
    let proofs: ProofsElsewhere = toml::from_str(&text).unwrap();
    let mut lies = String::new();
    for rule in
        RULES.iter().filter(|rule| rule.name.starts_with("mysql-") || rule.name.starts_with("sqlite-"))
    {
        if proofs.shown.contains_key(rule.name) == proofs.unproved.contains_key(rule.name) {
            let _ = writeln!(lies, "{}: neither proved nor listed in elsewhere.toml, or both", rule.name);
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let mariadb = Server::mariadb();
    mariadb.create_database("facts");
    let mut compared = 0;
    for server in ["mariadb", "sqlite"] {
        let of_server = proofs.shown.iter().filter(|(_, proof)| proof.server == server);
        let cases: Vec<_> = of_server
            .flat_map(|(name, proof)| {
                let rule = RULES.iter().find(|rule| rule.name == *name).unwrap();
                let all = examples(rule.docs).into_iter().filter(|example| example.is_bad || proof.good);
                all.map(move |example| (name, proof, example))
            })
            .collect();
        let requests: Vec<Value> = cases.iter().map(|(_, proof, example)| proof.case(example)).collect();
        let place = match server {
            "sqlite" => scratch.path().join("facts.db").display().to_string(),
            _ => mariadb.url("mysql+pymysql", "facts"),
        };
        let results = ask_python("consequences.py", &[server, &place], &json!(requests));
        for ((name, proof, example), result) in cases.iter().zip(results.as_array().unwrap()) {
            compared += 1;
            let is_failing = !result["error"].is_null() && !example.is_bad;
            if proof.is_shown(result) != example.is_bad || is_failing {
                let kind = if example.is_bad { "bad" } else { "good" };
                let _ = writeln!(lies, "{server}: {name}, a {kind} example: {result}\n    {}", example.text);
            }
        }
    }
    println!("{} rules, {compared} runs", proofs.shown.len());
    assert!(lies.is_empty(), "\n{lies}");
}
