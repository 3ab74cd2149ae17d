package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/eval"
)

// methods reads --pred and --pred2: DIR or NAME=DIR. A folder without a name is called by its last element, or by its
// whole path where several folders end alike.
func (f *evalFlags) methods() ([]eval.Method, error) {
	texts := f.pred
	if f.pred2 != "" {
		texts = append(texts, f.pred2)
	}
	if len(texts) == 0 {
		return nil, usagef("--pred is missing: the folder of predictions")
	}
	methods := make([]eval.Method, len(texts))
	named := map[string]int{}
	for i, text := range texts {
		methods[i] = parseMethod(text)
		named[methods[i].Name]++
	}
	for i, m := range methods {
		if named[m.Name] > 1 && texts[i] == m.Dir {
			methods[i].Name = filepath.Clean(m.Dir)
		}
	}
	return methods, nil
}

// parseMethod reads DIR or NAME=DIR; what exists as it stands is no NAME=DIR.
func parseMethod(text string) eval.Method {
	name, dir, ok := strings.Cut(text, "=")
	if _, err := os.Stat(text); ok && err != nil {
		return eval.Method{Name: name, Dir: dir}
	}
	name = filepath.Base(filepath.Clean(text))
	if stem, ok := eval.CaseName(text); ok {
		name = stem
	}
	return eval.Method{Name: name, Dir: text}
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
