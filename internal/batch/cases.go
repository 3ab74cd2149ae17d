package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Case is one volume to work on.
type Case struct {
	Name   string   // unique; its output without the ending
	Image  string   // path
	Mask   string   // path; empty: clicks only
	Points []string // clicks as slmsam propagate --point takes them
	Boxes  []string // likewise, --box
	Labels string   // labels of the mask to work on, as --label takes them; empty: all
	Output string   // path within the output folder
}

// Options say how a dataset is read.
type Options struct {
	Out    string // output folder
	Format string // ending of outputs that the dataset does not name, as ".nii.gz"
	Split  string // of an nnU-Net folder: "Tr", "Ts", or empty for Ts if it has masks, else Tr
}

// List finds the cases of an nnU-Net folder or a CSV file. No volume is opened. notes say what was left out.
func List(dataset string, opt Options) (cases []Case, notes []string, err error) {
	info, err := os.Stat(dataset)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("dataset: %w", err)
	case info.IsDir():
		cases, notes, err = listFolder(dataset, opt)
	default:
		cases, err = listTable(dataset)
	}
	if err == nil && len(cases) == 0 {
		err = errors.New("it lists no volume")
	}
	if err == nil {
		err = place(cases, opt)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("dataset %s: %w", dataset, err)
	}
	return cases, notes, nil
}

// place completes names and outputs, and refuses two cases with one output, and outputs outside the folder.
func place(cases []Case, opt Options) error {
	taken := map[string]string{} // image by name
	for i := range cases {
		c := &cases[i]
		if c.Output == "" {
			c.Output = strings.TrimSuffix(bareName(c.Image), firstChannel) + opt.Format
		}
		if !filepath.IsLocal(c.Output) {
			return fmt.Errorf("the output %s of %s is outside the output folder: give a path relative to that folder", c.Output, c.Image)
		}
		c.Name = filepath.ToSlash(bare(c.Output))
		if other, ok := taken[c.Name]; ok {
			return fmt.Errorf("%s and %s would both be written as %s: name their outputs in a CSV file", other, c.Image, c.Output)
		}
		if c.Name == journals || strings.HasPrefix(c.Name, journals+"/") {
			return fmt.Errorf("the output %s is in the folder %s, which is reserved for the manifest: choose another", c.Output, journals)
		}
		taken[c.Name] = c.Image
		c.Output = filepath.Join(opt.Out, c.Output)
	}
	return nil
}

// exists says whether there is a file or folder at path; any error but its absence is returned.
func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
