package eventlog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The time to read large events grows with their number and no faster: compare the ns/B of 20 and
// of 200.
func BenchmarkLarge(b *testing.B) {
	const phrase = "Attached the database. "
	large := strings.Repeat(phrase, 60<<10/len(phrase))
	inputs := map[string]string{
		"changes":               change("mail", large),
		"changes of other kind": strings.Replace(change("description", "user"), "sales@corp.example", large, 1),
		"words in a long text":  sentence + "\n" + strings.ReplaceAll(large, ". ", ".\n") + "\n\n",
	}
	for name, k := range bulk {
		inputs[name] = strings.NewReplacer("Attached.", large, "<Data>x", "<Data>"+large).Replace(k.other)
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		for _, events := range []int{20, 200} {
			b.Run(fmt.Sprintf("%s/%d", name, events), func(b *testing.B) {
				k := bulk[name]
				export := k.head + strings.Repeat(inputs[name], events) + k.ours + k.tail
				for b.Loop() {
					var err error
					if strings.HasPrefix(name, "changes") {
						_, err = ReadAudit("input", strings.NewReader(export), addressAttributes)
					} else {
						_, err = Read("input", strings.NewReader(export))
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(export)), "ns/B")
			})
		}
	}
}
