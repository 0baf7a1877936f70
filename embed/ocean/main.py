"""An Ocean integration for AWS in which every kind is read by the Portolan component."""

import os

from loguru import logger
from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.context.resource import resource

from portolan_ocean import peer
from portolan_ocean.component import Component

# The process of the running resync. Started by the first kind that is read, so that it is a child of the process that reads (Ocean
# used to fork one for each kind), and not before its pools are forked.
running: Component | None = None


async def component() -> Component:
    global running
    left_behind = running is not None and (running.resync != event.id or running.busy or running.process.returncode is not None)
    if left_behind:
        await running.stop()
        running = None
    if running is None:
        key = peer.redaction_key(ocean.config.port.client_secret, ocean.config.integration.identifier)
        settings = peer.settings(ocean.integration_config, os.environ, key)
        running = await Component.start(event.id, settings, [peer.wanted(each) for each in event.port_app_config.resources])
    return running


@ocean.on_start()
async def on_start() -> None:
    if ocean.integration_config.get("live_events_api_key"):
        logger.warning("live_events_api_key is set, and live events are not served: a change is seen by the next resync")


@ocean.on_resync()
async def resync(kind: str):
    process = await component()
    try:
        async for batch in process.read(resource.index):
            yield batch
    finally:
        # In the middle of a kind (aborted, or something went wrong) its answers would be taken for the next kind's.
        is_last = resource.index == len(event.port_app_config.resources) - 1
        if process.busy or is_last:
            await process.stop()
