package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"lockwire/app/host"
	"lockwire/app/prescribed"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/disk"
	"lockwire/engine/network"
)

// connectWithin is how long a local socket may take to answer. One that is there answers at once.
const connectWithin = 5 * time.Second

// ErrNoInstallation: the data folder is not there.
var ErrNoInstallation = errors.New("there is no installation")

// Reach comes to the administration of a data folder: through the local socket where a broker runs on it, else on the folder
// itself, which nobody else can use meanwhile. Where nothing may be written in the folder it can be looked at, and changes are refused
// (syscall.EROFS). The caller closes what it got.
func Reach(ctx context.Context, options Options, version string) (engine.Administration, func() error, error) {
	client, closeClient, err := Attach(ctx, options.Path)
	if err == nil {
		return client, closeClient, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, nil, fmt.Errorf("%w: this user may not work on %s; %s", engine.ErrNotAllowed, options.Path, HowToBeLetIn)
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, network.ConnectionRefused) {
		return nil, nil, err
	}
	if _, err := os.Stat(options.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w in %s; start a broker with lockwired serve --data "+engine.InShell(options.Path)+", or name another folder with --data, or a broker elsewhere with --broker", ErrNoInstallation, options.Path)
	}
	open := OpenFolder
	if because := disk.Writable(options.Path); errors.Is(because, syscall.EROFS) || errors.Is(because, fs.ErrPermission) {
		open = func(ctx context.Context, options Options) (*Folder, error) { return openToLook(ctx, options, because) }
	}
	folder, err := open(ctx, options)
	if errors.Is(err, fs.ErrPermission) {
		return nil, nil, fmt.Errorf("%w: no broker runs on %s, and only its owner may work on the folder itself; %s: %w", engine.ErrNotAllowed, options.Path, howToOwn, err)
	}
	if err != nil {
		return nil, nil, err
	}
	local := administration.New(administration.Config{
		Store: folder.Store, Authority: folder.Authority, Installation: folder.Installation, Version: version,
		Prescribed: prescribed.Keep(prescribed.System()).Present,
	}, engine.Actor("data folder, "+thisUser()))
	return local, folder.Close, nil
}

// Attach connects to the local socket of a broker on a data folder. Its error is fs.ErrNotExist where there is no socket,
// network.ConnectionRefused where its broker is gone, and fs.ErrPermission where this user may not use it.
func Attach(ctx context.Context, folder string) (engine.Administration, func() error, error) {
	path := filepath.Join(folder, socketFile)
	probe, err := dialSocket(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	probe.Close()
	connection, err := grpc.NewClient("passthrough:///"+path, append(dialOptions(), grpc.WithContextDialer(dialSocket), grpc.WithTransportCredentials(socketCredentials{}))...)
	if err != nil {
		return nil, nil, err
	}
	client := administration.NewClient(connection, host.Version())
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	if _, err := client.Installation(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("ask the broker on %s: %w", folder, err), connection.Close())
	}
	return client, connection.Close, nil
}
