//! `alembic-lint completions`.

use crate::project::Project;

#[test]
fn every_shell_gets_a_script_with_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        Project::bare().run(&["completions", shell]).exits(0).prints("rebase").prints("unsafe-fixes");
    }
    Project::bare().run(&["completions", "tcsh"]).exits(2).warns("fish");
    Project::bare().run(&["completions"]).exits(2).warns("SHELL");
}
