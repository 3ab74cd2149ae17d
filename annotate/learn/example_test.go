package learn_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// Served stands between a project and its model, so that a Learner can exchange the model while the server runs.
func ExampleServed() {
	model, err := slmsam.Open(cpu.New(1), "nano")
	if err != nil {
		log.Fatal(err)
	}
	served := learn.NewServed(model)
	fmt.Println("the model's intensity window:", served.WindowRule() == model.WindowRule())
	// Output: the model's intensity window: true
}
