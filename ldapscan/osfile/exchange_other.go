//go:build unix && !linux && !darwin

package osfile

import "errors"

// Exchange cannot be done in one step.
func Exchange(a, b string) error { return errors.ErrUnsupported }
