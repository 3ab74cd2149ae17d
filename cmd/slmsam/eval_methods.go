package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/eval"
)

// methods reads --pred and --pred2: DIR or NAME=DIR.
func (f *evalFlags) methods() ([]eval.Method, error) {
	texts := f.pred
	if f.pred2 != "" {
		texts = append(texts, f.pred2)
	}
	if len(texts) == 0 {
		return nil, usagef("--pred is missing: the folder of predictions")
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

// nameByPath calls each folder by the last element of its path in which all differ, as M7 and R1 of M7/predictions and
// R1/predictions; by the whole path if there is none.
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

// parseMethod reads DIR or NAME=DIR; what exists as it stands is no NAME=DIR. The name may be empty.
func parseMethod(text string) eval.Method {
	name, dir, ok := strings.Cut(text, "=")
	if _, err := os.Stat(text); ok && err != nil {
		return eval.Method{Name: name, Dir: dir}
	}
	return eval.Method{Dir: text}
}

// parseLabels reads 1,2,5; nothing means all.
func parseLabels(text string) ([]int32, error) {
	if text == "" {
		return nil, nil
	}
	numbers, err := parseInts(text)
	if err != nil {
		return nil, usagef("--labels: %w", err)
	}
	var labels []int32
	for _, n := range numbers {
		if n < 1 || n > 1<<31-1 {
			return nil, usagef("--labels: %d is no label; labels are positive", n)
		}
		labels = append(labels, int32(n))
	}
	return labels, nil
}

// parseLabelNames reads 1=liver,2=spleen or a JSON file.
func parseLabelNames(text string) (map[int32]string, error) {
	if text == "" {
		return nil, nil
	}
	if strings.HasSuffix(text, ".json") {
		return readLabelNames(text)
	}
	names := map[int32]string{}
	for _, part := range strings.Split(text, ",") {
		number, name, _ := strings.Cut(part, "=")
		label, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
		if name = strings.TrimSpace(name); err != nil || label < 1 || name == "" {
			return nil, usagef("--names %q: want 1=liver,2=spleen or a .json file", text)
		}
		names[int32(label)] = name
	}
	return names, nil
}

// readLabelNames reads {"1": "liver"}, nnU-Net's dataset.json with labels {"liver": 1}, or the older {"1": "liver"} there.
func readLabelNames(path string) (map[int32]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--names: %w", err)
	}
	table := map[string]any{}
	if err := json.Unmarshal(data, &table); err != nil {
		return nil, fmt.Errorf("--names %s: %w", path, err)
	}
	if inner, ok := table["labels"].(map[string]any); ok {
		table = inner
	}
	names := map[int32]string{}
	for key, value := range table {
		name, number := key, fmt.Sprint(value)
		if _, ok := value.(string); ok {
			name, number = number, key
		}
		label, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("--names %s: %q with %v is no label with its name; want {\"1\": \"liver\"} or {\"labels\": {\"liver\": 1}}", path, key, value)
		}
		if label > 0 {
			names[int32(label)] = name
		}
	}
	return names, nil
}
