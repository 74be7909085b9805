import BundleFormat
import Digests
import TestSupport
import Testing

/// An app whose programs come from a pinned image and from nothing of the machine.
@Suite struct RuntimeImageTests {
  /// A layout with one image: a static program as `/usr/bin/sh`-like tool, made by the machine's compiler.
  struct Fixture {
    let world = World("image")
    let digest: String

    init() throws {
      world.directory.write(
        """
        #include <stdio.h>
        #include <string.h>
        int main(int argc, char **argv) {
          FILE *file = fopen(argc > 1 ? argv[1] : "/usr/share/word", "r");
          char line[64] = "nothing";
          if (file) fgets(line, sizeof line, file);
          if (argc > 2) { FILE *out = fopen(argv[2], "w"); if (!out) return 1; fputs(line, out); fclose(out); }
          puts(line);
          return 0;
        }
        """, to: "tool.c")
      let script = """
        mkdir -p tree/usr/bin tree/usr/share tree/etc layout/blobs/sha256; cc -static -O1 -o tree/usr/bin/tool tool.c
        printf 'from the image' > tree/usr/share/word; ln -s usr/bin tree/bin
        tar --sort=name --owner=0 --group=0 --mtime=@0 -cf layer.tar -C tree .
        blob() { h=$(sha256sum < "$1" | cut -d' ' -f1); cp "$1" layout/blobs/sha256/$h; echo $h; }
        layer=$(blob layer.tar)
        printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$(dpkg --print-architecture)" $layer > config
        config=$(blob config)
        printf '{"schemaVersion":2,"config":{"digest":"sha256:%s","mediaType":"application/vnd.oci.image.config.v1+json","size":1},"layers":[{"digest":"sha256:%s","mediaType":"application/vnd.oci.image.layer.v1.tar","size":1}]}' $config $layer > manifest
        manifest=$(blob manifest)
        printf '{"schemaVersion":2,"manifests":[{"digest":"sha256:%s","mediaType":"application/vnd.oci.image.manifest.v1+json","size":1}]}' $manifest > layout/index.json
        echo sha256:$manifest
        """
      let outcome = world.command(["/bin/bash", "-ec", script])
      expectSuccess(outcome)
      digest = try #require(outcome.output.split(separator: "\n").last.map(String.init))
      world.directory.write(
        """
        schema: locara/v1
        name: pinned
        publisher: acme
        version: 0.1.0
        runtime: {image: "oci:example.com/base@\(digest)"}
        capabilities: {fs: {app-data: read-write}}
        entry: {command: [tool]}
        build: {sources: [src/**], steps: [{run: [tool, src/word, out/word], outputs: [out/word]}]}
        """, to: "app/locara.yaml")
      world.directory.write("made by the image's tool", to: "app/src/word")
    }
  }

  @Test func theAppSeesTheImageAlone() throws {
    let fixture = try Fixture()
    let world = fixture.world
    let bundle = world.directory("app.locapp")
    // A build step runs in the image too, so building needs it.
    expectRefused(
      world.locara("build", "\(world.directory("app"))/locara.yaml", "-o", bundle), status: 1, codes: ["LR004"],
      naming: ["locara runtime import"])
    let imported = world.locara("runtime", "import", world.directory("layout"))
    expectSuccess(imported)
    #expect(imported.output == "\(fixture.digest)\n")
    #expect(world.locara("runtime", "list").output == "\(fixture.digest)\n")
    expectSuccess(world.locara("build", "\(world.directory("app"))/locara.yaml", "-o", bundle))
    #expect(try Bundle.open(bundle).configuration.hermetic)

    #expect(world.locara("run", bundle).output == "from the image\n")
    #expect(world.locara("run", bundle, "--", "/app/out/word").output == "made by the image's tool\n")
    // Nothing of the machine's /usr, and the image cannot be written.
    #expect(world.locara("run", bundle, "--", "/usr/lib/os-release").output == "nothing\n")
    #expect(world.locara("run", bundle, "--", "/usr/share/word", "/usr/share/new").status == 1)
    expectSuccess(world.locara("verify", bundle, "--rebuild"))

    // An image that was changed is noticed.
    expectSuccess(
      world.command([
        "/bin/bash", "-ec", "cd \"$XDG_DATA_HOME\"/locara/runtimes/*/root/usr/share; chmod u+w . word; echo x > word",
      ]))
    expectRefused(world.locara("run", bundle), status: 125, codes: ["LB064"])
    expectSuccess(world.locara("runtime", "remove", fixture.digest))
    expectRefused(world.locara("run", bundle), status: 125, codes: ["LR004"])
  }

  @Test func wrongImagesAreRefused() throws {
    let fixture = try Fixture()
    let world = fixture.world
    expectRefused(world.locara("runtime", "import", world.directory("app")), status: 65, codes: ["LB065"])
    expectRefused(world.locara("runtime", "import", world.directory("tool.c")), status: 65, codes: ["LB066"])
    expectRefused(
      world.locara(
        "runtime", "import", world.directory("layout"), "--image", "sha256:\(String(repeating: "a", count: 64))"),
      status: 65, codes: ["LB065"])
    #expect(world.locara("runtime", "list").output == "")
    #expect(world.locara("runtime", "remove", "debian:12").status == 64)
  }
}
