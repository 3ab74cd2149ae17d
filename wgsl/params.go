package wgsl

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// param is a word of a shader's uniform: its name in struct Params, and its value, an int, uint32, bool or float32. The name
// "dims.x" is a component of a vec4 or a field of an inner struct, "base.0.x" a component in an array of vec4.
type param struct {
	name  string
	value any
}

// params is the contents of a shader's struct Params, in order.
type params []param

// vector returns the components of a vec4.
func vector(name string, x, y, z, w int) params {
	return params{{name + ".x", x}, {name + ".y", y}, {name + ".z", z}, {name + ".w", w}}
}

// and returns p followed by more. p must not be used afterwards.
func (p params) and(more ...param) params { return append(p, more...) }

// field is a word of struct Params, as declared in the shader's text.
type field struct {
	name string
	kind string // "u32" or "f32"
}

// check panics unless p matches the fields of the named shader exactly.
func (p params) check(shader string, fields []field) {
	for i, f := range fields {
		if i == len(p) {
			panic(fmt.Sprintf("wgsl: %s: got no param %s, want all of struct Params", shader, f.name))
		}
		if p[i].name != f.name || p[i].kind() != f.kind {
			panic(fmt.Sprintf("wgsl: %s: got %s of kind %s as word %d of struct Params, want %s of kind %s",
				shader, p[i].name, p[i].kind(), i, f.name, f.kind))
		}
	}
	if len(p) > len(fields) {
		panic(fmt.Sprintf("wgsl: %s: got param %s, which struct Params does not have", shader, p[len(fields)].name))
	}
}

// kind is the type that the shader must declare for p.
func (p param) kind() string {
	if _, ok := p.value.(float32); ok {
		return "f32"
	}
	return "u32"
}

// word returns the bits of p.
func (p param) word() uint32 {
	switch v := p.value.(type) {
	case int:
		return uint32(v)
	case uint32:
		return v
	case float32:
		return math.Float32bits(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	panic(fmt.Sprintf("wgsl: got a %T for param %s, want an int, uint32, float32 or bool", p.value, p.name))
}

var (
	structText = regexp.MustCompile(`(?s)struct (\w+) \{\n(.*?)\n\}`)
	memberText = regexp.MustCompile(`(?m)^[ \t]*(\w+): ([^/\n]*\S),[ \t]*(?://.*)?$`)
	lineText   = regexp.MustCompile(`(?m)^.*\S.*$`)
	arrayText  = regexp.MustCompile(`^array<vec4<u32>, (\d+)>$`)
)

// paramFields lists the words of a shader's struct Params. It knows the types that our shaders use: u32, f32, vec4, arrays of
// vec4<u32>, and structs of four words. All types larger than a word must begin at a multiple of four words, because WGSL would
// otherwise insert padding.
func paramFields(code string) ([]field, error) {
	structs := map[string]string{}
	for _, m := range structText.FindAllStringSubmatch(code, -1) {
		structs[m[1]] = m[2]
	}
	text, ok := structs["Params"]
	if !ok {
		return nil, fmt.Errorf("no struct Params")
	}
	return structFields(text, structs)
}

// structFields lists the words of a struct, given the text between its braces.
func structFields(text string, structs map[string]string) ([]field, error) {
	members := memberText.FindAllStringSubmatch(text, -1)
	if lines := lineText.FindAllString(text, -1); len(lines) != len(members) {
		return nil, fmt.Errorf("%d lines but %d members: write one a line, as in \"name: u32,\"", len(lines), len(members))
	}
	var all []field
	for _, m := range members {
		inner, err := memberFields(m[2], structs)
		switch {
		case err != nil:
			return nil, fmt.Errorf("member %s: %w", m[1], err)
		case len(inner) > 1 && (len(all)%4 != 0 || len(inner)%4 != 0):
			return nil, fmt.Errorf("member %s: %d words from word %d on, want multiples of 4", m[1], len(inner), len(all))
		}
		for _, f := range inner {
			all = append(all, field{m[1] + f.name, f.kind})
		}
	}
	return all, nil
}

// memberFields lists the words of a type. Their names begin with a dot, or are empty for a single word.
func memberFields(kind string, structs map[string]string) ([]field, error) {
	switch array := arrayText.FindStringSubmatch(kind); {
	case kind == "u32" || kind == "f32":
		return []field{{"", kind}}, nil
	case kind == "vec4<u32>" || kind == "vec4<f32>":
		k := kind[5:8]
		return []field{{".x", k}, {".y", k}, {".z", k}, {".w", k}}, nil
	case array != nil:
		n, err := strconv.Atoi(array[1])
		var all []field
		for i := range n {
			for _, axis := range []string{"x", "y", "z", "w"} {
				all = append(all, field{fmt.Sprintf(".%d.%s", i, axis), "u32"})
			}
		}
		return all, err
	case structs[kind] != "":
		all, err := structFields(structs[kind], structs)
		for i := range all {
			all[i].name = "." + all[i].name
		}
		return all, err
	}
	return nil, fmt.Errorf("type %s is not known here (params.go)", kind)
}
