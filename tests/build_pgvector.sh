#!/bin/sh
# Builds pgvector for an installed PostgreSQL, from Debian's own sources, and installs it: for those releases of Debian that
# have no package of it. The sources come from the mirror that the machine uses already; its list of sources stays as it is.
#
#     build_pgvector.sh PG_CONFIG
#
# Asks for gcc, make and the headers of that server.
set -eu
pg_config=$1
# The first release that has pgvector.
release=trixie

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# apt fetches under another identity.
chmod 755 "$scratch"
cd "$scratch"
mkdir lists
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
key=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$key] $mirror $release main" >sources.list

apt_elsewhere() {
    apt-get -qq -o "Dir::Etc::SourceList=$scratch/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o "Dir::State::Lists=$scratch/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User=root "$@"
}

apt_elsewhere update
apt_elsewhere source --download-only pgvector >/dev/null
mkdir sources
tar --extract --file pgvector_*.orig.tar.* --directory sources --strip-components 1
# Neither tuned for this processor, which a kept machine may change, nor with bitcode for a just-in-time compiler.
make --quiet --directory sources PG_CONFIG="$pg_config" OPTFLAGS= with_llvm=no install >/dev/null
