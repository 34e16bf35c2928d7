package server

import (
	"lockwire/app/host"
)

// HowToBeLetIn says what a user does whom a broker on this machine does not let in.
const HowToBeLetIn = "run this as the user who runs the broker, or as administrator"

// howToOwn says the same of a data folder on which no broker runs.
const howToOwn = "run this as its owner, or as administrator"

// closeFolder makes a data folder that is not there, with an access list that keeps others out. What lies in %ProgramData% is
// otherwise read by every user.
func closeFolder(path string) error { return host.MakeFolder(path) }
