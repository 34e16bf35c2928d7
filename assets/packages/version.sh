#!/bin/sh
# Prints the version of the packages made from the commit that is checked out, which orders as the commits do:
#   1.2.3                          a commit that carries the tag v1.2.3
#   1.2.3+20260501101500.0123abcd  a later one, by its time
#   0.1.0~20260501101500.0123abcd  before the first tag: older than the release that FyneApp.toml states
# Where there is a tag, FyneApp.toml has to state its version: the programs say that one. With "windows", prints it in the numbers
# that Windows Installer compares: 1.2.3000, and 1.2.3017 for the 17th commit after it.
set -eu
stated=$(sed -n 's/^ *Version *= *"\(.*\)"$/\1/p' FyneApp.toml)
commit=$(TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --abbrev=8 --format=%cd.%h)
if ! tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*.[0-9]*.[0-9]*' 2>/dev/null); then
	release=0.0.0 version=$stated~$commit after=$(git rev-list --count HEAD)
else
	release=${tag#v} version=$release after=$(git rev-list --count "$tag..HEAD")
	[ "$after" = 0 ] || version=$release+$commit
	[ "$release" = "$stated" ] || { echo "The newest tag is $tag and FyneApp.toml states version $stated: make them equal." >&2; exit 1; }
fi
if [ "${1:-}" != windows ]; then
	echo "$version"
	exit
fi
number=$((${release##*.} * 1000 + after))
[ "$number" -le 65535 ] || { echo "Windows Installer knows no number above 65535, and this commit has $number: tag a release." >&2; exit 1; }
echo "${release%.*}.$number"
