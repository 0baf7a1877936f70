"""Ocean's own `run`, as `ocean sail` calls it, but for where it listens: Ocean has 0.0.0.0 in its code, and tests stay on loopback."""

import uvicorn

serve = uvicorn.run
uvicorn.run = lambda app, **settings: serve(app, **{**settings, "host": "127.0.0.1"})

from port_ocean import run  # noqa: E402

run(path=".", port=0)
