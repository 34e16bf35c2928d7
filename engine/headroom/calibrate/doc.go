// Package calibrate measures what Lockwire's traffic costs this machine's processor: the cipher alone, and whole channels over
// loopback, on one core and on all of them. It takes a few seconds of all cores, so that it is for times in which the component
// carries nothing; ending its context ends it at once.
//
// Both ends of a measured channel, the program that feeds it and the one that takes what comes out run in this process, and the
// system counts processor time for the process. So the same feeding and taking is measured without Lockwire between,
// and taken off; what is left is the two ends'. The cipher's part of it belongs to the end that does it, and the rest, which is
// copying and waking up, is divided equally.
package calibrate
