// Asks for the newest root of a channel, then follows its roots through lost connections.
// Usage: follow-roots GATEWAY_URL CHANNEL COUNT
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
)

const pause = 200 * time.Millisecond

// dialer gives gorilla's sockets to genqlient, which asks for graphql-transport-ws itself.
type dialer struct{ websocket.Dialer }

func (d dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	conn, response, err := d.Dialer.DialContext(ctx, url, header)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	return conn, err
}

type place struct {
	Epoch string `json:"epoch"`
	Root  string `json:"root"`
}

func say(kind string, epoch string, root string) {
	line, _ := json.Marshal(map[string]place{kind: {Epoch: epoch, Root: root}})
	fmt.Println(string(line))
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: follow-roots GATEWAY_URL CHANNEL COUNT")
		os.Exit(2)
	}
	gateway, channel := os.Args[1]+"/graphql", os.Args[2]
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "COUNT is a whole number")
		os.Exit(2)
	}
	ctx := context.Background()

	answer, err := NewestRoots(ctx, graphql.NewClient(gateway, http.DefaultClient), channel, 1)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the query failed:", err)
		os.Exit(1)
	}
	for _, edge := range answer.Roots.Edges {
		say("newest", edge.Node.Epoch, edge.Node.Root)
	}

	// Everything behind the cursor comes, whatever happened to the connection meanwhile.
	cursor := "beginning"
	for left := count; left > 0; {
		if err := follow(ctx, gateway, channel, &cursor, &left); err != nil {
			fmt.Fprintln(os.Stderr, "again after", cursor, "because", err)
			time.Sleep(pause)
		}
	}
}

// follow reads until nothing is left to read, or the connection ends.
func follow(ctx context.Context, gateway string, channel string, cursor *string, left *int) error {
	url := "ws" + strings.TrimPrefix(gateway, "http")
	client := graphql.NewClientUsingWebSocket(url, dialer{})
	failed, err := client.Start(ctx)
	if err != nil {
		return err
	}
	defer func() {
		// Close waits for whoever reads why the connection ended.
		go func() {
			for range failed {
			}
		}()
		_ = client.Close()
	}()
	items, _, err := FollowRoots(ctx, client, channel, *cursor)
	if err != nil {
		return err
	}
	for *left > 0 {
		select {
		case err := <-failed:
			return fmt.Errorf("the connection ended: %v", err)
		case item, open := <-items:
			if !open {
				return fmt.Errorf("the subscription ended")
			}
			if item.Errors != nil {
				return item.Errors
			}
			root := item.Data.RootFinalized
			say("item", root.Epoch, root.Root)
			*cursor = root.Cursor
			*left--
		}
	}
	return nil
}
