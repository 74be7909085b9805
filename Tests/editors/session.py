"""An editing session with `locara lsp` over the real protocol, by pygls: session.py LOCARA DIRECTORY.

Prints one JSON object of what the server said, for the test to compare. DIRECTORY holds an app.
"""

import asyncio
import json
import pathlib
import sys

from lsprotocol import types
from pygls.lsp.client import LanguageClient

TEXT = """\
schema: locara/v1
name: notes
publisher: acme
version: 1.0.0
description: "😀 ünïcode" # kept
capabilities:
  net: no
  fs: {app-data: read-write}
entry:   {command: [python3, app/main.py]}
tags: &words [one, two]
storage:
  schema: db/schema.sql
files: [app/**]
limits: {memory: 1GiB}
"""


class Session:
    def __init__(self, locara, directory):
        self.locara = locara
        self.path = pathlib.Path(directory) / "locara.yaml"
        self.uri = self.path.as_uri()
        self.document = types.TextDocumentIdentifier(uri=self.uri)
        self.version = 0
        self.published = {}
        self.news = asyncio.Event()
        self.client = LanguageClient("test", "1")

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(parameters):
            self.published[parameters.uri] = parameters
            self.news.set()

    async def diagnostics(self):
        """What the server says about the newest version of the text."""
        while True:
            known = self.published.get(self.uri)
            if known is not None and (known.version or 0) >= self.version:
                return known.diagnostics
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 20)

    def change(self, line, start, end, text, until_line=None):
        self.version += 1
        area = types.Range(types.Position(line, start), types.Position(line if until_line is None else until_line, end))
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
            [types.TextDocumentContentChangePartial(range=area, text=text)]))

    def at(self, kind, line, character):
        return kind(text_document=self.document, position=types.Position(line, character))

    async def labels(self, line, character):
        found = await self.client.text_document_completion_async(self.at(types.CompletionParams, line, character))
        return {item.label: item for item in found}

    async def hover(self, line, character):
        found = await self.client.text_document_hover_async(self.at(types.HoverParams, line, character))
        return found.contents.value if found else ""

    async def definition(self, line, character):
        found = await self.client.text_document_definition_async(self.at(types.DefinitionParams, line, character))
        return [found.uri.rsplit("/", 1)[1], found.range.start.line, found.range.start.character] if found else None

    async def run(self):
        said = {}
        await self.client.start_io(self.locara, "lsp")
        started = await self.client.initialize_async(types.InitializeParams(
            capabilities=types.ClientCapabilities(), process_id=None, root_uri=self.path.parent.as_uri()))
        self.client.initialized(types.InitializedParams())
        said["server"] = started.server_info.name
        said["encoding"] = started.capabilities.position_encoding
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(
            types.TextDocumentItem(uri=self.uri, language_id="yaml", version=0, text=TEXT)))
        found = await self.diagnostics()
        said["first"] = [[d.code, d.range.start.line, d.range.start.character, d.range.end.character] for d in found]

        # The fix of the first mistake, applied as an editor does.
        actions = await self.client.text_document_code_action_async(types.CodeActionParams(
            self.document, found[0].range, types.CodeActionContext(diagnostics=found)))
        said["action"] = [actions[0].title, actions[0].is_preferred]
        edit = actions[0].edit.changes[self.uri][0]
        self.change(edit.range.start.line, edit.range.start.character, edit.range.end.character, edit.new_text)
        said["mended"] = [d.code for d in await self.diagnostics()]

        # UTF-16: the emoji is two units; what is replaced is the `ü` after it.
        self.change(4, 17, 18, "u")
        self.change(4, 14, 16, "-")
        await self.diagnostics()
        said["hover key"] = await self.hover(7, 8)
        said["hover description"] = await self.hover(4, 2)
        said["hover net"] = await self.hover(6, 3)
        said["symbols"] = [s.name for s in await self.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(self.document))]
        said["file"] = await self.definition(8, 30)
        said["schema file"] = await self.definition(11, 12)

        # Typing: a key of `capabilities.fs`, a key of the top, a value.
        self.change(8, 0, 0, "  device: {mic\n")
        labels = await self.labels(8, 14)
        said["in brackets"] = sorted(labels)
        said["documentation"] = labels["microphone"].documentation.value
        self.change(8, 0, 0, "", until_line=9)
        self.change(8, 0, 0, "cat\n")
        labels = await self.labels(8, 3)
        said["top keys"] = "category" in labels and "name" not in labels and labels["category"].text_edit.new_text
        self.change(8, 0, 3, "category: p")
        said["words"] = "productivity" in await self.labels(8, 11)
        self.change(8, 0, 0, "", until_line=9)
        # An alias, a modality's model, a model's place in the lock.
        lock = self.path.with_name("locara.lock.json")
        lock.write_text('{"models":\n {"other": {}, "small": {}}}\n')
        self.change(13, 0, 0, "modalities: [text-to-text]\nmodels: [{id: small, role: text-to-text}]\nbuild: *words\n")
        said["alias"] = await self.definition(15, 8)
        said["models"] = [await self.definition(*place) for place in ((13, 15), (14, 28), (14, 15))]
        lock.unlink()
        self.change(13, 0, 0, "", until_line=16)

        edits = await self.client.text_document_formatting_async(types.DocumentFormattingParams(
            self.document, types.FormattingOptions(tab_size=2, insert_spaces=True)))
        said["layout"] = [[e.range.start.line, e.range.end.line, e.new_text] for e in edits]

        # A request that is canceled before the server comes to it, behind one that it works on.
        self.version += 1
        big = "".join(f"  - name: t{n}\n    deny: [\"connect a.example:{n + 1}\"]\n" for n in range(250))
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
            [types.TextDocumentContentChangeWholeDocument(text=TEXT + "tests:\n" + big)]))
        first = asyncio.ensure_future(self.client.text_document_hover_async(self.at(types.HoverParams, 7, 8)))
        await asyncio.sleep(0)
        futures = [asyncio.ensure_future(self.client.text_document_hover_async(self.at(types.HoverParams, 7, 8)))
                   for _ in range(20)]
        await asyncio.sleep(0)
        await first
        answers = await asyncio.gather(*futures, return_exceptions=True)
        said["answers"] = len([a for a in answers if not isinstance(a, Exception)])

        try:
            await self.client.protocol.send_request_async("locara/nothing", {})
        except Exception as problem:
            said["unknown"] = getattr(problem, "code", 0)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.document))
        await self.client.shutdown_async(None)
        self.client.exit(None)
        said["exit"] = await asyncio.wait_for(self.client._server.wait(), 10)
        return said


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Session(sys.argv[1], sys.argv[2]).run())))
