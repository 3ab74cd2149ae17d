package project

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/report"
)

// Formats lists the file extensions of label maps that can be downloaded. ".dcm", a DICOM segmentation, comes last, and is only
// for volumes that are DICOM series.
var Formats = []string{".nii.gz", ".seg.nrrd", ".nrrd", ".mha", ".dcm"}

// Labels writes a document's label map, on the volume's grid, to a temporary file, which remove deletes.
func (p *Project) Labels(d *Document, format string) (path string, remove func(), err error) {
	if !slices.Contains(Formats, format) {
		return "", nil, annotate.Inputf("%.20q is not a label map format: want one of %v", format, Formats)
	}
	s, err := decode(d.grid, d.Snapshot().Set)
	if err != nil {
		return "", nil, err
	}
	l, err := p.labelMap(d, s)
	if err != nil {
		return "", nil, err
	}
	if err := volume.CheckFormat("labels"+format, l.Geom); err != nil {
		return "", nil, annotate.Inputf("%v", errors.Unwrap(err))
	}
	return p.writeLabels(l, format)
}

// writeLabels writes a label map to a temporary file, which remove deletes.
func (p *Project) writeLabels(l *volume.LabelMap, format string) (path string, remove func(), err error) {
	return p.temporary("labels"+format, func(path string) error {
		return volume.WriteLabelMap(path, l, volume.WriteOptions{})
	})
}

// temporary makes a temporary folder, in which write writes a file with the given name. remove deletes it.
func (p *Project) temporary(name string, write func(path string) error) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp(p.images.dir, "out-")
	if err != nil {
		return "", nil, fmt.Errorf("make a temporary file: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // images.close removes what is left
	path = filepath.Join(dir, name)
	if err := write(path); err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}

// labelMap puts the slices of a document's state together, on its volume's grid.
func (p *Project) labelMap(d *Document, s *state) (*volume.LabelMap, error) {
	image, release, err := p.Image(d)
	if err != nil {
		return nil, err
	}
	defer release()
	return s.labelMap(image.Volume.Geom)
}

// Review marks a volume as reviewed, or not. The label map of a reviewed volume is saved in labelsTr, where nnU-Net and slmsam
// train look for it, and the volume is listed in reviewed.csv. If it is no longer reviewed, the label map goes to the trash.
func (p *Project) Review(d *Document, by Author, done bool) (int, error) {
	v, err := p.folder.Find(d.ID)
	if err != nil {
		return 0, err
	}
	if !done {
		revision, err := d.review(by, false, nil)
		if err != nil {
			return 0, err
		}
		old, err := p.folder.Label(d.ID, folder.Final)
		if errors.Is(err, folder.ErrUnknown) {
			return revision, nil
		}
		if err == nil {
			err = p.folder.RemoveLabel(old)
		}
		_, listed := p.folder.ListReviewed()
		return revision, errors.Join(err, listed)
	}
	for {
		revision, err := p.saveReviewed(d, v, by)
		if !errors.Is(err, errSuperseded) {
			return revision, err
		}
	}
}

// saveReviewed saves a document's label map and marks the document as reviewed. It returns errSuperseded if the document has
// changed in between, so that the saved label map is out of date.
func (p *Project) saveReviewed(d *Document, v folder.Volume, by Author) (int, error) {
	s, err := decode(d.grid, d.Snapshot().Set)
	if err != nil {
		return 0, err
	}
	l, err := p.labelMap(d, s)
	if err != nil {
		return 0, err
	}
	path, remove, err := p.writeLabels(l, ".nii.gz")
	if err != nil {
		return 0, err
	}
	defer remove()
	if err := p.folder.SaveLabel(v, folder.Final, ".nii.gz", path); err != nil {
		return 0, err
	}
	if _, err := p.folder.ListReviewed(); err != nil {
		return 0, err
	}
	return d.review(by, true, s)
}

// adopt starts a new document from a label map that another program has left for its volume, if there is one.
func (p *Project) adopt(d *Document, v folder.Volume) error {
	if d.revision > 0 {
		return nil
	}
	file, err := p.folder.Label(v.ID, folder.Final)
	if errors.Is(err, folder.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	path := p.folder.LabelPath(file)
	l, err := folder.ReadLabelMap(path, p.limits.Voxels)
	if err != nil {
		return err
	}
	if l.Dim != d.grid.dim {
		p.log.Warn("a label map in labelsTr is ignored: its size differs from its volume's")
		return nil
	}
	set, err := d.grid.valuesOf(l)
	if err != nil {
		p.log.Warn("a label map in labelsTr is ignored", "reason", err)
		return nil
	}
	_, err = d.edit(0, "labelsTr", "the existing label map", func(*state) (Values, error) { return set, nil })
	return err
}

// valuesOf returns the values of a reviewed document with a label map.
func (g grid) valuesOf(l *volume.LabelMap) (Values, error) {
	set := Values{metaKey: meta(Meta{Reviewed: true})}
	labels := l.Labels()
	for _, label := range labels {
		if label < 0 || label > maxLabel {
			return nil, annotate.Inputf("label %d: labels go up to %d here", label, maxLabel)
		}
	}
	for label, found := range l.SlicesByLabel(g.axis) {
		for _, slice := range found {
			set[markKey(int(label), slice)] = markValue(Mark{State: Tracked, Accepted: true})
		}
	}
	for slice := range g.slices() {
		set[planeKey(slice)] = planeValue(narrow(l, g.axis, slice))
	}
	for i, label := range labels {
		c := report.Color(i)
		if own := l.Legend[label].Color; own.A > 0 {
			c = own
		}
		set[objectKey(int(label))] = jsonOf(Object{Name: l.Name(label), Color: colorText(c)})
	}
	return set, nil
}

// Report writes a montage of a document's slices, doubtful ones first, as PNG.
func (p *Project) Report(d *Document, w io.Writer) error {
	image, release, err := p.Image(d)
	if err != nil {
		return err
	}
	defer release()
	s, err := decode(d.grid, d.Snapshot().Set)
	if err != nil {
		return err
	}
	labels, err := s.labelMap(image.Volume.Geom)
	if err != nil {
		return err
	}
	study := report.Study{Title: d.ID, Image: image.Volume, Labels: labels, Axis: d.grid.axis}
	for _, label := range s.labels() {
		study.Objects = append(study.Objects, s.reportObject(label, labels))
	}
	if !slices.ContainsFunc(study.Objects, func(o report.Object) bool { return len(o.Slices) > 0 }) {
		return annotate.Inputf("there is nothing to report on yet: outline an object first")
	}
	return report.Montage(w, study)
}

// reportObject returns an object for the report.
func (s *state) reportObject(label int, labels *volume.LabelMap) report.Object {
	out := report.Object{Label: label}
	for slice := range s.grid.slices() {
		m, known := s.marks[label][slice]
		if !known {
			continue
		}
		at := report.Slice{Index: slice, Outlined: m.State == Outlined, Score: math.NaN()}
		for _, l := range labels.Slice(s.grid.axis, slice) {
			if int(l) == label {
				at.Area++
			}
		}
		if m.Score != nil {
			at.Score = *m.Score
		}
		for _, doubt := range m.Doubts {
			if !m.Accepted {
				at.Doubts = append(at.Doubts, doubt.Reason)
				at.Severity = max(at.Severity, doubt.Weight)
			}
		}
		out.Slices = append(out.Slices, at)
	}
	return out
}
