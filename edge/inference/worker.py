"""The process that runs a delegate: `python -m edge.inference.worker FD`.

Drivers crash and hang. Here that ends this process and not the daemon. It serves one socket, ends
when the other side is gone, and is ended by the kernel when an inference outlives its limit by far
while the daemon is no longer there to end it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

from edge.errors import EdgeError
from edge.inference.interpreter import LocalGraph
from edge.inference.placement import Delegate, Placement
from edge.inference.runtime import find_runtime
from edge.inference.wire import (
    Done,
    Load,
    Ready,
    Refused,
    Reply,
    Run,
    decode_request,
    described,
    packed,
    receive,
    send,
    unpacked,
)

GRACE_S = 5.0
"""beyond the limit, after which nobody waits any more"""


def serve(channel: socket.socket) -> None:
    """Answer requests until the other side closes."""
    graphs: dict[str, LocalGraph] = {}
    while True:
        try:
            request = decode_request(receive(channel))
        except EOFError:
            return
        # a hung driver holds the interpreter's lock: only the kernel can act then
        signal.setitimer(signal.ITIMER_REAL, request.limit_s + GRACE_S)
        reply: Reply
        try:
            reply = _load(graphs, request) if isinstance(request, Load) else _run(graphs, request)
        except (EdgeError, OSError, ValueError, RuntimeError, AttributeError) as error:
            reply = Refused(_clause(error))
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(channel, reply)


def _clause(error: Exception) -> str:
    """What the runtime or the driver says, on one line."""
    words = " ".join(str(error.__cause__ or error).split())
    return words.rstrip(".") or type(error).__name__


def _load(graphs: dict[str, LocalGraph], request: Load) -> Ready:
    delegate = Delegate(request.library, request.options) if request.library else None
    placement = Placement(find_runtime(request.runtime), request.threads, request.xnnpack, delegate)
    graph = graphs[request.name] = LocalGraph(request.content, placement, request.name)
    return Ready([described(s) for s in graph.inputs], [described(s) for s in graph.outputs])


def _run(graphs: dict[str, LocalGraph], request: Run) -> Done:
    graph = graphs[request.name]
    return Done(packed(graph.run(unpacked(request.values, graph.inputs))))


def main() -> None:
    """Serve the socket whose number is the argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        try:
            serve(channel)
        except OSError:  # the daemon went away in the middle of an answer
            return


if __name__ == "__main__":
    main()
