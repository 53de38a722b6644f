package ldapscan_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

func openForest(t testing.TB, configs ...ldapscan.Config) *ldapscan.Forest {
	t.Helper()
	f, err := ldapscan.OpenForest(context.Background(), ldapscan.ForestConfig{Servers: configs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// What is read on a WriteConn is what was written there; once it breaks, it stays so.
func TestWriteConn(t *testing.T) {
	ctx := context.Background()
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(staff)})
	f := openForest(t, config(srv))
	a := record(4, "Carl", "SMTP:carl@contoso.example", "SMTP:carl2@contoso.example")
	conn, err := f.WriteConn(ctx, a.DN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := ldap.NewModifyRequest(a.DN, nil)
	request.Replace("mail", []string{"carl2@contoso.example"})
	if err := conn.Conn.Modify(request); err != nil {
		t.Fatal(err)
	}
	if o, err := conn.Read(ctx, &a); err != nil || o.Mail != "carl2@contoso.example" {
		t.Errorf("%+v, %v", o, err)
	}
	gone := record(9, "Nobody", "", "")
	if o, err := conn.Read(ctx, &gone); err != nil || o != nil {
		t.Errorf("%+v, %v", o, err)
	}
	deleted := record(3, "Bob", "", "")
	if o, err := conn.Read(ctx, &deleted); err != nil || o == nil || !o.Deleted {
		t.Errorf("%+v, %v", o, err)
	}

	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Modify: func(string) bool { return true }})
	err = conn.Explain(conn.Conn.Modify(request))
	var e *ldapscan.Error
	if !errors.As(err, &e) || e.Problem != "the server closed the connection" || e.Advice == "" {
		t.Errorf("%v", err)
	}
	connections := srv.Counts().Connections
	if _, err := conn.Read(ctx, &a); err == nil || srv.Counts().Connections != connections {
		t.Errorf("the connection was opened again: %v", err)
	}
}

// Once there is a WriteConn, no other server says what is free: it may not have replicated
// what is there.
func TestWriteConnKeepsItsServer(t *testing.T) {
	first := serve(t, ldaptest.Config{Entries: strings.NewReader(staff), Host: "dc1.contoso.example"})
	second := serve(t, ldaptest.Config{Entries: strings.NewReader(strings.ReplaceAll(staff, "carl@", "carol@")), Host: "dc2.contoso.example"})
	var over atomic.Bool
	cfg := config(first)
	cfg.URL = forward(t, func() *ldaptest.Server {
		if over.Load() {
			return second
		}
		return first
	})
	cfg.TLS.RootCAs.AppendCertsFromPEM(second.CAPEM)
	f := openForest(t, cfg)
	conn, err := f.WriteConn(t.Context(), "CN=Carl,DC=contoso,DC=example")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	first.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Match: paged("carl"), Do: func() { over.Store(true) }})
	if list, err := ldapscan.Owners(t.Context(), f, []conflicts.Address{conflicts.ParseAddress("smtp:carl@contoso.example")}); err == nil {
		t.Errorf("another server has %d owners", len(list))
	}
}

func TestNoWriteConn(t *testing.T) {
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(staff)})
	f := openForest(t, config(srv))
	says := func(what, dn, problem string) {
		t.Helper()
		_, err := f.WriteConn(context.Background(), dn)
		var e *ldapscan.Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), problem) {
			t.Errorf("%s: %v", what, err)
		}
	}
	const elsewhere = "CN=x,DC=other,DC=example"
	says("elsewhere", elsewhere, elsewhere+": no domain controller of its domain was read")
	if _, ok := f.Server(elsewhere); ok {
		t.Error("a server for what none reads")
	}
	if s, ok := f.Server("CN=Carl,DC=contoso,DC=example"); !ok || s.URL != srv.URL || s.Host != "localhost" {
		t.Errorf("%+v, %v", s, ok)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.WriteConn(ctx, "CN=Carl,DC=contoso,DC=example"); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
	srv.Close()
	says("closed", "CN=Carl,DC=contoso,DC=example", "connection refused")
}

func TestHasAddresses(t *testing.T) {
	fixture, entries := forest(t)
	cfg := config(serve(t, ldaptest.Config{Entries: entries}))
	cfg.PageSize = 100
	f := openForest(t, cfg)
	ctx := context.Background()
	with := 0 // of the fixture, without those that have mail alone
	for _, rec := range fixture.records {
		for _, a := range rec.Attributes {
			if a.Name == "proxyAddresses" {
				with++
				break
			}
		}
	}
	for n, want := range map[int]bool{0: true, 1: true, 100: true, with: true, with + 1: false} {
		if got, err := f.HasAddresses(ctx, n); err != nil || got != want {
			t.Errorf("%d of %d: %v, %v", n, with, got, err)
		}
	}
}
