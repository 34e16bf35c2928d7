package record

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
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
	if !json.Valid(text) {
		return nil, errors.New("it is not one JSON value")
	}
	c := canonical{text}
	if c.skip(); c.rest[0] != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	return c.object(1, without)
}

// Bounds of what is read from a file. A receipt has some thousand bytes and is five deep.
const (
	maximumDocument = 1 << 20
	maximumDepth    = 32
)

// integer is how a number is written: JSON's other forms of it have no place in the record.
var integer = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// canonical reads what is left of a text that is valid JSON, which json.Decoder does at several times the cost: each receipt is read so before
// it is written.
type canonical struct{ rest []byte }

// skip leaves out white space, and the sign that parts or ends members and elements.
func (c *canonical) skip() {
	for len(c.rest) > 0 && bytesOf[c.rest[0]] == between {
		c.rest = c.rest[1:]
	}
}

// take gives the next so many bytes.
func (c *canonical) take(n int) []byte {
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken
}

const between, ofNumber = 1, 2

// bytesOf says of which kind a byte outside of strings is.
var bytesOf = func() (kinds [256]byte) {
	for _, b := range []byte(" \t\r\n,:") {
		kinds[b] = between
	}
	for _, b := range []byte("+-.0123456789eE") {
		kinds[b] = ofNumber
	}
	return kinds
}()

func (c *canonical) value(depth int) ([]byte, error) {
	if depth > maximumDepth {
		return nil, errors.New("it is nested too deep")
	}
	switch c.skip(); c.rest[0] {
	case '{':
		return c.object(depth+1, nil)
	case '[':
		return c.array(depth + 1)
	case '"':
		text, err := c.text()
		return withLength([]byte{'s'}, text), err
	case 't':
		c.take(len("true"))
		return []byte{'t'}, nil
	case 'f':
		c.take(len("false"))
		return []byte{'f'}, nil
	case 'n':
		c.take(len("null"))
		return []byte{'0'}, nil
	}
	length := 0
	for length < len(c.rest) && bytesOf[c.rest[length]] == ofNumber {
		length++
	}
	number := c.take(length)
	if !integer.Match(number) {
		return nil, fmt.Errorf("the number %.30s is not an integer", number)
	}
	return withLength([]byte{'n'}, string(number)), nil
}

// text reads a string. One with an escape, or that is not UTF-8, is read as package json does.
func (c *canonical) text() (text string, err error) {
	end, plain := 1, true
	for ; c.rest[end] != '"'; end++ {
		if c.rest[end] == '\\' {
			plain = false
			end++
		}
	}
	quoted := c.take(end + 1)
	if inside := quoted[1:end]; plain && utf8.Valid(inside) {
		return string(inside), nil
	}
	return text, json.Unmarshal(quoted, &text)
}

func (c *canonical) array(depth int) ([]byte, error) {
	c.take(1)
	var values []byte
	count := 0
	for c.skip(); c.rest[0] != ']'; c.skip() {
		value, err := c.value(depth)
		if err != nil {
			return nil, err
		}
		values = append(values, value...)
		count++
	}
	c.take(1)
	return append(withCount('[', count), values...), nil
}

func (c *canonical) object(depth int, without []string) ([]byte, error) {
	c.take(1)
	members := map[string][]byte{}
	for c.skip(); c.rest[0] != '}'; c.skip() {
		name, err := c.text()
		if err != nil {
			return nil, err
		}
		if _, again := members[name]; again {
			return nil, fmt.Errorf("the member %q stands twice", name)
		}
		if members[name], err = c.value(depth); err != nil {
			return nil, err
		}
	}
	c.take(1)
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
