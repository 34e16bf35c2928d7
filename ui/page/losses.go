package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// LostLinks list the links that lose encryption; none where none does.
func LostLinks(effect *engine.Effect) []fyne.CanvasObject {
	lost := effect.LosesEncryption()
	if lost == 0 {
		return nil
	}
	rows := []fyne.CanvasObject{kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, text.Count(lost, "link loses encryption", "links lose encryption")+":")}
	shown := 0
	for i := range effect.Links {
		link := &effect.Links[i]
		if !link.LosesEncryption() {
			continue
		}
		if shown == ShownLinks {
			break
		}
		shown++
		sign := widget.NewIcon(theme.NewColoredResource(ModeIcon(engine.Plain), ModeColor(engine.Plain)))
		rows = append(rows, kit.Border(nil, nil, container.NewCenter(sign), nil, kit.Wrapped(link.Source+" to "+link.Target+routeNote(link)+": from sealed to plain")))
	}
	if more := lost - shown; more > 0 {
		rows = append(rows, kit.Muted("and "+text.Count(more, "more link that loses encryption", "more links that lose encryption")))
	}
	return rows
}

// routeNote says of a link that no route uses it yet.
func routeNote(link *engine.LinkEffect) string {
	if len(link.Routes) == 0 {
		return " (no route yet)"
	}
	return ""
}

// shownEnding is how many sessions that end a question lists; it counts the others.
const shownEnding = 12

// EndingSessions list the live sessions that a change ends; none where it ends none.
func EndingSessions(ending []engine.EndingSession) []fyne.CanvasObject {
	if len(ending) == 0 {
		return nil
	}
	rows := []fyne.CanvasObject{kit.NewNotice(theme.WarningIcon(), kit.ColorRefused, text.Count(len(ending), "live session ends", "live sessions end")+" at once, in the middle of a backup:")}
	for i := range ending {
		if i == shownEnding {
			return append(rows, kit.Muted("and "+text.Number(len(ending)-i)+" more"))
		}
		s := &ending[i]
		rows = append(rows, kit.Wrapped(s.Route+": "+s.Source+" to "+s.Target+", "+text.Size(s.Bytes)+" so far"))
	}
	return rows
}
