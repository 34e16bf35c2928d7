package softwindow

import "github.com/go-gl/glfw/v3.4/glfw"

// clipboard is the desktop's.
type clipboard struct{}

func (clipboard) Content() string        { return glfw.GetClipboardString() }
func (clipboard) SetContent(text string) { glfw.SetClipboardString(text) }
