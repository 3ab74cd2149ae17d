package memattn_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// A bank remembers slices. The long policy selects the outlined slice and the last six, the short policy
// only the last one.
func ExampleBank() {
	g := nn.NewGraph(cpu.New(1))
	bank := memattn.NewBank()
	for slice := 10; slice < 20; slice++ {
		bank.Put(memattn.Entry{Slice: slice, Prompted: slice == 10, Memory: g.Zeros(1, 16, 8), Pointer: g.Zeros(1, 32)})
	}
	view := memattn.View{Slice: 20, Slices: 40}
	for _, m := range bank.SelectLong(view, 7).Memories {
		fmt.Print(m.Slice, " ")
	}
	fmt.Println("in long memory")
	for _, m := range bank.SelectShort(view, 1).Memories {
		fmt.Print(m.Slice, " ")
	}
	fmt.Println("in short memory")
	// Output:
	// 10 14 15 16 17 18 19 in long memory
	// 19 in short memory
}
