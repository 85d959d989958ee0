//! A panic inside alembic-lint stays with the file, rule, replay step or output format it happens in.
//!
//! Debug builds panic where `ALEMBIC_LINT_PANIC_IN` says; release builds have no such switch.

use crate::project::{FIRST, Project, Run, SECOND, dropping_project};

fn run_with_panic_in(project: &Project, unit: &str, arguments: &[&str]) -> Run {
    let run = Run::of(project.command(arguments).env("ALEMBIC_LINT_PANIC_IN", unit));
    for stream in [&run.stdout, &run.stderr] {
        assert!(!stream.contains("panicked") && !stream.contains("RUST_BACKTRACE"), "{stream}");
    }
    run.exits(2)
}

/// The rules that found something in the files whose path starts so.
fn rules_in(run: &Run, path: &str) -> Vec<String> {
    let findings = run.json();
    let findings = findings["diagnostics"].as_array().unwrap();
    let here = findings.iter().filter(|finding| finding["path"].as_str().unwrap().starts_with(path));
    here.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_file_that_cannot_be_read_is_a_finding_and_the_others_are_judged() {
    let project = dropping_project();
    let run = run_with_panic_in(&project, &format!("reading {FIRST}"), &["--output-format", "json"]);
    assert_eq!(rules_in(&run, FIRST), ["internal-error"]);
    assert_eq!(rules_in(&run, SECOND), ["drop-column"], "its parent is still known");
    run.warns("please report it at https://github.com/alembic-lint/alembic-lint/issues");
}

#[test]
fn the_identifiers_may_fail_too() {
    let run = run_with_panic_in(&dropping_project(), "reading ", &["--output-format", "json"]);
    assert!(rules_in(&run, FIRST).contains(&"internal-error".to_owned()), "{}", run.stdout);
    assert!(rules_in(&run, SECOND).contains(&"internal-error".to_owned()), "{}", run.stdout);
}

#[test]
fn one_rule_on_one_file() {
    let project = dropping_project();
    project.write("migrations/versions/cc33_third.py", dropping_again());
    let unit = format!("rule drop-column on {SECOND}");
    let arguments = ["--select", "drop-column", "--output-format", "json"];
    let run = run_with_panic_in(&project, &unit, &arguments);
    assert_eq!(rules_in(&run, SECOND), ["internal-error"]);
    assert_eq!(rules_in(&run, "migrations/versions/cc33_third.py"), ["drop-column"]);
    run.prints(&format!("internal error ({unit}): injected at src/isolation.rs:"));
}

fn dropping_again() -> String {
    crate::project::dropping()
        .replace("\"bb22\"", "\"cc33\"")
        .replace("\"aa11\"", "\"bb22\"")
        .replace("age", "id")
}

#[test]
fn a_rule_on_the_history_and_the_replay() {
    for unit in ["rule multiple-heads", "replaying revision bb22"] {
        let run = run_with_panic_in(&dropping_project(), unit, &["--output-format", "json"]);
        let found = rules_in(&run, "");
        assert!(found.contains(&"internal-error".to_owned()), "{unit}: {found:?}");
        assert!(found.contains(&"drop-column".to_owned()), "{unit}: {found:?}");
    }
}

#[test]
fn an_output_format_that_fails_fails_the_run() {
    for format in ["full", "concise", "json"] {
        let unit = format!("output format {format}");
        run_with_panic_in(&dropping_project(), &unit, &["--output-format", format])
            .warns(&format!("error: internal error ({unit}): injected"));
    }
}

#[test]
fn it_cannot_be_silenced_or_turned_off() {
    let project = dropping_project();
    let suppressed = format!("# alembic-lint: allow-file[internal-error] -- no\n{}", project.read(SECOND));
    project.write(SECOND, suppressed);
    let unit = format!("reading {SECOND}");
    for arguments in
        [&["--ignore", "internal-error"][..], &["--select", "drop-table"], &["--exit-zero"], &["-qq"]]
    {
        let run = run_with_panic_in(&project, &unit, &[arguments, &["--output-format", "concise"]].concat());
        if arguments != ["-qq"] {
            run.prints("error[internal-error]");
        }
    }
}

#[test]
fn a_file_with_an_internal_error_is_not_fixed() {
    let project = crate::project::fixable_project();
    let before = project.read(SECOND);
    run_with_panic_in(&project, &format!("reading {SECOND}"), &["--fix"]);
    assert_eq!(project.read(SECOND), before);
}

#[test]
fn every_command_ends_with_exit_code_2() {
    for command in ["review", "graph", "schema"] {
        run_with_panic_in(&dropping_project(), &format!("reading {SECOND}"), &[command])
            .warns(&format!("internal error (reading {SECOND}): injected"));
        run_with_panic_in(&dropping_project(), "the command", &[command])
            .warns("internal error (the command)");
    }
}
