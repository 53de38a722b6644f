package workbook

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"

	"proxyaddr/conflicts"
)

// proposalKeys are the keys of proposals: of each its conflict and a digest of all that
// makes it (30 bits of SHA-256 in base 32), "C-ABCDEFGHIJ/K2M4P6". A key is the same in
// every scan that proposes the same, and is not that of another proposal of the scan.
type proposalKeys struct {
	proposals []conflicts.Proposal
	digests   [][6]byte
}

func newProposalKeys(proposals []conflicts.Proposal) proposalKeys {
	k := proposalKeys{proposals, make([][6]byte, len(proposals))}
	used := make(map[string]bool, len(proposals))
	for i := range proposals {
		p := &proposals[i]
		dn := "" // as it is written
		if p.Owner.GUID == (conflicts.GUID{}) {
			dn = p.Owner.DN
		}
		made := fmt.Appendf(nil, "%q %s%q %q", p.Conflict.ID, p.Owner.GUID, dn, p.New)
		for _, c := range p.Owner.Claims {
			made = fmt.Appendf(made, " %s %q", c.Attribute, c.Value)
		}
		for n := 0; n == 0 || used[k.of(i)]; n++ {
			sum := sha256.Sum256(fmt.Appendf(made, " %d", n))
			copy(k.digests[i][:], base32.StdEncoding.EncodeToString(sum[:]))
		}
		used[k.of(i)] = true
	}
	return k
}

// of returns the key of the i-th proposal.
func (k proposalKeys) of(i int) string {
	return k.proposals[i].Conflict.ID + "/" + string(k.digests[i][:])
}
