"""Writes revision files anew from their syntax trees: other layout, quotes and brackets, no comments, same meaning.

Usage: write_anew.py SOURCE TARGET, where SOURCE holds one path a line; the nth one becomes TARGET/n.py.
"""

import ast
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
source, target = map(pathlib.Path, sys.argv[1:])
for number, path in enumerate(source.read_text().splitlines()):
    try:
        tree = ast.parse(pathlib.Path(path).read_bytes())
    except SyntaxError:
        continue
    (target / f"{number}.py").write_text(ast.unparse(tree) + "\n", encoding="utf-8")
