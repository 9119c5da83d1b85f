// Writes what Go's own implementation (golang.org/x/mod/sumdb: the one that the C2SP specifications grew out of) makes of trees, tiles, proofs,
// notes and cosignatures. `crates/weighhouse-log/tests/it/go.rs` compares.
//
//	apt-get install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run tools/oracles/log/main.go > crates/weighhouse-log/tests/fixtures/go.json
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proof struct {
	From  int64    `json:"from"`
	Size  int64    `json:"size"`
	Lines []string `json:"lines"`
}

type fixture struct {
	Roots       map[string]string `json:"roots"`
	Inclusion   []proof           `json:"inclusion"`
	Consistency []proof           `json:"consistency"`
	Tiles       map[string]string `json:"tiles"`
	Verifier    string            `json:"verifier"`
	Signer      string            `json:"signer"`
	Checkpoint  string            `json:"checkpoint"`
	Witness     string            `json:"witness"`
	Cosigned    string            `json:"cosigned"`
}

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, m[index])
	}
	return found, nil
}

func try[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func lines(hashes []tlog.Hash) []string {
	found := []string{}
	for _, hash := range hashes {
		found = append(found, hash.String())
	}
	return found
}

// The seed of a known key: one byte, 32 times.
type seed byte

func (s seed) Read(bytes []byte) (int, error) {
	for i := range bytes {
		bytes[i] = byte(s)
	}
	return len(bytes), nil
}

func main() {
	const size = 66_000
	var hashes memory
	for n := int64(0); n < size; n++ {
		stored := try(tlog.StoredHashes(n, []byte(fmt.Sprintf("entry %d", n)), hashes))
		hashes = append(hashes, stored...)
	}
	out := fixture{Roots: map[string]string{}, Tiles: map[string]string{}}
	for _, size := range []int64{1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 1000, 65535, 65536, 65537, 66000} {
		out.Roots[fmt.Sprint(size)] = try(tlog.TreeHash(size, hashes)).String()
		for _, from := range []int64{0, 1, 6, 255, 256, 300, 65536, size - 1} {
			if from < size {
				found := try(tlog.ProveRecord(size, from, hashes))
				out.Inclusion = append(out.Inclusion, proof{from, size, lines(found)})
			}
			if from > 0 && from <= size {
				found := try(tlog.ProveTree(size, from, hashes))
				out.Consistency = append(out.Consistency, proof{from, size, lines(found)})
			}
		}
	}
	for _, tile := range tlog.NewTiles(8, 0, size) {
		// The path of the specification has no height. Go lists every width that a tile ever had.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data := try(tlog.ReadTileData(tile, hashes))
		last := tile.N*256+int64(tile.W) == size>>(8*uint(tile.L))
		if last || tile.W == 256 && (tile.L > 0 || tile.N%100 == 0) {
			sum := sha256.Sum256(data)
			out.Tiles[path] = hex.EncodeToString(sum[:])
		}
	}

	signer, verifier, err := note.GenerateKey(seed(1), "example.com/log")
	if err != nil {
		panic(err)
	}
	out.Signer, out.Verifier = signer, verifier
	text := fmt.Sprintf("example.com/log\n%d\n%s\n", size, out.Roots[fmt.Sprint(size)])
	signed := try(note.Sign(&note.Note{Text: text}, try(note.NewSigner(signer))))
	out.Checkpoint = string(signed)
	out.Witness, out.Cosigned = cosign(text, out.Checkpoint)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}

// C2SP tlog-cosignature, which the package does not have: by the specification, with Go's Ed25519.
func cosign(text, signed string) (string, string) {
	const name, time = "witness.example/w1", 1_700_000_000
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("\x02", 32)))
	public := append([]byte{4}, key.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(name+"\n"), public...))
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	bytes := append([]byte{}, id[:4]...)
	bytes = binary.BigEndian.AppendUint64(bytes, time)
	bytes = append(bytes, ed25519.Sign(key, []byte(message))...)
	line := fmt.Sprintf("— %s %s\n", name, base64.StdEncoding.EncodeToString(bytes))
	verifier := fmt.Sprintf("%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString(public))
	return verifier, signed + line
}
