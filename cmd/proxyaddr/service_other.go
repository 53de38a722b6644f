//go:build !windows

package main

import "context"

// asService runs work directly: only Windows has a service manager that expects answers.
func asService(ctx context.Context, work func(context.Context) (int, error)) (int, error) {
	return work(ctx)
}
