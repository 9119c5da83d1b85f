// Reads the log of a running gate with Go's own implementation (golang.org/x/mod/sumdb), and shows a witness logs that Go made: honest ones, one
// that was set back, one with another past.
//
//	main key                                        prints the key of Go's log, for the witness
//	main GATE TOKEN KEY WITNESS WITNESS_KEY         KEY and WITNESS_KEY are verifier keys
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func try[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func must(holds bool, what string, arguments ...any) {
	if !holds {
		panic(fmt.Sprintf(what, arguments...))
	}
}

type gate struct{ address, token string }

func (g gate) ask(method, path string, body []byte) (int, []byte) {
	request := try(http.NewRequest(method, g.address+path, bytes.NewReader(body)))
	if g.token != "" {
		request.Header.Set("Authorization", "Bearer "+g.token)
	}
	request.Header.Set("Content-Type", "application/json")
	answer := try(http.DefaultClient.Do(request))
	defer answer.Body.Close()
	return answer.StatusCode, try(io.ReadAll(answer.Body))
}

func (g gate) get(path string) []byte {
	status, body := g.ask("GET", path, nil)
	must(status == 200, "%s: %d %s", path, status, body)
	return body
}

// The form in which Go reads tiles; the specification has no height in paths.
func (g gate) Height() int { return 8 }
func (g gate) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		all = append(all, g.get("/log/"+strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return all, nil
}
func (g gate) SaveTiles([]tlog.Tile, [][]byte) {}

func (g gate) head(verifier note.Verifier) tlog.Tree {
	opened := try(note.Open(g.get("/log/checkpoint"), note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	must(lines[0] == verifier.Name(), "origin %q", lines[0])
	return tlog.Tree{N: try(strconv.ParseInt(lines[1], 10, 64)), Hash: try(tlog.ParseHash(lines[2]))}
}

func (g gate) entry(index int64, size int64) []byte {
	width := size - index/256*256
	if width > 256 {
		width = 256
	}
	path := fmt.Sprintf("%03d", index/256)
	if width < 256 {
		path += fmt.Sprintf(".p/%d", width)
	}
	data := g.get("/log/tile/entries/" + path)
	for skip := index % 256; skip > 0; skip-- {
		data = data[2+int(binary.BigEndian.Uint16(data)):]
	}
	return data[2 : 2+int(binary.BigEndian.Uint16(data))]
}

func reads(g gate, verifier note.Verifier) {
	first := g.head(verifier)
	for n := 0; n < 300; n++ {
		body := fmt.Sprintf(`{"name":"oracle%d","roles":["user"]}`, n)
		status, answer := g.ask("POST", "/api/v1/people", []byte(body))
		must(status == 201, "%d %s", status, answer)
	}
	tree := g.head(verifier)
	must(tree.N >= first.N+300, "the log has %d records, it had %d", tree.N, first.N)
	hashes := tlog.TileHashReader(tree, g)
	must(try(tlog.TreeHash(tree.N, hashes)) == tree.Hash, "another root")
	for _, index := range []int64{0, 1, 255, 256, 257, tree.N - 1} {
		entry := g.entry(index, tree.N)
		proof := try(tlog.ProveRecord(tree.N, index, hashes))
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			panic(err)
		}
		text := string(g.get(fmt.Sprintf("/api/v1/log/records/%d/tlog-proof", index)))
		lines := strings.Split(strings.SplitN(text, "\n\n", 2)[0], "\n")[2:]
		must(len(lines) == len(proof), "record %d: %d hashes, Go has %d", index, len(lines), len(proof))
		for at, hash := range proof {
			must(lines[at] == hash.String(), "record %d: another proof", index)
		}
		must(string(g.get(fmt.Sprintf("/api/v1/log/records/%d", index))) == string(entry), "another entry")
	}
	var grown struct{ Proof []string }
	if err := json.Unmarshal(g.get(fmt.Sprintf("/api/v1/log/consistency?old=%d&size=%d", first.N, tree.N)), &grown); err != nil {
		panic(err)
	}
	proof := try(tlog.ProveTree(tree.N, first.N, hashes))
	must(len(grown.Proof) == len(proof), "consistency: %d hashes, Go has %d", len(grown.Proof), len(proof))
	for at, hash := range proof {
		must(grown.Proof[at] == hash.String(), "consistency: another proof")
	}
	fmt.Printf("the log of the gate: %d records, as Go reads them\n", tree.N)
}

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, m[index])
	}
	return found, nil
}

func made(entries []string) memory {
	var hashes memory
	for n, entry := range entries {
		hashes = append(hashes, try(tlog.StoredHashes(int64(n), []byte(entry), hashes))...)
	}
	return hashes
}

func ask(w gate, signer note.Signer, entries []string, old int64) (int, string, string) {
	hashes, size := made(entries), int64(len(entries))
	text := fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), size, try(tlog.TreeHash(size, hashes)))
	body := fmt.Sprintf("old %d\n", old)
	if old > 0 && old < size {
		for _, hash := range try(tlog.ProveTree(size, old, hashes)) {
			body += hash.String() + "\n"
		}
	}
	body += "\n" + string(try(note.Sign(&note.Note{Text: text}, signer)))
	status, answer := w.ask("POST", "/add-checkpoint", []byte(body))
	return status, string(answer), text
}

// C2SP tlog-cosignature by the specification, with Go's Ed25519.
func cosigned(key, answer, text string) bool {
	parts := strings.SplitN(key, "+", 3)
	public := try(base64.StdEncoding.DecodeString(parts[2]))
	line := strings.Split(strings.TrimSuffix(answer, "\n"), " ")
	must(len(line) == 3 && line[0] == "—" && line[1] == parts[0], "no signature: %q", answer)
	data := try(base64.StdEncoding.DecodeString(line[2]))
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), public...))
	must(public[0] == 4 && len(data) == 4+8+64 && bytes.Equal(data[:4], id[:4]), "another kind of signature")
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(data[4:12]), text)
	return ed25519.Verify(public[1:], []byte(message), data[12:])
}

func witnessed(w gate, key string, signer note.Signer) {
	signs := func(entries []string, old int64) {
		status, answer, text := ask(w, signer, entries, old)
		must(status == 200, "%d %s", status, answer)
		must(cosigned(key, answer, text), "the cosignature does not hold")
	}
	refuses := func(expected int, entries []string, old int64) string {
		status, answer, _ := ask(w, signer, entries, old)
		must(status == expected, "%d instead of %d: %s", status, expected, answer)
		return answer
	}
	log := []string{}
	for n := 0; n < 70; n++ {
		log = append(log, fmt.Sprintf("entry %d", n))
	}
	signs(log[:1], 0)
	signs(log[:1], 1)
	signs(log[:13], 1)
	signs(log[:64], 13)
	signs(log, 64)
	must(refuses(409, log[:64], 13) == "70\n", "no size")
	must(refuses(409, log[:64], 64) == "70\n", "no size")
	refuses(400, log[:64], 70)
	other := append([]string{"another past"}, log[1:]...)
	refuses(409, other, 70)
	refuses(422, append(other, "more"), 70)
	stranger := try(note.NewSigner(first(note.GenerateKey(seed(9), signer.Name()))))
	status, _, _ := ask(w, stranger, append(log, "more"), 70)
	must(status == 403, "%d for a stranger", status)
	unknown := try(note.NewSigner(first(note.GenerateKey(seed(1), "nobody.example/log"))))
	status, _, _ = ask(w, unknown, log, 0)
	must(status == 404, "%d for a log that is not known", status)
	status, _ = w.ask("POST", "/add-checkpoint", bytes.Repeat([]byte("x"), 1<<20))
	must(status == 413 || status == 400, "%d for a huge request", status)
	fmt.Println("the witness: signs what Go's log is, and nothing that it was not")
}

// The seed of a known key: one byte, 32 times.
type seed byte

func (s seed) Read(bytes []byte) (int, error) {
	for i := range bytes {
		bytes[i] = byte(s)
	}
	return len(bytes), nil
}

func first(secret, public string, err error) string {
	if err != nil {
		panic(err)
	}
	return secret
}

func main() {
	if len(os.Args) == 2 {
		_, public, err := note.GenerateKey(seed(7), "oracle.example/log")
		if err != nil {
			panic(err)
		}
		fmt.Println(public)
		return
	}
	reads(gate{os.Args[1], os.Args[2]}, try(note.NewVerifier(os.Args[3])))
	signer := try(note.NewSigner(first(note.GenerateKey(seed(7), "oracle.example/log"))))
	witnessed(gate{address: os.Args[4]}, os.Args[5], signer)
}
