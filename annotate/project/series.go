package project

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// maxSeries bounds the number of files in an uploaded DICOM series.
const maxSeries = 10000

// AddSeries puts the files of an uploaded DICOM series into the folder, and returns the volume's ID. next returns one file after
// another, then io.EOF. Only the name of the series is the client's; files get names of their own.
func (p *Project) AddSeries(name string, next func() (io.Reader, error)) (id string, err error) {
	dir, err := os.MkdirTemp(p.images.dir, "series-")
	if err != nil {
		return "", fmt.Errorf("receive the series: %w", err)
	}
	defer os.RemoveAll(dir) // images.close removes what is left
	for n := 0; ; n++ {
		part, err := next()
		if errors.Is(err, io.EOF) && n > 0 {
			break
		}
		if err == nil && n == maxSeries {
			err = annotate.Inputf("a series of more than %d files is not accepted", maxSeries)
		}
		if err == nil {
			err = receive(filepath.Join(dir, fmt.Sprintf("%05d", n)), part)
		}
		if err != nil {
			return "", err
		}
	}
	name = filepath.Base(filepath.ToSlash(name))
	if name == "." || name == "" {
		name = "series"
	}
	return p.folder.AddSeries(name, dir)
}

// receive writes an upload to a file.
func receive(path string, from io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("receive the upload: %w", err)
	}
	_, err = io.Copy(file, from)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("receive the upload: %w", err)
	}
	return nil
}
