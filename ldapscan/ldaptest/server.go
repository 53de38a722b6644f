package ldaptest

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Policies of a [Config] whose fields are zero: those of a new forest ([MS-ADTS]
// 3.1.1.3.4.6).
const (
	DefaultMaxPageSize = 1000
	DefaultMaxValRange = 1500
)

// Config says what a server holds and how it answers.
type Config struct {
	// Entries is the content, as LDIF content records. An entry of the class domainDNS,
	// configuration or dMD is the head of a naming context ([MS-ADTS] 6.1.1.1); every entry
	// must lie in one, though not below an entry that is there. The first head is the default
	// naming context. Missing objectGUID, uSNChanged, distinguishedName and naming attributes
	// are generated, the same each time.
	Entries io.Reader
	// Users are the names that can bind, with their passwords: DNs, user principal names,
	// DOMAIN\user names, compared without case. They need not be entries.
	Users map[string]string
	// Host is the name of the server in the root DSE, and one of the names in its
	// certificate; empty means "localhost".
	Host string
	// MaxPageSize is the most entries that a search, or a page of one, returns. Zero means
	// DefaultMaxPageSize.
	MaxPageSize int
	// MaxValRange is the most values of an attribute in one entry. Zero means
	// DefaultMaxValRange.
	MaxValRange int
	// Shuffle chooses the order of answers. With zero, entries come in the order of their DNs,
	// read from the root; with any other number, in an order of its own. An order is the same
	// each time.
	Shuffle uint64
	// Stamps makes the server keep uSNCreated, and replPropertyMetaData for the
	// attributes that have addresses and for isDeleted and name, with its own numbers and
	// without times.
	Stamps bool
	// Now is the clock behind currentTime in the root DSE. Without it there is no currentTime.
	Now func() time.Time
}

// Server is a running directory server. Its methods may be called by several goroutines at once.
type Server struct {
	URL      string         // ldaps://127.0.0.1:port
	PlainURL string         // ldap://127.0.0.1:port, another port
	CAPEM    []byte         // certificate of the authority that signed the server's, PEM
	CertPool *x509.CertPool // the same

	dir         *directory
	host        string
	users       map[string]string // by userKey
	maxPageSize int
	maxValRange int
	now         func() time.Time
	tls         *tls.Config
	faults      faults
	cookies     atomic.Uint64

	mu        sync.Mutex
	counts    Counts
	closed    bool
	listeners []net.Listener
	conns     map[net.Conn]bool
	running   sync.WaitGroup
}

// NewServer starts a server. The caller ends it with [Server.Close].
func NewServer(cfg Config) (*Server, error) {
	s := &Server{
		users:       make(map[string]string, len(cfg.Users)),
		host:        cmp.Or(cfg.Host, hostName),
		maxPageSize: cmp.Or(cfg.MaxPageSize, DefaultMaxPageSize),
		maxValRange: cmp.Or(cfg.MaxValRange, DefaultMaxValRange),
		now:         cfg.Now,
		conns:       make(map[net.Conn]bool),
	}
	for name, password := range cfg.Users {
		s.users[userKey(name)] = password
	}
	var err error
	if s.dir, err = load(cfg.Entries, cfg.Shuffle, cfg.Stamps); err != nil {
		return nil, err
	}
	if s.CAPEM, s.tls, err = newCertificate(s.host); err != nil {
		return nil, err
	}
	s.CertPool = x509.NewCertPool()
	s.CertPool.AppendCertsFromPEM(s.CAPEM)
	if s.URL, err = s.listen("ldaps", true); err == nil {
		s.PlainURL, err = s.listen("ldap", false)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// userKey is the form in which bind names are compared.
func userKey(name string) string {
	if n, err := parseName(name); err == nil {
		return n.key
	}
	return strings.ToLower(name)
}

// Close ends all connections, including those that a fault made hang, and returns when
// they are gone. It may be called twice, but not by [Fault.Do].
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		l.Close()
	}
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// listen accepts connections on a port of its own and returns the URL.
func (s *Server) listen(scheme string, encrypted bool) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("%s listener: %w", scheme, err)
	}
	s.listeners = append(s.listeners, l)
	s.running.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			if !s.begin(raw) {
				return
			}
			s.running.Go(func() {
				defer s.end(raw)
				newConn(s, raw, encrypted).serve()
			})
		}
	})
	return scheme + "://" + l.Addr().String(), nil
}

// begin notes an open connection, unless the server is closed.
func (s *Server) begin(raw net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		raw.Close()
		return false
	}
	s.conns[raw] = true
	s.counts.Connections++
	return true
}

func (s *Server) end(raw net.Conn) {
	raw.Close()
	s.mu.Lock()
	delete(s.conns, raw)
	s.mu.Unlock()
}

// Apply makes the changes of r, LDIF change records, and takes effect between two requests. An add
// needs no parent, delete an entry without children. A modrdn moves the entries below it too, and
// their uSNChanged stays the same. Modify and modrdn find deleted entries too. Each change bumps
// uSNChanged and leaves whenChanged alone. It stops at the first change that fails; those before it
// stay made.
func (s *Server) Apply(r io.Reader) error { return s.dir.apply(r) }

// SetPassword changes the password of a user for later binds.
func (s *Server) SetPassword(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[userKey(user)] = password
}

// password returns the password of a user, and whether there is one.
func (s *Server) password(user string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	password, known := s.users[userKey(user)]
	return password, known
}

// Counts are the numbers of requests and answers so far.
type Counts struct {
	Connections    int
	Binds          int // bind requests, failed ones included
	ClearPasswords int // those that sent a password over an unencrypted connection
	Searches       int // search requests, pages and the root DSE included
	Pages          int // those with a paging control
	Entries        int // entries sent
	Updates        int // modify requests and other requests to change something, failed ones included
}

// Counts returns the numbers of requests and answers so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func (s *Server) count(note func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	note(&s.counts)
}
