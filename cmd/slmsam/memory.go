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

// processPeak returns the most memory that this process had resident, in bytes: from Linux's own count,
// elsewhere what the Go runtime has taken.
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

func isCPU(dev backend.Device) bool {
	_, ok := dev.(*cpu.Device)
	return ok
}

// collectOften lets garbage take a quarter of what a large model holds, not as much again as Go would: what is held is
// tensors, in which the collector has nothing to look at. GOGC overrides.
func collectOften(m *slmsam.Model) {
	const large = 10e6 // parameters
	if os.Getenv("GOGC") == "" && m.Parameters() > large {
		debug.SetGCPercent(25)
	}
}
