// Command verifier makes the roots of an archive again, by docs/spec.md and nothing of the platform: archive in, roots out.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

type rules struct {
	duration, threshold    int64
	base                   uint64
	recipe, oddNode, state string
}

type entry struct {
	ID, Partition, Records int
	FirstOffset            int64
	File, Sha256, Topic    string
	Partitions             []entry
}

func check(ok bool, format string, args ...any) {
	if !ok {
		fmt.Fprintf(os.Stderr, "verifier: "+format+"\n", args...)
		os.Exit(1)
	}
}

func read(file, digest string) []byte {
	data, err := os.ReadFile(filepath.Join(os.Args[1], file))
	check(err == nil && (digest == "" || fmt.Sprintf("%x", sha256.Sum256(data)) == digest), "%s is not the file of the manifest", file)
	return data
}

func main() {
	debug.SetGCPercent(400)
	check(len(os.Args) == 2, "usage: verifier ARCHIVE")
	var m struct {
		Rules           map[string]string
		ProtocolState   string
		Schemas, Topics []entry
	}
	check(json.Unmarshal(read("manifest.json", ""), &m) == nil, "manifest.json cannot be read")
	number := func(name string) uint64 {
		n, err := strconv.ParseUint(m.Rules[name], 10, 63)
		check(err == nil, "rule %s is missing", name)
		return n
	}
	r := &rules{int64(number("EPOCH_DURATION_SLOTS")), int64(number("FINALIZE_THRESHOLD_SECS")), number("EPOCH_BASE"),
		m.Rules["ROOT_RECIPE"], m.Rules["ROOT_ODD_NODE"], m.ProtocolState}
	writers := map[int]*writer{}
	for _, s := range m.Schemas {
		var schema map[string]any
		check(json.Unmarshal(read(s.File, s.Sha256), &schema) == nil, "%s is no schema", s.File)
		w := &writer{name: fmt.Sprint(schema["namespace"], ".", schema["name"])}
		if w.name == "attentionoracle.StreamEvent" || w.name == "attentionoracle.SlotWatermark" {
			w.flatten(schema, "", false)
			writers[s.ID] = w
		}
	}
	for _, topic := range m.Topics {
		for _, one := range topic.Partitions {
			if topic.Topic != "ao.stream-events.v1" {
				continue
			}
			check(one.FirstOffset == 0, "the beginning of partition %d is gone", one.Partition)
			p := newPartition(r, one.Partition)
			records := p.replay(read(one.File, one.Sha256), writers)
			check(records == one.Records, "%s holds %d records, not %d", one.File, records, one.Records)
			fmt.Print(strings.Join(append(p.roots, ""), "\n"))
		}
	}
}

// replay applies every record of a container file and gives their number.
func (p *partition) replay(file []byte, writers map[int]*writer) (records int) {
	r := &reader{file}
	check(string(r.take(4)) == "Obj\x01", "partition %d is no Avro container", p.number)
	r.blocks(func() {
		key, item := string(r.bytes()), string(r.bytes())
		check(key != "avro.codec" || item == "deflate", "codec %s is not written here", item)
	})
	for sync := r.take(16); len(r.b) > 0; {
		count, packed := r.long(), r.bytes()
		data, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
		check(err == nil && bytes.Equal(r.take(16), sync), "a block of partition %d is damaged", p.number)
		for b := (&reader{data}); count > 0; count-- {
			p.apply(b, writers)
			records++
		}
	}
	return records
}

// apply reads an ArchivedRecord (section 9) and takes in what it holds.
func (p *partition) apply(b *reader, writers map[int]*writer) {
	optional := func() []byte {
		if b.index(2) == 0 {
			return nil
		}
		return b.bytes()
	}
	offset, _, _ := b.long(), b.long(), optional()
	b.blocks(func() { b.bytes(); optional() })
	value := optional()
	if len(value) < 5 || value[0] != 0 {
		return
	}
	w := writers[int(int32(binary.BigEndian.Uint32(value[1:])))]
	if w == nil {
		return
	}
	if row := w.read(value[5:]); row != nil && w.name == "attentionoracle.StreamEvent" {
		p.event(row)
	} else if row != nil {
		p.watermark(row, offset)
	}
}
