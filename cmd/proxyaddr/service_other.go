//go:build !windows

package main

import "context"

// asService runs work as it is: only Windows has a service manager that has to be answered.
func asService(ctx context.Context, work func(context.Context) (int, error)) (int, error) {
	return work(ctx)
}
