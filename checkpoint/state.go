package checkpoint

import (
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// wrappers are the keys under which trainers keep the state dict, in the order in
// which they are looked for: SAM 2's own, then PyTorch Lightning's and common ones.
func wrappers() []string { return []string{"model", "state_dict", "model_state_dict", "module"} }

// maxMetadata bounds the number of scalars kept from beside the weights.
const maxMetadata = 1024

// maxBeside bounds the dictionary entries beside the weights that are looked at. One dictionary may occur under any number
// of names.
const maxBeside = maxPickleOps

// pair is one entry of a Python dictionary.
type pair struct{ key, value any }

// pairs lists a dictionary in order; ok is false if v is none. A key that occurs
// twice keeps its first place and its last value, as in Python.
func pairs(v any) (out []pair, ok bool) {
	switch d := v.(type) {
	case *types.Dict:
		at := map[string]int{}
		for _, e := range *d {
			if name, isText := e.Key.(string); isText {
				if i, seen := at[name]; seen {
					out[i].value = e.Value
					continue
				}
				at[name] = len(out)
			}
			out = append(out, pair{e.Key, e.Value})
		}
		return out, true
	case *types.OrderedDict:
		for e := d.List.Front(); e != nil; e = e.Next() {
			entry := e.Value.(*types.OrderedDictEntry)
			out = append(out, pair{entry.Key, entry.Value})
		}
		return out, true
	}
	return nil, false
}

// entries is the length of a dictionary, 0 of anything else.
func entries(v any) int {
	switch d := v.(type) {
	case *types.Dict:
		return len(*d)
	case *types.OrderedDict:
		return d.List.Len()
	}
	return 0
}

// lookup finds a string key of a dictionary.
func lookup(dict any, key string) (any, bool) {
	list, _ := pairs(dict)
	for _, p := range list {
		if p.key == key {
			return p.value, true
		}
	}
	return nil, false
}

// stateDict finds the dictionary of weights in the value of a .pt: under one of the
// wrapper keys, or root itself. used is the wrapper's name, "" for a bare one.
func stateDict(root any) (state []pair, used string, err error) {
	top, ok := pairs(root)
	if !ok {
		return nil, "", fmt.Errorf("the file holds a single %s, not a dictionary of weights; save model.state_dict()", describe(root))
	}
	for _, name := range wrappers() {
		if inner, found := lookup(root, name); found {
			if list, isDict := pairs(inner); isDict && hasTensor(list) {
				return list, name, nil
			}
		}
	}
	if hasTensor(top) {
		return top, "", nil
	}
	if list, name := onlyWeights(top); list != nil {
		return list, name, nil
	}
	var names []string
	for _, p := range top {
		names = append(names, fmt.Sprint(scalarText(p.key)))
	}
	return nil, "", fmt.Errorf("no weights found: want {\"model\": state_dict} or a bare state dict, got the keys %s", quoted(names, 10))
}

// onlyWeights is the one entry of a dictionary that is a dictionary with tensors, as nnU-Net's network_weights; nil if
// there are several or none.
func onlyWeights(top []pair) (list []pair, name string) {
	for _, p := range top {
		key, isText := p.key.(string)
		inner, isDict := pairs(p.value)
		if !isText || !isDict || !hasTensor(inner) {
			continue
		}
		if list != nil {
			return nil, ""
		}
		list, name = inner, key
	}
	return list, name
}

func hasTensor(list []pair) bool {
	for _, p := range list {
		if _, ok := p.value.(*tensorRef); ok {
			return true
		}
	}
	return false
}

// collect makes a File of the value of a .pt.
func collect(root any, from storages, size int64, format string) (*File, error) {
	state, wrapper, err := stateDict(root)
	if err != nil {
		return nil, err
	}
	out := &File{Format: format, Tensors: map[string]*Tensor{}, Metadata: map[string]string{}}
	var refs []namedRef
	left := maxBeside
	for _, p := range state {
		name, ok := p.key.(string)
		if !ok || !validName(name) {
			return nil, fmt.Errorf("the state dict has the key %s, want a string", describe(p.key))
		}
		if ref, ok := p.value.(*tensorRef); ok {
			refs = append(refs, namedRef{name, ref})
			continue
		}
		out.keep(name, p.value, &left)
	}
	if wrapper != "" {
		top, _ := pairs(root)
		for _, p := range top {
			if name, ok := p.key.(string); ok && name != wrapper {
				out.keep(name, p.value, &left)
			}
		}
	}
	renamed(refs)
	if err := out.load(refs, from, size); err != nil {
		return nil, err
	}
	return out, nil
}

// keep stores a value from beside the weights: scalars, and one level of scalars in
// a dictionary, become metadata; anything else is listed as skipped. left is how many entries of dictionaries may still
// be looked at.
func (f *File) keep(name string, value any, left *int) {
	if text, ok := scalar(value); ok {
		f.note(name, text)
		return
	}
	if *left -= entries(value); *left < 0 {
		f.Skipped = append(f.Skipped, name)
		return
	}
	prefix := name + "."
	if name == metadataEntry { // as WritePT stores it
		prefix = ""
	}
	list, complete := pairs(value)
	for _, p := range list {
		text, isScalar := scalar(p.value)
		if key, isText := p.key.(string); isText && isScalar {
			f.note(prefix+key, text)
		} else {
			complete = false
		}
	}
	if !complete {
		f.Skipped = append(f.Skipped, name)
	}
}

func (f *File) note(key, text string) {
	if len(f.Metadata) < maxMetadata {
		f.Metadata[key] = text
	}
}

// scalar renders a Python number, boolean or string.
func scalar(v any) (string, bool) {
	switch x := v.(type) {
	case bool:
		return strconv.FormatBool(x), true
	case int:
		return strconv.Itoa(x), true
	case *big.Int:
		return x.String(), true
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), true
	case string:
		return x, true
	}
	return "", false
}

func scalarText(v any) string {
	if text, ok := scalar(v); ok {
		return text
	}
	return describe(v)
}

// describe names the kind of a Python value for an error message.
func describe(v any) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case *tensorRef:
		return "tensor"
	case *opaque:
		return x.class
	case *types.List:
		return "list"
	case *types.Tuple:
		return "tuple"
	}
	if text, ok := scalar(v); ok {
		return strconv.Quote(text)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", v), "*")
}

// renamed gives references the model's own keys, see plainKeys.
func renamed(refs []namedRef) {
	keys := make([]string, len(refs))
	for i, r := range refs {
		keys[i] = r.name
	}
	for i, key := range plainKeys(keys) {
		refs[i].name = key
	}
}

// quoted joins at most limit names, sorted, and counts the rest.
func quoted(names []string, limit int) string {
	sort.Strings(names)
	var b strings.Builder
	for i, name := range names {
		if i == limit {
			fmt.Fprintf(&b, " and %d more", len(names)-limit)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(name))
	}
	return b.String()
}
