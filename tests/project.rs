//! Which files of a project are found and how they are read. The expectations are what Alembic 1.20's
//! `ScriptDirectory` loads from the same trees.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::fs;
use std::path::{Path, PathBuf};

use alembic_lint::config::Settings;
use alembic_lint::operation::Dialect;
use alembic_lint::project::{self, LoadRequest, Project};
use alembic_lint::source::{Role, SourceFile};
use tempfile::TempDir;

/// A project in a directory of its own, which is a repository's root.
struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().unwrap());
        fs::create_dir(tree.path(".git")).unwrap();
        for (path, content) in files {
            tree.write(path, content);
        }
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn revision(&self, path: &str) {
        self.write(path, REVISION);
    }

    fn load_from(&self, directory: &str, paths: &[&str], settings: &Settings) -> Project {
        let request = LoadRequest {
            working_directory: self.path(directory),
            paths: paths.iter().map(PathBuf::from).collect(),
        };
        project::load(&request, settings).unwrap()
    }

    fn load(&self, paths: &[&str]) -> Project {
        self.load_from("", paths, &Settings::default())
    }

    /// The revisions found from the root without paths.
    fn revisions(&self) -> Vec<String> {
        revisions(&self.load(&[]))
    }
}

const REVISION: &str = "revision = \"a1\"\ndown_revision = None\n";

fn paths<'a>(files: impl Iterator<Item = &'a SourceFile>) -> Vec<String> {
    files.map(|file| file.path.to_string()).collect()
}

fn revisions(project: &Project) -> Vec<String> {
    paths(project.files.iter().filter(|file| file.role == Role::Revision))
}

fn selected(project: &Project) -> Vec<String> {
    paths(project.files.iter().filter(|file| file.selected))
}

fn modules(project: &Project) -> Vec<String> {
    let name = |file: &SourceFile| match &file.role {
        Role::Module(name) => Some(name.to_string()),
        _ => None,
    };
    project.files.iter().filter_map(name).collect()
}

fn has_note(project: &Project, words: &[&str]) -> bool {
    project.notes.iter().any(|note| words.iter().all(|word| note.contains(word)))
}

/// A script directory `migrations` with one revision.
fn generic(ini: &str) -> Tree {
    let tree =
        Tree::new(&[("alembic.ini", ini), ("migrations/env.py", ""), ("migrations/script.py.mako", "")]);
    tree.revision("migrations/versions/a1.py");
    tree
}

#[test]
fn a_configured_project_is_found_from_above_inside_and_below() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    let all = ["migrations/env.py", "migrations/script.py.mako", "migrations/versions/a1.py"];
    assert_eq!(selected(&tree.load(&[])), all);
    let inside = tree.load_from("migrations/versions", &[], &Settings::default());
    assert_eq!(selected(&inside), ["../env.py", "../script.py.mako", "a1.py"]);
    fs::create_dir(tree.path("docs")).unwrap();
    let beside = tree.load_from("docs", &[], &Settings::default());
    assert_eq!(revisions(&beside), ["../migrations/versions/a1.py"]);
    assert!(beside.notes.is_empty(), "{:?}", beside.notes);
}

#[test]
fn every_project_of_a_monorepo_is_found_once() {
    let tree = Tree::new(&[
        ("a/alembic.ini", "[alembic]\nscript_location = %(here)s/db\n"),
        ("b/pyproject.toml", "[tool.alembic]\nscript_location = \"%(here)s/db\"\n"),
        ("a/db/env.py", ""),
        ("b/db/env.py", ""),
    ]);
    tree.revision("a/db/versions/a1.py");
    tree.revision("b/db/versions/b1.py");
    tree.revision("a/.venv/lib/db/versions/x1.py");
    let project = tree.load(&[]);
    assert_eq!(revisions(&project), ["a/db/versions/a1.py", "b/db/versions/b1.py"]);
    assert_eq!(project.directories.iter().map(|d| &*d.path).collect::<Vec<_>>(), ["a/db", "b/db"]);
    let one = tree.load_from("b", &[], &Settings::default());
    assert_eq!(revisions(&one), ["db/versions/b1.py"]);
}

#[test]
fn sections_for_the_name_option_are_environments_too() {
    let tree = Tree::new(&[(
        "alembic.ini",
        "[DEFAULT]\nprepend_sys_path = .\n[one]\nScript_Location = one\n[two]\nscript_location : two\n[loggers]\nkeys = root\n",
    )]);
    tree.revision("one/versions/a1.py");
    tree.revision("two/versions/b1.py");
    assert_eq!(tree.revisions(), ["one/versions/a1.py", "two/versions/b1.py"]);
}

#[test]
fn version_locations_are_split_as_alembic_splits_them() {
    let cases = [
        ("version_locations = migrations/versions, other", 2),
        ("version_locations = migrations/versions other nope\npath_separator = space", 2),
        ("version_locations =\n  migrations/versions\n  other\npath_separator = newline", 2),
        ("version_locations = %(here)s/other:migrations/versions\nversion_path_separator = :", 2),
        ("version_locations = other", 1),
    ];
    for (line, count) in cases {
        let tree = generic(&format!("[alembic]\nscript_location = migrations\n{line}\n"));
        tree.revision("other/o1.py");
        assert_eq!(tree.revisions().len(), count, "{line}");
    }
}

#[test]
fn line_breaks_without_a_separator_split_nothing_and_that_is_said() {
    let tree = generic(
        "[alembic]\nscript_location = migrations\nversion_locations =\n  migrations/versions\n  other\n",
    );
    tree.revision("other/o1.py");
    let project = tree.load(&[]);
    assert!(has_note(&project, &["does not exist", "path_separator"]), "{:?}", project.notes);
}

#[test]
fn an_unusable_separator_matters_only_where_a_list_is_split() {
    let unused = generic("[alembic]\nscript_location = migrations\nversion_path_separator = os  # default\n")
        .load(&[]);
    assert_eq!(revisions(&unused).len(), 1);
    assert!(unused.errors.is_empty());
    let used =
        generic("[alembic]\nscript_location = migrations\nversion_locations = a\npath_separator = ,\n")
            .load(&[]);
    assert!(
        used.errors[0].contains("alembic.ini") && used.errors[0].contains("newline"),
        "{:?}",
        used.errors
    );
    assert_eq!(revisions(&used).len(), 1, "the directory is still found by its files");
}

#[test]
fn the_ini_goes_before_pyproject_key_by_key() {
    let tree = generic("[alembic]\nversion_locations = other\n");
    tree.write(
        "pyproject.toml",
        "[tool.alembic]\nscript_location = \"migrations\"\nversion_locations = [\"no\"]\n",
    );
    tree.revision("other/o1.py");
    assert_eq!(tree.revisions(), ["other/o1.py"]);
}

#[test]
fn script_locations_of_packages_are_resolved() {
    for (location, prefix) in
        [("app.db:migrations", ""), ("app:db:migrations", "src/"), ("lib.app:m", "deep/")]
    {
        let ini = format!("[alembic]\nscript_location = {location}\nprepend_sys_path = deep\n");
        let tree = Tree::new(&[("alembic.ini", &ini)]);
        let inner = location.replace(['.', ':'], "/");
        tree.revision(&format!("{prefix}{inner}/versions/a1.py"));
        assert_eq!(tree.revisions(), [format!("{prefix}{inner}/versions/a1.py")], "{location}");
    }
}

#[test]
fn a_script_location_may_be_relative_to_the_root_of_the_repository() {
    let tree = Tree::new(&[("pkg/sql/alembic.ini", "[alembic]\nscript_location = pkg/sql/migrations\n")]);
    tree.revision("pkg/sql/migrations/versions/a1.py");
    assert_eq!(tree.revisions(), ["pkg/sql/migrations/versions/a1.py"]);
}

#[test]
fn a_script_location_that_leads_nowhere_is_said() {
    let project = Tree::new(&[("alembic.ini", "[alembic]\nscript_location = gone\n")]).load(&[]);
    assert!(has_note(&project, &["alembic.ini", "script_location = gone"]), "{:?}", project.notes);
    assert!(has_note(&project, &["no revision was found", "correct `script_location`"]));
    assert!(!has_note(&project, &["there is no alembic.ini"]));
}

#[test]
fn a_broken_ini_is_an_error_and_hides_nothing() {
    let tree = generic("[alembic]\nscript_location\n");
    let project = tree.load(&[]);
    assert!(project.errors[0].starts_with("alembic.ini:2: expected `key = value`"), "{:?}", project.errors);
    assert_eq!(revisions(&project), ["migrations/versions/a1.py"]);
}

#[test]
fn only_what_alembic_loads_is_a_revision() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    for name in ["__init__.py", "__init__x.py", ".#a1.py", "a1.py.orig", "__pycache__/c1.py", "x.py/i1.py"] {
        tree.write(&format!("migrations/versions/{name}"), "x = 1\n");
    }
    tree.write("migrations/versions/helpers.py", "x = 1\n");
    let project = tree.load(&[]);
    assert_eq!(revisions(&project), ["migrations/versions/a1.py", "migrations/versions/helpers.py"]);
    assert!(has_note(&project, &["`migrations/versions/x.py` is a directory"]));
}

#[test]
fn subfolders_are_loaded_when_asked_for_and_noted_otherwise() {
    let tree = generic("[alembic]\nscript_location = migrations\nrecursive_version_locations = true\n");
    tree.revision("migrations/versions/2024/b1.py");
    tree.revision("migrations/versions/x.py/c1.py");
    tree.revision("migrations/versions/__pycache__/d1.py");
    assert_eq!(tree.revisions().len(), 3);

    tree.write("alembic.ini", "[alembic]\nscript_location = migrations\nrecursive_version_locations = yes\n");
    let project = tree.load(&[]);
    assert_eq!(revisions(&project), ["migrations/versions/a1.py"]);
    let switches =
        ["2 files", "`migrations/versions/2024`", "recursive_version_locations", "version-locations"];
    assert!(has_note(&project, &switches), "{:?}", project.notes);

    let settings =
        Settings { version_locations: vec![tree.path("migrations/versions/2024")], ..Settings::default() };
    let named = tree.load_from("", &[], &settings);
    assert_eq!(revisions(&named), ["migrations/versions/2024/b1.py", "migrations/versions/a1.py"]);
}

#[test]
fn version_locations_of_our_configuration_that_are_not_there_are_errors() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.revision("elsewhere/z1.py");
    let version_locations = vec![tree.path("gone"), tree.path("elsewhere")];
    let project = tree.load_from("", &[], &Settings { version_locations, ..Settings::default() });
    assert_eq!(
        project.errors,
        ["`version-locations` names `gone`, which is no directory; correct or remove it"]
    );
    assert_eq!(revisions(&project), ["elsewhere/z1.py", "migrations/versions/a1.py"]);
}

#[test]
fn version_locations_set_in_code_are_taken_by_what_they_hold() {
    let tree = Tree::new(&[
        ("alembic.ini", "[alembic]\nscript_location = m\n"),
        ("m/env.py", ""),
        ("m/versions/__init__.py", ""),
    ]);
    tree.revision("m/versions/postgresql/a1.py");
    tree.revision("m/versions/sqlite/b1.py");
    let project = tree.load(&[]);
    assert_eq!(revisions(&project), ["m/versions/postgresql/a1.py", "m/versions/sqlite/b1.py"]);
    assert!(has_note(&project, &["`m`", "version-locations"]));
    let one = tree.load(&["m/versions/sqlite/b1.py"]);
    assert_eq!(selected(&one), ["m/versions/sqlite/b1.py"]);
}

#[test]
fn without_configuration_directories_are_found_by_their_files() {
    let tree = Tree::new(&[("flask/migrations/env.py", ""), ("flask/migrations/script.py.mako", "")]);
    tree.write("flask/migrations/alembic.ini", "[alembic]\n# set by Flask-Migrate\n");
    tree.revision("flask/migrations/versions/a1.py");
    tree.write("flask/env.py", "");
    assert_eq!(tree.revisions(), ["flask/migrations/versions/a1.py"]);

    let bare = Tree::new(&[("pkg/models.py", "x = 1\n")]);
    bare.write(
        "pkg/alembic/b1.py",
        "\"\"\"Doc.\"\"\"\nrevision: str = \"b1\"\ndown_revision: str | None = None\n",
    );
    assert_eq!(bare.revisions(), ["pkg/alembic/b1.py"]);
}

#[test]
fn a_requested_file_is_judged_with_its_whole_directory() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.revision("migrations/versions/b1.py");
    let project = tree.load(&["migrations/versions/b1.py"]);
    assert_eq!(selected(&project), ["migrations/versions/b1.py"]);
    assert_eq!(revisions(&project).len(), 2);
    assert!(project.notes.is_empty(), "{:?}", project.notes);
    assert_eq!(selected(&tree.load(&["migrations/script.py.mako"])), ["migrations/script.py.mako"]);
    assert_eq!(selected(&tree.load(&["alembic.ini"])).len(), 4);
    let absolute = tree.path("migrations/versions/a1.py");
    assert_eq!(selected(&tree.load(&[absolute.to_str().unwrap()])), ["migrations/versions/a1.py"]);
}

#[test]
fn a_requested_file_in_a_location_far_from_its_script_directory_is_found() {
    let tree =
        generic("[alembic]\nscript_location = migrations\nversion_locations = app/db migrations/versions\n");
    tree.revision("app/db/b1.py");
    let project = tree.load(&["app/db/b1.py"]);
    assert_eq!(selected(&project), ["app/db/b1.py"]);
    assert_eq!(project.directories.len(), 1);
    assert_eq!(revisions(&project).len(), 2);

    let elsewhere =
        Tree::new(&[("conf/alembic.ini", "[alembic]\nscript_location = m\nversion_locations = db\n")]);
    elsewhere.write("conf/m/env.py", "");
    elsewhere.revision("db/a1.py");
    elsewhere.revision("db/b1.py");
    let project = elsewhere.load(&["db/b1.py"]);
    assert_eq!(&*project.directories[0].path, "conf/m");
    assert_eq!(selected(&project), ["db/b1.py"]);
}

#[test]
fn requested_files_that_are_no_revisions_are_skipped_with_a_note() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.write("app/models.py", "x = 1\n");
    tree.write("migrations/versions/__init__.py", "");
    tree.revision("migrations/versions/old/z1.py");
    let asked = ["app/models.py", "migrations/versions/__init__.py", "migrations/versions/old/z1.py"];
    let project = tree.load(&asked);
    assert!(selected(&project).is_empty());
    assert!(has_note(&project, &["`app/models.py`", "`migrations/versions/old/z1.py`", "skipped"]));
    assert!(has_note(&project, &["no revision was checked"]));
    assert!(has_note(&project, &["recursive_version_locations"]));
}

#[test]
fn a_requested_directory_selects_what_lies_below_it() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.revision("other/db/b1.py");
    assert_eq!(selected(&tree.load(&["migrations/versions"])), ["migrations/versions/a1.py"]);
    assert_eq!(selected(&tree.load(&["migrations"])).len(), 3);
    assert_eq!(selected(&tree.load(&["other"])), ["other/db/b1.py"]);
    assert_eq!(
        selected(&tree.load(&["."])).len(),
        3,
        "`other/db` has no usual name: {:?}",
        tree.load(&["."]).notes
    );
}

#[test]
fn a_requested_subfolder_becomes_a_version_location() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.revision("migrations/versions/2024/expand/b1.py");
    for path in ["migrations/versions/2024/expand", "migrations/versions/2024"] {
        let project = tree.load(&[path]);
        assert_eq!(selected(&project), ["migrations/versions/2024/expand/b1.py"]);
        assert_eq!(project.directories.len(), 1);
        assert_eq!(revisions(&project).len(), 2);
    }
}

#[test]
fn a_path_that_does_not_exist_is_an_error_that_names_it() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    let request = LoadRequest { working_directory: tree.path(""), paths: vec!["migrations/nope.py".into()] };
    let error = project::load(&request, &Settings::default()).unwrap_err().to_string();
    assert!(error.starts_with("`migrations/nope.py` does not exist"), "{error}");
}

#[test]
fn an_empty_place_is_said_loudly() {
    let project = Tree::new(&[("app.py", "x = 1\n")]).load(&[]);
    assert!(project.files.is_empty());
    assert!(has_note(&project, &["no revision was found", "alembic.ini"]));
    let empty = Tree::new(&[("m/env.py", ""), ("m/script.py.mako", "")]).load(&[]);
    assert!(has_note(&empty, &["no revision was found", "`m/versions`"]));
}

#[test]
fn git_ignored_configuration_and_revisions_are_still_found() {
    let tree = generic("[alembic]\nscript_location = migrations\nversion_locations = generated\n");
    tree.write(".gitignore", "alembic.ini\ngenerated\n");
    tree.revision("generated/g1.py");
    assert_eq!(tree.revisions(), ["generated/g1.py"]);
    assert_eq!(revisions(&tree.load(&["migrations"])), ["generated/g1.py"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_as_alembic_follows_them() {
    use std::os::unix::fs::symlink;
    let tree = generic("[alembic]\nscript_location = migrations\nrecursive_version_locations = true\n");
    tree.revision("other/o1.py");
    tree.write("other/text.txt", REVISION);
    let versions = tree.path("migrations/versions");
    let link = |target: &str, name: &str| symlink(Path::new(target), versions.join(name)).unwrap();
    link("../../other/o1.py", "note.txt");
    link("../../other/text.txt", "t1.py");
    link("a1.py", "again.py");
    link("../../other", "folder.py");
    link("..", "loop");
    link("gone.txt", "dangling.py");
    link("gone.py", "broken.py");
    let project = tree.load(&[]);
    assert_eq!(
        revisions(&project),
        ["migrations/versions/a1.py", "migrations/versions/broken.py", "migrations/versions/note.txt"]
    );
    let broken = project.files.iter().find(|file| file.name() == "broken.py").unwrap();
    assert!(broken.text.as_ref().unwrap_err().contains("symbolic link"));

    symlink(tree.path("migrations"), tree.path("linked")).unwrap();
    assert_eq!(selected(&tree.load(&["linked/versions/a1.py"])).len(), 1);
    assert_eq!(revisions(&tree.load(&["linked"])).len(), 3);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = generic("[alembic]\nscript_location = migrations\n");
    let path = tree.path("migrations/versions").join(OsStr::from_bytes(b"b\xff1.py"));
    fs::write(path, REVISION).unwrap();
    let project = tree.load(&[]);
    assert_eq!(revisions(&project).len(), 2);
    assert!(project.files.iter().all(|file| file.text.is_ok()));
}

#[test]
fn a_file_that_cannot_be_decoded_does_not_hide_the_others() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.write("migrations/versions/b1.py", b"# a\nx = '\xe9'\n");
    let project = tree.load(&[]);
    let [a1, b1] =
        ["a1.py", "b1.py"].map(|name| project.files.iter().find(|file| file.name() == name).unwrap());
    assert_eq!(a1.text(), REVISION);
    let reason = b1.text.as_ref().unwrap_err();
    assert!(
        reason.contains("0xe9 at byte offset 9 (line 2)") && reason.contains("coding: latin-1"),
        "{reason}"
    );
}

#[test]
fn modules_of_the_project_are_followed_and_others_are_not() {
    let tree = generic("[alembic]\nscript_location = migrations\nprepend_sys_path = lib\n");
    tree.write(
        "migrations/versions/b1.py",
        "from app.db.utils import (\n    create,  # helper\n)\nimport tools, requests\nfrom lib2 import part\n\
         from migrations.versions import a1\nrevision = 'b1'\ndown_revision = 'a1'\n",
    );
    tree.write("src/app/__init__.py", "");
    tree.write("src/app/db/__init__.py", "");
    tree.write("src/app/db/utils.py", "from . import names\nfrom ..base import Base\nimport json\n");
    tree.write("src/app/db/names.py", "from app.db import utils\n");
    tree.write("src/app/base.py", "");
    tree.write("src/app/unused.py", "");
    tree.write("lib/tools.py", "");
    tree.write("lib2/part.py", "");
    let project = tree.load(&[]);
    let mut found = modules(&project);
    found.sort();
    let expected = [
        "app.base",
        "app.db",
        "app.db.names",
        "app.db.utils",
        "lib2.part",
        "migrations.versions.a1",
        "tools",
    ];
    assert_eq!(found, expected);
    assert!(project.files.iter().all(|file| !matches!(file.role, Role::Module(_)) || !file.selected));
}

#[test]
fn the_dialect_follows_the_url_then_the_drivers() {
    let dialect = |tree: &Tree| tree.load(&[]).directories[0].dialect;
    let ini = "[alembic]\nscript_location = migrations\n";
    let tree = generic(&format!("{ini}sqlalchemy.url = mysql+pymysql://u:p%%40@h/db\n"));
    assert_eq!(dialect(&tree), Some(Dialect::Mysql));
    let tree = generic(&format!("{ini}sqlalchemy.url = driver://user:pass@localhost/dbname\n"));
    assert_eq!(dialect(&tree), None);
    tree.write(
        "pyproject.toml",
        "[project]\ndependencies = [\"SQLModel>=0.0.20\", \"GeoAlchemy2\"]\n[dependency-groups]\ndev = [\"psycopg[binary]\"]\n",
    );
    let project = tree.load(&[]);
    assert_eq!(project.directories[0].dialect, Some(Dialect::Postgresql));
    let names: Vec<&str> = project.directories[0].dependencies.iter().map(|name| &**name).collect();
    assert_eq!(names, ["geoalchemy2", "psycopg", "sqlmodel"]);
    tree.write("requirements-dev.txt", "-r base.txt\nPyMySQL==1.1  # tests\n");
    assert_eq!(dialect(&tree), None);
}

#[test]
fn the_dialect_is_found_where_projects_name_their_database() {
    let ini = "[alembic]\nscript_location = migrations\n";
    let of = |files: &[(&str, &str)]| {
        let tree = generic(ini);
        for (path, text) in files {
            tree.write(path, text);
        }
        let directory = tree.load(&[]).directories[0].clone();
        let source = directory.dialect_source.unwrap();
        (directory.dialect, source.place.into_string(), source.is_guess)
    };
    let engine = "from app.db import engine\n";
    let said = |dialect, place: &str, is_guess| (Some(dialect), place.to_owned(), is_guess);
    assert_eq!(
        of(&[
            ("migrations/env.py", engine),
            ("app/db.py", "from app.config import URL\nengine = create_engine(URL)\n"),
            ("app/config.py", "URL = os.environ.get(\"DATABASE_URL\", \"sqlite:///app.db\")\n"),
        ]),
        said(Dialect::Sqlite, "the URL in app/config.py", false)
    );
    let flask = "from flask import current_app\n";
    assert_eq!(
        of(&[
            ("migrations/env.py", flask),
            ("shop/settings.py", "class Config:\n    SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://u@h/d'\n"),
            ("tests/conftest.py", "SQLALCHEMY_DATABASE_URI = 'postgresql://u@h/d'\n"),
        ]),
        said(Dialect::Mysql, "the URL in shop/settings.py", false)
    );
    let revision =
        "from sqlalchemy.dialects import mysql\nrevision = 'a'\ndown_revision = None\nmysql.TINYINT()\n";
    assert_eq!(
        of(&[("requirements/base.txt", "psycopg2\n"), ("migrations/versions/a.py", revision)]),
        said(Dialect::Mysql, "1 revision that uses `mysql`", true)
    );
    assert_eq!(
        of(&[("docker-compose.yml", "services:\n  db:\n    image: mariadb:11\n")]),
        said(Dialect::Mariadb, "`image: mariadb:11` in docker-compose.yml", true)
    );
    assert_eq!(
        of(&[(".env.example", "DATABASE_URL=mysql+asyncmy://u@h/d\n")]),
        said(Dialect::Mysql, "the URL in .env.example", true)
    );
    assert_eq!(
        of(&[("requirements/base.txt", "mysqlclient==2\n")]),
        said(Dialect::Mysql, "`mysqlclient` in requirements/base.txt", true)
    );
}

#[test]
fn a_timeout_is_found_in_every_module_that_the_environment_leads_to() {
    let tree = generic("[alembic]\nscript_location = migrations\n");
    tree.write("migrations/env.py", "from app import models\nfrom app.db import engine\n");
    tree.write("app/db.py", "from app.engines import make\nengine = make()\n");
    tree.write("app/engines.py", "def make():\n    return create_async_engine(U, connect_args=ARGS)\n");
    assert!(!tree.load(&[]).directories[0].sets_lock_timeout);
    tree.write(
        "app/engines.py",
        "ARGS = {'server_settings': {'lock_timeout': '4s'}}\nengine = create_async_engine(U, connect_args=ARGS)\n",
    );
    assert!(tree.load(&[]).directories[0].sets_lock_timeout);
}
