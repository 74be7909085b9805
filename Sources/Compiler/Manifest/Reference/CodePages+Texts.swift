extension CodePages {
  /// Texts of a form of their own.
  static let texts: [CodePage] = [
    CodePage(
      "LM010", "not an identifier",
      "Names of apps, publishers, models, tools and tags are of a-z, 0-9 and inner `-`, at most 64 characters: they become paths and references that must be the same everywhere.",
      wrong:
        "!schema: locara/v1\nname: My_Notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3, app/main.py]}\n",
      right:
        "!schema: locara/v1\nname: my-notes\npublisher: acme\nversion: 1.0.0\nentry: {command: [python3, app/main.py]}\n"
    ),
    CodePage(
      "LM011", "not a semantic version",
      "Versions are MAJOR.MINOR.PATCH by semver.org 2.0.0, with an optional pre-release and build metadata, and without a `v`.",
      wrong:
        "!schema: locara/v1\nname: notes\npublisher: acme\nversion: v1.2\nentry: {command: [python3, app/main.py]}\n",
      right:
        "!schema: locara/v1\nname: notes\npublisher: acme\nversion: 1.2.0\nentry: {command: [python3, app/main.py]}\n"),
    CodePage(
      "LM012", "not a size",
      "A size is a number and a unit: KiB, MiB, GiB, TiB are powers of 1024, KB, MB, GB, TB powers of 1000. `G` alone could be either.",
      wrong: "limits: {memory: 2G}\n",
      right: "limits: {memory: 2GiB}\n"),
    CodePage(
      "LM013", "not a duration",
      "A duration is made of numbers with units, largest first: d, h, m, s, ms. `none` is without end.",
      wrong: "limits: {wall-time: 5min}\n",
      right: "limits: {wall-time: 5m}\n"),
    CodePage(
      "LM014", "not a port",
      "Ports are numbers from 1 to 65535, or ranges such as `8000-8100`.",
      wrong: "capabilities: {net: {allowed_hosts: [a.example], allowed_ports: [https]}}\n",
      right: "capabilities: {net: {allowed_hosts: [a.example], allowed_ports: [443]}}\n"),
    CodePage(
      "LM015", "not a host",
      "A host is a name, `*.` and a domain for every name below it, an address, or a prefix such as `10.0.0.0/8`; `:PORT` may follow. URLs cannot be granted, since the kernel does not see paths.",
      wrong: "capabilities: {net: {allowed_hosts: [\"https://api.example.com/v1\"]}}\n",
      right: "capabilities: {net: {allowed_hosts: [api.example.com]}}\n"),
    CodePage(
      "LM016", "not a local address",
      "Connections are accepted on loopback (`127.0.0.1:8080`) or on every address (`0.0.0.0:8080`).",
      wrong: "capabilities: {net: {listen: [\"192.168.1.4:80\"]}}\n",
      right: "capabilities: {net: {listen: [\"127.0.0.1:8080\"]}}\n"),
    CodePage(
      "LM017", "not a path in the bundle",
      "Paths are relative to the manifest, without `..`, so that what they name can be seen without looking at a disk.",
      wrong: "icon: ../icon.png\n",
      right: "icon: art/icon.png\n"),
    CodePage(
      "LM018", "not a pattern",
      "Patterns have literal components, `*` for exactly one component, and `**` as the last one for everything below. A part of a name cannot be a wildcard.",
      wrong: "files: [\"app/*.py\"]\n",
      right: "files: [app/**]\n"),
    CodePage(
      "LM019", "not a path that can be granted",
      "Grants begin with `~/` or `/`. Wildcards are whole components: neither Landlock nor a mount can grant files by a part of their name. Nobody can be granted everything.",
      wrong: "capabilities: {fs: {read: [\"~/Documents/*.pdf\"]}}\n",
      right: "capabilities: {fs: {read: [\"~/Documents/receipts/**\"]}}\n"),
    CodePage(
      "LM020", "not a SHA-256",
      "A hash is 64 hexadecimal digits in lower case, as `sha256sum` prints them.",
      wrong: "build: {inputs: [{url: \"https://example.com/a\", sha256: abc}], steps: [{run: [make], outputs: [a]}]}\n",
      right:
        "build: {inputs: [{url: \"https://example.com/a\", sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}], steps: [{run: [make], outputs: [bin/a]}]}\n"
    ),
    CodePage(
      "LM021", "not a web address",
      "Addresses begin with `https://` and carry no password.",
      wrong: "author: {name: Ada, url: \"http://example.com\"}\n",
      right: "author: {name: Ada, url: \"https://example.com\"}\n"),
    CodePage(
      "LM022", "not a mail address",
      "A name, `@` and a host.",
      wrong: "author: {name: Ada, email: ada}\n",
      right: "author: {name: Ada, email: ada@example.com}\n"),
    CodePage(
      "LM023", "not a model source",
      "Models come from `hf:ORG/NAME@REVISION`, `https://…`, `file:PATH` or `oci:NAME@sha256:…`. `locara lock` pins their bytes.",
      wrong: "models: [{id: m, role: text-to-text, source: \"s3://bucket/m\", files: [w]}]\n",
      right: "tags: []\n"),
    CodePage(
      "LM024", "not an operation",
      "An operation is a verb and an object: `read app-data/notes.db`, `connect example.com:443`, `use microphone`, `spawn bin/ocr`.",
      wrong: "tests: [{name: quiet, deny: [\"open ~/diary\"]}]\n",
      right: "tests: [{name: quiet, deny: [\"read ~/diary\"]}]\n"),
    CodePage(
      "LM025", "not a variable's name",
      "Variables are passed through by name; values cannot be set, and those of the dynamic linker cannot be passed.",
      wrong: "capabilities: {environment: [LANG=C]}\n",
      right: "capabilities: {environment: [LANG]}\n"),
    CodePage(
      "LM026", "not a pinned image",
      "An image is named with its digest, since a tag can move.",
      wrong: "runtime: {image: \"oci:debian:12\"}\n",
      right:
        "runtime: {image: \"oci:registry.example.com/debian@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n"
    ),
    CodePage(
      "LM027", "not an SPDX license id",
      "Licenses are SPDX expressions: `Apache-2.0`, `MIT OR Apache-2.0`.",
      wrong: "license: Apache 2.0\n",
      right: "license: Apache-2.0\n"),
    CodePage(
      "LM028", "not a number of processors",
      "A number from 0.001 to 1024, with at most three places.",
      wrong: "limits: {cpu: 50%}\n",
      right: "limits: {cpu: 0.5}\n"),
    CodePage(
      "LM029", "not a model",
      "The short form is ID@sha256:HEX; the long form is a mapping.",
      wrong: "models: [minilm@latest]\n",
      right: "tags: []\n"),
    CodePage(
      "LM031", "not a program",
      "Programs of the bundle are named by their path, programs of the runtime by their name alone.",
      wrong: "capabilities: {process: {spawn: [/usr/bin/git]}}\n",
      right: "capabilities: {process: {spawn: [git]}}\n"),
    CodePage(
      "LM032", "not a file name",
      "The database is one file in `app-data`, so it has a name and no directory.",
      wrong: "storage: {database: data/notes.db}\n",
      right: "storage: {database: notes.db}\n"),
    CodePage(
      "LM033", "not a word of a command",
      "A word of a command is any text without a NUL character, which would end it.",
      wrong: "build: {steps: [{run: [\"a\\0b\"], outputs: [a]}]}\n",
      right: "build: {steps: [{run: [make], outputs: [a]}]}\n"),
    CodePage(
      "LM034", "not a line of text",
      "What people see is one line, not empty, and of bounded length.",
      wrong: "displayName: \"two\\nlines\"\n",
      right: "displayName: Two lines\n"),
    CodePage(
      "LM035", "not a build input's address",
      "Inputs come from `https://…` or `file:PATH`, relative to the manifest or absolute. What counts is the hash: an input is taken from wherever its bytes are.",
      wrong:
        "build: {inputs: [{url: \"http://example.com/a\", sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}], steps: [{run: [make], outputs: [bin/a]}]}\n",
      right:
        "build: {inputs: [{url: \"https://example.com/a\", sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}], steps: [{run: [make], outputs: [bin/a]}]}\n"
    ),
  ]
}
