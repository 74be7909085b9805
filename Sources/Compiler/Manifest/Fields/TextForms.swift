extension TextForm {
  static let identifier = TextForm(
    "an identifier", "LM010", as: Identifier.self, example: "semantic-notes",
    pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    maximum: 64)
  static let version = TextForm(
    "a semantic version", "LM011", as: SemanticVersion.self, example: "1.4.0",
    pattern: #"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"#)
  static let size = TextForm(
    "a size", "LM012", as: ByteSize.self, example: "512MiB",
    pattern: #"^[0-9]+(\.[0-9]{1,6})? *(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)$"#)
  static let duration = TextForm(
    "a duration", "LM013", as: TimeSpan.self, example: "1h30m", pattern: "^(none|([0-9]+(ms|s|m|h|d))+)$")
  static let port = TextForm(
    "a port", "LM014", as: PortRange.self, example: "443", pattern: "^[0-9]{1,5}(-[0-9]{1,5})?$")
  static let host = TextForm("a host", "LM015", as: HostPattern.self, example: "*.example.com", maximum: 300)
  static let listen = TextForm("a local address", "LM016", as: ListenAddress.self, example: "127.0.0.1:8080")
  static let bundlePath = TextForm("a path in the bundle", "LM017", as: BundlePath.self, example: "db/schema.sql")
  static let bundleGlob = TextForm("a pattern of paths", "LM018", as: BundleGlob.self, example: "app/**")
  static let grantPath = TextForm(
    "a path that can be granted", "LM019", as: GrantPath.self, example: "~/Documents/receipts/**", pattern: "^(~/|/).+")
  static let hash = TextForm(
    "a SHA-256", "LM020", as: HashText.self,
    example: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", pattern: "^(sha256:)?[0-9a-f]{64}$")
  static let url = TextForm(
    "a web address", "LM021", as: WebAddress.self, example: "https://example.com/a", pattern: "^https://", maximum: 2048
  )
  static let inputAddress = TextForm(
    "a build input's address", "LM035", as: InputAddress.self, example: "https://example.com/a.whl",
    pattern: "^(https://|file:).+", maximum: 2048)
  static let mail = TextForm(
    "a mail address", "LM022", as: MailAddress.self, example: "ada@example.com", pattern: "^[^@ ]+@[^@ ]+$",
    maximum: 254)
  static let modelSource = TextForm(
    "a model source", "LM023", as: ModelSource.self, example: "hf:org/name@main", pattern: "^(hf|https|file|oci):")
  static let operation = TextForm("an operation", "LM024", as: OperationText.self, example: "connect example.com:443")
  static let variable = TextForm(
    "a variable's name", "LM025", as: VariableName.self, example: "LANG", pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
    maximum: 128)
  static let image = TextForm(
    "a pinned image", "LM026", as: ImageReference.self, example: "oci:registry.example.com/base@sha256:…",
    pattern: "^oci:.+@sha256:[0-9a-f]{64}$")
  static let license = TextForm(
    "an SPDX license id", "LM027", as: LicenseExpression.self, example: "Apache-2.0", pattern: "^[A-Za-z0-9 .+()-]+$",
    maximum: 200)
  static let processors = TextForm(
    "a number of processors", "LM028", as: ProcessorShare.self, example: "0.5", pattern: #"^[0-9]+(\.[0-9]{1,6})?$"#)
  static let shortModel = TextForm(
    "a model", "LM029", as: ShortModel.self, example: "all-minilm-l6-v2@sha256:…",
    pattern: "^[a-z0-9-]+@sha256:[0-9a-f]{64}$")
  static let program = TextForm("a program", "LM031", as: ProgramName.self, example: "bin/ocr")
  static let fileName = TextForm("a file name", "LM032", as: FileName.self, example: "notes.db")
  static let word = TextForm("a word of a command", "LM033", as: CommandWord.self, example: "--json")
  static let statement = line(120)

  static let sqlName = TextForm("a name in a database", "LM090", as: SQLNameText.self, example: "notes", maximum: 128)
  static let vectorName = TextForm(
    "a name of vec0", "LM090", as: VectorNameText.self, example: "embedding", pattern: "^[A-Za-z][A-Za-z0-9_]*$",
    maximum: 128)
  static let vectorColumn = TextForm(
    "a column of a vector table", "LM090", as: VectorColumnText.self, example: "meanings.embedding",
    pattern: #"^[A-Za-z][A-Za-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*$"#)
  static let columnType = TextForm(
    "a type of a column", "LM091", as: ColumnTypeText.self, example: "integer",
    pattern: "^[A-Za-z][A-Za-z0-9_ ]*(\\([0-9, ]+\\))?$", maximum: 128)
  static let sql = TextForm("an SQL expression", "LM091", as: SQLExpressionText.self, example: "length(body) > 0")
  static let sqlKey = TextForm("a column of a key", "LM091", as: SQLKeyText.self, example: "added_at DESC")
  static let sqlStatements = TextForm(
    "a list of SQL statements", "LM091", as: SQLStatementsText.self, example: "DELETE FROM words WHERE id = old.id;")
  static let sqlValue = TextForm("a value", "LM091", as: SQLValueText.self, example: "0")

  static func line(_ maximum: Int) -> TextForm {
    TextForm("a line of text", "LM034", as: OneLine.self, example: "Semantic Notes", maximum: maximum)
  }
}
