package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sort"
)

// maxSafetensorsHeader is the format's own bound on the JSON header: 100 MB.
const maxSafetensorsHeader = 100_000_000

// safetensorsEntry is one tensor of the JSON header.
type safetensorsEntry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"` // relative to the end of the header
	name    string
}

// metadataKey is the entry of the header that is not a tensor.
const metadataKey = "__metadata__"

// ReadSafetensors loads a safetensors file, with its keys as they are; any other kind of file is an error.
func ReadSafetensors(path string) (*File, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := readSafetensors(f, size)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: read %s as safetensors: %w", path, err)
	}
	out.Path = path
	return out, nil
}

// readSafetensors reads a safetensors file of size bytes. Its tensors must cover the data without holes and overlaps, as the
// format demands.
func readSafetensors(r io.ReaderAt, size int64) (*File, error) {
	entries, metadata, start, err := safetensorsHeader(r, size)
	if err != nil {
		return nil, err
	}
	out := &File{Format: FormatSafetensors, Tensors: make(map[string]*Tensor, len(entries)), Metadata: metadata}
	var end int64
	for _, e := range entries {
		if e.Offsets[0] != end {
			return nil, fmt.Errorf("tensor %q starts at %d, want %d: the data has holes or overlaps", e.name, e.Offsets[0], end)
		}
		end = e.Offsets[1]
		t, err := readSafetensor(r, start, size-start, e)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.name, err)
		}
		out.Tensors[e.name] = t
		out.Order = append(out.Order, e.name)
	}
	if start+end != size {
		return nil, fmt.Errorf("the header describes %d bytes, the file has %d: truncated or corrupt", start+end, size)
	}
	return out, nil
}

// rename gives the tensors of f the model's own keys, see plainKeys.
func (f *File) rename() {
	named := make(map[string]*Tensor, len(f.Tensors))
	keys := plainKeys(f.Order)
	for i, key := range keys {
		named[key] = f.Tensors[f.Order[i]]
	}
	f.Tensors, f.Order = named, keys
}

// safetensorsHeader returns the entries ordered by their place in the file, the
// metadata, and the offset of the first data byte.
func safetensorsHeader(r io.ReaderAt, size int64) ([]safetensorsEntry, map[string]string, int64, error) {
	fail := func(format string, args ...any) ([]safetensorsEntry, map[string]string, int64, error) {
		return nil, nil, 0, fmt.Errorf(format, args...)
	}
	var length [8]byte
	if size < 8 {
		return fail("the file has %d bytes, too short for a header", size)
	}
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return fail("header length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxSafetensorsHeader || n > uint64(size-8) {
		return fail("the header claims %d bytes, the file has %d: truncated, corrupt or another format", n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil {
		return fail("header: %w", err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(header, &raw); err != nil {
		return fail("header is not JSON: %w", err)
	}
	metadata := map[string]string{}
	if m, ok := raw[metadataKey]; ok {
		if err := json.Unmarshal(m, &metadata); err != nil {
			return fail("__metadata__ must map strings to strings: %w", err)
		}
		delete(raw, metadataKey)
	}
	entries := make([]safetensorsEntry, 0, len(raw))
	for name, text := range raw {
		e := safetensorsEntry{name: name}
		if !validName(name) {
			return fail("tensor name %q is empty or reserved", name)
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return fail("tensor %q: %w", name, err)
		}
		entries = append(entries, e)
	}
	sort.Slice(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		if a.Offsets != b.Offsets {
			return a.Offsets[0] < b.Offsets[0] || (a.Offsets[0] == b.Offsets[0] && a.Offsets[1] < b.Offsets[1])
		}
		return a.name < b.name
	})
	return entries, metadata, 8 + int64(n), nil
}

// readSafetensor reads the tensor that e describes from the data part of r, which
// begins at start and has size bytes.
func readSafetensor(r io.ReaderAt, start, size int64, e safetensorsEntry) (*Tensor, error) {
	item := int64(e.DType.Size())
	if item == 0 {
		return nil, fmt.Errorf("element type %q is not supported", e.DType)
	}
	n, err := numElements(e.Shape, size/item)
	if err != nil {
		return nil, err
	}
	from, to := e.Offsets[0], e.Offsets[1]
	if from < 0 || to < from || to > size {
		return nil, fmt.Errorf("data offsets %d:%d are outside the %d bytes of data", from, to, size)
	}
	if to-from != n*item {
		return nil, fmt.Errorf("shape %v of %s needs %d bytes, the offsets give %d", e.Shape, e.DType, n*item, to-from)
	}
	raw := make([]byte, n*item)
	if _, err := r.ReadAt(raw, start+from); err != nil && !(err == io.EOF && len(raw) == 0) {
		return nil, err
	}
	t := newTensor(e.DType, append([]int{}, e.Shape...), int(n))
	for i := range t.Data {
		t.set(i, raw[int64(i)*item:])
	}
	return t, nil
}
