"""LangChain's client, unmodified: one answer at once, one streamed. Prints what it got as JSON."""

import json
import sys

from langchain_openai import ChatOpenAI

model = ChatOpenAI(base_url=sys.argv[1], api_key="none", model="rag/docs", max_retries=0)
question = "How long are backups kept?"
pieces = [piece.content for piece in model.stream(question)]
print(json.dumps({
    "whole": model.invoke(question).content,
    "streamed": "".join(pieces),
    "chunks": sum(bool(piece) for piece in pieces),
}))
