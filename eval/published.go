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

// WriteBeside writes, for a terminal or as Markdown, the published tables beside this result: a row for each published
// method with its numbers by task and their mean, and then the mean over all labels of the method of the same name here
// (case and punctuation aside), or the paired difference of the same two methods. Data sets differ, so the columns are for
// orientation and no test of anything; the text says so.
func (r *Result) WriteBeside(w io.Writer, published []PublishedRow, markdown bool) error {
	var b strings.Builder
	missing := 0
	for _, p := range published {
		if p.Missing() {
			missing++
		}
	}
	for _, t := range publishedTables(published) {
		for _, m := range []struct {
			title, here string
			decimals    int
			of          func(PublishedRow) Value
			own         func(dsc, assd Interval) Interval
		}{
			{"DSC", "DSC here", 4, func(p PublishedRow) Value { return p.DSC }, func(dsc, _ Interval) Interval { return dsc }},
			{"ASSD", "ASSD mm here", 3, func(p PublishedRow) Value { return p.ASSD }, func(_, assd Interval) Interval { return assd }},
		} {
			g, any := t.grid(m.here, m.of, func(method string) string { return intervalText(m.own(r.here(method)), m.decimals) })
			if !any && m.title == "ASSD" {
				continue
			}
			fmt.Fprintf(&b, "%s, %s, %s\n\n", t.name, t.protocol, m.title)
			write := g.text
			if markdown {
				write = g.markdown
			}
			write(&b) // a strings.Builder never fails
			b.WriteString("\n")
		}
	}
	b.WriteString("The paper's data differ from yours: read the columns side by side, not as a ranking.\n")
	if missing > 0 {
		fmt.Fprintf(&b, "%d of %d published rows have no value because it could not be verified; see eval/published/paper.tsv.\n",
			missing, len(published))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// publishedTable is what stands in one place for one protocol.
type publishedTable struct {
	name, protocol string
	tasks, methods []string // in the order of the paper
	cells          map[[2]string]PublishedRow
}

// publishedTables splits rows into tables, in their order.
func publishedTables(rows []PublishedRow) []*publishedTable {
	var tables []*publishedTable
	for _, p := range rows {
		i := slices.IndexFunc(tables, func(t *publishedTable) bool { return t.name == p.Table && t.protocol == p.Protocol })
		if i < 0 {
			i = len(tables)
			tables = append(tables, &publishedTable{name: p.Table, protocol: p.Protocol, cells: map[[2]string]PublishedRow{}})
		}
		t := tables[i]
		if !slices.Contains(t.tasks, p.Dataset) {
			t.tasks = append(t.tasks, p.Dataset)
		}
		if !slices.Contains(t.methods, p.Method) {
			t.methods = append(t.methods, p.Method)
		}
		t.cells[[2]string{p.Method, p.Dataset}] = p
	}
	return tables
}

// grid is one measure of a table; any is false if nothing has it.
func (t *publishedTable) grid(here string, of func(PublishedRow) Value, own func(method string) string) (g grid, any bool) {
	g = grid{number: 1, header: append([]string{"method"}, t.tasks...)}
	if len(t.tasks) > 1 {
		g.header = append(g.header, "mean")
	}
	g.header = append(g.header, here)
	for _, method := range t.methods {
		row := []string{method}
		total, n := 0.0, 0
		for _, task := range t.tasks {
			v := Value(math.NaN())
			if p, ok := t.cells[[2]string{method, task}]; ok {
				v = of(p)
			}
			if v.Defined() {
				total, n, any = total+float64(v), n+1, true
			}
			text := v.csv()
			if v.Defined() && len(t.tasks) > 1 {
				text = strconv.FormatFloat(float64(v), 'f', 4, 64)
			}
			row = append(row, text)
		}
		if len(t.tasks) > 1 {
			mean := ""
			if n == len(t.tasks) {
				mean = strconv.FormatFloat(total/float64(n), 'f', 4, 64)
			}
			row = append(row, mean)
		}
		g.rows = append(g.rows, append(row, own(method)))
	}
	return g, any
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
