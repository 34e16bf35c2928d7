package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
)

// Canonical writes a JSON object in the one form that is hashed, whatever its spaces, its escapes and the order of its members. Docs/receipts.md
// specifies it for other languages. Each value is a letter and what follows:
//
//	t, f, 0         true, false, null
//	n LENGTH TEXT   a number, which is an integer in decimal
//	s LENGTH TEXT   a string in UTF-8
//	[ COUNT VALUE…  an array
//	{ COUNT …       an object: of each member the name (LENGTH TEXT) and the value, sorted by the bytes of the names
//
// LENGTH and COUNT are 4 bytes, big-endian. Of members called in without, only those of the outermost object are left out.
func Canonical(text []byte, without ...string) ([]byte, error) {
	if len(text) > maximumDocument {
		return nil, fmt.Errorf("it has more than %d bytes", maximumDocument)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	first, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if first != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	c := canonical{decoder}
	whole, err := c.object(1, without)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the object")
	}
	return whole, nil
}

// Bounds of what is read from a file. A receipt has some thousand bytes and is five deep.
const (
	maximumDocument = 1 << 20
	maximumDepth    = 32
)

// integer is how a number is written: JSON's other forms of it have no place in the record.
var integer = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

type canonical struct{ from *json.Decoder }

func (c canonical) value(depth int) ([]byte, error) {
	if depth > maximumDepth {
		return nil, errors.New("it is nested too deep")
	}
	token, err := c.from.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case nil:
		return []byte{'0'}, nil
	case bool:
		if token {
			return []byte{'t'}, nil
		}
		return []byte{'f'}, nil
	case json.Number:
		if !integer.MatchString(token.String()) {
			return nil, fmt.Errorf("the number %s is not an integer", token)
		}
		return withLength([]byte{'n'}, token.String()), nil
	case string:
		return withLength([]byte{'s'}, token), nil
	case json.Delim:
		if token == '[' {
			return c.array(depth + 1)
		}
		return c.object(depth+1, nil)
	}
	return nil, fmt.Errorf("a value of type %T", token)
}

func (c canonical) array(depth int) ([]byte, error) {
	var values []byte
	count := 0
	for ; c.from.More(); count++ {
		value, err := c.value(depth)
		if err != nil {
			return nil, err
		}
		values = append(values, value...)
	}
	_, err := c.from.Token()
	return append(withCount('[', count), values...), err
}

func (c canonical) object(depth int, without []string) ([]byte, error) {
	members := map[string][]byte{}
	for c.from.More() {
		token, err := c.from.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, again := members[name]; again {
			return nil, fmt.Errorf("the member %q stands twice", name)
		}
		if members[name], err = c.value(depth); err != nil {
			return nil, err
		}
	}
	if _, err := c.from.Token(); err != nil {
		return nil, err
	}
	for _, name := range without {
		delete(members, name)
	}
	whole := withCount('{', len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		whole = append(withLength(whole, name), members[name]...)
	}
	return whole, nil
}

func withCount(letter byte, count int) []byte {
	return binary.BigEndian.AppendUint32([]byte{letter}, uint32(count))
}

func withLength(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(text))), text...)
}
