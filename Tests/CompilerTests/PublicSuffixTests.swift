import Testing

@testable import Manifest

@Suite struct PublicSuffixTests {
  @Test(arguments: [
    "com", "uk", "unheard-of", "co.uk", "com.ac", "xn--55qx5d.cn",
    // By `*.ck` and `*.kawasaki.jp`, and the places of those themselves.
    "anything.ck", "anything.kawasaki.jp", "kawasaki.jp",
  ])
  func areOfRegistries(domain: String) { #expect(PublicSuffixes.giver(ofNamesBelow: domain) == .registry) }

  @Test(arguments: ["github.io", "blogspot.com", "s3.amazonaws.com", "anything.compute.amazonaws.com"])
  func areOfCompanies(domain: String) { #expect(PublicSuffixes.giver(ofNamesBelow: domain) == .company) }

  @Test(arguments: [
    "example.com", "example.co.uk", "acme.github.io", "co.uk.example.com", "amazonaws.com",
    // Exceptions: `!www.ck` and `!city.kawasaki.jp`.
    "www.ck", "city.kawasaki.jp", "a.b.ck", "example.internal",
  ])
  func belongToSomebody(domain: String) { #expect(PublicSuffixes.giver(ofNamesBelow: domain) == nil) }
}
