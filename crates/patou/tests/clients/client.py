"""The official client for Python, unmodified: one answer at once, one streamed. Prints what it got as JSON."""

import json
import sys

from openai import NotFoundError, OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
asked = {"model": "rag/docs", "messages": [{"role": "user", "content": "How long are backups kept?"}]}

whole = client.chat.completions.create(**asked).choices[0].message
text, chunks, annotations = "", 0, []
for chunk in client.chat.completions.create(**asked, stream=True):
    if chunk.choices:
        delta = chunk.choices[0].delta
        chunks += bool(delta.content)
        text += delta.content or ""
        annotations = getattr(delta, "annotations", None) or annotations
models = [model.id for model in client.models.list()]
vectors = client.embeddings.create(model=models[-1], input=["one", "two"]).data
try:
    client.chat.completions.create(**{**asked, "model": "nothing"})
    unknown = "answered"
except NotFoundError as error:
    unknown = error.code
print(json.dumps({
    "whole": whole.content,
    "annotations": [note.model_dump() for note in whole.annotations],
    "streamed": text,
    "chunks": chunks,
    "streamed_annotations": annotations,
    "models": models,
    "vectors": [len(vector.embedding) for vector in vectors],
    "unknown": unknown,
}))
