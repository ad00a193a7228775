"""The official client of the Model Context Protocol: over HTTP where it is given an address, else a program's own input."""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters


async def main():
    where = sys.argv[1:]
    server = where[0] if where[0].startswith("http") else StdioServerParameters(command=where[0], args=where[1:])
    got = {}
    async with Client(server) as client:
        got["tools"] = [tool.name for tool in (await client.list_tools()).tools]

        async def call(name, arguments):
            result = await client.call_tool(name, arguments)
            return result.is_error, result.structured_content or result.content[0].text

        got["search"] = (await call("search", {"query": "backups"}))[1]
        got["ask"] = (await call("ask", {"question": "How long are backups kept?"}))[1]
        got["documents"] = (await call("list_documents", {}))[1]
        document = got["documents"]["documents"][0]["document_id"]
        got["document"] = (await call("get_document", {"document": document}))[1]
        got["unknown"] = await call("search", {"query": "x", "collection": "none"})
        got["wrong"] = await call("search", {"question": "x"})
    print(json.dumps(got))


asyncio.run(main())
