package report

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/report/workbook"
)

// publishMode has the test publish the made-up audit, as a process of its own.
const publishMode = "PROXYADDR_PUBLISH"

func TestMain(m *testing.M) {
	size, dir, ok := strings.Cut(os.Getenv(publishMode), " ")
	if !ok {
		os.Exit(m.Run())
	}
	var found, findings int
	if _, err := fmt.Sscanf(size, "%d+%d", &found, &findings); err != nil {
		panic(err)
	}
	debug.SetGCPercent(30) // as the command has it
	a := largeAudit(found, findings)
	before := allocated()
	start := time.Now()
	d, err := Claim(dir, start, Unneeded)
	if err == nil {
		defer d.Close()
		_, err = d.Publish(a)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(time.Since(start).Seconds(), peak(), allocated()-before)
}

// allocated returns how many bytes this process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// peak returns the largest resident set of this process in KiB, 0 where only
// Linux tells (proc_pid_status(5)).
func peak() (kib int64) {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if n, _ := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kib); n == 1 {
			break
		}
	}
	return kib
}

// largeAudit has conflicts between two mailboxes each, a change for each of
// them, and findings.
func largeAudit(found, findings int) *conflicts.Audit {
	a := &conflicts.Audit{Version: "1.0.0", Command: "proxyaddr scan -d corp.contoso.com", Rules: conflicts.DefaultRules(),
		Coverage:  []conflicts.Coverage{{Partition: corp, Objects: 10 * found, Values: 40 * found, Pages: found / 100}},
		Conflicts: make([]conflicts.Conflict, 0, found), Changes: make([]conflicts.Change, 0, found), Findings: make([]conflicts.Finding, 0, findings)}
	user := func(n int, name string, addresses ...string) *conflicts.Object {
		o := &conflicts.Object{
			Entry: conflicts.Entry{DN: "CN=" + name + ",OU=Users,OU=Site " + strconv.Itoa(n%50) + ",OU=Europe," + corp,
				ProxyAddresses: addresses, UserPrincipalName: "u" + strconv.Itoa(n) + "@contoso.com"},
			Partition: corp, Class: "user", DisplayName: name, SAMAccountName: "u" + strconv.Itoa(n), MailNickname: "u" + strconv.Itoa(n),
			Recipient: 1, Mailbox: true, Created: conflicts.InstantOf(time.Unix(1.4e9+int64(n), 0)), Written: conflicts.Stamp{Time: time.Unix(1.5e9+int64(n), 0), Version: 3, Origin: conflicts.NewOrigin(guid(1), "DC1", "Berlin")},
		}
		binary.BigEndian.PutUint64(o.GUID[:], uint64(n+1)*0x9e3779b97f4a7c15)
		return o
	}
	kept := []conflicts.StatementCode{conflicts.ByPrimary}
	for i := range found {
		address := fmt.Sprintf("person%dx@contoso.com", i)
		key := conflicts.Key("smtp:" + address)
		keeper := user(2*i, fmt.Sprintf("Keeper %d", i), "SMTP:"+address)
		other := user(2*i+1, fmt.Sprintf("Other %d", i), fmt.Sprintf("SMTP:other%d@contoso.com", i), "smtp:"+address)
		id := fmt.Sprintf("C-%010d", i)
		a.Conflicts = append(a.Conflicts, conflicts.Conflict{ID: id, Class: conflicts.Duplicate, Key: key,
			Kept: kept, Cause: conflicts.Cause{Kind: conflicts.UnknownCause, Code: conflicts.NoStamps},
			Owners: []conflicts.Owner{owner(keeper, proxy(keeper.ProxyAddresses[0])), owner(other, proxy(other.ProxyAddresses[1]))}})
		a.Changes = append(a.Changes, conflicts.Change{Conflict: id, Key: key, Object: other, Attribute: conflicts.ProxyAddresses,
			Old: other.ProxyAddresses[1], New: fmt.Sprintf("smtp:person%dx2@contoso.com", i)})
	}
	a.ProposeChanges()
	for i := range a.Proposals {
		p := &a.Proposals[i]
		p.SwapTo, p.Keeps = fmt.Sprintf("SMTP:person%dx3@contoso.com", i), strings.TrimPrefix(p.Owner.ProxyAddresses[0], "SMTP:")
	}
	for i := range findings {
		n := i / 2
		f := conflicts.Finding{Kind: conflicts.PaddedValue, DN: fmt.Sprintf("CN=Person %d,OU=Users,OU=Europe,%s", n, corp),
			Value: fmt.Sprintf("smtp: person%d@contoso.com", n)}
		if i%2 == 1 {
			f.Kind, f.DN, f.Value, f.Other = conflicts.MailDiffers, a.Findings[i-1].DN, fmt.Sprintf("person%d@contoso.com", n), fmt.Sprintf("p%d@contoso.com", n)
		}
		binary.BigEndian.PutUint64(f.GUID[:], uint64(n+1)*0x9e3779b97f4a7c15)
		a.Findings = append(a.Findings, f)
	}
	return a
}

// The peak and the processor time are those of a process that makes the audit and publishes it,
// the time on the clock and what is allocated those of publishing alone.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []string{"1000+1000", "100000+10000", "1000+1000000"} {
		b.Run(size, func(b *testing.B) {
			var seconds, kib, bytes float64
			var cpu time.Duration
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), publishMode+"="+size+" "+b.TempDir())
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				if err != nil {
					b.Fatal(err)
				}
				if _, err := fmt.Sscan(string(out), &seconds, &kib, &bytes); err != nil {
					b.Fatal(err)
				}
				cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(seconds, "s")
			b.ReportMetric(cpu.Seconds(), "cpu-s")
			b.ReportMetric(kib/1024, "MiB-peak")
			b.ReportMetric(bytes/(1<<20), "MiB-allocated")
		})
	}
}

// BenchmarkOwners writes one address that many objects have. ns/owner does not grow
// with their number.
func BenchmarkOwners(b *testing.B) {
	for _, n := range []int{4_000, 40_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			objects := make([]*conflicts.Object, n)
			for i := range objects {
				own := fmt.Sprintf("u%d@contoso.com", i)
				objects[i] = &conflicts.Object{Entry: conflicts.Entry{DN: "CN=u" + strconv.Itoa(i) + "," + corp, Mail: own,
					ProxyAddresses: []string{"SMTP:" + own, "smtp:all@contoso.com"}}, Partition: corp, Class: "user"}
				binary.BigEndian.PutUint64(objects[i].GUID[:], uint64(i+1))
			}
			a := &conflicts.Audit{Rules: conflicts.DefaultRules()}
			judged := conflicts.Judge(objects, conflicts.Options{})
			judged.Into(a)
			for b.Loop() {
				for _, write := range []func() error{
					func() error { return Table(io.Discard, a, TableOptions{Width: 80}) },
					func() error { return JSON(io.Discard, a) },
					func() error { return CSV(io.Discard, a) },
					func() error { return workbook.Write(io.Discard, a, noScan) },
				} {
					if err := write(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/owner")
		})
	}
}
