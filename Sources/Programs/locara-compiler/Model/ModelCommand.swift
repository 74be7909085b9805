internal import ArgumentParser

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Fetch models into this user's store, verify them, see what is there.",
    subcommands: [
      ModelFetchCommand.self, ModelImportCommand.self, ModelExportCommand.self, ModelListCommand.self,
      ModelWhereCommand.self, ModelInspectCommand.self, ModelLicensesCommand.self, ModelVerifyCommand.self,
      ModelCollectCommand.self,
    ])
}
