//! Which commit counts, and what is said where none can be found.

use std::fs;

use alembic_lint::config::AppliedRef;

use crate::tree::{Tree, VERSIONS, check, found, git, revision, shallow_clone};

#[test]
fn on_the_default_branch_what_is_committed_is_applied() {
    let tree = Tree::new();
    tree.write("cc_three.py", &revision("cc", "three"));
    tree.write("dd_four.py", &revision("dd", "four"));
    tree.git(&["add", "migrations/versions/dd_four.py"]);
    let checked = tree.check();
    assert_eq!(
        checked.states(),
        [
            ("aa_one.py", "unchanged"),
            ("bb_two.py", "unchanged"),
            ("cc_three.py", "new"),
            ("dd_four.py", "new")
        ]
    );
    assert_eq!(checked.reference(), "main");
    assert_eq!(checked.notes, [] as [&str; 0]);
    assert_eq!(checked.findings(), []);
}

#[test]
fn on_a_branch_its_own_revisions_are_new_and_later_ones_of_main_do_not_count() {
    let tree = Tree::new();
    tree.git(&["switch", "--quiet", "-c", "feature"]);
    tree.write("cc_three.py", &revision("cc", "three"));
    tree.commit("on feature");
    tree.edit("cc_three.py", "three", "drei");
    tree.commit("edit of a new one");
    tree.git(&["switch", "--quiet", "main"]);
    tree.write("dd_four.py", &revision("dd", "four"));
    tree.commit("on main");
    tree.git(&["switch", "--quiet", "feature"]);
    let states = [("aa_one.py", "unchanged"), ("bb_two.py", "unchanged"), ("cc_three.py", "new")];
    assert_eq!(tree.check().states(), states);
    tree.git(&["switch", "--quiet", "--detach"]);
    assert_eq!(tree.check().states(), states);
}

#[test]
fn a_pull_requests_merge_commit_is_compared_with_its_base() {
    let tree = Tree::new();
    tree.git(&["branch", "release"]);
    tree.git(&["switch", "--quiet", "-c", "feature"]);
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    tree.commit("edit");
    tree.git(&["switch", "--quiet", "--detach", "release"]);
    tree.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "feature"]);
    tree.git(&["branch", "-f", "main", "HEAD"]);
    assert_eq!(tree.check().states(), [("aa_one.py", "unchanged"), ("bb_two.py", "unchanged")]);
    let checked = tree.check_as(&AppliedRef::Detect, &[("GITHUB_BASE_REF", "release")]);
    assert_eq!(checked.reference(), "release");
    assert_eq!(checked.rules(), [found("applied-revision-edited", "aa_one.py")]);
    let configured = tree.check_as(&AppliedRef::Named("release".into()), &[("GITHUB_BASE_REF", "main")]);
    assert_eq!(configured.reference(), "release");
}

#[test]
fn linked_work_trees_and_submodules_are_repositories_of_their_own() {
    let tree = Tree::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let linked = elsewhere.path().canonicalize().unwrap().join("linked");
    tree.git(&["worktree", "add", "--quiet", "-b", "feature", linked.to_str().unwrap()]);
    let linked = Tree::at(linked);
    linked.write("cc_three.py", &revision("cc", "three"));
    linked.commit("third");
    assert_eq!(linked.check().states().last(), Some(&("cc_three.py", "new")));
    assert_eq!(linked.check().reference(), "main");

    let outer = Tree::bare("other");
    outer.git(&["submodule", "--quiet", "add", tree.root.to_str().unwrap(), "database"]);
    outer.git(&["commit", "--quiet", "-m", "first"]);
    let inner = Tree::at(outer.root.join("database"));
    inner.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    // The pull request is one of the outer repository.
    let checked = inner.check_as(&AppliedRef::Detect, &[("GITHUB_BASE_REF", "develop")]);
    assert_eq!(checked.states(), [("aa_one.py", "changed"), ("bb_two.py", "unchanged")]);
}

#[test]
fn a_shallow_clone_says_what_it_could_not_check_and_how_to_get_it() {
    let tree = Tree::new();
    tree.git(&["switch", "--quiet", "-c", "feature"]);
    tree.write("cc_three.py", &revision("cc", "three"));
    tree.commit("third");
    tree.commit("fourth");
    let (_temporary, clone) = shallow_clone(&tree, "feature");
    let checked = clone.check_as(&AppliedRef::Detect, &[("GITHUB_BASE_REF", "main")]);
    assert!(checked.states().iter().all(|(_, state)| *state == "new"));
    assert_eq!(checked.reference(), "unknown");
    let [note] = &checked.notes[..] else { panic!("{:?}", checked.notes) };
    let command = "git fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main";
    assert!(note.contains(command), "{note}");
    assert!(note.contains("`fetch-depth: 0`") && note.contains("`applied-ref = false`"), "{note}");

    clone.git(&["fetch", "--quiet", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main"]);
    let checked = clone.check_as(&AppliedRef::Detect, &[("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")]);
    assert!(checked.notes[0].contains("lacks the merge base of `origin/main`"), "{:?}", checked.notes);
    assert!(checked.notes[0].contains("GIT_DEPTH: 0"));

    clone.git(&command.split(' ').skip(1).collect::<Vec<_>>());
    let checked = clone.check_as(&AppliedRef::Detect, &[("GITHUB_BASE_REF", "main")]);
    assert_eq!(checked.notes, [] as [&str; 0]);
    assert_eq!(
        checked.states(),
        [("aa_one.py", "unchanged"), ("bb_two.py", "unchanged"), ("cc_three.py", "new")]
    );
}

#[test]
fn a_ref_that_does_not_exist_is_not_replaced_by_another() {
    let tree = Tree::new();
    let checked = tree.check_as(&AppliedRef::Named("origin/develop".into()), &[]);
    assert!(checked.states().iter().all(|(_, state)| *state == "new"));
    let [note] = &checked.notes[..] else { panic!("{:?}", checked.notes) };
    assert!(note.contains("`applied-ref = \"origin/develop\"` is not in this clone"), "{note}");
    assert!(note.contains("git fetch origin +refs/heads/develop:refs/remotes/origin/develop"), "{note}");
}

#[test]
fn without_repository_commit_or_default_branch_the_run_says_so() {
    let temporary = tempfile::tempdir().unwrap();
    let outside = Tree::at(temporary.path().canonicalize().unwrap());
    outside.write("aa_one.py", &revision("aa", "one"));
    let note = &outside.check().notes[0];
    assert!(note.contains("is in no git repository") && note.contains("`applied-ref = false`"), "{note}");
    assert_eq!(outside.check_as(&AppliedRef::Off, &[]).notes, [] as [&str; 0]);

    let tree = Tree::bare(VERSIONS);
    tree.write("aa_one.py", &revision("aa", "one"));
    assert!(tree.check().notes[0].contains("no commit yet"));
    tree.commit("first");
    tree.git(&["branch", "-m", "main", "trunk"]);
    assert!(tree.check().notes[0].contains("none of `origin/HEAD`"));
    tree.git(&["switch", "--quiet", "--orphan", "main"]);
    tree.commit("other");
    tree.write("aa_one.py", &revision("aa", "one"));
    let unrelated = tree.check_as(&AppliedRef::Named("trunk".into()), &[]);
    assert!(unrelated.notes[0].contains("have no commit in common"), "{:?}", unrelated.notes);
}

#[test]
fn the_remote_default_branch_goes_before_local_ones() {
    let tree = Tree::new();
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path().canonicalize().unwrap().join("clone");
    git(temporary.path(), &["clone", "--quiet", tree.root.to_str().unwrap(), root.to_str().unwrap()]);
    let clone = Tree::at(root);
    clone.write("cc_three.py", &revision("cc", "three"));
    clone.commit("not pushed yet");
    let checked = clone.check();
    assert_eq!(checked.reference(), "origin/HEAD");
    assert_eq!(checked.states().last(), Some(&("cc_three.py", "new")));
}

#[test]
fn several_repositories_are_asked_one_by_one() {
    let (first, second) = (Tree::new(), Tree::new());
    first.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    fs::remove_file(second.path("bb_two.py")).unwrap();
    let mut project = first.project();
    let mut other = second.project();
    other.files.iter_mut().for_each(|file| file.directory = 1);
    project.directories.append(&mut other.directories);
    project.files.append(&mut other.files);
    project.files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut states: Vec<_> = check(project, &AppliedRef::Detect, &[])
        .states()
        .into_iter()
        .map(|(name, state)| (name.to_string(), state))
        .collect();
    states.sort();
    let expected = [
        ("aa_one.py", "changed"),
        ("aa_one.py", "unchanged"),
        ("bb_two.py", "deleted"),
        ("bb_two.py", "unchanged"),
    ];
    assert_eq!(states, expected.map(|(name, state)| (name.to_string(), state)));
}
