// Package page says what a page is, and holds what several pages show: the effect of a change and the question about it, a
// decision with its steps, the hours of a week, headroom as a bar, and the colours and icons of kinds. [Console] is what all pages
// share.
package page
