package eval

import (
	"bufio"
	_ "embed" // for the data file
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

//go:embed published/paper.tsv
var paperTSV string

// missingSource is the source of a published row whose values could not be verified in the paper.
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

// Published returns the paper's numbers. Those that could not be verified are Missing.
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
