// Package administration implements [engine.Administration]: what an administrator can see and do.
//
//   - [Local] works on a store, and on the running broker where there is one.
//   - [Service] offers a Local over gRPC: on the local socket, where the peer's credentials say who it is, and on the
//     broker's port, where an administrator's certificate does.
//   - [Client] is the other end of a Service.
//
// Every change that can change a decision goes through one place, change.go: it is planned on a copy, its effect on all
// pairs is worked out, a loss of encryption has to be confirmed, and then the change and its audit entry are written in one
// transaction.
package administration
