#!/usr/bin/env python3
"""Asks for a history as the deployed Quoalise client does, and reads the answer as that one does.

    quoalise_client.py HOST:PORT CA USER PASSWORD PROXY IDENTIFIER START END

Prints `time value unit name` for each record, or `ERROR condition: text`; START and END may be "-" for
times that the user left out. Exit code 0 in both cases, another where the client would have failed.
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
ERRORS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"


def field(name, value):
    if value == "-":
        return "\n            "  # the client leaves blanks where a time was not given
    return f"""
                <field var="{name}" type="text-single">
                  <value>{value}</value>
                </field>"""


def request(identifier, start, end):
    return ET.fromstring(f"""<command xmlns="http://jabber.org/protocol/commands" node="get_history" action="execute">
              <x xmlns="jabber:x:data" type="submit">{field("identifier", identifier)}
{field("start_time", start)}{field("end_time", end)}
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


def tell(answer):
    command = answer.xml.find(COMMANDS + "command")
    if command is None or command.get("status") != "completed":
        raise RuntimeError("the command is not completed")
    data = command.find(f"{QUOALISE}quoalise/{QUOALISE}data")
    if data is None or data.find(QUOALISE + "meta") is None:
        raise RuntimeError("no data, or data without meta")
    if len(data.find(QUOALISE + "meta")) == 0:
        raise RuntimeError("an empty meta")
    sensml = data.find(SENML + "sensml")
    for record in records(sensml) if sensml is not None else []:
        print(*record)


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


async def ask(client, proxy, identifier, start, end):
    iq = client.make_iq_set(ito=proxy)
    iq["id"] = uuid.uuid4().hex
    iq.append(request(identifier, start, end))
    try:
        tell(await iq.send(timeout=60))
    except slixmpp.exceptions.IqError as error:
        tell_error(error.iq)


def main():
    address, ca, user, password, proxy, identifier, start, end = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = slixmpp.ClientXMPP(user, password)
    client.ca_certs = ca
    over = loop.create_future()

    async def on_session(_):
        client.send_presence(ppriority=-1)
        try:
            await ask(client, proxy, identifier, start, end)
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
