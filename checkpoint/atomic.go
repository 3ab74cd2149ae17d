package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// writeAtomic lets fill write path, which is then either the old file or the whole new one. Without force an
// existing path is an error.
func writeAtomic(path string, force bool, fill func(io.Writer) error) error {
	if err := checkTarget(path, force); err != nil {
		return err
	}
	return wholefile.Write(path, fill)
}

// checkTarget tests that path may be written.
func checkTarget(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("it is a folder; give the path of a file")
	case !force:
		return fmt.Errorf("%w; choose another name or use --force", fs.ErrExist)
	}
	return nil
}
