"""HTTP/1.1 to the providers: the only maker of upstream sockets.

May import: ``config``, ``net``, ``wire``, and the nouns.

``pool``            keep-alive connections of one origin, at constant cost
``connection``      one connection: bytes to httptools and back, flow control, time-outs
``framing``         a request as it goes on the wire
``fast_head``           the head of an ordinary response, read in one go
``quota``           how much of a quota is left, by the headers of an answer
``listener``       the interface of whoever gets the response
``addresses``       which addresses an upstream may have, and connecting to the first that answers
``egress``          through a proxy of the network's own (``HTTPS_PROXY``)
``early_response``  what a peer sent before its connection broke
``fetch``           a whole small exchange in one call
``transport``       the pool as an httpx transport
"""
