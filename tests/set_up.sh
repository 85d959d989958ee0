#!/bin/sh
# Makes what the tests ask for the truth: a Python environment with real Alembic, and the corpus of real revisions.
# Both lie under target/ and are kept; a second run takes a moment.
set -eu
cd "$(dirname "$0")/.."
environment=target/test-environment
wanted=tests/python/requirements.txt
python=${PYTHON:-python3}

if ! cmp -s "$wanted" "$environment/requirements.txt"; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        apt-get install -y -qq python3-venv
    fi
    rm -rf "$environment"
    "$python" -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$environment/requirements.txt"
fi
"$environment/bin/python" tests/corpus/download.py target/corpus
