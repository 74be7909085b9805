import PolicyIR
import PolicyLaws
import Review
import Schemas
import SystemIO
import TestSupport
import Testing

/// The laws of comparisons over manifests as people change them: each case takes a manifest of the fixtures, changes
/// it as an edit would, compiles both, and asks every law about the pair.
@Suite struct MutationLaws {
  private let corpus = ManifestCorpus.load()

  @Test func thereAreManifestsToMutate() { #expect(corpus.manifests.count > 150) }

  @Test func comparisonsOfMutatedManifestsKeepTheLaws() {
    var compared = 0
    var different = 0
    forAll("comparisons of mutated manifests", cases: 1400) { choices in
      let original = choices.pick(corpus.manifests)
      var mutated = original
      for _ in 0...choices.below(3) { corpus.mutate(&mutated, &choices) }
      return Pair(original: original, mutated: mutated)
    } check: { pair in
      guard let a = pair.original.side(version: "1.0.0"), let b = pair.mutated.side(version: "2.0.0") else {
        return nil
      }
      compared += 1
      if a.app.policy != b.app.policy { different += 1 }
      return ComparisonProblems.first(a, b)
    }
    // An edit that does not compile, or that changes no right, tests little: most must do both.
    #expect(compared > 800, "\(compared) compiled")
    #expect(different > 500, "\(different) differ")
  }

  @Test func stepsThatWidenNothingWidenNothingTogether() {
    forAll("two steps of mutated manifests", cases: 250) { choices in
      let original = choices.pick(corpus.manifests)
      var first = original
      corpus.mutate(&first, &choices)
      var second = first
      corpus.mutate(&second, &choices)
      return [original, first, second]
    } check: { steps in
      let sides = steps.enumerated().compactMap { $1.side(version: "\($0).0.0") }
      guard sides.count == 3 else { return nil }
      return ComparisonProblems.transitivity(sides[0], sides[1], sides[2])
    }
  }

  private struct Pair: CustomStringConvertible {
    var original: ManifestText
    var mutated: ManifestText
    var description: String { "\n--- before\n\(original.text)\n--- after\n\(mutated.text)" }
  }
}

/// A manifest with what lies beside it.
struct ManifestText: CustomStringConvertible {
  var text: String
  /// Lock and schemas, by path.
  var files: [String: [UInt8]]
  var description: String { text }

  /// The compiled policy under one name, so that only what it permits can differ; nil when it does not compile.
  func side(version: String) -> ComparisonSide? {
    let tree = MemoryTree(files: files.merging(["locara.yaml": Array(text.utf8)]) { $1 })
    guard var side = try? ManifestLoader.load("locara.yaml", from: tree) else { return nil }
    side.app.id = AppID(publisher: "acme", name: "mutated", version: version)
    return side
  }
}

struct MemoryTree: SourceTree {
  var files: [String: [UInt8]]
  var name: String { "memory" }
  var paths: [String] { files.keys.sorted() }
  func read(_ path: String) throws(Failure) -> [UInt8]? { files[path] }
}

/// The manifests of the fixtures, and the ways to change one that come from the others.
struct ManifestCorpus {
  var manifests: [ManifestText] = []
  /// Values of `key: value` lines by key and indentation, as some manifest has them.
  private var values: [String: [String]] = [:]

  static func load() -> ManifestCorpus {
    var corpus = ManifestCorpus()
    let pairs = DiffFixtureTests.names.flatMap { ["diff/\($0)/before", "diff/\($0)/after"] }
    for directory in pairs + ["apps/hello-c", "apps/semantic-notes"] {
      let root = Locations.fixture(directory)
      guard let bytes = contents(of: "\(root)/locara.yaml") else { continue }
      var manifest = ManifestText(text: String(decoding: bytes, as: UTF8.self), files: [:])
      for name in ["locara.lock.json", "db/schema.sql"] { manifest.files[name] = contents(of: "\(root)/\(name)") }
      guard manifest.side(version: "1.0.0") != nil else { continue }
      corpus.manifests.append(manifest)
      for line in manifest.text.split(separator: "\n") {
        if let (key, value) = keyed(line) { corpus.values[key, default: []].append(value) }
      }
    }
    return corpus
  }

  /// Keys that grant nothing.
  private static let descriptive: Set<String> = [
    "schema", "name", "publisher", "version", "displayName", "description", "license", "category", "tags", "author",
  ]

  /// One edit, which may or may not leave a manifest that compiles.
  func mutate(_ manifest: inout ManifestText, _ choices: inout Choices) {
    switch choices.below(5) {
    case 0, 1: exchangeBlock(&manifest, &choices)
    case 2: exchangeValue(&manifest, &choices)
    case 3: removeLine(&manifest, &choices)
    default: changeNumber(&manifest, &choices)
    }
  }

  /// A top-level block of another manifest takes the place of the one here, or comes in, or goes.
  private func exchangeBlock(_ manifest: inout ManifestText, _ choices: inout Choices) {
    let donor = choices.pick(manifests)
    let theirs = Self.blocks(donor.text)
    var mine = Self.blocks(manifest.text)
    let keys = Set(theirs.map(\.key) + mine.map(\.key)).subtracting(Self.descriptive).sorted()
    guard !keys.isEmpty else { return }
    let key = choices.pick(keys)
    mine.removeAll { $0.key == key }
    mine += theirs.filter { $0.key == key }
    manifest.text = mine.map(\.text).joined(separator: "\n") + "\n"
    if ["storage", "models"].contains(key) { manifest.files.merge(donor.files) { $1 } }
  }

  private func exchangeValue(_ manifest: inout ManifestText, _ choices: inout Choices) {
    var lines = manifest.text.split(separator: "\n", omittingEmptySubsequences: false)
    let candidates = lines.indices.filter { index in
      Self.keyed(lines[index]).map { !Self.descriptive.contains($0.key) } ?? false
    }
    guard !candidates.isEmpty else { return }
    let index = choices.pick(candidates)
    guard let (key, _) = Self.keyed(lines[index]), let known = values[key] else { return }
    lines[index] = Substring("\(key): \(choices.pick(known))")
    manifest.text = lines.joined(separator: "\n")
  }

  /// A line goes with all that is indented below it.
  private func removeLine(_ manifest: inout ManifestText, _ choices: inout Choices) {
    var lines = manifest.text.split(separator: "\n", omittingEmptySubsequences: false)
    let candidates = lines.indices.filter { index in
      !Self.descriptive.contains { lines[index].hasPrefix("\($0):") } && !lines[index].isEmpty
    }
    guard !candidates.isEmpty else { return }
    let start = choices.pick(candidates)
    let depth = lines[start].prefix { $0 == " " }.count
    var end = start + 1
    while end < lines.count, lines[end].prefix(while: { $0 == " " }).count > depth { end += 1 }
    lines.removeSubrange(start..<end)
    manifest.text = lines.joined(separator: "\n")
  }

  private func changeNumber(_ manifest: inout ManifestText, _ choices: inout Choices) {
    var characters = Array(manifest.text)
    let digits = characters.indices.filter { characters[$0].isASCII && characters[$0].isNumber }
    guard !digits.isEmpty else { return }
    characters[choices.pick(digits)] = choices.pick(Array("1234567890"))
    manifest.text = String(characters)
  }

  /// `  memory: 1GiB` as its key with its indentation, and its value.
  private static func keyed(_ line: Substring) -> (key: String, value: String)? {
    guard let colon = line.firstRange(of: ": "), !line.contains("#") else { return nil }
    return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
  }

  private static func blocks(_ text: String) -> [(key: String, text: String)] {
    var blocks: [(key: String, text: String)] = []
    for line in text.split(separator: "\n") {
      if let first = line.first, first != " ", first != "#", first != "-", let colon = line.firstIndex(of: ":") {
        blocks.append((String(line[..<colon]), String(line)))
      } else if !blocks.isEmpty {
        blocks[blocks.count - 1].text += "\n" + line
      }
    }
    return blocks
  }
}
