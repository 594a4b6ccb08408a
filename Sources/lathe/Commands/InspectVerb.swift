// `lathe inspect`.

internal import ArgumentParser
internal import DataReports
internal import Foundation
internal import Workbench

/// When a terminal's colours are used.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
    /// Where standard output is a terminal and NO_COLOR is not set.
    case auto
    case always, never

    var isStyled: Bool { if case .ansi = colours { true } else { false } }

    var colours: TerminalColours {
        switch self {
        case .always: .ansi
        case .never: .none
        case .auto:
            StandardOutput.isTerminal && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
                ? .ansi : .none
        }
    }
}

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is in a model, adapter, checkpoint or dataset; one row of data token by token.")

    @Argument(help: "The file or folder; with --example rows, a prepared file or a recipe.", completion: .file())
    var path: String
    @Option(help: ArgumentHelp("Show this row's tokens and which carry loss; counted from 0.", valueName: "row"))
    var example: Int?
    @Flag(help: "With --example: a held-out row of the recipe or the prepared file.") var heldOut = false
    @Option(help: "With --example: whose tokens; else the recipe's model.", completion: .file()) var model: String?
    @Option(
        help: ArgumentHelp(
            "Of a recipe: the row at this place of its data, before any step.", valueName: "file:line"))
    var at: String?
    @Flag(help: "With --example and --at: show personal data too.") var unmasked = false
    @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when")) var color = ColourChoice.auto
    @OptionGroup var common: CommonOptions

    func run() throws {
        if let at {
            guard example == nil else { throw Failure(.usage, "--at and --example: one row is shown") }
            return try common.show(
                SourceInspection(recipe: path, at: at, overrides: common.overrides, isUnmasked: unmasked))
        }
        guard let example else {
            try common.requireNoOverrides("lathe inspect without --example")
            return try common.show(InspectStage(), in: Session(model: path))
        }
        try common.show(
            try ExampleInspection(
                .init(
                    path: path, number: example, isHeldOut: heldOut, model: model, overrides: common.overrides,
                    colours: color.colours, isUnmasked: unmasked)),
            isStyled: color.isStyled)
    }
}
