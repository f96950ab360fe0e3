"""Speed and size of the nightly case sync, beside a bare script that makes the same requests.

``make bench`` (``python -m tests.bench``) prints one JSON document; progress goes to standard error.

What runs where: the sandbox, the Prefect server, the job and the bare script are four kinds of processes. The sandbox is
trouble-free and warm (every record made before the first request), its limits are raised and not off, so that it still
sends rate headers. The job (``tests.bench.job``) calls the flow ``nightly_case_sync`` in its own process and measures
itself around that call: importing, saving the blocks and starting Prefect's engine are not counted, its flow run, task runs
and API calls are. A process is started anew for each night, as a worker would.

The floor (``tests.bench.floor``) is asyncio + aiohttp and nothing else. Its plan comes from what the job did: the same
lists from the same first addresses, contacts by the id of every matter page, and one PUT for every case the job wrote
with the body that brings about what the portal holds now; 16 at a time, as the job. It meets a second sandbox, seeded the
same and fresh. ``same_requests`` says whether the two sandboxes counted the same requests by route.

The parts:

* ``nights``: (a) first sync, (b) a night in which nothing changed, (c) a night with 1 % changed. Only ratios mean
  anything, and each is formed of two measurements made right after each other; (b) is short, so it is taken three times
  and the median counts. ``fixed`` is a quiet night of hardly any cases: what Prefect and the connections cost however
  few there are. ``cpu`` is user + system seconds: it bears a busy machine better than ``wall``.
* ``memory``: peak RSS of the job at a quarter and at two and a half times the size, first sync and quiet night.
* ``smartadvocate``: what the nights of a firm of SmartAdvocate ask of it, for each thousand cases.
* ``growth``: wall and CPU at half, once and twice the size.
"""
