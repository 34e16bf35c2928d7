#!/bin/sh
# Builds the programs for Linux and their .deb and .rpm: linux.sh FOLDER ARCHITECTURE TAGS LDFLAGS LIBRARIES, in the module's
# folder. LIBRARIES are the packages of Debian that the console is built with. build.sh says version and time.
set -eu
out=$1 arch=$2 tags=$3 flags=$4 libraries=$5 sysroot=
work=$out/work
bin=$work/linux-$arch
case $arch in
amd64) rpm=x86_64 triple=x86_64-linux-gnu ;;
arm64) rpm=aarch64 triple=aarch64-linux-gnu ;;
esac
maintainer=${PACKAGE_MAINTAINER:-Lockwire <packages@lockwire.example>}
day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)
native=$(go env GOHOSTARCH)

# program NAME CGO: builds one.
program() (
	export GOARCH="$arch" CGO_ENABLED="$2"
	[ "$arch" = "$native" ] || export CC="$triple-gcc${sysroot:+ --sysroot=$sysroot}"
	go build -buildvcs=true -ldflags "$flags" -o "$bin/" "./app/$1"
)

# files NAME: what a package has besides its program, the same for all architectures.
files() {
	[ -e "$work/files/$1" ] || go run -tags "$tags,packaging" "./app/$1" package-files "$work/files/$1" "$PACKAGE_VERSION" "$day"
}

# put MODE FILE PATH: lays a file into the package's tree.
put() { install -D -m "$1" "$2" "$tree$3"; }

# tree PACKAGE PROGRAM: lays out what is the same for .deb and .rpm.
tree() {
	tree=$work/tree/$1-$arch doc=/usr/share/doc/$1
	mkdir -p "$tree"
	cp -r "$work/files/$2/." "$tree"
	gzip -9n "$tree"/usr/share/man/man1/*
	put 755 "$bin/$2" "/usr/bin/$2"
	{
		echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
		echo "Upstream-Name: Lockwire"
		echo
		echo "Files: *"
		echo "Copyright: 2026 the authors of Lockwire"
		echo "License: Apache-2.0"
		echo " The text of the license is in /usr/share/common-licenses/Apache-2.0 on Debian."
		echo " The program contains the work of others: licences.txt.gz, beside this file, has their notices and licenses."
	} >"$work/copyright"
	put 644 "$work/copyright" "$doc/copyright"
	put 644 LICENSE "$doc/LICENSE.txt"
	gzip -9nc assets/licences.txt >"$work/licences.gz"
	put 644 "$work/licences.gz" "$doc/licences.txt.gz"
	gzip -9nc CHANGELOG.md >"$work/changes.gz"
	put 644 "$work/changes.gz" "$doc/CHANGELOG.md.gz"
}

# scripts SERVICE USER FOLDER FORMAT: makes the maintainer scripts for .deb or .rpm. Lines that begin with #deb-SERVICE# count for the
# .deb of that service only.
scripts() {
	mkdir -p "$work/scripts/$1-$4"
	for script in postinst prerm postrm; do
		sed -e "s|^\(	*\)#$4-$1# |\1|; /^	*#deb-/d; s|@SERVICE@|$1|g; s|@USER@|$2|g; s|@FOLDER@|$3|g" \
			assets/packages/scripts/$script.sh >"$work/scripts/$1-$4/$script"
	done
}

# listed WORD…: the words as a list of YAML.
listed() { printf '  - "%s"\n' "$@"; }

# contents: the files of the tree, and no folder: those of the system are not the package's.
contents() {
	echo "contents:"
	(cd "$tree" && find . -type f | LC_ALL=C sort) | while read -r file; do
		echo "  - {src: \"$tree/${file#./}\", dst: \"/${file#./}\", file_info: {mode: 0$(stat -c %a "$tree/$file")}}"
	done
	[ ! -e "assets/packages/$service.default" ] || echo "  - {src: assets/packages/$service.default, dst: /etc/default/$service, type: config|noreplace, file_info: {mode: 0644}}"
}

# meta FORMAT PACKAGE ARCHITECTURE SECTION DESCRIPTION: what nfpm's file begins with.
meta() {
	cat <<-END
		name: $2
		arch: $3
		platform: linux
		version: "$PACKAGE_VERSION"
		version_schema: none
		section: $4
		priority: optional
		maintainer: "$maintainer"
		vendor: Lockwire
		license: Apache-2.0
		disable_globbing: true
		description: |
		$(echo "$5" | sed 's/^/  /')
	END
	[ -z "$recommended" ] || echo "recommends: [$recommended]"
	[ -z "$service" ] || cat <<-END
		scripts: {postinstall: "$work/scripts/$service-$1/postinst", preremove: "$work/scripts/$service-$1/prerm", postremove: "$work/scripts/$service-$1/postrm"}
	END
}

# deb PACKAGE SECTION SUMMARY DESCRIPTION DEPENDS…: makes the .deb; the text of rpm and deb is one.
deb() {
	name=$1 section=$2 summary=$3 description=$4
	shift 4
	{
		printf '%s (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n' "$name" "$PACKAGE_VERSION"
		echo " -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
	} | gzip -9nc >"$work/changelog.gz"
	put 644 "$work/changelog.gz" "/usr/share/doc/$name/changelog.gz"
	[ ! -e "assets/packages/$name.lintian" ] || put 644 "assets/packages/$name.lintian" "/usr/share/lintian/overrides/$name"
	{
		meta deb "$name" "$arch" "$section" "$summary
$description"
		echo "depends:"
		listed "$@"
		if [ "$name" = lockwire-server ]; then echo "deb: {scripts: {templates: assets/packages/scripts/templates}}"; fi
		contents
	} >"$work/$name-$arch-deb.yaml"
	"$work/tools/nfpm" package --packager deb --config "$work/$name-$arch-deb.yaml" --target "$out/${name}_${PACKAGE_VERSION}_$arch.deb"
	rm -rf "$tree/usr/share/lintian" "$tree/usr/share/doc/$name/changelog.gz"
}

# rpm PROGRAM REQUIRES…: makes the .rpm of what deb made. It requires libraries by the names that every distribution of rpm's
# knows them by: those that the program names itself, with their versions, and those that it loads at run time.
rpm() {
	program=$1
	shift
	[ ! -d "$tree/usr/share/zsh" ] || mv "$tree/usr/share/zsh/vendor-completions" "$tree/usr/share/zsh/site-functions"
	{
		meta rpm "$name" "$arch" System "$description"
		echo "rpm: {group: System, summary: \"$summary\", buildhost: lockwire}"
		echo "depends:"
		listed "$@" $($triple-objdump -p "$bin/$program" | awk '
			$1 == "NEEDED" {print $2 "()(64bit)"}
			$1 == "required" {library = $3; sub(":", "", library)}
			library && $1 ~ /^0x/ {print library "(" $4 ")(64bit)"}' | LC_ALL=C sort -u)
		contents
	} >"$work/$name-$arch-rpm.yaml"
	"$work/tools/nfpm" package --packager rpm --config "$work/$name-$arch-rpm.yaml" --target "$out/$name-$PACKAGE_VERSION-1.$rpm.rpm"
}

# libraries PROGRAM: the packages of Debian that have the libraries which a program is linked with, in the versions that it needs.
# Only this machine's own libraries can be asked, so its architecture is built first.
libraries() (
	[ "$arch" = "$native" ] || exit 0
	mkdir -p "$work/shlibs/debian"
	cd "$work/shlibs"
	printf 'Source: lockwire\n\nPackage: lockwire\nArchitecture: any\n' >debian/control
	# The warning is about a program that no package has installed: this one is to become one.
	dpkg-shlibdeps --warnings=0 -O "$bin/$1" >needs
	sed -n 's/^shlibs:Depends=//p' needs >"$work/libraries-$1"
)

recommended=

program lockwire-agent 0
files lockwire-agent
service=lockwire-agent
for format in deb rpm; do scripts lockwire-agent lockwire-agent /var/lib/lockwire-agent $format; done
tree lockwire-agent lockwire-agent
for unit in docs/units/*.service; do put 644 "$unit" "/usr/share/doc/lockwire-agent/examples/${unit##*/}"; done
deb lockwire-agent net "encrypts backup traffic in flight: the agent of a machine" \
	"The agent runs on each machine that sends or receives backups. It joins the
machine to a Lockwire installation, and carries the connections of the backup
tools as the traffic rules of the installation say.
After the installation: lockwire-agent join --service" passwd
rpm lockwire-agent /usr/sbin/useradd

program lockwired 1
files lockwired
service=lockwired
for format in deb rpm; do scripts lockwired lockwire /var/lib/lockwire $format; done
tree lockwire-server lockwired
libraries lockwired
deb lockwire-server net "encrypts backup traffic in flight: broker and command line" \
	"The broker decides which backup traffic is encrypted, mints a one-time key for
each session, allots bandwidth and keeps the record. The command line
administers it, or a broker elsewhere. After the installation, on the machine
that is to be the broker: lockwired service install" \
	passwd "debconf (>= 0.5) | debconf-2.0" "$(cat "$work/libraries-lockwired")"
rpm lockwired /usr/sbin/useradd

# The console loads most libraries when it opens its window, for X11 or for Wayland.
if [ "$arch" != "$native" ]; then
	sysroot=$(sh assets/packages/sysroot.sh "$(dirname "$out")" "$arch" libc6-dev $libraries) || exit 0
	export PKG_CONFIG_LIBDIR="$sysroot/usr/lib/$triple/pkgconfig:$sysroot/usr/share/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$sysroot"
fi
program lockwire 1
files lockwire
service= recommended=lockwire-server
tree lockwire lockwire
put 644 assets/packages/lockwire.desktop /usr/share/applications/io.lockwire.console.desktop
put 644 assets/packages/lockwire.metainfo.xml /usr/share/metainfo/io.lockwire.console.metainfo.xml
put 644 assets/icon.svg /usr/share/icons/hicolor/scalable/apps/io.lockwire.console.svg
libraries lockwire
deb lockwire admin "encrypts backup traffic in flight: the console" \
	"The desktop console of Lockwire: traffic rules, live sessions, headroom. It
attaches to the broker of this machine or of another one, or runs one itself.
Without a display use lockwired, of the package lockwire-server." \
	"$(cat "$work/libraries-lockwire")" libegl1 libx11-6 libx11-xcb1 libxcursor1 libxext6 libxi6 libxinerama1 libxrandr2 libxrender1 libxxf86vm1 \
	libwayland-cursor0 libwayland-egl1 libxkbcommon0
loaded=
for library in libEGL.so.1 libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXext.so.6 libXi.so.6 libXinerama.so.1 libXrandr.so.2 libXrender.so.1 \
	libXxf86vm.so.1 libwayland-cursor.so.0 libwayland-egl.so.1 libxkbcommon.so.0; do
	loaded="$loaded $library()(64bit)"
done
rpm lockwire $loaded
