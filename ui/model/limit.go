package model

import (
	"errors"
	"strconv"
	"strings"

	"lockwire/engine"
)

// ParseLimit reads a limit as it is typed, its unit beside it.
func ParseLimit(number string, unit engine.Unit) (*engine.Limit, error) {
	value, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	if err != nil {
		return nil, errors.New("write a whole number, such as 100")
	}
	limit := &engine.Limit{Value: value, Unit: unit}
	return limit, limit.Check()
}
