package eval

import (
	"bufio"
	_ "embed" // for the data file
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

//go:embed published/paper.tsv
var paperTSV string

// missingSource marks a published row whose value has not been read from the paper.
const missingSource = "missing"

// PublishedRow is one row of the paper's tables, or a number of its abstract.
type PublishedRow struct {
	Table    string `json:"table"`
	Protocol string `json:"protocol"`
	Dataset  string `json:"dataset"`
	Method   string `json:"method"` // or "A - B" for a difference
	DSC      Value  `json:"dsc"`
	ASSD     Value  `json:"assd"`
	Source   string `json:"source"`
}

// Missing reports that the paper has the row but its values are not in the data file.
func (p PublishedRow) Missing() bool { return p.Source == missingSource }

// Published returns the paper's numbers as far as they could be verified; published/paper.tsv says what is missing.
func Published() ([]PublishedRow, error) { return ReadPublished(strings.NewReader(paperTSV)) }

// ReadPublished reads a file in the format of published/paper.tsv: # comments, a header line, seven tab-separated columns.
// A row needs a value and a source, or the source "missing" and no value.
func ReadPublished(r io.Reader) ([]PublishedRow, error) {
	const header = "table\tprotocol\tdataset\tmethod\tdsc\tassd\tsource"
	var rows []PublishedRow
	seenHeader := false
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimRight(scanner.Text(), "\r")
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
		case !seenHeader:
			if line != header {
				return nil, fmt.Errorf("eval: published numbers, line %d: the header must be %q", n, header)
			}
			seenHeader = true
		default:
			row, err := parsePublished(strings.Split(line, "\t"))
			if err != nil {
				return nil, fmt.Errorf("eval: published numbers, line %d: %w", n, err)
			}
			rows = append(rows, row)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("eval: published numbers: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("eval: published numbers: no rows")
	}
	return rows, nil
}

func parsePublished(cells []string) (PublishedRow, error) {
	if len(cells) != 7 {
		return PublishedRow{}, fmt.Errorf("%d columns, want 7", len(cells))
	}
	p := PublishedRow{Table: cells[0], Protocol: cells[1], Dataset: cells[2], Method: cells[3], Source: cells[6]}
	for i, target := range []*Value{&p.DSC, &p.ASSD} {
		text := cells[4+i]
		if text == "" {
			*target = Value(math.NaN())
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !Value(v).Defined() {
			return PublishedRow{}, fmt.Errorf("%q is not a number", text)
		}
		*target = Value(v)
	}
	valued := p.DSC.Defined() || p.ASSD.Defined()
	switch {
	case p.Method == "" || p.Source == "":
		return PublishedRow{}, errors.New("method and source must be given")
	case valued == p.Missing():
		return PublishedRow{}, fmt.Errorf("method %s: give a value and its source, or neither and the source %q", p.Method, missingSource)
	}
	return p, nil
}

// WriteBeside writes, for a terminal or as Markdown, the published rows beside this result: the mean over all labels of
// the method of the same name (case and punctuation aside), or the paired difference of the same two methods. Data sets
// differ, so the columns are for orientation and no test of anything; the text says so.
func (r *Result) WriteBeside(w io.Writer, published []PublishedRow, markdown bool) error {
	g := grid{number: 4, header: []string{"where", "protocol", "data", "method", "paper DSC", "paper ASSD", "DSC here", "ASSD mm here"}}
	missing := 0
	for _, p := range published {
		if p.Missing() {
			missing++
		}
		dsc, assd := r.here(p.Method)
		g.rows = append(g.rows, []string{
			p.Table, p.Protocol, p.Dataset, p.Method, p.DSC.csv(), p.ASSD.csv(), intervalText(dsc, 4), intervalText(assd, 3),
		})
	}
	var b strings.Builder
	write := g.text
	if markdown {
		write = g.markdown
	}
	write(&b) // a strings.Builder never fails
	b.WriteString("\nThe paper's data are not yours: read the columns side by side, not as a ranking.\n")
	if missing > 0 {
		fmt.Fprintf(&b, "%d of %d published rows have no value because it could not be verified; see eval/published/paper.tsv.\n",
			missing, len(published))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// here finds this result's numbers for a published method or difference; undefined if there are none.
func (r *Result) here(method string) (dsc, assd Interval) {
	nan := Value(math.NaN())
	dsc, assd = Interval{nan, nan, nan}, Interval{nan, nan, nan}
	if len(r.Summary) == 0 {
		return dsc, assd
	}
	overall := r.Summary[0].Label // AllLabels, or the only label
	if first, second, ok := strings.Cut(method, " - "); ok {
		for _, c := range r.Comparisons {
			if c.Label != overall {
				continue
			}
			d := c.Difference
			switch {
			case sameMethod(c.First, first) && sameMethod(c.Second, second):
			case sameMethod(c.First, second) && sameMethod(c.Second, first):
				d = Interval{-d.Mean, -d.High, -d.Low}
			default:
				continue
			}
			if c.Measure == "dsc" {
				dsc = d
			} else {
				assd = d
			}
		}
		return dsc, assd
	}
	i := slices.IndexFunc(r.Summary, func(s Summary) bool { return s.Label == overall && sameMethod(s.Method, method) })
	if i >= 0 {
		dsc, assd = r.Summary[i].DSC, r.Summary[i].ASSDmm
	}
	return dsc, assd
}

// sameMethod compares names by their letters and digits and plus signs.
func sameMethod(a, b string) bool {
	key := func(s string) string {
		return strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '+' {
				return unicode.ToLower(c)
			}
			return -1
		}, s)
	}
	return key(a) == key(b)
}
