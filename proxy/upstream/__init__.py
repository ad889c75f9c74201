"""HTTP/1.1 to the providers: the only maker of upstream sockets.

``connection``  one connection: bytes to httptools and back, flow control, time-outs
``pool``        keep-alive connections of one origin, at constant cost
"""
