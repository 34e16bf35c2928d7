#!/bin/sh
# Builds all packages of the commit that is checked out: build.sh FOLDER ARCHITECTURES TAGS LDFLAGS LIBRARIES, in the module's
# folder, this machine's architecture first. What was changed and not committed is not in them: they are built in a clone, so that a commit
# gives the same bytes wherever it is built.
set -eu
out=$1 architectures=$2
shift 2
commit=$(git rev-parse HEAD) || { echo "Packages are built from a commit: this is no git repository." >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || echo "What is not committed is not in the packages."
rm -rf "$out"
mkdir -p "$out/work"
git clone --quiet . "$out/work/source"
cd "$out/work/source"
git checkout --quiet --detach "$commit"

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
PACKAGE_VERSION=$(sh assets/packages/version.sh)
export SOURCE_DATE_EPOCH PACKAGE_VERSION
go -C assets/packages/tools build -mod=mod -o "$out/work/tools/" tool
for architecture in $architectures; do
	sh assets/packages/linux.sh "$out" $architecture "$@"
done
sh assets/packages/release.sh "$out"
rm -rf "$out/work"
