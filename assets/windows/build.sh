#!/bin/sh
# Builds the three programs for 64-bit Windows, with their resources: build.sh FOLDER TAGS LDFLAGS, in the module's
# folder. The object file with the resources must lie in the program's folder while it is built, and only then.
set -eu
out=$1 tags=$2 flags=$3
export GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc

resource=
trap 'rm -f "$resource"' EXIT
trap 'exit 1' HUP INT TERM

# program NAME CGO ARGUMENT...: builds one program with what only it needs.
program() {
	name=$1 cgo=$2
	shift 2
	resource=app/$name/rsrc_windows_amd64.syso
	env -u GOOS -u GOARCH -u CC go run ./app/windowsresource "$name" "$resource"
	CGO_ENABLED=$cgo go build "$@" -o "$out/$name.exe" "./app/$name"
	rm -f "$resource"
	echo "$out/$name.exe"
}

program lockwire-agent 0 -ldflags "$flags"
program lockwired 1 -ldflags "$flags"
program lockwire 1 -tags "$tags" -ldflags "$flags -H=windowsgui"
