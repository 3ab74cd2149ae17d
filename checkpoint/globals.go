package checkpoint

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// storageRef is a PyTorch storage that the pickle refers to and that has not been read yet.
type storageRef struct {
	dtype  DType
	key    string // name of its record in the file
	numel  int64  // number of elements, as the pickle states it
	offset int64  // first element, for the views of very old legacy files
}

// tensorRef is a tensor as the pickle describes it: a view of a storage; see
// torch._utils._rebuild_tensor_v2.
type tensorRef struct {
	storage *storageRef
	offset  int64 // in elements
	shape   []int
	stride  []int // in elements
}

// storageClass is one of the torch.*Storage classes, named in a persistent id.
type storageClass struct{ dtype DType }

// findClass resolves a global of the pickle. It lists everything that can be built;
// all other globals are opaque. gopickle itself knows only OrderedDict, object and
// copy_reg._reconstructor, which are harmless.
func findClass(module, name string) (any, error) {
	full := module + "." + name
	switch full {
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
		return builder(rebuildTensor), nil
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		return builder(rebuildParameter), nil
	case "torch._tensor._rebuild_from_type_v2":
		return fromType{}, nil
	case "torch.FloatStorage":
		return storageClass{F32}, nil
	case "torch.HalfStorage":
		return storageClass{F16}, nil
	case "torch.BFloat16Storage":
		return storageClass{BF16}, nil
	case "torch.DoubleStorage":
		return storageClass{F64}, nil
	case "torch.LongStorage":
		return storageClass{I64}, nil
	case "torch.IntStorage":
		return storageClass{I32}, nil
	case "torch.ShortStorage":
		return storageClass{I16}, nil
	case "torch.CharStorage":
		return storageClass{I8}, nil
	case "torch.ByteStorage":
		return storageClass{U8}, nil
	case "torch.BoolStorage":
		return storageClass{BOOL}, nil
	}
	return &opaqueClass{name: full, data: harmlessCall(full)}, nil
}

// harmlessCall reports whether a global is a constructor of plain data that trainers
// store next to their weights. Calling one gives an opaque value; calling anything
// else is refused.
func harmlessCall(full string) bool {
	switch full {
	case "torch.Size", "torch.device", "torch.serialization._get_layout",
		"collections.defaultdict", "collections.Counter", "collections.deque",
		"numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
		"numpy._core.multiarray.scalar", "numpy._core.multiarray._reconstruct",
		"numpy.dtype", "numpy.ndarray", "_codecs.encode",
		"__builtin__.set", "builtins.set", "__builtin__.frozenset", "builtins.frozenset",
		"__builtin__.bytearray", "builtins.bytearray", "__builtin__.complex", "builtins.complex",
		"__builtin__.slice", "builtins.slice",
		"datetime.datetime", "datetime.date", "datetime.timedelta",
		"pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath":
		return true
	}
	return false
}

// builder is a function that the pickle may call.
type builder func(args []any) (any, error)

// Call implements gopickle's types.Callable.
func (b builder) Call(args ...any) (any, error) { return b(args) }

// opaqueClass is a global that this package does not interpret.
type opaqueClass struct {
	name string
	data bool // may be called, see harmlessCall
}

// Call answers REDUCE, the opcode by which a pickle runs functions.
func (c *opaqueClass) Call(...any) (any, error) {
	if strings.HasPrefix(c.name, "torch._utils._rebuild_") {
		return nil, fmt.Errorf("tensors made by %s (sparse, quantized, meta, ...) are not supported; save dense ones", c.name)
	}
	if !c.data {
		return nil, fmt.Errorf("it calls %q: %w; if you trust its source, load it in PyTorch and save "+
			`torch.save({"model": model.state_dict()}, ...) or a safetensors file`, c.name, ErrUnsafe)
	}
	return &opaque{class: c.name}, nil
}

// PyNew answers NEWOBJ, which makes an empty object of a class.
func (c *opaqueClass) PyNew(...any) (any, error) { return &opaque{class: c.name}, nil }

// opaque is an object that this package does not interpret. It ignores the state, items
// and attributes that the pickle gives it.
type opaque struct{ class string }

// PySetState answers BUILD, in place of __setstate__.
func (o *opaque) PySetState(any) error { return nil }

// Set answers SETITEM.
func (o *opaque) Set(_, _ any) {}

// Append answers APPEND.
func (o *opaque) Append(any) {}

// Add answers ADDITEMS.
func (o *opaque) Add(any) {}

// persistentLoad resolves the persistent ids of torch.save:
// ("storage", class, key, location, numel[, view metadata]), and the legacy
// ("module", class, file, source), of which it returns the class. It adds the storage
// to known. A storage that occurs again must have the same type and size.
func persistentLoad(id any, known map[string]*storageRef) (any, error) {
	t, ok := id.(*types.Tuple)
	if !ok || t.Len() < 2 {
		return nil, fmt.Errorf("persistent id is not a tuple of a storage")
	}
	if t.Get(0) == "module" {
		return t.Get(1), nil
	}
	if t.Get(0) != "storage" || t.Len() < 5 {
		return nil, fmt.Errorf("persistent id does not name a storage")
	}
	class, ok := t.Get(1).(storageClass)
	if !ok {
		if o, isOpaque := t.Get(1).(*opaqueClass); isOpaque && strings.HasPrefix(o.name, "torch.") {
			return nil, fmt.Errorf("storage type %s is not supported; save floating point, integer or boolean tensors", o.name)
		}
		return nil, fmt.Errorf("persistent id without a storage type")
	}
	key, okKey := t.Get(2).(string)
	numel, okSize := asInt(t.Get(4))
	if !okKey || !okSize || numel < 0 {
		return nil, fmt.Errorf("persistent id of a storage without a key or a size")
	}
	if s := known[key]; s != nil && (s.dtype != class.dtype || s.numel != numel) {
		return nil, fmt.Errorf("storage %q is both %d of %s and %d of %s: corrupt", key, s.numel, s.dtype, numel, class.dtype)
	}
	s := &storageRef{dtype: class.dtype, key: key, numel: numel}
	known[key] = s
	if t.Len() > 5 {
		if view, ok := t.Get(5).(*types.Tuple); ok && view.Len() == 3 {
			if s.offset, ok = asInt(view.Get(1)); !ok || s.offset < 0 {
				return nil, fmt.Errorf("storage view with a bad offset")
			}
		}
	}
	return s, nil
}

// rebuildTensor is torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...).
func rebuildTensor(args []any) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("_rebuild_tensor_v2 with %d arguments", len(args))
	}
	storage, okStorage := args[0].(*storageRef)
	offset, okOffset := asInt(args[1])
	shape, okShape := asInts(args[2])
	stride, okStride := asInts(args[3])
	if !okStorage || !okOffset || !okShape || !okStride || len(shape) != len(stride) {
		return nil, fmt.Errorf("_rebuild_tensor_v2 with arguments of the wrong type, or more than %d dimensions", maxRank)
	}
	return &tensorRef{storage: storage, offset: offset, shape: shape, stride: stride}, nil
}

// fromType is torch._tensor._rebuild_from_type_v2(function, type, arguments, state), which makes a tensor of another class
// or with Python attributes. Only the inner tensor is read. The function must be a builder; in particular, one fromType
// cannot call another.
type fromType struct{}

// Call implements gopickle's types.Callable.
func (fromType) Call(args ...any) (any, error) {
	if len(args) < 3 {
		return nil, fmt.Errorf("_rebuild_from_type_v2 with %d arguments", len(args))
	}
	inner, ok := args[0].(builder)
	arguments, isTuple := args[2].(*types.Tuple)
	if !ok || !isTuple {
		return nil, fmt.Errorf("_rebuild_from_type_v2 that does not make a plain tensor: %w", ErrUnsafe)
	}
	return inner(*arguments)
}

// rebuildParameter is torch._utils._rebuild_parameter(data, requires_grad, hooks).
func rebuildParameter(args []any) (any, error) {
	if len(args) > 0 {
		if t, ok := args[0].(*tensorRef); ok {
			return t, nil
		}
	}
	return nil, fmt.Errorf("_rebuild_parameter without a tensor")
}

// asInt converts an integer of a pickle; false if v is not one or does not fit in 64 bits.
func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case *big.Int:
		return n.Int64(), n.IsInt64()
	}
	return 0, false
}

// maxRank is the largest number of dimensions of a PyTorch tensor. Without a limit, a pickle could give each of its
// tensors one and the same shape of 100,000 dimensions.
const maxRank = 64

// asInts converts a tuple of at most maxRank integers, a shape or strides; false if v is anything else.
func asInts(v any) ([]int, bool) {
	t, ok := v.(*types.Tuple)
	if !ok || t.Len() > maxRank {
		return nil, false
	}
	out := make([]int, 0, t.Len())
	for _, item := range *t {
		n, ok := asInt(item)
		if !ok || int64(int(n)) != n {
			return nil, false
		}
		out = append(out, int(n))
	}
	return out, true
}
