package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// writeAtomic lets fill write the file at path. Whatever happens, path is afterwards the complete new file or what it was
// before. Without force, an existing path is an error.
func writeAtomic(path string, force bool, fill func(io.Writer) error) error {
	if err := checkTarget(path, force); err != nil {
		return err
	}
	return wholefile.Write(path, fill)
}

// checkTarget returns an error if path must not be written: it is a folder, or it exists and force is not set.
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
