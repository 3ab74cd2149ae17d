package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sort"
)

// WriteSafetensors writes tensors as a safetensors file. The same input gives the
// same bytes: tensors are ordered by descending element size (so that each is
// aligned), then as given. The file appears whole or not at all.
func WriteSafetensors(path string, tensors []Named, metadata map[string]string, opt Options) error {
	if err := checkWritable(tensors, opt); err != nil {
		return fmt.Errorf("checkpoint: write %s: %w", path, err)
	}
	ordered := append([]Named(nil), tensors...)
	sort.SliceStable(ordered, func(i, j int) bool {
		return opt.stored(ordered[i].Tensor).Size() > opt.stored(ordered[j].Tensor).Size()
	})
	header, err := encodeHeader(ordered, metadata, opt)
	if err == nil {
		err = writeAtomic(path, opt.Force, func(w io.Writer) error {
			if _, err := w.Write(header); err != nil {
				return err
			}
			for _, n := range ordered {
				raw, err := n.Tensor.encode(opt.stored(n.Tensor))
				if err != nil {
					return fmt.Errorf("tensor %q: %w", n.Name, err)
				}
				if _, err := w.Write(raw); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("checkpoint: write %s: %w", path, err)
	}
	return nil
}

// encodeHeader returns the length and the JSON header, padded with spaces so that
// the data begins at a multiple of 8.
func encodeHeader(tensors []Named, metadata map[string]string, opt Options) ([]byte, error) {
	out := append(make([]byte, 8), '{')
	field := func(name string, value any) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), text...)
		return nil
	}
	if len(metadata) > 0 {
		if err := field(metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	var end int64
	for _, n := range tensors {
		d := opt.stored(n.Tensor)
		e := safetensorsEntry{DType: d, Shape: append([]int{}, n.Tensor.Shape...)}
		e.Offsets[0] = end
		end += int64(n.Tensor.Len() * d.Size())
		e.Offsets[1] = end
		if err := field(n.Name, e); err != nil {
			return nil, err
		}
	}
	out = append(out, '}')
	for len(out)%8 != 0 {
		out = append(out, ' ')
	}
	binary.LittleEndian.PutUint64(out, uint64(len(out)-8))
	return out, nil
}
