//go:build !linux

package conflicts

func preferHugePages[T any]([]T) {}
