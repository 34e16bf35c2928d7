// Package report makes and writes the report for the auditor: Tally adds receipts up one at a time, whatever their number, and HTML and CSV
// write what came out. It decides nothing and reads nothing by itself.
package report
