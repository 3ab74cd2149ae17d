package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// processPeak returns the peak resident memory of this process in bytes. Where /proc is missing, it returns the memory that
// the Go runtime has obtained from the system instead.
func processPeak() int64 {
	if f, err := os.Open("/proc/self/status"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var kb int64
			if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
				if _, err := fmt.Sscan(rest, &kb); err == nil {
					return kb * 1024
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// isCPU reports whether dev is the CPU backend.
func isCPU(dev backend.Device) bool {
	_, ok := dev.(*cpu.Device)
	return ok
}

// collectOften makes the garbage collector run more often if the model is large: when garbage has reached a quarter of the
// memory in use, not all of it (Go's default). That costs little, because the memory is mostly tensors, which the collector
// need not scan. The environment variable GOGC takes precedence.
func collectOften(m *slmsam.Model) {
	const large = 10e6 // parameters
	if os.Getenv("GOGC") == "" && m.Parameters() > large {
		debug.SetGCPercent(25)
	}
}
