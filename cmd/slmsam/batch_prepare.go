package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/batch"
	"github.com/seed-6f79f512/slmsam/volume"
)

// prepared is a case that is read and can be computed, or that needs no computing.
type prepared struct {
	batch.Case
	job      *job
	kept     string             // why the existing result is kept; empty: it is not
	existing *slmsam.Provenance // of the result that is kept
	seconds  float64            // spent on reading
	err      error
}

// prepare reads a case and compares it with an existing result.
func (b *batchRun) prepare(c batch.Case) (p *prepared) {
	p = &prepared{Case: c}
	started := time.Now()
	defer func() { p.seconds = time.Since(started).Seconds() }()
	defer recovered(&p.err)
	p.err = b.read(p)
	return p
}

// read is prepare, where it can fail.
func (b *batchRun) read(p *prepared) error {
	f := b.flags.of(p.Case)
	_, err := os.Lstat(p.Output)
	there := err == nil
	if there && b.flags.skip {
		f.force = true // the existing result decides
	} else if there && !f.force {
		return fmt.Errorf("%s exists: pass --skip-existing to keep results that are up to date, or --force to replace them", p.Output)
	}
	c := b.quiet(p.Case)
	if p.job, err = f.prepare(c, p.Image); err != nil {
		return err
	}
	if err := p.job.see(b.model, c); err != nil {
		return err
	}
	if there && b.flags.skip {
		return b.compare(p)
	}
	return nil
}

// compare decides whether an existing result is kept.
func (b *batchRun) compare(p *prepared) error {
	data, err := os.ReadFile(provenancePath(p.Output))
	if errors.Is(err, fs.ErrNotExist) && !b.flags.each.force {
		return fmt.Errorf("%s exists, and was not written by slmsam: move it away, or pass --force to replace it", p.Output)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	existing, err := slmsam.ParseProvenance(data)
	if err != nil {
		return fmt.Errorf("%s: %w; delete it together with the result", provenancePath(p.Output), err)
	}
	labels, err := volume.ReadLabelMap(p.Output)
	if err != nil {
		return fmt.Errorf("the existing result cannot be read: %w; delete it to have it recomputed", err)
	}
	switch intact := existing.Describes(labels); {
	case intact && existing.Request == b.model.Identity(p.job.request):
		p.kept = "is up to date"
	case intact, b.flags.each.force, b.before[p.Name].State == batch.Writing: // outdated, or not to be kept, or half replaced
		return nil
	default:
		p.kept = "was corrected by hand and is kept"
	}
	p.existing, p.job = &existing, nil
	return nil
}

// quiet is the console for the details of a case: it passes on warnings only, with the case's name.
func (b *batchRun) quiet(c batch.Case) *console {
	quiet := *b.console
	quiet.log = slog.New(&lineHandler{shared: b.console.lines.shared, level: slog.LevelWarn}).With("case", c.Name)
	return &quiet
}
