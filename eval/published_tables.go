package eval

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// WriteWithPublished writes the published tables with this result next to them, for a terminal or as Markdown. A published
// method has a row with its numbers by task, their mean, and this result's mean over all labels for the method of the same
// name (case and punctuation aside), or the paired difference of the same two methods. The data differ, so that the columns
// are for orientation only; the text says so.
func (r *Result) WriteWithPublished(w io.Writer, published []PublishedRow, markdown bool) error {
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
			g, found := t.grid(m.here, m.of, func(method string) string { return intervalText(m.own(r.here(method)), m.decimals) })
			if !found && m.title == "ASSD" {
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

// publishedTable holds the published rows of one table and protocol.
type publishedTable struct {
	name, protocol string
	tasks, methods []string // in the order of the paper
	cells          map[[2]string]PublishedRow
}

// publishedTables groups rows by table and protocol, in the order in which they appear.
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

// grid returns the table of one measure, with the column here for this result's numbers (own). found is false if no published
// row has the measure.
func (t *publishedTable) grid(here string, of func(PublishedRow) Value, own func(method string) string) (g grid, found bool) {
	g = grid{words: 1, header: append([]string{"method"}, t.tasks...)}
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
				total, n, found = total+float64(v), n+1, true
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
	return g, found
}

// here returns this result's numbers for a published method or difference of two methods; undefined if there are none.
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

// sameMethod reports whether two names have the same letters, digits and plus signs.
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
