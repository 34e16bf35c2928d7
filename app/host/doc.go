// Package host is what the programs share, and all of app/ that the agent may use: where data lies, how logs are written, what
// exit codes mean, how a secret is asked for, and how a program becomes a service of its system.
package host
