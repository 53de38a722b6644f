package table

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldif"
)

// Whatever the input, reading ends with records that LDIF can hold, or with an error that has a
// line.
func FuzzRead(f *testing.F) {
	for _, in := range []string{
		all + "\"CN=A,DC=ex\",a,a,a,\"smtp:a@ex;X400:c=US;a= ;DDA:SMTP=a(a)b;\"\n",
		"#TYPE x\r\nsep=;\r\nDN;smtp;x500_1\r\n\"a\"\"b\";a@b, c@d;/o=a;/o=b\r\n",
		"DN,objectGUID,proxyAddresses\nCN=A,X'00',X'736d7470'\n",
		`[{"mail":{"value":["a"],"Count":1},"objectGUID":[1,2]},{"Name":"\u0000"}]`,
		`{"value":[{"proxyAddresses":"{a...}"}],"Count":1}`,
		"\xff\xfem\x00a\x00i\x00l\x00\n\x00a\x00\n\x00",
		"mail\n\xe4\n",
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		w := ldif.NewWriter(io.Discard)
		Is(strings.NewReader(in))
		_, err := Read(context.Background(), io.NewSectionReader(strings.NewReader(in), 0, int64(len(in))), Options{}, func(r *ldif.Record) error {
			if err := w.Write(r); err != nil {
				t.Errorf("%q: %v", in, err)
			}
			return nil
		})
		if e := (*Error)(nil); err != nil && (!errors.As(err, &e) || e.Line < 1) {
			t.Errorf("%q: no line: %v", in, err)
		}
	})
}

// The values of a list that was joined come back, whatever joins them, or it is said that they
// may not.
func FuzzSplit(f *testing.F) {
	f.Add("smtp:a@ex", "X500:/o=E/cn=a", byte(0))
	f.Add("X400:c=US;a= ;p=E;", "sip:a|b@ex", byte(1))
	f.Fuzz(func(t *testing.T, a, b string, n byte) {
		for _, v := range []string{a, b} {
			if !commonType.MatchString(v) || strings.Trim(v, joints+"\r") != v {
				return // no address, or it ends in what joins addresses
			}
		}
		joint := string(";,|"[n%3])
		values, clear := split(a+joint+b, false)
		if clear && (len(values) != 2 || values[0] != a || values[1] != b) {
			t.Errorf("%q and %q joined by %q: %q", a, b, joint, values)
		}
	})
}
