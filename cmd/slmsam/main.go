// Command slmsam propagates an annotated slice through a CT or MR volume; see slmsam --help.
//
// Each subcommand has a file with the function that creates it, and larger ones have more files with its name as prefix.
// root.go lists them. They share console.go (messages, progress, JSON), device.go (GPU or CPU), openmodel.go (finding a
// checkpoint) and outputs.go (checks of output files). The work itself is done by the packages of the module.
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
