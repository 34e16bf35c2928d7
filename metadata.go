// Package lockwire embeds the program's metadata, so that every program of the module, however it was built, states one name and version.
package lockwire

import _ "embed"

// Metadata is FyneApp.toml: name, id and version.
//
//go:embed FyneApp.toml
var Metadata []byte
