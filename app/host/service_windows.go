package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"lockwire/engine"
)

// InstallService makes a service that runs under an account of its own (NT SERVICE\NAME), gives that account the data folder,
// and starts it now and at each start of the system. An older one of that name is replaced.
func InstallService(ctx context.Context, s Service) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := RemoveService(ctx, s.Name); err != nil && !errors.Is(err, ErrNoService) {
		return err
	}
	if err := MakeFolder(s.Folder); err != nil {
		return err
	}
	manager, err := connect()
	if err != nil {
		return err
	}
	defer manager.Disconnect()
	service, err := manager.CreateService(s.Name, s.Program, mgr.Config{
		StartType: mgr.StartAutomatic, ErrorControl: mgr.ErrorNormal, DelayedAutoStart: true,
		DisplayName: s.Description, Description: s.Description,
		ServiceStartName: ServiceAccount(s.Name), SidType: windows.SERVICE_SID_TYPE_UNRESTRICTED,
	}, s.Arguments...)
	if err != nil {
		return fmt.Errorf("make service %s: %w", s.Name, err)
	}
	defer service.Close()
	// A service that ends unexpectedly is started again.
	restart := []mgr.RecoveryAction{{Type: mgr.ServiceRestart, Delay: 2 * time.Second}, {Type: mgr.ServiceRestart, Delay: 10 * time.Second}}
	if err := service.SetRecoveryActions(restart, uint32((24 * time.Hour).Seconds())); err != nil {
		return fmt.Errorf("service %s: set what happens when it fails: %w", s.Name, err)
	}
	if err := giveFolder(s.Folder, s.Name); err != nil {
		return err
	}
	if err := service.Start(); err != nil {
		return fmt.Errorf("start service %s: %w", s.Name, err)
	}
	return nil
}

// ServiceAccount is a service's own account, which Windows makes with the service.
func ServiceAccount(name string) string { return `NT SERVICE\` + name }

// giveFolder lets the service's account, the system and administrators into the data folder, and nobody else.
func giveFolder(folder, name string) error {
	sid, _, _, err := windows.LookupSID("", ServiceAccount(name))
	if err != nil {
		return fmt.Errorf("look up the account of service %s: %w", name, err)
	}
	if err := setAccess(folder, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;"+sid.String()+")"); err != nil {
		return fmt.Errorf("give the data folder to service %s: %w", name, err)
	}
	return nil
}

// stopWait is how long a service may say nothing new while it stops before it is removed all the same.
const stopWait = 2 * stopHint

// RemoveService stops the service and removes it. The data folder stays. It returns ErrNoService where there is none.
func RemoveService(ctx context.Context, name string) error {
	manager, err := connect()
	if err != nil {
		return err
	}
	defer manager.Disconnect()
	service, err := manager.OpenService(name)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return fmt.Errorf("%s: %w", name, ErrNoService)
	}
	if err != nil {
		return fmt.Errorf("open service %s: %w", name, err)
	}
	defer service.Close()
	if state, err := service.Control(svc.Stop); err == nil {
		waited := newPatience(time.Now(), stopWait)
		for state.State != svc.Stopped && ctx.Err() == nil && waited.goesOn(time.Now(), state.CheckPoint) {
			_ = engine.Pause(ctx, 100*time.Millisecond)
			if state, err = service.Query(); err != nil {
				break
			}
		}
	}
	if err := service.Delete(); err != nil {
		return fmt.Errorf("remove service %s: %w", name, err)
	}
	return nil
}

func mayManageServices() error {
	manager, err := connect()
	if err != nil {
		return err
	}
	return manager.Disconnect()
}

func connect() (*mgr.Mgr, error) {
	manager, err := mgr.Connect()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, ErrServiceRights
	}
	if err != nil {
		return nil, fmt.Errorf("reach the service manager: %w", err)
	}
	return manager, nil
}

// runService runs body under the service manager where that started the program.
func runService(ctx context.Context, name string, stopWithin time.Duration, body func(context.Context) error) error {
	managed, err := svc.IsWindowsService()
	if err != nil {
		return fmt.Errorf("ask whether this is a service: %w", err)
	}
	if !managed {
		return body(ctx)
	}
	handler := &serviceHandler{ctx: ctx, body: body, stopWithin: stopWithin}
	if err := svc.Run(name, handler); err != nil {
		return fmt.Errorf("run as service %s: %w", name, err)
	}
	return handler.err
}

// serviceHandler answers the service manager while body runs.
type serviceHandler struct {
	ctx        context.Context
	body       func(context.Context) error
	stopWithin time.Duration
	err        error
}

// Execute implements svc.Handler.
func (h *serviceHandler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	ctx, stop := context.WithCancel(h.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- h.body(ctx) }()
	status <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	var stops *stopping // nil until it is told to stop
	var again <-chan time.Time
	// tell says that the service goes on stopping; a manager that hears nothing takes it for hung.
	tell := func() {
		again = nil
		if checkpoint, wait, ok := stops.next(time.Now()); ok {
			status <- svc.Status{State: svc.StopPending, CheckPoint: checkpoint, WaitHint: uint32(wait.Milliseconds())}
			again = time.After(stopSays)
		}
	}
	for {
		select {
		case h.err = <-ended:
			status <- svc.Status{State: svc.StopPending}
			if h.err != nil {
				return true, ExitFailed
			}
			return false, 0
		case request := <-requests:
			switch request.Cmd {
			case svc.Interrogate:
				status <- request.CurrentStatus
			case svc.Stop, svc.Shutdown:
				if stops == nil {
					stops = newStopping(time.Now(), h.stopWithin)
					tell()
				}
				stop()
			}
		case <-again:
			tell()
		}
	}
}

// checkServicePlace has nothing to say: a service sees all folders here.
func checkServicePlace(string) error { return nil }

// checkOwnedByRoot is not asked here: who installs a service chooses its program.
func checkOwnedByRoot(string) error { return nil }

// AllowLowPorts has nothing to give: any program may listen on any port here.
func AllowLowPorts(context.Context, string) (bool, error) { return false, nil }

// LastWords says where to look.
func LastWords(_ context.Context, name string, _ time.Time) string {
	return "; see why in the log of service " + name
}
