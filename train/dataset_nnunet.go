package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// nnunet is an nnU-Net raw folder, version 1 or 2, as its dataset.json describes it.
type nnunet struct {
	dir      string
	ending   string   // of all files, such as ".nii.gz"
	channels []string // names by channel number
	legend   volume.Legend
	listed   []pair // from dataset.json; if empty, everything in labelsTr is used
	channel  int    // the channel in use
	notes    []string
}

// pair is a label map and the channels of its image.
type pair struct {
	name, label string
	images      []string
}

// datasetJSON is the part of dataset.json that is used here.
type datasetJSON struct {
	Ending   string          `json:"file_ending"`
	Channels map[string]any  `json:"channel_names"`
	Modality map[string]any  `json:"modality"` // version 1
	Training json.RawMessage `json:"training"` // version 1
	Dataset  map[string]struct {
		Images []string `json:"images"`
		Label  string   `json:"label"`
	} `json:"dataset"`
}

// readNNUNet reads dataset.json.
func readNNUNet(dir string, channel int) (*nnunet, error) {
	path := filepath.Join(dir, "dataset.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: an nnU-Net folder has one (it may be {\"file_ending\": \".nii.gz\"})", path)
	}
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // byte order mark
	var d datasetJSON
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	n := &nnunet{dir: dir, ending: d.Ending, channel: channel, channels: channelNames(d.Channels)}
	if n.channels == nil {
		n.channels = channelNames(d.Modality)
	}
	if n.ending == "" {
		n.ending = ".nii.gz" // the only one in version 1 of the format
	}
	if bytes.Contains(data, []byte(`"labels"`)) {
		if n.legend, err = volume.ParseLegend(data); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	for name, of := range d.Dataset {
		n.listed = append(n.listed, pair{name: name, label: of.Label, images: of.Images})
	}
	if err := n.readTraining(d.Training); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	slices.SortFunc(n.listed, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return n, nil
}

// channelNames lists the channels by number; nil if there are none.
func channelNames(table map[string]any) []string {
	names := make([]string, len(table))
	for key, name := range table {
		i, err := strconv.Atoi(strings.TrimSpace(key))
		if err != nil || i < 0 || i >= len(names) {
			return nil // numbered some other way; the names are only for messages
		}
		names[i] = fmt.Sprint(name)
	}
	if len(names) == 0 {
		return nil
	}
	return names
}

// readTraining reads the version 1 list, unless the newer one is present. Its image names lack the channel number.
func (n *nnunet) readTraining(raw json.RawMessage) error {
	if len(n.listed) > 0 || len(raw) == 0 {
		return nil
	}
	var list []struct {
		Image string `json:"image"`
		Label string `json:"label"`
	}
	if json.Unmarshal(raw, &list) != nil { // some converters list names only
		return nil
	}
	for _, t := range list {
		if t.Image == "" || t.Label == "" {
			return errors.New("training: want entries with image and label")
		}
		n.listed = append(n.listed, pair{name: n.stem(t.Label), label: t.Label, images: []string{t.Image}})
	}
	return nil
}

// stem is a file's name without its folder and extension.
func (n *nnunet) stem(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), n.ending)
	if short, _, ok := volume.CutExtension(name); ok {
		return short
	}
	return name
}

// listNNUNet lists an nnU-Net raw folder: what dataset.json lists or, if it has no list, everything in labelsTr.
func listNNUNet(dir string, channel int) (entries []entry, notes []string, err error) {
	n, err := readNNUNet(dir, channel)
	if err != nil {
		return nil, nil, err
	}
	pairs := n.listed
	if len(pairs) == 0 {
		if pairs, err = n.scan(); err != nil {
			return nil, nil, err
		}
	} else {
		n.noteUnlisted()
	}
	for _, p := range pairs {
		e := entry{name: p.name, weight: 1, ignore: n.legend.Ignore}
		if e.label, err = n.find(p.label); err != nil {
			return nil, nil, err
		}
		if e.image, err = n.image(p); err != nil {
			return nil, nil, err
		}
		entries = append(entries, e)
	}
	n.noteChannels(pairs)
	if n.legend.Ignore != 0 {
		n.note("label %d means ignore: it is not an object, and its voxels are excluded from losses and scores", n.legend.Ignore)
	}
	return entries, n.notes, nil
}

// note records something the user should know.
func (n *nnunet) note(format string, args ...any) {
	n.notes = append(n.notes, "dataset.json: "+fmt.Sprintf(format, args...))
}

// find returns the path of a file named in dataset.json, relative to the folder.
func (n *nnunet) find(name string) (string, error) {
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(n.dir, filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))
	}
	return path, missing(path, "dataset.json lists it")
}

// scan lists the files in labelsTr.
func (n *nnunet) scan() ([]pair, error) {
	files, err := os.ReadDir(filepath.Join(n.dir, "labelsTr"))
	if err != nil {
		return nil, err
	}
	var pairs []pair
	others := map[string][]string{} // by extension
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") {
			continue
		}
		if name, ok := strings.CutSuffix(f.Name(), n.ending); ok && !f.IsDir() {
			pairs = append(pairs, pair{name: name, label: filepath.Join("labelsTr", f.Name())})
		} else if _, ext, ok := volume.CutExtension(f.Name()); ok {
			others[ext] = append(others[ext], f.Name())
		}
	}
	if len(pairs) > 0 || len(others) == 0 {
		return pairs, nil
	}
	if len(others) > 1 {
		return nil, fmt.Errorf("dataset.json says that files end in %s, but labelsTr has files of several other endings: correct file_ending", n.ending)
	}
	for ext, names := range others {
		n.note("file_ending is %s, but labelsTr has %s files: those are used", n.ending, ext)
		n.ending = ext
		for _, name := range names {
			pairs = append(pairs, pair{name: strings.TrimSuffix(name, ext), label: filepath.Join("labelsTr", name)})
		}
	}
	return pairs, nil
}

// noteUnlisted notes how many label maps the list leaves out.
func (n *nnunet) noteUnlisted() {
	files, err := os.ReadDir(filepath.Join(n.dir, "labelsTr"))
	if err != nil {
		return
	}
	listed := map[string]bool{}
	for _, p := range n.listed {
		listed[filepath.Base(p.label)] = filepath.Base(filepath.Dir(filepath.Clean(p.label))) == "labelsTr"
	}
	left := 0
	for _, f := range files {
		if strings.HasSuffix(f.Name(), n.ending) && !strings.HasPrefix(f.Name(), ".") && !listed[f.Name()] {
			left++
		}
	}
	if left > 0 {
		n.note("it lists %d cases, which are used; %d label maps in labelsTr are not among them", len(n.listed), left)
	}
}

// image returns the image file of the channel in use.
func (n *nnunet) image(p pair) (string, error) {
	number := fmt.Sprintf("_%04d", n.channel)
	name := strings.TrimSuffix(filepath.Base(p.label), n.ending)
	var candidates []string
	if n.channel < len(p.images) {
		listed := filepath.FromSlash(p.images[n.channel])
		stem := strings.TrimSuffix(listed, n.ending)
		candidates = append(candidates, stem+number+n.ending, listed) // version 1 lists images without the number
	}
	if len(p.images) == 1 && n.channel > 0 {
		candidates = append(candidates, strings.TrimSuffix(filepath.FromSlash(p.images[0]), n.ending)+number+n.ending)
	}
	candidates = append(candidates, filepath.Join("imagesTr", name+number+n.ending))
	if n.channel == 0 {
		candidates = append(candidates, filepath.Join("imagesTr", name+n.ending)) // as in Medical Segmentation Decathlon folders
	}
	for _, c := range candidates {
		if path, err := n.find(c); err == nil {
			return path, nil
		}
	}
	path := filepath.Join(n.dir, "imagesTr", name+number+n.ending)
	if n.channel > 0 {
		return "", fmt.Errorf("%s is missing: case %s has no channel %d (there are %s)", path, p.name, n.channel, n.channelList())
	}
	return "", missing(path, "every label map in labelsTr needs an image")
}

// noteChannels notes which of several channels is used, whether dataset.json declares them or the files merely exist.
func (n *nnunet) noteChannels(pairs []pair) {
	count := len(n.channels)
	if len(pairs) > 0 && count <= 1 {
		count = 0
		for missing(filepath.Join(n.dir, "imagesTr", pairs[0].name+fmt.Sprintf("_%04d", count)+n.ending), "") == nil {
			count++
		}
	}
	if count > 1 {
		n.note("%d channels (%s): channel %d is used; choose another with --channel", count, n.channelList(), n.channel)
	}
}

// channelList names the channels.
func (n *nnunet) channelList() string {
	var words []string
	for i, name := range n.channels {
		words = append(words, fmt.Sprintf("%d: %s", i, name))
	}
	if words == nil {
		return "no channel names in dataset.json"
	}
	return strings.Join(words, ", ")
}
