//go:build unix

package server

// HowToBeLetIn tells a user how to get access to a broker on this machine.
const HowToBeLetIn = "join the group " + Group + " (sudo usermod -aG " + Group + " USER, then log in again), or use sudo"

// howToOwn says the same of a data folder on which no broker runs.
const howToOwn = "start the broker (sudo systemctl start lockwired), or use sudo"

// closeFolder has nothing to do: the store makes a new data folder with a mode that keeps others out.
func closeFolder(string) error { return nil }
