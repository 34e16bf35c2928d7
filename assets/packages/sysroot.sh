#!/bin/sh
# Prints the folder with the libraries of another architecture that the console is linked with, and makes it where it is missing:
# sysroot.sh FOLDER ARCHITECTURE PACKAGE…. The packages are those of this Debian; nothing is installed on this machine. debootstrap,
# which finds and checks them, works for root only: for others there is no such console.
set -eu
root=$1/sysroot-$2 architecture=$2
shift 2
[ ! -e "$root/complete" ] || { echo "$root"; exit; }
[ "$(id -u)" = 0 ] || { echo "The console for $architecture is left out: only root can fetch the libraries that it is linked with." >&2; exit 1; }
. /etc/os-release
rm -rf "$root" "$root.packages"
debootstrap --download-only --variant=minbase "--arch=$architecture" "--include=$(echo "$*" | tr ' ' ,)" "$VERSION_CODENAME" "$root.packages" >&2
mkdir -p "$root"
for package in "$root.packages"/var/cache/apt/archives/*.deb; do
	dpkg -x "$package" "$root"
done
rm -rf "$root.packages"
touch "$root/complete"
echo "$root"
