// Package ui is the console: what administrators see and click. It computes no decision, parses no address, opens no socket and
// writes no SQL; all of that it asks of [engine.Administration].
//
// # How it is put together
//
// [Shell] is the window's content: the rail, the page that is shown, and the status bar. Each [Page] is built once, and told of
// the newest [State] while it is visible. [Console] is what pages share: the administration, the one way to work in the
// background, and the way to other pages.
//
// # Threads
//
// All of this package runs on Fyne's goroutine, except what is handed to [Console.Background]. live.go turns the engine's
// snapshots into one call a tick on Fyne's goroutine, however fast they come; a slow window skips snapshots and never queues them.
package ui
