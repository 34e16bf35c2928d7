// Package headroom says how much encrypted traffic a component's processor can carry.
//
// Two things are known of a component: what its real sessions took of the processor in the last minutes ([Meter]), and what it
// measured of itself while it carried none (package calibrate). The first counts where there is enough of it. With the cores
// that are free now that gives the headroom ([Of]), and for two components together what more traffic between them would take
// ([Forecast]).
//
// The package is pure: it opens no file and starts no measurement. What it knows of the machine is what the processor itself
// tells ([Processor]).
package headroom
