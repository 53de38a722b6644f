// Package schematest holds JSON documents to the schema that programs are promised,
// docs/output.schema.json. It is for tests.
package schematest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Docs is the directory of the schema and of what is written about it.
func Docs() string { return filepath.Join(root, "docs") }

// root is the directory of the module, above that of the package under test. Tests may be
// built elsewhere than where they run.
var root = func() string {
	dir, _ := os.Getwd()
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return "."
}()

// Path is the file of the schema.
func Path() string { return filepath.Join(Docs(), "output.schema.json") }

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat() // else any text is a date-time
	c.AssertContent()
	return c.Compile(Path())
})

// Check says what of an output the schema does not allow. The output is one document
// of --format json, or the lines of --format jsonl.
func Check(output []byte) error {
	schema, err := compiled()
	if err != nil {
		return err
	}
	documents := [][]byte{output}
	if bytes.HasPrefix(output, []byte(`{"`)) {
		documents = bytes.Split(bytes.TrimSuffix(output, []byte("\n")), []byte("\n"))
	}
	for i, document := range documents {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			return fmt.Errorf("document %d of %d: %w", i+1, len(documents), err)
		}
	}
	return nil
}
