package main

import (
	"context"
	"os/exec"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/ui/page"
)

// otherBrokers opens windows on brokers elsewhere. Each is a console of its own, so that a broker in this window goes on.
func otherBrokers() *page.OtherBrokers {
	return &page.OtherBrokers{
		Known: knownBrokers,
		Enrol: func(ctx context.Context, token string) (engine.ID, error) {
			attachment, err := server.Enrol(ctx, token, server.EnrolmentsFolder())
			return attachment.Installation, err
		},
		Open: openBroker,
	}
}

// knownBrokers lists those in which this user is enrolled as an administrator.
func knownBrokers() ([]page.OtherBroker, error) {
	directories, err := identity.Directories(server.EnrolmentsFolder())
	if err != nil {
		return nil, err
	}
	var known []page.OtherBroker
	for _, directory := range directories {
		if attachment := directory.Attachment(); len(attachment.Brokers) > 0 {
			known = append(known, page.OtherBroker{Installation: attachment.Installation, Address: attachment.Brokers[0], Name: attachment.Name})
		}
	}
	return known, nil
}

// openBroker starts a console on the broker of an installation, which it tries at all of its addresses.
func openBroker(installation engine.ID) error {
	program, err := host.ThisProgram()
	if err != nil {
		return err
	}
	console := exec.Command(program, "--broker", string(installation))
	if err := console.Start(); err != nil {
		return err
	}
	go console.Wait() // it says itself, in its window, what goes wrong
	return nil
}
