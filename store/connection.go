package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// access says what a connection may do with a database file.
type access int

const (
	// toInspect changes nothing: neither the file nor what is in its write-ahead log.
	toInspect access = iota
	// toRead is a connection of the pool beside the writer.
	toRead
	// toWrite is the one writer.
	toWrite
	// toBuild fills a file that has not got its name yet. It is thrown away when that is interrupted and synced as a whole
	// before it gets its name, so nothing waits for the disk meanwhile.
	toBuild
)

// pragmas are what every connection sets for itself.
var pragmas = []string{
	"PRAGMA trusted_schema = OFF", // a schema from a stranger's backup calls no function
	"PRAGMA cell_size_check = ON", // notice a damaged page when it is read, not later
	"PRAGMA foreign_keys = ON",    // SQLite's default is off
	"PRAGMA secure_delete = ON",   // what was removed is overwritten
	"PRAGMA temp_store = MEMORY",  // nothing of the record in files outside the data folder
	"PRAGMA synchronous = FULL",   // durable when COMMIT returns
	"PRAGMA busy_timeout = 4000",  // a checkpoint is short; nobody else writes; whoever waits for a session is told in time
	"PRAGMA wal_autocheckpoint = 1000",
	"PRAGMA journal_size_limit = 67108864", // a log that grew during a backup shrinks again
}

// connector opens connections to one file without registering anything globally.
type connector struct {
	dataSource string
	driver     *sqlite3.SQLiteDriver
}

// Connect opens a connection and sets its pragmas.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dataSource) }

// Driver gives SQLite's driver.
func (c connector) Driver() driver.Driver { return c.driver }

// openDatabase opens a pool on an existing file. Nothing is read before the first use.
func openDatabase(file string, how access) *sql.DB {
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_stmt_cache_size": {statementsKept}}
	settings := pragmas
	switch how {
	case toInspect:
		query = url.Values{"mode": {"ro"}}
		if !hasLog(file) {
			// Nobody else has the file, and all of it is in the file itself: SQLite needs to put nothing beside it.
			query.Set("immutable", "1")
		}
		settings = append([]string{"PRAGMA query_only = ON"}, pragmas...)
	case toRead:
		query.Set("_txlock", "deferred")
		settings = append([]string{"PRAGMA query_only = ON"}, pragmas...)
	case toWrite:
		settings = append([]string{"PRAGMA journal_mode = WAL"}, pragmas...)
	case toBuild:
		settings = append(slices.Clone(pragmas), "PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF")
	}
	connections := connector{
		dataSource: fileURI(file) + "?" + query.Encode(),
		driver: &sqlite3.SQLiteDriver{ConnectHook: func(connection *sqlite3.SQLiteConn) error {
			for _, pragma := range settings {
				if _, err := connection.Exec(pragma, nil); err != nil {
					return fmt.Errorf("%s: %w", strings.ToLower(pragma), err)
				}
			}
			return nil
		}},
	}
	pool := sql.OpenDB(connections)
	pool.SetMaxOpenConns(1)
	if how == toRead {
		pool.SetMaxOpenConns(maximumReaders)
		pool.SetMaxIdleConns(maximumReaders)
	}
	return pool
}

// statementsKept is how many statements a connection keeps prepared: more than there are fixed ones for sessions and receipts. To
// prepare one costs more than to run it.
const statementsKept = "64"

// maximumReaders is enough for a console, a few command lines and metrics; each costs some memory for cached pages.
const maximumReaders = 4

// fileURI names a file as SQLite wants it, so that no character of its path is taken for a parameter.
func fileURI(file string) string {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}
