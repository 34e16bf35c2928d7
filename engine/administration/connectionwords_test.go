package administration

import "testing"

func TestTheFailureOfAConnectionIsSaidInWords(t *testing.T) {
	for of, want := range map[string]string{
		`connection error: desc = "transport: Error while dialing: no broker listens on 10.0.0.1:6170; is it running there, and is that its port?"`: "no broker listens on 10.0.0.1:6170; is it running there, and is that its port?",
		`connection error: desc = "transport: Error while dialing: the name \"vault\" is not known"`:                                                `the name "vault" is not known`,
		`connection error: desc = "transport: authentication handshake failed: EOF"`:                                                                "what listens there ends the connection at once; is it a Lockwire broker, and is that its port?",
		`connection error: desc = "transport: authentication handshake failed: the certificate has expired"`:                                        "what answers there was not accepted, or does not accept this program: the certificate has expired",
		`connection error: desc = "error reading server preface: EOF"`:                                                                              "what listens there is no Lockwire broker, or it is just starting or ending",
		`keepalive ping failed to receive ACK within timeout`:                                                                                       "it stopped answering; the connection is made again",
		`error reading from server: read tcp 10.0.0.2:1->10.0.0.1:6170: read: connection reset by peer`:                                             "the connection broke; it is made again",
		`the broker stops`: "the broker stops",
	} {
		if got := connectionWords(of); got != want {
			t.Errorf("%s: %q, wanted %q", of, got, want)
		}
	}
}
