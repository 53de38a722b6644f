package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

// Whatever is done to a directory, watch remembers what whole scans remember that are made at
// the same times.
func TestWatchLikeWholeScans(t *testing.T) {
	seeds := 6
	if testing.Short() {
		seeds = 1
	}
	for seed := range uint64(seeds) {
		chance := rand.New(rand.NewPCG(seed, 7))
		srv, login := serveCounting(t, "dc1.a.example")
		dir := t.TempDir()
		whole := append(slices.Clone(login), "--state", filepath.Join(dir, "whole"), "--fail-on", "none")
		w := newWatch(t, append(login, "--state", filepath.Join(dir, "watched"))...)
		objects := map[string]string{} // what became of each
		var did []string
		for range 40 {
			for _, n := range chance.Perm(8)[:1+chance.IntN(2)] {
				did = append(did, changeOne(t, srv, chance, objects, fmt.Sprintf("o%d", n)))
			}
			text := w.next()
			scanState(t, exitClean, whole...)
			oracle, err := statedir.Read(filepath.Join(dir, "whole"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rememberedIn(oracle), rememberedIn(w.dir.State)); diff != "" {
				t.Fatalf("seed %d, after\n%s(-whole +watch) %s\n%s", seed, strings.Join(did, ""), diff, text)
			}
		}
		w.end()
	}
}

// changeOne makes an object, gives it other addresses, deletes it with or without a tombstone
// that can be seen, or restores it.
func changeOne(t *testing.T, srv *ldaptest.Server, chance *rand.Rand, objects map[string]string, name string) string {
	dn := "dn: CN=" + name + ",DC=a,DC=example\n"
	addresses := ""
	for range chance.IntN(3) {
		addresses += fmt.Sprintf("proxyAddresses: smtp:s%d@a.example\n", chance.IntN(3))
	}
	change := ""
	switch objects[name] {
	case "":
		objects[name] = "there"
		// One that comes back without an address is noticed when everything is read.
		change = dn + "changetype: add\nobjectClass: contact\n" + oneEach(addresses+"proxyAddresses: smtp:s1@a.example\n")
	case "deleted":
		objects[name] = "there"
		change = dn + "changetype: modify\ndelete: isDeleted\n-\n"
	default:
		switch chance.IntN(4) {
		case 0:
			objects[name] = ""
			change = dn + "changetype: delete\n"
		case 1:
			objects[name] = "deleted"
			change = dn + "changetype: modify\nreplace: isDeleted\nisDeleted: TRUE\n-\n"
		default:
			change = dn + "changetype: modify\nreplace: proxyAddresses\n" + oneEach(addresses) + "-\n"
		}
	}
	applyTo(t, srv, change)
	return change + "\n"
}

// oneEach leaves each line once.
func oneEach(lines string) string {
	list := slices.Sorted(strings.Lines(lines))
	return strings.Join(slices.Compact(list), "")
}

// rememberedIn is what a state says of each conflict, but for when, and for what is told once.
func rememberedIn(s *memory.State) (lines []string) {
	for _, c := range s.Cases {
		status := c.Status
		if status.News() {
			status = memory.Known
		}
		line := fmt.Sprintf("%s %s %s %s:", c.ID, c.Class, status, c.Reason)
		if status != memory.Resolved {
			for _, o := range c.Owners {
				line += fmt.Sprintf(" %s %q", o.DN, o.Values)
			}
		}
		lines = append(lines, line)
	}
	return lines
}
