package main

import "github.com/seed-6f79f512/slmsam/volume"

func checkReport(dir string, force bool) error { return nil }

func writeReport(dir string, j *job, labels *volume.Labels, s summary, force bool) error { return nil }
