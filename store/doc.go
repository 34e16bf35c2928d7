// Package store keeps the record of an installation in one SQLite database inside the data folder.
//
// What it promises:
//   - A change is durable when Write returns nil, and never half done: the edit and its audit entry are one transaction,
//     on the disk (WAL, synchronous=FULL) before Write returns.
//   - One process at a time works on a data folder. A second is told which program and process has it. The kernel lets go
//     of the lock when that process dies, however it dies.
//   - A database that is damaged, is none, or was written by a newer version is reported and left as it is, byte for byte.
//   - Before a newer version changes the tables of an existing database, a copy of it is kept beside it.
//   - No key, token or passphrase has a column.
//
// Reads go through a few connections of their own and never wait for the writer. The SQL is plain enough for PostgreSQL:
// text ids, times as integer milliseconds, booleans as 0 and 1, documents as JSON text.
package store
