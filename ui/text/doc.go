// Package text writes values in words: rates, sizes, ages, hours, and what the engine's types say of a component or a session.
// It knows no colour and no icon; package page gives those.
package text
