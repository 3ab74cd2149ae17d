package checkpoint

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
	"strconv"
)

// metadataEntry is the key next to "model" under which [WritePT] stores metadata.
const metadataEntry = "metadata"

// storageAlignment is the multiple of bytes at which PyTorch starts the data of a record,
// so that it can be memory-mapped.
const storageAlignment = 64

// WritePT writes {"model": {name: tensor, ...}, "metadata": {key: text, ...}} as a
// zip checkpoint that torch.load(path, weights_only=True) reads. "metadata" is left out if
// there is none. The same input gives the same bytes. The file appears whole or not
// at all.
func WritePT(path string, tensors []Named, metadata map[string]string, opt Options) error {
	if err := checkWritable(tensors, opt); err != nil {
		return fmt.Errorf("checkpoint: write %s: %w", path, err)
	}
	err := writeAtomic(path, opt.Force, func(w io.Writer) error {
		archive := &torchArchive{counter: &countingWriter{w: w}}
		archive.zip = zip.NewWriter(archive.counter)
		if err := archive.add("data.pkl", encodePickle(tensors, metadata, opt)); err != nil {
			return err
		}
		if err := archive.add("byteorder", []byte("little")); err != nil {
			return err
		}
		for i, n := range tensors {
			raw, err := n.Tensor.encode(opt.stored(n.Tensor))
			if err != nil {
				return fmt.Errorf("tensor %q: %w", n.Name, err)
			}
			if err := archive.add("data/"+strconv.Itoa(i), raw); err != nil {
				return err
			}
		}
		if err := archive.add("version", []byte("3\n")); err != nil {
			return err
		}
		return archive.zip.Close()
	})
	if err != nil {
		return fmt.Errorf("checkpoint: write %s: %w", path, err)
	}
	return nil
}

// torchArchive writes stored (uncompressed) zip records with aligned data.
type torchArchive struct {
	zip     *zip.Writer
	counter *countingWriter
}

// add writes one record. The padding goes into an extra field "FB", as in PyTorch's
// PyTorchStreamWriter.
func (a *torchArchive) add(name string, data []byte) error {
	name = "archive/" + name
	if err := a.zip.Flush(); err != nil {
		return err
	}
	const localHeader, extraHeader = 30, 4 // bytes, APPNOTE.TXT 4.3.7 and 4.5
	start := a.counter.n + localHeader + int64(len(name)) + extraHeader
	padding := (storageAlignment - start%storageAlignment) % storageAlignment
	extra := append([]byte{'F', 'B', byte(padding), 0}, make([]byte, padding)...)
	w, err := a.zip.CreateRaw(&zip.FileHeader{
		Name:               name,
		Method:             zip.Store,
		CRC32:              crc32.ChecksumIEEE(data),
		CompressedSize64:   uint64(len(data)),
		UncompressedSize64: uint64(len(data)),
		Extra:              extra,
	})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// countingWriter counts the bytes that pass through it.
type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// encodePickle returns data.pkl: a pickle of protocol 2 with the opcodes that torch.save
// uses, but without memoization.
func encodePickle(tensors []Named, metadata map[string]string, opt Options) []byte {
	p := &pickler{}
	p.op("\x80\x02}(")
	p.text("model")
	p.op("ccollections\nOrderedDict\n)R(")
	for i, n := range tensors {
		p.text(n.Name)
		p.tensor(strconv.Itoa(i), n.Tensor, opt.stored(n.Tensor))
	}
	p.op("u")
	if len(metadata) > 0 {
		keys := make([]string, 0, len(metadata))
		for k := range metadata {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		p.text(metadataEntry)
		p.op("}(")
		for _, k := range keys {
			p.text(k)
			p.text(metadata[k])
		}
		p.op("u")
	}
	p.op("u.")
	return p.out
}

// pickler appends pickle opcodes to out.
type pickler struct{ out []byte }

// op appends opcodes as they are.
func (p *pickler) op(s string) { p.out = append(p.out, s...) }

// text appends a string as BINUNICODE.
func (p *pickler) text(s string) {
	n := len(s)
	p.out = append(p.out, 'X', byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	p.out = append(p.out, s...)
}

// integer appends an integer as BININT if it fits, else as LONG1 of 8 bytes.
func (p *pickler) integer(v int) {
	if v == int(int32(v)) {
		p.out = append(p.out, 'J', byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		return
	}
	p.out = append(p.out, 0x8a, 8)
	for shift := 0; shift < 64; shift += 8 {
		p.out = append(p.out, byte(v>>shift))
	}
}

// tensor appends the call _rebuild_tensor_v2(storage, 0, shape, stride, False, OrderedDict()).
func (p *pickler) tensor(key string, t *Tensor, d DType) {
	p.op("ctorch._utils\n_rebuild_tensor_v2\n((")
	p.text("storage")
	p.op("ctorch\n" + storageName(d) + "\n")
	p.text(key)
	p.text("cpu")
	p.integer(t.Len())
	p.op("tQ")
	p.integer(0)
	p.op("(")
	for _, n := range t.Shape {
		p.integer(n)
	}
	p.op("t(")
	for i := range t.Shape {
		stride := 1
		for _, n := range t.Shape[i+1:] {
			stride *= max(n, 1)
		}
		p.integer(stride)
	}
	p.op("t\x89ccollections\nOrderedDict\n)RtR")
}

// storageName returns the name of PyTorch's class for storages of d, the inverse of findClass.
func storageName(d DType) string {
	switch d {
	case F64:
		return "DoubleStorage"
	case F16:
		return "HalfStorage"
	case BF16:
		return "BFloat16Storage"
	case I64:
		return "LongStorage"
	case I32:
		return "IntStorage"
	case I16:
		return "ShortStorage"
	case I8:
		return "CharStorage"
	case U8:
		return "ByteStorage"
	case BOOL:
		return "BoolStorage"
	}
	return "FloatStorage"
}
