// Package lockwire embeds the program's metadata, so that every program of the module, however it was built, states one name and version.
package lockwire

import _ "embed"

// ID names the console to desktops and to Fyne's preferences. It is that of FyneApp.toml.
const ID = "io.lockwire.console"

// Metadata is FyneApp.toml: name, id and version.
//
//go:embed FyneApp.toml
var Metadata []byte
