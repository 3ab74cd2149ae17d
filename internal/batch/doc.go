// Package batch is the bookkeeping of slmsam batch: which cases a dataset has (cases.go, layout.go, table.go), which of
// them a part does (parts.go, share.go, sizes.go), and what became of each (journal.go, status.go).
//
// It computes nothing and knows no model: the command does the work and records it here. Several processes, also on
// several machines, may work on one output folder: each has a journal of its own, and files appear whole or not at all.
package batch
