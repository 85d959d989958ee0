//! What `env.py` and revisions import from the project: packages that import from themselves, and circles.

use crate::project::{Project, SECOND, dropping, dropping_project, revision};

const MODELS: &str = "from sqlalchemy import MetaData\nfrom sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    \
                      metadata = MetaData(naming_convention={\"uq\": \"uq_%(table_name)s_%(column_0_name)s\"})\n";

fn project(package: &str, environment: &str) -> Project {
    dropping_project()
        .with("app/__init__.py", package)
        .with("app/models.py", MODELS)
        .with("migrations/env.py", format!("from alembic import context\n{environment}"))
}

#[track_caller]
fn every_command_runs(project: &Project) {
    project.run(&["--output-format", "concise"]).exits(1).prints("bb22_second.py:20:5: error[drop-column]");
    project.run(&["graph"]).exits(0).prints("bb22");
    project.run(&["schema"]).exits(0).prints("user");
    project.run(&["lock"]).exits(0);
    project.run(&["split", SECOND, "--diff"]);
}

#[test]
fn a_package_that_imports_its_own_module() {
    for package in ["from app import models\n", "from . import models\n"] {
        for environment in [
            "from app import models\ntarget_metadata = models.Base.metadata\n",
            "import app.models\ntarget_metadata = app.models.Base.metadata\n",
        ] {
            every_command_runs(&project(package, environment));
        }
    }
}

/// The convention is found through the package: the constraint without a name has the name that it gives.
#[test]
fn the_module_that_a_package_imports_is_read() {
    let upgrade = "op.create_unique_constraint(None, \"user\", [\"age\"])";
    let unique = revision("bb22", Some("aa11"), "unique age", upgrade, "pass");
    let environment = "from app import models\ntarget_metadata = models.Base.metadata\n";
    for package in ["from app import models\n", "from . import models\n", ""] {
        let project = project(package, environment).with(SECOND, &unique);
        project.run(&["schema"]).exits(0).prints("uq_user_age");
    }
}

#[test]
fn modules_that_import_each_other_in_a_circle() {
    let circles: [&[(&str, &str)]; 4] = [
        &[("app/__init__.py", "from app import Base\n")],
        &[("app/__init__.py", "from app.a import Base\n"), ("app/a.py", "from app import Base\n")],
        &[("app/__init__.py", "from app.a import *\n"), ("app/a.py", "from app import *\n")],
        &[("app/__init__.py", "from app import Model as Base\nfrom app import Base as Model\n")],
    ];
    for files in circles {
        let mut project = project("", "from app import Base\ntarget_metadata = Base.metadata\n");
        for (path, text) in files {
            project = project.with(path, text);
        }
        let uses = dropping()
            .replace("import sqlalchemy as sa\n", "import sqlalchemy as sa\nfrom app import Base\n");
        project.write(SECOND, uses);
        let run = project.run(&["--output-format", "concise"]).exits(1);
        run.prints("bb22_second.py:21:5: error[drop-column]");
    }
}

/// A revision finds a helper through a package that imports it from itself.
#[test]
fn a_helper_of_a_package_that_imports_from_itself() {
    for package in ["from app import helpers\n", "from . import helpers\n", "from app.helpers import drop\n"]
    {
        let call = if package.contains("drop") { "app.drop()" } else { "app.helpers.drop()" };
        let uses = revision("bb22", Some("aa11"), "drop the age", call, "pass")
            .replace("import sqlalchemy as sa\n", "import app\n");
        let helpers = "from alembic import op\n\n\ndef drop():\n    op.drop_column(\"user\", \"age\")\n";
        let project = project(package, "").with("app/helpers.py", helpers).with(SECOND, uses);
        project
            .run(&["--output-format", "concise"])
            .exits(1)
            .prints("bb22_second.py:20:5: error[drop-column]");
    }
}
