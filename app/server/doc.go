// Package server brings an installation up in one process: it opens the data folder, its authority and the broker, and offers
// their administration on the local socket and on the broker's port. Console and lockwired share it.
//
// [Reach] is how both come to an [engine.Administration]: of the broker that runs on a data folder, or of the folder itself
// where none runs.
package server
