import Reports
import Testing

@Suite struct ProgressTextTests {
  private func text(
    _ present: Int64, of total: Int64?, seconds: Double, start: Int64 = 0, label: String = "tiny/model.gguf"
  )
    -> ProgressText
  {
    ProgressText(label: label, total: total, start: start, present: present, seconds: seconds)
  }

  @Test func saysHowFarHowFastAndHowLong() {
    #expect(
      text(45_500_000, of: 91_000_000, seconds: 4).line == "tiny/model.gguf: 50% of 91.0 MB, 11.4 MB/s, 0:04 left")
    // What was there before says nothing of the speed.
    #expect(
      text(60_000_000, of: 100_000_000, seconds: 10, start: 50_000_000).line
        == "tiny/model.gguf: 60% of 100 MB, 1.0 MB/s, 0:40 left")
    #expect(text(1_000, of: nil, seconds: 2).line == "tiny/model.gguf: 1.0 kB, 500 B/s")
    #expect(text(0, of: 10, seconds: 3).line == "tiny/model.gguf: 0% of 10 B, 0 B/s, --:-- left")
    #expect(text(91_000_000, of: 91_000_000, seconds: 7.26).summary == "tiny/model.gguf: 91.0 MB in 7.2 s, 12.5 MB/s")
    #expect(text(1, of: 36_001, seconds: 1).line.hasSuffix("10:00:00 left"))
  }

  @Test(arguments: [20, 40, 60, 79, 200])
  func theBarKeepsItsWidth(width: Int) {
    for label in ["a", String(repeating: "long-name/", count: 20)] {
      for present in stride(from: Int64(0), through: 8_000_000_000, by: 500_000_001) {
        let bar = text(present, of: 8_000_000_000, seconds: 100, label: label).bar(width: width)
        #expect(bar.count <= width, "\(bar)")
        #expect(!bar.contains("\n"))
      }
    }
    let bar = text(50, of: 100, seconds: 1).bar(width: 79)
    #expect(bar.contains("[===") && bar.contains("50%"), "\(bar)")
  }
}
