import BundleStore
import Glibc
import TestSupport
import Testing

/// The way from the command to the running app: what was verified is what runs, and nothing is left of a start that ends.
@Suite struct StartTests {
  /// Puts another program in the place of the app's while it is being started: the set-up is stopped in its middle, after
  /// everything was verified and before anything of the app runs.
  @Test func aBundleThatChangesWhileItIsStartedIsNotRun() {
    let world = World("changing")
    // Older than any tick of a file system's clock, so that the second start finds the record of the first.
    expectSuccess(world.command(["/bin/bash", "-ec", "cp '\(Hello.built.bundle)' hello.locapp; sleep 2.1"]))
    for _ in 0..<2 {
      expectSuccess(world.locara("run", "hello.locapp", "--", "greet"))
      let outcome = world.command([
        "/bin/bash", "-c",
        """
        strace -f -qq -o trace -e trace=pivot_root -e inject=pivot_root:delay_enter=1500000:when=1 \
          '\(Locations.locara)' run hello.locapp -- greet &
        sleep 0.7
        payload=$(echo "$XDG_DATA_HOME"/locara/store/bundles/*/payload)
        chmod u+w "$payload/bin"
        sed 's/Hello/Hullo/g' "$payload/bin/hello" > other && chmod 555 other && mv -f other "$payload/bin/hello"
        wait $!
        """,
      ])
      #expect(!outcome.output.contains("Hullo"), "what was not verified ran: \(outcome)")
      // The bundle's own file tells how it has to be: either that ran in the end, or nothing.
      #expect(
        outcome.output == "Hello, world!\n" || outcome.status == 125 && outcome.errors.contains("LR039"), "\(outcome)")
    }
    let mended = world.locara("run", "hello.locapp", "--", "greet")
    #expect(mended.output == "Hello, world!\n", "\(mended)")
  }

  /// A start believes the witness that was recorded, a paranoid one nothing: here the witness was recorded of other bytes.
  @Test func aParanoidStartHashesTheFilesAgain() throws {
    let world = World("paranoid")
    let run = { (options: [String]) in world.locara(["run", Hello.built.bundle] + options + ["--", "greet"]) }
    #expect(run([]).output == "Hello, world!\n")
    let entry = try #require(entries(below: "\(world.data)/locara/store/bundles").first { !$0.contains("/") })
    let place = "\(world.data)/locara/store/bundles/\(entry)"
    expectSuccess(
      world.command(
        [
          "/bin/bash", "-ec",
          "chmod u+w payload/bin payload/bin/hello; sed -i s/Hello/Hullo/ payload/bin/hello; chmod 555 payload/bin/hello payload/bin",
        ], in: place))
    let witness = try TreeWitness.of("\(place)/payload").digest.hexadecimal
    expectSuccess(
      world.command(["/bin/bash", "-ec", "rm -rf ../../opened; printf %s \(witness) > witness"], in: place))
    #expect(run([]).output == "Hullo, world!\n")
    let paranoid = run(["--paranoid"])
    #expect(!paranoid.output.contains("Hullo"), "\(paranoid)")
    #expect(paranoid.output == "Hello, world!\n" || paranoid.errors.contains("LB012"), "\(paranoid)")
  }

  /// The record of an earlier start is not needed: damaged, cut off or of another version it is as good as none.
  @Test(arguments: [
    "printf x >> RECORD", "truncate -s 40 RECORD", "sed -i 's/locara opened 2/locara opened 1/' RECORD",
  ])
  func aDamagedRecordIsWrittenAnew(change: String) {
    let world = World("record")
    let outcome = world.command([
      "/bin/bash", "-ec",
      """
      cp '\(Hello.built.bundle)' hello.locapp; sleep 2.1
      '\(Locations.locara)' run hello.locapp -- greet
      record=$(echo "$XDG_DATA_HOME"/locara/store/opened/*)
      cp "$record" good
      \(change.replacing("RECORD", with: "\"$record\""))
      ! cmp -s "$record" good
      '\(Locations.locara)' run hello.locapp -- greet
      cmp "$record" good
      """,
    ])
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, world!\nHello, world!\n")
  }

  /// kill -9 of the runner, or of the app's processes, at any moment of first and later starts.
  @Test func nothingIsLeftAfterKilling() throws {
    let world = World("killed")
    var generator = SplitMix64.forTests()
    let marker = "31\(UInt32.random(in: 100_000...999_999))"
    var lines: [String] = []
    for number in 0..<100 {
      let delay = Int.random(in: 0...(number % 2 == 0 ? 40 : 12), using: &generator)
      let data = number % 2 == 0 ? "fresh-\(number)" : "common"
      let victim = number % 4 < 2 ? "$!" : "$(pgrep -n -f 'sleep \(marker)' || echo $!)"
      lines.append(
        "XDG_DATA_HOME=$PWD/\(data) '\(Locations.locara)' run hello.locapp -- sleep \(marker) & "
          + "sleep 0.0\(delay < 10 ? "0" : "")\(delay); kill -9 \(victim) 2> /dev/null; kill -9 $! 2> /dev/null; "
          + "wait $! 2> /dev/null")
    }
    let mounts = run(["cat", "/proc/self/mounts"]).output
    let outcome = world.command(
      [
        "/bin/bash", "-c",
        """
        cp '\(Hello.built.bundle)' hello.locapp
        sleep 2.1
        XDG_DATA_HOME=$PWD/common '\(Locations.locara)' run hello.locapp -- greet > /dev/null
        \(lines.joined(separator: "\n"))
        sleep 1
        pgrep -af 'sleep \(marker)' | grep -v pgrep | sed 's/^/left: /'
        ls -d fresh-* common | wc -l
        for data in fresh-* common; do
          XDG_DATA_HOME=$PWD/$data '\(Locations.locara)' run hello.locapp -- greet || echo "broken: $data"
          XDG_DATA_HOME=$PWD/$data '\(Locations.locara)' store verify > /dev/null || echo "damaged: $data"
          XDG_DATA_HOME=$PWD/$data '\(Locations.locara)' store gc > /dev/null 2>&1
          find "$data/locara/store/bundles" -name '.locara-*' | sed 's/^/half-installed: /'
        done
        """,
      ], timeout: 110)
    for word in ["left:", "broken:", "damaged:", "half-installed:"] {
      #expect(!outcome.output.contains(word), "seed \(generator.seed): \(outcome)")
    }
    // Some were killed before they made anything.
    let said = outcome.output.split(separator: "\n")
    let greetings = said.filter { $0 == "Hello, world!" }.count
    #expect(greetings > 30 && said.contains("\(greetings)"), "\(outcome)")
    #expect(run(["cat", "/proc/self/mounts"]).output == mounts)
  }
}
