#!/bin/sh
# Makes the Go code of the .proto files with Debian's protoc and the plugins that go.mod names as tools.
# With --check it changes nothing and fails where the committed code differs in more than protoc's version.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins" "$work/made"
go build -o "$work/plugins" google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
PATH="$work/plugins:$PATH" protoc --go_out="$work/made" --go_opt=paths=source_relative --go-grpc_out="$work/made" --go-grpc_opt=paths=source_relative ./*.proto

if [ "${1:-}" != --check ]; then
	cp "$work"/made/*.go .
	exit
fi
for made in "$work"/made/*.go; do
	committed=$(basename "$made")
	grep -v '^//.*protoc  *v' "$made" >"$work/left"
	grep -v '^//.*protoc  *v' "$committed" >"$work/right"
	cmp -s "$work/left" "$work/right" || { echo "engine/wire/$committed is not what the .proto files say: run make generate" >&2; exit 1; }
done
