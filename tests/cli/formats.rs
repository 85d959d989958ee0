//! What the formats print; byte for byte they are tested in `src/report/golden.rs`.

use serde_json::Value;

use crate::project::{
    Run, SECOND, clean_project, dropping_project, fixable_project, revision, without_import,
};

#[test]
fn full_shows_the_source_and_what_to_do() {
    dropping_project()
        .run(&[])
        .exits(1)
        .prints("error[drop-column]: ")
        .prints("migrations/versions/bb22_second.py:20:5")
        .prints(r#"op.drop_column("user", "age")"#)
        .prints("help: ");
}

#[test]
fn concise_is_one_line_per_finding() {
    let run = dropping_project().run(&["--output-format", "concise", "-q"]).exits(1);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{}", run.stdout);
    let expected = "migrations/versions/bb22_second.py:20:5: error[drop-column] ";
    assert!(lines[0].starts_with(expected), "{}", run.stdout);
}

#[test]
fn json_has_the_promised_keys_in_the_promised_order() {
    let run = fixable_project().run(&["--output-format", "json"]).exits(1);
    let document = run.json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&document), "version diagnostics summary");
    let finding = &document["diagnostics"][0];
    assert_eq!(
        keys(finding),
        "rule category severity message help path line column end_line end_column revision url fix"
    );
    assert_eq!(keys(&finding["fix"]), "applicability description edits");
    assert_eq!(keys(&document["summary"]), "files errors warnings infos fixable suppressed applied");
    assert_eq!(finding["rule"], "missing-sqlmodel-import");
    assert_eq!(finding["path"], SECOND);
    assert_eq!(finding["revision"], "bb22");
    let edit = &finding["fix"]["edits"][0];
    let start = usize::try_from(edit["start"].as_u64().unwrap()).unwrap();
    let end = usize::try_from(edit["end"].as_u64().unwrap()).unwrap();
    let mut text = without_import();
    text.replace_range(start..end, edit["content"].as_str().unwrap());
    assert!(text.contains("\nimport sqlmodel\n"), "{text}");
}

#[test]
fn suppressed_findings_are_shown_with_their_reasons_when_asked_for() {
    let drop = "op.drop_column(\"user\", \"age\")";
    let allowed = format!("{drop}  # alembic-lint: allow[drop-column] -- nothing reads it");
    let project = clean_project().with(SECOND, crate::project::dropping().replacen(drop, &allowed, 1));
    project.run(&[]).exits(0).prints_no("error[drop-column]");
    let reason = "suppressed by the comment on line 20: nothing reads it";
    project.run(&["--show-suppressed"]).exits(0).prints("error[drop-column]").prints(reason);
    let concise = ["--show-suppressed", "--output-format", "concise"];
    project.run(&concise).exits(0).prints(" (suppressed: nothing reads it)");
    let document = project.run(&["--show-suppressed", "--output-format", "json"]).exits(0).json();
    assert_eq!(document["diagnostics"].as_array().unwrap().len(), 0);
    assert_eq!(document["suppressed"][0]["rule"], "drop-column");
    assert_eq!(document["suppressed"][0]["suppressed"]["reason"], "nothing reads it");
    assert_eq!(document["suppressed"][0]["suppressed"]["line"], 20);
    let document = project.run(&["--output-format", "json"]).exits(0).json();
    assert!(document.get("suppressed").is_none());
}

#[test]
fn statistics_count_findings_by_rule() {
    dropping_project().run(&["--statistics"]).exits(1).prints("1       drop-column  error");
}

#[test]
fn a_report_goes_to_a_file() {
    let project = dropping_project();
    let run = project.run(&["--output-format", "json", "--output-file", "report.json"]).exits(1);
    assert_eq!(run.stdout, "");
    let report: Value = serde_json::from_str(&project.read("report.json")).unwrap();
    assert_eq!(report["summary"]["errors"], 1);
    project.run(&["--output-file", "no/such/directory.txt"]).exits(2).warns("no/such/directory.txt");
}

#[test]
fn quiet_and_verbose() {
    let project = dropping_project();
    let quiet = project.run(&["-q"]).exits(1).prints("drop-column").prints_no("Found");
    assert_eq!(quiet.stderr, "");
    let silent = project.run(&["-qq"]).exits(1);
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("", ""));
    project.run(&["-v"]).exits(1).warns("script directory: migrations").warns("migrations/versions");
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let project = clean_project();
    for number in 0..40 {
        let id = format!("bb{number:02}");
        let path = format!("migrations/versions/{id}_drop.py");
        let drop = format!("op.drop_column(\"user\", \"c{number}\")");
        project.write(&path, revision(&id, Some("aa11"), "drop a column of users", &drop, "pass"));
    }
    let with = |threads: &str| {
        Run::of(project.command(&["--output-format", "json"]).env("RAYON_NUM_THREADS", threads))
            .exits(1)
            .stdout
    };
    assert_eq!(with("1"), with("7"));
}

#[test]
fn colours_follow_the_switch_then_the_environment() {
    let project = dropping_project();
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = project.command(arguments);
        command.envs(environment.iter().copied());
        Run::of(&mut command).stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "no terminal, no colours");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("FORCE_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(coloured(&["rule", "--color", "always"], &[]));
    assert!(coloured(&["review", "--color", "always"], &[]));
}
