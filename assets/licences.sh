#!/bin/sh
# Makes licences.txt: the licences of Go and of all modules that are linked into the programs, for Linux or Windows, as the modules carry them.
# With --check it changes nothing and fails where the committed file is not what the modules say.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# texts FOLDER: the texts of licences and notices that lie in a folder.
texts() {
	for file in "$1"/*; do
		case $(basename "$file" | tr a-z A-Z) in
		LICENSE* | LICENCE* | COPYING* | NOTICE*) echo; tr -d '\r' <"$file" ;;
		esac
	done
}

# part NAME FOLDER: one heading with the texts below it; a part without any is refused.
part() {
	texts "$2" >"$work/part"
	[ -s "$work/part" ] || { echo "$1 has no licence in its folder" >&2; exit 1; }
	printf '\n==== %s ====\n' "$1"
	cat "$work/part"
}

{
	echo "Lockwire contains the work of others, under these licences."
	part Go "$(go env GOROOT)"
	for system in linux windows; do
		GOOS=$system CGO_ENABLED=1 go list -deps -tags migrated_fynedo,no_emoji -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' \
			../app/lockwire ../app/lockwired ../app/lockwire-agent || exit 1
	done >"$work/listed"
	LC_ALL=C sort -u "$work/listed" >"$work/modules"
	while read -r module version folder; do
		part "$module $version" "$folder"
		# The fonts that Fyne brings have licences of their own.
		[ "$module" != fyne.io/fyne/v2 ] || part "fonts of $module" "$folder/theme/font"
	done <"$work/modules"
} >"$work/licences.txt"

if [ "${1:-}" != --check ]; then
	cp "$work/licences.txt" licences.txt
	exit
fi
cmp -s "$work/licences.txt" licences.txt || { echo "assets/licences.txt is not what the modules say: run make generate" >&2; exit 1; }
