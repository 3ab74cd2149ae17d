// Command gen writes the assembly of package simd and its Go declarations.
//
// Every kernel is generated twice from one description, for AVX2 with FMA (8 lanes, 16 registers) and for AVX-512 (16 lanes, 32
// registers); matrix products also for AVX512_BF16. A few kernels are generated for NEON on arm64, by code of their own. Run it
// with go generate in the parent folder; main_test.go checks that the committed files are up to date.
//
// The code for amd64 uses avo: methods such as VADDPS append an instruction, with the operands in the order of Go's assembler
// (destination last), and registers are virtual until avo allocates them.
package main

import (
	"bytes"
	"fmt"
	"math"
	"os"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// The files that gen writes, relative to its own folder.
const (
	asmFile  = "../kernels_amd64.s"
	stubFile = "../kernels_amd64.go"

	neonFile     = "../kernels_arm64.s"
	neonStubFile = "../kernels_arm64.go"
)

func main() {
	files, err := allFiles()
	for name, data := range files {
		if err == nil {
			err = os.WriteFile(name, data, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// allFiles returns the contents of every file by name.
func allFiles() (map[string][]byte, error) {
	asm, stubs, err := generate()
	if err != nil {
		return nil, err
	}
	neon, neonStubs := generateNEON()
	return map[string][]byte{asmFile: asm, stubFile: stubs, neonFile: neon, neonStubFile: neonStubs}, nil
}

// generate returns the assembly of amd64 and the Go declarations.
func generate() (asm, stubs []byte, err error) {
	g := &gen{Context: build.NewContext(), constants: map[string]operand.Mem{}}
	for _, isa := range []isa{{"AVX2", 8}, {"AVX512", 16}} {
		g.isa = isa
		g.products()
		g.packing()
		g.rows()
		g.addRows()
		g.addRuns()
		g.depthwise()
		g.adamw()
		g.norms()
		g.maxPools()
		g.maskLosses()
		g.softmax()
		g.axial()
		g.fields()
	}
	g.isa = isa{"BF16", 16}
	g.bf16()
	file, err := g.Result()
	if err != nil {
		return nil, nil, err
	}
	var a, s bytes.Buffer
	cfg := printer.Config{Argv: []string{"go", "generate"}, Pkg: "simd"}
	err = pass.Concat(
		pass.Compile,
		pass.Func(encodeUnknown),
		&pass.Output{Writer: nopCloser{&a}, Printer: printer.NewGoAsm(cfg)},
		&pass.Output{Writer: nopCloser{&s}, Printer: printer.NewStubs(cfg)},
	).Execute(file)
	return a.Bytes(), s.Bytes(), err
}

type nopCloser struct{ *bytes.Buffer }

func (nopCloser) Close() error { return nil }

// isa is an instruction set: its suffix in function names and its lanes of float32.
type isa struct {
	name  string
	lanes int
}

// gen is an avo context for the instruction set that is being generated.
type gen struct {
	*build.Context
	isa
	constants map[string]operand.Mem
}

// function begins the function name+suffix with the given signature and documentation.
func (g *gen) function(name, signature, doc string) {
	g.Function(name + g.name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
	g.Pragma("noescape")
	g.Doc(name + g.name + " " + doc)
}

// end ends the function. It clears the upper halves of vector registers, without which later SSE code would be slow.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

// vec returns a new vector register.
func (g *gen) vec() reg.VecVirtual {
	if g.lanes == 16 {
		return g.ZMM()
	}
	return g.YMM()
}

// bytes is the size of a vector in bytes.
func (g *gen) bytes() int { return 4 * g.lanes }

// pointer loads the address of the slice parameter name.
func (g *gen) pointer(name string) reg.Register {
	return g.Load(g.Param(name).Base(), g.GP64())
}

// integer loads the int parameter name.
func (g *gen) integer(name string) reg.Register {
	return g.Load(g.Param(name), g.GP64())
}

// length loads the length of the slice parameter name.
func (g *gen) length(name string) reg.Register {
	return g.Load(g.Param(name).Len(), g.GP64())
}

// copied returns a new register with the contents of r.
func (g *gen) copied(r reg.Register) reg.Register {
	c := g.GP64()
	g.MOVQ(r, c)
	return c
}

// zero clears a vector.
func (g *gen) zero(v reg.Register) {
	if g.lanes == 16 {
		g.VPXORQ(v, v, v)
		return
	}
	g.VXORPS(v, v, v)
}

// constant returns a memory operand that holds x in every lane. It is 64 bytes long, enough for both widths.
func (g *gen) constant(name string, x float32) operand.Mem {
	if m, ok := g.constants[name]; ok {
		return m
	}
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := 0; i < 16; i++ {
		g.AddDatum(4*i, operand.U32(math.Float32bits(x)))
	}
	g.constants[name] = m
	return m
}

// at is the memory operand disp bytes from base.
func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// imm is a 32-bit immediate operand.
func imm(x int) operand.U32 { return operand.U32(uint32(x)) }
