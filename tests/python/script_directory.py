"""Asks Alembic's own ScriptDirectory about histories.

    script_directory.py --root DIR < questions.json > answers.json

A question is a script directory with its version locations and some references; the answer is what Alembic makes of
them, or the error it stops with. Modules that are not installed are stood in for.
"""

import argparse
import importlib.machinery
import json
import logging
import os
import signal
import sys
import warnings

import sqlalchemy.dialects.mysql
import sqlalchemy.dialects.postgresql
import sqlalchemy.engine
from alembic.script import ScriptDirectory

import stand_ins

SECONDS_FOR_ONE_QUESTION = 20


def names(revisions):
    return [revision.revision for revision in revisions]


def labels(revision, revisions):
    """The labels that can be known: no stand-ins, and none that is listed beside one."""
    is_known = lambda labels: all(isinstance(label, str) for label in labels)
    unknown = {label for other in revisions if not is_known(other._orig_branch_labels) for label in other._orig_branch_labels}
    return sorted(revision.branch_labels - unknown)


def resolve(revisions, reference):
    """The revisions that a reference means, none for the base; `None` where Alembic gives an error or nothing."""
    try:
        if reference.rpartition("@")[2].startswith("-"):
            found = revisions.get_revisions(reference)
        else:
            found = revisions._parse_upgrade_target((), reference, True)
    except Exception:
        return None
    if None in found:
        return None
    return sorted(names(revision for revision in found if revision != "base"))


def answer(question):
    directory = ScriptDirectory(
        question["directory"],
        version_locations=question["version_locations"],
        recursive_version_locations=question["recursive"],
    )
    revisions = directory.revision_map
    by_id = {key: value for key, value in revisions._revision_map.items() if value is not None and key == value.revision}
    heads = directory.get_heads()
    ancestors = lambda head, include: sorted(names(revisions._get_ancestor_nodes([by_id[head]], include_dependencies=include)))
    return {
        "heads": heads,
        "effective_heads": directory.get_heads(consider_depends_on=True),
        "bases": directory.get_bases(),
        "requirements": {key: sorted(value._all_down_revisions) for key, value in by_id.items()},
        "labels": {key: known for key, value in by_id.items() if (known := labels(value, by_id.values()))},
        "branch_points": sorted(key for key, value in by_id.items() if value.is_branch_point),
        "merge_points": sorted(key for key, value in by_id.items() if value.is_merge_point),
        "ancestors": {head: ancestors(head, True) for head in heads},
        "line": {head: ancestors(head, False) for head in heads},
        "resolved": {reference: resolve(revisions, reference) for reference in question["references"]},
    }


def alarm(*_):
    raise TimeoutError("Alembic does not come to an end")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="what the revisions' own imports are searched in")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.dont_write_bytecode = True
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, arguments.root)
    stand_ins.World.root = arguments.root
    stand_ins.World.reset(False)
    stand_ins.add_to(sqlalchemy.engine)
    # A level may come from a configuration that is stood in for.
    logging._checkLevel = lambda level: logging.INFO
    finder = stand_ins.StandInFinder()
    sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), finder)
    signal.signal(signal.SIGALRM, alarm)
    answers = []
    for question in json.load(sys.stdin):
        signal.alarm(SECONDS_FOR_ONE_QUESTION)
        try:
            answers.append(answer(question))
        except BaseException as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
        finally:
            signal.alarm(0)
    json.dump(answers, output)
    output.close()


if __name__ == "__main__":
    main()
