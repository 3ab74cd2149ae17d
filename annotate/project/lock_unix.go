//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package project

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps other programs from opening the file as a journal until it is closed, where the file system supports locks.
func lock(file *os.File) error {
	if errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK) {
		return ErrInUse
	}
	return nil
}
