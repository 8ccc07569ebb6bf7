"""What the schema's own scalars look like: Schemathesis cannot know."""

from hypothesis import strategies as st
from schemathesis import graphql
from schemathesis.graphql import nodes

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# Every slot that a minSlot can name is proven: a refusal would count as a fault. Larger numbers are ours to send.
graphql.scalar("U64", st.integers(0, 2**53 - 1).map(str).map(nodes.String))
graphql.scalar("Hash", st.text("0123456789abcdef", min_size=64, max_size=64).map(nodes.String))
graphql.scalar("Address", st.text(BASE58, min_size=32, max_size=44).map(nodes.String))
