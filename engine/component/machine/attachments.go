package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/identity"
)

const attachmentsFolder = "attachments"

// AttachmentsFolder is where the attachments of a component with that data folder lie.
func AttachmentsFolder(folder string) string { return filepath.Join(folder, attachmentsFolder) }

// KeptAttachment is an attachment as it lies on the disk.
type KeptAttachment struct {
	Installation engine.ID `json:"installation"`
	ID           engine.ID `json:"id"`
	Name         string    `json:"name"`
	Brokers      []string  `json:"brokers"`
	// Folder holds the attachment's files, its allow-backend list among them.
	Folder string `json:"folder"`
}

// ErrNotJoined: the machine has joined no installation, or not the one that was asked for.
var ErrNotJoined = identity.ErrNotJoined

// ErrWhichAttachment: a machine serves several brokers, and it was not said which is meant. The text names them.
var ErrWhichAttachment = errors.New("this machine has joined more than one installation; say which with --installation ID")

// Attachments lists what the component with that data folder has joined; identity.ErrNotJoined where that is nothing.
func Attachments(folder string) ([]KeptAttachment, error) {
	directories, err := identity.Directories(AttachmentsFolder(folder))
	if err != nil {
		return nil, err
	}
	if len(directories) == 0 {
		return nil, fmt.Errorf("%w (looked in %s)", identity.ErrNotJoined, AttachmentsFolder(folder))
	}
	var all []KeptAttachment
	for _, d := range directories {
		kept := d.Attachment()
		all = append(all, KeptAttachment{Installation: kept.Installation, ID: kept.ID, Name: kept.Name, Brokers: kept.Brokers, Folder: d.Path()})
	}
	return all, nil
}

// FindAttachment gives the attachment to an installation, by its id or the beginning of it; with an empty one, the only
// attachment that there is. It returns identity.ErrNotJoined or ErrWhichAttachment.
func FindAttachment(folder, installation string) (KeptAttachment, error) {
	all, err := Attachments(folder)
	if err != nil {
		return KeptAttachment{}, err
	}
	var found []KeptAttachment
	for _, one := range all {
		if strings.HasPrefix(string(one.Installation), installation) {
			found = append(found, one)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return KeptAttachment{}, fmt.Errorf("installation %q: %w", Shorten(installation), identity.ErrNotJoined)
	}
	var names []string
	for _, one := range found {
		names = append(names, fmt.Sprintf("%s (as %s)", one.Installation, one.Name))
	}
	return KeptAttachment{}, fmt.Errorf("%w: %s", ErrWhichAttachment, strings.Join(names, ", "))
}

// CheckBrokers tells whether addresses can be those of a broker: one to eight HOST:PORT.
func CheckBrokers(addresses []string) error { return identity.CheckBrokers(addresses) }

// SetBrokers sets by hand where the broker of an attachment is reached. A running agent takes it up with its next try.
func SetBrokers(attachment KeptAttachment, addresses []string) error {
	directory, err := identity.OpenDirectory(attachment.Folder)
	if err != nil {
		return err
	}
	if err := directory.SetBrokers(addresses); err != nil {
		return err
	}
	return GiveAttachmentsToOwner(filepath.Dir(filepath.Dir(attachment.Folder)))
}

// GiveAttachmentsToOwner gives the attachments of a data folder to the owner of the folder: who runs a command may be another.
func GiveAttachmentsToOwner(folder string) error {
	return disk.GiveTreeToFolderOwner(folder, attachmentsFolder)
}
