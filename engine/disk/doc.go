// Package disk writes the files of a data folder: whole or not at all, on the disk when it returns, and owned by whom the
// folder belongs to where root writes for a service.
package disk
