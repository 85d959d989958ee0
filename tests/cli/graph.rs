//! `alembic-lint graph`: histories of every shape, in every format.

use crate::project::Project;

fn revision(id: &str, message: &str, down: &str, more: &str, upgrade: &str) -> String {
    format!(
        "\"\"\"{message}\"\"\"\nfrom alembic import op\nrevision = \"{id}\"\ndown_revision = {down}\n{more}\n\n\
         def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    pass\n"
    )
}

fn project(revisions: &[(&str, &str, &str, &str, &str)]) -> Project {
    revisions.iter().fold(Project::new(), |project, (id, message, down, more, upgrade)| {
        project.with(&format!("migrations/versions/{id}_x.py"), revision(id, message, down, more, upgrade))
    })
}

/// Two branches that meet again, one of them depended on.
fn joined() -> Project {
    project(&[
        ("aa11", "start", "None", "branch_labels = \"shop\"", "pass"),
        ("bb22", "left", "\"aa11\"", "", "op.drop_column(\"user\", \"age\")"),
        ("cc33", "right", "\"aa11\"", "depends_on = \"bb22\"", "pass"),
        ("dd44", "join", "(\"bb22\", \"cc33\")", "", "pass"),
    ])
}

#[test]
fn people_see_branches_meet() {
    let run = joined().run(&["graph", "--applied-ref", "false"]).exits(0);
    let expected = "\
migrations
○    dd44  join  (head)
├─╮
│ ○  cc33  right
╭─┤
○ │  bb22  left  ! drops column `user.age` and its data
├─╯
○  aa11  start  (label shop, base)
4 revisions, 1 head, 0 applied; ● is applied, ○ is not
";
    assert_eq!(run.stdout, expected);
}

#[test]
fn what_is_applied_is_marked_and_a_long_run_is_one_line() {
    let ids: Vec<String> = (10..19).map(|number| format!("aa{number}")).collect();
    let down = |index: usize| if index == 0 { "None".to_owned() } else { format!("{:?}", ids[index - 1]) };
    let project = ids.iter().enumerate().fold(Project::new(), |project, (index, id)| {
        let text = revision(id, &format!("step {index}"), &down(index), "", "pass");
        project.with(&format!("migrations/versions/{id}_x.py"), text)
    });
    let run = project.run(&["graph", "--applied-through", "aa17"]).exits(0);
    let expected = "\
migrations
○  aa18  step 8  (head)
┊  7 applied revisions (--all shows them)
●  aa10  step 0  (base)
9 revisions, 1 head, 8 applied; ● is applied, ○ is not
";
    assert_eq!(run.stdout, expected);
    let all = project.run(&["graph", "--applied-through", "aa17", "--all"]).exits(0).stdout;
    assert_eq!(all.matches('●').count(), 9, "eight revisions and the legend:\n{all}");
}

#[test]
fn broken_histories_are_shown() {
    let project = project(&[
        ("aa11", "start", "None", "", "pass"),
        ("bb22", "lost", "\"zz99\"", "", "pass"),
        ("cc33", "round", "\"dd44\"", "", "pass"),
        ("dd44", "and round", "\"cc33\"", "", "pass"),
    ]);
    let text = project.run(&["graph", "--applied-ref", "false"]).exits(0).stdout;
    let dot = project.run(&["graph", "--applied-ref", "false", "--output-format", "dot"]).exits(0).stdout;
    assert_eq!(dot.matches(" -> ").count(), 3, "both links of the cycle, and the one into the void:\n{dot}");
    for part in [
        "zz99 no file has this revision",
        "lost",
        "and round  in a cycle, or behind one",
        "start  (head, base)",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn what_messages_hold_cannot_break_a_format() {
    let nasty = r#"<b>"x" & `y` \\ ]; -->"#;
    let project = project(&[("aa11", nasty, "None", "", "pass")]);
    let format = |name: &str| {
        project.run(&["graph", "--applied-ref", "false", "--output-format", name]).exits(0).stdout
    };
    assert!(format("svg").contains("&lt;b&gt;&quot;x&quot; &amp; `y` \\ ]; --&gt;"));
    assert!(format("dot").contains(r#"aa11\n<b>\"x\" &amp; `y` \\ ]; -->"#));
    assert!(format("mermaid").contains("#60;b#62;#34;x#34; #38; #96;y#96; #92; ]#59; --#62;"));
}

#[test]
fn every_format_has_every_revision_and_link() {
    let project = joined();
    let format = |name: &str| {
        project.run(&["graph", "--applied-ref", "false", "--output-format", name]).exits(0).stdout
    };
    let mermaid = format("mermaid");
    assert!(mermaid.starts_with("flowchart BT\n"), "{mermaid}");
    assert!(mermaid.contains("[\"bb22<br/>left<br/>(destructive)\"]:::destructive"), "{mermaid}");
    assert_eq!((mermaid.matches(" --> ").count(), mermaid.matches(" -.-> ").count()), (4, 1), "{mermaid}");
    let dot = format("dot");
    assert_eq!((dot.matches(" -> ").count(), dot.matches("[style=dotted]").count()), (5, 1), "{dot}");
    let svg = format("svg");
    assert_eq!((svg.matches("<circle ").count(), svg.matches("<path ").count()), (4, 5), "{svg}");
    assert_eq!(svg.matches("edge needs").count(), 1, "{svg}");
}

#[test]
fn nothing_to_draw_is_said() {
    let run = Project::new().run(&["graph"]).exits(0);
    assert!(run.stderr.contains("no revision was checked"), "{}", run.stderr);
}
