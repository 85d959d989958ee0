//! The index against the work tree, by hand and under pre-commit.

use std::fs;

use alembic_lint::config::AppliedRef;

use crate::tree::{Tree, VERSIONS, check, found, revision};

#[test]
fn a_staged_edit_is_found_although_the_work_tree_hides_it() {
    let tree = Tree::new();
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    tree.git(&["add", "--all"]);
    tree.write("aa_one.py", &revision("aa", "one"));
    let checked = tree.check();
    assert_eq!(checked.states()[0], ("aa_one.py", "changed and staged"));
    let findings = checked.findings();
    assert_eq!(findings.len(), 1);
    assert!(findings[0].2.contains("the staged version of the applied revision `aa`"), "{}", findings[0].2);
}

#[test]
fn a_staged_deletion_is_found_although_the_file_is_there() {
    let tree = Tree::new();
    tree.git(&["rm", "--quiet", "--cached", "migrations/versions/aa_one.py"]);
    let checked = tree.check();
    assert_eq!(
        checked.states(),
        [("aa_one.py", "unchanged"), ("aa_one.py", "deleted"), ("bb_two.py", "unchanged")]
    );
    let findings = checked.findings();
    assert_eq!(findings.len(), 1);
    assert!(findings[0].2.ends_with("its deletion is staged"), "{}", findings[0].2);
}

#[test]
fn under_pre_commit_the_index_is_judged() {
    let tree = Tree::new();
    tree.write("cc_three.py", &revision("cc", "three"));
    tree.git(&["add", "--all"]);
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    tree.edit("cc_three.py", "sa.Integer", "sa.BigInteger");
    fs::remove_file(tree.path("bb_two.py")).unwrap();
    tree.write("dd_untracked.py", &revision("dd", "four"));

    let by_hand = tree.check();
    assert_eq!(
        by_hand.states(),
        [
            ("aa_one.py", "changed"),
            ("bb_two.py", "deleted"),
            ("cc_three.py", "new"),
            ("dd_untracked.py", "new")
        ]
    );
    let checked = tree.pre_commit();
    assert_eq!(
        checked.states(),
        [("aa_one.py", "unchanged"), ("bb_two.py", "unchanged"), ("cc_three.py", "new")]
    );
    assert_eq!(checked.text("aa_one.py"), revision("aa", "one"));
    assert_eq!(checked.text("bb_two.py"), revision("bb", "two"));
    assert_eq!(checked.text("cc_three.py"), revision("cc", "three"));
    assert_eq!(checked.findings(), []);
}

#[test]
fn under_pre_commit_a_staged_edit_or_deletion_counts_whatever_the_work_tree_says() {
    let tree = Tree::new();
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    tree.git(&["add", "--all"]);
    tree.git(&["rm", "--quiet", "--cached", "migrations/versions/bb_two.py"]);
    tree.write("aa_one.py", &revision("aa", "one"));
    let checked = tree.pre_commit();
    assert_eq!(checked.states(), [("aa_one.py", "changed"), ("bb_two.py", "deleted")]);
    assert_eq!(
        checked.rules(),
        [found("applied-revision-edited", "aa_one.py"), found("applied-revision-deleted", "bb_two.py")]
    );
}

#[test]
fn under_pre_commit_an_untracked_file_that_was_asked_for_stays() {
    let tree = Tree::new();
    tree.write("cc_three.py", &revision("cc", "three"));
    let mut project = tree.project();
    for file in &mut project.files {
        file.selected = file.name() == "cc_three.py";
    }
    let checked = check(project, &AppliedRef::Detect, &[("PRE_COMMIT", "1")]);
    assert_eq!(checked.states().last(), Some(&("cc_three.py", "new")));
}

#[test]
fn the_index_is_judged_even_before_the_first_commit_and_with_the_check_off() {
    let tree = Tree::bare(VERSIONS);
    tree.write("aa_one.py", &revision("aa", "one"));
    tree.git(&["add", "--all"]);
    tree.edit("aa_one.py", "one", "eins");
    for setting in [AppliedRef::Detect, AppliedRef::Off] {
        let checked = tree.check_as(&setting, &[("PRE_COMMIT", "1")]);
        assert_eq!(checked.states(), [("aa_one.py", "new")]);
        assert_eq!(checked.text("aa_one.py"), revision("aa", "one"));
        assert_eq!(checked.notes.is_empty(), setting == AppliedRef::Off);
    }
}
