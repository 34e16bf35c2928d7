package selftest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"lockwire/app/host"
)

const (
	// serviceName is that of the service which is installed for the test.
	serviceName = "lockwire-selftest"
	// ranFile is what the service writes to its folder.
	ranFile = "ran"
	// startsWithin and stopsWithin bound a service's start and stop.
	startsWithin = time.Minute
	stopsWithin  = 5 * time.Second
)

// tryService has the program run with the arguments and its folder behind them.
func tryService(ctx context.Context, arguments []string) (found string, err error) {
	switch err := host.CanInstallServices(); {
	case errors.Is(err, host.ErrServiceRights), errors.Is(err, host.ErrNoServices):
		return "", NotTried("%v", err)
	case err != nil:
		return "", err
	}
	program, err := host.ThisProgram()
	if err != nil {
		return "", err
	}
	if err := host.CheckServiceProgram(program); err != nil {
		return "", NotTried("%v", err)
	}
	folder := filepath.Join(filepath.Dir(host.SystemFolder(host.Agent)), serviceName)
	if _, err := os.Stat(folder); err == nil {
		return "", NotTried("%s is there already; remove it first", folder)
	}
	service := host.Service{
		Name: serviceName, Description: "Lockwire self-test", Program: program, Arguments: append(arguments, folder), Folder: folder, User: unprivileged, StopWithin: stopsWithin,
	}
	defer func() {
		// Also where ctx is done: nothing stays behind.
		ctx := context.WithoutCancel(ctx)
		if removed := host.RemoveService(ctx, serviceName); !errors.Is(removed, host.ErrNoService) {
			err = errors.Join(err, removed)
		}
		err = errors.Join(err, os.RemoveAll(folder))
	}()
	if err := host.InstallService(ctx, service); err != nil {
		return "", err
	}
	err = host.Await(ctx, startsWithin, "the service's first word", func() (bool, error) {
		_, err := os.Stat(filepath.Join(folder, ranFile))
		return err == nil, nil
	})
	if err != nil {
		return "", err
	}
	who, err := os.ReadFile(filepath.Join(folder, ranFile))
	return fmt.Sprintf("installed, ran as %s, wrote to its folder, removed", who), err
}

// serviceBody is what the program does as that service: it says in its folder who it is, and waits to be stopped.
func serviceBody(ctx context.Context, folder string) error {
	return host.Run(ctx, serviceName, stopsWithin, func(ctx context.Context) error {
		// First under another name, so that whoever finds the file finds it whole.
		unfinished := filepath.Join(folder, ranFile+".unfinished")
		who, err := user.Current()
		if err != nil {
			return err
		}
		if err := os.WriteFile(unfinished, []byte(who.Username), 0o600); err != nil {
			return err
		}
		if err := os.Rename(unfinished, filepath.Join(folder, ranFile)); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
}
