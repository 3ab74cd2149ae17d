package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Dataset is the set of reviewed volumes in the layout that nnU-Net trains on: imagesTr, labelsTr and dataset.json, with all
// volumes as .nii.gz. Objects with the same name have the same label in all volumes, from 1 without gaps, regardless of
// their labels in the project.
type Dataset struct {
	Name string // of the folder that holds the files

	project *Project
	cases   []trainingCase
	labels  map[string]int // by name; "background" is 0
}

// trainingCase is a reviewed volume.
type trainingCase struct {
	volume folder.Volume
	names  map[int32]string // of its labels
	label  string           // path of the label map
}

// Dataset collects the reviewed volumes. It returns an InputError if there are none.
func (p *Project) Dataset() (*Dataset, error) {
	list, err := p.folder.Volumes()
	if err != nil {
		return nil, err
	}
	set := &Dataset{Name: "Dataset001_reviewed", project: p, labels: map[string]int{"background": 0}}
	for _, v := range list {
		file, err := p.folder.Label(v.ID, folder.Final)
		if errors.Is(err, folder.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		path := p.folder.LabelPath(file)
		names, err := p.namesOf(v, path)
		if err != nil {
			return nil, err
		}
		set.cases = append(set.cases, trainingCase{v, names, path})
		for _, label := range slices.Sorted(maps.Keys(names)) {
			if _, known := set.labels[names[label]]; !known {
				set.labels[names[label]] = len(set.labels)
			}
		}
	}
	if len(set.cases) == 0 {
		return nil, annotate.Inputf("no volume has been reviewed yet: a training set consists of reviewed volumes")
	}
	return set, nil
}

// namesOf returns the names of the labels in a reviewed volume's label map: those in its document or, for labels that the
// document lacks, those in the file.
func (p *Project) namesOf(v folder.Volume, path string) (map[int32]string, error) {
	l, err := folder.ReadLabelMap(path, p.limits.Voxels)
	if err != nil {
		return nil, err
	}
	d, err := p.Document(v.ID)
	if err != nil {
		return nil, err
	}
	s, err := decode(d.grid, d.Snapshot().Set)
	if err != nil {
		return nil, err
	}
	names := map[int32]string{}
	for label := range l.Counts() {
		if label == 0 {
			continue
		}
		names[label] = l.Name(label)
		if o, ok := s.objects[int(label)]; ok {
			names[label] = o.Name
		}
	}
	return names, nil
}

// Write writes all files. create returns a writer for the file with the given name.
func (s *Dataset) Write(create func(name string) (io.Writer, error)) error {
	put := func(name string, write func(w io.Writer) error) error {
		w, err := create(s.Name + "/" + name)
		if err != nil {
			return fmt.Errorf("write the training set: %w", err)
		}
		return write(w)
	}
	for _, c := range s.cases {
		name := c.volume.ID + ".nii.gz"
		if err := put("imagesTr/"+c.volume.ID+"_0000.nii.gz", func(w io.Writer) error { return s.image(w, c) }); err != nil {
			return err
		}
		if err := put("labelsTr/"+name, func(w io.Writer) error { return s.labelMap(w, c) }); err != nil {
			return err
		}
	}
	about, err := json.MarshalIndent(map[string]any{"channel_names": map[string]string{"0": s.channel()}, "labels": s.labels,
		"numTraining": len(s.cases), "file_ending": ".nii.gz"}, "", "  ")
	if err != nil {
		return err
	}
	return put("dataset.json", func(w io.Writer) error {
		_, err := w.Write(append(about, '\n'))
		return err
	})
}

// channel returns the channel name, by which nnU-Net chooses the normalization.
func (s *Dataset) channel() string {
	v, err := s.project.folder.Read(s.cases[0].volume)
	if err == nil && v.LooksLikeCT() {
		return "CT"
	}
	return "image"
}

func (s *Dataset) image(w io.Writer, c trainingCase) error {
	v, err := s.project.folder.Read(c.volume)
	if err != nil {
		return err
	}
	return s.project.copyOf(w, func(path string) error { return volume.WriteVolume(path, v, volume.WriteOptions{}) })
}

func (s *Dataset) labelMap(w io.Writer, c trainingCase) error {
	l, err := folder.ReadLabelMap(c.label, s.project.limits.Voxels)
	if err != nil {
		return err
	}
	for i, label := range l.Data {
		l.Data[i] = int32(s.labels[c.names[label]]) // the background has no name, so it stays 0
	}
	l.Legend = nil
	return s.project.copyOf(w, func(path string) error { return volume.WriteLabelMap(path, l, volume.WriteOptions{}) })
}

// copyOf writes a temporary NIfTI file and copies it to w.
func (p *Project) copyOf(w io.Writer, write func(path string) error) error {
	path, remove, err := p.temporary("copy.nii.gz", write)
	if err != nil {
		return err
	}
	defer remove()
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("write the training set: %w", err)
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}
