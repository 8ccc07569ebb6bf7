"""Asks for the newest root of a channel, then follows its roots through lost connections.

Usage: follow_roots.py GATEWAY_URL CHANNEL COUNT
"""

import asyncio
import json
import sys
from contextlib import aclosing

from websockets.exceptions import WebSocketException

from attention_oracle import Client
from attention_oracle.exceptions import GraphQLClientError

PAUSE_SECONDS = 0.2


def say(kind: str, epoch: str, root: str) -> None:
    print(json.dumps({kind: {"epoch": epoch, "root": root}}), flush=True)


async def main(gateway: str, channel: str, count: int) -> None:
    client = Client(url=f"{gateway}/graphql", ws_url=f"{gateway.replace('http', 'ws', 1)}/graphql")
    async with client:
        answer = await client.newest_roots(channel=channel, first=1)
        for edge in answer.roots.edges:
            say("newest", edge.node.epoch, edge.node.root)

        # Everything behind the cursor comes, whatever happened to the connection meanwhile.
        cursor = "beginning"
        while count > 0:
            try:
                async with aclosing(client.follow_roots(channel=channel, after=cursor)) as items:
                    async for item in items:
                        root = item.root_finalized
                        say("item", root.epoch, root.root)
                        cursor = root.cursor
                        count -= 1
                        if count == 0:
                            return
            except (OSError, WebSocketException, GraphQLClientError) as failure:
                print(f"again after {cursor} because {failure!r}", file=sys.stderr)
            await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
