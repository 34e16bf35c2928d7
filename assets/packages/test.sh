#!/bin/sh
# Installs the packages in FOLDER on systems made anew, has the programs do their work there, and removes them: test.sh FOLDER, as root.
# Debian's own package managers do it; an rpm goes into a root with Debian's rpm, which does not know what Debian's packages provide.
set -eu
packages=$(cd "$1" && pwd)
work=$(mktemp -d)
pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || true; done; wait; umount -q "$work/deb/proc" "$work/rpm/proc"; rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { printf '\n%s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
now() { date +%s%N; }
took() { echo "    took $((($(now) - $1) / 1000000)) ms"; }

# has LIST PATH…: a package's list of files has each path.
has() {
	list=$1
	shift
	for path in "$@"; do grep -qx -- "$path" "$list" || fail "no $path in $(basename "$list")"; done
}

# until_said FILE PATTERN PID: waits until a program has said something, or has ended.
until_said() {
	while ! grep -q -- "$2" "$1"; do
		kill -0 "$3" 2>/dev/null || { cat "$1" >&2; fail "the program ended before it said: $2"; }
		sleep 0.1
	done
}

# attached HOW BROKER AGENT FOLDER: a broker and an agent, each run by a command, find each other.
attached() {
	how=$1 broker=$2 agent=$3 data=$4
	mkdir -p "$data"
	$broker serve --data "$data/broker" --listen 127.0.0.1:0 >"$data/broker.log" 2>&1 &
	broker_pid=$! pids="$pids $!"
	until_said "$data/broker.log" 'msg=ready' $broker_pid
	# An agent at home on the same machine reaches the broker where the token says.
	address=$(sed -n 's/.*msg=ready address=\([^ ]*\) .*/\1/p' "$data/broker.log")
	$broker components token "$how" --role server --data "$data/broker" --broker-address "$address" >"$data/token"
	$agent join --data "$data/agent" --token-file "$data/token" >"$data/join.log" 2>&1 || { cat "$data/join.log" >&2; fail "$how: the agent does not join"; }
	$agent run --data "$data/agent" --listen 127.0.0.1:0 --calibrate=false >"$data/agent.log" 2>&1 &
	agent_pid=$! pids="$pids $!"
	until $agent status --data "$data/agent" >"$data/status" 2>&1; do
		kill -0 $agent_pid 2>/dev/null || { cat "$data/agent.log" >&2; fail "$how: the agent ended"; }
		sleep 0.2
	done
	echo "    $how: the agent joined and is attached"
	kill $agent_pid $broker_pid
	wait $agent_pid $broker_pid || true
}

say "Checksums"
(cd "$packages" && sha256sum --quiet -c SHA256SUMS)
for file in $(cd "$packages" && ls | grep -v '^SHA256SUMS$'); do
	grep -q "  $file\$" "$packages/SHA256SUMS" || fail "$file has no checksum"
done
(cd "$packages" && ls -l | awk 'NR > 1 {printf "    %10d %s\n", $5, $9}')

say "What is in them"
for file in "$packages"/*.deb; do
	dpkg-deb -c "$file" | awk '{print $1, $2, substr($6, 2)}' >"$work/list"
	awk '$2 != "root/root"' "$work/list" | grep . && fail "$file: not of root"
	awk '$1 !~ /^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x)$/' "$work/list" | grep . && fail "$file: other rights"
	cut -d' ' -f3- "$work/list" >"$work/$(basename "$file")"
done
for file in "$packages"/*.rpm; do
	rpm -qp --qf '[%{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]' "$file" >"$work/list"
	grep -v '^root/root ' "$work/list" && fail "$file: not of root"
	cut -d' ' -f2- "$work/list" >"$work/$(basename "$file")"
done
for list in "$work"/lockwire*.deb "$work"/lockwire*.rpm; do
	case $(basename "$list") in
	lockwire-agent*) program=lockwire-agent service=lockwire-agent ;;
	lockwire-server*) program=lockwired service=lockwired ;;
	*) program=lockwire service= ;;
	esac
	has "$list" /usr/bin/$program /usr/share/man/man1/$program.1.gz /usr/share/bash-completion/completions/$program /usr/share/fish/vendor_completions.d/$program.fish
	[ -z "$service" ] || has "$list" /usr/lib/systemd/system/$service.service /etc/default/$service
done
for file in "$packages"/lockwire-agent*.deb "$packages"/lockwire-server*.deb; do
	[ -n "$(dpkg-deb -I "$file" conffiles)" ] || fail "$file: a file that administrators edit would be replaced"
done
for file in "$packages"/lockwire-agent*.rpm "$packages"/lockwire-server*.rpm; do
	rpm -qpc "$file" | grep -q ^/etc/default/ || fail "$file: a file that administrators edit would be replaced"
done
lintian --allow-root --fail-on error "$packages"/*.deb | grep -v '^W: .*\(maintainer-script\|hardening-no-pie\)' || true
lintian --allow-root --fail-on error "$packages"/*.deb >/dev/null

say "Two systems, made anew"
. /etc/os-release
start=$(now)
debootstrap --variant=minbase "$VERSION_CODENAME" "$work/deb" >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log"; fail debootstrap; }
cp -a "$work/deb" "$work/rpm"
mount -t proc proc "$work/deb/proc"
mount -t proc proc "$work/rpm/proc"
took "$start"

root=$work/deb
inside() { chroot "$root" "$@"; }
version=$(dpkg-deb -f "$packages"/lockwire-agent_*_amd64.deb Version)
cp "$packages"/*_amd64.deb "$root/tmp"

say "apt install, remove, purge"
inside apt-get update -qq
for package in lockwire-agent lockwire-server; do
	start=$(now)
	inside apt-get install -y -qq --no-install-recommends "/tmp/${package}_${version}_amd64.deb" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "$package"; }
	echo "    $package: installed"
	took "$start"
done
[ "$(inside stat -c %U:%G:%a /var/lib/lockwire)" = lockwire:lockwire:700 ] || fail "rights of the broker's data folder"
[ "$(inside stat -c %U:%G:%a /var/lib/lockwire-agent)" = lockwire-agent:lockwire-agent:700 ] || fail "rights of the agent's data folder"
inside setpriv --reuid lockwire --regid lockwire --clear-groups lockwired demo --mebibytes 64 >"$work/demo" 2>&1 || { cat "$work/demo"; fail "the demonstration"; }
grep -q '^SEALED' "$work/demo" && grep -q 'bytes arrived as sent (SHA-256) *yes *yes' "$work/demo" || { cat "$work/demo"; fail "no bytes went through a sealed session"; }
echo "    bytes went through a sealed session of the installed programs"
# What an administrator changed stays, and so do data, until the package is purged.
echo '#OPTIONS="--log-level debug"' >>"$root/etc/default/lockwired"
inside sh -c 'echo key >/var/lib/lockwire/authority.pem; echo key >/var/lib/lockwire-agent/key.pem'
mkdir -p "$root/etc/systemd/system/lockwired.service.d"
touch "$root/etc/systemd/system/lockwired.service.d/install.conf" "$root/etc/systemd/system/lockwired.service.d/override.conf"
inside dpkg -i "/tmp/lockwire-server_${version}_amd64.deb" >/dev/null
inside apt-get remove -y -qq lockwire-server lockwire-agent >/dev/null
[ ! -e "$root/usr/bin/lockwired" ] || fail "removed, and the program is there"
grep -q 'log-level debug' "$root/etc/default/lockwired" || fail "removed, and with it what the administrator changed"
[ -e "$root/var/lib/lockwire/authority.pem" ] && [ -e "$root/var/lib/lockwire-agent/key.pem" ] || fail "removed, and with it the data"
inside apt-get purge -y -qq lockwire-server lockwire-agent >/dev/null 2>"$work/purge"
[ -e "$root/var/lib/lockwire/authority.pem" ] || fail "the authority's key is gone, and nobody said yes"
grep -q 'stay in /var/lib/lockwire' "$work/purge" || fail "nobody was told that the broker's data stay"
[ ! -e "$root/var/lib/lockwire-agent" ] || fail "purged, and the agent's data are there"
[ ! -e "$root/etc/default/lockwired" ] && [ ! -e "$root/etc/systemd/system/lockwired.service.d/install.conf" ] || fail "purged, and its files in /etc are there"
[ -e "$root/etc/systemd/system/lockwired.service.d/override.conf" ] || fail "purged, and with it an administrator's own file"
inside dpkg -i "/tmp/lockwire-server_${version}_amd64.deb" >/dev/null
[ -e "$root/var/lib/lockwire/authority.pem" ] || fail "installed again, and the data are gone"
echo "lockwire-server lockwire-server/purge-data boolean true" | inside debconf-set-selections
inside apt-get purge -y -qq lockwire-server >/dev/null 2>&1
[ ! -e "$root/var/lib/lockwire" ] || fail "somebody said yes, and the broker's data are there"
inside getent passwd lockwire >/dev/null && fail "purged, and the user is there"
# A group with members outlasts its user: an administrator's place in it is the system's to keep.
inside sh -c 'useradd ann; getent group lockwire >/dev/null || groupadd --system lockwire; usermod -aG lockwire ann'
inside dpkg -i "/tmp/lockwire-server_${version}_amd64.deb" >/dev/null || fail "not installed where the group lockwire is there"
inside apt-get purge -y -qq lockwire-server >/dev/null 2>&1
echo "    what was changed, data and the authority's key stay as long as they should, and go when they should"

say "The console"
if [ -e "$root/tmp/lockwire_${version}_amd64.deb" ]; then
	start=$(now)
	inside apt-get install -y -qq --no-install-recommends "/tmp/lockwire_${version}_amd64.deb" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "lockwire"; }
	took "$start"
	# Libraries that are loaded only when a window opens.
	for library in $(strings -a "$root/usr/bin/lockwire" | grep -oE '^lib(X[A-Za-z0-9-]*|EGL|GL|wayland-[a-z]*|xkbcommon)\.so\.[0-9]+$' | sort -u); do
		inside ldconfig -p | grep -q "$library " || fail "the package depends on nothing that has $library"
	done
	timeout 300 chroot "$root" lockwire --try --snapshot /tmp/pictures --page overview --theme light >"$work/console.log" 2>&1 || { cat "$work/console.log"; fail "the console"; }
	[ -s "$root/tmp/pictures/overview-light.png" ] || fail "the console drew nothing"
	echo "    it drew its overview, with real traffic"
fi

say "rpm --root, with its scripts"
root=$work/rpm
for package in lockwire-agent lockwire-server; do
	rpm --root "$root" --nodeps -i "$packages/$package-$version-1.x86_64.rpm" 2>"$work/rpm.log" || { cat "$work/rpm.log"; fail "$package"; }
done
[ "$(inside stat -c %U:%G:%a /var/lib/lockwire)" = lockwire:lockwire:700 ] || fail "rights of the broker's data folder"
inside lockwired demo --mebibytes 64 >"$work/demo" 2>&1 || { cat "$work/demo"; fail "the demonstration"; }
echo '#OPTIONS=""' >>"$root/etc/default/lockwire-agent"
inside touch /var/lib/lockwire/authority.pem
rpm --root "$root" --nodeps -i --replacepkgs "$packages/lockwire-agent-$version-1.x86_64.rpm" 2>/dev/null
grep -q '^#OPTIONS=""' "$root/etc/default/lockwire-agent" || fail "installed again, and what the administrator changed is gone"
rpm --root "$root" -e lockwire-agent lockwire-server 2>/dev/null
[ ! -e "$root/usr/bin/lockwired" ] && [ -e "$root/var/lib/lockwire/authority.pem" ] || fail "removed: program or data"
echo "    installed, moved bytes, removed; the data stay"

say "arm64, on an emulated processor"
for package in lockwire-agent lockwire-server; do
	[ ! -e "$packages/${package}_${version}_arm64.deb" ] || dpkg-deb -x "$packages/${package}_${version}_arm64.deb" "$work/arm64"
done
if [ -e "$work/arm64" ]; then
	emulated="qemu-aarch64-static -L /usr/aarch64-linux-gnu $work/arm64/usr/bin"
	attached arm64 "$emulated/lockwired" "$emulated/lockwire-agent" "$work/attached"
else
	echo "    not built"
fi

say "All is well."
