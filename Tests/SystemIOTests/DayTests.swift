import SystemIO
import TestSupport
import Testing

@Suite struct DayTests {
  @Test func aDayIsTheOneThatDateSays() {
    for number in Array(stride(from: 0, through: 60_000, by: 977)) + [
      0, 58, 59, 60, 789, 11_016, 11_017, 47_540, 47_541,
    ] {
      let theirs = run(["date", "-u", "-d", "@\(number * 86_400)", "+%F"]).output
      #expect(Day.text(daysSince1970: number) + "\n" == theirs)
    }
    #expect(Day.isOne(Day.fromNow()))
    #expect(Day.fromNow() < Day.fromNow(days: 1))
  }

  @Test(arguments: ["2026-12-31", "2024-02-29", "2000-02-29", "2026-02-28", "2026-04-30"])
  func whatTheCalendarHasIsADay(text: String) { #expect(Day.isOne(text)) }

  @Test(arguments: [
    "", "2026", "2026-1-01", "2026-13-01", "2026-00-10", "2026-01-32", "2026/01/01", "2026-01-0a",
    "2026-02-29", "2026-02-31", "2026-04-31", "2100-02-29", "2024-02-30",
  ])
  func whatIsNoDayIsRefused(text: String) { #expect(!Day.isOne(text)) }
}
