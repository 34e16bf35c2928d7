package broker

import "lockwire/engine"

// cipherFor picks a session's cipher: AES-256-GCM where both ends have AES instructions, and where either runs in strict FIPS
// mode, which takes nothing else; ChaCha20-Poly1305 otherwise, for without those instructions it is several times cheaper.
func cipherFor(source, target *engine.Report) engine.Cipher {
	if source.FIPS || target.FIPS || source.Processor.HasAES() && target.Processor.HasAES() {
		return engine.AES256GCM
	}
	return engine.ChaCha20Poly1305
}
