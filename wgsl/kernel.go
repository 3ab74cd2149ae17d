package wgsl

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

//go:embed *.wgsl
var sources embed.FS

// kernel is a compiled shader.
type kernel struct {
	name    string  // files and replacements, for messages
	params  []field // of struct Params
	access  string  // one letter per storage binding: 'r' for read, 'w' for read_write
	halves  []bool  // for each storage binding, whether it holds float16 in pairs, which shaders declare as u32
	program handle  // nil if the shader was refused
}

// kernel returns the shader in a file (or several, joined by "+") after replacing texts: old, new, old, new, ... It is compiled on
// first use. A shader that is refused fails the device, and its launches do nothing.
func (d *Device) kernel(file string, replace ...string) *kernel {
	key := file + strings.Join(append([]string{""}, replace...), " ")
	if k, ok := d.kernels[key]; ok {
		if k.program == nil {
			d.fail(fmt.Errorf("wgsl: %s: the shader was refused before", k.name))
		}
		return k
	}
	k := &kernel{name: key}
	d.kernels[key] = k
	if d.lost != nil {
		return k
	}
	code, err := source(file, replace)
	if err == nil {
		err = d.compile(k, code)
	}
	if err != nil {
		d.fail(fmt.Errorf("wgsl: %s: %w", key, err))
	}
	return k
}

// source returns the text of the files with the replacements made.
func source(file string, replace []string) (string, error) {
	var text strings.Builder
	for _, name := range strings.Split(file, "+") {
		part, err := sources.ReadFile(name)
		if err != nil {
			return "", err
		}
		text.Write(part)
	}
	code, err := unroll(strings.NewReplacer(replace...).Replace(text.String()))
	if err == nil && strings.Contains(code, "{{") {
		at := strings.Index(code, "{{")
		err = fmt.Errorf("placeholder without a value: %.20s", code[at:])
	}
	return code, err
}

var repeated = regexp.MustCompile(`^(.*\S)\s*// for ((?:[A-Z]<\d+(?:, )?)+)$`)

// unroll repeats each line that ends in "// for I<2, J<3", with $I and $J replaced by all pairs of indices. Shaders use this
// instead of arrays in loops, because WGSL compilers check the bounds of indices that are not constants, and keep only named
// values in registers.
func unroll(code string) (string, error) {
	var out strings.Builder
	for _, line := range strings.Split(code, "\n") {
		lines := []string{line}
		if m := repeated.FindStringSubmatch(line); m != nil {
			lines = []string{m[1]}
			for _, r := range strings.Split(m[2], ", ") {
				n, err := strconv.Atoi(r[2:])
				if err != nil {
					return "", err
				}
				lines = repeat(lines, "$"+r[:1], n)
			}
		}
		for _, l := range lines {
			out.WriteString(l + "\n")
		}
	}
	return out.String(), nil
}

// repeat returns each line n times, with name replaced by 0..n-1.
func repeat(lines []string, name string, n int) []string {
	var out []string
	for _, l := range lines {
		for i := range n {
			out = append(out, strings.ReplaceAll(l, name, strconv.Itoa(i)))
		}
	}
	return out
}

// compile compiles k and reads its bindings and params from the text.
func (d *Device) compile(k *kernel, code string) (err error) {
	if k.access, k.halves, err = storageBindings(code); err != nil {
		return err
	}
	if k.params, err = paramFields(code); err != nil {
		return err
	}
	k.program, err = d.driver.compile(k.name, code, k.access)
	return err
}

var storageDeclaration = regexp.MustCompile(`@binding\((\d+)\) var<storage, *(read|read_write)> \w+: (.*);`)

// storageBindings reads the storage bindings, 1, 2, ..., from a shader's text: kernel.access and kernel.halves.
func storageBindings(code string) (access string, halves []bool, err error) {
	found := storageDeclaration.FindAllStringSubmatch(code, -1)
	reads := make([]byte, len(found))
	halves = make([]bool, len(found))
	for _, m := range found {
		i, err := strconv.Atoi(m[1])
		if err != nil || i < 1 || i > len(found) || reads[i-1] != 0 {
			return "", nil, fmt.Errorf("storage bindings must be numbered 1..%d, found %s", len(found), m[1])
		}
		reads[i-1] = map[string]byte{"read": 'r', "read_write": 'w'}[m[2]]
		halves[i-1] = strings.Contains(m[3], "u32")
	}
	return string(reads), halves, nil
}

func (k *kernel) release() {
	if k.program != nil {
		k.program.Release()
	}
}
