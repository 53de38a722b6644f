// Bench measures proxyaddr beside the programs with which one would else look for
// duplicate proxy addresses: on one directory, in turn, each as a process of its
// own, and all have to find the same.
//
//	go run ./cmd/proxyaddr/bench -objects 1000000 -slapd
//
// The directory is made up, the same for the same size. It is read three ways:
// from a server that answers from RAM, so that the client is the limit; with
// -slapd from OpenLDAP; and from an LDIF file. Everything happens on the loopback
// address and in a temporary directory, which is gone afterwards: allow 2 GB in it
// for a million objects with -slapd, and 6 GB of memory for the go-ldap programs.
//
// With -legacy every object has a legacyExchangeDN, which is read and compared too.
//
// With -state it measures what --state adds to a scan of which nothing is new, with as many
// known conflicts as a hundredth of the objects:
//
//	go run ./cmd/proxyaddr/bench -state -objects 1000000 -rounds 7
//
// With -server it compares with ldapsearch alone, on a server that you name:
//
//	go run ./cmd/proxyaddr/bench -server ldaps://dc1.example.com -user anna@example.com \
//		-password-file secret.txt -base DC=example,DC=com
//
// Programs that are not installed are named and left out, as are those with
// go-ldap/ldif where the Go module cannot be had.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
)

// Files in the temporary directory.
const (
	certFile     = "cert.pem"
	keyFile      = "key.pem"
	passwordFile = "password"
	ldifFile     = "export.ldif"
)

const password = "bench"

// Modes in which the program runs itself.
const (
	serveMode = "serve"
	mapMode   = "map"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	switch {
	case len(args) == 6 && args[0] == serveMode:
		return serve(stdin, stdout, args[1], args[2], args[3], args[4], args[5])
	case len(args) == 4 && args[0] == mapMode:
		return printMap(stdout, args[1], args[2], args[3])
	}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	objects := fs.Int("objects", 20000, "size of the `directory`, from 500 objects on")
	rounds := fs.Int("rounds", 3, "run every program so `often`, in turn, and print the medians")
	slapd := fs.Bool("slapd", false, "also load the directory into slapd and read it from there")
	legacy := fs.Bool("legacy", false, "give every object a legacyExchangeDN")
	state := fs.Bool("state", false, "measure instead what --state adds to a scan")
	var g given
	fs.StringVar(&g.url, "server", "", "measure on this server, a `URL`, instead")
	fs.StringVar(&g.user, "user", "", "`name` to bind to it")
	fs.StringVar(&g.passwordFile, "password-file", "", "`file` with the password")
	fs.StringVar(&g.caFile, "ca-file", "", "PEM `file` with the authorities to trust")
	fs.StringVar(&g.base, "base", "", "`DN` that ldapsearch reads")
	if err := fs.Parse(args); err != nil {
		return err
	}
	switch {
	case fs.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case *objects < 500:
		return fmt.Errorf("-objects %d: too few to hold every class of conflict", *objects)
	case *rounds < 1:
		return fmt.Errorf("-rounds %d: must be at least 1", *rounds)
	case g.url != "":
		return g.measure(ctx, stdout, *rounds)
	}
	dir, err := os.MkdirTemp("", "proxyaddr-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir}
	if *state {
		return b.measureState(ctx, stdout, directory{size: *objects, every: 100, legacy: *legacy}, *rounds)
	}
	return b.measure(ctx, stdout, directory{size: *objects, legacy: *legacy}, *rounds, *slapd)
}

// measure measures on the servers of this program and on a file.
func (b *bench) measure(ctx context.Context, stdout io.Writer, d directory, rounds int, slapd bool) error {
	if err := b.prepare(ctx, d); err != nil {
		return err
	}
	if err := b.writeExport(d); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d objects with %d addresses, %d of them on two objects; rounds: %d, medians\n",
		b.objects, b.values, len(b.duplicates), rounds)
	fmt.Fprintf(stdout, "%s/%s, %d processors, %s; the last columns are multiples of proxyaddr\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())

	at, size, stop, err := b.startReplay(ctx, d)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("served from RAM, over TLS (%d MiB)", size>>20)
	_, err = compare(ctx, stdout, title, b.dir, b.search(at), rounds)
	stop()
	if err != nil {
		return err
	}
	if slapd {
		at, stop, err := b.startSlapd(ctx, stdout)
		if err != nil {
			return err
		}
		_, err = compare(ctx, stdout, "slapd, over TLS", b.dir, b.search(at), rounds)
		stop()
		if err != nil {
			return err
		}
	}
	info, err := os.Stat(b.path(ldifFile))
	if err != nil {
		return err
	}
	export, err := b.export(ctx)
	if err != nil {
		return err
	}
	if _, err := compare(ctx, stdout, fmt.Sprintf("LDIF file (%d MiB)", info.Size()>>20), b.dir, export, rounds); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nAll found the same %d addresses, and proxyaddr also the conflicts of the other classes.\n", len(b.duplicates))
	for _, what := range b.missing {
		fmt.Fprintf(stdout, "Left out: %s\n", what)
	}
	return nil
}

// prepare builds what is measured and writes the files but for the export.
func (b *bench) prepare(ctx context.Context, d directory) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if err := b.build(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(b.path(passwordFile), []byte(password), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(b.path("python-ldap.py"), pythonLDAP, 0o600); err != nil {
		return err
	}
	b.answer = d.answer()
	return writeCertificate(b.path(certFile), b.path(keyFile))
}

func (b *bench) writeExport(d directory) error {
	f, err := os.Create(b.path(ldifFile))
	if err != nil {
		return err
	}
	return errors.Join(d.writeLDIF(f), f.Close())
}

func (b *bench) build(ctx context.Context) error {
	b.proxyaddr = b.path("proxyaddr")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.proxyaddr, "proxyaddr/cmd/proxyaddr").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	return nil
}

// endpoints are the URLs of one server.
type endpoints struct{ tls, plain string }

// startReplay starts the server that answers from RAM.
func (b *bench) startReplay(ctx context.Context, d directory) (at endpoints, size int, stop func(), err error) {
	cmd := exec.CommandContext(ctx, b.self, serveMode, strconv.Itoa(d.size), strconv.Itoa(d.every), strconv.FormatBool(d.legacy), b.path(certFile), b.path(keyFile))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return at, 0, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return at, 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return at, 0, nil, err
	}
	stop = func() {
		stdin.Close()
		cmd.Wait()
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &at.tls, &at.plain, &size)
	}
	if err != nil {
		stop()
		return at, 0, nil, fmt.Errorf("the server did not start: %w", err)
	}
	return at, size, stop, nil
}

// serve is the server. It prints its URLs and how many bytes its answers have,
// and ends when the other end of stdin does.
func serve(stdin io.Reader, stdout io.Writer, size, every, legacy, certFile, keyFile string) (err error) {
	var d directory
	if d.size, err = strconv.Atoi(size); err != nil {
		return err
	}
	if d.every, err = strconv.Atoi(every); err != nil {
		return err
	}
	if d.legacy, err = strconv.ParseBool(legacy); err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return err
	}
	s := newReplay(d)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	secured, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go s.serve(lazyListener{plain})
	go s.serve(tls.NewListener(lazyListener{secured}, &tls.Config{Certificates: []tls.Certificate{cert}}))
	fmt.Fprintf(stdout, "ldaps://%s ldap://%s %d\n", secured.Addr(), plain.Addr(), len(s.wire))
	_, err = io.Copy(io.Discard, stdin)
	return err
}
