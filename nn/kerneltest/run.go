package kerneltest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Options chooses what Run adds to the small shapes.
type Options struct {
	// Large adds sizes that occur in the models. The reference takes seconds for them.
	Large bool
	// BindingWords, unless 0, adds operands with more words than this. A device that splits work if a buffer does not fit a binding
	// has its limit lowered to this for the test.
	BindingWords int
	// Except names kernels to leave out, each with the reason, for instance the test that runs it instead. All others are tested,
	// so that a new kernel cannot be forgotten.
	Except map[string]string
	// BF16 says that dev rounds the operands of products to bfloat16, RefBF16 that ref does so too: then the rounded operands are
	// the same, and only what a kernel rounds in between may differ.
	BF16, RefBF16 bool
	// Only, unless empty, names the only kernels to test.
	Only []string
}

// Run compares every kernel of dev with that of ref, with a subtest for each kernel and case: "MatMul/5x7x3 transA".
func Run(t *testing.T, dev, ref backend.Device, opts Options) {
	t.Helper()
	run(t, suite{dev: dev, ref: ref, opts: opts})
}

// Call makes the same calls on dev alone and ignores the results, for devices that do not compute.
func Call(t *testing.T, dev backend.Device, opts Options) {
	t.Helper()
	run(t, suite{dev: dev, opts: opts})
}

func run(t *testing.T, s suite) {
	t.Helper()
	opts := s.opts
	if err := opts.check(); err != nil {
		t.Fatal(err)
	}
	for _, k := range kernelList() {
		if opts.leavesOut(k.name) {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			for _, c := range k.cases(&s) {
				t.Run(c.name, func(t *testing.T) { c.run(s.newTrial(t)) })
			}
		})
	}
}

// check refuses unknown kernels, and exceptions without a reason.
func (o Options) check() error {
	known := func(name string) bool {
		return slices.ContainsFunc(kernelList(), func(k kernel) bool { return k.name == name })
	}
	for _, name := range o.Only {
		if !known(name) {
			return fmt.Errorf("kerneltest.Run: Only names %q, which is not a kernel", name)
		}
	}
	for name, reason := range o.Except {
		if !known(name) {
			return fmt.Errorf("kerneltest.Run: Except names %q, which is not a kernel", name)
		}
		if reason == "" {
			return fmt.Errorf("kerneltest.Run: Except names %s without a reason", name)
		}
	}
	return nil
}

func (o Options) leavesOut(name string) bool {
	_, excepted := o.Except[name]
	return excepted || len(o.Only) > 0 && !slices.Contains(o.Only, name)
}

// kernel is a kernel of backend.Kernels and its test cases.
type kernel struct {
	name  string
	cases func(*suite) []kernelCase
}

// kernelList is everything in backend.Kernels.
func kernelList() []kernel {
	return []kernel{
		{"MatMul", matmulCases},
		{"Attention", attentionCases},
		{"AttentionBackward", attentionBackwardCases},
		{"Im2Col", im2colCases},
		{"Col2Im", col2imCases},
		{"DepthwiseConv", depthwiseCases},
		{"DepthwiseConvBackward", depthwiseBackwardCases},
		{"MaxPool", maxPoolCases},
		{"MaxPoolBackward", maxPoolBackwardCases},
		{"Resample", resampleCases},
		{"LayerNorm", layerNormCases},
		{"LayerNormBackward", layerNormBackwardCases},
		{"RoPE", ropeCases},
		{"Map", mapCases},
		{"MapBackward", mapBackwardCases},
		{"Zip", zipCases},
		{"Copy", copyCases},
		{"Join", joinCases},
		{"Windows", windowsCases},
		{"Choose", chooseCases},
		{"ChooseBackward", chooseBackwardCases},
		{"Fill", fillCases},
		{"Sum", sumCases},
		{"Dot", dotCases},
		{"Dropout", dropoutCases},
		{"MaskLoss", maskLossCases},
		{"MaskLossBackward", maskLossBackwardCases},
		{"AdamW", adamWCases},
	}
}

type suite struct {
	dev  backend.Device
	ref  backend.Device // nil: nothing is compared
	opts Options
}

// kernelCase is one call of one kernel. run declares its operands on the trial and calls compare.
type kernelCase struct {
	name string
	run  func(*trial)
}

// newTrial seeds the random operands with the test's name, so that a case has the same operands whatever else runs.
func (s *suite) newTrial(t testing.TB) *trial {
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return &trial{TB: t, suite: s, rng: rand.New(rand.NewPCG(h.Sum64(), 1))}
}
