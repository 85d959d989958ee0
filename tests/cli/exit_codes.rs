//! Exit codes, usage and help.

use crate::project::{Project, clean_project, dropping_project};

#[test]
fn a_clean_project_passes_and_says_what_was_checked() {
    clean_project().run(&[]).exits(0).prints("No findings in 1 revision.");
}

#[test]
fn findings_fail_the_run() {
    let project = dropping_project();
    project.run(&[]).exits(1).prints("drop-column").prints("Found 1 finding (1 error).");
    project.run(&["--exit-zero"]).exits(0).prints("drop-column");
}

#[test]
fn info_does_not_fail_the_run() {
    let settings = "severity = { drop-column = \"info\" }";
    dropping_project().run(&["--config", settings]).exits(0).prints("info[drop-column]");
}

#[test]
fn fail_on_sets_the_least_severity_that_fails_the_run() {
    let project = dropping_project();
    for (severity, failing) in
        [("error", &["error", "warning", "info"][..]), ("warning", &["warning", "info"]), ("info", &["info"])]
    {
        let severity = format!("severity = {{ drop-column = \"{severity}\" }}");
        for least in ["error", "warning", "info"] {
            let code = i32::from(failing.contains(&least));
            project.run(&["--config", &severity, "--fail-on", least]).exits(code).prints("drop-column");
            let configured = format!("fail-on = \"{least}\"");
            project.run(&["--config", &severity, "--config", &configured]).exits(code);
        }
    }
    project.run(&["--config", "fail-on = \"info\"", "--fail-on", "error"]).exits(1);
    let info = "severity = { drop-column = \"info\" }";
    project.run(&["--config", info, "--config", "fail-on = \"info\"", "--fail-on", "error"]).exits(0);
    project.run(&["--fail-on", "never"]).exits(2).warns("warning");
    project.run(&["--config", "fail-on = \"never\""]).exits(2).warns("fail-on");
}

#[test]
fn wrong_usage_is_told_apart_from_findings() {
    let project = clean_project();
    project.run(&["--no-such-switch"]).exits(2).warns("--no-such-switch");
    project.run(&["--output-format", "xml"]).exits(2).warns("concise");
    project.run(&["--fix", "--diff"]).exits(2).warns("--diff");
    project.run(&["--statistics", "--output-format", "json"]).exits(2).warns("--statistics");
}

#[test]
fn help_explains_the_exit_codes_and_shows_examples() {
    let help = Project::bare().run(&["--help"]).exits(0).prints("Exit codes:").prints("Examples:");
    for heading in ["Revisions:", "Rules:", "Fixes:", "Output:"] {
        assert!(help.stdout.contains(heading), "{}", help.stdout);
    }
    Project::bare().run(&["--version"]).exits(0).prints(concat!("alembic-lint ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_reader_that_stops_early_changes_no_exit_code() {
    let exit_code = |project: &Project, arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(arguments).stdout(writer).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error") && !stderr.contains("panicked"), "{arguments:?}: {stderr}");
        output.status.code()
    };
    for format in ["full", "concise", "json"] {
        assert_eq!(exit_code(&dropping_project(), &["--output-format", format]), Some(1), "{format}");
        assert_eq!(exit_code(&clean_project(), &["--output-format", format]), Some(0), "{format}");
    }
    assert_eq!(exit_code(&dropping_project(), &["--statistics"]), Some(1));
    for arguments in [&["rule"][..], &["graph"], &["schema"], &["review"], &["--help"]] {
        assert_eq!(exit_code(&clean_project(), arguments), Some(0), "{arguments:?}");
    }
}
