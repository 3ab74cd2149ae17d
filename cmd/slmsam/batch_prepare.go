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

// prepared is a case whose inputs have been read. It can be computed, keeps its existing result, or has failed.
type prepared struct {
	batch.Case
	job      *job
	kept     string             // why the existing result is kept; "" if there is none or it is recomputed
	existing *slmsam.Provenance // record of the result that is kept
	seconds  float64            // spent on reading
	err      error
}

// prepare reads a case and decides whether an existing result is kept.
func (b *batchRun) prepare(c batch.Case) (p *prepared) {
	p = &prepared{Case: c}
	started := time.Now()
	defer func() { p.seconds = time.Since(started).Seconds() }()
	defer recovered(&p.err)
	p.err = b.read(p)
	return p
}

// read does the work of prepare.
func (b *batchRun) read(p *prepared) error {
	f := b.flags.propagateFlagsOf(p.Case)
	_, err := os.Lstat(p.Output)
	exists := err == nil
	if exists && b.flags.skip {
		f.force = true // compare decides whether the result is replaced
	} else if exists && !f.force {
		return fmt.Errorf("%s exists: pass --skip-existing to keep results that are up to date, or --force to replace them", p.Output)
	}
	c := b.caseConsole(p.Case)
	if p.job, err = f.prepare(c, p.Image); err != nil {
		return err
	}
	if err := p.job.chooseWindow(b.model, c); err != nil {
		return err
	}
	if exists && b.flags.skip {
		return b.compare(p)
	}
	return nil
}

// compare decides whether an existing result is kept: if it is up to date, or was corrected by hand.
func (b *batchRun) compare(p *prepared) error {
	data, err := os.ReadFile(provenancePath(p.Output))
	if errors.Is(err, fs.ErrNotExist) && !b.flags.propagate.force {
		return fmt.Errorf("%s exists and was not written by slmsam: move it away, or pass --force to replace it", p.Output)
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
	case intact, b.flags.propagate.force, b.before[p.Name].State == batch.Writing: // out of date, or to be replaced in any case, or the work of an interrupted batch
		return nil
	default:
		p.kept = "was corrected by hand and is kept"
	}
	p.existing, p.job = &existing, nil
	return nil
}

// caseConsole returns the console for the details of a case. It shows warnings only, with the name of the case.
func (b *batchRun) caseConsole(c batch.Case) *console {
	quiet := *b.console
	quiet.log = slog.New(&lineHandler{shared: b.console.lines.shared, level: slog.LevelWarn}).With("case", c.Name)
	return &quiet
}
