// Package golden gives tests the fixtures recorded from the official PyTorch implementation: where they
// are, the tensors in them, the devices to check, and comparison with stated tolerances. For tests that need
// no fixtures, it has a small model.
//
// The folder comes from SLMSAM_FIXTURES, else ../shared/fixtures beside the repository, else the small set
// in testdata/fixtures. Any folder in that layout works. Only tests import this package.
package golden
