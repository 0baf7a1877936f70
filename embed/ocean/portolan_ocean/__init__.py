"""Serves Ocean's kinds by the Portolan component.

Ocean forks a pool of processes for each batch that it maps, and wasmtime has threads, whose locks a fork copies in whatever state
they are. So the component never runs in Ocean's process: `component` starts a fresh interpreter, `worker` is what runs there.

    main.py ── component.py ══ JSON Lines over pipes ══ worker.py ── estates.py, reading.py ── portolan
"""
