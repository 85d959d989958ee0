#!/bin/sh
# Makes what the tests ask for the truth: a Python environment with real Alembic, the corpus of real revisions, the
# programs of two database servers with two extensions of PostgreSQL, other majors of PostgreSQL, openssl and npm. What
# lies under target/ is kept; a second run takes a moment.
set -eu
cd "$(dirname "$0")/.."
environment=target/test-environment
wanted=tests/python/requirements.txt
alone=tests/python/requirements-alone.txt
python=${PYTHON:-python3}

# Installs Debian packages without starting a service of theirs: the tests start their own servers.
install_packages() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

has_program() {
    PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1
}

missing=
has_program initdb && has_program postgres && has_program psql || missing="postgresql"
has_program mariadbd && has_program mariadb-install-db && has_program mariadb || missing="$missing mariadb-server"
has_program openssl || missing="$missing openssl"
has_program npm || missing="$missing npm"
if [ -n "$missing" ]; then
    if ! may_install; then
        echo "the tests need database servers that they start themselves, openssl for their certificates, and npm for other majors of PostgreSQL; install: $missing" >&2
        exit 1
    fi
    # shellcheck disable=SC2086  # a list of words
    install_packages $missing
fi

# An example project has columns of these extensions. The tests start the newest PostgreSQL that is installed.
pg_config=$(find /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort --version-sort | tail -n 1)
pg_config=${pg_config:-pg_config}
has_extension() {
    [ -e "$("$pg_config" --sharedir)/extension/$1.control" ]
}
if ! has_extension postgis || ! has_extension vector; then
    if ! may_install; then
        echo "the tests need PostGIS and pgvector for the server of $pg_config" >&2
        exit 1
    fi
    major=$("$pg_config" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    has_extension postgis || install_packages "postgresql-$major-postgis-3"
    if ! has_extension vector; then
        apt-get update -qq
        if apt-cache show "postgresql-$major-pgvector" >/dev/null 2>&1; then
            install_packages "postgresql-$major-pgvector"
        else
            install_packages gcc libc6-dev make "postgresql-server-dev-$major"
            tests/build_pgvector.sh "$pg_config"
        fi
    fi
fi

if ! cat "$wanted" "$alone" | cmp -s - "$environment/requirements.txt"; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null && may_install; then
        install_packages python3-venv
    fi
    rm -rf "$environment"
    "$python" -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$alone"
    cat "$wanted" "$alone" >"$environment/requirements.txt"
fi
"$environment/bin/python" tests/corpus/download.py target/corpus
"$environment/bin/python" tests/corpus/download.py --with-modules target/replay
"$environment/bin/python" tests/postgresql/download.py target/postgresql
