// Package slmsam carries a mask outlined on one slice of a CT or MR volume through the whole volume.
package slmsam
