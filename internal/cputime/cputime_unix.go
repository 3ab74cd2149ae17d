//go:build unix

// Package cputime tells how much processor time this process has used: what a busy machine does not change.
package cputime

import "syscall"

// Seconds is the processor time of this process so far, of all its threads.
func Seconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
