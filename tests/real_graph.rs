//! The graph beside Alembic's own `ScriptDirectory`: real histories, odd ones, broken ones, and random ones.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use alembic_lint::config::Settings;
use alembic_lint::history::graph::{Fault, Graph, Links, NodeId};
use alembic_lint::linter::lint;
use alembic_lint::project::{LoadRequest, Project, load};
use alembic_lint::revision::Revision;
use alembic_lint::selection::Selection;
use environment::{corpus, needs_set_up, python_program, repository, version_locations};
use serde_json::{Value, json};

/// One history for both sides.
struct History {
    name: String,
    project: Project,
    revisions: Vec<Option<Revision>>,
}

impl History {
    /// What lies in `directory`; `locations` are version locations that no configuration names.
    fn read(name: &str, directory: &Path, locations: &[String]) -> Self {
        let settings = Settings {
            version_locations: locations.iter().map(|location| directory.join(location)).collect(),
            ..Settings::default()
        };
        let request = LoadRequest { working_directory: directory.to_owned(), paths: Vec::new() };
        let project = load(&request, &settings).unwrap();
        let none =
            Selection::resolve(&Settings { select: vec!["parse-error".into()], ..Settings::default() });
        let revisions = lint(&project, &settings, &none.unwrap()).revisions;
        Self { name: name.to_owned(), project, revisions }
    }

    fn graphs(&self) -> Vec<Graph<'_>> {
        Graph::of_project(&self.project, &self.revisions)
    }
}

/// A question for each graph, with references made from what it holds.
fn questions(history: &History, root: &Path) -> Vec<Value> {
    let absolute = |path: &str| root.join(path).to_str().unwrap().to_owned();
    let question = |graph: &Graph<'_>| {
        let project = &history.project;
        let directory = &project.directories[graph.directory()];
        let mut folders: Vec<&str> = graph
            .nodes()
            .map(|(_, node)| project.file(node.file).unwrap().path.rsplit_once('/').unwrap().0)
            .collect();
        folders.sort_unstable();
        folders.dedup();
        let locations = || directory.version_locations.iter().map(|path| path.trim_end_matches('/'));
        let is_deep = |folder: &&str| !locations().any(|location| location == *folder);
        let recursive = folders.iter().any(is_deep);
        let is_used = |location: &&str| {
            folders.is_empty() || folders.iter().any(|folder| recursive || folder == location)
        };
        let used: Vec<_> = locations().filter(is_used).map(absolute).collect();
        json!({
            "directory": absolute(&directory.path), "version_locations": used, "recursive": recursive,
            "references": references(graph),
        })
    };
    history.graphs().iter().map(question).collect()
}

const RELATIVE: [&str; 5] = ["-1", "-2", "-40", "+1", "+2"];

/// References of every kind that Alembic knows.
fn references(graph: &Graph<'_>) -> Vec<String> {
    if graph.is_empty() {
        return ["head", "heads", "base", "nope"].map(str::to_owned).to_vec();
    }
    let mut references: Vec<String> = ["head", "heads", "base", "nope", "nope@head", "head-1", "heads-1", ""]
        .iter()
        .chain(&RELATIVE)
        .map(|reference| (*reference).to_owned())
        .collect();
    let ids: Vec<&str> = graph.ids().collect();
    let few: Vec<&str> = ids.iter().step_by(ids.len() / 8 + 1).copied().collect();
    for id in &few {
        references.push((*id).to_owned());
        references.extend([1, 3, 4, 6].iter().filter_map(|end| Some(id.get(..*end)?.to_owned())));
        references.extend(RELATIVE.iter().map(|steps| format!("{id}{steps}")));
        references.push(format!("{id}@head"));
        references.push(format!("{id}@heads"));
    }
    let labels: Vec<&str> =
        graph.nodes().flat_map(|(_, node)| node.own_labels.iter().copied()).take(4).collect();
    for label in labels {
        let names = ["head", "heads", "base", "nope", "-1", "-2", "+1", "head-1"];
        references.extend(names.iter().chain(&few).map(|name| format!("{label}@{name}")));
        references.extend(few.iter().map(|id| format!("{label}@{id}+1")));
        references.extend([label.to_owned(), label.chars().take(4).collect()]);
    }
    references.retain(|reference| !reference.is_empty());
    references.sort();
    references.dedup();
    references
}

fn ask(root: &Path, questions: &[Value]) -> Vec<Value> {
    let script = repository("tests/python/script_directory.py");
    // Some revisions write files where they are loaded.
    let scratch = tempfile::tempdir().unwrap();
    let mut python = Command::new(python_program("python"))
        .current_dir(scratch.path())
        .args([script.to_str().unwrap(), "--root", root.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(questions).unwrap()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ids(graph: &Graph<'_>, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    nodes.into_iter().map(|node| graph.node(node).id.to_owned()).collect()
}

fn sorted(graph: &Graph<'_>, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    let mut ids = ids(graph, nodes);
    ids.sort();
    ids
}

/// The nodes that Alembic keeps, for which a test holds, as identifiers.
fn all(graph: &Graph<'_>, test: impl Fn(NodeId) -> bool) -> Vec<String> {
    sorted(graph, graph.nodes().filter(|(id, node)| !node.is_shadowed && test(*id)).map(|(id, _)| id))
}

/// What the graph says in the words of `script_directory.py`.
fn answer(graph: &Graph<'_>, references: &Value) -> Value {
    let kept = || graph.nodes().filter(|(_, node)| !node.is_shadowed);
    let heads = || graph.heads().filter_map(|head| graph.of_id(graph.node(head).id));
    let by_id = |value: &dyn Fn(NodeId) -> Vec<String>| -> BTreeMap<String, Vec<String>> {
        kept().map(|(id, node)| (node.id.to_owned(), value(id))).collect()
    };
    let of_heads = |links| -> BTreeMap<String, Vec<String>> {
        heads()
            .map(|head| (graph.node(head).id.to_owned(), sorted(graph, graph.ancestors([head], links))))
            .collect()
    };
    let mut labels = by_id(&|id| graph.labels(id).iter().map(|label| (*label).to_owned()).collect());
    labels.retain(|_, labels| !labels.is_empty());
    let mut requirements = by_id(&|id| sorted(graph, graph.node(id).requirements()));
    requirements.values_mut().for_each(Vec::dedup);
    let resolved: BTreeMap<&str, Option<Vec<String>>> = references
        .as_array()
        .unwrap()
        .iter()
        .map(|reference| reference.as_str().unwrap())
        .map(|reference| (reference, graph.resolve(reference).ok().map(|nodes| sorted(graph, nodes))))
        .collect();
    json!({
        "heads": ids(graph, graph.heads()),
        "effective_heads": ids(graph, graph.effective_heads()),
        "bases": ids(graph, graph.bases()),
        "requirements": requirements,
        "labels": labels,
        "branch_points": all(graph, |id| graph.node(id).is_branch_point()),
        "merge_points": all(graph, |id| graph.node(id).is_merge_point()),
        "ancestors": of_heads(Links::All),
        "line": of_heads(Links::Parents),
        "resolved": resolved,
    })
}

/// Every node comes after all it needs, and every one comes.
fn check_order(graph: &Graph<'_>) {
    let position: BTreeMap<NodeId, usize> =
        graph.in_order().iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for id in graph.in_order() {
        assert!(graph.node(*id).requirements().all(|needed| position[&needed] < position[id]));
    }
    assert_eq!(position.len(), graph.nodes().filter(|(_, node)| !node.is_shadowed).count());
}

/// What differs between the graph and Alembic's answer.
fn difference(name: &str, graph: &Graph<'_>, question: &Value, alembic: &Value) -> Option<String> {
    let errors: Vec<_> = graph.faults().iter().filter(|fault| fault.is_error()).collect();
    if let Some(error) = alembic.get("error") {
        return errors.is_empty().then(|| format!("{name}: Alembic says {error}, the graph has no fault\n"));
    }
    if !errors.is_empty() {
        // A cycle that both a base and a head lead into escapes Alembic's check; upgrading then never ends.
        let is_overlooked =
            |fault: &&Fault<'_>| matches!(fault, Fault::Cycle { .. } | Fault::SelfLoop { .. });
        return (!errors.iter().all(is_overlooked))
            .then(|| format!("{name}: only the graph has {errors:?}\n"));
    }
    check_order(graph);
    let own = answer(graph, &question["references"]);
    let mut text = String::new();
    for (key, theirs) in alembic.as_object().unwrap() {
        let ours = &own[key];
        if ours == theirs {
            continue;
        }
        match (ours.as_object(), theirs.as_object()) {
            (Some(ours), Some(theirs)) => {
                for inner in theirs.keys().filter(|inner| ours.get(*inner) != theirs.get(*inner)) {
                    let (ours, theirs) = (ours.get(inner), &theirs[inner]);
                    writeln!(text, "{name}: {key} of {inner}: {ours:?}, Alembic: {theirs}").unwrap();
                }
                for inner in ours.keys().filter(|inner| !theirs.contains_key(*inner)) {
                    writeln!(text, "{name}: {key} of {inner}: {}, Alembic has none", ours[inner]).unwrap();
                }
            }
            _ => writeln!(text, "{name}: {key}: {ours}, Alembic: {theirs}").unwrap(),
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Compares histories below `root`; gives how many script directories, revisions and references were compared.
fn compare(histories: &[History], root: &Path) -> (usize, usize, usize) {
    let questions: Vec<Value> = histories.iter().flat_map(|history| questions(history, root)).collect();
    let graphs: Vec<(&str, Graph<'_>)> = histories
        .iter()
        .flat_map(|history| history.graphs().into_iter().map(|graph| (history.name.as_str(), graph)))
        .collect();
    let answers = ask(root, &questions);
    assert_eq!(answers.len(), graphs.len());
    let pairs = graphs.iter().zip(questions.iter().zip(&answers));
    let found: Vec<String> = pairs
        .filter_map(|((name, graph), (question, alembic))| difference(name, graph, question, alembic))
        .collect();
    assert!(found.is_empty(), "{} of {} differ:\n{}", found.len(), graphs.len(), found.concat());
    let references = questions.iter().map(|question| question["references"].as_array().unwrap().len()).sum();
    (graphs.len(), graphs.iter().map(|(_, graph)| graph.len()).sum(), references)
}

#[test]
fn public_histories_are_as_alembic_sees_them() {
    needs_set_up!();
    let (places, _) = version_locations();
    let mut packages: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for place in &places {
        let (package, path) = place.split_once('/').unwrap();
        packages.entry(package).or_default().push(path.to_owned());
    }
    let mut total = (0, 0, 0);
    for (package, locations) in &packages {
        let root = corpus().join(package);
        let history = History::read(package, &root, locations);
        let (directories, revisions, references) = compare(&[history], &root);
        total = (total.0 + directories, total.1 + revisions, total.2 + references);
    }
    println!("{} script directories, {} revisions, {} references", total.0, total.1, total.2);
    assert!(total.0 > 28 && total.1 > 2500 && total.2 > 2000, "{total:?}");
}

#[test]
fn example_projects_are_as_alembic_sees_them() {
    needs_set_up!();
    for entry in std::fs::read_dir(repository("testdata/projects")).unwrap() {
        let root = entry.unwrap().path();
        let history = History::read(root.file_name().unwrap().to_str().unwrap(), &root, &[]);
        compare(&[history], &root);
    }
}

/// A revision file: identifier, `down_revision` as Python writes it, and more lines.
fn file(id: &str, down: &str, more: &str) -> (String, String) {
    (format!("{id}_.py"), format!("revision = {id:?}\ndown_revision = {down}\n{more}\n"))
}

fn write(root: &Path, name: &str, files: &[(String, String)]) -> History {
    let directory = root.join(name);
    let versions = directory.join("versions");
    std::fs::create_dir_all(&versions).unwrap();
    std::fs::write(directory.join("alembic.ini"), "[alembic]\nscript_location = %(here)s\n").unwrap();
    std::fs::write(directory.join("env.py"), "").unwrap();
    for (name, text) in files {
        std::fs::write(versions.join(name), text).unwrap();
    }
    let mut history = History::read(name, &directory, &[]);
    for directory in &mut history.project.directories {
        let below = |path: &str| format!("{name}/{path}");
        directory.path = name.into();
        directory.version_locations =
            directory.version_locations.iter().map(|path| below(path).into()).collect();
    }
    for file in &mut history.project.files {
        file.path = format!("{name}/{}", file.path).into();
    }
    history
}

/// Histories: a name, then files separated by `;`. A file is an identifier, its `down_revision`, and further lines
/// separated by `|`; or, after `@`, a name and lines.
const ODD: &str = "
cycle: a1 None; b1 'c1'; c1 'b1'
only_a_cycle: b1 'c1'; c1 'b1'
cycle_with_a_tail: a1 None; b1 'c1'; c1 'b1'; d1 'c1'
self: a1 None; b1 'b1'
self_in_list: a1 None; b1 ['a1', 'b1']
dependency_on_itself: a1 None; b1 'a1' | depends_on = 'b1'
dependency_on_own_label: a1 None; b1 'a1' | branch_labels = 'x' | depends_on = 'x'
dependency_on_own_parent: a1 None; b1 'a1' | branch_labels = 'x' | depends_on = 'a1'
dependency_cycle: a1 None | depends_on = 'b1'; b1 'a1'
two_way_dependency: a1 None | depends_on = 'b1'; b1 None | depends_on = 'a1'
missing: a1 None; b1 'zz'
missing_dependency: a1 None; b1 'a1' | depends_on = 'zz'
partial: aaaa1 None; b1 'aaaa'
partial_dependency: aaaa1 None; b1 None | depends_on = 'aaaa'
empty_string: a1 None; b1 ''
label_as_parent: a1 None | branch_labels = 'lab'; b1 'lab'
label_as_dependency: a1 None | branch_labels = 'lab'; b1 None | depends_on = 'lab'
part_of_a_label: a1 None | branch_labels = 'label'; b1 None | depends_on = 'labe'
label_twice: a1 None | branch_labels = 'x'; b1 None | branch_labels = ('x',)
label_twice_in_one: a1 None | branch_labels = ['x', 'x']
label_is_id: a1 None; b1 'a1' | branch_labels = 'a1'
label_is_own_id: b1 None | branch_labels = 'b1'
duplicate: a1 None; b1 'a1'; @z.py | revision = 'a1' | down_revision = None
duplicate_in_cycle: a1 None; b1 'a1'; @z.py | revision = 'a1' | down_revision = 'b1'
duplicate_head: a1 None; b1 'a1'; @z.py | revision = 'b1' | down_revision = 'a1'
duplicate_missing: @a.py | revision = 'a1' | down_revision = 'zz'; @z.py | revision = 'a1' | down_revision = None
two_bases: a1 None; b1 None
merge: a1 None; b1 'a1'; c1 'a1'; m1 ('b1', 'c1')
merge_of_an_ancestor: a1 None; b1 'a1'; m1 ('a1', 'b1')
lists: a1 []; b1 ['a1']; c1 {'b1'} | depends_on = ['a1']; d1 ()
overlapping: a1 None | branch_labels = 'x'; b1 'a1'; c1 'a1' | depends_on = 'b1'
label_in_the_middle: a1 None; b1 'a1' | branch_labels = 'x'; c1 'b1'; d1 'c1' | branch_labels = ['y', 'z']
label_above_a_fork: a1 None; b1 'a1' | branch_labels = 'x'; c1 'b1'; d1 'b1'
label_beside_a_dependent: a1 None; b1 'a1'; c1 'b1' | branch_labels = 'x'; d1 None | depends_on = 'a1'
similar_ids: abcd None; abcde 'abcd'; abc 'abcde'; xyz 'abc'
illegal_dash: a-1 None
illegal_colon: a:1 None
long_id: a_very_long_identifier_that_no_column_takes None
number: @a.py | revision = 1 | down_revision = None
no_identifier: @helpers.py | x = 1
identifier_in_the_name: @ab12.py | down_revision = None; b1 'ab12'
no_down_revision: @a.py | revision = 'a1'
down_revision_is_a_number: @a.py | revision = 'a1' | down_revision = 5
none_in_a_tuple: @a.py | revision = 'a1' | down_revision = (None, 'a0')
not_python: a1 None; @b.py | revision = 'b1' | down_revision = 'a1' | def (
annotated: @a.py | from typing import Union | revision: str = 'a1' | down_revision: Union[str, None] = None
computed: @a.py | revision = 'a' + str(1) | down_revision = None; b1 'a' '1'
nothing:
";

#[test]
fn odd_and_broken_histories_are_as_alembic_sees_them() {
    needs_set_up!();
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap();
    let parse = |text: &str| {
        let lines: Vec<&str> = text.split('|').map(str::trim).collect();
        if let Some(name) = lines[0].strip_prefix('@') {
            return (name.to_owned(), lines[1..].join("\n"));
        }
        let (id, down) = lines[0].split_once(' ').unwrap();
        file(id, down, &lines[1..].join("\n"))
    };
    let histories: Vec<History> = ODD
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, files)| {
            let files = files.split(';').map(str::trim).filter(|text| !text.is_empty());
            write(&root, name, &files.map(parse).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(histories.len(), 48);
    compare(&histories, &root);
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn often(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }
}

fn random_files(dice: &mut Dice, breakage: usize) -> Vec<(String, String)> {
    let count = 2 + dice.below(11);
    let ids: Vec<String> =
        (0..count).map(|i| format!("{:x}{:x}{i:02x}", dice.below(16), dice.below(4))).collect();
    (0..count)
        .map(|i| {
            let limit = |dice: &mut Dice| if dice.often(breakage) { count } else { i };
            let some = |dice: &mut Dice, most: usize| -> Vec<String> {
                let end = limit(dice);
                let number = if end == 0 { 0 } else { dice.below(most + 1) };
                let mut chosen: Vec<String> = (0..number).map(|_| ids[dice.below(end)].clone()).collect();
                if dice.often(breakage / 4) {
                    chosen.push("gone".to_owned());
                }
                chosen.sort();
                chosen.dedup();
                chosen
            };
            let down = if dice.often(80) && i > 0 && !dice.often(breakage) {
                vec![ids[i - 1 - dice.below(i.min(2))].clone()]
            } else {
                some(dice, 2)
            };
            let mut more = String::new();
            if dice.often(15) {
                writeln!(more, "branch_labels = 'label{}'", if dice.often(breakage) { 0 } else { i })
                    .unwrap();
            }
            if dice.often(15) {
                writeln!(more, "depends_on = {:?}", some(dice, 2)).unwrap();
            }
            file(&ids[i], &format!("{down:?}"), &more)
        })
        .collect()
}

#[test]
fn random_histories_are_as_alembic_sees_them() {
    needs_set_up!();
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap();
    let mut dice = Dice(20);
    let histories: Vec<History> = (0..400)
        .map(|i| {
            let breakage = if i % 2 == 0 { 0 } else { 12 };
            write(&root, &format!("h{i}"), &random_files(&mut dice, breakage))
        })
        .collect();
    let sound = histories
        .iter()
        .flat_map(History::graphs)
        .filter(|graph| !graph.faults().iter().any(Fault::is_error))
        .count();
    assert!((200..380).contains(&sound), "{sound} of 400 are sound");
    compare(&histories, &root);
}
