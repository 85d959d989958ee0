//! `alembic-lint review`.

use serde_json::Value;

use crate::project::{SECOND, clean_project, dropping_project};

#[test]
fn review_says_in_plain_words_what_happens() {
    let run = dropping_project().run(&["review"]).exits(0);
    let first = run.stdout.find("migrations/versions/aa11_first.py:1").unwrap();
    let second = run.stdout.find("migrations/versions/bb22_second.py:1").unwrap();
    assert!(first < second, "{}", run.stdout);
    run.prints("drop the age of users")
        .prints("! drops column `user.age` and its data  migrations/versions/bb22_second.py:20")
        .prints("- adds column `user.age` (Integer, nullable)")
        .prints("        locks `user` (ACCESS EXCLUSIVE): blocks reads and writes")
        .prints("2 revisions to review.\nLocks are those of PostgreSQL 14.");
}

#[test]
fn review_json_has_the_promised_keys_in_the_promised_order() {
    let document = dropping_project().run(&["review", "--output-format", "json"]).exits(0).json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let revision = &document["revisions"][1];
    assert_eq!(
        keys(revision),
        "path revision down_revision branch_labels depends_on message applied upgrade downgrade server"
    );
    assert_eq!(revision["down_revision"], serde_json::json!(["aa11"]));
    let operation = &revision["upgrade"]["operations"][0];
    assert_eq!(
        keys(operation),
        "operation schema table name line column conditional destructive raw_sql sql summary lock blocks work \
         effects"
    );
    assert_eq!(operation["operation"], "drop_column");
    assert_eq!(operation["table"], "user");
    assert_eq!(operation["name"], "age");
    assert_eq!(operation["destructive"], true);
    assert_eq!(operation["lock"], "ACCESS EXCLUSIVE");
    assert_eq!(operation["blocks"], "reads and writes");
    assert_eq!(operation["work"], "none");
    assert_eq!(keys(&operation["effects"][0]), "schema table lock blocks work");
}

#[test]
fn review_says_what_it_could_not_read() {
    let project = clean_project().with(SECOND, "revision = 'bb22'\ndef upgrade(:\n");
    project.run(&["review"]).exits(0).prints("could not be read");
    let document = project.run(&["review", "--output-format", "json"]).exits(0).json();
    let unresolved = &document["revisions"][1]["upgrade"]["unresolved"][0];
    assert_eq!(unresolved["line"], 2);
    assert!(unresolved["reason"].as_str().unwrap().contains("Python"), "{unresolved}");
}
