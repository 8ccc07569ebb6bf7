package main

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errMalformed = errors.New("malformed")

func must(ok bool) {
	if !ok {
		panic(errMalformed)
	}
}

type reader struct{ b []byte }

func (r *reader) take(n int64) []byte {
	must(n >= 0 && n <= int64(len(r.b)))
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) long() int64 {
	v, n := binary.Varint(r.b)
	must(n > 0 && v <= 9007199254740990 && v >= -9007199254740990)
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte { return r.take(r.long()) }

func (r *reader) blocks(item func()) {
	for n := r.long(); n > 0; n = r.long() {
		for ; n > 0; n-- {
			item()
		}
	}
}

func (r *reader) index(size int) int {
	i := r.long()
	must(i >= 0 && i < int64(size))
	return int(i)
}

// A field of a record, nested ones by their path; kind is that of Avro, u64 for decimal text.
type field struct {
	path, kind string
	isOptional bool
	symbols    []any
	isKept     bool
}

type writer struct {
	name   string
	fields []field
}

// flatten lists the fields of a schema in the order of their bytes.
func (w *writer) flatten(schema any, path string, isOptional bool) {
	if union, ok := schema.([]any); ok {
		check(len(union) == 2 && union[0] == "null", "the union at %s is none of the specification", path)
		w.flatten(union[1], path, true)
		return
	}
	s, isMap := schema.(map[string]any)
	if !isMap {
		s = map[string]any{"type": schema}
	}
	if fields, ok := s["fields"].([]any); ok {
		for _, each := range fields {
			one := each.(map[string]any)
			w.flatten(one["type"], path+"/"+one["name"].(string), false)
		}
		return
	}
	kind, ok := s["type"].(string)
	if !ok {
		w.flatten(s["type"], path, isOptional)
		return
	}
	if s["logicalType"] == "u64" {
		kind = "u64"
	}
	symbols, _ := s["symbols"].([]any)
	w.fields = append(w.fields, field{path, kind, isOptional, symbols, strings.Contains(" "+kept, " "+path+" ")})
}

const kept = "/eventId /source /slot /signature /instruction/action /instruction/data/claimer /instruction/data/amount /instruction/data/id " +
	"/channel /protocolState /succeeded /commitment /retracted /tx/blockTime /method /endpoint /fromSlot /signatures /blockTime "

// ok is false for null and for what the writer did not write.
type value struct {
	ok bool
	s  string
	n  int64
}

type named struct {
	path string
	value
}
type row []named

func (r row) get(path string) value {
	for i := range r {
		if r[i].path == path {
			return r[i].value
		}
	}
	return value{}
}

// read gives the fields of a body by path; nil for one that does not decode.
func (w *writer) read(body []byte) (out row) {
	defer func() {
		if err := recover(); err == errMalformed {
			out = nil
		} else if err != nil {
			panic(err)
		}
	}()
	r := &reader{body}
	for _, f := range w.fields {
		if f.isOptional && r.index(2) == 0 {
			continue
		}
		v := value{ok: true}
		switch f.kind {
		case "string", "u64":
			b := r.bytes()
			if f.kind == "u64" {
				_, err := strconv.ParseUint(string(b), 10, 64)
				must(err == nil && len(b) <= 20)
			}
			if f.isKept && utf8.Valid(b) {
				v.s = string(b)
			} else if f.isKept {
				v.s = string([]rune(string(b))) // U+FFFD for what is no UTF-8
			}
		case "bytes":
			r.bytes()
		case "enum":
			v.s = f.symbols[r.index(len(f.symbols))].(string)
		case "boolean":
			v.n = int64(r.take(1)[0])
		case "int", "long":
			v.n = r.long()
		case "array": // of text
			r.blocks(func() { r.bytes() })
		default:
			check(false, "the type %s at %s is none of the specification", f.kind, f.path)
		}
		if f.isKept {
			out = append(out, named{f.path, v})
		}
	}
	must(len(r.b) == 0)
	return out
}
