"""Downloads the corpus: revisions of released packages, as they lie in their wheels on PyPI.

    download.py DIRECTORY [--with-modules]

`packages.tsv` beside this file says which packages, in which version, with which bytes, and where their revisions are.
Of each wheel only the revisions are kept, with `env.py`, `script.py.mako` and `alembic.ini` above them; `--with-modules`
takes the packages of `replay.toml`, each with the modules that are named there. A package that is there already is not
downloaded again, unless other modules are wanted of it than it was made with.
"""

import argparse
import csv
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile

LIST = pathlib.Path(__file__).with_name("packages.tsv")
REPLAYED = pathlib.Path(__file__).with_name("replay.toml")
# What says, in a package's folder, which modules it was made with.
MADE_WITH = ".modules"
ENVIRONMENT_FILES = {"env.py", "script.py.mako", "alembic.ini"}


def packages():
    """The rows of the list; `versions` are the version locations, relative to the package's root."""
    with LIST.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield dict(row, versions=row["versions"].split(";"), revisions=int(row["revisions"]))


def belongs(member, versions, modules):
    """Whether a file of the wheel is a revision (or what lies below a version location), or steers one, or is wanted."""
    path = pathlib.PurePosixPath(member)
    if any(path.match(pattern) and len(path.parts) == pattern.count("/") + 1 for pattern in modules):
        return True
    folders = [pathlib.PurePosixPath(folder) for folder in versions]
    if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in folders):
        return True
    return path.name in ENVIRONMENT_FILES and any(folder.is_relative_to(path.parent) for folder in folders)


def download(package, folder):
    """The package's wheel, checked against the list."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), f"{package['package']}=={package['version']}"]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != package["sha256"]:
        raise SystemExit(f"{wheel.name}: expected sha256 {package['sha256']}, found {digest}")
    return wheel


def lay_out(package, target, modules):
    """Puts the package's revisions, and some of its modules, into `target`."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        scratch = pathlib.Path(scratch)
        kept = scratch / "kept"
        with zipfile.ZipFile(download(package, scratch)) as wheel:
            for member in wheel.namelist():
                if belongs(member, package["versions"], modules):
                    wheel.extract(member, kept)
        if modules:
            (kept / MADE_WITH).write_text("\n".join(modules))
        if target.exists():
            shutil.rmtree(target)
        kept.rename(target)


def is_there(target, modules):
    """Whether the package was laid out before, with these modules."""
    made_with = target / MADE_WITH
    return target.is_dir() and (made_with.read_text() if made_with.exists() else "") == "\n".join(modules)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with-modules", action="store_true")
    parser.add_argument("directory", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    replayed = tomllib.loads(REPLAYED.read_text())["packages"] if arguments.with_modules else {}
    for package in packages():
        if arguments.with_modules and package["package"] not in replayed:
            continue
        modules = replayed.get(package["package"], {}).get("modules", [])
        target = arguments.directory / package["package"]
        if not is_there(target, modules):
            print(f"{arguments.directory}: {package['package']} {package['version']}", flush=True)
            lay_out(package, target, modules)


if __name__ == "__main__":
    main()
