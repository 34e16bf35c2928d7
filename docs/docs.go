// Package docs holds the documentation for administrators, so that the console can show it offline.
package docs

import "embed"

// Files are the pages, by their paths in this folder.
//
//go:embed *.md console/*.md
var Files embed.FS
