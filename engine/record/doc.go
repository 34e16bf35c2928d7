// Package record is how the record is asked for and added up: queries are checked, receipts and audit entries are compared, searched
// in and summed up, and made fit for a CSV file. It holds functions; the types that they are about are engine's. What a store does in
// SQL has its meaning here.
package record
