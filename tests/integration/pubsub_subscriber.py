#!/usr/bin/env python3
"""An ordinary XMPP client that subscribes to a XEP-0060 node and knows nothing of Courant.

    pubsub_subscriber.py HOST:PORT CA USER PASSWORD SERVICE NODE READINGS

Prints "subscribed", then `licence series unit` and the value of each reading, until there are so many; what
the node holds already counts.
"""

import asyncio
import sys

import slixmpp

SENML = "{urn:ietf:params:xml:ns:senml}"


async def follow(client, service, node, wanted):
    over = asyncio.get_running_loop().create_future()
    seen = set()
    left = int(wanted)

    def take(item):
        nonlocal left
        if item["id"] in seen or item["payload"] is None:
            return
        seen.add(item["id"])
        envelope = item["payload"]
        values = [record.get("v") for record in envelope.iter(SENML + "senml")]
        print(envelope.get("licence"), envelope.get("series"), envelope.get("unit"), *values, flush=True)
        left -= len(values)
        if left <= 0 and not over.done():
            over.set_result(None)

    client.add_event_handler("pubsub_publish", lambda message: take(message["pubsub_event"]["items"]["item"]))
    client.send_presence()
    pubsub = client["xep_0060"]
    while True:
        try:
            await pubsub.subscribe(service, node)
            break
        except slixmpp.exceptions.IqError as error:
            if error.iq["error"]["condition"] != "item-not-found":
                raise
            await asyncio.sleep(0.2)  # it appears with its first item
    print("subscribed", flush=True)
    for item in (await pubsub.get_items(service, node))["pubsub"]["items"]["substanzas"]:
        take(item)
    await over


def main():
    address, ca, user, password, service, node, wanted = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = slixmpp.ClientXMPP(user, password)
    client.ca_certs = ca
    client.register_plugin("xep_0060")
    over = loop.create_future()

    async def on_session(_):
        try:
            await follow(client, service, node, wanted)
            over.set_result(None)
        except Exception as error:
            over.set_exception(error)

    client.add_event_handler("session_start", on_session)
    client.connect((host, int(port)))
    loop.run_until_complete(asyncio.wait_for(over, timeout=90))
    client.disconnect()
    loop.run_until_complete(asyncio.wait_for(client.disconnected, timeout=10))


if __name__ == "__main__":
    main()
