package index

import (
	"fmt"
	"hash/maphash"
	"slices"
	"testing"

	"proxyaddr/conflicts"
)

// holding fills a digest. Each object is its number and its values.
func holding(seed maphash.Seed, objects ...[]string) *Digest {
	d := NewDigest(seed)
	for _, o := range objects {
		d.Add(object(o[0], o[1:]...))
	}
	return d
}

func object(name string, values ...string) *conflicts.View {
	v := &conflicts.View{GUID: numbered(name)}
	for _, a := range values {
		v.ProxyAddresses = append(v.ProxyAddresses, []byte(a))
	}
	return v
}

func numbered(name string) (g conflicts.GUID) {
	copy(g[:], name)
	return g
}

func TestDiffering(t *testing.T) {
	base := [][]string{{"a", "SMTP:a@x", "smtp:aa@x"}, {"b", "SMTP:b@x"}, {"ab", "smtp:ab@x"}}
	for _, tc := range []struct {
		name  string
		other [][]string
		want  []string
	}{
		{"the same in another order", [][]string{{"ab", "smtp:ab@x"}, {"b", "SMTP:b@x"}, {"a", "smtp:aa@x", "SMTP:a@x"}}, nil},
		{"an object twice in the same state", [][]string{{"b", "SMTP:b@x"}, {"a", "SMTP:a@x", "smtp:aa@x"}, {"ab", "smtp:ab@x"}, {"b", "SMTP:b@x"}}, nil},
		{"a value more", [][]string{{"a", "SMTP:a@x", "smtp:aa@x"}, {"b", "SMTP:b@x", "smtp:bb@x"}, {"ab", "smtp:ab@x"}}, []string{"b"}},
		{"a value less", [][]string{{"a", "SMTP:a@x"}, {"b", "SMTP:b@x"}, {"ab", "smtp:ab@x"}}, []string{"a"}},
		{"another case", [][]string{{"a", "smtp:a@x", "smtp:aa@x"}, {"b", "SMTP:b@x"}, {"ab", "smtp:ab@x"}}, []string{"a"}},
		{"values between objects", [][]string{{"a", "SMTP:b@x"}, {"b", "SMTP:a@x", "smtp:aa@x"}, {"ab", "smtp:ab@x"}}, []string{"a", "b"}},
		{"one missing, one more", [][]string{{"a", "SMTP:a@x", "smtp:aa@x"}, {"ab", "smtp:ab@x"}, {"z", "smtp:z@x"}}, []string{"b", "z"}},
		{"an object in two states", [][]string{{"a", "SMTP:a@x", "smtp:aa@x"}, {"b", "SMTP:b@x"}, {"b", "SMTP:old@x"}, {"ab", "smtp:ab@x"}}, []string{"b"}},
		{"nothing at all", nil, []string{"a", "ab", "b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seed := maphash.MakeSeed()
			var want []conflicts.GUID
			for _, name := range tc.want {
				want = append(want, numbered(name))
			}
			for _, digests := range [][]*Digest{
				{holding(seed, base...), holding(seed, tc.other...)},
				{holding(seed, tc.other...), holding(seed, base...)},
				{holding(seed, base...), holding(seed, base...), holding(seed, tc.other...)},
			} {
				if got := Differing(digests...); !slices.Equal(got, want) {
					t.Errorf("%d digests: %v, want %v", len(digests), got, want)
				}
			}
		})
	}
}

// What forks found belongs to the whole, wherever the parts are divided.
func TestDigestJoinsForks(t *testing.T) {
	seed := maphash.MakeSeed()
	whole, divided := NewDigest(seed), NewDigest(seed)
	forks := []*Digest{divided.Fork(), divided.Fork()}
	for i := range 1000 {
		v := object(fmt.Sprint(i), fmt.Sprintf("smtp:%d@x", i))
		whole.Add(v)
		forks[i%2].Add(v)
	}
	forks[0].Add(object("", "smtp:nobody@x"))
	for _, f := range forks {
		divided.Join(f)
	}
	if got := Differing(whole, divided); got != nil || divided.Unnamed() != 1 || whole.Unnamed() != 0 {
		t.Errorf("differing %v, unnamed %d and %d", got, divided.Unnamed(), whole.Unnamed())
	}
}
