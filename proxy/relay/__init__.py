"""Sends the response back to the client: bytes, tunnels, merged model lists, and the headers that the proxy adds.

``proxy.forward`` hands accepted requests over to this room.
May import: everything below ``proxy.plan``; never a database or a scorer.
"""
