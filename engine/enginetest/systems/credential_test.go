//go:build linux

package systems

import "testing"

// sealAuthority gives the authority's key a passphrase, and that to the broker as a credential of systemd's, as the docs on recovery
// say. The broker then starts with the system and nobody is asked.
func sealAuthority(t *testing.T, vault, fileserver *system, passphrase string) {
	t.Helper()
	vault.run("systemctl", "stop", "lockwired")
	for _, typed := range []struct {
		line    string
		answers []answer
	}{
		{"lockwired authority passphrase", []answer{{"Passphrase: ", passphrase}, {"The same once more: ", passphrase}}},
		{"systemd-ask-password -n | systemd-creds encrypt --name=lockwire-ca-passphrase - /etc/lockwire-ca-passphrase", []answer{{"assword", passphrase}}},
	} {
		_, err := vault.typed(typed.line, typed.answers...)
		must(t, err)
	}
	vault.shell(`mkdir -p /etc/systemd/system/lockwired.service.d && printf '[Service]\nLoadCredentialEncrypted=lockwire-ca-passphrase:/etc/lockwire-ca-passphrase\n' >/etc/systemd/system/lockwired.service.d/override.conf`)
	vault.reboot()
	awaitAttached(vault, "vault", "fileserver")
	backUp(fileserver)
}
