package checkpoint

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// wrappers returns the keys under which trainers store the state dict, in the order in
// which they are tried: SAM 2's own, then PyTorch Lightning's and other common ones.
func wrappers() []string { return []string{"model", "state_dict", "model_state_dict", "module"} }

// maxMetadata is the largest number of scalars that are kept from next to the weights.
const maxMetadata = 1024

// maxBeside is the largest number of dictionary entries next to the weights that are looked at. A pickle can store one
// dictionary under any number of names without getting much longer.
const maxBeside = maxPickleOps

// stateDict finds the dictionary of weights in root, the value of a .pt: under one of
// the wrappers' keys, or root itself. used is that key, "" for root itself.
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
		names = append(names, scalarText(p.key))
	}
	return nil, "", fmt.Errorf("no weights found: want {\"model\": state_dict} or a bare state dict, got the keys %s", quoted(names, 10))
}

// onlyWeights returns the only entry of a dictionary that is itself a dictionary with tensors, such as nnU-Net's
// network_weights; nil if there is none or more than one.
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

// hasTensor reports whether a value in the list is a tensor.
func hasTensor(list []pair) bool {
	for _, p := range list {
		if _, ok := p.value.(*tensorRef); ok {
			return true
		}
	}
	return false
}

// collect builds a File from root, the value of a .pt of size bytes, and reads its tensors from the storages.
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
	renameRefs(refs)
	if err := out.load(refs, from, size); err != nil {
		return nil, err
	}
	return out, nil
}

// keep stores a value from next to the weights. Scalars become metadata, and so do the
// scalars in a dictionary, one level deep; anything else is listed as skipped. left is
// how many entries of dictionaries may still be looked at.
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

// note adds to the metadata, up to its limit.
func (f *File) note(key, text string) {
	if len(f.Metadata) < maxMetadata {
		f.Metadata[key] = text
	}
}

// renameRefs gives tensors the model's own keys, see plainKeys.
func renameRefs(refs []namedRef) {
	keys := make([]string, len(refs))
	for i, r := range refs {
		keys[i] = r.name
	}
	for i, key := range plainKeys(keys) {
		refs[i].name = key
	}
}

// quoted sorts names, joins the first limit of them, and counts the rest.
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
