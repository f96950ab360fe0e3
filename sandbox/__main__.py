"""Run the sandbox: ``python -m sandbox --port 8400 --matters 1200 --seed 7``."""

import argparse
import socket
import sys

import uvicorn

from sandbox.controls import Controls
from sandbox.seed import Shares, WorldOptions
from sandbox.server import Sandbox, uvicorn_config

_EPILOG = """\
Addresses (HOST:PORT as printed when ready):
  /clio/{us,eu,ca,au}/api/v4/...   Clio Manage; OAuth below /clio/{region}/oauth
  /storage/...                     the storage host of Clio's documents (signed addresses only)
  /smartadvocate/SLUG/CaseSyncAPI/...   SmartAdvocate, an instance per firm; its host is all before /CaseSyncAPI
  /casepeer/SLUG/api/v1/...        CASEpeer, an instance per firm; its host is all before /api/v1
  /casestatus/v1/api/...           Case Status
  /soluno/SLUG/api/rest/...        Soluno, an instance per firm; its host is all before /api/rest
  /__sandbox__/...                 controls: reset, seed, clock, faults, requests, limits
  POST /__sandbox__/clio/token {"firm": "harrow-pike"} gives client id, secret and a refresh token
  GET /__sandbox__/smartadvocate/firms gives hosts, users and passwords (hub_admin, correct-horse-SLUG)
  POST /__sandbox__/casepeer/firms/SLUG/connect sets the two keys up and gives them
  GET /__sandbox__/soluno/firms gives hosts, logins, passwords and answers
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The outside systems as local servers, seeded, with fault switches. One process, Ctrl-C ends it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8400, help="port (default 8400; 0: any free one)")
    parser.add_argument("--matters", type=int, default=1200, help="matters per firm (default 1200, up to 100000)")
    parser.add_argument("--firms", type=int, default=1, help="firms (default 1: harrow-pike; the 2nd is lark-quill)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same world (default 7)")
    parser.add_argument("--trouble-free", action="store_true", help="seed complete, mapped, open matters only")
    parser.add_argument("--no-limits", action="store_true", help="switch the vendors' rate limits off")
    parser.add_argument(
        "--warm",
        nargs="?",
        const="clio",
        choices=("clio", "smartadvocate", "casepeer"),
        help="make every record of that vendor (default clio) before the first request, for fair timing",
    )
    parser.add_argument(
        "--check-openapi", action="store_true", help="check Clio requests against CLIO_OPENAPI; breaches answer 400"
    )
    return parser.parse_args()


def main() -> None:
    """Seed, listen, say where, serve."""
    wanted = _arguments()
    shares = Shares.trouble_free() if wanted.trouble_free else Shares()
    options = WorldOptions(seed=wanted.seed, matters=wanted.matters, firms=wanted.firms, shares=shares)
    sandbox = Sandbox(options, controls=Controls(limits_on=not wanted.no_limits), check_openapi=wanted.check_openapi)
    if wanted.warm:
        warming = {
            "clio": sandbox.clio.warm,
            "smartadvocate": sandbox.smartadvocate.warm,
            "casepeer": sandbox.casepeer.warm,
        }
        warming[wanted.warm]()
    listener = socket.create_server((wanted.host, wanted.port), backlog=2048)
    address = f"http://{wanted.host}:{listener.getsockname()[1]}"
    sys.stdout.write(
        f"sandbox ready: {address}/clio/us {address}/smartadvocate {address}/casepeer {address}/casestatus "
        f"{address}/soluno {address}/__sandbox__ "
        f"({wanted.firms} firm(s) of {wanted.matters} matters, seed {wanted.seed})\n"
    )
    sys.stdout.flush()
    uvicorn.Server(uvicorn_config(sandbox)).run(sockets=[listener])


if __name__ == "__main__":
    main()
