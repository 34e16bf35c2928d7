package exchange

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"lockwire/engine"
)

// isVeeamCSV tells that a text is Veeam's rules as PowerShell's Export-Csv writes them.
func isVeeamCSV(text []byte) bool {
	header, _, _ := bytes.Cut(withoutTypeLine(text), []byte("\n"))
	header = bytes.TrimSpace(header)
	return !bytes.HasPrefix(header, []byte("{")) && !bytes.HasPrefix(header, []byte("[")) && bytes.Contains(bytes.ToLower(header), []byte("sourceipstart"))
}

// withoutTypeLine takes off the line that Export-Csv begins with where it is not told -NoTypeInformation.
func withoutTypeLine(text []byte) []byte {
	if bytes.HasPrefix(text, []byte("#TYPE ")) {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return text
}

// decodeVeeamCSV reads what Get-VBRNetworkTrafficRule gave to Export-Csv, with commas, semicolons or tabs between the columns.
func decodeVeeamCSV(text []byte) (decoded, error) {
	text = withoutTypeLine(text)
	header, _, _ := bytes.Cut(text, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma = separatorOf(string(header))
	columns, err := reader.Read()
	if err != nil {
		return decoded{}, fmt.Errorf("traffic rules: %w", err)
	}
	var rules []engine.JSONObject
	for {
		row, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return decodeCmdletRules(rules)
		case err != nil:
			return decoded{}, fmt.Errorf("traffic rules: %w", err)
		case len(rules) == engine.MaximumRules-1:
			return decoded{}, fmt.Errorf("traffic rules: at most %d entries", engine.MaximumRules-1)
		}
		rule, err := rowObject(columns, row)
		if err != nil {
			return decoded{}, of(fmt.Sprintf("rule number %d", len(rules)+1), err)
		}
		rules = append(rules, rule)
	}
}

// separatorOf gives the character between the columns: the one of which the header has most.
func separatorOf(header string) rune {
	separator, most := ',', 0
	for _, candidate := range []rune{',', ';', '\t'} {
		if count := strings.Count(header, string(candidate)); count > most {
			separator, most = candidate, count
		}
	}
	return separator
}

// rowObject gives a row as the object of texts that ConvertFrom-Csv would make of it.
func rowObject(columns, row []string) (engine.JSONObject, error) {
	var object bytes.Buffer
	object.WriteByte('{')
	for i, column := range columns {
		if i > 0 {
			object.WriteByte(',')
		}
		for j, text := range []string{column, row[i]} {
			quoted, err := json.Marshal(text)
			if err != nil {
				return engine.JSONObject{}, err
			}
			if j > 0 {
				object.WriteByte(':')
			}
			object.Write(quoted)
		}
	}
	object.WriteByte('}')
	return engine.ReadJSONObject(object.Bytes())
}
