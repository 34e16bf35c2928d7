package host

import "errors"

// usageError marks what is wrong with the command line or a file that it names.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks an error as one of the command line or of a file that it names, for ExitUsage.
func Usage(err error) error { return usageError{err} }

// IsUsage tells whether an error, or one that it wraps, was marked by Usage.
func IsUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage)
}
