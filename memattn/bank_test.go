package memattn_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// bankOf returns a bank of slices. Negative numbers mark prompted ones.
func bankOf(g *nn.Graph, slices ...int) *memattn.Bank {
	b := memattn.NewBank()
	for _, s := range slices {
		e := memattn.Entry{Slice: max(s, -s), Prompted: s < 0, Memory: g.Full(1, 1, 4, 8), Pointer: g.Full(1, 1, 16)}
		b.Put(e)
	}
	return b
}

// roles returns the slice and the place of each selected entry.
func roles(s []memattn.Selected) (out [][2]int) {
	for _, x := range s {
		out = append(out, [2]int{x.Slice, x.At})
	}
	return out
}

// TestLongBank checks which memories and pointers the long policy selects, in which order and place.
func TestLongBank(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	b := bankOf(g, 3, 4, -5, 6, 7, 8, 9, 10, 11, 12, -20)
	s := b.SelectLong(memattn.View{Slice: 13, Slices: 40}, 7)
	require.Equal(t, [][2]int{{5, 6}, {20, 6}, {7, 5}, {8, 4}, {9, 3}, {10, 2}, {11, 1}, {12, 0}}, roles(s.Memories),
		"prompted slices first, then the last six, oldest first; one at distance r has place r-1")
	require.Equal(t, [][2]int{{5, 8}, {12, 1}, {11, 2}, {10, 3}, {9, 4}, {8, 5}, {7, 6}, {6, 7}, {4, 9}, {3, 10}}, roles(s.Pointers),
		"pointers of prompted slices that were passed, then of tracked ones, nearest first")
	ahead := b.SelectLong(memattn.View{Slice: 13, Slices: 40, Train: true}, 7)
	require.Contains(t, roles(ahead.Pointers), [2]int{20, -7}, "in training, prompted slices ahead count, too")
}

// TestLongBankInReverse checks the same for tracking in descending order.
func TestLongBankInReverse(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	b := bankOf(g, -5, 6, 7)
	s := b.SelectLong(memattn.View{Slice: 4, Reverse: true, Slices: 40}, 7)
	require.Equal(t, [][2]int{{5, 6}, {7, 2}, {6, 1}}, roles(s.Memories), "slices on the far side of the prompt are selected")
	require.Equal(t, [][2]int{{5, 1}, {6, 2}, {7, 3}}, roles(s.Pointers))
}

// TestShortBank checks that the short policy selects the most recent slices, and treats prompted ones like the
// others.
func TestShortBank(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	b := bankOf(g, -5, 6, 7)
	one := b.SelectShort(memattn.View{Slice: 8, Slices: 40}, 1)
	require.Equal(t, [][2]int{{7, 0}}, roles(one.Memories))
	require.Equal(t, [][2]int{{7, 1}}, roles(one.Pointers))
	many := b.SelectShort(memattn.View{Slice: 8, Slices: 40}, 7)
	require.Equal(t, [][2]int{{5, 2}, {6, 1}, {7, 0}}, roles(many.Memories), "prompted slices have no place of their own")
	require.Equal(t, [][2]int{{7, 1}, {6, 2}, {5, 3}}, roles(many.Pointers))
}

// TestPointerSpanFollowsTheVolume checks that pointers reach no further than the volume's length, or 16 slices.
func TestPointerSpanFollowsTheVolume(t *testing.T) {
	require.Equal(t, 5, memattn.View{Slices: 5}.PointerSpan())
	require.Equal(t, 16, memattn.View{Slices: 500}.PointerSpan())
	g := nn.NewGraph(cpu.NewPlain())
	b := bankOf(g, 1, 2, 3)
	s := b.SelectLong(memattn.View{Slice: 4, Slices: 3}, 7)
	require.Equal(t, [][2]int{{3, 1}, {2, 2}}, roles(s.Pointers), "not beyond the span")
}

// TestForgetReleases checks that forgotten slices are released, that prompted ones stay, and that Clear releases
// everything.
func TestForgetReleases(t *testing.T) {
	dev := cpu.NewPlain()
	g := nn.NewGraph(dev)
	b := bankOf(g, 1, 2, -3)
	g.Free()
	held := dev.Memory().Live
	require.Positive(t, held)
	b.Forget(func(s int) bool { return s == 2 })
	require.Nil(t, b.Get(1))
	require.NotNil(t, b.Get(2))
	require.NotNil(t, b.Get(3), "prompted slices stay")
	b.Put(memattn.Entry{Slice: 2, Pointer: g.Full(0, 1, 16)})
	g.Free()
	b.Clear()
	require.Zero(t, dev.Memory().Live)
}
