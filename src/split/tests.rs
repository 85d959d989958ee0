//! Revisions taken apart in memory. That the parts run is shown on real servers.

use super::sequence::{AFTER, BEFORE};
use super::{Split, SplitError, Stage, split};
use crate::config::Settings;
use crate::linter::{Outcome, lint};
use crate::operation::Dialect;
use crate::project::{Project, ScriptDirectory};
use crate::rule::FixAvailability;
use crate::rules::RULES;
use crate::selection::Selection;
use crate::source::{FileId, SourceFile};
use crate::testing::source_file;

const BASE: &str = "\"\"\"base\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = '0001'\ndown_revision = None\n\n\n\
    def upgrade():\n    op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('a', sa.Text(), nullable=False), \
    sa.Column('b', sa.Text()))\n\n\ndef downgrade():\n    op.drop_table('t')\n";

fn file(path: &str, text: String) -> SourceFile {
    source_file(path, Ok(text.into()))
}

fn revision(id: &str, parent: &str, upgrade: &str, downgrade: &str) -> String {
    let indented = |body: &str| body.trim().replace('\n', "\n    ");
    format!(
        "\"\"\"change t\n\nRevision ID: {id}\nRevises: {parent}\n\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\
         from sqlalchemy.dialects import postgresql\n\nrevision = '{id}'\ndown_revision = '{parent}'\nbranch_labels = None\n\
         depends_on = None\n\n\ndef upgrade():\n    {}\n\n\ndef downgrade():\n    {}\n",
        indented(upgrade),
        indented(downgrade)
    )
}

/// A history of the base and these files; the second one is the one that is taken apart.
fn read(files: Vec<SourceFile>, settings: &Settings) -> (Project, Outcome) {
    let directory = ScriptDirectory {
        path: "migrations".into(),
        version_locations: vec!["versions".into()],
        dialect: Some(Dialect::Postgresql),
        ..ScriptDirectory::default()
    };
    let base = file("versions/0001_base.py", BASE.to_owned());
    let files = std::iter::once(base).chain(files).collect();
    let project = Project { directories: vec![directory], files, ..Project::default() };
    let outcome = lint(&project, settings, &Selection::of(&[]));
    (project, outcome)
}

fn try_split(upgrade: &str, downgrade: &str) -> Result<Option<Split>, SplitError> {
    let settings = Settings { database_version: Some("14".to_owned()), ..Settings::default() };
    let whole = file("versions/0002_change_t.py", revision("0002", "0001", upgrade, downgrade));
    let (project, outcome) = read(vec![whole], &settings);
    split(&project, &settings, &outcome, FileId(1))
}

#[test]
fn a_docstring_without_a_message() {
    let settings = Settings { database_version: Some("14".to_owned()), ..Settings::default() };
    let text = revision(
        "0002",
        "0001",
        "op.alter_column('t', 'b', nullable=False)\nop.create_index('ix', 't', ['b'])",
        "pass",
    );
    let whole = file("versions/0002_.py", text.replace("change t\n", "\n"));
    let (project, outcome) = read(vec![whole], &settings);
    let split = split(&project, &settings, &outcome, FileId(1)).unwrap().expect("it has several parts");
    assert!(split.parts.len() > 1);
}

/// The texts of the parts.
#[track_caller]
fn parts(upgrade: &str, downgrade: &str) -> Vec<(Stage, String)> {
    let split = try_split(upgrade, downgrade).unwrap().expect("it has several parts");
    let text = |file| split.project.file(file).unwrap().text().to_owned();
    split.parts.iter().map(|part| (part.stage, text(part.file))).collect()
}

#[track_caller]
fn stages(upgrade: &str) -> Vec<Stage> {
    parts(upgrade, "pass").into_iter().map(|(stage, _)| stage).collect()
}

const DROP: &str = "op.drop_column('t', 'b')";

#[test]
fn what_old_code_can_live_with_comes_first() {
    let parts = parts(
        &format!("{DROP}\n# why\nop.add_column('t', sa.Column('c', postgresql.JSONB()))"),
        "op.drop_column('t', 'c')\nop.add_column('t', sa.Column('b', sa.Text()))",
    );
    let [(Stage::Expand, first), (Stage::Contract, last)] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!(
        *first,
        revision(
            "0002",
            "0001",
            "# why\nop.add_column('t', sa.Column('c', postgresql.JSONB()))",
            "op.drop_column('t', 'c')"
        )
    );
    let back = "op.add_column('t', sa.Column('b', sa.Text()))";
    let expected = revision("0003", "0002", DROP, back).replace("change t", "change t: contract");
    assert_eq!(*last, expected.replace("from sqlalchemy.dialects import postgresql\n", ""));
}

#[test]
fn an_order_that_matters_is_kept() {
    use Stage::{Backfill, Contract, Expand};
    let add = "op.add_column('t', sa.Column('c', sa.Text()))";
    assert_eq!(
        stages(&format!("{add}\nop.execute('UPDATE t SET c = b')\n{DROP}")),
        [Expand, Backfill, Contract]
    );
    // The column that comes back is another one than the one that goes.
    let back = "op.add_column('t', sa.Column('b', sa.Integer()))";
    assert!(try_split(&format!("{DROP}\n{back}"), "pass").unwrap().is_none());
    assert_eq!(stages(&format!("{DROP}\n{back}\n{add}")), [Expand, Contract]);
    // Nobody knows what this is about.
    assert!(try_split(&format!("{DROP}\nop.execute('SOMETHING ELSE')\n{add}"), "pass").unwrap().is_none());
    let loosened = "op.drop_constraint('ck', 't', type_='check')\nop.execute(\"UPDATE t SET b = 'x'\")";
    assert_eq!(stages(loosened), [Expand, Backfill]);
}

#[test]
fn names_are_bound_where_they_are_used() {
    let parts = parts(
        "kind = sa.Text()\nname = 'b'\nop.add_column('t', sa.Column('c', kind))\nop.drop_column('t', name)\n",
        "pass",
    );
    let (first, last) = (&parts[0].1, &parts[1].1);
    assert!(
        first.contains("kind = sa.Text()\n    op.add_column") && !first.contains("name = 'b'"),
        "{first}"
    );
    assert!(last.contains("name = 'b'\n    op.drop_column('t', name)") && !last.contains("kind"), "{last}");
}

#[test]
fn a_column_that_goes_takes_null_first() {
    let parts =
        parts("op.drop_column('t', 'a')", "op.add_column('t', sa.Column('a', sa.Text(), nullable=False))");
    let (first, last) = (&parts[0].1, &parts[1].1);
    assert!(first.contains("op.alter_column('t', 'a', existing_type=sa.Text(), nullable=True)"), "{first}");
    assert!(first.contains("op.alter_column('t', 'a', nullable=False, existing_type=sa.Text())"), "{first}");
    assert!(last.contains("op.add_column('t', sa.Column('a', sa.Text(), nullable=True))"), "{last}");
}

#[test]
fn a_strict_column_is_filled_and_guarded() {
    let parts =
        parts("op.add_column('t', sa.Column('c', sa.Text(), nullable=False))", "op.drop_column('t', 'c')");
    let [(Stage::Expand, first), (Stage::Backfill, middle), (Stage::Contract, last)] = parts.as_slice()
    else {
        panic!("{parts:?}")
    };
    assert!(first.contains("sa.Column('c', sa.Text(), nullable=True)"), "{first}");
    assert!(middle.contains("# TODO: give `t.c` a value"), "{middle}");
    assert!(middle.contains("'\"c\" IS NOT NULL', postgresql_not_valid=True"), "{middle}");
    let order = ["VALIDATE CONSTRAINT", "nullable=False", "op.drop_constraint('t_c_not_null'"];
    let places: Vec<_> = order.iter().map(|text| last.find(text)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{last}");
}

#[test]
fn a_part_is_not_taken_apart_again() {
    let settings = Settings::default();
    let upgrade = "op.add_column('t', sa.Column('c', sa.Text(), nullable=False))\n\
                   op.create_foreign_key('f', 't', 't', ['c'], ['b'])\nop.drop_column('t', 'a')";
    let whole = file("versions/0002_change_t.py", revision("0002", "0001", upgrade, "pass"));
    let (project, outcome) = read(vec![whole], &settings);
    let parts = split(&project, &settings, &outcome, FileId(1)).unwrap().unwrap();
    assert_eq!(parts.parts.len(), 3);
    for part in &parts.parts {
        assert!(
            split(&parts.project, &settings, &parts.outcome, part.file).unwrap().is_none(),
            "{}",
            part.id
        );
    }
}

#[test]
fn other_dialects_have_no_guard() {
    let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
    let add =
        "op.add_column('t', sa.Column('c', sa.Text(), nullable=False))\nop.create_index('ix', 't', ['b'])";
    let whole = file("versions/0002_change_t.py", revision("0002", "0001", add, "pass"));
    let (project, outcome) = read(vec![whole], &settings);
    let split = split(&project, &settings, &outcome, FileId(1)).unwrap().unwrap();
    let stages: Vec<_> = split.parts.iter().map(|part| part.stage).collect();
    assert_eq!(stages, [Stage::Expand, Stage::Backfill, Stage::Contract]);
    let text = split.project.file(split.parts[1].file).unwrap().text();
    assert!(text.contains("# TODO") && text.contains("    pass\n"), "{text}");
}

#[test]
fn what_followed_follows_the_last_part() {
    let settings = Settings::default();
    let add = "op.add_column('t', sa.Column('c', sa.Text()))";
    let whole = revision("0002", "0001", &format!("{add}\n{DROP}"), "pass");
    let after = revision("0003", "0002", "op.add_column('t', sa.Column('d', sa.Text()))", "pass");
    let files = vec![file("versions/0002_change_t.py", whole), file("versions/0003_after.py", after)];
    let (project, outcome) = read(files, &settings);
    let split = split(&project, &settings, &outcome, FileId(1)).unwrap().unwrap();
    assert_eq!(split.parts[1].id, "0004");
    let text = split.project.file(split.followers[0]).unwrap().text();
    assert!(text.contains("Revises: 0004\n") && text.contains("down_revision = '0004'"), "{text}");
}

#[test]
fn what_cannot_be_taken_apart_is_said() {
    let refused = |upgrade: &str| try_split(upgrade, "pass").unwrap_err();
    let add = "op.add_column('t', sa.Column('c', sa.Text()))";
    let guard = "if op.get_bind().dialect.name == 'oracle':\n    return";
    assert_eq!(refused(&format!("{guard}\n{add}\n{DROP}")), SplitError::Leaves { line: 18 });
    assert_eq!(refused(&format!("{add}; {DROP}")), SplitError::SharesLine { line: 18 });
    assert_eq!(
        refused(&format!("{add}\nop.execute('COMMIT')\n{DROP}")),
        SplitError::Transaction { line: 19 }
    );
}

#[test]
fn identifiers_that_share_a_statement_are_left_to_people() {
    let settings = Settings::default();
    let body = format!("op.add_column('t', sa.Column('c', sa.Text()))\n{DROP}");
    let whole = revision("0002", "0001", &body, "pass")
        .replace("revision = '0002'\ndown_revision = '0001'", "revision, down_revision = '0002', '0001'");
    let (project, outcome) = read(vec![file("versions/0002_change_t.py", whole)], &settings);
    assert_eq!(split(&project, &settings, &outcome, FileId(1)).unwrap_err(), SplitError::NotRewritable);
}

#[test]
fn the_rules_that_prepare_and_close_repair_something() {
    for name in BEFORE.iter().chain(&AFTER) {
        let rule = RULES.iter().find(|rule| rule.name == *name).expect(name);
        assert_ne!(rule.fix, FixAvailability::None, "{name}");
    }
}

#[test]
fn a_constraint_that_comes_late_is_looked_at_later() {
    // The column gets its type in the last step, and the key needs it.
    let upgrade = "op.add_column('t', sa.Column('c', sa.Text()))\n\
                   op.alter_column('t', 'b', type_=sa.Integer(), existing_type=sa.Text(), postgresql_using='b::int')\n\
                   op.create_foreign_key(None, 't', 't', ['b'], ['id'], postgresql_not_valid=True)";
    let parts = parts(upgrade, "pass");
    let place = |text: &str| parts.iter().position(|(_, part)| part.contains(text));
    assert!(place("op.create_foreign_key") < place("VALIDATE CONSTRAINT"), "{parts:?}");
}

#[test]
fn what_fits_one_step_stays_as_it_is() {
    assert!(try_split("op.add_column('t', sa.Column('c', sa.Text()))", "pass").unwrap().is_none());
    assert!(
        try_split(
            "op.create_table('u', sa.Column('c', sa.Text()))\nop.create_index('ix', 'u', ['c'])",
            "pass"
        )
        .unwrap()
        .is_none()
    );
    assert!(try_split("pass", "pass").unwrap().is_none());
}

#[test]
fn a_name_that_is_taken_and_a_revision_that_is_needed() {
    let settings = Settings::default();
    let add = "op.add_column('t', sa.Column('c', sa.Text()))";
    let whole =
        || file("versions/0002_change_t.py", revision("0002", "0001", &format!("{add}\n{DROP}"), "pass"));
    let taken = revision("0005", "0001", add, "pass");
    let (project, outcome) =
        read(vec![whole(), file("versions/0003_change_t_contract.py", taken)], &settings);
    let path = "versions/0003_change_t_contract.py".to_owned();
    assert_eq!(split(&project, &settings, &outcome, FileId(1)).unwrap_err(), SplitError::IsThere { path });
    let needing = revision("0005", "0001", add, "pass").replace("depends_on = None", "depends_on = '0002'");
    let (project, outcome) = read(vec![whole(), file("versions/0005_x.py", needing)], &settings);
    let revision = "0005".to_owned();
    assert_eq!(
        split(&project, &settings, &outcome, FileId(1)).unwrap_err(),
        SplitError::IsNeeded { revision }
    );
}

#[test]
fn what_was_written_anew_has_its_imports() {
    let base = BASE.replace("sa.Text(), nullable=False)", "postgresql.CITEXT(), nullable=False)");
    let base = base.replace(
        "import sqlalchemy as sa",
        "import sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql",
    );
    let add = "op.add_column('t', sa.Column('c', Enum('x', name='kind')))\nop.drop_column('t', 'a')";
    let whole = revision("0002", "0001", add, "pass").replace(
        "from sqlalchemy.dialects import postgresql\n",
        "from sqlalchemy import Enum\nfrom sqlalchemy import Text\n",
    );
    let settings = Settings::default();
    let (mut project, _) = read(vec![file("versions/0002_change_t.py", whole)], &settings);
    project.files[0].text = Ok(base.into());
    let outcome = lint(&project, &settings, &Selection::of(&[]));
    let split = split(&project, &settings, &outcome, FileId(1)).unwrap().unwrap();
    let text = |at: usize| split.project.file(split.parts[at].file).unwrap().text();
    assert!(text(0).contains("from sqlalchemy.dialects import postgresql\n"), "{}", text(0));
    assert!(text(0).contains("existing_type=postgresql.CITEXT(), nullable=True"), "{}", text(0));
    assert!(text(0).contains("import Enum") && !text(1).contains("import Enum"), "{}", text(1));
}

#[test]
fn a_column_of_a_table_with_another_name_is_not_changed_before() {
    let renamed = "op.rename_table('t', 'u')\nop.drop_column('u', 'a')\nop.create_table('v', sa.Column('x', sa.Text()))";
    let parts = parts(renamed, "pass");
    assert!(!parts[0].1.contains("alter_column"), "{}", parts[0].1);
}

#[test]
fn what_a_value_of_unknown_code_does_stays_with_it() {
    let unknown = "from app import Helper\nprint('starts')\nop.add_column('t', sa.Column('c', sa.Text()))\nhelper = Helper(op)\nhelper.run()\n\
                   print('then')\nop.drop_column('t', 'b')\nprint('done')";
    let parts = parts(unknown, "pass");
    let [(Stage::Expand, first), (_, middle), (Stage::Contract, last)] = parts.as_slice() else {
        panic!("{parts:?}")
    };
    assert!(first.contains("print('starts')\n    op.add_column") && !first.contains("elper"), "{first}");
    assert!(middle.contains("helper = Helper(op)\n    helper.run()\n    print('then')"), "{middle}");
    assert!(
        last.contains("op.drop_column('t', 'b')\n    print('done')") && !last.contains("elper"),
        "{last}"
    );
}

#[test]
fn sqlite_alters_in_batch_mode() {
    let settings = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
    let whole =
        file("versions/0002_change_t.py", revision("0002", "0001", "op.drop_column('t', 'a')", "pass"));
    let (project, outcome) = read(vec![whole], &settings);
    let split = split(&project, &settings, &outcome, FileId(1)).unwrap().unwrap();
    let text = split.project.file(split.parts[0].file).unwrap().text();
    assert!(text.contains("with op.batch_alter_table('t') as batch_op:"), "{text}");
}

#[test]
fn what_changes_a_value_goes_where_the_value_is_used() {
    let upgrade = "names = []\nnames.append('b')\nop.add_column('t', sa.Column('c', sa.Text()))\n\
                   for name in names:\n    op.drop_column('t', name)";
    let parts = parts(upgrade, "pass");
    let (first, last) = (&parts[0].1, &parts[1].1);
    assert!(!first.contains("names"), "{first}");
    assert!(last.contains("names = []\n    names.append('b')\n    for name in names:"), "{last}");
}
