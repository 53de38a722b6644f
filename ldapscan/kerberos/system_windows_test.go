package kerberos

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Files where Unix has those of Kerberos are not read: any user of a Windows may put them there.
func TestUnixPathsAreNotRead(t *testing.T) {
	p := readProfile(systemProfile)
	if len(p.files) != 0 {
		t.Errorf("read %v", p.files)
	}
	_, err := New(Config{Getenv: func(string) string { return "" }}, Credentials{})
	if !errors.Is(err, os.ErrNotExist) || err.Error() != "Kerberos credentials: no ticket cache is named" {
		t.Error(err)
	}
	if _, err := New(Config{Getenv: func(string) string { return "" }}, Credentials{CCache: filepath.Join(t.TempDir(), "cc")}); err == nil {
		t.Error("a missing ticket cache is read")
	}
}
