package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"lockwire/engine"
)

//go:embed schema/*.sql
var embedded embed.FS

// schema gives the SQL migrations of this version. Go migrations are in goMigrations. Both only go forward.
func schema() fs.FS {
	files, err := fs.Sub(embedded, "schema")
	if err != nil {
		panic(err) // the folder is embedded at build time
	}
	return files
}

// migrations gives goose's view of a database. It keeps nothing globally and logs nothing.
func migrations(writer *sql.DB, files fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, writer, files, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(goMigrations()...))
}

// newestVersion is the version up to which the migrations lead.
func newestVersion(provider *goose.Provider) int64 {
	newest := int64(0)
	for _, source := range provider.ListSources() {
		newest = max(newest, source.Version)
	}
	return newest
}

// migrate brings the tables to the newest version. Each migration is one transaction: a failed one leaves the version before it.
func migrate(ctx context.Context, provider *goose.Provider, file databaseFile) error {
	if _, err := provider.Up(ctx); err != nil {
		return file.failed("bring the database to the version of this program", err)
	}
	return nil
}

// checkVersion refuses a database of a newer program.
func checkVersion(file databaseFile, version, newest int64) error {
	if version > newest {
		return fmt.Errorf("%s: its version is %d, this program knows versions up to %d: %w", string(file), version, newest, engine.ErrNewerData)
	}
	return nil
}
