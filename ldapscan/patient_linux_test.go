package ldapscan

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// connected returns the two ends of a TCP connection.
func connected(t *testing.T) (reading, writing net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if reading, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if writing, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reading.Close(); writing.Close() })
	return reading, writing
}

// The waiting ends now and then before anything has come, at any place in the stream.
func TestPatientReaderLosesNothing(t *testing.T) {
	reading, writing := connected(t)
	var pieces [200][]byte
	for i := range pieces {
		pieces[i] = bytes.Repeat([]byte{byte(i)}, 1+i*i%5000)
	}
	go func() {
		defer writing.Close()
		for i, piece := range pieces {
			if i%20 == 0 {
				<-time.After(3 * gatherLongest) // the pause that is tested
			}
			writing.Write(piece)
		}
	}()
	got, err := io.ReadAll(patient(reading))
	if err != nil {
		t.Fatal(err)
	}
	if sent := bytes.Join(pieces[:], nil); !bytes.Equal(got, sent) {
		t.Errorf("%d octets came of %d, or others", len(got), len(sent))
	}
}

// Little is seen also after a pause in which nothing came.
func TestPatientReaderSeesLittle(t *testing.T) {
	reading, writing := connected(t)
	hang := time.AfterFunc(time.Minute, func() { reading.Close() })
	defer hang.Stop()
	r := patient(reading)
	for range 5 {
		go func() {
			<-time.After(3 * gatherLongest) // the pause that is tested
			writing.Write([]byte{1})
		}()
		if n, err := r.Read(make([]byte, 10)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
}

// Once a little has come, many little pieces come as one.
func TestPatientReaderGathers(t *testing.T) {
	const piece = 1000
	var n int
	for range 5 { // the first piece can be there before anybody waits
		reading, writing := connected(t)
		r := patient(reading).(*patientReader)
		r.longest = time.Minute
		if _, err := writing.Write(make([]byte, piece)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2*gatherOctets)
		if _, err := r.Read(buf); err != nil {
			t.Fatal(err)
		}
		go func() {
			for range gatherOctets/piece + 1 {
				<-time.After(gatherLongest / 10) // a reader that does not wait takes them one by one
				writing.Write(make([]byte, piece))
			}
		}()
		var err error
		if n, err = r.Read(buf); err != nil {
			t.Fatal(err)
		}
		if n >= gatherOctets {
			return
		}
	}
	t.Errorf("%d octets came at once, want %d", n, gatherOctets)
}
