package host

// Exit codes, the same for all programs and documented in their help.
const (
	ExitOK       = 0
	ExitFailed   = 1 // what was asked for did not work; stderr says why
	ExitUsage    = 2 // the command line or a file is wrong; the field is named
	ExitConfirm  = 3 // a confirmation is needed: --yes
	ExitNotFound = 4 // there is no such thing
	ExitNoBroker = 5 // no broker, or no agent, was reached
	ExitDenied   = 6 // not allowed, or refused by the other side
	ExitTaken    = 7 // the name is taken, or the machine has another one there
)
