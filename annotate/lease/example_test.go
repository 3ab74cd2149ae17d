package lease_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/lease"
)

// A server gives every client a lease on its session; when the lease ends, the session is freed.
func Example() {
	leases := lease.New(context.Background(), 1, time.Minute, 0, func(session string) { fmt.Println("freed", session) })
	held, err := leases.Claim("session A")
	fmt.Println(err)
	_, err = leases.Claim("session B")
	fmt.Println("a second one:", err != nil)
	known, _ := leases.With(context.Background(), held.Token, func(_ context.Context, session string) error {
		fmt.Println("a request to", session)
		return nil
	})
	fmt.Println(known, leases.Release(held.Token))
	// Output:
	// <nil>
	// a second one: true
	// a request to session A
	// freed session A
	// true true
}
