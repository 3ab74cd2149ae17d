package train

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Dataset is a Source of files: an nnU-Net raw folder, the official folder layout, or a CSV manifest. Volumes are
// read on first use and kept while they fit in CacheBytes.
type Dataset struct {
	CacheBytes int64 // 2 GiB; the most recently read volume is always kept

	entries []entry
	opt     CaseOptions
	notes   []string // about the listing and the cases read so far
	noted   map[string]bool

	mu     sync.Mutex
	cached map[int]*Case
	order  []int // cached indices, least recently used first
	bytes  int64
}

// entry is one annotated volume on disk.
type entry struct {
	name, image, label string
	labels             []int32 // nil: the options' labels, or all
	ignore             int32   // label of voxels whose truth is unknown; 0: none
	weight             float64
	eightBit           bool // the slices are already 8-bit and are not windowed again
}

// eightBitWindow leaves 8-bit slices unchanged.
const eightBitWindow volume.WindowRule = "0,255"

// defaultCache is the default of CacheBytes.
const defaultCache = 2 << 30

// Open determines the layout of path and lists its volumes without reading them.
func Open(path string, opt CaseOptions) (*Dataset, error) {
	entries, notes, err := listDataset(path, opt.Channel)
	if err != nil {
		return nil, fmt.Errorf("train: dataset %s: %w", path, err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("train: dataset %s lists no volume", path)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.name] {
			return nil, fmt.Errorf("train: dataset %s lists %s twice", path, e.name)
		}
		seen[e.name] = true
	}
	return &Dataset{CacheBytes: defaultCache, entries: entries, opt: opt, notes: notes, noted: map[string]bool{}, cached: map[int]*Case{}}, nil
}

// listDataset lists the volumes of path according to its layout.
func listDataset(path string, channel int) (entries []entry, notes []string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.IsDir():
		return listCSV(path)
	case isDir(path, "imagesTr"):
		return listNNUNet(path, channel)
	case isDir(path, "images") && isDir(path, "masks"):
		entries, err = listFolders(path)
		return entries, nil, err
	}
	return nil, nil, errors.New("want an nnU-Net folder (imagesTr, labelsTr, dataset.json), a folder with images/VOLUME/*.jpg and masks/VOLUME/*.png, or a CSV file with the columns image,label")
}

func isDir(elem ...string) bool {
	info, err := os.Stat(filepath.Join(elem...))
	return err == nil && info.IsDir()
}

// Len implements Source.
func (d *Dataset) Len() int { return len(d.entries) }

// Names lists the cases.
func (d *Dataset) Names() []string {
	var names []string
	for _, e := range d.entries {
		names = append(names, e.name)
	}
	return names
}

// WindowOf returns how a source's volumes are windowed, which a model trained on them records. Slices that are
// already 8-bit are assumed to cover their volume's whole intensity range, as in the paper.
func WindowOf(s Source) volume.WindowRule {
	if x, ok := unmixed(s).(*Dataset); ok {
		if x.opt.Window == "" && x.entries[0].eightBit {
			return volume.WindowPaper
		}
		if x.opt.Window != "" {
			return x.opt.Window
		}
	}
	return volume.WindowAuto
}

// Notes tells the user what was skipped, assumed, or reoriented in the listing and in the cases read so far.
func (d *Dataset) Notes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.notes)
}

// Notes collects the notes of those sources that are datasets.
func Notes(sources ...Source) (out []string) {
	for _, s := range sources {
		if d, ok := unmixed(s).(*Dataset); ok && d != nil {
			out = append(out, d.Notes()...)
		}
	}
	return out
}

// Weight implements Weighted.
func (d *Dataset) Weight(i int) float64 { return d.entries[i].weight }

// Split moves the named cases to a second dataset, to be held out for validation.
func (d *Dataset) Split(names []string) (rest, held *Dataset, err error) {
	rest = &Dataset{CacheBytes: d.CacheBytes, opt: d.opt, notes: d.notes, noted: map[string]bool{}, cached: map[int]*Case{}}
	held = &Dataset{CacheBytes: d.CacheBytes, opt: d.opt, noted: map[string]bool{}, cached: map[int]*Case{}}
	for _, name := range names {
		if !slices.Contains(d.Names(), name) {
			return nil, nil, fmt.Errorf("train: held-out case %q is not in the dataset, which has %s", name, strings.Join(d.Names(), ", "))
		}
	}
	for _, e := range d.entries {
		to := rest
		if slices.Contains(names, e.name) {
			to = held
		}
		to.entries = append(to.entries, e)
	}
	if rest.Len() == 0 {
		return nil, nil, errors.New("train: every case is held out, none is left to train on")
	}
	return rest, held, nil
}

// Case implements Source.
func (d *Dataset) Case(i int) (*Case, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.cached[i]; c != nil {
		d.touch(i)
		return c, nil
	}
	c, err := d.entries[i].read(d.opt)
	if err != nil {
		return nil, err
	}
	if !d.noted[c.Name] {
		d.noted[c.Name] = true
		for _, n := range c.Notes {
			d.notes = append(d.notes, c.Name+": "+n)
		}
	}
	d.cached[i] = c
	d.order = append(d.order, i)
	d.bytes += c.bytes()
	for d.bytes > d.CacheBytes && len(d.order) > 1 {
		old := d.order[0]
		d.bytes -= d.cached[old].bytes()
		delete(d.cached, old)
		d.order = d.order[1:]
	}
	return c, nil
}

// touch marks a cached case as most recently used.
func (d *Dataset) touch(i int) {
	at := slices.Index(d.order, i)
	d.order = append(slices.Delete(d.order, at, at+1), i)
}

// bytes is the memory of a case: 4 bytes per voxel of intensity, one of gray, and one of label.
func (c *Case) bytes() int64 { return 6 * int64(c.H) * int64(c.W) * int64(c.Len()) }

// read loads an image and its label map.
func (e entry) read(opt CaseOptions) (*Case, error) {
	v, err := volume.Read(e.image)
	if err != nil {
		return nil, fmt.Errorf("train: case %s: %w", e.name, err)
	}
	l, err := volume.ReadLabelMap(e.label)
	if err != nil {
		return nil, fmt.Errorf("train: case %s: %w", e.name, err)
	}
	if e.labels != nil {
		opt.Labels = e.labels
	}
	opt.Ignore = e.ignore
	if e.eightBit && opt.Window == "" {
		opt.Window = eightBitWindow
	}
	return NewCase(e.name, v, l, opt)
}

// Fingerprint identifies what a source holds, so that a run is not resumed on other data by mistake.
func Fingerprint(s Source) string {
	text := fmt.Sprintln(s.Len())
	switch x := s.(type) {
	case *Dataset:
		text += x.fingerprint()
	case shares:
		text += x.fingerprint()
	case *Generated:
		text += x.fingerprint()
	case *Regions:
		text += x.fingerprint()
	case Mixed:
		text += Fingerprint(x.First) + Fingerprint(x.Second) + fmt.Sprint(x.Share)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// fingerprint lists the volumes with their file sizes, and the case options.
func (d *Dataset) fingerprint() string {
	text := fmt.Sprintln(d.opt)
	for _, e := range d.entries {
		size := int64(0)
		for _, path := range []string{e.image, e.label} {
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				size += info.Size()
			}
		}
		text += fmt.Sprintln(e.name, size, e.labels, e.weight)
	}
	return text
}

// missing returns an error if a file does not exist; hint says why it is needed or what to do.
func missing(path, hint string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing: %s", path, hint)
	}
	return nil
}
