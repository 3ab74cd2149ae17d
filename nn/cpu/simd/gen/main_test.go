package main

import (
	"bytes"
	"os"
	"testing"
)

// TestCommittedFilesAreCurrent checks that the committed files are what the generator writes.
func TestCommittedFilesAreCurrent(t *testing.T) {
	files, err := allFiles()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: run go generate", name)
		}
	}
}
