package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/volume"
)

// methods parses --pred and --pred2.
func (f *evalFlags) methods() ([]eval.Method, error) {
	texts := f.pred
	if f.pred2 != "" {
		texts = append(texts, f.pred2)
	}
	if len(texts) == 0 {
		return nil, usagef("--pred is missing: the folder with the predictions")
	}
	var methods []eval.Method
	var unnamed []*eval.Method
	for _, text := range texts {
		methods = append(methods, parseMethod(text))
	}
	for i := range methods {
		if methods[i].Name == "" {
			unnamed = append(unnamed, &methods[i])
		}
	}
	nameByPath(unnamed)
	return methods, nil
}

// nameByPath names each method for the last element of its path in which all paths differ: M7/predictions and R1/predictions
// become M7 and R1. If there is no such element, it uses the whole paths.
func nameByPath(methods []*eval.Method) {
	paths := make([][]string, len(methods))
	depth := math.MaxInt
	for i, m := range methods {
		paths[i] = strings.Split(filepath.ToSlash(filepath.Clean(m.Dir)), "/")
		depth = min(depth, len(paths[i]))
	}
	for up := 1; up <= depth; up++ {
		seen := map[string]bool{}
		for i, m := range methods {
			m.Name = paths[i][len(paths[i])-up]
			if stem, ok := eval.CaseName(m.Name); ok {
				m.Name = stem
			}
			seen[m.Name] = true
		}
		if len(seen) == len(methods) && !seen[""] {
			return
		}
	}
	for _, m := range methods {
		m.Name = m.Dir
	}
}

// parseMethod parses DIR or NAME=DIR. A text that is the path of an existing file or folder is a DIR. Without NAME, the name is
// empty.
func parseMethod(text string) eval.Method {
	name, dir, ok := strings.Cut(text, "=")
	if _, err := os.Stat(text); ok && err != nil {
		return eval.Method{Name: name, Dir: dir}
	}
	return eval.Method{Dir: text}
}

// parseLabels parses the value of a flag with labels, such as 1,2,5. It returns nil, which means all, for an empty value.
func parseLabels(flag, text string) ([]int32, error) {
	if text == "" {
		return nil, nil
	}
	numbers, err := parseInts(text)
	if err != nil {
		return nil, usagef("%s: %w", flag, err)
	}
	var labels []int32
	for _, n := range numbers {
		if n < 1 || n > math.MaxInt32 {
			return nil, usagef("%s: %d is not a label; want 1 to %d", flag, n, math.MaxInt32)
		}
		labels = append(labels, int32(n))
	}
	return labels, nil
}

// parseLabelNames returns the names of labels; text is as for parseLegend.
func parseLabelNames(text string) (map[int32]string, error) {
	legend, err := parseLegend(text)
	return namesOf(legend), err
}

// namesOf returns the names of the labels in a legend; nil if there are none.
func namesOf(legend volume.Legend) map[int32]string {
	var names map[int32]string
	for label, entry := range legend.Labels {
		if names == nil {
			names = map[int32]string{}
		}
		names[label] = entry.Name
	}
	return names
}

// parseLegend parses names of labels such as 1=liver,2=spleen, or reads them from the file at text (.json, .txt, .label).
func parseLegend(text string) (volume.Legend, error) {
	legend := volume.Legend{Labels: map[int32]volume.Label{}}
	if text == "" {
		return legend, nil
	}
	if ext := strings.ToLower(filepath.Ext(text)); ext == ".json" || ext == ".txt" || ext == ".label" {
		legend, err := volume.ReadLegend(text)
		if err != nil {
			return legend, fmt.Errorf("--names: %w", err)
		}
		return legend, nil
	}
	for _, part := range strings.Split(text, ",") {
		number, name, _ := strings.Cut(part, "=")
		label, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
		if name = strings.TrimSpace(name); err != nil || label < 1 || name == "" {
			return legend, usagef("--names %q: want 1=liver,2=spleen or a .json or .txt file", text)
		}
		legend.Labels[int32(label)] = volume.Label{Name: name}
	}
	return legend, nil
}
