// Command slmsam carries an annotated slice through a CT or MR volume; see slmsam --help.
//
// Each subcommand is one file with a function that makes it; root.go lists them. What the subcommands
// share: console.go (messages, progress, JSON), device.go (GPU or CPU), openmodel.go (finding a
// checkpoint). The work itself is in the packages of the module.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
