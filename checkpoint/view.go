package checkpoint

import (
	"fmt"
	"math"
)

// A decoded state may be larger than its file, because halves become float32 and several
// tensors may be views of one storage. The limit is one element per byte of the file
// plus extraElements, so that a small file cannot ask for terabytes with views of stride 0.
const extraElements = 1 << 20

// namedRef is a tensor of the state dict before its values are read.
type namedRef struct {
	name string
	ref  *tensorRef
}

// load reads the tensors refs into f, one storage at a time. The file has size bytes.
func (f *File) load(refs []namedRef, from storages, size int64) error {
	budget := size + extraElements
	byStorage := map[string][]namedRef{}
	var keys []string
	for _, r := range refs {
		n, err := r.ref.check(budget)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", r.name, err)
		}
		budget -= n
		key := r.ref.storage.key
		if byStorage[key] == nil {
			keys = append(keys, key)
		}
		byStorage[key] = append(byStorage[key], r)
		if _, twice := f.Tensors[r.name]; twice {
			return fmt.Errorf("tensor %q occurs twice", r.name)
		}
		f.Tensors[r.name] = nil
		f.Order = append(f.Order, r.name)
	}
	left := size // bytes of the file; storages do not overlap, so all of them must fit
	for _, key := range keys {
		ref := byStorage[key][0].ref.storage
		bytes := ref.numel * int64(ref.dtype.Size())
		if left -= bytes; left < 0 {
			return fmt.Errorf("storage %q of %d bytes does not fit in the file: truncated or corrupt", key, bytes)
		}
		if err := f.loadStorage(byStorage[key], bytes, from); err != nil {
			return err
		}
	}
	return nil
}

// loadStorage reads one storage of the given size and decodes all its views.
func (f *File) loadStorage(views []namedRef, bytes int64, from storages) error {
	raw, err := from.read(views[0].ref.storage.key, bytes)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", views[0].name, err)
	}
	for _, v := range views {
		f.Tensors[v.name] = v.ref.gather(raw)
	}
	return nil
}

// check returns the number of elements of the view, or an error if there are more than
// limit or the view reaches beyond its storage. No sum can overflow.
func (t *tensorRef) check(limit int64) (int64, error) {
	n, err := numElements(t.shape, limit)
	if err != nil {
		return 0, err
	}
	item := int64(t.storage.dtype.Size())
	if t.storage.numel > math.MaxInt64/16/item || t.storage.offset > math.MaxInt64/4 || t.offset < 0 {
		return 0, fmt.Errorf("storage of %d elements and offset %d: corrupt", t.storage.numel, t.offset)
	}
	if n == 0 {
		return 0, nil
	}
	last := t.offset
	room := t.storage.numel - 1 - t.storage.offset
	for i, d := range t.shape {
		s := int64(t.stride[i])
		if s < 0 {
			return 0, fmt.Errorf("negative stride in %v", t.stride)
		}
		if d > 1 && s > 0 && last <= room {
			if s > room/int64(d-1) {
				last = room + 1
				break
			}
			last += s * int64(d-1)
		}
	}
	if last > room {
		return 0, fmt.Errorf("shape %v, stride %v, offset %d reach beyond its storage of %d elements",
			t.shape, t.stride, t.offset, t.storage.numel)
	}
	return n, nil
}

// gather copies the view, row-major, out of raw, the bytes of its storage. The view must
// have passed check.
func (t *tensorRef) gather(raw []byte) *Tensor {
	n, _ := numElements(t.shape, math.MaxInt64)
	out := newTensor(t.storage.dtype, append([]int{}, t.shape...), int(n))
	item := t.storage.dtype.Size()
	index := make([]int, len(t.shape))
	at := int(t.storage.offset + t.offset) // element of the storage
	for i := range out.Data {
		out.set(i, raw[at*item:])
		for d := len(index) - 1; d >= 0; d-- { // odometer
			at += t.stride[d]
			if index[d]++; index[d] < t.shape[d] {
				break
			}
			at -= t.stride[d] * t.shape[d]
			index[d] = 0
		}
	}
	return out
}
