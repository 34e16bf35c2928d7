// Package componenttest is the stage for tests of a component: a machine, a broker, and agents that run. Only tests import it.
package componenttest
