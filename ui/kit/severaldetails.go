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

// NewSeveralDetails makes an empty pane.
func NewSeveralDetails() *SeveralDetails {
	d := &SeveralDetails{heading: NewDetailHeading(), list: NewDetailList()}
	d.Content = Border(d.heading.Content, nil, nil, nil, container.NewVScroll(d.list.Content))
	return d
}

// Set shows what is selected, such as "3 routes", and its sums.
func (d *SeveralDetails) Set(what string, sums []Detail) {
	d.heading.Set(what+" selected", "", ColorMuted)
	d.list.Set(sums)
}
