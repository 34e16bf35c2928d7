#!/bin/sh
# Makes what lies beside the packages: release.sh FOLDER, in the module's folder. A tarball of the agents, which are static and run
# wherever their system does; what each program is made of (CycloneDX); and SHA256SUMS. build.sh says version and time.
set -eu
out=$1
work=$out/work

folder=lockwire-agents-$PACKAGE_VERSION
mkdir -p "$work/$folder"
for architecture in amd64 arm64; do
	[ ! -e "$work/linux-$architecture" ] || install -m 755 "$work/linux-$architecture/lockwire-agent" "$work/$folder/lockwire-agent-linux-$architecture"
done
[ ! -e "$work/windows" ] || install -m 755 "$work/windows/lockwire-agent.exe" "$work/$folder/lockwire-agent-windows-amd64.exe"
install -m 644 LICENSE assets/licences.txt docs/install.md "$work/$folder"
tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -c "$folder" | gzip -9n >"$out/$folder.tar.gz"

# What a program is made of says the program itself: the modules that its Go linker put in. C code is in the modules that carry it.
for program in "$work"/linux-amd64/lockwire* "$work"/windows/lockwire*.exe; do
	[ -e "$program" ] || continue
	system=$(basename "$(dirname "$program")")
	# A serial number and the time would differ at each build.
	"$work/tools/cyclonedx-gomod" bin -json -noserial -notimestamp -version "$PACKAGE_VERSION" \
		-output "$out/$(basename "$program" .exe)-$PACKAGE_VERSION-${system%-amd64}.cdx.json" "$program" 2>/dev/null
done

cd "$out"
find . -maxdepth 1 -type f | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" SHA256SUMS
