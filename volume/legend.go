package volume

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"os"
	"strconv"
	"strings"
)

// Legend is the content of a file with names of labels.
type Legend struct {
	Labels  map[int32]Label    // by number, without the background and the ignored label
	Regions map[string][]int32 // names that stand for several labels (nnU-Net's regions)
	Ignore  int32              // label of voxels with unknown contents; 0: none
}

// ReadLegend reads names and colors of labels from nnU-Net's dataset.json (with names or numbers as keys, regions, and the
// ignored label), a JSON object {"1": "liver"}, or ITK-SNAP's label descriptions.
func ReadLegend(path string) (Legend, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Legend{}, fmt.Errorf("volume: names of labels: %w", err)
	}
	legend, err := ParseLegend(data)
	if err != nil {
		return Legend{}, fmt.Errorf("volume: names of labels %s: %w", path, err)
	}
	return legend, nil
}

// ParseLegend is ReadLegend for the content of a file.
func ParseLegend(data []byte) (Legend, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // byte order mark
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return parseSnapLabels(string(data))
	}
	table := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &table); err != nil {
		return Legend{}, err
	}
	if inner, ok := table["labels"]; ok {
		table = map[string]json.RawMessage{}
		if err := json.Unmarshal(inner, &table); err != nil {
			return Legend{}, fmt.Errorf("labels: %w", err)
		}
	}
	return legendOf(table)
}

// legendOf reads {"liver": 1}, {"1": "liver"} and regions as {"whole": [1, 2]}.
func legendOf(table map[string]json.RawMessage) (Legend, error) {
	l := Legend{Labels: map[int32]Label{}, Regions: map[string][]int32{}}
	for key, raw := range table {
		var number json.Number
		var name string
		var parts []int32
		switch {
		case json.Unmarshal(raw, &name) == nil && parseable(key):
			number = json.Number(strings.TrimSpace(key))
		case json.Unmarshal(raw, &name) == nil && parseable(name): // {"liver": "1"}
			name, number = key, json.Number(strings.TrimSpace(name))
		case json.Unmarshal(raw, &number) == nil && number != "":
			name = key
		case json.Unmarshal(raw, &parts) == nil && len(parts) > 0:
			l.Regions[key] = parts
			continue
		default:
			return Legend{}, fmt.Errorf("%q with %.40s is not a label and its name; want {\"1\": \"liver\"} or {\"labels\": {\"liver\": 1}}", key, raw)
		}
		label, err := strconv.ParseInt(number.String(), 10, 32)
		if err != nil || label < 0 {
			return Legend{}, fmt.Errorf("label %.40q of %q: want a whole number from 0", number.String(), name)
		}
		switch {
		case label == 0:
		case strings.EqualFold(name, "ignore"):
			l.Ignore = int32(label)
		default:
			l.Labels[int32(label)] = Label{Name: name}
		}
	}
	for name, parts := range l.Regions {
		if len(parts) == 1 { // a region of one label is that label
			if _, named := l.Labels[parts[0]]; !named && parts[0] > 0 {
				l.Labels[parts[0]] = Label{Name: name}
			}
		}
	}
	return l, nil
}

// parseable reports whether a text is a label.
func parseable(s string) bool {
	_, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return err == nil
}

// parseSnapLabels reads ITK-SNAP's label descriptions: IDX R G B A VIS MSH "LABEL", # starts a comment.
func parseSnapLabels(text string) (Legend, error) {
	l := Legend{Labels: map[int32]Label{}, Regions: map[string][]int32{}}
	lines := 0
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		lines++
		fields, name, quoted := strings.Cut(line, `"`)
		words := strings.Fields(fields)
		if !quoted || len(words) != 7 {
			return Legend{}, fmt.Errorf("line %d is not of the form IDX R G B A VIS MSH \"NAME\" (ITK-SNAP's label descriptions), and the file is not JSON", n+1)
		}
		var v [4]int
		for i := range v {
			x, err := strconv.Atoi(words[i])
			if err != nil || x < 0 || i > 0 && x > 255 || x > 1<<31-1 {
				return Legend{}, fmt.Errorf("line %d: %q: want a label and a color from 0 to 255", n+1, words[i])
			}
			v[i] = x
		}
		if v[0] > 0 {
			name, _, _ = strings.Cut(name, `"`)
			l.Labels[int32(v[0])] = Label{Name: name, Color: color.RGBA{uint8(v[1]), uint8(v[2]), uint8(v[3]), 255}}
		}
	}
	if lines == 0 {
		return Legend{}, errors.New("no labels in it")
	}
	return l, nil
}

// SetNames adds names and colors to the map's legend, for labels that lack them.
func (l *LabelMap) SetNames(legend Legend) {
	if l.Legend == nil && len(legend.Labels) > 0 {
		l.Legend = map[int32]Label{}
	}
	for label, entry := range legend.Labels {
		known := l.Legend[label]
		if known.Name == "" {
			known.Name = entry.Name
		}
		if known.Color.A == 0 {
			known.Color = entry.Color
		}
		l.Legend[label] = known
	}
}
