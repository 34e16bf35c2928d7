package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// SeveralDetails replaces the details of one thing while several are selected: their number and sums.
type SeveralDetails struct {
	Content fyne.CanvasObject
	heading *DetailHeading
	list    *DetailList
}

// NewSeveralDetails makes an empty pane. Actions, which may be nil, stand below its heading.
func NewSeveralDetails(actions fyne.CanvasObject) *SeveralDetails {
	d := &SeveralDetails{heading: NewDetailHeading(), list: NewDetailList()}
	top := container.NewVBox(d.heading.Content)
	if actions != nil {
		top.Add(actions)
	}
	d.Content = Border(top, nil, nil, nil, container.NewVScroll(d.list.Content))
	return d
}

// Set shows what is selected, such as "3 routes", and its sums.
func (d *SeveralDetails) Set(what string, sums []Detail) {
	d.heading.Set(what+" selected", "", ColorMuted)
	d.list.Set(sums)
}
