"""Downloads the corpus: revisions of released packages, as they lie in their wheels on PyPI.

    download.py DIRECTORY

`packages.tsv` beside this file says which packages, in which version, with which bytes, and where their revisions are.
Of each wheel only the revisions are kept, with `env.py`, `script.py.mako` and `alembic.ini` above them. A package that is
there already is not downloaded again.
"""

import csv
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

LIST = pathlib.Path(__file__).with_name("packages.tsv")
ENVIRONMENT_FILES = {"env.py", "script.py.mako", "alembic.ini"}


def packages():
    """The rows of the list; `versions` are the version locations, relative to the package's root."""
    with LIST.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield dict(row, versions=row["versions"].split(";"), revisions=int(row["revisions"]))


def belongs(member, versions):
    """Whether a file of the wheel is a revision (or what lies below a version location), or steers one."""
    path = pathlib.PurePosixPath(member)
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


def lay_out(package, target):
    """Puts the package's revisions into `target`."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        scratch = pathlib.Path(scratch)
        kept = scratch / "kept"
        with zipfile.ZipFile(download(package, scratch)) as wheel:
            for member in wheel.namelist():
                if belongs(member, package["versions"]):
                    wheel.extract(member, kept)
        kept.rename(target)


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for package in packages():
        target = directory / package["package"]
        if not target.is_dir():
            print(f"corpus: {package['package']} {package['version']}", flush=True)
            lay_out(package, target)


if __name__ == "__main__":
    main()
