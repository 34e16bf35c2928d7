// Package model is what the pages show, without a widget: the state that [Live] follows, the trends of the last minutes, and what
// needs attention. It gives kinds; package page gives their colours and icons.
package model
