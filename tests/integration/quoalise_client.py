#!/usr/bin/env python3
"""Does what the deployed Quoalise client does, and reads what comes as that one does. Written from what is
known of the wire, without a line of that client.

    quoalise_client.py get-history HOST:PORT CA USER PASSWORD PROXY IDENTIFIER START END
    quoalise_client.py subscribe   HOST:PORT CA USER PASSWORD PROXY IDENTIFIER
    quoalise_client.py unsubscribe HOST:PORT CA USER PASSWORD PROXY IDENTIFIER
    quoalise_client.py form        HOST:PORT CA USER PASSWORD PROXY NODE IDENTIFIER    in two stages
    quoalise_client.py listen      HOST:PORT CA USER PASSWORD RECORDS                  until there are so many
    quoalise_client.py refuse      HOST:PORT CA USER PASSWORD                          one push, as unreadable

Prints `time value unit name` for each record, "Success", or `ERROR condition: text`; START and END may be "-"
for times that the user left out. `listen` prints "listening" first, and "late" before what the server had
kept. Exit code 0 in all cases, another where the client would have failed.
"""

import asyncio
import datetime
import sys
import uuid
import xml.etree.ElementTree as ET

import slixmpp

COMMANDS = "{http://jabber.org/protocol/commands}"
QUOALISE = "{urn:quoalise:0}"
SENML = "{urn:ietf:params:xml:ns:senml}"
DELAY = "{urn:xmpp:delay}"
FORM = "{jabber:x:data}"
ERRORS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"


def field(name, value):
    if value == "-":
        return "\n            "  # the client leaves blanks where a time was not given
    return f"""
                <field var="{name}" type="text-single">
                  <value>{value}</value>
                </field>"""


def request(node, fields, attributes='action="execute"'):
    return ET.fromstring(f"""<command xmlns="http://jabber.org/protocol/commands" node="{node}" {attributes}>
              <x xmlns="jabber:x:data" type="submit">{"".join(field(*one) for one in fields)}
              </x>
            </command>""")


def records(sensml):
    """The client's reading: base and offset are added, base unit and unit put after one another."""
    name, time, unit = "", 0.0, ""
    for record in sensml.findall(SENML + "senml"):
        name = record.get("bn", name)
        time = float(record.get("bt", time))
        unit = record.get("bu", unit)
        moment = datetime.datetime.fromtimestamp(time + float(record.get("t", 0)), datetime.timezone.utc)
        yield (moment.isoformat(), float(record.get("v")), unit + record.get("u", ""), name + record.get("n", ""))


def tell_data(data):
    if data.find(QUOALISE + "meta") is None:
        raise RuntimeError("data without meta")
    if len(data.find(QUOALISE + "meta")) == 0:
        raise RuntimeError("an empty meta")
    sensml = data.find(SENML + "sensml")
    told = 0
    for record in records(sensml) if sensml is not None else []:
        print(*record)
        told += 1
    return told


def completed(answer):
    command = answer.xml.find(COMMANDS + "command")
    if command is None or command.get("status") != "completed":
        raise RuntimeError("the command is not completed")
    return command


def tell_history(answer):
    data = completed(answer).find(f"{QUOALISE}quoalise/{QUOALISE}data")
    if data is None:
        raise RuntimeError("no data")
    tell_data(data)


def tell_success(answer):
    command = completed(answer)
    if command.find(QUOALISE + "quoalise") is not None:
        raise RuntimeError("data where none is due")
    print(command.find(f"{FORM}x/{FORM}field[@var='result']/{FORM}value").text)


def tell_error(answer):
    error = answer.xml.find("{jabber:client}error")
    condition = next(child.tag.removeprefix(ERRORS) for child in error if child.tag.startswith(ERRORS))
    text = error.find(ERRORS + "text")
    if text is None or not text.text:
        raise RuntimeError("an error without a text")
    upstream = error.find(QUOALISE + "upstream-error")
    if upstream is not None:
        condition = f"{upstream.attrib['issuer']} {upstream.attrib['code']}"
    print(f"ERROR {condition}: {text.text}")


async def send(client, proxy, command):
    iq = client.make_iq_set(ito=proxy)
    iq["id"] = uuid.uuid4().hex
    iq.append(command)
    return await iq.send(timeout=60)


async def get_history(client, proxy, identifier, start, end):
    fields = [("identifier", identifier), ("start_time", start), ("end_time", end)]
    tell_history(await send(client, proxy, request("get_history", fields)))


async def subscribe(client, proxy, identifier):
    tell_success(await send(client, proxy, request("subscribe", [("identifier", identifier)])))


async def unsubscribe(client, proxy, identifier):
    tell_success(await send(client, proxy, request("unsubscribe", [("identifier", identifier)])))


async def form(client, proxy, node, identifier):
    """As a person's client: the form is asked for first."""
    empty = ET.Element(COMMANDS + "command", {"node": node, "action": "execute"})
    offered = (await send(client, proxy, empty)).xml.find(COMMANDS + "command")
    if offered.get("status") != "executing" or offered.find(f"{FORM}x[@type='form']/{FORM}field") is None:
        raise RuntimeError("no form")
    session = f'action="complete" sessionid="{offered.get("sessionid")}"'
    tell_success(await send(client, proxy, request(node, [("identifier", identifier)], session)))


def when_data(client, take):
    """The client takes whatever message has a <data>, of any type but error."""

    def handle(message):
        data = message.xml.find(f"{QUOALISE}quoalise/{QUOALISE}data")
        if data is not None and message["type"] != "error":
            take(message, data)

    client.register_handler(
        slixmpp.xmlstream.handler.Callback("data", slixmpp.xmlstream.matcher.MatchXPath("{jabber:client}message"), handle)
    )


async def listen(client, wanted):
    over = asyncio.get_running_loop().create_future()
    left = int(wanted)

    def take(message, data):
        nonlocal left
        if message.xml.find(DELAY + "delay") is not None:
            print("late")
        left -= tell_data(data)
        sys.stdout.flush()
        if left <= 0 and not over.done():
            over.set_result(None)

    when_data(client, take)
    client.send_presence(ppriority=1)
    print("listening", flush=True)
    await over


async def refuse(client):
    over = asyncio.get_running_loop().create_future()

    def take(message, _):
        if over.done():
            return
        error = client.make_message(mto=message["from"], mtype="error")
        error["id"] = message["id"]
        error["error"]["condition"] = "undefined-condition"
        error["error"]["text"] = "Slixmpp got into trouble."
        error.send()
        over.set_result(None)

    when_data(client, take)
    client.send_presence(ppriority=1)
    print("listening", flush=True)
    await over


async def run(client, command, arguments):
    try:
        await command(client, *arguments)
    except slixmpp.exceptions.IqError as error:
        tell_error(error.iq)


COMMAND = {
    "get-history": get_history,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "form": form,
    "listen": listen,
    "refuse": refuse,
}


def main():
    word, address, ca, user, password, *arguments = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = slixmpp.ClientXMPP(user, password)
    client.ca_certs = ca
    over = loop.create_future()

    async def on_session(_):
        if word not in ("listen", "refuse"):
            client.send_presence(ppriority=-1)
        try:
            await run(client, COMMAND[word], arguments)
            over.set_result(None)
        except Exception as error:
            over.set_exception(error)

    client.add_event_handler("session_start", on_session)
    client.add_event_handler("failed_all_auth", lambda _: over.set_exception(RuntimeError("no login")))
    client.connect((host, int(port)))
    loop.run_until_complete(asyncio.wait_for(over, timeout=90))
    client.disconnect()
    loop.run_until_complete(asyncio.wait_for(client.disconnected, timeout=10))


if __name__ == "__main__":
    main()
