package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Sequences of ECMA-48 and xterm, which every terminal since the VT100, and Windows since 10, understands.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // another screen, so that what stood there comes back; no cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	toTop       = "\x1b[H"
	clearLine   = "\x1b[K"
	clearRest   = "\x1b[J"
)

// screen shows frames: in place at a terminal, one below the other elsewhere.
type screen struct {
	out io.Writer
	// size gives a terminal's columns and lines; nil where out is no terminal.
	size func() (columns, lines int)
	open bool
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out}
	if file, isFile := out.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		s.size = func() (int, int) {
			columns, lines, err := term.GetSize(int(file.Fd()))
			if err != nil {
				return 80, 24
			}
			return columns, lines
		}
	}
	return s
}

// show writes one frame in one write, so that nothing flickers. At a terminal, what does not fit is cut.
func (s *screen) show(frame []byte) error {
	if s.size == nil {
		_, err := s.out.Write(append(frame, '\n'))
		return err
	}
	columns, lines := s.size()
	var out bytes.Buffer
	if !s.open {
		s.open = true
		out.WriteString(enterScreen)
	}
	out.WriteString(toTop)
	all := strings.Split(strings.TrimRight(string(frame), "\n"), "\n")
	for i, line := range all[:min(len(all), max(lines, 1))] {
		if i > 0 {
			out.WriteString("\r\n")
		}
		out.WriteString(cutTo(line, columns))
		out.WriteString(clearLine)
	}
	out.WriteString(clearRest)
	_, err := s.out.Write(out.Bytes())
	return err
}

// close gives the terminal back as it was.
func (s *screen) close() error {
	if !s.open {
		return nil
	}
	s.open = false
	_, err := io.WriteString(s.out, leaveScreen)
	return err
}

// cutTo cuts a line to columns characters.
func cutTo(line string, columns int) string {
	if columns < 1 || utf8.RuneCountInString(line) <= columns {
		return line
	}
	return string([]rune(line)[:columns-1]) + "…"
}
