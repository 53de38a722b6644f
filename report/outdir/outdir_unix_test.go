//go:build unix

package outdir

import (
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

const nobody = 65534

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes files of another user, as root")
	}
}

func TestDirectoryOfAnotherUser(t *testing.T) {
	asRoot(t)
	above := t.TempDir()
	dir := filepath.Join(above, "dir")
	write(t, dir, nil)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if problem := refused(t, dir); problem != "belongs to another user" {
		t.Error(problem)
	}
	if err := os.Symlink(dir, filepath.Join(above, "link")); err != nil {
		t.Fatal(err)
	}
	if problem := refused(t, filepath.Join(above, "link")); problem != "belongs to another user" {
		t.Error(problem)
	}
}

// Where everybody may write, somebody may have made the workspace first, to read or
// exchange what is gathered there.
func TestWorkspaceOfAnotherUser(t *testing.T) {
	asRoot(t)
	above := t.TempDir()
	workspace := filepath.Join(above, ".dir.proxyaddr")
	write(t, filepath.Join(workspace, "new"), map[string]string{"precious": "x"})
	if err := os.Chown(workspace, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(above, "dir")
	if problem := refused(t, dir); problem != workspace+" is in the way" {
		t.Error(problem)
	}
	take(t, filepath.Join(above, "other")).Release() // which does not tidy up there
	if now := held(t, filepath.Join(workspace, "new")); now["precious"] == "" {
		t.Errorf("%v", now)
	}
	if err := os.RemoveAll(workspace); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), workspace); err != nil {
		t.Fatal(err)
	}
	if problem := refused(t, dir); problem != workspace+" is in the way" {
		t.Error(problem)
	}
}

// A link leads to its directory, and stays.
func TestLinkToADirectory(t *testing.T) {
	above := t.TempDir()
	dir, link := filepath.Join(above, "real", "dir"), filepath.Join(above, "link")
	write(t, dir, before)
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	c := take(t, link)
	write(t, c.Stage(), after)
	if err := c.Commit(); err != nil {
		t.Fatal(err)
	}
	if now := held(t, dir); !maps.Equal(now, after) {
		t.Errorf("%v", now)
	}
	if to, err := os.Readlink(link); err != nil || to != dir {
		t.Errorf("%s, %v", to, err)
	}
}

// Whatever the umask is, nobody else reads the outputs or writes to their directory.
func TestModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	above := filepath.Join(t.TempDir(), "above")
	c := take(t, filepath.Join(above, "dir"))
	if err := c.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{above, filepath.Join(above, "dir")} {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
}

func TestNoWriteAccessAbove(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	above := t.TempDir()
	if err := os.Chmod(above, 0o500); err != nil {
		t.Fatal(err)
	}
	if problem := refused(t, filepath.Join(above, "dir")); problem != "permission denied" {
		t.Error(problem)
	}
}
