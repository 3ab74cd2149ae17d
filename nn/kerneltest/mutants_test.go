package kerneltest

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// mutant is the plain device with a mistake in one kernel.
type mutant struct {
	*cpu.Device
	matMul   func(*cpu.Device, backend.MatMul)
	attend   func(*cpu.Device, backend.Attention)
	copies   func(*cpu.Device, backend.Copy)
	zip      func(*cpu.Device, backend.Zip)
	mapped   func(*cpu.Device, backend.Map)
	norm     func(*cpu.Device, backend.LayerNorm)
	rope     func(*cpu.Device, backend.RoPE)
	dropout  func(*cpu.Device, backend.Dropout)
	sum      func(*cpu.Device, backend.Sum)
	resample func(*cpu.Device, backend.Resample)
	pool     func(*cpu.Device, backend.MaxPoolBackward)
	adamW    func(*cpu.Device, backend.AdamW)
	choose   func(*cpu.Device, backend.Choose)
}

func (m mutant) MatMul(a backend.MatMul)                   { m.matMul(m.Device, a) }
func (m mutant) Attention(a backend.Attention)             { m.attend(m.Device, a) }
func (m mutant) Copy(a backend.Copy)                       { m.copies(m.Device, a) }
func (m mutant) Zip(a backend.Zip)                         { m.zip(m.Device, a) }
func (m mutant) Map(a backend.Map)                         { m.mapped(m.Device, a) }
func (m mutant) LayerNorm(a backend.LayerNorm)             { m.norm(m.Device, a) }
func (m mutant) RoPE(a backend.RoPE)                       { m.rope(m.Device, a) }
func (m mutant) Dropout(a backend.Dropout)                 { m.dropout(m.Device, a) }
func (m mutant) Sum(a backend.Sum)                         { m.sum(m.Device, a) }
func (m mutant) Resample(a backend.Resample)               { m.resample(m.Device, a) }
func (m mutant) MaxPoolBackward(a backend.MaxPoolBackward) { m.pool(m.Device, a) }
func (m mutant) AdamW(a backend.AdamW)                     { m.adamW(m.Device, a) }
func (m mutant) Choose(a backend.Choose)                   { m.choose(m.Device, a) }

// mutants returns the mistakes by kernel and description.
func mutants(d *cpu.Device) map[[2]string]mutant {
	return map[[2]string]mutant{
		{"MatMul", "overwrites instead of adding"}: {matMul: func(d *cpu.Device, a backend.MatMul) { a.Accumulate = false; d.MatMul(a) }},
		{"MatMul", "forgets the last row"}: {matMul: func(d *cpu.Device, a backend.MatMul) {
			if !a.TransA {
				a.M = max(1, a.M-1)
			}
			d.MatMul(a)
		}},
		{"MatMul", "rotates every token"}:            {matMul: func(d *cpu.Device, a backend.MatMul) { a.Turn.Rotated = a.Turn.N; d.MatMul(a) }},
		{"MatMul", "ignores the stride of the bias"}: {matMul: func(d *cpu.Device, a backend.MatMul) { a.StrideBias = 0; d.MatMul(a) }},
		{"MatMul", "ignores the stride of B"}:        {matMul: func(d *cpu.Device, a backend.MatMul) { a.StrideB = 0; d.MatMul(a) }},
		{"MatMul", "activates after the residual"}: {matMul: func(d *cpu.Device, a backend.MatMul) {
			act := a.Act
			if a.Residual == nil || a.Batch > 1 {
				d.MatMul(a)
				return
			}
			a.Act = backend.Identity
			d.MatMul(a)
			if act == backend.ReLU {
				d.Map(backend.Map{Op: backend.MapReLU, X: a.C, Y: a.C, N: a.M * a.N})
			}
		}},
		{"Attention", "forgets the last key"}: {attend: func(d *cpu.Device, a backend.Attention) { a.Nk = max(1, a.Nk-1); d.Attention(a) }},
		{"Attention", "leaves LSE unwritten"}: {attend: func(d *cpu.Device, a backend.Attention) { a.LSE = nil; d.Attention(a) }},
		{"Copy", "writes one word too many"}: {copies: func(d *cpu.Device, a backend.Copy) {
			d.Copy(a)
			d.Fill(backend.Fill{X: a.Y, Off: a.Y.Len() - 3, N: 1, Value: 1})
		}},
		{"Zip", "ignores an offset"}:                 {zip: func(d *cpu.Device, a backend.Zip) { a.XOff = 0; d.Zip(a) }},
		{"Zip", "ignores Q"}:                         {zip: func(d *cpu.Device, a backend.Zip) { a.Q = 1; d.Zip(a) }},
		{"Zip", "changes its input"}:                 {zip: func(d *cpu.Device, a backend.Zip) { d.Zip(a); d.Fill(backend.Fill{X: a.Y, N: 1, Value: 9}) }},
		{"Map", "has the tanh GELU"}:                 {mapped: tanhGELU},
		{"LayerNorm", "forgets the last row"}:        {norm: func(d *cpu.Device, a backend.LayerNorm) { a.Rows = max(1, a.Rows-1); d.LayerNorm(a) }},
		{"LayerNorm", "forgets the activation"}:      {norm: func(d *cpu.Device, a backend.LayerNorm) { a.Act = backend.Identity; d.LayerNorm(a) }},
		{"LayerNorm", "ignores Eps"}:                 {norm: func(d *cpu.Device, a backend.LayerNorm) { a.Eps = 0; d.LayerNorm(a) }},
		{"RoPE", "rotates in one direction only"}:    {rope: func(d *cpu.Device, a backend.RoPE) { a.Inverse = false; d.RoPE(a) }},
		{"RoPE", "rotates every token"}:              {rope: func(d *cpu.Device, a backend.RoPE) { a.Rotated = a.N; d.RoPE(a) }},
		{"Choose", "opens all items"}:                {choose: func(d *cpu.Device, a backend.Choose) { a.Gate = nil; d.Choose(a) }},
		{"Choose", "always takes the first"}:         {choose: func(d *cpu.Device, a backend.Choose) { a.K = 1; a.Rank = nil; d.Choose(a) }},
		{"Choose", "ignores Add"}:                    {choose: func(d *cpu.Device, a backend.Choose) { a.Add = false; d.Choose(a) }},
		{"Dropout", "draws other numbers"}:           {dropout: func(d *cpu.Device, a backend.Dropout) { a.Seed++; d.Dropout(a) }},
		{"Dropout", "ignores the group"}:             {dropout: func(d *cpu.Device, a backend.Dropout) { a.Group = 1; d.Dropout(a) }},
		{"Sum", "ignores P"}:                         {sum: func(d *cpu.Device, a backend.Sum) { a.P = 1; d.Sum(a) }},
		{"Resample", "overwrites instead of adding"}: {resample: func(d *cpu.Device, a backend.Resample) { a.Accumulate = false; d.Resample(a) }},
		{"MaxPoolBackward", "takes the smallest"}: {pool: func(d *cpu.Device, a backend.MaxPoolBackward) {
			x := d.Alloc(a.X.Len())
			defer d.Free(x)
			d.Map(backend.Map{Op: backend.MapAffine, X: a.X, Y: x, N: x.Len(), P: -1})
			a.X = x
			d.MaxPoolBackward(a)
		}},
		{"AdamW", "does not decay"}: {adamW: func(d *cpu.Device, a backend.AdamW) { a.WeightDecay = 0; d.AdamW(a) }},
	}
}

// tanhGELU is the usual approximation of GELU, off by up to 5e-4.
func tanhGELU(d *cpu.Device, a backend.Map) {
	if a.Op != backend.MapGELU || a.Accumulate {
		d.Map(a)
		return
	}
	x := make([]float32, a.N)
	_ = d.Read(a.X, 0, x) // never fails on the CPU
	for i, v := range x {
		u := float64(v)
		x[i] = float32(0.5 * u * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(u+0.044715*u*u*u))))
	}
	d.Write(a.Y, 0, x)
}

// verdict records failures instead of failing.
type verdict struct {
	testing.TB
	failed bool
}

func (v *verdict) Error(...any)          { v.failed = true }
func (v *verdict) Errorf(string, ...any) { v.failed = true }

// TestSuiteFindsMutants checks that the suite notices the mistake of every mutant.
func TestSuiteFindsMutants(t *testing.T) {
	d := cpu.New(0)
	for mistake, m := range mutants(d) {
		m.Device = d
		s := suite{dev: m, ref: cpu.NewPlain()}
		found := false
		for _, k := range kernelList() {
			if k.name != mistake[0] {
				continue
			}
			for _, c := range k.cases(&s) {
				v := &verdict{TB: t}
				c.run(s.newTrial(v))
				found = found || v.failed
			}
		}
		require.True(t, found, "the suite must notice that %s %s", mistake[0], mistake[1])
	}
}

// TestSuiteIsComplete checks that the suite covers every method of backend.Kernels.
func TestSuiteIsComplete(t *testing.T) {
	kernels := reflect.TypeFor[backend.Kernels]()
	var want, got []string
	for i := range kernels.NumMethod() {
		want = append(want, kernels.Method(i).Name)
	}
	for _, k := range kernelList() {
		got = append(got, k.name)
	}
	require.ElementsMatch(t, want, got)
}
