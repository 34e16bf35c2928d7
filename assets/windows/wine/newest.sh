#!/bin/sh
# Runs smoke.sh with the Wine of Debian 13, which is newer than the system's: newest.sh FOLDER TAGS, in the module's folder. Its system lies in
# build/wine-13, made once (1.6 GB); Wine runs inside it, everything else outside. Without root or debootstrap smoke.sh runs with the
# system's own Wine.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
programs=$(cd "$1" && pwd)
root=$PWD/build/wine-13
if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
	echo "Debian 13's Wine needs root and debootstrap; this is the system's own."
	exec sh "$here/smoke.sh" "$programs" "$2"
fi
if [ ! -e "$root/made" ]; then
	rm -rf "$root"
	debootstrap --variant=minbase --include=wine,wine64,libgl1-mesa-dri trixie "$root" >"$PWD/build/wine-13.log"
	touch "$root/made"
fi

work=$(mktemp -d)
mounted=
end() {
	for folder in $mounted; do umount "$folder" || umount -l "$folder"; done
	rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
# see FOLDER: what is at a place outside is at the same place inside.
see() {
	mkdir -p "$root$1"
	mount --bind "$1" "$root$1"
	mounted="$root$1 $mounted"
}
see /proc
see /dev
see /tmp
case $programs in /tmp/*) ;; *) see "$programs" ;; esac
for program in wine64 wineserver; do
	inside=/usr/lib/wine/$program
	[ $program = wine64 ] || inside=/usr/lib/wine/wineserver64
	printf '#!/bin/sh\nexec chroot "%s" %s "$@"\n' "$root" "$inside" >"$work/$program"
	chmod +x "$work/$program"
done
PATH="$work:$PATH" sh "$here/smoke.sh" "$programs" "$2"
