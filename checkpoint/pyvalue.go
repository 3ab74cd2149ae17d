package checkpoint

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// pair is one entry of a Python dictionary.
type pair struct{ key, value any }

// pairs returns the entries of a dictionary in order; ok is false if v is not one. A key
// that occurs twice keeps its first place and its last value, as in Python.
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

// entries returns the length of a dictionary, and 0 if v is not one.
func entries(v any) int {
	switch d := v.(type) {
	case *types.Dict:
		return len(*d)
	case *types.OrderedDict:
		return d.List.Len()
	}
	return 0
}

// lookup returns the value of a string key in a dictionary.
func lookup(dict any, key string) (any, bool) {
	list, _ := pairs(dict)
	for _, p := range list {
		if p.key == key {
			return p.value, true
		}
	}
	return nil, false
}

// scalar returns a Python number, boolean or string as text; false if v is none of these.
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

// scalarText returns a scalar as text, and describes anything else.
func scalarText(v any) string {
	if text, ok := scalar(v); ok {
		return text
	}
	return describe(v)
}

// describe returns what kind of Python value v is, for error messages.
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
