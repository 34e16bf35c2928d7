// Package assets holds the console's pictures, and the licences of what the programs contain.
package assets

import (
	_ "embed"

	"fyne.io/fyne/v2"
)

//go:embed icon.svg
var icon []byte

//go:embed lock-closed.svg
var lockClosed []byte

//go:embed lock-open.svg
var lockOpen []byte

//go:embed headroom.svg
var headroom []byte

//go:embed tray-well.svg
var trayWell []byte

//go:embed tray-attention.svg
var trayAttention []byte

//go:embed tray-nobroker.svg
var trayNoBroker []byte

// Licences are those of Go and of all modules that are linked into the programs, each below a line "==== NAME ====".
//
//go:generate sh licences.sh
//go:embed licences.txt
var Licences string

var (
	// Icon is the program's.
	Icon fyne.Resource = fyne.NewStaticResource("icon.svg", icon)
	// LockClosed stands for sealed, LockOpen for plain. Both take the colour that the theme gives them.
	LockClosed fyne.Resource = fyne.NewStaticResource("lock-closed.svg", lockClosed)
	LockOpen   fyne.Resource = fyne.NewStaticResource("lock-open.svg", lockOpen)
	// TrayWell, TrayAttention and TrayNoBroker are the icons of the desktop's tray. They differ in their outline too: who sees no
	// colours, or a small icon, tells them apart.
	TrayWell      fyne.Resource = fyne.NewStaticResource("tray-well.svg", trayWell)
	TrayAttention fyne.Resource = fyne.NewStaticResource("tray-attention.svg", trayAttention)
	TrayNoBroker  fyne.Resource = fyne.NewStaticResource("tray-nobroker.svg", trayNoBroker)
	// Headroom is a gauge, in the colour that the theme gives it.
	Headroom fyne.Resource = fyne.NewStaticResource("headroom.svg", headroom)
)
