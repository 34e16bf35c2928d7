package demonstration

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"lockwire/engine"
)

// progress shows how far a transfer is: a bar at a terminal, a line for each quarter elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	total    int64
	began    time.Time
	shown    int64
	next     time.Time
}

func newProgress(out io.Writer, total int64) *progress {
	file, isFile := out.(*os.File)
	return &progress{out: out, terminal: isFile && term.IsTerminal(int(file.Fd())), total: total, began: time.Now()}
}

const barWidth = 40

func (p *progress) at(bytes int64) {
	now := time.Now()
	percent := bytes * 100 / p.total
	speed := float64(bytes) / 1e9 / max(now.Sub(p.began).Seconds(), 1e-9)
	if !p.terminal {
		if percent/25 > p.shown/25 {
			fmt.Fprintf(p.out, "   %3d %%  %s  %.2f GB/s\n", percent/25*25, engine.SizeInWords(uint64(bytes)), speed)
		}
		p.shown = percent
		return
	}
	if now.Before(p.next) && bytes < p.total {
		return
	}
	p.next = now.Add(100 * time.Millisecond)
	bar := make([]byte, barWidth)
	for i := range bar {
		bar[i] = ' '
		if int64(i) < percent*barWidth/100 {
			bar[i] = '#'
		}
	}
	fmt.Fprintf(p.out, "\r   [%s] %3d %%  %s  %.2f GB/s  ", bar, percent, engine.SizeInWords(uint64(bytes)), speed)
}

func (p *progress) done() {
	if p.terminal {
		fmt.Fprintln(p.out)
	}
	fmt.Fprintln(p.out)
}
