internal import PolicyIR

extension ChangeReport {
  /// The review as workflow commands of GitHub Actions: one annotation a change, at the line of the manifest.
  package var annotations: String {
    var lines: [String] = []
    for entry in entries {
      switch entry.outcome {
      case .failed(let side, let problem):
        lines.append(command("error", entry, nil, "locara: not compared", "\(side) could not be read: \(problem)"))
      case .compared(let comparison):
        for flip in comparison.flips {
          lines.append(
            command(flip.holdsAfter ? "notice" : "error", entry, flip.origin, "locara: test", ChangeWords.flip(flip)))
        }
        for change in changes(of: comparison) where approval(of: change, in: comparison) == nil {
          var text = "\(change.subject): \(ChangeWords.values(change))"
          if let allowed = change.allowed { text += "\nnow allowed: \(ChangeWords.shortened(allowed))" }
          if let denied = change.denied { text += "\nnow denied: \(ChangeWords.shortened(denied))" }
          for effect in ChangeWords.migration(change) { text += "\nmigration \(effect)" }
          text += "\nfingerprint \(change.fingerprint)"
          lines.append(
            command(
              kind(change), entry, change.originsAfter.first,
              "\(change.rule.code) \(change.direction.rawValue), \(change.severity.rawValue)", text))
        }
      }
    }
    if hiddenCount > 0 { lines.append("::notice title=locara::" + data(ChangeWords.hidden(self))) }
    for (approval, problem) in approvalProblems {
      lines.append(
        "::notice file=\(property(approvals.path)),line=\(approval.line),title=locara: approval::"
          + data(ChangeWords.problem(approval, problem)))
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func kind(_ change: PolicyChange) -> String {
    guard change.direction.widens else { return "notice" }
    return change.severity == .high ? "error" : change.severity == .medium ? "warning" : "notice"
  }

  private func command(_ kind: String, _ entry: Entry, _ origin: Origin?, _ title: String, _ text: String) -> String {
    let file = entry.path.isEmpty ? entry.name : entry.path
    let place = origin.map { ",line=\($0.line),col=\($0.column)" } ?? ""
    return "::\(kind) file=\(property(file))\(place),title=\(property(title))::\(data(text))"
  }

  /// The escapes of workflow commands: `%`, line breaks, and in properties `:` and `,`.
  private func data(_ text: String) -> String {
    DisplayText.undisturbing(text).unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "%": result += "%25"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  private func property(_ text: String) -> String {
    data(text).unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case ":": result += "%3A"
      case ",": result += "%2C"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
