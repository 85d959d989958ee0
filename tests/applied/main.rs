//! Applied revisions, found by real git in repositories that the tests make.

#[cfg(test)]
mod base;
#[cfg(test)]
mod hook;
#[cfg(test)]
mod index;
#[cfg(test)]
mod tree;

use std::fs;
use std::sync::Arc;

use alembic_lint::config::AppliedRef;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};

use tree::{Tree, VERSIONS, check, found, revision};

#[test]
fn an_edit_is_reported_and_another_layout_is_not() {
    let tree = Tree::new();
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    tree.edit(
        "bb_two.py",
        "import sqlalchemy as sa",
        "import sqlalchemy as sa\nimport sqlmodel  # noqa: F401",
    );
    let checked = tree.check();
    assert_eq!(checked.states(), [("aa_one.py", "changed"), ("bb_two.py", "changed")]);
    let findings = checked.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].0, &*findings[0].1), ("applied-revision-edited", "aa_one.py"));
    assert_eq!(
        findings[0].2,
        "`upgrade()` of the applied revision `aa` does something else than before: databases that ran it will \
         not run it again"
    );
}

#[test]
fn an_edit_with_a_reason_beside_it_is_approved() {
    let tree = Tree::new();
    tree.edit(
        "aa_one.py",
        "    op.add_column",
        "    # alembic-lint: allow[applied-revision-edited] -- never released\n    op.add_column",
    );
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    assert_eq!(tree.check().findings(), []);
    tree.edit("aa_one.py", " -- never released", "");
    assert_eq!(tree.check().rules(), [found("applied-revision-edited", "aa_one.py")]);
}

#[test]
fn a_revision_that_is_no_python_any_more_is_reported_and_a_repaired_one_is_not() {
    let tree = Tree::new();
    tree.write("cc_three.py", "def upgrade(:\n");
    tree.commit("broken");
    tree.write("cc_three.py", &revision("cc", "three"));
    tree.edit("aa_one.py", "def upgrade():", "def upgrade(:");
    let findings = tree.check().findings();
    assert_eq!(findings.len(), 1);
    assert!(findings[0].2.contains("revision `aa` is no Python any more"), "{}", findings[0].2);
}

#[test]
fn another_parent_or_identifier_is_reported_apart_from_edits() {
    let tree = Tree::new();
    tree.edit("aa_one.py", "down_revision = None", "down_revision = \"bb\"");
    tree.edit("bb_two.py", "revision = \"bb\"", "revision = \"b2\"");
    let findings = tree.check().findings();
    assert_eq!(
        findings.iter().map(|(rule, file, _)| (*rule, &**file)).collect::<Vec<_>>(),
        [("applied-revision-reparented", "aa_one.py"), ("applied-revision-reparented", "bb_two.py")]
    );
    assert_eq!(
        findings[0].2,
        "`down_revision` of the applied revision `aa` changed from `None` to `\"bb\"`: databases that are past \
         it never run what now comes before it"
    );
    assert!(findings[1].2.contains("Can't locate revision identified by 'bb'"));
}

#[test]
fn a_deleted_revision_is_added_and_reported() {
    let tree = Tree::new();
    fs::remove_file(tree.path("aa_one.py")).unwrap();
    let checked = tree.check();
    assert_eq!(checked.states(), [("aa_one.py", "deleted"), ("bb_two.py", "unchanged")]);
    assert_eq!(checked.text("aa_one.py"), revision("aa", "one"));
    assert_eq!(&*checked.project.files[0].path, tree.path("aa_one.py").to_str().unwrap());
    let findings = checked.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].0, "applied-revision-deleted");
    assert!(findings[0].2.contains("`Can't locate revision identified by 'aa'`"));
    tree.commit("deleted on main");
    assert_eq!(tree.check().findings(), []);
}

#[test]
fn the_last_revision_and_its_folder_may_be_deleted_too() {
    let tree = Tree::new();
    fs::remove_dir_all(tree.path("")).unwrap();
    assert_eq!(tree.check().states(), [("aa_one.py", "deleted"), ("bb_two.py", "deleted")]);
}

#[test]
fn what_alembic_would_not_load_is_no_deleted_revision() {
    let tree = Tree::new();
    for name in ["__init__.py", ".#lock.py", "notes.txt", "old/cc_three.py"] {
        tree.write(name, &revision("cc", "three"));
    }
    tree.commit("others");
    for name in ["__init__.py", ".#lock.py", "notes.txt", "old/cc_three.py"] {
        fs::remove_file(tree.path(name)).unwrap();
    }
    assert_eq!(tree.check().states(), [("aa_one.py", "unchanged"), ("bb_two.py", "unchanged")]);
}

#[test]
fn a_version_location_that_vanished_took_its_revisions_along() {
    let tree = Tree::new();
    let mut other = Tree::at(tree.root.clone());
    other.versions = "migrations/more".to_string();
    other.write("cc_three.py", &revision("cc", "three"));
    other.write("helpers.py", "def add():\n    pass\n");
    tree.commit("second location");
    fs::remove_dir_all(tree.root.join("migrations/more")).unwrap();
    assert_eq!(
        tree.check().states(),
        [("cc_three.py", "deleted"), ("aa_one.py", "unchanged"), ("bb_two.py", "unchanged")]
    );
}

#[test]
fn the_revisions_of_a_script_directory_that_moved_stay_applied_and_copies_are_new() {
    let tree = Tree::new();
    fs::rename(tree.root.join("migrations"), tree.root.join("database")).unwrap();
    let mut moved = Tree::at(tree.root.clone());
    moved.versions = "database/versions".to_string();
    moved.edit("bb_two.py", "sa.Integer", "sa.BigInteger");
    let checked = moved.check();
    assert_eq!(checked.states(), [("aa_one.py", "unchanged"), ("bb_two.py", "changed")]);
    assert_eq!(checked.rules(), [found("applied-revision-edited", "bb_two.py")]);

    tree.git(&["checkout", "--quiet", "HEAD", "--", "migrations"]);
    assert_eq!(moved.check().states(), [("aa_one.py", "new"), ("bb_two.py", "new")]);
}

#[test]
fn a_renamed_revision_is_no_deleted_one_and_may_be_edited_as_well() {
    let tree = Tree::new();
    tree.git(&["mv", "migrations/versions/aa_one.py", "migrations/versions/zz_one.py"]);
    assert_eq!(tree.check().rules(), [found("applied-revision-renamed", "zz_one.py")]);
    tree.edit("zz_one.py", "sa.Integer", "sa.BigInteger");
    assert_eq!(
        tree.check().rules(),
        [found("applied-revision-renamed", "zz_one.py"), found("applied-revision-edited", "zz_one.py")]
    );
}

#[test]
fn a_new_revision_under_the_old_name_does_not_hide_that_the_old_one_moved() {
    let tree = Tree::new();
    fs::rename(tree.path("aa_one.py"), tree.path("zz_one.py")).unwrap();
    tree.write("aa_one.py", &revision("cc", "three"));
    assert_eq!(tree.check().rules(), [found("applied-revision-renamed", "zz_one.py")]);
}

#[test]
fn a_revision_moved_out_of_the_version_location_is_deleted() {
    let tree = Tree::new();
    fs::rename(tree.path("aa_one.py"), tree.root.join("migrations/aa_one.py")).unwrap();
    assert_eq!(tree.check().rules(), [found("applied-revision-deleted", "aa_one.py")]);
}

#[test]
fn line_ends_that_git_converts_are_no_change() {
    let tree = Tree::new();
    tree.git(&["config", "core.autocrlf", "true"]);
    for name in ["aa_one.py", "bb_two.py"] {
        tree.edit(name, "\n", "\r\n");
    }
    assert_eq!(tree.check().states(), [("aa_one.py", "unchanged"), ("bb_two.py", "unchanged")]);
    tree.edit("aa_one.py", "add one", "add 1");
    let checked = tree.check();
    assert_eq!(checked.states()[0], ("aa_one.py", "changed"));
    assert_eq!(checked.findings(), []);
}

#[test]
fn paths_with_blanks_quotes_and_umlauts_are_found() {
    let tree = Tree::bare("mein \"Über\" projekt/ver sions");
    tree.write("aa_größe eins.py", &revision("aa", "one"));
    tree.write("bb_'zwei'.py", &revision("bb", "two"));
    tree.commit("first");
    tree.edit("aa_größe eins.py", "sa.Integer", "sa.BigInteger");
    fs::remove_file(tree.path("bb_'zwei'.py")).unwrap();
    assert_eq!(tree.check().states(), [("aa_größe eins.py", "changed"), ("bb_'zwei'.py", "deleted")]);
}

#[test]
fn printed_paths_may_start_elsewhere_than_the_process() {
    let tree = Tree::new();
    fs::remove_file(tree.path("bb_two.py")).unwrap();
    let mut project = tree.project();
    let top = format!("{}/", tree.root.display());
    let printed = |path: &str| path.strip_prefix(&top).unwrap().into();
    for file in &mut project.files {
        file.path = printed(&file.path);
    }
    for directory in &mut project.directories {
        directory.path = printed(&directory.path);
        directory.version_locations = vec![VERSIONS.into()];
    }
    let checked = check(project, &AppliedRef::Detect, &[]);
    assert_eq!(checked.states(), [("aa_one.py", "unchanged"), ("bb_two.py", "deleted")]);
    assert_eq!(&*checked.project.files[1].path, "migrations/versions/bb_two.py");
    assert_eq!(checked.project.files[1].location, tree.path("bb_two.py"));
}

#[test]
fn a_script_directory_at_the_top_of_the_repository_is_found() {
    let tree = Tree::bare("versions");
    tree.write("aa_one.py", &revision("aa", "one"));
    tree.commit("first");
    assert_eq!(tree.check().states(), [("aa_one.py", "unchanged")]);
}

#[test]
fn a_file_that_is_no_utf_8_is_compared_in_its_own_encoding() {
    let tree = Tree::new();
    let latin = b"# -*- coding: latin-1 -*-\nrevision = \"cc\"\nNAME = \"\xe4\"\ndef upgrade(): op.x(NAME)\n";
    fs::write(tree.path("cc_three.py"), latin).unwrap();
    tree.commit("latin");
    let mut project = tree.project_without("cc_three.py");
    fs::write(tree.path("cc_three.py"), [latin.as_slice(), b"# end\n"].concat()).unwrap();
    let text: String = latin.iter().map(|byte| char::from(*byte)).chain("# end\n".chars()).collect();
    project.files.push(SourceFile {
        path: tree.path("cc_three.py").to_str().unwrap().into(),
        location: tree.path("cc_three.py"),
        directory: 0,
        role: Role::Revision,
        text: Ok(Arc::from(text)),
        encoding: Encoding::Latin1,
        selected: true,
        applied: Applied::No,
    });
    let checked = check(project, &AppliedRef::Detect, &[]);
    assert_eq!(checked.states().last(), Some(&("cc_three.py", "changed")));
    assert_eq!(checked.findings(), []);
}
