package project

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lock keeps other programs from opening the file as a journal until it is closed. It locks a byte far beyond the end, so that
// the file can still be read.
func lock(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: math.MaxInt32})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrInUse
	}
	return nil
}
