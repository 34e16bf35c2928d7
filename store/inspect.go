package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"

	"lockwire/engine"
)

// inspect finds out whether a database can be used, and the version of its tables, without changing a byte of it. thorough
// also compares the indexes with the tables and follows the references.
func inspect(ctx context.Context, file databaseFile, thorough bool) (version int64, err error) {
	if err := checkHeader(file); err != nil {
		return 0, err
	}
	pool := openDatabase(string(file), toInspect)
	defer pool.Close()
	check := "PRAGMA quick_check(5)"
	if thorough {
		check = "PRAGMA integrity_check(5)"
	}
	r := records{pool, file}
	const doing = "check the database"
	findings, err := list(ctx, r, doing, text, check)
	if err != nil {
		return 0, err
	}
	if len(findings) != 1 || findings[0] != "ok" {
		return 0, damaged(file, findings[0])
	}
	if thorough {
		broken, err := list(ctx, r, doing, func(rows *sql.Rows) (string, error) {
			var table, parent string
			var row, index any
			err := rows.Scan(&table, &row, &parent, &index)
			return fmt.Sprintf("a row of %s refers to one of %s that is missing", table, parent), err
		}, "PRAGMA foreign_key_check")
		if err != nil {
			return 0, err
		}
		if len(broken) > 0 {
			return 0, damaged(file, broken[0])
		}
	}
	tables, err := list(ctx, r, doing, text, `SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('goose_db_version', 'rules', 'receipts')`)
	if err != nil {
		return 0, err
	}
	if len(tables) != 3 {
		return 0, damaged(file, "it is a database, but none of Lockwire")
	}
	return one(ctx, r, doing, "version", func(rows *sql.Rows) (version int64, err error) {
		return version, rows.Scan(&version)
	}, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
}

// checkHeader refuses what is no SQLite database before SQLite sees it, which would take an empty file for a new database.
func checkHeader(file databaseFile) error {
	about, err := os.Lstat(string(file))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if !about.Mode().IsRegular() {
		return damaged(file, "it is no regular file")
	}
	opened, err := os.Open(string(file))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer opened.Close()
	var header [20]byte
	if _, err := io.ReadFull(opened, header[:]); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("open the database: %w", err)
	}
	// Behind the name of the format, in the bytes 16 and 17, stands the page size; 18 and 19 say which versions may write and
	// read it, 1 without and 2 with a write-ahead log. SQLite would open an unknown one only for reading.
	version := header[18]
	if string(header[:16]) != "SQLite format 3\x00" || version != header[19] || version != 1 && version != 2 {
		return damaged(file, "it is no database")
	}
	return nil
}

// damaged says what is wrong with which file.
func damaged(file databaseFile, finding string) error {
	return fmt.Errorf("%s: %s: %w", string(file), finding, engine.ErrDamagedData)
}
