package record

import (
	"strings"
	"unicode/utf8"
)

// formulaSigns begin what a spreadsheet computes instead of showing it; the wide ones some programs take for the plain ones.
const formulaSigns = "=+-@\t\r\n＝＋－＠"

// ForSpreadsheets keeps a spreadsheet that opens a CSV file from taking a text for a formula: names, addresses and reasons come
// from other machines too. A text that would be one gets an apostrophe in front. The record is changed in place, and given back.
func ForSpreadsheets(record []string) []string {
	for i, text := range record {
		if first, size := utf8.DecodeRuneInString(text); size > 0 && strings.ContainsRune(formulaSigns, first) {
			record[i] = "'" + text
		}
	}
	return record
}
