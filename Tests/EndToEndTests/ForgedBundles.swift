import TestSupport
import Testing

/// Takes this machine's filter out of a bundle and makes everything that names it agree, so that the result is a whole
/// bundle that was made for another machine. Written against the format's page, not with the program's own writer.
func bundleForAnotherMachine(from whole: [UInt8], in world: World) throws -> String {
  let source = world.directory.write(whole, to: "whole.locapp")
  let target = world.directory("other.locapp")
  let outcome = world.command(["/usr/bin/python3", "-c", repacker(oneMachineLess), source, target])
  try #require(outcome.status == 0, "\(outcome)")
  return target
}

/// A whole bundle, all digests right, that has the layers `titles` of another one in the place of its own.
func transplant(_ titles: [String], from donor: String, into bundle: String, to target: String, in world: World) throws
{
  let words = ["/usr/bin/python3", "-c", repacker(othersLayers), bundle, target, donor] + titles
  let outcome = world.command(words)
  try #require(outcome.status == 0, "\(outcome)")
}

/// Drops this machine's filter, from the plan and the config as well.
private let oneMachineLess = #"""
  layers = [layer for layer in manifest["layers"] if layer["annotations"].get("dev.locara.architecture") != machine]
  assert len(layers) < len(manifest["layers"]), "the bundle has no filter for this machine"
  contents = {title(layer): blobs[place(layer)] for layer in layers}
  plan = json.loads(contents["plan.json"])
  plan["filters"] = [one for one in plan["filters"] if one["architecture"] != machine]
  contents["plan.json"] = dump(plan)
  config["architectures"].remove(machine)
  """#

/// Takes the layers that are named from the bundle that is the third argument.
private let othersLayers = #"""
  entries, others = read(sys.argv[3])
  donor = json.loads(others[place(json.loads(others["index.json"])["manifests"][0])])
  layers = manifest["layers"]
  contents = {title(layer): blobs[place(layer)] for layer in layers}
  for layer in donor["layers"]:
      if title(layer) in sys.argv[4:]:
          assert contents[title(layer)] != others[place(layer)], title(layer) + " is the same in both"
          contents[title(layer)] = others[place(layer)]
  """#

private func repacker(_ change: String) -> String { reading + "\n" + change + "\n" + writing }

private let reading = #"""
  import hashlib, json, platform, sys

  machine = platform.machine()

  def read(path):
      source, entries, offset = open(path, "rb").read(), [], 0
      while source[offset]:
          header = bytearray(source[offset : offset + 512])
          size = int(header[124:135], 8)
          entries.append((header, source[offset + 512 : offset + 512 + size]))
          offset += 512 + (size + 511) // 512 * 512
      return entries, {header[:100].rstrip(b"\0").decode(): content for header, content in entries}

  entries, blobs = read(sys.argv[1])
  dump = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
  place = lambda descriptor: "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")

  def describe(descriptor, content):
      return descriptor | {"digest": "sha256:" + hashlib.sha256(content).hexdigest(), "size": len(content)}

  index = json.loads(blobs["index.json"])
  manifest = json.loads(blobs[place(index["manifests"][0])])
  config = json.loads(blobs[place(manifest["config"])])
  title = lambda layer: layer["annotations"]["org.opencontainers.image.title"]
  """#

private let writing = #"""
  manifest["layers"] = [describe(layer, contents[title(layer)]) for layer in layers]
  config["plan"] = describe({}, contents["plan.json"])["digest"]
  manifest["config"] = describe(manifest["config"], dump(config))
  index["manifests"] = [describe(index["manifests"][0], dump(manifest))]

  output, seen = b"", set()
  def append(name, content):
      global output
      if name in seen:
          return
      seen.add(name)
      header = bytearray(entries[0][0])
      header[:100] = name.encode().ljust(100, b"\0")
      header[124:136] = b"%011o\0" % len(content)
      header[148:156] = b" " * 8
      header[148:156] = b"%06o\0 " % sum(header)
      output += header + content + bytes(-len(content) % 512)

  append("oci-layout", blobs["oci-layout"])
  append("index.json", dump(index))
  append(place(index["manifests"][0]), dump(manifest))
  append(place(manifest["config"]), dump(config))
  for layer in manifest["layers"]:
      append(place(layer), contents[title(layer)])
  open(sys.argv[2], "wb").write(output + bytes(1024))
  """#
