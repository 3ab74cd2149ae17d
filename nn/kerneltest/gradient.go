package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Function is a kernel and its backward kernel, as a function of some inputs with one output of Out words.
type Function struct {
	Forward func(k backend.Kernels, x []backend.Buffer, y backend.Buffer)
	// Backward adds the gradients of sum_i dy[i]*y[i] to dx. y is what Forward returned.
	Backward func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer)
	Out      int
}

const (
	// gridStep is the spacing of the numbers at which Gradients differentiates, so that x plus or minus a step is exact in float32.
	gridStep = 1.0 / 1024
	// diffStep, h, balances the error of the formula, h^4*f'''''/30, against that of rounding the outputs, 2^-24/h.
	diffStep = 32 * gridStep
)

// differences is the tolerance for gradients from finite differences.
var differences = Tolerance{1e-4, 1e-4, "outputs are float32: rounded by 6e-8, divided by a step of 1/32; inputs of about 1"}

// Gradients checks every element of the gradient with the central difference of fourth order
//
//	dL/dx_i = (8*(L(x+h) - L(x-h)) - (L(x+2h) - L(x-2h))) / 12h,  L = sum_i w[i]*y[i] in float64, w random.
//
// The gradient buffers start with random numbers, to which Backward must add. inputs are rounded to multiples of 1/1024; if the
// function has a kink, they must be at least 1/16 away from it.
func Gradients(t *testing.T, dev backend.Device, inputs [][]float32, f Function) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 11))
	x, start, dx := make([]backend.Buffer, len(inputs)), make([][]float32, len(inputs)), make([]backend.Buffer, len(inputs))
	values := make([][]float32, len(inputs))
	for i, in := range inputs {
		values[i] = make([]float32, len(in))
		for j, v := range in {
			values[i][j] = float32(math.Round(float64(v)/gridStep) * gridStep)
		}
		x[i], start[i] = upload(dev, values[i]), normals(rng, len(in))
		dx[i] = upload(dev, start[i])
	}
	w, y := normals(rng, f.Out), dev.Alloc(f.Out)
	loss := func() float64 {
		f.Forward(dev, x, y)
		return inner(w, download(t, dev, y))
	}
	loss()
	f.Backward(dev, x, y, upload(dev, w), dx)
	for i, in := range values {
		want := make([]float32, len(in))
		for j, v := range in {
			at := func(steps float64) float64 {
				dev.Write(x[i], j, []float32{v + float32(steps*diffStep)})
				return loss()
			}
			slope := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * diffStep)
			dev.Write(x[i], j, []float32{v})
			want[j] = start[i][j] + float32(slope)
		}
		differences.Check(t, fmt.Sprintf("gradient of input %d", i), download(t, dev, dx[i]), want)
	}
}

// Linear is a linear kernel from In to Out words and its adjoint. Forward overwrites y; Adjoint adds to dx.
type Linear struct {
	In, Out int
	Forward func(k backend.Kernels, x, y backend.Buffer)
	Adjoint func(k backend.Kernels, dy, dx backend.Buffer)
}

// adjointTolerance limits the difference relative to the norms of the vectors: products of float32 numbers have a relative error of
// 6e-8 each.
const adjointTolerance = 3e-7

// Adjoint checks that <A x, y> = <x, A' y> for random x and y. It computes the scalar products in float64.
func Adjoint(t *testing.T, dev backend.Device, f Linear) {
	t.Helper()
	rng := rand.New(rand.NewPCG(13, 17))
	for range 3 {
		x, dy := normals(rng, f.In), normals(rng, f.Out)
		y, dx := dev.Alloc(f.Out), upload(dev, make([]float32, f.In))
		f.Forward(dev, upload(dev, x), y)
		f.Adjoint(dev, upload(dev, dy), dx)
		ax, ay := download(t, dev, y), download(t, dev, dx)
		left, right := inner(ax, dy), inner(x, ay)
		size := math.Sqrt(inner(ax, ax)*inner(dy, dy)) + math.Sqrt(inner(x, x)*inner(ay, ay))
		if !(math.Abs(left-right) <= adjointTolerance*size) {
			t.Errorf("adjoint: got <x,A'y> = %g, want <Ax,y> = %g within %g", right, left, adjointTolerance*size)
		}
	}
}

func upload(dev backend.Device, data []float32) backend.Buffer {
	b := dev.Alloc(len(data))
	dev.Write(b, 0, data)
	return b
}

func download(t *testing.T, dev backend.Device, b backend.Buffer) []float32 {
	t.Helper()
	data := make([]float32, b.Len())
	if err := dev.Read(b, 0, data); err != nil {
		t.Fatalf("%s: read: %v", dev.Name(), err)
	}
	return data
}

func normals(rng *rand.Rand, n int) []float32 {
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(rng.NormFloat64())
	}
	return data
}

func inner(x, y []float32) float64 {
	s := 0.0
	for i := range x {
		s += float64(x[i]) * float64(y[i])
	}
	return s
}
