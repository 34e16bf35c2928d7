// Package ui is the console's window: the rail, the page that is shown, the status bar, find, help and about. It computes no
// decision, parses no address, opens no socket and writes no SQL; all of that it asks of [engine.Administration].
//
// # How it is put together
//
// [Shell] is the window's content. Each [page.Page] is built once, in a package of its own, and gets the newest [model.State]
// while it is visible. Pages never import each other: what several of them show stands in package page, what knows no rule and
// no session in package kit, values in words in package text, and what is shown without a widget in package model.
// [page.Console] is what pages share: the administration, the one way to work in the background, and the way to other pages.
//
// # Where to change what
//
//   - A page: a package with a New that returns a [page.Page], a line in pages.go, one in the table of imports_test.go, and a page in
//     docs/console. A table with the details of its selected row is a [page.TableFrame], a list of what is recorded a
//     [page.PagedList].
//   - A column: one grid.Column in the page's columns. Its ID is what is remembered of it, so it stays.
//   - A word for a value: package text. Its colour or icon: package page.
//   - What the window knows: a field of [model.State], set by [model.Live].
//   - A change: [page.AskChange], which previews it and asks before encryption is lost.
//
// # Threads
//
// All of these packages run on Fyne's goroutine, except what is handed to [page.Console.Background]. [model.Live] turns the
// engine's snapshots into one call a tick on Fyne's goroutine, however fast they come; a slow window skips snapshots and never
// queues them.
package ui
