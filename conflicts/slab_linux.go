package conflicts

import (
	"syscall"
	"unsafe"
)

// preferHugePages asks for pages of 2 MiB instead of 4 KiB behind memory that was not
// used yet. Where the kernel has some and gives them to those who ask, it comes with a
// fraction of the page faults, which are a quarter of what it costs to fill an index.
func preferHugePages[T any](unused []T) {
	octets := cap(unused) * int(unsafe.Sizeof(*new(T)))
	memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(unused))), octets)
	syscall.Madvise(memory, syscall.MADV_HUGEPAGE) // if it fails, nothing is different
}
