"""Shows that the downgrades that alembic-lint writes bring databases back.

    written_downgrades.py --binary target/debug/alembic-lint --postgresql URL --mariadb URL [--only NAME] [--details]

In copies of packages of the corpus and of the example projects every `downgrade` is emptied; `--fix --unsafe-fixes` writes those that
can be told for sure. `there_and_back.py` then runs each revision there, back and there again on a real database. The exit code is 1 if
anything differs that `tests/corpus/downgrades.toml` does not explain.
"""

import argparse
import ast
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

import replay

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = tomllib.loads((HERE.parent / "corpus/downgrades.toml").read_text())


def emptied(text):
    """The text with `pass` for the body of `downgrade`; `None` where there is nothing to empty."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == "downgrade" and not node.args.args:
            first, last = node.body[0], node.body[-1]
            if first.lineno == node.lineno:
                return None
            lines[first.lineno - 1 : last.end_lineno] = [" " * first.col_offset + "pass"]
            return "\n".join(lines)
    return None


def written(binary, target):
    """The revision files, relative to the root, whose downgrade alembic-lint writes into the copy."""
    texts = {}
    for location in target.locations:
        for file in sorted((target.root / location).rglob("*.py")):
            try:
                text = emptied(file.read_text())
            except (SyntaxError, UnicodeDecodeError):
                continue
            if text is not None:
                file.write_text(text)
                texts[file] = text
    command = [binary, "--fix", "--unsafe-fixes", "--quiet", "--exit-zero", "--applied-ref", "false", "--select", "empty-downgrade"]
    command += ["--config", f'dialect = "{replay.DIALECTS[target.database]}"', *target.locations]
    ran = subprocess.run(command, cwd=target.root, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return [str(file.relative_to(target.root)) for file, text in texts.items() if file.read_text() != text]


def there_and_back(target, url, files):
    command = [sys.executable, HERE / "there_and_back.py", "--root", target.root, "--url", url]
    if target.convention:
        command += ["--convention", target.convention]
    if target.before:
        command += ["--before", target.before]
    ran = subprocess.run([*command, "--written", *files, "--", *target.locations], capture_output=True, text=True)
    if not ran.stdout:
        raise RuntimeError(ran.stderr[-3000:])
    return json.loads(ran.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--postgresql")
    parser.add_argument("--mariadb")
    parser.add_argument("--only")
    parser.add_argument("--details", action="store_true")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    total, unexplained = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        servers = replay.Servers({"postgresql": arguments.postgresql, "mariadb": arguments.mariadb}, scratch)
        for target in replay.targets():
            wanted = SETTINGS["targets"].get(target.name, [])
            if target.failure or target.database not in wanted or (arguments.only and target.name != arguments.only):
                continue
            root = pathlib.Path(tempfile.mkdtemp(dir=scratch), target.name)
            shutil.copytree(target.root, root)
            target = target._replace(root=root)
            if target.is_project:
                subprocess.run([binary, "--fix", "--quiet"], cwd=root, capture_output=True)
            files = written(binary, target)
            result = there_and_back(target, servers.create(target), files)
            known = [reason for reason in SETTINGS.get("differs", []) if reason["target"] == target.label]
            new = [line for line in result["wrong"] if not any(reason["file"] in line for reason in known)]
            unexplained += [f"{target.label}: {line}" for line in new]
            total += result["back"]
            print(f"{target.label:34} {len(files):4} written {result['back']:4} there and back {len(result['wrong']):3} otherwise", flush=True)
            if arguments.details:
                print("\n".join(result["wrong"]))
    print(f"{total} downgrades ran")
    print("\n".join(unexplained))
    if unexplained or (total < SETTINGS["fewest"] and not arguments.only):
        sys.exit(1)


if __name__ == "__main__":
    main()
