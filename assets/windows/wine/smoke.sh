#!/bin/sh
# Starts the programs for Windows under Wine, in a prefix and on displays of their own: smoke.sh FOLDER TAGS, in the module's
# folder. It says for each whether it did what is expected, and fails where one did not. Wine is not Windows: what starts here
# may still fail there. Wine 8 does not delete files in the way that Go asks first, so that a program that leaves a temporary
# folder behind ends with 1 here: what it did counts, not that.
set -eu
programs=$(cd "$1" && pwd) tags=$2
here=$(cd "$(dirname "$0")" && pwd)
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
server=$(command -v wineserver || echo /usr/lib/wine/wineserver)

work=$(mktemp -d)
export WINEPREFIX="$work/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" WINEARCH=win64 LIBGL_ALWAYS_SOFTWARE=1
unset WAYLAND_DISPLAY
running= # ids of what was started in the background
end() {
	for id in $running; do kill "$id" 2>/dev/null || true; done
	WINEPREFIX="$WINEPREFIX" timeout 20 "$server" -k 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT TERM

failed=0
# done_well WHAT and missed WHAT REASON [FILE] say how it went, the latter with the program's last words.
done_well() { echo "ok      $1"; }
missed() {
	failed=1
	echo "FAILED  $1: $2"
	tail -n 20 "${3:-$work/said}" | sed 's/^/        | /'
}

# under SECONDS PROGRAM ARGUMENT...: runs a program to its end; its words are in the file said.
under() {
	seconds=$1
	shift
	timeout -k 5 "$seconds" "$wine" "$@" >"$work/said" 2>&1 </dev/null
}

# says WHAT WORDS SECONDS PROGRAM ARGUMENT...: a program ends well and says certain words.
says() {
	what=$1 words=$2
	shift 2
	code=0
	under "$@" || code=$?
	if [ $code != 0 ]; then
		missed "$what" "it ended with $code, where 124 means that it took more than $1 s"
	elif ! grep -q "$words" "$work/said"; then
		missed "$what" "it did not say \"$words\""
	else
		done_well "$what"
	fi
}

# screen OPTION...: a display of its own, whose number Xvfb writes once it answers.
screen() {
	rm -f "$work/display"
	Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp "$@" 3>"$work/display" >/dev/null 2>&1 &
	running="$running $!"
	for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.1; done
	[ -s "$work/display" ] || { echo "Xvfb gave no display"; exit 1; }
	DISPLAY=:$(cat "$work/display")
	export DISPLAY
}

# background FILE PROGRAM ARGUMENT...: starts a program that stays; its words are in the file.
background() {
	file=$1
	shift
	timeout -k 5 120 "$wine" "$@" >"$file" 2>&1 </dev/null &
	running="$running $!"
}

# comes WHAT WORDS COMMAND...: what a command says has certain words before 20 s are over.
comes() {
	what=$1 words=$2
	shift 2
	for _ in $(seq 40); do
		"$@" >"$work/said" 2>&1 </dev/null || true
		grep -q "$words" "$work/said" && { done_well "$what"; return; }
		sleep 0.5
	done
	missed "$what" "it did not say \"$words\""
}

# appears PROCESS: a window of Lockwire's is there before a minute is over or the process ends; its id is in the variable window.
appears() {
	window=
	for _ in $(seq 120); do
		window=$(timeout 5 xdotool search --onlyvisible --name '^Lockwire' 2>/dev/null | tail -n 1) || window=
		[ -z "$window" ] || return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.5
	done
	return 1
}

# opens WHAT ARGUMENT...: the console's window comes; its process is in the variable console.
opens() {
	what=$1
	shift
	background "$work/opened" "$programs/lockwire.exe" "$@"
	console=$!
	if appears "$console"; then
		done_well "$what"
	else
		missed "$what" "no window came" "$work/opened"
		return 1
	fi
}

# colourful: before a minute is over the screen shows more than a blank window does.
colourful() {
	for _ in $(seq 60); do
		timeout 10 import -window root "$work/shown.png" && [ "$(identify -format %k "$work/shown.png")" -gt 50 ] && return 0
		sleep 1
	done
	return 1
}

# closes WHAT: the window is asked to close, and its process ends.
closes() {
	timeout 5 xdotool windowfocus "$window" key alt+F4 || true
	for _ in $(seq 60); do kill -0 "$console" 2>/dev/null || { done_well "$1"; return; }; sleep 0.5; done
	missed "$1" "it did not end within 30 s" "$work/opened"
	kill "$console" 2>/dev/null || true
}

# tests PACKAGE PATTERN: the package's tests that match, built for Windows.
tests() {
	GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go test -tags "$tags" -c -o "$work/tests.exe" "./$1"
	if under 120 "$work/tests.exe" -test.timeout 100s -test.v -test.run "$2" && grep -q '^--- PASS' "$work/said"; then
		done_well "$(grep -c '^--- PASS' "$work/said") tests of $1"
	else
		missed "tests of $1" "see below"
	fi
}

screen
"$wine" --version
timeout -k 5 180 "$wine" wineboot --init >"$work/said" 2>&1 </dev/null || { missed "Wine" "the prefix could not be made"; exit 1; }
# Wine 8 lacks a library that Go programs cannot do without.
library=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
[ -e "$library" ] || x86_64-w64-mingw32-gcc -shared -O2 -o "$library" "$here/bcryptprimitives.c" -ladvapi32

says "lockwire-agent.exe version" "^lockwire-agent [0-9]" 60 "$programs/lockwire-agent.exe" version
says "lockwired.exe --version" "version [0-9]" 60 "$programs/lockwired.exe" --version
says "lockwired.exe --help" "lockwired serve" 60 "$programs/lockwired.exe" --help
says "lockwire.exe --version" "version [0-9]" 60 "$programs/lockwire.exe" --version

# A broker and an agent, each a program of its own. The token goes through a file that only this user can read.
broker="Z:$work/broker" agent="Z:$work/agent"
background "$work/serving" "$programs/lockwired.exe" serve --data "$broker" --listen 127.0.0.1:0
comes "lockwired.exe serve" "msg=ready" cat "$work/serving"
says "lockwired.exe reaches the broker through its pipe" "added rule" 60 "$programs/lockwired.exe" rules add Nightly --source any --target any --encrypt --data "$broker"
says "the audit names who did" "S-1-5-.* rule.add" 60 "$programs/lockwired.exe" audit --data "$broker"
under 60 "$programs/lockwired.exe" components token vault --role repository --data "$broker" || true
grep -E '^[a-z0-9]{60,}' "$work/said" >"$work/token" || true
says "lockwire-agent.exe join" "has joined" 60 "$programs/lockwire-agent.exe" join --token-file "Z:$work/token" --data "$agent"
# Its interfaces are given: Wine 10 fails to list those of some machines (GetAdaptersAddresses: invalid data).
background "$work/carrying" "$programs/lockwire-agent.exe" run --listen 127.0.0.1:0 --machine-id wine --interface 192.0.2.1 --data "$agent"
comes "lockwire-agent.exe run attaches to the broker" "attached to" timeout -k 5 20 "$wine" "$programs/lockwire-agent.exe" status --data "$agent"

# Wine has neither the access lists nor all of the service manager that Windows has: what fails there stands in the output, and may hold on
# Windows.
under 180 "$programs/lockwired.exe" selftest || true
sed 's/^/        | /' "$work/said"
what="lockwired.exe selftest carries sealed bytes"
if grep -q '^ok  *sealed bytes' "$work/said"; then done_well "$what"; else missed "$what" "see above"; fi

what="lockwire.exe --try --snapshot draws its pages after real traffic"
under 180 "$programs/lockwire.exe" --try --snapshot "Z:$work/pictures" --theme light || true
if [ -s "$work/pictures/overview-light.png" ]; then done_well "$what"; else missed "$what" "there is no picture"; fi

tests app/pipe .
tests app/prescribed .
tests app/server 'LetInAndNamed'
tests app/lockwire 'SecondStart|NotARequest|Hangs'

if opens "lockwire.exe --try opens its window" --try; then closes "the window closes, and the program ends"; fi
if opens "lockwire.exe opens on a data folder" --data "Z:$work/data"; then
	says "a second start brings the first window to the front" "open already" 60 "$programs/lockwire.exe" --data "Z:$work/data"
	closes "that window closes, and its program ends"
	what="the log lies in the data folder"
	if [ -f "$work/data/console.log" ]; then done_well "$what"; else missed "$what" "there is none"; fi
fi

screen -extension GLX
if opens "without OpenGL the window opens all the same" --try; then
	what="it shows the pages"
	if colourful; then done_well "$what"; else missed "$what" "it shows hardly a colour" "$work/opened"; fi
	closes "that window closes, and its program ends"
fi

# Started without standard error, as from Explorer.
what="started from the desktop, it says in a message box what is wrong"
background "$work/said" start /wait "Z:$(echo "$programs" | tr / '\\')\\lockwire.exe" --size 1x1
if appears $!; then done_well "$what"; else missed "$what" "there is none"; fi
exit $failed
