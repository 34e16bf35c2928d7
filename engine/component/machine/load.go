package machine

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/process"

	"lockwire/engine"
)

// Usage is what the program took of the machine.
type Usage struct {
	// CPU is the processor time since the program began, of all its threads, in user and kernel.
	CPU time.Duration
	// Memory is the resident memory in bytes; 0 where it is unknown.
	Memory uint64
}

// CoreTime is how one core spent its time since the machine started, in seconds.
type CoreTime struct{ Busy, Total float64 }

// Spent implements System.
func (ThisMachine) Spent() (time.Duration, error) {
	spent, err := processTime()
	if err != nil {
		return 0, fmt.Errorf("read the program's processor time: %w", err)
	}
	return spent, nil
}

// Usage implements System.
func (m ThisMachine) Usage() (Usage, error) {
	spent, err := m.Spent()
	if err != nil {
		return Usage{}, err
	}
	usage := Usage{CPU: spent}
	self := process.Process{Pid: int32(os.Getpid())} // not NewProcess, which asks for much more than that
	if memory, err := self.MemoryInfo(); err == nil {
		usage.Memory = memory.RSS
	}
	return usage, nil
}

// Cores implements System.
func (ThisMachine) Cores() ([]CoreTime, error) {
	times, err := cpu.Times(true)
	if err != nil {
		return nil, fmt.Errorf("read the load of the cores: %w", err)
	}
	cores := make([]CoreTime, 0, len(times))
	for _, t := range times {
		// Guest time is part of user time already.
		idle := t.Idle + t.Iowait
		total := idle + t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
		cores = append(cores, CoreTime{Busy: total - idle, Total: total})
	}
	return cores, nil
}

// Sampler turns running totals into the load of the time between two samples.
type Sampler struct {
	System System

	mu    sync.Mutex
	when  time.Time
	cores []CoreTime
	usage Usage
	// counted is the processor time of which Sample has given, or Rest left out, all.
	counted time.Duration
}

// Sample gives the load since the last sample, and the processor time that the program took in it, or since the last Rest. The first
// one knows no time before it and gives the memory only.
func (s *Sampler) Sample(now time.Time) (load engine.Load, spent time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	usage, err := s.System.Usage()
	if err != nil {
		return engine.Load{}, 0, err
	}
	cores, err := s.System.Cores()
	if err != nil {
		return engine.Load{}, 0, err
	}
	load.Memory = usage.Memory
	if elapsed := now.Sub(s.when); !s.when.IsZero() && elapsed > 0 {
		spent = max(usage.CPU-s.counted, 0)
		load.Agent = float64(max(usage.CPU-s.usage.CPU, 0)) / float64(elapsed)
		load.Cores = shares(s.cores, cores)
	}
	s.when, s.cores, s.usage, s.counted = now, cores, usage, usage.CPU
	return load, spent, nil
}

// Rest leaves the processor time that the program took until now out of what the next Sample gives as spent: no session took it. It
// costs much less than a sample.
func (s *Sampler) Rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if spent, err := s.System.Spent(); err == nil {
		s.counted = spent
	}
}

// shares gives for each core which part of the time between before and after it was busy, 0 to 1. Cores can come and go.
func shares(before, after []CoreTime) []float64 {
	parts := make([]float64, len(after))
	for i := range after {
		if i >= len(before) {
			continue
		}
		if total := after[i].Total - before[i].Total; total > 0 {
			parts[i] = min(max((after[i].Busy-before[i].Busy)/total, 0), 1)
		}
	}
	return parts
}
