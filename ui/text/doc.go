// Package text writes values in words: rates, sizes, ages, hours, and what the engine's types say of a component or a session.
// Times, numbers and the order of names follow the system's locale; sentences that the broker wrote keep its form.
// It knows no colour and no icon; package page gives those.
package text
