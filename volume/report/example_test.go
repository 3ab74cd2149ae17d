package report_test

import (
	"log"
	"os"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume/report"
)

func ExampleCohort() {
	page := report.Cohort{Title: "livers", Cases: []report.CohortCase{
		{Name: "scan_001", State: report.CaseDone, Output: "scan_001.nii.gz", Montage: "montages/scan_001.png", Slices: 40, Seconds: 12},
		{Name: "scan_002", State: report.CaseFailed, Error: "scan_002.nii.gz: the file ends too early"},
	}}
	var html strings.Builder
	if err := page.WriteHTML(&html); err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(html.String()) {
		if strings.Contains(line, "cases: ") && strings.HasPrefix(line, "<p>") {
			_, _ = os.Stdout.WriteString(line)
		}
	}
	// Output: <p>2 cases: 1 done, 1 failed, 0 not done yet.
}
