package eventlog

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts/eventlog/evtx/evtxtest"
)

var application = []evtxtest.Event{
	{ID: 326, Provider: "ESE", Computer: "EX01.contoso.com", Time: time.Date(2023, 5, 15, 10, 0, 0, 0, time.UTC)},
	{ID: 9514, Provider: "MSExchangeIS", Computer: "EX01.contoso.com", Time: time.Date(2023, 5, 15, 10, 2, 11, 0, time.UTC),
		Data: evtxtest.Strings("dc=com/dc=contoso/ou=Sales/cn=Ann and Partners", "dc=com/dc=contoso/ou=Sales/cn=Bob Ray")},
	{ID: 9217, Provider: "MSExchangeTransport", Computer: "EX02.contoso.com", Time: time.Date(2023, 5, 15, 10, 3, 0, 0, time.UTC),
		Data: evtxtest.Strings("sales@contoso.com")},
	{ID: 9514, Provider: "Contoso Backup", Computer: "EX01.contoso.com", Data: evtxtest.Strings("dc=a/cn=1", "dc=a/cn=2")},
}

func TestEVTX(t *testing.T) {
	log, err := Read("app.evtx", bytes.NewReader(evtxtest.File(application...)))
	const want = `9514
  best CN=Ann and Partners,OU=Sales,DC=contoso,DC=com | CN=Bob Ray,OU=Sales,DC=contoso,DC=com
  first 2023-05-15 10:02:11 UTC
  on EX01.contoso.com
9217 sales@contoso.com
  first 2023-05-15 10:03:00 UTC
  on EX02.contoso.com
`
	if diff := cmp.Diff(want, show(log, err, "")); diff != "" {
		t.Error(diff)
	}
}

// What can be read of a damaged file is read, and how much cannot is told.
func TestDamagedEVTX(t *testing.T) {
	file := evtxtest.File(application...)
	file[evtxtest.HeaderSize+evtxtest.ChunkHeaderSize+4]++ // the size of the first record
	log, err := Read("app.evtx", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	const want = "damaged chunk 1: the checksum of its records is wrong\ndamaged chunk 1: 1 of 4 records could not be read\n"
	if got := show(log, err, ""); len(log.Events) != 2 || !strings.HasSuffix(got, want) {
		t.Error(got)
	}
	_, err = Read("app.evtx", bytes.NewReader(file[:5000]))
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Problem, "no event 9514 or 9217 that can be read: chunk 1: the file ends within the chunk") {
		t.Error(err)
	}
	_, err = Read("app.evtx", bytes.NewReader(evtxtest.File(application[0])))
	if err == nil || err.Error() != "app.evtx: no event 9514 or 9217 of Exchange in it (events read as an .evtx file: 1)" {
		t.Error(err)
	}
}
