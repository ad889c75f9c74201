"""The answer's way back to the client: bytes, tunnels, merged model lists, and the headers that we add.

``proxy.forward`` hands an accepted request over to this room.
May import: everything below ``proxy.plan``; never a database or a scorer.
"""
