package engine

import "errors"

// Errors on which callers decide. Everything else is for people to read.
var (
	// ErrNotFound: no such rule, component, service, route, session, receipt or setting.
	ErrNotFound = errors.New("not found")
	// ErrNameTaken: another rule, component, service or route has the name, whatever its case.
	ErrNameTaken = errors.New("the name is taken")
	// ErrPredefined: the predefined rule Internet cannot be deleted, and its name, source and target are fixed.
	ErrPredefined = errors.New("the predefined rule Internet cannot be deleted, and its name, source and target are fixed")
	// ErrOutdated: the thing was changed by somebody else since it was read. It is an *OutdatedError, which has the thing as it is now.
	ErrOutdated = errors.New("it was changed by somebody else meanwhile; read it again")
	// ErrInUse: something else still needs the thing; the message names what.
	ErrInUse = errors.New("it is still in use")
	// ErrNeedsConfirmation: the change makes a pair lose encryption, opens an open leg or ends sessions, and nobody confirmed it.
	ErrNeedsConfirmation = errors.New("a confirmation is needed")
	// ErrNoBroker: what was asked for needs a running broker, and only the data folder was opened.
	ErrNoBroker = errors.New("the broker is not running; start it with lockwired serve")
	// ErrNotAllowed: the caller's role or certificate does not allow it.
	ErrNotAllowed = errors.New("not allowed")
	// ErrVersionsDiffer: console and broker are of different versions, and the older one cannot keep what the newer one has; the message says
	// which is which.
	ErrVersionsDiffer = errors.New("the versions of this program and of the broker differ")
	// ErrSilent: a watch hears nothing from the broker any more; what it gave last is old.
	ErrSilent = errors.New("the broker has said nothing")
	// ErrOffline: the component is not attached.
	ErrOffline = errors.New("the component is not attached to the broker")
	// ErrNewerData: the database was written by a newer version of the program.
	ErrNewerData = errors.New("the data was written by a newer version of Lockwire; install that version")
	// ErrDamagedData: the database is damaged; it is never overwritten.
	ErrDamagedData = errors.New("the data is damaged; restore a backup with lockwired restore")
	// ErrRecordLocked: another program holds the database, so that nothing can be written.
	ErrRecordLocked = errors.New("another program holds the database")
	// ErrFolderInUse: another process works on the data folder; the message names it.
	ErrFolderInUse = errors.New("the data folder is in use")
)
