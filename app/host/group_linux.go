package host

import (
	"context"
	"fmt"
	"os/user"
)

// CheckUser tells whether the system knows a user by a name.
func CheckUser(name string) error {
	if _, err := user.Lookup(name); err != nil {
		return fmt.Errorf("user %q: %w", name, err)
	}
	return nil
}

// AddToGroup makes a user a member of a group of the system, which counts from that user's next login.
func AddToGroup(ctx context.Context, name, group string) error {
	if err := CheckUser(name); err != nil {
		return err
	}
	return command(ctx, "usermod", "--append", "--groups", group, "--", name)
}
