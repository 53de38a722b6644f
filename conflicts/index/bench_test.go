package index

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

// users hands over n objects with four addresses each, of which the first is the
// mail and the logon name too, in one view that it uses again. Of a thousand
// objects one has an address of another.
func users(n int, each func(*conflicts.View)) {
	r := rand.NewPCG(1, 2)
	var v conflicts.View
	var buf []byte
	var ends [4]int
	names := [...]string{"Al.Wu", "Zoe.Klein", "Anna.Ruiz", "Bernd.Schulz", "Clara.Wagner", "Paul.Hoffmann", "Susan.Schroeder", "Walter.Hernandez",
		"Thomas.Rodriguez", "Yannick.Zimmermann", "Friedrich-Wilhelm.Schneider"} // a processor foresees equal lengths
	for i := range n {
		name := names[r.Uint64()%uint64(len(names))]
		binary.LittleEndian.PutUint64(v.GUID[:], r.Uint64())
		binary.LittleEndian.PutUint64(v.GUID[8:], r.Uint64())
		alias := i
		if i%1000 == 999 {
			alias = int(r.Uint64() % uint64(i))
		}
		buf = append(strconv.AppendInt(append(append(buf[:0], "SMTP:"...), name...), int64(i), 10), "@contoso.com"...)
		ends[0] = len(buf)
		buf = append(strconv.AppendInt(append(buf, "smtp:yz"...), int64(alias), 10), "@fabrikam.com"...)
		ends[1] = len(buf)
		buf = append(strconv.AppendInt(append(append(buf, "sip:"...), name...), int64(i), 10), "@contoso.com"...)
		ends[2] = len(buf)
		buf = append(append(buf, "X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="...), name...)
		buf = strconv.AppendInt(buf, int64(i), 10)
		ends[3] = len(buf)
		v.ProxyAddresses = v.ProxyAddresses[:0]
		start := 0
		for _, end := range ends {
			v.ProxyAddresses = append(v.ProxyAddresses, buf[start:end])
			start = end
		}
		v.Mail = buf[len("SMTP:"):ends[0]]
		v.UserPrincipalName = v.Mail
		each(&v)
	}
}

// heap returns the bytes in use by the heap, with what its allocations round up.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}

// BenchmarkIndex compares an index with a map of the addresses. B/address is the
// most that the heap grew by, garbage included, per proxy address.
func BenchmarkIndex(b *testing.B) {
	const addresses = 4
	run := func(b *testing.B, n int, detect func(note func()) int) {
		var peak uint64
		for b.Loop() {
			debug.FreeOSMemory()
			before := heap()
			suspects := detect(func() { peak = max(peak, heap()-before) })
			if want := 2 * (n / 1000); suspects < want*99/100 || suspects > want+20 { // some fingerprints are equal by chance
				b.Fatalf("%d suspects, want about %d", suspects, want)
			}
		}
		all := float64(n * addresses)
		b.ReportMetric(float64(peak)/all, "B/address")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/all, "ns/address")
	}
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("fingerprints/%d", n), func(b *testing.B) {
			run(b, n, func(note func()) int {
				index := New(maphash.MakeSeed())
				i := 0
				users(n, func(v *conflicts.View) {
					index.Add(v)
					if i++; i%10_000 == 0 {
						note()
					}
				})
				refs := index.Suspects()
				note()
				runtime.KeepAlive(index)
				return len(refs)
			})
		})
		b.Run(fmt.Sprintf("map/%d", n), func(b *testing.B) {
			run(b, n, func(note func()) int {
				owners := map[string][]int32{}
				var guids []conflicts.GUID
				users(n, func(v *conflicts.View) {
					for _, a := range v.ProxyAddresses {
						key := strings.ToLower(string(a))
						owners[key] = append(owners[key], int32(len(guids)))
					}
					if guids = append(guids, v.GUID); len(guids)%10_000 == 0 {
						note()
					}
				})
				suspects := map[conflicts.GUID]bool{}
				for _, list := range owners {
					for _, o := range list[1:] {
						suspects[guids[list[0]]], suspects[guids[o]] = true, true
					}
				}
				note()
				return len(suspects)
			})
		})
	}
	b.Run("users", func(b *testing.B) { // what making the input takes
		for b.Loop() {
			users(1_000_000, func(*conflicts.View) {})
		}
	})
}

func BenchmarkOrdinary(b *testing.B) {
	b.ReportAllocs()
	found := 0
	for b.Loop() {
		users(1000, func(v *conflicts.View) {
			if !v.Ordinary() {
				found++
			}
		})
	}
}
