package kit

import (
	"reflect"

	"fyne.io/fyne/v2"
)

// topmost is what lies over everything else in a canvas: the topmost dialog, or the window's content where none is open.
func topmost(canvas fyne.Canvas) fyne.CanvasObject {
	overlay := canvas.Overlays().Top()
	if overlay == nil {
		return canvas.Content()
	}
	// Fyne puts a dialog into a container of its own, of a type that only Fyne can name.
	if wrapper := reflect.Indirect(reflect.ValueOf(overlay)); wrapper.Kind() == reflect.Struct {
		if content := wrapper.FieldByName("Content"); content.IsValid() && content.CanInterface() {
			if dialog, is := content.Interface().(fyne.CanvasObject); is {
				return dialog
			}
		}
	}
	return overlay
}
