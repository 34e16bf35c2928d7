//go:build packaging

package host

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// PackageFiles is called by the programs that `make packages` builds, and by no other. Where the program was started as
// `PROGRAM package-files FOLDER VERSION DATE`, it writes what a package has besides the program itself, by the paths that it is
// installed at: manual pages, completion for shells and, unless service is nil, the unit. Then it ends the program.
func PackageFiles(root *cobra.Command, service *Service) {
	if len(os.Args) != 5 || os.Args[1] != "package-files" {
		return
	}
	if err := writePackageFiles(root, service, os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(ExitFailed)
	}
	os.Exit(ExitOK)
}

func writePackageFiles(root *cobra.Command, service *Service, folder, version, date string) error {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return err
	}
	name := root.Name()
	// The folder of whoever builds the package is of no use to its reader.
	if data := root.Flag("data"); data != nil {
		program := Broker
		if name == Agent {
			program = Agent
		}
		data.Usage = fmt.Sprintf("data folder (default /var/lib/%s for root and services, ~/.local/state/%s for others)", folderName(program), folderName(program))
	}
	manuals := filepath.Join(folder, "usr/share/man/man1")
	if err := os.MkdirAll(manuals, 0o755); err != nil {
		return err
	}
	header := &doc.GenManHeader{Section: "1", Date: &day, Source: "Lockwire " + version, Manual: "Lockwire"}
	if err := doc.GenManTree(root, header, manuals); err != nil {
		return err
	}
	files := map[string]func(path string) error{
		"usr/share/bash-completion/completions/" + name:         func(path string) error { return root.GenBashCompletionFileV2(path, true) },
		"usr/share/zsh/vendor-completions/_" + name:             root.GenZshCompletionFile,
		"usr/share/fish/vendor_completions.d/" + name + ".fish": func(path string) error { return root.GenFishCompletionFile(path, true) },
	}
	if service != nil {
		files["usr/lib/systemd/system/"+service.Name+".service"] = func(path string) error {
			return os.WriteFile(path, []byte(service.PackagedUnit()), 0o644)
		}
	}
	for path, write := range files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := write(path); err != nil {
			return err
		}
	}
	return nil
}
