// Package softcanvas is what a window without OpenGL shows and takes: a Fyne canvas whose frames are drawn by the processor, and
// mouse and keyboard for what is on it. It opens no window; app/softwindow does.
//
// Fyne draws each object (its software painter, by public calls); this package keeps what was drawn, puts frames together
// from it and tells which parts of a frame differ from the one before. What clicks, drags and keys do follows Fyne's own driver for
// desktops, so that a page behaves the same in both kinds of window.
package softcanvas
