package checkpoint

import "fmt"

// Options of [WriteSafetensors], [WritePT] and [Convert].
type Options struct {
	// DType is the type that floating point tensors are stored as: F32, F16 or
	// BF16 (nearest, ties to even; a finite value out of range is an error), or ""
	// to keep each tensor's own. Integer and boolean tensors keep theirs always.
	DType DType
	// Force allows an existing file to be replaced.
	Force bool
}

// stored returns the element type as which t is written.
func (o Options) stored(t *Tensor) DType {
	switch {
	case t.DType != "" && !t.DType.Floating():
		return t.DType
	case o.DType != "":
		return o.DType
	case t.DType == "":
		return F32
	}
	return t.DType
}

// checkWritable checks everything about tensors that could make writing them fail, except
// for values out of range, before the first byte is written.
func checkWritable(tensors []Named, opt Options) error {
	switch opt.DType {
	case "", F32, F16, BF16:
	default:
		return fmt.Errorf("element type %q; want F32, F16 or BF16", opt.DType)
	}
	seen := make(map[string]bool, len(tensors))
	for _, n := range tensors {
		if seen[n.Name] || !validName(n.Name) {
			return fmt.Errorf("tensor name %q is empty, reserved, not UTF-8 or used twice", n.Name)
		}
		seen[n.Name] = true
		if n.Tensor == nil {
			return fmt.Errorf("tensor %q is nil", n.Name)
		}
		size, err := numElements(n.Tensor.Shape, int64(len(n.Tensor.Data)))
		if err != nil || size != int64(len(n.Tensor.Data)) {
			return fmt.Errorf("tensor %q has %d values for shape %v", n.Name, len(n.Tensor.Data), n.Tensor.Shape)
		}
		if opt.stored(n.Tensor).Size() == 0 {
			return fmt.Errorf("tensor %q has the unknown element type %q", n.Name, n.Tensor.DType)
		}
	}
	return nil
}

// encode returns the bytes of t stored as d, little-endian.
func (t *Tensor) encode(d DType) ([]byte, error) {
	out := make([]byte, 0, len(t.Data)*d.Size())
	var err error
	for i := range t.Data {
		if out, err = t.appendElement(out, i, d); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return out, nil
}
